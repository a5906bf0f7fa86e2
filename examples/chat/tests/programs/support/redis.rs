//! A Redis server.

use std::net::{SocketAddr, TcpListener};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::{process, within};

/// A Redis server that writes nothing to the disk.
pub(crate) struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    /// Starts a server on a free port, and waits until it listens.
    pub(crate) async fn start() -> Self {
        for _ in 0..5 {
            // Redis does not print a port that the system has chosen. Another program may take this
            // port before Redis does.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(process) = run(port).await {
                return Self { process, port };
            }
        }
        panic!("redis-server does not start");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    pub(crate) async fn stop(&mut self) {
        within(self.process.kill()).await.unwrap();
    }

    /// Starts the server again, on the same port. It has lost everything.
    pub(crate) async fn restart(&mut self) {
        self.process = run(self.port).await.expect("the port is free again");
    }
}

/// Returns `None` if the server ends instead of listening.
async fn run(port: u16) -> Option<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]);
    command.arg(port.to_string()).current_dir(env!("CARGO_TARGET_TMPDIR"));
    let mut process = process::start(&mut command, "redis-server");
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    within(async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("Ready to accept connections") {
                return Some(process);
            }
        }
        None
    })
    .await
}
