//! An example that serves, in a process of its own, and time limits for its tests.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How long a test may take. It takes much less, unless something hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// An example that is a server, on a port that the system chose. It is killed when it is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    /// Starts the program at this path with these arguments, and waits until it listens.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.arg("127.0.0.1:0").args(arguments);
        Self::run(command)
    }

    /// Starts the program at this path, which may open only a few files.
    #[cfg(unix)]
    pub(crate) fn start_with_few_files(program: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 24 && exec \"$0\" 127.0.0.1:0", program]);
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, url }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let (_scheme, address) = self.url.split_once("://").unwrap();
        address.parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server, and runs `test` with its address.
#[cfg(any(feature = "axum", feature = "hyper"))]
pub(crate) async fn with_server<T: Future<Output = ()>>(
    program: &str,
    arguments: &[&str],
    test: impl FnOnce(SocketAddr) -> T,
) {
    let server = Server::start(program, arguments);
    within(test(server.address())).await;
}

/// Runs `test` in a thread of its own, and fails if the thread hangs.
pub(crate) fn bounded<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = thread::spawn(move || {
        let result = test();
        let _ = done.send(());
        result
    });
    if wait.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
        panic!("it hangs");
    }
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Returns the outcome of a future, and fails if the future hangs.
#[cfg(feature = "tokio")]
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("it does not hang")
}
