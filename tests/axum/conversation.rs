//! Messages over HTTP/1.1 in both directions.

use axum::Router;
use axum::routing::any;
use futures_util::{SinkExt as _, StreamExt as _};
use support::transport::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use websocket_proto::axum::{CloseCode, Message, Prepared, WebSocket, WebSocketUpgrade};

use crate::server::{UPGRADE, echo, open, serve};

fn router() -> Router {
    Router::new().route("/", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo)))
}

#[tokio::test]
async fn messages_of_every_length_are_echoed_and_the_connection_closes_cleanly() {
    within(async {
        let mut socket = open(serve(router()).await, "/").await;
        for message in [
            Message::text("Hello"),
            Message::text(""),
            Message::binary(vec![7; 300]),
            Message::binary(vec![8; 2_000_000]),
        ] {
            socket.send(message.clone()).await.expect("it is sent");
            assert_eq!(socket.next().await.expect("an echo").expect("no error"), message);
        }
        socket.close(CloseCode::NORMAL, "done").await.expect("it is sent");
        socket.finish().await.expect("a clean end");
        assert!(socket.close_info().expect("it is over").is_clean);
    })
    .await;
}

#[tokio::test]
async fn pings_are_answered_while_the_handler_waits() {
    within(async {
        let mut socket = open(serve(router()).await, "/").await;
        socket.send(Message::ping("are you there?")).await.expect("it is sent");
        let pong = socket.next().await.expect("a Pong").expect("no error");
        assert_eq!(pong, Message::pong("are you there?"));
    })
    .await;
}

#[tokio::test]
async fn frames_that_come_with_the_request_are_not_lost() {
    within(async {
        let mut stream = TcpStream::connect(serve(router()).await).await.expect("a connection");
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n");
        let frame = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        stream.write_all(&[head.as_bytes(), frame].concat()).await.expect("it is sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\x81\x05Hello") {
            assert_ne!(stream.read_buf(&mut answer).await.expect("no error"), 0);
        }
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
    })
    .await;
}

/// Sends two greetings from one half while the other half receives.
async fn greet_by_halves(socket: WebSocket) {
    let (mut reader, mut writer) = socket.into_split();
    let sending = tokio::spawn(async move {
        writer.send("one").await.expect("it is sent");
        writer.send_prepared(&Prepared::text("two")).await.expect("it is sent");
    });
    while let Some(Ok(_)) = reader.next().await {}
    sending.await.expect("no panic");
}

/// Does the same with the combinators of `futures_util`.
async fn greet_by_combinators(socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let sending = tokio::spawn(async move {
        sink.send(Message::text("one")).await.expect("it is sent");
        sink.send("two".into()).await.expect("it is sent");
    });
    while let Some(Ok(_)) = stream.next().await {}
    sending.await.expect("no panic");
}

#[tokio::test]
async fn a_handler_sends_and_receives_in_two_tasks() {
    let router = Router::new()
        .route(
            "/halves",
            any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(greet_by_halves)),
        )
        .route(
            "/combinators",
            any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(greet_by_combinators)),
        );
    within(async {
        let address = serve(router).await;
        for path in ["/halves", "/combinators"] {
            let mut socket = open(address, path).await;
            for greeting in ["one", "two"] {
                let received = socket.next().await.expect("a greeting").expect("no error");
                assert_eq!(received, Message::text(greeting));
            }
            socket.close(CloseCode::NORMAL, "").await.expect("it is sent");
            socket.finish().await.expect("a clean end");
        }
    })
    .await;
}

/// Answers each message with the number of messages and bytes so far.
async fn count(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if message.is_data() {
            let received = socket.stats().received;
            let text = format!("{} {}", received.messages, received.bytes);
            socket.send(text.into()).await.expect("it is open");
        }
    }
}

#[tokio::test]
async fn a_handler_reads_the_counters() {
    let router =
        Router::new().route("/", any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(count)));
    within(async {
        let mut socket = open(serve(router).await, "/").await;
        for counts in ["1 5", "2 10"] {
            socket.send("Hello").await.expect("it is sent");
            let message = socket.next().await.expect("an answer").expect("no error");
            assert_eq!(message, Message::text(counts));
        }
        assert_eq!(socket.stats().sent.messages, 2);
    })
    .await;
}
