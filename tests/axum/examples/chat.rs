//! axum's example `chat`: clients with unique names, and a broadcast channel between them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};
use support::transport::within;
use tokio::sync::broadcast;
use websocket_proto::axum::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use websocket_proto::tokio::{ClientStream, MaybeTlsStream};

use crate::server::{exchange, open, serve};

/// The room that all clients share.
struct Room {
    names: Mutex<HashSet<String>>,
    lines: broadcast::Sender<String>,
}

impl Room {
    /// Returns whether the name was free.
    fn enter(&self, name: &str) -> bool {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned())
    }

    fn leave(&self, name: &str) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

async fn page() -> Html<&'static str> {
    Html("<script>new WebSocket('/websocket')</script>")
}

async fn handler(upgrade: WebSocketUpgrade, State(room): State<Arc<Room>>) -> impl IntoResponse {
    upgrade.on_upgrade(|socket| join(socket, room))
}

async fn join(socket: WebSocket, room: Arc<Room>) {
    let (mut sender, mut receiver) = socket.split();
    // The first text of a client is its name.
    let name = loop {
        match receiver.next().await {
            Some(Ok(Message::Text(name))) => break name,
            Some(Ok(_)) => {}
            _ => return,
        }
    };
    if !room.enter(name.as_str()) {
        let taken = Utf8Bytes::from_static("this name is taken");
        let _ = sender.send(Message::Text(taken)).await;
        return;
    }

    // The client gets the line about itself too.
    let mut lines = room.lines.subscribe();
    let _ = room.lines.send(format!("{name} is here"));
    let mut sending = tokio::spawn(async move {
        while let Ok(line) = lines.recv().await {
            if sender.send(Message::text(line)).await.is_err() {
                break;
            }
        }
    });
    let (to_all, speaker) = (room.lines.clone(), name.clone());
    let mut receiving = tokio::spawn(async move {
        while let Some(Ok(Message::Text(text))) = receiver.next().await {
            let _ = to_all.send(format!("{speaker}: {text}"));
        }
    });
    tokio::select! {
        _ = &mut sending => receiving.abort(),
        _ = &mut receiving => sending.abort(),
    }
    room.leave(&name);
    let _ = room.lines.send(format!("{name} is gone"));
}

async fn heard(socket: &mut ClientStream<MaybeTlsStream>, expected: &str) {
    let line = socket.next().await.expect("a line").expect("no error");
    assert_eq!(line, Message::text(expected));
}

#[tokio::test]
async fn clients_hear_each_other_and_names_are_unique() {
    let room = Room { names: Mutex::default(), lines: broadcast::channel(100).0 };
    let router = Router::new()
        .route("/", get(page))
        .route("/websocket", get(handler))
        .with_state(Arc::new(room));
    within(async {
        let address = serve(router).await;
        let page =
            exchange(address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(page.ends_with("</script>"), "{page}");

        let mut ada = open(address, "/websocket").await;
        ada.send("Ada").await.expect("it is sent");
        heard(&mut ada, "Ada is here").await;
        let mut bob = open(address, "/websocket").await;
        bob.send("Bob").await.expect("it is sent");
        heard(&mut ada, "Bob is here").await;
        heard(&mut bob, "Bob is here").await;

        let mut impostor = open(address, "/websocket").await;
        impostor.send("Ada").await.expect("it is sent");
        heard(&mut impostor, "this name is taken").await;

        bob.send("Hello").await.expect("it is sent");
        heard(&mut ada, "Bob: Hello").await;
        heard(&mut bob, "Bob: Hello").await;
        bob.finish().await.expect("a clean end");
        heard(&mut ada, "Bob is gone").await;

        // The name is free again.
        let mut other = open(address, "/websocket").await;
        other.send("Bob").await.expect("it is sent");
        heard(&mut other, "Bob is here").await;
    })
    .await;
}
