//! Hostile and odd input from a raw TCP connection to a router: the answer, the echoes, the code of
//! the Close, and the end of the connection after it.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::any;
use support::hostile::{Answer, MAX_MESSAGE_SIZE, Outcome, Request, Stream, requests, streams};
use support::messages::{From, decode};
use support::transport::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use websocket_proto::axum::{Config, WebSocketUpgrade};

use crate::server::{UPGRADE, echo, serve};

/// An echo server whose connections have this configuration.
async fn server(config: Config) -> SocketAddr {
    let handler =
        async move |upgrade: WebSocketUpgrade| upgrade.config(config.clone()).on_upgrade(echo);
    serve(Router::new().route("/", any(handler))).await
}

/// Sends these bytes, and returns all bytes that arrive until the server ends its direction. The
/// client keeps its own direction open.
async fn exchange(address: SocketAddr, bytes: Vec<u8>) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a TCP stream");
    let (mut reader, mut writer) = stream.split();
    let mut answer = Vec::new();
    let (sent, received) = tokio::join!(writer.write_all(&bytes), reader.read_to_end(&mut answer));
    sent.expect("the server reads");
    received.expect("a FIN, and no RST");
    answer
}

/// The head of an answer, and the bytes after it.
fn split(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let (head, rest) = answer.split_at(end.map_or(answer.len(), |end| end + 4));
    (String::from_utf8(head.to_vec()).expect("ASCII"), rest)
}

async fn assert_outcome(address: SocketAddr, stream: Stream, extensions: &str) {
    let Stream { name, bytes, outcome } = stream;
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{UPGRADE}{extensions}\r\n");
    let mut sent = [head.as_bytes(), &bytes].concat();
    if let Outcome::Receives { .. } = outcome {
        sent.extend(From::Client.close(1000, ""));
    }
    let answer = exchange(address, sent).await;
    let (head, frames) = split(&answer);
    assert!(head.starts_with("HTTP/1.1 101 "), "{name}: {head}");
    outcome.check(name, decode(frames));
}

#[tokio::test]
async fn each_hostile_stream_gets_its_close_code_and_each_odd_one_its_echo() {
    within(async {
        let address = server(Config::new().max_message_size(MAX_MESSAGE_SIZE)).await;
        for stream in streams() {
            assert_outcome(address, stream, "").await;
        }
    })
    .await;
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn each_hostile_compressed_message_gets_its_close_code_and_each_odd_one_its_echo() {
    within(async {
        let address = server(support::compressing::compressing()).await;
        let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
        for stream in support::hostile::compressed_messages() {
            assert_outcome(address, stream, offer).await;
        }
    })
    .await;
}

/// Returns the answer over hyper. hyper reads heads in another way than this crate: it accepts
/// lines that end in LF, and its limit on the size of a head is larger.
fn over_hyper(name: &str, answer: Answer) -> Answer {
    match name {
        "lines that end in LF" | "header of 70,000 bytes" => Answer::Opens { compresses: false },
        "30,000 bytes of escapes in an open quote" | "30,000 spaces inside a subprotocol" => {
            Answer::Refuses(400, &[])
        }
        _ => answer,
    }
}

async fn assert_answers(config: Config, is_compressing: bool) {
    let address = server(config).await;
    for Request { name, bytes, answer } in requests() {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let (mut reader, mut writer) = stream.split();
        let answered = async {
            let mut answer = Vec::new();
            while !answer.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                assert_ne!(reader.read_buf(&mut answer).await.expect("an answer"), 0, "{name}");
            }
            answer
        };
        // hyper answers before it has read all of a head that is too large.
        let (_, received) = tokio::join!(writer.write_all(&bytes), answered);
        over_hyper(name, answer).check(name, &split(&received).0, is_compressing);
    }
}

#[tokio::test]
async fn each_hostile_request_gets_its_status_and_each_odd_one_is_accepted() {
    within(assert_answers(Config::new(), false)).await;
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn a_server_that_compresses_declines_an_invalid_offer_and_accepts_an_offer_after_another() {
    within(assert_answers(support::compressing::compressing(), true)).await;
}
