//! `WebSocket`, driven by the application.

use std::io::IoSlice;

use bytes::{Buf as _, Bytes};
use websocket_proto::connection::{AnyRole, Role};
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Config, MessageRef};
use websocket_proto::{Message, WebSocket};

use crate::contestant::{Receiver, Sender};
use crate::memory::Memory;
use crate::tally::Tally;

struct Driven<R> {
    memory: Memory,
    websocket: WebSocket<R>,
}

impl<R: Role> Driven<R> {
    fn new(memory: Memory, role: R) -> Self {
        Self::with(memory, WebSocket::new(role, Config::new(), Opened::new()))
    }

    const fn with(memory: Memory, websocket: WebSocket<R>) -> Self {
        Self { memory, websocket }
    }

    #[inline]
    fn read(&mut self) {
        let mut free = self.websocket.input().lend();
        let read = self.memory.next_read(free.capacity());
        assert!(!read.is_empty(), "the stream ended early");
        free.extend_from_slice(read);
        self.websocket.input().give_back(free);
    }
}

#[inline(always)]
pub(super) fn take(message: &Message, tally: &mut Tally<'_>) {
    match message {
        Message::Text(text) => tally.take(true, text.as_bytes()),
        Message::Binary(bytes) => tally.take(false, bytes),
        other => panic!("received {other:?}"),
    }
}

#[inline(always)]
pub(super) fn take_ref(message: MessageRef<'_>, tally: &mut Tally<'_>) {
    match message {
        MessageRef::Text(text) => tally.take(true, text.as_bytes()),
        MessageRef::Binary(bytes) => tally.take(false, bytes),
        other => panic!("received {other:?}"),
    }
}

/// Takes owned messages.
pub struct Owned<R>(Driven<R>);

impl<R: Role> Owned<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        Self(Driven::new(memory, role))
    }

    /// Uses a connection that is configured already.
    pub const fn with(memory: Memory, websocket: WebSocket<R>) -> Self {
        Self(Driven::with(memory, websocket))
    }
}

impl<R: Role> Receiver for Owned<R> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        let end = tally.messages + messages;
        while tally.messages < end {
            match self.0.websocket.receive().expect("valid") {
                Some(message) => take(&message, tally),
                None => self.0.read(),
            }
        }
    }
}

/// Takes messages that borrow the read buffer.
pub struct Lent<R>(Driven<R>);

impl<R: Role> Lent<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        Self(Driven::new(memory, role))
    }
}

impl<R: Role> Receiver for Lent<R> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        let end = tally.messages + messages;
        while tally.messages < end {
            match self.0.websocket.receive_ref().expect("valid") {
                Some(message) => take_ref(message, tally),
                None => self.0.read(),
            }
        }
    }
}

/// Takes owned messages with two calls of `receive`. A function that has only one caller is inlined
/// there, however large it is. An application cannot rely on that.
///
/// The role is a value, so that this is another function than the one that [`Owned`] calls.
pub struct TwoCalls(Driven<AnyRole>);

impl TwoCalls {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: impl Into<AnyRole>) -> Self {
        Self(Driven::new(memory, role.into()))
    }
}

impl Receiver for TwoCalls {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        let end = tally.messages + messages;
        while tally.messages < end {
            let Some(message) = self.0.websocket.receive().expect("valid") else {
                self.0.read();
                continue;
            };
            take(&message, tally);
            if tally.messages < end {
                match self.0.websocket.receive().expect("valid") {
                    Some(message) => take(&message, tally),
                    None => self.0.read(),
                }
            }
        }
    }
}

/// Queues messages, and writes the queue.
pub struct Sending<R>(Driven<R>);

impl<R: Role> Sending<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        Self(Driven::new(memory, role))
    }

    /// Uses a connection that is configured already.
    pub const fn with(memory: Memory, websocket: WebSocket<R>) -> Self {
        Self(Driven::with(memory, websocket))
    }

    fn flush(&mut self) {
        let output = self.0.websocket.output();
        while output.has_remaining() {
            let mut slices = [IoSlice::new(&[]); 16];
            let filled = output.chunks_vectored(&mut slices);
            let pieces = slices[..filled].iter().map(|piece| &**piece);
            let written = self.0.memory.write_pieces(pieces);
            output.advance(written);
        }
    }
}

impl<R: Role> Sender for Sending<R> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        for batch in payloads.chunks(batch) {
            for payload in batch {
                self.0.websocket.send(Message::Binary(payload.clone())).expect("there is room");
            }
            self.flush();
        }
    }
}
