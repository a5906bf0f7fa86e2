//! A WebSocket connection after its opening handshake: all of RFC 6455 5 to 8 over the caller's
//! slices, without an allocation.
//!
//! [`Connection`] is the whole of it. [`Receiver`] and [`Sender`] are its two directions, for
//! those who want one in each of two tasks.

mod config;
mod event;
mod header_bytes;
mod header_rules;
mod input;
mod output;
mod owed;
mod receive;
mod role;
mod send;
mod state;

use crate::close::{CloseCode, CloseFrame};
use crate::error::{OutputFull, ProtocolError, SendError};
use crate::frame::Kind;

pub use config::ConnectionConfig;
pub use event::{ControlPayload, Data, Event};
pub use header_bytes::HeaderBytes;
pub use input::Input;
pub use output::{Output, SliceOutput};
pub(crate) use owed::OwedClose;
pub use receive::Receiver;
pub use role::{Client, Role, Server};
pub use send::Sender;
pub use state::{State, TransportAction};

use output::Counted;

/// One endpoint of a WebSocket connection.
///
/// Its methods are of four kinds:
/// - **receive**: [`receive`](Self::receive), until it says `None`, and
///   [`receive_eof`](Self::receive_eof) when the transport has ended;
/// - **send**: [`send_text`](Self::send_text), [`send_binary`](Self::send_binary),
///   [`send_fragment`](Self::send_fragment), [`send_in_place`](Self::send_in_place),
///   [`ping`](Self::ping), [`close`](Self::close);
/// - **transmit**: [`poll_transmit`](Self::poll_transmit), after each `receive`: it writes what
///   the connection answers by itself, which waits in a slot for a Pong and one for a Close;
/// - **look**: [`state`](Self::state), and [`transport_action`](Self::transport_action), which says what to do
///   with the transport once all that was written has been flushed.
///
/// ```
/// use websocket_proto::connection::{Connection, ConnectionConfig, Event, Input, Server, SliceOutput};
///
/// let mut connection = Connection::new(Server, ConnectionConfig::new());
/// // A masked "Hello" (RFC 6455 5.7), as it came from the transport.
/// let mut buffer = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
/// let mut reply = [0; 256];
/// let mut out = SliceOutput::new(&mut reply);
///
/// let mut input = Input::new(&mut buffer);
/// while let Some(event) = connection.receive(&mut input)? {
///     if let Event::Data(data) = event {
///         connection.send_fragment(data.kind, data.last, data.bytes, &mut out)?;
///     }
///     connection.poll_transmit(&mut out)?;
/// }
/// assert_eq!(out.written(), b"\x81\x05Hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Connection<R> {
    receiver: Receiver<R>,
    sender: Sender<R>,
    answer_pings: bool,
    /// The answer to the newest Ping that has none yet.
    pong: Option<ControlPayload>,
    /// The Close that is due.
    close: Option<OwedClose>,
    /// Whether the transport's end has come.
    eof: bool,
}

impl<R: Role> Connection<R> {
    /// A connection whose opening handshake has just been completed.
    pub fn new(role: R, config: ConnectionConfig) -> Self {
        Self {
            receiver: Receiver::new(&config),
            sender: Sender::new(role),
            answer_pings: config.answer_pings,
            pong: None,
            close: None,
            eof: false,
        }
    }

    /// Takes the next event out of `input`; `None` when the input is used up.
    ///
    /// Payload is unmasked in place and lent out of the buffer. A Ping queues a Pong, a Close its
    /// answer, and an error its Close, all for [`poll_transmit`](Self::poll_transmit). A Pong that
    /// is still queued when the next Ping comes gives way to the newer one (RFC 6455 5.5.3).
    ///
    /// After a Close, `None` for ever: what comes behind it is dropped.
    ///
    /// # Errors
    /// What the peer did wrong, and the same error at every later call. The events before it have
    /// all been returned.
    #[inline]
    pub fn receive<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        let received = self.receiver.receive(input);
        if !matches!(received, Ok(Some(Event::Data(_)) | None)) {
            self.answer(&received);
        }
        received
    }

    /// Takes note that the transport has ended: the peer will send nothing more.
    ///
    /// # Errors
    /// [`UnexpectedEof`](ProtocolError::UnexpectedEof), which stands for code 1006, when no Close
    /// has come (RFC 6455 7.1.5); or the error that there was before.
    pub fn receive_eof(&mut self) -> Result<(), ProtocolError> {
        self.eof = true;
        let ended = self.receiver.receive_eof();
        if ended == Err(ProtocolError::UnexpectedEof) {
            self.sender.stop();
        }
        ended
    }

    /// Sends a whole text message in one frame.
    ///
    /// # Errors
    /// [`Closing`](SendError::Closing), [`MessageInProgress`](SendError::MessageInProgress),
    /// [`OutputFull`](SendError::OutputFull).
    #[inline]
    pub fn send_text(&mut self, text: &str, out: &mut impl Output) -> Result<(), SendError> {
        self.sender.send_text(text, out)
    }

    /// Sends a whole binary message in one frame.
    ///
    /// # Errors
    /// As of [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary(&mut self, bytes: &[u8], out: &mut impl Output) -> Result<(), SendError> {
        self.sender.send_binary(bytes, out)
    }

    /// Sends the next fragment of a message, the last one with `fin` (RFC 6455 5.4). Fragments of
    /// text may be cut inside a character.
    ///
    /// # Errors
    /// As of [`send_text`](Self::send_text); `MessageInProgress` when the message under way is of
    /// another kind; [`InvalidUtf8`](SendError::InvalidUtf8).
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
        out: &mut impl Output,
    ) -> Result<(), SendError> {
        self.sender.send_fragment(kind, fin, payload, out)
    }

    /// Sends the next fragment of a compressed message, the last one with `fin`. RSV1 is set on
    /// the first one (RFC 7692 6): an extension that uses it must have been negotiated. `payload`
    /// is what the extension has made of the fragment; whether it stands for UTF-8 is not checked.
    ///
    /// # Errors
    /// As of [`send_text`](Self::send_text); `MessageInProgress` when the message under way is of
    /// another kind, or is not compressed.
    pub fn send_compressed(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
        out: &mut impl Output,
    ) -> Result<(), SendError> {
        self.sender.send_compressed(kind, fin, payload, out)
    }

    /// Makes `payload` the payload of the next fragment, as [`send_fragment`](Self::send_fragment)
    /// does but in place: what must go out is the returned header and then `payload`, which a
    /// client's call has masked. A whole message is a first fragment with `fin`.
    ///
    /// # Errors
    /// As of [`send_fragment`](Self::send_fragment), but for `OutputFull`.
    pub fn send_in_place(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &mut [u8],
    ) -> Result<HeaderBytes, SendError> {
        self.sender.send_in_place(kind, fin, payload)
    }

    /// Sends a Ping with up to 125 bytes (RFC 6455 5.5.2).
    ///
    /// # Errors
    /// [`ControlPayloadTooLong`](SendError::ControlPayloadTooLong),
    /// [`Closing`](SendError::Closing), [`OutputFull`](SendError::OutputFull).
    pub fn ping(&mut self, payload: &[u8], out: &mut impl Output) -> Result<(), SendError> {
        self.sender.ping(payload, out)
    }

    /// Sends a Pong that answers no Ping (RFC 6455 5.5.3), or answers one when the configuration
    /// leaves that to the caller.
    ///
    /// # Errors
    /// As of [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8], out: &mut impl Output) -> Result<(), SendError> {
        self.sender.pong(payload, out)
    }

    /// Begins the closing handshake (RFC 6455 7.1.2), behind the Pong that may still be queued.
    /// Nothing more is sent after it; messages still come until the peer's Close.
    ///
    /// # Errors
    /// [`UnsendableCloseCode`](SendError::UnsendableCloseCode),
    /// [`CloseReasonTooLong`](SendError::CloseReasonTooLong), [`Closing`](SendError::Closing),
    /// [`OutputFull`](SendError::OutputFull).
    pub fn close(
        &mut self,
        code: CloseCode,
        reason: &str,
        out: &mut impl Output,
    ) -> Result<(), SendError> {
        let frame = CloseFrame::new(code, reason)?;
        self.close_with(Some(&frame), out)
    }

    /// As [`close`](Self::close), with a frame that was made before, or without a code.
    ///
    /// # Errors
    /// [`Closing`](SendError::Closing), [`OutputFull`](SendError::OutputFull).
    pub fn close_with(
        &mut self,
        frame: Option<&CloseFrame>,
        out: &mut impl Output,
    ) -> Result<(), SendError> {
        // Both or neither: an error says that nothing was written.
        let pong_len = self.pong.as_ref().map_or(0, |pong| self.sender.frame_len(pong.len()));
        self.sender.admit_close(frame, pong_len, out)?;
        self.transmit_pong(out)?;
        self.sender.close(frame, out)
    }

    /// Writes what is queued, a Pong and then a Close, and says how many bytes that was. 0: there
    /// was nothing.
    ///
    /// # Errors
    /// [`OutputFull`] when not even the first of them fits; it stays queued.
    #[inline]
    pub fn poll_transmit(&mut self, out: &mut impl Output) -> Result<usize, OutputFull> {
        if self.pong.is_none() && self.close.is_none() { Ok(0) } else { self.transmit(out) }
    }

    /// Where the connection is in its closing handshake.
    #[must_use]
    pub fn state(&self) -> State {
        let failed = self.receiver.error().is_some();
        match (self.sender.is_closed(), self.receiver.is_closed()) {
            _ if failed => State::Closed,
            (false, false) => State::Open,
            (true, false) => State::LocalClosing,
            (false, true) => State::RemoteClosing,
            (true, true) => State::Closed,
        }
    }

    /// What to do with the transport, once all that has been written so far has been flushed.
    #[must_use]
    pub fn transport_action(&self) -> TransportAction {
        if self.close.is_some() || self.state() != State::Closed {
            // A Close is due, or messages may still come.
            TransportAction::Keep
        } else if self.eof {
            TransportAction::Drop
        } else if !R::MASKS || self.receiver.error().is_some() {
            // RFC 6455 7.1.1: the server closes first. 7.1.7: who fails a connection closes it.
            TransportAction::ShutdownWrite
        } else {
            // RFC 6455 7.1.1: the client waits for the server to close.
            TransportAction::Keep
        }
    }

    /// How many bytes of the data frame under way have not arrived: a hint for the size of the
    /// next read. The peer has declared them and may never send them, so it is no reason to
    /// reserve memory.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        self.receiver.frame_remaining()
    }

    /// The two directions, each to be owned by a task of its own. What was queued and has not been
    /// [transmitted](Self::poll_transmit) is dropped.
    ///
    /// Nothing is answered by itself any more: [`Receiver`] says what its owner must see to.
    #[must_use]
    pub fn into_split(self) -> (Receiver<R>, Sender<R>) {
        (self.receiver, self.sender)
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn sender(&mut self) -> &mut Sender<R> {
        &mut self.sender
    }

    /// Fails the connection because of an error that the message layer found.
    #[cfg(feature = "alloc")]
    pub(crate) fn fail(&mut self, error: ProtocolError) {
        self.receiver.fail(error);
        self.answer(&Err(error));
    }

    /// Fails the connection for what did not come, which nobody is there to be told.
    #[cfg(feature = "alloc")]
    pub(crate) fn fail_silent(&mut self, error: ProtocolError) {
        self.receiver.fail(error);
        self.sender.stop();
        self.eof = true;
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn reunite(
        receiver: Receiver<R>,
        sender: Sender<R>,
        answer_pings: bool,
    ) -> Self {
        Self { receiver, sender, answer_pings, pong: None, close: None, eof: false }
    }

    /// Queues the answer to a Ping that somebody else has received.
    #[cfg(feature = "std")]
    pub(crate) fn owe_pong(&mut self, payload: Option<ControlPayload>) {
        self.pong = payload;
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn answers_pings(&self) -> bool {
        self.answer_pings
    }

    /// Queues the answer to what is no data.
    #[cold]
    fn answer(&mut self, received: &Result<Option<Event<'_>>, ProtocolError>) {
        match received {
            Ok(Some(Event::Ping(payload))) => {
                // RFC 6455 5.5.1: nothing is sent after a Close, not even a Pong.
                if self.answer_pings && !self.sender.is_closed() {
                    self.pong = Some(payload.clone());
                }
            }
            Ok(Some(Event::Close(frame))) => {
                self.sender.stop();
                if !self.sender.is_closed() {
                    self.close = Some(OwedClose::Reply(frame.as_ref().map(CloseFrame::code)));
                }
            }
            Err(error) => {
                self.sender.stop();
                if !self.sender.is_closed() && self.close.is_none() && !self.eof {
                    self.close = Some(OwedClose::Fault(*error));
                }
            }
            Ok(Some(Event::Data(_) | Event::Pong(_)) | None) => {}
        }
    }

    #[cold]
    fn transmit(&mut self, out: &mut impl Output) -> Result<usize, OutputFull> {
        let mut out = Counted::new(out);
        self.transmit_pong(&mut out)?;
        let closed = match self.close {
            Some(OwedClose::Reply(code)) => self.sender.reply_to_close(code, &mut out),
            Some(OwedClose::Fault(error)) => self.sender.fail(&error, &mut out),
            None => return Ok(out.written),
        };
        match closed {
            Ok(()) => self.close = None,
            // The Pong has been written, and that must be told; the Close is for the next call.
            Err(_) if out.written > 0 => {}
            Err(full) => return Err(full),
        }
        Ok(out.written)
    }

    fn transmit_pong(&mut self, out: &mut impl Output) -> Result<(), OutputFull> {
        let Some(payload) = &self.pong else {
            return Ok(());
        };
        self.sender.answer_ping(payload, out)?;
        self.pong = None;
        Ok(())
    }
}
