//! Whole messages in and out, over [`bytes`].

mod compression;
mod config;
mod keepalive;
mod outgoing;
mod prepared;
mod receive;
mod send;
mod split;

use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::close::{CloseCode, CloseFrame};
#[cfg(feature = "std")]
use crate::connection::ControlPayload;
use crate::connection::{Connection, Role, State, TransportAction};
use crate::deflate::{Compression, Terms};
use crate::error::{ProtocolError, SendError};
use crate::frame::Kind;
use crate::message::Message;

pub use config::Config;
pub use keepalive::Keepalive;
pub use outgoing::Outgoing;
pub use prepared::Prepared;
pub use send::Rejected;
pub use split::{MessageReceiver, MessageSender};

use keepalive::{DeadlineAction, Watch};
use receive::Joining;
use send::Queue;

/// One endpoint of a WebSocket connection, in whole messages.
///
/// - [`receive`](Self::receive) takes messages out of the caller's read buffer, until it says
///   `None`; then the caller reads more, behind what it left there.
/// - [`send`](Self::send) queues messages, and Pongs and the answer to a Close queue themselves.
///   What is queued is [`output`](Self::output), to be written whenever it is not empty.
/// - [`transport_action`](Self::transport_action) says what to do with the transport once all of that is
///   written.
///
/// ```
/// use bytes::{Buf, BytesMut};
/// use websocket_proto::connection::{Client, Server};
/// use websocket_proto::{Message, WebSocket, websocket::Config};
///
/// let mut client = WebSocket::new(Client::new([7; 32]), Config::new());
/// let mut server = WebSocket::new(Server, Config::new());
///
/// client.send("Hello".into())?;
/// let output = client.output();
/// let mut wire = BytesMut::from(&output.copy_to_bytes(output.remaining())[..]);
/// assert_eq!(server.receive(&mut wire)?, Some(Message::text("Hello")));
/// assert_eq!(server.receive(&mut wire)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WebSocket<R> {
    connection: Connection<R>,
    joining: Joining,
    queue: Queue,
    watch: Option<Watch>,
}

impl<R: Role> WebSocket<R> {
    /// A connection whose opening handshake has just been completed.
    pub fn new(role: R, config: Config) -> Self {
        Self {
            joining: Joining::new(&config, role.is_client()),
            queue: Queue::new(&config, role.is_client()),
            watch: config.keepalive.map(Watch::new),
            connection: Connection::new(role, config.connection_config()),
        }
    }

    /// Takes the next message out of `input`; `None` when more bytes must be read into it first.
    ///
    /// A message in one frame is cut out of the buffer without a copy; the fragments of another
    /// are moved together in it. What `input` holds after `None` is the beginning of a message,
    /// unmasked already: leave it there and read on behind it. The buffer is grown for what is
    /// still to come of a frame, by no more than what has come of it.
    ///
    /// A Ping has been answered, and so has a Close, when they are returned. After a Close, `None`
    /// for ever: what comes behind it is dropped.
    ///
    /// # Errors
    /// What the peer did wrong, and the same error at every later call; the Close that reports it
    /// is queued. The messages before it have all been returned.
    #[inline]
    pub fn receive(&mut self, input: &mut BytesMut) -> Result<Option<Message>, ProtocolError> {
        let received = self.joining.receive(&mut self.connection, input);
        match &received {
            Ok(Some(Message::Ping(_))) => self.queue_pong(),
            Ok(Some(Message::Close(_))) | Err(_) => self.queue_close(),
            Ok(Some(Message::Text(_) | Message::Binary(_) | Message::Pong(_)) | None) => {}
        }
        received
    }

    /// Takes note that the transport has ended: the peer will send nothing more.
    ///
    /// # Errors
    /// [`UnexpectedEof`](ProtocolError::UnexpectedEof), which stands for code 1006, when no Close
    /// has come (RFC 6455 7.1.5); or the error that there was before.
    pub fn receive_eof(&mut self) -> Result<(), ProtocolError> {
        self.connection.receive_eof()
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
        if let Message::Close(frame) = &message {
            let closed = self.connection.close_with(frame.as_deref(), self.queue.outgoing.data());
            return closed.map_err(|error| Rejected { message, error });
        }
        self.queue.send(self.connection.sender(), message)
    }

    /// Queues a message that is sent to other connections too.
    ///
    /// # Errors
    /// As of [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.queue.send_prepared(self.connection.sender(), message)
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
        self.queue.send_fragment(self.connection.sender(), kind, fin, payload)
    }

    /// Begins the closing handshake (RFC 6455 7.1.2), behind all that is queued, and however much
    /// that is. Nothing more is sent after it; messages still come until the peer's Close.
    ///
    /// # Errors
    /// [`UnsendableCloseCode`](SendError::UnsendableCloseCode),
    /// [`CloseReasonTooLong`](SendError::CloseReasonTooLong), [`Closing`](SendError::Closing).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        let frame = CloseFrame::new(code, reason)?;
        self.connection.close_with(Some(&frame), self.queue.outgoing.data())
    }

    /// The terms on which this connection uses permessage-deflate; `None` when it does not.
    #[must_use]
    pub fn deflate_terms(&self) -> Option<&Terms> {
        self.queue.deflate_terms()
    }

    /// Says whether the messages from the next one on are sent compressed, where permessage-deflate
    /// was negotiated; [`Auto`](Compression::Auto) until it is called. A fragmented message that is
    /// under way goes on as it began.
    pub fn set_compression(&mut self, choice: Compression) {
        self.queue.set_compression(choice);
    }

    /// Gives back the memory of compressor and decompressor, but for what a message under way
    /// needs, and for the window of a peer that may refer to earlier messages: 32 KiB at most. The
    /// next message that is sent is compressed without regard to those before it.
    ///
    /// Where no context is taken over, nothing is kept between two messages anyway.
    pub fn release_memory(&mut self) {
        self.joining.release_memory();
        self.queue.release_memory(self.connection.sender());
    }

    /// The bytes to write: at each write, as many as the transport takes.
    pub fn output(&mut self) -> &mut Outgoing {
        self.queue_pong();
        &mut self.queue.outgoing
    }

    /// Whether [`send`](Self::send) takes a message now: the queue is under its high-water mark.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.queue.is_ready()
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.connection.is_client()
    }

    /// Where the connection is in its closing handshake. What is queued counts as sent.
    #[must_use]
    pub fn state(&self) -> State {
        self.connection.state()
    }

    /// What to do with the transport, once [`output`](Self::output) has been written and flushed.
    #[must_use]
    pub fn transport_action(&self) -> TransportAction {
        self.connection.transport_action()
    }

    /// How many bytes of the data frame under way have not arrived: a hint for the size of the
    /// next read.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        self.connection.frame_remaining()
    }

    /// When [`handle_deadline`](Self::handle_deadline) wants to be called, on the caller's clock:
    /// the time since any moment that stays the same, and not before the connection was made.
    /// `None` without a [`Keepalive`], while its Ping waits to be written, and once the connection
    /// is closing.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.watch.filter(|_| self.state() == State::Open)?.deadline()
    }

    /// Does what is due at `now`: queues a Ping, or fails the connection. What that came to is
    /// [`receive`](Self::receive)'s to say. Nothing happens before the deadline.
    pub fn handle_deadline(&mut self, now: Duration) {
        let Some(watch) = self.watch.as_mut().filter(|_| self.connection.state() == State::Open)
        else {
            return;
        };
        match watch.due(now) {
            DeadlineAction::Nothing => {}
            DeadlineAction::Ping => {
                // The connection is open, and the queue grows as it needs.
                let _ = self.connection.ping(b"", self.queue.outgoing.control());
            }
            DeadlineAction::Failure => {
                let timeout = watch.timeout();
                self.connection.fail_silent(ProtocolError::KeepaliveTimeout { timeout });
            }
        }
    }

    /// Takes note that bytes came at `now`. Only a [`Keepalive`] wants to know.
    #[inline]
    pub fn handle_received(&mut self, now: Duration) {
        if let Some(watch) = &mut self.watch {
            watch.received(now);
        }
    }

    /// Takes note that all of [`output`](Self::output) had been written at `now`. Only a
    /// [`Keepalive`] wants to know.
    #[inline]
    pub fn handle_written(&mut self, now: Duration) {
        if let Some(watch) = &mut self.watch {
            watch.written(now);
        }
    }

    /// The two directions, each to be owned by a task of its own, with what is queued.
    ///
    /// Nothing is answered by itself any more: [`MessageReceiver`] says what its owner must see
    /// to. A [`Keepalive`] ends here.
    #[must_use]
    pub fn into_split(mut self) -> (MessageReceiver<R>, MessageSender<R>) {
        self.queue_close();
        let answer_pings = self.connection.answers_pings();
        let (receiver, sender) = self.connection.into_split();
        (
            MessageReceiver::new(receiver, self.joining, answer_pings),
            MessageSender::new(sender, self.queue),
        )
    }

    /// The WebSocket again, from both of its halves. They must be of one and the same; what comes
    /// of halves that are not is no WebSocket.
    #[must_use]
    pub fn reunite(receiver: MessageReceiver<R>, sender: MessageSender<R>) -> Self {
        let (receiver, joining, answer_pings) = receiver.into_parts();
        let (sender, queue) = sender.into_parts();
        let connection = Connection::reunite(receiver, sender, answer_pings);
        Self { connection, joining, queue, watch: None }
    }

    /// Owes the Pong for which a half found the queue full.
    #[cfg(feature = "std")]
    pub(crate) fn owe_pong(&mut self, payload: Option<ControlPayload>) {
        self.connection.owe_pong(payload);
    }

    /// Moves the Pong that is due to the queue, ahead of the data that waits there, unless the
    /// peer reads so slowly that the queue is full. It waits then, and gives way to a newer one.
    fn queue_pong(&mut self) {
        if self.is_ready() {
            // The queue grows as it needs.
            let _ = self.connection.poll_transmit(self.queue.outgoing.control());
        }
    }

    /// Moves what is due to the end of the queue, however full that is.
    fn queue_close(&mut self) {
        let _ = self.connection.poll_transmit(self.queue.outgoing.data());
    }
}
