//! The places for connections.

use tokio::sync::{Barrier, Semaphore};

/// How many connections are opened at once. The queue of a listener has 1024 places, and the system
/// resets connections that find it full for long.
const OPENING: usize = 256;

/// The places for connections. A client whose connection was cut has to wait until the server has
/// noticed that too, or else there would be more than two descriptors for each client.
#[derive(Debug)]
pub(crate) struct Places {
    free: Semaphore,
    opening: Semaphore,
    all_open: Barrier,
}

impl Places {
    pub(crate) fn new(connections: usize) -> Self {
        Self {
            free: Semaphore::new(connections),
            opening: Semaphore::new(OPENING),
            all_open: Barrier::new(connections + 1),
        }
    }

    /// Takes a place, and opens a connection.
    pub(crate) async fn open<T>(&self, opening: impl Future<Output = T>) -> T {
        self.free.acquire().await.expect("it is never closed").forget();
        let _permit = self.opening.acquire().await.expect("it is never closed");
        opening.await
    }

    /// Waits until each client has its first connection. The program itself waits here too.
    pub(crate) async fn all_open(&self) {
        self.all_open.wait().await;
    }

    /// Gives a place back, after the server has ended the connection.
    pub(crate) fn give_back(&self) {
        self.free.add_permits(1);
    }
}
