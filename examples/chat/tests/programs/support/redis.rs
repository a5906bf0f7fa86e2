//! A Redis server.

use std::net::TcpListener;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use super::{process, within};

/// A Redis server that keeps nothing on the disk.
pub(crate) struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    /// Starts a server on a free port, and waits until it listens.
    pub(crate) async fn start() -> Self {
        // The port is free now. Redis cannot tell us a port that the system has chosen.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { process: run(port).await, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn stop(&mut self) {
        within(self.process.kill()).await.unwrap();
    }

    /// Starts the server again, on the same port. It has lost everything.
    pub(crate) async fn restart(&mut self) {
        self.process = run(self.port).await;
    }
}

async fn run(port: u16) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]);
    command.arg(port.to_string()).current_dir(env!("CARGO_TARGET_TMPDIR"));
    let mut process = process::start(&mut command, "redis-server");
    within(async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(process.try_wait().unwrap().is_none(), "redis-server has ended");
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    process
}
