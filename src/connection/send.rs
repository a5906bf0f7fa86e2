//! The sending direction: messages ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).

use super::closing::Endpoint;
use super::config::ConnectionConfig;
use super::output::{Output, require_room};
use super::role::{Role, next_mask_key};
use crate::error::SendError;
use crate::frame::{FrameHeader, HeaderBytes, Kind, OpCode, Rsv};
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
    pub(super) phase: SendPhase,
    /// The reserved bits that extensions use.
    allowed_bits: Rsv,
    /// The bits among `allowed_bits` that transform the payload.
    transforming_bits: Rsv,
    /// The fragmented message in progress.
    message: Option<Fragmented>,
    /// The validator for the text of `message`, if this sender checks it.
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
pub(super) enum SendPhase {
    Open,
    /// The peer has sent its Close, the connection has failed, or the transport has ended. Messages
    /// and Pings can no longer be sent. The frames that are owed may still be sent.
    Closing,
    /// RFC 6455, section 5.5.1: nothing is sent after a Close. Holds the endpoint that began to
    /// close, or `None` if sending stopped without a Close.
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

    /// Returns the properties of a message that this sender sees. Text is checked, unless an
    /// extension has transformed it.
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
