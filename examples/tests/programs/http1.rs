//! Tests over loopback of the examples in which an HTTP library (hyper or axum) reads the request.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use websocket_proto::connection::Client;
use websocket_proto::io::ConnectOptions;
use websocket_proto::tokio::{WebSocketStream, connect};
use websocket_proto::{CloseCode, Message};

use crate::server::with_server;

#[cfg(feature = "hyper")]
const HYPER_SERVER: &str = env!("CARGO_BIN_EXE_hyper_server");
#[cfg(feature = "axum")]
const AXUM_SERVER: &str = env!("CARGO_BIN_EXE_axum_server");

/// Sends messages with all three encodings of the length, a Ping and a Close with our own client.
/// Checks the answers.
async fn echoes(address: SocketAddr, subprotocol: Option<&str>) {
    let mut options = ConnectOptions::new(&format!("ws://{address}/")).expect("a URL");
    if let Some(subprotocol) = subprotocol {
        options = options.subprotocol("other").expect("a token");
        options = options.subprotocol(subprotocol).expect("another");
    }
    let socket = connect(options).await.expect("a WebSocket");
    assert_eq!(socket.subprotocol(), subprotocol);
    echoes_to(socket).await;
}

async fn echoes_to<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S, Client>) {
    for message in [
        Message::text("Hello"),
        Message::binary(vec![7; 300]),
        Message::binary(vec![8; 200_000]),
        Message::text(""),
    ] {
        socket.send(message.clone()).await.expect("it is sent");
        let echoed = socket.next().await.expect("an echo").expect("no error");
        assert_eq!(echoed, message);
    }
    socket.send(Message::Ping("are you there?".into())).await.expect("it is sent");
    let pong = socket.next().await.expect("a Pong").expect("no error");
    assert_eq!(pong, Message::Pong("are you there?".into()));
    socket.close(CloseCode::NORMAL, "done").await.expect("a clean end");
    socket.finish().await.expect("a clean end");
}

/// Sends these bytes to a server, and returns all that it sends until it closes the connection.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    answer
}

/// Checks the answer to a request for another version of the protocol: it contains our version.
async fn refuses_another_version(address: SocketAddr) {
    let request = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n";
    let answer = exchange(address, request).await;
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    let answer = answer.to_lowercase();
    for line in ["upgrade: websocket", "sec-websocket-version: 13", "connection: upgrade, close"] {
        assert!(answer.contains(&format!("\r\n{line}\r\n")), "{line}: {answer}");
    }
    assert!(answer.ends_with("\r\n\r\nthe websocket version is not 13\n"), "{answer}");
}

#[cfg(feature = "hyper")]
#[tokio::test]
async fn hyper_opens_websockets_and_serves_a_page() {
    with_server(HYPER_SERVER, &[], async |address| {
        echoes(address, None).await;
        refuses_another_version(address).await;
        let page = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let answer = exchange(address, page).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    })
    .await;
}

#[cfg(feature = "hyper")]
#[tokio::test]
async fn frames_that_come_with_the_request_are_not_lost() {
    with_server(HYPER_SERVER, &[], async |address| {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\
            \x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        stream.write_all(request).await.expect("it is sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\x81\x05Hello") {
            assert_ne!(stream.read_buf(&mut answer).await.expect("no error"), 0);
        }
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
    })
    .await;
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn axum_opens_websockets_through_an_extractor() {
    with_server(AXUM_SERVER, &[], async |address| {
        echoes(address, None).await;
        echoes(address, Some("echo")).await;
        refuses_another_version(address).await;
        for (request, status) in [
            ("GET / HTTP/1.1", "426"),
            ("GET /elsewhere HTTP/1.1", "404"),
            ("POST / HTTP/1.1", "426"),
        ] {
            let request = format!("{request}\r\nHost: a\r\nConnection: close\r\n\r\n");
            let answer = exchange(address, &request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        }
    })
    .await;
}

/// The tests with `--compress`.
#[cfg(feature = "deflate")]
mod compressed {
    use websocket_proto::{deflate, websocket::Config};

    use super::*;

    async fn echoes_compressed(address: SocketAddr) {
        let options = ConnectOptions::new(&format!("ws://{address}/")).expect("a URL");
        let config = Config::new().deflate(deflate::DeflateConfig::new());
        let socket = connect(options.config(config)).await.expect("a WebSocket");
        assert!(socket.deflate_terms().is_some());
        echoes_to(socket).await;
        // A client that does not offer compression gets none.
        echoes(address, None).await;
        echo_is_compressed(address).await;
    }

    /// Checks that the echo of a long message has the bit RSV1 and is short.
    async fn echo_is_compressed(address: SocketAddr) {
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request).await.expect("it is sent");
        let frame = [&b"\x82\xfe\x03\xe8\0\0\0\0"[..], &[b'x'; 1000]].concat();
        stream.write_all(&frame).await.expect("it is sent");
        let mut answer = Vec::new();
        let head_len = loop {
            assert_ne!(stream.read_buf(&mut answer).await.expect("no error"), 0);
            let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if let Some(end) = end {
                break end + 4;
            }
        };
        while answer.len() < head_len + 2 {
            assert_ne!(stream.read_buf(&mut answer).await.expect("no error"), 0);
        }
        assert_eq!(answer[head_len], 0xc2);
        assert!(answer[head_len + 1] < 20, "{} bytes", answer[head_len + 1]);
    }

    #[cfg(feature = "hyper")]
    #[tokio::test]
    async fn hyper_compresses_for_those_who_offer_it() {
        with_server(HYPER_SERVER, &["--compress"], echoes_compressed).await;
    }

    #[cfg(feature = "axum")]
    #[tokio::test]
    async fn axum_compresses_for_those_who_offer_it() {
        with_server(AXUM_SERVER, &["--compress"], echoes_compressed).await;
    }
}
