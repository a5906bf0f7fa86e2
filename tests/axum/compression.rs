//! permessage-deflate (RFC 7692) over HTTP/1.1. `http2` has it over HTTP/2.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::any;
use support::transport::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use websocket_proto::axum::{Config, DeflateConfig, Message, Preferences, WebSocketUpgrade};
use websocket_proto::tokio::{ConnectOptions, connect};

use crate::server::{UPGRADE, echo, serve};

async fn server() -> SocketAddr {
    let compressing = async |upgrade: WebSocketUpgrade| {
        let preferences = Preferences::new().server_max_window_bits(10);
        let deflate = DeflateConfig::new().preferences(preferences);
        upgrade.config(Config::new().deflate(deflate)).on_upgrade(echo)
    };
    let router = Router::new()
        .route("/compressing", any(compressing))
        .route("/plain", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)));
    serve(router).await
}

#[tokio::test]
async fn a_connection_is_compressed_if_both_sides_want_it() {
    within(async {
        let address = server().await;
        let message = Message::text("Hello".repeat(100));
        for (path, client_wants_it, window_bits) in
            [("compressing", true, Some(10)), ("compressing", false, None), ("plain", true, None)]
        {
            let mut options =
                ConnectOptions::new(&format!("ws://{address}/{path}")).expect("a URL");
            if client_wants_it {
                options = options.config(Config::new().deflate(DeflateConfig::new()));
            }
            let mut socket = connect(options).await.expect("a WebSocket");
            let terms = socket.deflate_terms();
            assert_eq!(terms.map(|terms| terms.server_max_window_bits()), window_bits);
            socket.send(message.clone()).await.expect("it is sent");
            assert_eq!(socket.next().await.expect("an echo").expect("no error"), message);
        }
    })
    .await;
}

#[tokio::test]
async fn an_echo_is_short_on_the_wire_and_has_rsv1() {
    within(async {
        let mut stream = TcpStream::connect(server().await).await.expect("a connection");
        let head = format!(
            "GET /compressing HTTP/1.1\r\nHost: a\r\n{UPGRADE}\
             Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        );
        let frame = [&b"\x82\xfe\x03\xe8\0\0\0\0"[..], &[b'x'; 1000]].concat();
        stream.write_all(&[head.as_bytes(), &frame].concat()).await.expect("it is sent");
        let mut answer = Vec::new();
        let (opcode, len) = loop {
            assert_ne!(stream.read_buf(&mut answer).await.expect("no error"), 0);
            let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some([opcode, len, ..]) = end.map(|end| &answer[end + 4..]) {
                break (*opcode, *len);
            }
        };
        assert_eq!(opcode, 0b1100_0010);
        assert!(len < 20, "{len} bytes");
    })
    .await;
}
