//! The chat, in a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::{process, within};

/// A chat server on a port that the system chose. It is killed when it is dropped.
pub(crate) struct Server {
    process: Child,
    /// The URL of the page, without a slash at its end.
    pub(crate) url: String,
    pub(crate) invite: String,
}

impl Server {
    /// Starts a server, and waits until it listens.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        Self::start_on(0, arguments).await
    }

    /// Starts a server that prints the URL of a proxy. The URL of the result is its own.
    pub(crate) async fn start_behind(arguments: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self::start_on(port, arguments).await;
        server.url = format!("http://127.0.0.1:{port}");
        server
    }

    async fn start_on(port: u16, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
        command.args(["--listen", &format!("127.0.0.1:{port}")]).args(arguments);
        command.stderr(Stdio::null());
        let mut process = process::start(&mut command, "cargo");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = within(lines.next_line()).await.unwrap().expect("it prints its URL");
        let (url, invite) = line.strip_prefix("open ").unwrap().split_once("/#invite=").unwrap();
        Self { process, url: url.to_owned(), invite: invite.to_owned() }
    }

    /// Returns the link that the server has printed.
    #[cfg(feature = "browsers")]
    pub(crate) fn link(&self) -> String {
        format!("{}/#invite={}", self.url, self.invite)
    }

    /// Returns the URL of the WebSocket.
    pub(crate) fn websocket_url(&self) -> String {
        format!("{}/chat", self.url.replacen("http", "ws", 1))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.url.split_once("://").unwrap().1.parse().unwrap()
    }

    /// Sends a request without a body, and returns the response.
    pub(crate) async fn request(&self, method: &str, path: &str, headers: &str) -> String {
        within(async {
            let mut stream = TcpStream::connect(self.address()).await.unwrap();
            let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut response = String::new();
            stream.read_to_string(&mut response).await.unwrap();
            response
        })
        .await
    }

    /// Shuts the server down. It can be started again.
    #[cfg(feature = "browsers")]
    pub(crate) async fn stop(mut self) -> Self {
        self.interrupt().await;
        within(self.process.wait()).await.unwrap();
        self
    }

    /// Starts a server at the address of this one, which was stopped.
    #[cfg(feature = "browsers")]
    pub(crate) async fn start_again(self, arguments: &[&str]) -> Self {
        Self::start_on(self.address().port(), arguments).await
    }

    /// Interrupts the server as Ctrl-C does.
    pub(crate) async fn interrupt(&self) {
        let id = self.process.id().expect("it runs").to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
    }

    /// Waits for the end of the process.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        within(self.process.wait()).await.unwrap()
    }
}
