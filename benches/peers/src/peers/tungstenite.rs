//! tungstenite, without a runtime around it.

use bytes::Bytes;
use tungstenite::protocol;
use tungstenite::{Message, WebSocket};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::memory::Memory;
use crate::role::Role;
use crate::tally::Tally;

/// `WebSocket` over a byte stream of `std`.
pub const CONTESTANT: Contestant = Contestant {
    name: "tungstenite",
    package: "tungstenite",
    how: "`WebSocket::read`; `write` and `flush`; default configuration",
    receiver: Some(|memory, role| Box::new(connection(memory, role))),
    sender: Some(|memory, role| Box::new(connection(memory, role))),
};

fn connection(memory: Memory, role: Role) -> WebSocket<Memory> {
    let role = match role {
        Role::Server => protocol::Role::Server,
        Role::Client => protocol::Role::Client,
    };
    WebSocket::from_raw_socket(memory, role, None)
}

impl Receiver for WebSocket<Memory> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        for _ in 0..messages {
            match self.read().expect("a message") {
                Message::Text(text) => tally.take(true, text.as_bytes()),
                Message::Binary(bytes) => tally.take(false, &bytes),
                other => panic!("received {other:?}"),
            }
        }
    }
}

impl Sender for WebSocket<Memory> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        for batch in payloads.chunks(batch) {
            for payload in batch {
                self.write(Message::Binary(payload.clone())).expect("the sink takes all");
            }
            self.flush().expect("the sink takes all");
        }
    }
}
