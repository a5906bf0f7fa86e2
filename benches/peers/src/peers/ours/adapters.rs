//! The tokio adapter and the blocking adapter.

use bytes::{Bytes, BytesMut};
use websocket_proto::asynchronous::Transport as _;
use websocket_proto::connection::Role;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, WebSocket, blocking, tokio};

use super::web_socket::{take, take_ref};
use crate::contestant::{Receiver, Sender};
use crate::memory::Memory;
use crate::poll;
use crate::tally::Tally;

/// The tokio adapter, with owned messages.
pub struct Tokio<R>(tokio::WebSocketStream<Memory, R>);

impl<R: Role> Tokio<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        Self(tokio_stream(memory, role))
    }

    /// Uses a connection that is configured already.
    pub fn with(memory: Memory, websocket: WebSocket<R>) -> Self {
        let transport = tokio::TokioTransport::new(memory);
        Self(tokio::WebSocketStream::from_websocket(transport, websocket))
    }
}

fn tokio_stream<R: Role>(memory: Memory, role: R) -> tokio::WebSocketStream<Memory, R> {
    let (config, opened) = (Config::new(), Opened::new());
    tokio::WebSocketStream::from_parts(memory, role, config, opened, BytesMut::new())
}

impl<R: Role> Receiver for Tokio<R> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        poll::now(async {
            for _ in 0..messages {
                take(&self.0.next().await.expect("open").expect("a message"), tally);
            }
        });
    }
}

impl<R: Role> Sender for Tokio<R> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        poll::now(async {
            for batch in payloads.chunks(batch) {
                for payload in batch {
                    let message = Message::Binary(payload.clone());
                    self.0.feed(message).await.expect("the sink takes all");
                }
                self.0.flush().await.expect("the sink takes all");
            }
        });
    }
}

/// The tokio adapter, with messages that borrow the read buffer.
pub struct TokioLent<R>(tokio::WebSocketStream<Memory, R>);

impl<R: Role> TokioLent<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        Self(tokio_stream(memory, role))
    }
}

impl<R: Role> Receiver for TokioLent<R> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        poll::now(async {
            for _ in 0..messages {
                take_ref(self.0.next_ref().await.expect("open").expect("a message"), tally);
            }
        });
    }
}

/// The blocking adapter, with owned messages.
pub struct Blocking<R>(blocking::WebSocketStream<Memory, R>);

impl<R: Role> Blocking<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        Self(blocking_stream(memory, role))
    }
}

fn blocking_stream<R: Role>(memory: Memory, role: R) -> blocking::WebSocketStream<Memory, R> {
    let (config, opened) = (Config::new(), Opened::new());
    blocking::WebSocketStream::from_parts(memory, role, config, opened, BytesMut::new())
}

impl<R: Role> Receiver for Blocking<R> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        for _ in 0..messages {
            take(&self.0.read().expect("a message").expect("open"), tally);
        }
    }
}

impl<R: Role> Sender for Blocking<R> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        for batch in payloads.chunks(batch) {
            for payload in batch {
                self.0.feed(Message::Binary(payload.clone())).expect("the sink takes all");
            }
            self.0.flush().expect("the sink takes all");
        }
    }
}

/// The blocking adapter, with messages that borrow the read buffer.
pub struct BlockingLent<R>(blocking::WebSocketStream<Memory, R>);

impl<R: Role> BlockingLent<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        Self(blocking_stream(memory, role))
    }
}

impl<R: Role> Receiver for BlockingLent<R> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        for _ in 0..messages {
            take_ref(self.0.read_ref().expect("a message").expect("open"), tally);
        }
    }
}
