//! The time limits of a configuration, which the timer of the transport measures.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use support::transport::within;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use websocket_proto::axum::{
    CloseCode, Config, Error, Keepalive, ProtocolError, WebSocket, WebSocketUpgrade,
};

use crate::server::{UPGRADE, serve};

const SHORT: Duration = Duration::from_millis(50);

/// Opens a WebSocket and sends nothing on it.
async fn silent(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n");
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    stream
}

/// Returns the error with which `serve_one` ends for a client that is silent.
async fn error_of<F>(config: Config, serve_one: fn(WebSocket) -> F) -> Error
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (ended, mut endings) = unbounded_channel();
    let handler = async move |upgrade: WebSocketUpgrade| {
        upgrade.config(config).on_upgrade(async move |socket| {
            let _ = ended.send(serve_one(socket).await);
        })
    };
    within(async {
        let _client = silent(serve(Router::new().route("/", any(handler))).await).await;
        endings.recv().await.expect("it is over").expect_err("the client is silent")
    })
    .await
}

async fn receive(mut socket: WebSocket) -> Result<(), Error> {
    socket.recv().await.expect("an end").map(drop)
}

async fn close(mut socket: WebSocket) -> Result<(), Error> {
    socket.close(CloseCode::NORMAL, "").await?;
    socket.finish().await
}

#[tokio::test]
async fn a_keepalive_ends_a_connection_that_is_dead() {
    let config = Config::new().keepalive(Keepalive { interval: SHORT, timeout: SHORT });
    let error = error_of(config, receive).await;
    let Error::Protocol(ProtocolError::KeepaliveTimeout { .. }) = error else {
        panic!("{error:?}")
    };
}

#[tokio::test]
async fn a_client_that_does_not_answer_a_close_is_dropped() {
    let error = error_of(Config::new().close_timeout(SHORT), close).await;
    let Error::Protocol(ProtocolError::CloseTimeout { .. }) = error else { panic!("{error:?}") };
}
