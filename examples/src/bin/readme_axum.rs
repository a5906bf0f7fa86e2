//! An echo server on axum, over HTTP/1.1 and HTTP/2, with compression.

use axum::{Router, response::Response, routing::any};
use websocket_proto::axum::{Config, DeflateConfig, WebSocket, WebSocketUpgrade};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let router = Router::new().route("/", any(handler));
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    axum::serve(listener, router).await
}

async fn handler(upgrade: WebSocketUpgrade) -> Response {
    let config = Config::new().deflate(DeflateConfig::new());
    upgrade.config(config).protocols(["chat"]).on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if message.is_data() && socket.send(message).await.is_err() {
            return;
        }
    }
}
