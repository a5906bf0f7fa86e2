//! The connection to a browser: commands and their results as JSON, over our own client.
//!
//! The DevTools protocol of Chromium and WebDriver BiDi have different commands. In both, a command
//! has an id, and its result has the same id.

use serde_json::{Value, json};
use websocket_proto::Message;
use websocket_proto::tokio::{ClientStream, MaybeTlsStream, connect};

use crate::support::within;

pub(crate) struct Remote {
    socket: ClientStream<MaybeTlsStream>,
    id: u64,
}

impl Remote {
    pub(crate) async fn connect(url: &str) -> Self {
        Self { socket: within(connect(url)).await.unwrap(), id: 0 }
    }

    /// Sends a command, and returns its result. Events that arrive in the meantime are dropped.
    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        self.call_in(None, method, params).await
    }

    /// Does the same as [`call`](Self::call), in a session of the DevTools protocol.
    pub(crate) async fn call_in(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Value {
        self.id += 1;
        let mut command = json!({ "id": self.id, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        self.socket.send(command.to_string()).await.unwrap();
        loop {
            let message = within(self.socket.next()).await.expect("the browser runs").unwrap();
            let Message::Text(text) = message else {
                continue;
            };
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == self.id {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }

    /// Sends the last command, after which the browser ends.
    pub(crate) async fn end(mut self, method: &str) {
        let command = json!({ "id": self.id + 1, "method": method, "params": {} });
        self.socket.send(command.to_string()).await.unwrap();
        let _ = within(self.socket.finish()).await;
    }
}
