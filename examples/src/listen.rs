//! The loop of a server that accepts connections and does not end.
//!
//! An `accept` can fail although the server can go on: the client has left (`ECONNABORTED`), or the
//! process has no file descriptor left (`EMFILE`) until a connection ends.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// The pause after a failed `accept`. Without it, the loop would keep a processor busy.
const PAUSE: Duration = Duration::from_millis(50);

/// Returns the next connection. Nagle's algorithm is switched off, so small messages leave at once.
pub fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().and_then(|(stream, _)| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return stream,
            Err(error) => report(&error),
        }
        thread::sleep(PAUSE);
    }
}

/// Returns the next connection, as [`accept`] does. If the future is dropped, no connection is
/// lost.
#[cfg(feature = "tokio")]
pub async fn accept_async(listener: &tokio::net::TcpListener) -> tokio::net::TcpStream {
    loop {
        let accepted = listener.accept().await;
        match accepted.and_then(|(stream, _)| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return stream,
            Err(error) => report(&error),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn report(error: &io::Error) {
    eprintln!("cannot accept a connection: {error}");
}
