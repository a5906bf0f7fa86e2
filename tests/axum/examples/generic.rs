//! axum's example `testing-websockets`: a callback that is generic over a `Sink` and a `Stream`, so
//! that a test can pass channels in place of a connection.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _, sink, stream};
use support::transport::within;
use websocket_proto::axum::{Error, Message, WebSocket, WebSocketUpgrade};

use crate::server::{open, serve};

async fn handler(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(quote)
}

async fn quote(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = message
            && socket.send(Message::Text(quoted(&text).into())).await.is_err()
        {
            break;
        }
    }
}

async fn generic_handler(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| {
        let (writer, reader) = socket.split();
        generic_quote(writer, reader)
    })
}

// axum's example has `axum::Error` here.
async fn generic_quote<W, R>(mut writer: W, mut reader: R)
where
    W: Sink<Message> + Unpin,
    R: Stream<Item = Result<Message, Error>> + Unpin,
{
    while let Some(Ok(message)) = reader.next().await {
        if let Message::Text(text) = message
            && writer.send(Message::Text(quoted(&text).into())).await.is_err()
        {
            break;
        }
    }
}

fn quoted(text: &str) -> String {
    format!("they said: {text}")
}

#[tokio::test]
async fn both_handlers_answer_over_a_connection() {
    let router =
        Router::new().route("/concrete", get(handler)).route("/generic", get(generic_handler));
    within(async {
        let address = serve(router).await;
        for path in ["/concrete", "/generic"] {
            let mut socket = open(address, path).await;
            socket.send("Hello").await.expect("it is sent");
            let answer = socket.next().await.expect("an answer").expect("no error");
            assert_eq!(answer, Message::text("they said: Hello"));
        }
    })
    .await;
}

#[tokio::test]
async fn the_generic_callback_needs_no_connection() {
    let received =
        stream::iter([Ok(Message::text("Hello")), Ok(Message::ping("")), Ok("you".into())]);
    let mut sent = Vec::new();
    let writer = sink::unfold(&mut sent, async |sent: &mut Vec<Message>, message| {
        sent.push(message);
        Ok::<_, Error>(sent)
    });
    generic_quote(Box::pin(writer), received).await;
    assert_eq!(sent, [Message::text("they said: Hello"), Message::text("they said: you")]);
}
