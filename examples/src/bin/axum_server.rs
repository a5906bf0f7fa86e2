//! An echo server on axum, over HTTP/1.1 and HTTP/2.
//!
//! `axum_server [ADDR] [--max-message-size BYTES] [--keepalive MILLISECONDS]
//! [--compress]`

use std::error::Error;
use std::io;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt as _;
use examples::{arguments, explain};
use tokio::net::TcpListener;
use websocket_proto::axum::{self as ws, Config, WebSocket, WebSocketUpgrade};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, config) = arguments::parse()?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    Ok(serve(listener, config).await?)
}

async fn serve(listener: TcpListener, config: Config) -> io::Result<()> {
    // A client asks with GET over HTTP/1.1, and with CONNECT over HTTP/2.
    let router = Router::new().route("/", any(handler)).with_state(config);
    // axum goes on after a failed `accept`. Small messages leave at once, because Nagle's algorithm
    // is switched off. If the switch fails, the connection is only slower.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await
}

/// axum answers other paths by itself. The extractor refuses requests that open no WebSocket.
async fn handler(State(config): State<Config>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .config(config)
        .protocols(["echo"])
        .on_failed_upgrade(|error| eprintln!("{}", explain(&error)))
        .on_upgrade(async |socket| {
            if let Err(error) = echo(socket).await {
                eprintln!("{}", explain(&error));
            }
        })
}

async fn echo(mut socket: WebSocket) -> Result<(), ws::Error> {
    while let Some(message) = socket.recv().await {
        let message = message?;
        if message.is_data() {
            // `recv` writes what is queued before it waits.
            socket.feed(message).await?;
        }
    }
    // RFC 8441, section 5: a stream of HTTP/2 that is dropped before the client has ended it is
    // reset.
    socket.finish().await
}
