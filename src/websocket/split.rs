//! The two directions of a `WebSocket`, for two tasks.

use bytes::{Bytes, BytesMut};

use super::receive::Joining;
use super::send::Queue;
use super::{Outgoing, Prepared, Rejected};
use crate::close::CloseCode;
use crate::connection::{ControlPayload, Receiver, Role, Sender};
use crate::deflate::Compression;
use crate::error::{ProtocolError, SendError};
use crate::frame::Kind;
use crate::message::Message;

/// The receiving half of a [`WebSocket`](super::WebSocket).
///
/// It answers nothing. Its owner lets the other half know of
/// - a Ping, by [`MessageSender::answer_ping`],
/// - a Close, by [`MessageSender::reply_to_close`],
/// - an error, by [`MessageSender::fail`].
#[derive(Debug)]
pub struct MessageReceiver<R> {
    receiver: Receiver<R>,
    joining: Joining,
    answer_pings: bool,
}

impl<R: Role> MessageReceiver<R> {
    pub(super) const fn new(receiver: Receiver<R>, joining: Joining, answer_pings: bool) -> Self {
        Self { receiver, joining, answer_pings }
    }

    pub(super) fn into_parts(self) -> (Receiver<R>, Joining, bool) {
        (self.receiver, self.joining, self.answer_pings)
    }

    /// Whether the configuration wants Pings to be answered, which is the owner's to do now.
    #[must_use]
    pub const fn answers_pings(&self) -> bool {
        self.answer_pings
    }

    /// Takes the next message out of `input`; `None` when more bytes must be read into it first.
    /// It treats `input` as [`WebSocket::receive`](super::WebSocket::receive) does.
    ///
    /// # Errors
    /// What the peer did wrong, and the same error at every later call.
    pub fn receive(&mut self, input: &mut BytesMut) -> Result<Option<Message>, ProtocolError> {
        self.joining.receive(&mut self.receiver, input)
    }

    /// Gives memory back, as [`WebSocket::release_memory`](super::WebSocket::release_memory) does.
    pub fn release_memory(&mut self) {
        self.joining.release_memory();
    }

    /// Takes note that the transport has ended.
    ///
    /// # Errors
    /// [`UnexpectedEof`](ProtocolError::UnexpectedEof) when no Close has come (RFC 6455 7.1.5);
    /// or the error that there was before.
    pub fn receive_eof(&mut self) -> Result<(), ProtocolError> {
        self.receiver.receive_eof()
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.receiver.is_client()
    }

    /// How many bytes of the data frame under way have not arrived: a hint for the size of the
    /// next read.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        self.receiver.frame_remaining()
    }
}

/// The sending half of a [`WebSocket`](super::WebSocket).
#[derive(Debug)]
pub struct MessageSender<R> {
    sender: Sender<R>,
    queue: Queue,
}

impl<R: Role> MessageSender<R> {
    pub(super) const fn new(sender: Sender<R>, queue: Queue) -> Self {
        Self { sender, queue }
    }

    pub(super) fn into_parts(self) -> (Sender<R>, Queue) {
        (self.sender, self.queue)
    }

    /// Queues a message, as [`WebSocket::send`](super::WebSocket::send) does.
    ///
    /// # Errors
    /// The message, and why it was not taken.
    pub fn send(&mut self, message: Message) -> Result<(), Rejected> {
        self.queue.send(&mut self.sender, message)
    }

    /// Queues a message that is sent to other connections too.
    ///
    /// # Errors
    /// As of [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.queue.send_prepared(&mut self.sender, message)
    }

    /// Queues a fragment, as [`WebSocket::send_fragment`](super::WebSocket::send_fragment) does.
    ///
    /// # Errors
    /// The payload, and why it was not taken.
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<(), Rejected<Bytes>> {
        self.queue.send_fragment(&mut self.sender, kind, fin, payload)
    }

    /// Queues the answer to a Ping (RFC 6455 5.5.2), ahead of the messages that wait; none when a
    /// Close has been sent. `false` when the queue is full: the answer is still due.
    pub fn answer_ping(&mut self, payload: &ControlPayload) -> bool {
        // The queue grows as it needs, so the mark is all that can be in the way.
        self.is_ready() && self.sender.answer_ping(payload, self.queue.outgoing.control()).is_ok()
    }

    /// Queues the answer to the peer's Close (RFC 6455 5.5.1), unless a Close has been sent.
    /// Nothing more can be sent after it.
    pub fn reply_to_close(&mut self, received: Option<CloseCode>) {
        let _ = self.sender.reply_to_close(received, self.queue.outgoing.data());
    }

    /// Queues the Close that reports an error (RFC 6455 7.1.7), unless a Close has been sent.
    /// Nothing more can be sent after it.
    pub fn fail(&mut self, error: &ProtocolError) {
        let _ = self.sender.fail(error, self.queue.outgoing.data());
    }

    /// Says whether the messages from the next one on are sent compressed, as
    /// [`WebSocket::set_compression`](super::WebSocket::set_compression) does.
    pub fn set_compression(&mut self, choice: Compression) {
        self.queue.set_compression(choice);
    }

    /// Gives memory back, as [`WebSocket::release_memory`](super::WebSocket::release_memory) does.
    pub fn release_memory(&mut self) {
        self.queue.release_memory(&self.sender);
    }

    /// The bytes to write.
    pub const fn output(&mut self) -> &mut Outgoing {
        &mut self.queue.outgoing
    }

    /// Whether [`send`](Self::send) takes a message now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.queue.is_ready()
    }

    /// Whether a Close has been queued, or the connection has failed: nothing more can be sent.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}
