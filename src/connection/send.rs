//! The sending direction ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).

use super::closing::Endpoint;
use super::config::ConnectionConfig;
use super::output::{Output, require_room};
use super::role::{Role, next_mask_key};
use crate::close::CloseFrame;
use crate::error::{OutputFull, SendError};
use crate::frame::{FrameHeader, HeaderBytes, Kind, MAX_CONTROL_PAYLOAD, OpCode, Rsv};
use crate::mask::Mask;
use crate::utf8::Utf8Validator;

/// The sending half of a connection.
///
/// Each call writes whole frames or nothing. A call that returns an error changes nothing, with one
/// exception: [`settle`](Self::settle) stops the sending of messages and Pings as soon as a Close
/// is owed.
#[derive(Debug)]
pub struct Sender<R> {
    role: R,
    phase: SendPhase,
    /// The reserved bits that extensions use.
    allowed_bits: Rsv,
    /// Those of them that transform the payload.
    transforming_bits: Rsv,
    /// The fragmented message in progress.
    message: Option<Fragmented>,
    /// The validator of the text of that message, if the message is checked.
    utf8: Utf8Validator,
}

/// The properties of a fragmented message in progress. All its fragments share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragmented {
    pub(super) kind: Kind,
    /// The reserved bits, which only the first frame has.
    pub(super) rsv: Rsv,
    /// Whether this sender checks the text. Otherwise the caller or an extension does, or the
    /// message is not text.
    pub(super) checked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SendPhase {
    Open,
    /// The peer has sent its Close, or has failed the connection. Messages and Pings can no longer
    /// be sent. What is owed may follow.
    Closing,
    /// RFC 6455, section 5.5.1: nothing is sent after a Close. Holds the endpoint that began to
    /// close, or `None` if nobody could.
    Closed(Option<Endpoint>),
}

impl<R: Role> Sender<R> {
    pub(super) const fn new(role: R, config: &ConnectionConfig) -> Self {
        Self {
            role,
            phase: SendPhase::Open,
            allowed_bits: config.reserved_bits.union(config.tag_bits),
            transforming_bits: config.reserved_bits,
            message: None,
            utf8: Utf8Validator::new(),
        }
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
        self.send_message(Kind::Text, text.as_bytes(), out)
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
        self.send_message(Kind::Binary, bytes, out)
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
        self.send_extended(kind, fin, payload, Rsv::NONE, out)
    }

    /// Sends the next fragment of a message with reserved bits, for an extension (RFC 6455, section
    /// 5.8).
    ///
    /// `fin` marks the last fragment. `rsv` are the reserved bits of the message: all its fragments
    /// are sent with the same `rsv`, and only the first frame carries the bits. `payload` is the
    /// output of the extension.
    ///
    /// Text is checked as in [`send_fragment`](Self::send_fragment), unless one of the bits
    /// [transforms the payload](ConnectionConfig::reserved_bits).
    ///
    /// # Errors
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`ReservedBits`](SendError::ReservedBits): no extension of this connection uses the bits.
    /// - [`MessageInProgress`](SendError::MessageInProgress): the message in progress is of another
    ///   kind, has other reserved bits, or is a text from
    ///   [`begin_fragment`](Self::begin_fragment).
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frame.
    /// - [`InvalidUtf8`](SendError::InvalidUtf8): the text is not UTF-8.
    pub fn send_extended(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
        rsv: Rsv,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        let message = self.checked(kind, rsv);
        let opcode = self.admit_fragment(message)?;
        require_room(out, self.frame_len(payload.len()))?;
        self.advance_text(message, fin, payload)?;
        let rsv = self.advance_message(message, fin);
        self.put_frame(opcode, rsv, fin, payload, out);
        Ok(())
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
        let message = self.checked(kind, Rsv::NONE);
        let opcode = self.admit_fragment(message)?;
        self.advance_text(message, fin, payload)?;
        let rsv = self.advance_message(message, fin);
        let header = self.next_header(opcode, rsv, fin, payload.len() as u64);
        if let Some(key) = header.mask {
            Mask::new(key).apply(payload);
        }
        Ok(header.to_bytes())
    }

    /// Returns the type and the reserved bits of the fragmented message in progress, or `None` when
    /// there is no such message.
    #[must_use]
    pub fn message_in_progress(&self) -> Option<(Kind, Rsv)> {
        self.message.map(|message| (message.kind, message.rsv))
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
        self.send_control(OpCode::Ping, payload, out)
    }

    /// Sends an unsolicited Pong with up to 125 bytes (RFC 6455, section 5.5.3).
    ///
    /// # Errors
    /// Returns the same errors as [`ping`](Self::ping).
    pub fn pong(
        &mut self,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.send_control(OpCode::Pong, payload, out)
    }

    /// Sends a Close, after which nothing more can be sent (RFC 6455, section 5.5.1).
    ///
    /// It may be sent in the middle of a fragmented message. `None` sends a Close without a code.
    ///
    /// # Errors
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frame.
    pub fn close(
        &mut self,
        frame: Option<&CloseFrame>,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.admit_close(frame, 0, out)?;
        Ok(self.put_close(frame, Endpoint::Local, out)?)
    }

    /// Returns the size on the wire of a frame with a payload of `payload_len` bytes.
    ///
    /// The size is in bytes. It is `usize::MAX` when it does not fit in a `usize`.
    #[inline]
    #[must_use]
    pub fn frame_len(&self, payload_len: usize) -> usize {
        let header = header(OpCode::Binary, Rsv::NONE, true, payload_len as u64);
        let key_len = if self.role.is_client() { 4 } else { 0 };
        payload_len.saturating_add(header.encoded_len() + key_len)
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.role.is_client()
    }

    /// Stops sending messages and Pings. What is owed may still be sent.
    pub(super) fn stop(&mut self) {
        if self.phase == SendPhase::Open {
            self.phase = SendPhase::Closing;
        }
    }

    /// Stops all sending without a Close, because the peer is no longer there to read it.
    pub fn close_silent(&mut self) {
        if !self.is_closed() {
            self.phase = SendPhase::Closed(None);
        }
    }

    /// Returns the endpoint whose Close began the closing handshake, if a Close has been sent.
    #[must_use]
    pub const fn began_to_close(&self) -> Option<Endpoint> {
        match self.phase {
            SendPhase::Closed(began) => began,
            SendPhase::Open | SendPhase::Closing => None,
        }
    }

    /// Returns whether a Close has been sent, or cannot be sent because of an error with code 1006.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, SendPhase::Closed(_))
    }

    #[inline]
    fn send_message(
        &mut self,
        kind: Kind,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.admit_message()?;
        require_room(out, self.frame_len(payload.len()))?;
        self.put_frame(kind.into(), Rsv::NONE, true, payload, out);
        Ok(())
    }

    fn send_control(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlPayloadTooLong { len: payload.len() });
        }
        require_room(out, self.frame_len(payload.len()))?;
        self.put_frame(opcode, Rsv::NONE, true, payload, out);
        Ok(())
    }

    pub(super) fn put_close(
        &mut self,
        frame: Option<&CloseFrame>,
        began: Endpoint,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), OutputFull> {
        let mut payload = [0; MAX_CONTROL_PAYLOAD];
        let payload_len = frame.map_or(0, |frame| frame.emit(&mut payload));
        require_room(out, self.frame_len(payload_len))?;
        self.phase = SendPhase::Closed(Some(began));
        let payload = payload.get(..payload_len).unwrap_or_default();
        self.put_frame(OpCode::Close, Rsv::NONE, true, payload, out);
        Ok(())
    }

    #[inline]
    pub(super) fn put_frame(
        &mut self,
        opcode: OpCode,
        rsv: Rsv,
        fin: bool,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) {
        let header = self.next_header(opcode, rsv, fin, payload.len() as u64);
        out.put(&header.to_bytes());
        match header.mask {
            Some(key) => out.put_masked(payload, &mut Mask::new(key)),
            None => out.put(payload),
        }
    }

    #[inline]
    pub(super) fn next_header(
        &mut self,
        opcode: OpCode,
        rsv: Rsv,
        fin: bool,
        payload_len: u64,
    ) -> FrameHeader {
        // RFC 6455, section 5.3: a client uses a fresh key for each frame.
        FrameHeader { mask: next_mask_key(&mut self.role), ..header(opcode, rsv, fin, payload_len) }
    }

    #[inline]
    pub(super) fn admit_message(&self) -> Result<(), SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        // RFC 6455, section 5.4: fragments of different messages must not be interleaved.
        if self.message.is_some() {
            return Err(SendError::MessageInProgress);
        }
        Ok(())
    }

    /// Checks that a Close can be sent after `before` bytes of other frames.
    pub(super) fn admit_close(
        &self,
        frame: Option<&CloseFrame>,
        before: usize,
        out: &(impl Output + ?Sized),
    ) -> Result<(), SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        let payload_len = frame.map_or(0, |frame| 2 + frame.reason().len());
        Ok(require_room(out, before + self.frame_len(payload_len))?)
    }

    pub(super) fn admit_fragment(&self, message: Fragmented) -> Result<OpCode, SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        self.admit_bits(message.rsv)?;
        match self.message {
            None => Ok(message.kind.into()),
            Some(in_progress) if in_progress == message => Ok(OpCode::Continuation),
            Some(_) => Err(SendError::MessageInProgress),
        }
    }

    /// RFC 6455, section 5.2: the bits are zero unless a negotiated extension uses them.
    #[inline]
    pub(super) const fn admit_bits(&self, rsv: Rsv) -> Result<(), SendError> {
        if self.allowed_bits.contains(rsv) { Ok(()) } else { Err(SendError::ReservedBits { rsv }) }
    }

    /// A message that this sender checks, if it is text that can be read.
    fn checked(&self, kind: Kind, rsv: Rsv) -> Fragmented {
        let checked = kind == Kind::Text && !rsv.intersects(self.transforming_bits);
        Fragmented { kind, rsv, checked }
    }

    /// Advances the validator by a fragment, or fails if its text is not UTF-8.
    fn advance_text(
        &mut self,
        message: Fragmented,
        fin: bool,
        payload: &[u8],
    ) -> Result<(), SendError> {
        if message.checked {
            let mut utf8 = self.utf8;
            let invalid = |offset| SendError::InvalidUtf8 { offset };
            utf8.feed(payload).map_err(|error| invalid(error.valid_up_to))?;
            if fin {
                utf8.finish().map_err(|_| invalid(payload.len()))?;
            }
            self.utf8 = utf8;
        }
        Ok(())
    }

    /// Advances to the next fragment, and returns the reserved bits of this one.
    pub(super) fn advance_message(&mut self, message: Fragmented, fin: bool) -> Rsv {
        let is_first = self.message.is_none();
        self.message = (!fin).then_some(message);
        // RFC 7692, section 6: only the first frame of a message has the bits.
        if is_first { message.rsv } else { Rsv::NONE }
    }
}

const fn header(opcode: OpCode, rsv: Rsv, fin: bool, payload_len: u64) -> FrameHeader {
    FrameHeader { fin, rsv, opcode, mask: None, payload_len }
}
