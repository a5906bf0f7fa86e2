//! Whole messages in and out, over [`bytes`].

mod compression;
mod config;
mod halves;
mod incoming;
mod keepalive;
mod message_ref;
mod outgoing;
mod prepared;
mod read_size;
mod receive;
mod send;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::close::CloseCode;
use crate::connection::{CloseInfo, Connection, Role, State, TransportAction};
use crate::deflate::{Compression, Terms};
use crate::error::{ProtocolError, SendError};
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::message::Message;

pub use config::Config;
pub use halves::{Answers, MessageReceiver, MessageSender};
pub use incoming::Incoming;
pub use keepalive::Keepalive;
pub use message_ref::{MessageRef, Part};
pub use outgoing::Outgoing;
pub use prepared::Prepared;
pub use send::Rejected;

use halves::PeerEnd;
use keepalive::Watch;
use receive::Receiving;
use send::Queue;

/// One endpoint of a WebSocket connection, in whole messages.
///
/// - The caller puts what it reads from the transport into [`input`](Self::input), and takes
///   messages out by [`receive`](Self::receive) until it returns `None`.
/// - [`send`](Self::send) queues messages. Pongs and the answer to a Close are queued without the
///   caller's help. [`output`](Self::output) is what the queue holds, to be written whenever it is
///   not empty.
/// - [`transport_action`](Self::transport_action) tells what to do with the transport after all of
///   that is written.
///
/// ```
/// use bytes::Buf;
/// use websocket_proto::connection::{Client, Server};
/// use websocket_proto::{Message, WebSocket, handshake::Opened, websocket::Config};
///
/// let mut client = WebSocket::new(Client::new([7; 32]), Config::new(), Opened::new());
/// let mut server = WebSocket::new(Server, Config::new(), Opened::new());
///
/// client.send("Hello".into())?;
/// let output = client.output();
/// server.input().extend_from_slice(&output.copy_to_bytes(output.remaining()));
/// assert_eq!(server.receive()?, Some(Message::text("Hello")));
/// assert_eq!(server.receive()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WebSocket<R> {
    receiver: MessageReceiver<R>,
    sender: MessageSender<R>,
}

impl<R: Role> WebSocket<R> {
    /// Creates a connection from the result of its opening handshake.
    ///
    /// Without the feature `deflate` a `WebSocket` cannot compress: do not agree on
    /// permessage-deflate then.
    pub fn new(role: R, config: Config, opened: Opened) -> Self {
        let terms = compression::usable(opened.deflate_terms());
        let receiving = Receiving::new(&config, terms, role.is_client());
        let queue = Queue::new(&config, terms, role.is_client());
        let watch = config.keepalive.map(Watch::new);
        let connection = Connection::new(role, config.connection_config(terms.is_some()));
        let (receiver, sender, owed) = connection.into_split();
        Self {
            receiver: MessageReceiver { receiver, receiving, opened: opened.clone(), pair: None },
            sender: MessageSender {
                sender,
                queue,
                owed,
                peer: PeerEnd::Open,
                eof: false,
                watch,
                opened,
                pair: None,
            },
        }
    }

    /// Returns the read buffer, to put bytes from the transport into it.
    pub const fn input(&mut self) -> Incoming<'_> {
        self.receiver.input()
    }

    /// Returns the next message, or `None` when more bytes must be put into
    /// [`input`](Self::input) first.
    ///
    /// A message in one frame is cut out of the read buffer without a copy. The fragments of another
    /// message are moved together in the buffer.
    ///
    /// A Ping is returned after its Pong was queued, and a Close after its answer was queued. After a
    /// Close this method always returns `None`, and drops the bytes after the Close. The rest of a
    /// message whose first parts were returned by [`receive_part`](Self::receive_part) is dropped.
    ///
    /// # Errors
    /// Returns the fault of the peer. Every later call returns the same error, and the Close that
    /// reports it is queued. All messages before the fault have been returned by then.
    #[inline]
    pub fn receive(&mut self) -> Result<Option<Message>, ProtocolError> {
        let received = self.settled(|receiver, answers| receiver.take_message(answers))?;
        Ok(self.receiver.receiving.message(received))
    }

    /// Returns the next message as [`receive`](Self::receive) does, lent out of the read buffer until
    /// the next call.
    ///
    /// A message in one frame costs no allocation and no atomic operation.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    #[inline]
    pub fn receive_ref(&mut self) -> Result<Option<MessageRef<'_>>, ProtocolError> {
        let received = self.settled(|receiver, answers| receiver.take_message(answers))?;
        Ok(self.receiver.receiving.message_ref(received))
    }

    /// Returns the next part of a message as it arrives, or a control frame, lent out of the read
    /// buffer until the next call: for messages larger than memory.
    ///
    /// Text is validated and compressed messages are decompressed before they are returned. The
    /// limits of the configuration count for the message as a whole.
    ///
    /// # Errors
    /// As [`receive`](Self::receive). The parts before the fault have been returned by then.
    pub fn receive_part(&mut self) -> Result<Option<Part<'_>>, ProtocolError> {
        let received = self.settled(|receiver, answers| receiver.take_part(answers))?;
        Ok(self.receiver.receiving.part(received))
    }

    /// Processes the input until a message is ready, and returns whether one is: the next call of
    /// [`receive`](Self::receive) or [`receive_ref`](Self::receive_ref) returns it. For loops that
    /// read more as long as no message is ready.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn process(&mut self) -> Result<bool, ProtocolError> {
        self.settled(|receiver, answers| receiver.process(answers))
    }

    /// Processes the input until a part of a message is ready, and returns whether one is: the next
    /// call of [`receive_part`](Self::receive_part) returns it.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn process_part(&mut self) -> Result<bool, ProtocolError> {
        self.settled(|receiver, answers| receiver.process_part(answers))
    }

    /// Receives with `receive`, and settles the answers that it adds.
    #[inline(always)]
    fn settled<T>(
        &mut self,
        receive: impl FnOnce(&mut MessageReceiver<R>, &mut Answers) -> T,
    ) -> T {
        let mut answers = Answers::new();
        let received = receive(&mut self.receiver, &mut answers);
        if !answers.is_empty() {
            self.sender.settle(&mut answers);
        }
        received
    }

    /// Records that the transport has ended: the peer will send nothing more.
    ///
    /// # Errors
    /// - [`UnexpectedEof`](ProtocolError::UnexpectedEof), which stands for code 1006: no Close has
    ///   arrived (RFC 6455, section 7.1.5).
    /// - The earlier error, if the connection had already failed.
    pub fn receive_eof(&mut self) -> Result<(), ProtocolError> {
        let ended = self.receiver.receive_eof();
        self.sender.receive_eof(ended);
        ended
    }

    /// Queues a message.
    ///
    /// Ping and Pong go ahead of the messages that wait, between frames; a Close goes behind all,
    /// and is taken however full the queue is.
    ///
    /// A large payload is queued without a copy: a server's as it is, a client's when nobody else
    /// holds it, so that it can be masked where it is.
    ///
    /// # Errors
    /// The message, and why it was not taken: [`QueueFull`](SendError::QueueFull),
    /// [`Closing`](SendError::Closing), [`MessageInProgress`](SendError::MessageInProgress),
    /// [`ControlPayloadTooLong`](SendError::ControlPayloadTooLong).
    #[inline]
    pub fn send(&mut self, message: Message) -> Result<(), Rejected> {
        self.sender.send(message)
    }

    /// Queues a message that is sent to other connections too.
    ///
    /// # Errors
    /// As of [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.sender.send_prepared(message)
    }

    /// Queues the next fragment of a message, the last one with `fin` (RFC 6455 5.4): for a
    /// message that is not all there yet, or is larger than memory. Fragments of text may be cut
    /// inside a character.
    ///
    /// # Errors
    /// The payload, and why it was not taken: as of [`send`](Self::send), with
    /// `MessageInProgress` when the message under way is of another kind, and
    /// [`InvalidUtf8`](SendError::InvalidUtf8).
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<(), Rejected<Bytes>> {
        self.sender.send_fragment(kind, fin, payload)
    }

    /// Begins the closing handshake (RFC 6455 7.1.2), behind all that is queued, and however much
    /// that is. Nothing more is sent after it; messages still come until the peer's Close.
    ///
    /// # Errors
    /// [`UnsendableCloseCode`](SendError::UnsendableCloseCode),
    /// [`CloseReasonTooLong`](SendError::CloseReasonTooLong), [`Closing`](SendError::Closing).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.sender.close(code, reason)
    }

    /// Returns the result of the opening handshake.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        self.sender.opened()
    }

    /// Returns the subprotocol that both sides agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.opened().subprotocol()
    }

    /// Returns the terms on which this connection uses permessage-deflate, or `None` if it does
    /// not use it.
    #[must_use]
    pub const fn deflate_terms(&self) -> Option<&Terms> {
        self.sender.deflate_terms()
    }

    /// Says whether the messages from the next one on are sent compressed, where permessage-deflate
    /// was negotiated; [`Auto`](Compression::Auto) until it is called. A fragmented message that is
    /// under way goes on as it began.
    pub fn set_compression(&mut self, choice: Compression) {
        self.sender.set_compression(choice);
    }

    /// Gives back the memory of compressor and decompressor, but for what a message under way
    /// needs, and for the window of a peer that may refer to earlier messages: 32 KiB at most. The
    /// next message that is sent is compressed without regard to those before it.
    ///
    /// Where no context is taken over, nothing is kept between two messages anyway.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
        self.sender.release_memory();
    }

    /// The bytes to write: at each write, as many as the transport takes.
    pub fn output(&mut self) -> &mut Outgoing {
        self.sender.output()
    }

    /// Whether [`send`](Self::send) takes a message now: the queue is under its high-water mark.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.sender.is_client()
    }

    /// Where the connection is in its closing handshake. What is queued counts as sent.
    #[must_use]
    pub fn state(&self) -> State {
        self.sender.state()
    }

    /// What to do with the transport, once [`output`](Self::output) has been written and flushed.
    #[must_use]
    pub fn transport_action(&self) -> TransportAction {
        self.sender.transport_action()
    }

    /// How many bytes of the data frame under way have not arrived: a hint for the size of the
    /// next read.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        self.receiver.frame_remaining()
    }

    /// When [`handle_deadline`](Self::handle_deadline) wants to be called, on the caller's clock:
    /// the time since any moment that stays the same, and not before the connection was made.
    /// `None` without a [`Keepalive`], while its Ping waits to be written, and once the connection
    /// is closing.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.sender.deadline()
    }

    /// Does what is due at `now`: queues a Ping, or fails the connection. What that came to is
    /// [`receive`](Self::receive)'s to say. Nothing happens before the deadline.
    pub fn handle_deadline(&mut self, now: Duration) {
        self.sender.handle_deadline(now);
        if let Some(error @ ProtocolError::KeepaliveTimeout { .. }) = self.sender.error() {
            self.receiver.fail(error);
        }
    }

    /// Takes note that bytes came at `now`. Only a [`Keepalive`] wants to know.
    #[inline]
    pub fn handle_received(&mut self, now: Duration) {
        self.sender.handle_received(now);
    }

    /// Takes note that all of [`output`](Self::output) had been written at `now`. Only a
    /// [`Keepalive`] wants to know.
    #[inline]
    pub fn handle_written(&mut self, now: Duration) {
        self.sender.handle_written(now);
    }

    /// Returns how the connection ended, or `None` while it is open or closing (RFC 6455, sections
    /// 7.1.4 to 7.1.6).
    #[must_use]
    pub fn close_info(&self) -> Option<CloseInfo<'_>> {
        self.sender.close_info()
    }

    /// Borrows the two directions at once. [`MessageReceiver`] tells what its caller owes to the other
    /// one.
    pub const fn halves(&mut self) -> (&mut MessageReceiver<R>, &mut MessageSender<R>) {
        (&mut self.receiver, &mut self.sender)
    }

    /// Splits the connection into its two directions, so that each can have its own task. Everything
    /// that is queued stays queued, and the [`Keepalive`] goes on in the sending half.
    #[must_use]
    pub fn into_split(self) -> (MessageReceiver<R>, MessageSender<R>) {
        let Self { mut receiver, mut sender } = self;
        let pair = Arc::new(());
        receiver.pair = Some(Arc::clone(&pair));
        sender.pair = Some(pair);
        (receiver, sender)
    }

    /// Puts the two halves of one connection together again.
    ///
    /// # Errors
    /// Returns the halves if they are not of one connection.
    pub fn reunite(
        mut receiver: MessageReceiver<R>,
        mut sender: MessageSender<R>,
    ) -> Result<Self, ReuniteError<MessageReceiver<R>, MessageSender<R>>> {
        let is_pair = match (&receiver.pair, &sender.pair) {
            (Some(receiver), Some(sender)) => Arc::ptr_eq(receiver, sender),
            _ => false,
        };
        if !is_pair {
            return Err(ReuniteError::new(receiver, sender));
        }
        receiver.pair = None;
        sender.pair = None;
        Ok(Self { receiver, sender })
    }

    /// Takes the bytes that have been received and not processed, for whoever reads the stream next.
    pub fn take_unprocessed(&mut self) -> BytesMut {
        self.receiver.receiving.buffer.take_unprocessed()
    }
}

/// Two halves that are not of one connection.
pub struct ReuniteError<R, W>(Box<(R, W)>);

impl<R, W> ReuniteError<R, W> {
    pub(crate) fn new(reader: R, writer: W) -> Self {
        Self(Box::new((reader, writer)))
    }

    /// Returns the halves, as they were.
    #[must_use]
    pub fn into_halves(self) -> (R, W) {
        *self.0
    }
}

impl<R, W> fmt::Debug for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<R, W> fmt::Display for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot reunite the halves: they are not of one connection")
    }
}

impl<R, W> Error for ReuniteError<R, W> {}
