//! The message layer: whole messages over [`bytes`]
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.4 to 7).
//!
//! [`WebSocket`] is a whole connection. [`MessageReceiver`] and [`MessageSender`] are its two
//! directions, for a program that runs each direction in its own task.

mod answers;
mod compression;
mod config;
mod counters;
mod deadlines;
mod debug;
mod encoding;
mod incoming;
mod message_receiver;
mod message_ref;
mod message_sender;
mod outgoing;
mod prepared;
mod read_buffer;
mod read_size;
mod receive;
mod reunite_error;
mod send;
mod send_data;
mod sender_deadlines;
mod spare;
mod stats;
mod time;

use alloc::sync::Arc;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::close::CloseCode;
use crate::connection::{CloseInfo, Connection, Role, State, TransportAction};
use crate::deflate::{Compression, Terms};
use crate::error::{ProtocolError, SendError};
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::message::Message;

pub use answers::Answers;
pub use config::Config;
pub use deadlines::{Keepalive, Waiting};
pub use encoding::{Begun, Encoded, Encoding};
pub use incoming::Incoming;
pub use message_receiver::MessageReceiver;
pub use message_ref::{MessageRef, Part};
pub use message_sender::MessageSender;
pub use outgoing::Outgoing;
pub use prepared::Prepared;
pub use reunite_error::ReuniteError;
pub use send::Rejected;
pub use stats::{Stats, Traffic};

use deadlines::Deadlines;
use message_sender::PeerEnd;
use receive::Receiving;
use send::Queue;

/// One endpoint of a WebSocket connection that receives and sends whole messages.
///
/// - **Receive:** put the bytes from the transport into [`input`](Self::input), and call
///   [`receive`](Self::receive) until it returns `None`.
/// - **Send:** [`send`](Self::send) queues messages. Pongs and the answer to a Close are queued
///   without the help of the caller. While [`output`](Self::output) is not empty, write its bytes
///   to the transport.
/// - **End:** [`transport_action`](Self::transport_action) tells what to do with the transport
///   after all output has been written.
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
    /// Without the feature `deflate` a `WebSocket` cannot compress. Then the opening handshake must
    /// not agree on permessage-deflate.
    pub fn new(role: R, config: Config, opened: Opened) -> Self {
        let terms = compression::usable(opened.deflate_terms());
        let receiving = Receiving::new(&config, terms, role.is_client());
        let queue = Queue::new(&config, terms, role.is_client());
        let deadlines = Deadlines::new(&config);
        let connection = Connection::new(role, config.connection_config(terms.is_some()));
        // A new connection owes nothing.
        let (receiver, sender, _) = connection.into_split();
        Self {
            receiver: MessageReceiver { receiver, receiving, opened: opened.clone(), pair: None },
            sender: MessageSender {
                sender,
                queue,
                waiting: None,
                peer: PeerEnd::Open,
                eof: false,
                cut: false,
                repeat_close_reason: config.repeat_close_reason,
                deadlines,
                opened,
                pair: None,
            },
        }
    }

    /// Returns the read buffer. Put the bytes from the transport into it.
    pub const fn input(&mut self) -> Incoming<'_> {
        self.receiver.input()
    }

    /// Returns the next message, or `None` when more bytes must be put into
    /// [`input`](Self::input) first.
    ///
    /// A message in one frame is split off the read buffer without a copy. The fragments of other
    /// messages are joined in the buffer.
    ///
    /// A Ping is returned after its Pong was queued, and a Close after its answer was queued. After
    /// a Close this method always returns `None`, and drops the bytes after the Close. If
    /// [`receive_part`](Self::receive_part) has returned the first parts of a message, this method
    /// drops the rest of that message.
    ///
    /// # Errors
    /// Returns the fault of the peer. Every later call returns the same error, and the Close that
    /// reports it is queued. All messages before the fault have been returned by then.
    // The message stays in registers if this code is inlined into the caller.
    #[inline(always)]
    pub fn receive(&mut self) -> Result<Option<Message>, ProtocolError> {
        match self.receiver.take_whole() {
            Some(found) => Ok(Some(self.receiver.receiving.whole_message(found))),
            None => self.receive_other(),
        }
    }

    #[inline(never)]
    fn receive_other(&mut self) -> Result<Option<Message>, ProtocolError> {
        let received = self.settled(|receiver, answers| receiver.take_message(answers))?;
        Ok(self.receiver.receiving.message(received))
    }

    /// Returns the next message as [`receive`](Self::receive) does. The message borrows the read
    /// buffer until the next call.
    ///
    /// A message in one frame costs no allocation and no atomic operation.
    ///
    /// # Errors
    /// Returns the same errors as [`receive`](Self::receive).
    // The message stays in registers if this code is inlined into the caller.
    #[inline(always)]
    pub fn receive_ref(&mut self) -> Result<Option<MessageRef<'_>>, ProtocolError> {
        match self.receiver.take_whole() {
            Some(found) => Ok(Some(self.receiver.receiving.whole_message_ref(found))),
            None => self.receive_other_ref(),
        }
    }

    #[inline(never)]
    fn receive_other_ref(&mut self) -> Result<Option<MessageRef<'_>>, ProtocolError> {
        let received = self.settled(|receiver, answers| receiver.take_message(answers))?;
        Ok(self.receiver.receiving.message_ref(received))
    }

    /// Returns the next part of a message as it arrives, or a control frame. The part borrows the
    /// read buffer until the next call. Use this method for messages that are larger than memory.
    ///
    /// Text is validated and compressed messages are decompressed before they are returned. The
    /// limits of the configuration apply to the message as a whole.
    ///
    /// # Errors
    /// Returns the same errors as [`receive`](Self::receive). All parts before the fault have been
    /// returned by then.
    pub fn receive_part(&mut self) -> Result<Option<Part<'_>>, ProtocolError> {
        let received = self.settled(|receiver, answers| receiver.take_part(answers))?;
        Ok(self.receiver.receiving.part(received))
    }

    /// Processes the input until a message is ready, and returns whether one is ready. The next
    /// call of [`receive`](Self::receive) or [`receive_ref`](Self::receive_ref) returns it.
    ///
    /// A loop that reads until a message is ready can call this method, because the result borrows
    /// nothing.
    ///
    /// # Errors
    /// Returns the same errors as [`receive`](Self::receive).
    pub fn process(&mut self) -> Result<bool, ProtocolError> {
        self.settled(|receiver, answers| receiver.process(answers))
    }

    /// Processes the input until a part of a message is ready, and returns whether one is ready.
    /// The next call of [`receive_part`](Self::receive_part) returns it.
    ///
    /// # Errors
    /// Returns the same errors as [`receive`](Self::receive).
    pub fn process_part(&mut self) -> Result<bool, ProtocolError> {
        self.settled(|receiver, answers| receiver.process_part(answers))
    }

    /// Calls `receive`, and then queues the answers that it added.
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
    /// A Ping or Pong is sent before the messages that wait, but never inside a frame. A Close is
    /// sent after everything that is queued, and is accepted even if the queue is full.
    ///
    /// A server queues a payload of 16 KiB or more without a copy. A client masks a payload of 32 KiB
    /// or more in place if nothing else shares it, and copies it otherwise. A message that exceeds
    /// the [fragment size](Config::fragment_size) is queued in fragments.
    ///
    /// # Errors
    /// Returns the message, and the reason why it was not queued:
    /// - [`QueueFull`](SendError::QueueFull): the queue has reached its high-water mark.
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`MessageInProgress`](SendError::MessageInProgress): a fragmented message is in progress.
    /// - [`ControlPayloadTooLong`](SendError::ControlPayloadTooLong): the payload of a Ping or Pong
    ///   exceeds 125 bytes.
    #[inline]
    pub fn send(&mut self, message: Message) -> Result<(), Rejected> {
        self.sender.send(message)
    }

    /// Queues a message that is sent to other connections too.
    ///
    /// # Errors
    /// Returns the same reasons as [`send`](Self::send), without the message.
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.sender.send_prepared(message)
    }

    /// Queues the next fragment of a message (RFC 6455, section 5.4). Use this method for a message
    /// that is not complete yet, or is larger than memory.
    ///
    /// `fin` marks the last fragment. A fragment of text may end inside a character.
    ///
    /// # Errors
    /// Returns the payload, and the reason why it was not queued:
    /// - [`QueueFull`](SendError::QueueFull): the queue has reached its high-water mark.
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`MessageInProgress`](SendError::MessageInProgress): the message in progress is of another
    ///   kind.
    /// - [`InvalidUtf8`](SendError::InvalidUtf8): the text is not UTF-8.
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<(), Rejected<Bytes>> {
        self.sender.send_fragment(kind, fin, payload)
    }

    /// Begins the closing handshake (RFC 6455, section 7.1.2).
    ///
    /// The Close is sent after everything that is queued, and is accepted even if the queue is
    /// full. Nothing can be sent after the Close. Messages may still arrive until the Close of the
    /// peer.
    ///
    /// # Errors
    /// - [`UnsendableCloseCode`](SendError::UnsendableCloseCode): a Close may not carry `code`.
    /// - [`CloseReasonTooLong`](SendError::CloseReasonTooLong): `reason` exceeds 123 bytes.
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
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

    /// Decides whether the next messages are sent compressed. Without permessage-deflate it has no
    /// effect.
    ///
    /// The default is [`Auto`](Compression::Auto). The choice applies from the next message on: a
    /// fragmented message that is in progress continues as it began.
    pub fn set_compression(&mut self, choice: Compression) {
        self.sender.set_compression(choice);
    }

    /// Frees the memory of the compressor and the decompressor, and an empty read buffer.
    ///
    /// The state of a message in progress is kept. With context takeover the last window of
    /// received data is kept too, which is at most 32 KiB. The next message that is sent is
    /// compressed without reference to earlier messages.
    ///
    /// Without context takeover nothing is kept between two messages, even without this call.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
        self.sender.release_memory();
    }

    /// Returns the bytes to write. Write as many of them as the transport accepts, and advance the
    /// queue by that number.
    pub fn output(&mut self) -> &mut Outgoing {
        self.sender.output()
    }

    /// Returns whether [`send`](Self::send) accepts a message now: the bytes that the application
    /// has queued are below the high-water mark, or there are none.
    ///
    /// If it returns `true`, there is room for the next message. The frames that the connection
    /// sends by itself do not take this room.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.sender.is_client()
    }

    /// Returns the state of the connection in the closing handshake. Frames in the queue count as
    /// sent.
    #[must_use]
    pub fn state(&self) -> State {
        self.sender.state()
    }

    /// Returns what to do with the transport after all of [`output`](Self::output) has been written
    /// and flushed.
    #[must_use]
    pub fn transport_action(&self) -> TransportAction {
        self.sender.transport_action()
    }

    /// Returns how many bytes of the current data frame have not arrived: a hint for the size of
    /// the next read.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        self.receiver.frame_remaining()
    }

    /// Returns the time at which to call [`handle_deadline`](Self::handle_deadline), or `None` if
    /// there is no deadline. Call it before each wait for the transport.
    ///
    /// All times are durations since a fixed moment that the caller chooses. The moment must not be
    /// before the creation of the connection. A duration of 584 years or more counts as endless.
    ///
    /// An open connection has deadlines only with a [`Keepalive`], a
    /// [`write_timeout`](Config::write_timeout) or a
    /// [`message_timeout`](Config::message_timeout). The [`close_timeout`](Config::close_timeout)
    /// begins at the first call after a Close was queued or has arrived, or after an error.
    pub fn deadline(&mut self, now: Duration) -> Option<Duration> {
        self.note_arrivals();
        let waiting = self.waiting();
        self.sender.deadline(now, waiting)
    }

    /// Does what is due at `now`: queues a Ping, fails the connection, or ends a closing handshake
    /// that has taken too long. Before the deadline this method does nothing.
    ///
    /// If the connection fails, the next call to [`receive`](Self::receive) returns the error.
    /// Whenever the connection ends here, the queue is dropped, and
    /// [`transport_action`](Self::transport_action) returns [`Drop`](TransportAction::Drop).
    pub fn handle_deadline(&mut self, now: Duration) {
        self.note_arrivals();
        let waiting = self.waiting();
        self.sender.handle_deadline(now, waiting);
        if let Some(error) = self.sender.error() {
            self.receiver.fail(error);
        }
    }

    /// A whole connection always reads, and all bytes to flush are in its queue.
    const fn waiting(&self) -> Waiting {
        let message = self.receiver.message_in_progress();
        Waiting { to_receive: true, to_flush: false, message }
    }

    fn note_arrivals(&mut self) {
        if self.receiver.receiving.buffer.take_arrived() {
            self.sender.handle_received();
        }
    }

    /// Returns how the connection ended, or `None` while it is open or closing (RFC 6455, sections
    /// 7.1.4 to 7.1.6).
    #[must_use]
    pub fn close_info(&self) -> Option<CloseInfo<'_>> {
        self.sender.close_info()
    }

    /// Returns what the connection has received and sent so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            received: self.receiver.received(),
            sent: self.sender.sent(),
            round_trip: self.sender.round_trip(),
        }
    }

    /// Borrows both directions at once. Pass the answers of the [`MessageReceiver`] to
    /// [`MessageSender::settle`].
    pub const fn halves(&mut self) -> (&mut MessageReceiver<R>, &mut MessageSender<R>) {
        (&mut self.receiver, &mut self.sender)
    }

    /// Splits the connection into its two directions, so that each can have its own task. Queued
    /// frames stay queued, and the [`Keepalive`] continues in the sending half.
    #[must_use]
    pub fn into_split(self) -> (MessageReceiver<R>, MessageSender<R>) {
        let Self { mut receiver, mut sender } = self;
        let pair = Arc::new(());
        receiver.pair = Some(Arc::clone(&pair));
        sender.pair = Some(pair);
        (receiver, sender)
    }

    /// Joins the two halves of one connection.
    ///
    /// # Errors
    /// Returns both halves if they belong to different connections.
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

    /// Removes and returns the bytes that were received but not processed, for the code that reads
    /// the stream next. A message in progress stays as it is.
    pub fn take_unprocessed(&mut self) -> BytesMut {
        self.receiver.receiving.take_unprocessed()
    }
}
