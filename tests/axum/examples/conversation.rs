//! axum's example `websockets`: a server that greets, splits the WebSocket, sends from one task and
//! receives in another.

use std::net::SocketAddr;
use std::ops::ControlFlow;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::any;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use support::transport::within;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use websocket_proto::axum::{CloseCode, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};

use crate::server::{open, serve};

/// Takes the lines that the example prints.
type Journal = UnboundedSender<String>;

async fn handler(
    upgrade: WebSocketUpgrade,
    headers: HeaderMap,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    State(journal): State<Journal>,
) -> impl IntoResponse {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    note(&journal, format!("{} from {}", agent.unwrap_or("a client"), client.ip()));
    upgrade.on_upgrade(move |socket| converse(socket, journal))
}

async fn converse(mut socket: WebSocket, journal: Journal) {
    if socket.send(Message::Ping(Bytes::from_static(&[1, 2, 3]))).await.is_err() {
        return;
    }
    let Some(Ok(first)) = socket.recv().await else { return };
    if describe(first, &journal).is_break() {
        return;
    }
    for number in 1..=3 {
        if socket.send(Message::Text(format!("greeting {number}").into())).await.is_err() {
            return;
        }
    }

    let (mut sender, mut receiver) = socket.split();
    let mut sending = tokio::spawn(async move {
        for number in 1..=5 {
            if sender.send(Message::Text(format!("news {number}").into())).await.is_err() {
                return number;
            }
        }
        // axum has a struct here. The code and the reason are checked instead.
        let close = Message::close(CloseCode::NORMAL, &Utf8Bytes::from_static("that is all"));
        let _ = sender.send(close.expect("a code that may be sent")).await;
        5
    });
    let of_receiver = journal.clone();
    let mut receiving = tokio::spawn(async move {
        let mut count = 0;
        while let Some(Ok(message)) = receiver.next().await {
            count += 1;
            if describe(message, &of_receiver).is_break() {
                break;
            }
        }
        count
    });
    // axum's example ends at the first of the two, and may lose what the client says last.
    let sent = (&mut sending).await.expect("no panic");
    let received = (&mut receiving).await.expect("no panic");
    note(&journal, format!("sent {sent}, received {received}"));
}

fn describe(message: Message, journal: &Journal) -> ControlFlow<()> {
    match message {
        Message::Text(text) => note(journal, format!("text {text:?}")),
        Message::Binary(bytes) => note(journal, format!("{} bytes", bytes.len())),
        Message::Ping(payload) => note(journal, format!("Ping {payload:?}")),
        Message::Pong(payload) => note(journal, format!("Pong {payload:?}")),
        Message::Close(frame) => {
            // axum has fields instead of the methods.
            match frame {
                Some(frame) => note(journal, format!("Close {} {}", frame.code(), frame.reason())),
                None => note(journal, "Close".into()),
            }
            return ControlFlow::Break(());
        }
        // axum has no such variant. Only `Config::oversized` turns it on.
        Message::Oversized { .. } => {}
    }
    ControlFlow::Continue(())
}

fn note(journal: &Journal, line: String) {
    let _ = journal.send(line);
}

#[tokio::test]
async fn the_server_greets_and_both_sides_say_what_they_have() {
    let (journal, mut lines) = unbounded_channel();
    let router = Router::new().route("/ws", any(handler)).with_state(journal);
    within(async {
        let mut socket = open(serve(router).await, "/ws").await;
        let mut received = Vec::new();
        let ping = socket.next().await.expect("a Ping").expect("no error");
        assert_eq!(ping, Message::Ping(Bytes::from_static(&[1, 2, 3])));
        // The Pong is the message that the server waits for.
        for text in ["greeting 1", "greeting 2", "greeting 3"] {
            let greeting = socket.next().await.expect("a greeting").expect("no error");
            assert_eq!(greeting, Message::text(text));
        }
        socket.send("thanks").await.expect("it is sent");
        while let Some(message) = socket.next().await {
            received.push(message.expect("no error").to_string());
        }
        let news = (1..=5).map(|number| format!("news {number}"));
        assert!(received.iter().cloned().eq(news.chain(["Close 1000: that is all".into()])));

        let mut told = Vec::new();
        while let Some(line) = lines.recv().await {
            told.push(line);
            if told.last().is_some_and(|line| line.starts_with("sent")) {
                break;
            }
        }
        let expected = [
            "a client from 127.0.0.1",
            "Pong b\"\\x01\\x02\\x03\"",
            "text \"thanks\"",
            "Close 1000 that is all",
            "sent 5, received 2",
        ];
        assert_eq!(told, expected);
    })
    .await;
}
