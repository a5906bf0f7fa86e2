//! sockudo-ws: its stream, and the protocol without I/O under it.

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt as _};
use sockudo_ws::protocol::Protocol;
use sockudo_ws::{Config, Message, WebSocketStream};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::memory::{Memory, READ};
use crate::poll;
use crate::role::Role;
use crate::tally::Tally;

/// `WebSocketStream` as a `Stream` and a `Sink`.
pub const STREAM: Contestant = Contestant {
    name: "sockudo-ws",
    package: "sockudo-ws",
    how: "`WebSocketStream` as `Stream` and `Sink` (`feed`, `flush`); default features; keepalive and idle time-out off, as all others have it",
    receiver: Some(|memory, role| Box::new(stream(memory, role))),
    sender: Some(|memory, role| Box::new(stream(memory, role))),
};

/// `Protocol` over buffers of the application.
pub const PROTOCOL: Contestant = Contestant {
    name: "sockudo-ws/protocol",
    package: "sockudo-ws",
    how: "`Protocol::process_into` a reused `Vec`, over a `BytesMut` that the application fills; `encode_message` into a reused `BytesMut`",
    receiver: Some(|memory, role| Box::new(Driven::new(memory, role))),
    sender: Some(|memory, role| Box::new(Driven::new(memory, role))),
};

/// Returns the configuration for all workloads.
#[must_use]
pub fn config() -> Config {
    Config { auto_ping: false, idle_timeout: 0, ..Config::default() }
}

const fn role_of(role: Role) -> sockudo_ws::Role {
    match role {
        Role::Server => sockudo_ws::Role::Server,
        Role::Client => sockudo_ws::Role::Client,
    }
}

fn stream(memory: Memory, role: Role) -> WebSocketStream<Memory> {
    WebSocketStream::from_raw(memory, role_of(role), config())
}

/// Passes a data message to `tally`.
pub fn take(message: &Message, tally: &mut Tally<'_>) {
    match message {
        Message::Text(bytes) => tally.take(true, bytes),
        Message::Binary(bytes) => tally.take(false, bytes),
        other => panic!("received {other:?}"),
    }
}

impl Receiver for WebSocketStream<Memory> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        poll::now(async {
            for _ in 0..messages {
                take(&self.next().await.expect("open").expect("a message"), tally);
            }
        });
    }
}

impl Sender for WebSocketStream<Memory> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        poll::now(async {
            for batch in payloads.chunks(batch) {
                for payload in batch {
                    self.feed(Message::Binary(payload.clone())).await.expect("the sink takes all");
                }
                SinkExt::<Message>::flush(self).await.expect("the sink takes all");
            }
        });
    }
}

struct Driven {
    memory: Memory,
    protocol: Protocol,
    buffer: BytesMut,
    messages: Vec<Message>,
}

impl Driven {
    fn new(memory: Memory, role: Role) -> Self {
        let config = config();
        let protocol = Protocol::new(role_of(role), config.max_frame_size, config.max_message_size);
        let buffer = BytesMut::with_capacity(READ);
        Self { memory, protocol, buffer, messages: Vec::new() }
    }
}

impl Receiver for Driven {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        let end = tally.messages + messages;
        while tally.messages < end {
            let read = self.memory.next_read(READ);
            assert!(!read.is_empty(), "the stream ended early");
            self.buffer.extend_from_slice(read);
            self.protocol.process_into(&mut self.buffer, &mut self.messages).expect("valid");
            for message in self.messages.drain(..) {
                take(&message, tally);
            }
        }
    }
}

impl Sender for Driven {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        for batch in payloads.chunks(batch) {
            self.buffer.clear();
            for payload in batch {
                let message = Message::Binary(payload.clone());
                self.protocol.encode_message(&message, &mut self.buffer).expect("it has a form");
            }
            self.memory.write_pieces([&self.buffer[..]].into_iter());
        }
    }
}
