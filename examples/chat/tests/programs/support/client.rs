//! A client of the chat, on the tokio adapter.

use serde_json::{Value, json};
use websocket_proto::Message;
use websocket_proto::tokio::{
    self, ClientStream, Config, ConnectError, ConnectOptions, DeflateConfig, MaybeTlsStream,
};

use super::{Server, within};

pub(crate) struct Client {
    pub(crate) socket: ClientStream<MaybeTlsStream>,
}

/// Returns the options of a client that compresses and has the invite of the server.
pub(crate) fn options(server: &Server) -> ConnectOptions {
    with_subprotocols(server, &["chat.v1", &format!("invite.{}", server.invite)])
}

pub(crate) fn with_subprotocols(server: &Server, subprotocols: &[&str]) -> ConnectOptions {
    ConnectOptions::new(&server.websocket_url())
        .unwrap()
        .config(Config::new().deflate(DeflateConfig::new()))
        .subprotocols(subprotocols.iter().copied())
        .unwrap()
}

pub(crate) async fn connect(options: ConnectOptions) -> Result<Client, ConnectError> {
    Ok(Client { socket: within(tokio::connect(options)).await? })
}

impl Client {
    /// Connects to the server, joins a room, and waits for the welcome.
    pub(crate) async fn join(server: &Server, room: &str, name: &str) -> Self {
        let mut client = connect(options(server)).await.unwrap();
        client.send_join(room, name).await;
        client
    }

    pub(crate) async fn send_join(&mut self, room: &str, name: &str) {
        self.send(json!({ "type": "join", "room": room, "name": name })).await;
        assert_eq!(self.receive("welcome").await["room"], room);
    }

    pub(crate) async fn send(&mut self, value: Value) {
        self.socket.send(value.to_string()).await.unwrap();
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(json!({ "type": "say", "text": text })).await;
    }

    /// Returns the next message of this type, and drops those before it.
    pub(crate) async fn receive(&mut self, kind: &str) -> Value {
        self.until(|value| value["type"] == kind).await
    }

    /// Returns the next text that somebody has said, with the name.
    pub(crate) async fn hear(&mut self) -> (String, String) {
        let said = self.receive("said").await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&said["from"]["name"]), text(&said["text"]))
    }

    /// Waits until exactly these people are in the room.
    pub(crate) async fn see(&mut self, names: &[&str]) {
        self.until(|value| {
            let Some(people) = value["people"].as_array() else {
                return false;
            };
            let mut seen: Vec<_> = people.iter().map(|person| &person["name"]).collect();
            seen.sort_by_key(|name| name.to_string());
            seen == names
        })
        .await;
    }

    /// Returns the next binary message.
    pub(crate) async fn stroke(&mut self) -> Vec<u8> {
        self.texts_and_stroke().await.1
    }

    /// Returns the next binary message, and the texts before it.
    pub(crate) async fn texts_and_stroke(&mut self) -> (Vec<Value>, Vec<u8>) {
        let mut texts = Vec::new();
        loop {
            match self.next().await.expect("open") {
                Message::Text(text) => texts.push(serde_json::from_str(&text).unwrap()),
                Message::Binary(bytes) => return (texts, bytes.to_vec()),
                _ => {}
            }
        }
    }

    /// Returns the code and the reason of the Close of the server.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.next().await.expect("a Close") {
                let frame = frame.expect("a code");
                return (frame.code().into(), frame.reason().to_owned());
            }
        }
    }

    pub(crate) async fn leave(mut self) {
        within(self.socket.finish()).await.unwrap();
    }

    async fn until(&mut self, mut is_wanted: impl FnMut(&Value) -> bool) -> Value {
        loop {
            if let Message::Text(text) = self.next().await.expect("open") {
                let value = serde_json::from_str(&text).unwrap();
                if is_wanted(&value) {
                    return value;
                }
            }
        }
    }

    async fn next(&mut self) -> Option<Message> {
        within(self.socket.next()).await.map(|message| message.expect("a good server"))
    }
}
