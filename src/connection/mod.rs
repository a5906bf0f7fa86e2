//! A WebSocket connection after its opening handshake.
//!
//! This module implements [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5 to 8, on
//! the caller's slices. It allocates no memory.
//!
//! [`Connection`] is a whole connection. [`Receiver`] and [`Sender`] are its two directions, for a
//! program that runs each direction in its own task.

mod closing;
mod config;
mod event;
mod frame_start;
mod header_rules;
mod input;
mod output;
mod owed;
mod receive;
mod role;
mod send;
mod send_control;

use crate::close::{CloseCode, CloseFrame};
use crate::error::{OutputFull, ProtocolError, SendError};
use crate::frame::{HeaderBytes, Kind, Rsv};

pub use closing::{CloseInfo, Endpoint, State, TransportAction, transport_action};
pub use config::{ConnectionConfig, Oversized};
pub use event::{ControlPayload, Data, Event};
pub use frame_start::FrameStart;
pub use input::Input;
pub use output::{Output, SliceOutput};
pub use owed::{Owed, OwedClose, OwedFrames};
pub use receive::{Receiver, WholeMessage};
pub use role::{AnyRole, Client, Role, Server};
pub use send::Sender;

/// One endpoint of a WebSocket connection.
///
/// Its methods are of four kinds:
/// - **receive**: call [`receive`](Self::receive) until it returns `None`, and
///   [`receive_eof`](Self::receive_eof) when the transport has ended.
/// - **send**: call [`send_text`](Self::send_text), [`send_binary`](Self::send_binary),
///   [`send_fragment`](Self::send_fragment), [`send_in_place`](Self::send_in_place),
///   [`begin`](Self::begin), [`ping`](Self::ping) or [`close`](Self::close). [`Sender`] has more.
/// - **transmit**: call [`poll_transmit`](Self::poll_transmit) after each `receive`. It writes the
///   answers of the connection, which has one slot for a Pong and one for a Close.
/// - **look**: [`state`](Self::state) returns the state of the closing handshake, and
///   [`transport_action`](Self::transport_action) returns what to do with the transport after all
///   output so far has been flushed.
///
/// ```
/// use websocket_proto::connection::{Connection, ConnectionConfig, Event, Input, Server, SliceOutput};
///
/// let mut connection = Connection::new(Server, ConnectionConfig::new());
/// // A masked "Hello" (RFC 6455, section 5.7), as the transport received it.
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
    owed: OwedFrames,
    /// Whether the transport has ended.
    eof: bool,
}

impl<R: Role> Connection<R> {
    /// Creates a connection whose opening handshake has just been completed.
    pub fn new(role: R, config: ConnectionConfig) -> Self {
        Self {
            receiver: Receiver::new(&role, &config),
            sender: Sender::new(role, &config),
            owed: OwedFrames::new(),
            eof: false,
        }
    }

    /// Returns the next event from `input`, or `None` when the input is used up.
    ///
    /// The payload of a message is unmasked in place, and the event borrows it from the buffer. A
    /// Ping queues a Pong, a Close queues its answer, and an error queues the Close that reports
    /// it. [`poll_transmit`](Self::poll_transmit) writes them. A newer Pong replaces a Pong that is
    /// still queued (RFC 6455, section 5.5.3).
    ///
    /// After a Close this method always returns `None`, and drops the bytes after the Close.
    ///
    /// # Errors
    /// Returns the fault of the peer. Every later call returns the same error. All events before
    /// the fault have been returned by then.
    // The event stays in registers if this code is inlined into the caller.
    #[inline(always)]
    pub fn receive<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        match self.receiver.receive_whole(input.remaining_mut()) {
            Some(whole) => Ok(Some(Receiver::<R>::whole_message_event(whole, input))),
            None => self.receive_other(input),
        }
    }

    #[inline(never)]
    fn receive_other<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        let received = self.receiver.receive_other(input, &mut self.owed);
        if !matches!(received, Ok(Some(Event::Data(_)) | None)) {
            self.sender.prepare(&mut self.owed);
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
        self.eof = true;
        let ended = self.receiver.receive_eof();
        match ended {
            Err(ProtocolError::UnexpectedEof) => self.sender.stop(),
            // The error may be one that the next call of `receive` would have reported.
            Err(error) => {
                self.fail(error);
            }
            Ok(()) => {}
        }
        ended
    }

    /// Sends a whole text message in one frame.
    ///
    /// # Errors
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`MessageInProgress`](SendError::MessageInProgress): a fragmented message is in progress.
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frame.
    #[inline]
    pub fn send_text(
        &mut self,
        text: &str,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.sender.send_text(text, out)
    }

    /// Sends a whole binary message in one frame.
    ///
    /// # Errors
    /// Returns the same errors as [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary(
        &mut self,
        bytes: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.sender.send_binary(bytes, out)
    }

    /// Sends the next fragment of a message (RFC 6455, section 5.4).
    ///
    /// `fin` marks the last fragment. A fragment of text may end inside a character.
    ///
    /// # Errors
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`MessageInProgress`](SendError::MessageInProgress): the message in progress is of another
    ///   kind, has reserved bits, or is a text from [`begin_fragment`](Self::begin_fragment).
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frame.
    /// - [`InvalidUtf8`](SendError::InvalidUtf8): the text is not UTF-8.
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.sender.send_fragment(kind, fin, payload, out)
    }

    /// Sends the next fragment of a message with reserved bits, as
    /// [`Sender::send_extended`] does.
    ///
    /// # Errors
    /// Returns the errors of [`Sender::send_extended`].
    pub fn send_extended(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
        rsv: Rsv,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.sender.send_extended(kind, fin, payload, rsv, out)
    }

    /// Begins a whole message in one frame, whose payload the caller sends, as [`Sender::begin`]
    /// does.
    ///
    /// # Errors
    /// Returns the errors of [`Sender::begin`].
    #[inline]
    pub fn begin(
        &mut self,
        kind: Kind,
        payload_len: u64,
        rsv: Rsv,
    ) -> Result<FrameStart, SendError> {
        self.sender.begin(kind, payload_len, rsv)
    }

    /// Begins the next fragment of a message, whose payload the caller sends, as
    /// [`Sender::begin_fragment`] does.
    ///
    /// # Errors
    /// Returns the errors of [`Sender::begin_fragment`].
    pub fn begin_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload_len: u64,
        rsv: Rsv,
    ) -> Result<FrameStart, SendError> {
        self.sender.begin_fragment(kind, fin, payload_len, rsv)
    }

    /// Prepares `payload` in place as the next fragment of a message, and returns its header.
    ///
    /// The caller must send the returned header and then `payload`. For a client, this call masks
    /// `payload`. `kind` and `fin` are those of [`send_fragment`](Self::send_fragment). A whole
    /// message is a first fragment with `fin`.
    ///
    /// # Errors
    /// Returns the same errors as [`send_fragment`](Self::send_fragment), except `OutputFull`.
    pub fn send_in_place(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &mut [u8],
    ) -> Result<HeaderBytes, SendError> {
        self.sender.send_in_place(kind, fin, payload)
    }

    /// Sends a Ping with up to 125 bytes (RFC 6455, section 5.5.2).
    ///
    /// # Errors
    /// - [`ControlPayloadTooLong`](SendError::ControlPayloadTooLong): `payload` exceeds 125 bytes.
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frame.
    pub fn ping(
        &mut self,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.sender.ping(payload, out)
    }

    /// Sends an unsolicited Pong with up to 125 bytes (RFC 6455, section 5.5.3).
    ///
    /// If [`answer_pings`](ConnectionConfig::answer_pings) is off, the caller can answer a Ping
    /// with this method.
    ///
    /// # Errors
    /// Returns the same errors as [`ping`](Self::ping).
    pub fn pong(
        &mut self,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.sender.pong(payload, out)
    }

    /// Begins the closing handshake (RFC 6455, section 7.1.2).
    ///
    /// A queued Pong is written before the Close. Nothing can be sent after the Close. Messages may
    /// still arrive until the Close of the peer.
    ///
    /// # Errors
    /// - [`UnsendableCloseCode`](SendError::UnsendableCloseCode): a Close may not carry `code`.
    /// - [`CloseReasonTooLong`](SendError::CloseReasonTooLong): `reason` exceeds 123 bytes.
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frames.
    pub fn close(
        &mut self,
        code: CloseCode,
        reason: &str,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        let frame = CloseFrame::new(code, reason)?;
        self.close_with(Some(&frame), out)
    }

    /// Begins the closing handshake as [`close`](Self::close) does, with a given frame. If
    /// [`answer_close`](ConnectionConfig::answer_close) is off, this method also answers the Close
    /// of the peer.
    ///
    /// `None` sends a Close without a code.
    ///
    /// # Errors
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frames.
    pub fn close_with(
        &mut self,
        frame: Option<&CloseFrame>,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        // Writes both frames or neither, because an error means that nothing was written.
        let pong_len = self.owed.pong.as_ref().map_or(0, |pong| self.sender.frame_len(pong.len()));
        self.sender.admit_close(frame, pong_len, out)?;
        self.sender.settle_pong(&mut self.owed, out)?;
        if self.receiver.is_closed() {
            self.sender.close_in_reply(frame, out)
        } else {
            self.sender.close(frame, out)
        }
    }

    /// Fails the connection because of an error that a layer above found, such as text that is not
    /// UTF-8 after an extension has decoded it (RFC 6455, section 7.1.7). Returns the error that
    /// [`receive`](Self::receive) returns from now on.
    ///
    /// The Close that reports the error is queued for [`poll_transmit`](Self::poll_transmit). A
    /// connection that has already failed keeps its first error. After the Close of the peer this
    /// method only returns `error`, because nothing more is received then.
    pub fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        let error = self.receiver.fail(error, &mut self.owed);
        self.sender.prepare(&mut self.owed);
        error
    }

    /// Writes the queued Pong and then the queued Close, and returns how many bytes it wrote.
    ///
    /// Returns 0 when nothing was queued.
    ///
    /// # Errors
    /// [`OutputFull`] when the first frame does not fit. The frame stays queued.
    #[inline]
    pub fn poll_transmit(&mut self, out: &mut (impl Output + ?Sized)) -> Result<usize, OutputFull> {
        self.sender.settle(&mut self.owed, out)
    }

    /// Returns the sending direction, for the methods of [`Sender`] that this type does not have.
    ///
    /// A Close that this [`Sender`] sends is the Close of the connection too. Its methods do not
    /// write the queued Pong and the queued Close. Both stay queued until the next
    /// [`poll_transmit`](Self::poll_transmit), which drops them if a Close has been sent.
    #[inline]
    pub const fn sender(&mut self) -> &mut Sender<R> {
        &mut self.sender
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.sender.is_client()
    }

    /// Returns the state of the connection in the closing handshake.
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

    /// Returns what to do with the transport after all output so far has been flushed.
    #[must_use]
    pub fn transport_action(&self) -> TransportAction {
        let failed = self.receiver.error().is_some();
        let closes = self.owed.close().is_some();
        transport_action(self.is_client(), self.state(), closes, failed, self.eof)
    }

    /// Returns the payload of the Ping or Pong that the last call of [`receive`](Self::receive) has
    /// returned: 0 to 125 bytes. After every other result of `receive` the returned slice is empty.
    #[must_use]
    pub fn control_payload(&self) -> &[u8] {
        self.receiver.control_payload()
    }

    /// Returns the code and the reason of the Close of the peer. `None` means that the Close has
    /// not arrived, or that it had no code (code 1005).
    #[must_use]
    pub fn peer_close(&self) -> Option<&CloseFrame> {
        self.receiver.peer_close()
    }

    /// Returns how the connection ended, or `None` while it is open or closing.
    #[must_use]
    pub fn close_info(&self) -> Option<CloseInfo<'_>> {
        let info = CloseInfo::new(self.receiver.close(), self.sender.began_to_close());
        (self.state() == State::Closed).then_some(info)
    }

    /// Returns how many bytes of the current data frame have not arrived: a hint for the size of
    /// the next read.
    ///
    /// The peer has declared this length but may never send the bytes, so do not reserve memory for
    /// them.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        self.receiver.frame_remaining()
    }

    /// Splits the connection into its two directions, so that each can have its own task.
    ///
    /// The last value holds the frames that are queued and have not been
    /// [transmitted](Self::poll_transmit). [`Receiver::receive`] adds to it, and
    /// [`Sender::settle`] writes it.
    #[must_use]
    pub fn into_split(self) -> (Receiver<R>, Sender<R>, OwedFrames) {
        (self.receiver, self.sender, self.owed)
    }
}
