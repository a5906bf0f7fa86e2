//! Examples that stand behind an HTTP library, each run beside the test that drives it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part, as a module of its own")]

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;
use websocket_proto::websocket::Config;

/// Runs an example, and `test` with its address.
pub async fn with_server<S, T>(
    serve: impl FnOnce(TcpListener, Config) -> S,
    test: impl FnOnce(SocketAddr) -> T,
) where
    S: Future<Output = io::Result<()>>,
    T: Future<Output = ()>,
{
    with_config(Config::new().max_message_size(1 << 20), serve, test).await;
}

pub async fn with_config<S, T>(
    config: Config,
    serve: impl FnOnce(TcpListener, Config) -> S,
    test: impl FnOnce(SocketAddr) -> T,
) where
    S: Future<Output = io::Result<()>>,
    T: Future<Output = ()>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::select! {
        ended = serve(listener, config) => panic!("the server has ended: {ended:?}"),
        run = timeout(Duration::from_secs(60), test(address)) => run.expect("the test is stuck"),
    }
}

/// As the examples are with `--compress`.
#[cfg(feature = "deflate")]
pub fn compressing() -> Config {
    Config::new().max_message_size(1 << 20).deflate(websocket_proto::deflate::Config::new())
}
