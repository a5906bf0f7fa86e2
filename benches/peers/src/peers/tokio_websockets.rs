//! tokio-websockets.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt as _};
use tokio_websockets::{ClientBuilder, Message, ServerBuilder, WebSocketStream};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::memory::Memory;
use crate::poll;
use crate::role::Role;
use crate::tally::Tally;

/// `WebSocketStream` as a `Stream` and a `Sink`.
pub const CONTESTANT: Contestant = Contestant {
    name: "tokio-websockets",
    package: "tokio-websockets",
    how: "`WebSocketStream` as `Stream` and `Sink` (`feed`, `flush`); feature `fastrand`; default configuration",
    receiver: Some(|memory, role| Box::new(connection(memory, role))),
    sender: Some(|memory, role| Box::new(connection(memory, role))),
};

fn connection(memory: Memory, role: Role) -> WebSocketStream<Memory> {
    match role {
        Role::Server => ServerBuilder::new().serve(memory),
        Role::Client => ClientBuilder::new().take_over(memory),
    }
}

impl Receiver for WebSocketStream<Memory> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        poll::now(async {
            for _ in 0..messages {
                let message = self.next().await.expect("open").expect("a message");
                assert!(message.is_text() || message.is_binary(), "received a control frame");
                tally.take(message.is_text(), message.as_payload());
            }
        });
    }
}

impl Sender for WebSocketStream<Memory> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        poll::now(async {
            for batch in payloads.chunks(batch) {
                for payload in batch {
                    let message = Message::binary(payload.clone());
                    self.feed(message).await.expect("the sink takes all");
                }
                SinkExt::<Message>::flush(self).await.expect("the sink takes all");
            }
        });
    }
}
