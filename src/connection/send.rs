//! The sending direction.

use super::event::ControlPayload;
use super::header_bytes::HeaderBytes;
use super::output::{Output, require_room};
use super::role::Role;
use crate::close::{CloseCode, CloseFrame};
use crate::error::{OutputFull, ProtocolError, SendError};
use crate::frame::{FrameHeader, Kind, MAX_CONTROL_PAYLOAD, OpCode, Rsv};
use crate::mask::Mask;
use crate::utf8::Utf8Validator;

/// The sending half of a connection.
///
/// Each call writes one whole frame or, when it fails, nothing, and then nothing has changed.
#[derive(Debug)]
pub struct Sender<R> {
    role: R,
    phase: SendPhase,
    /// The fragmented message in progress.
    message: Option<Fragmented>,
    /// Where in a character the text of that message is.
    utf8: Utf8Validator,
}

/// A fragmented message in progress: what its other fragments must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fragmented {
    kind: Kind,
    compressed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SendPhase {
    Open,
    /// The peer is done, by its Close or by a fault: only our Close may follow.
    Closing,
    /// RFC 6455 5.5.1: after a Close nothing is sent.
    Closed,
}

impl<R: Role> Sender<R> {
    pub(super) const fn new(role: R) -> Self {
        Self { role, phase: SendPhase::Open, message: None, utf8: Utf8Validator::new() }
    }

    /// Sends a whole text message in one frame.
    ///
    /// # Errors
    /// [`Closing`](SendError::Closing), [`MessageInProgress`](SendError::MessageInProgress),
    /// [`OutputFull`](SendError::OutputFull).
    #[inline]
    pub fn send_text(&mut self, text: &str, out: &mut impl Output) -> Result<(), SendError> {
        self.send_message(Kind::Text, text.as_bytes(), out)
    }

    /// Sends a whole binary message in one frame.
    ///
    /// # Errors
    /// As of [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary(&mut self, bytes: &[u8], out: &mut impl Output) -> Result<(), SendError> {
        self.send_message(Kind::Binary, bytes, out)
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
        let (opcode, rsv) = self.admit_fragment(kind, false)?;
        require_room(out, self.frame_len(payload.len()))?;
        self.advance_text(kind, fin, payload)?;
        self.message = (!fin).then_some(Fragmented { kind, compressed: false });
        self.put_frame(opcode, rsv, fin, payload, out);
        Ok(())
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
        let (opcode, rsv) = self.admit_fragment(kind, true)?;
        require_room(out, self.frame_len(payload.len()))?;
        self.message = (!fin).then_some(Fragmented { kind, compressed: true });
        self.put_frame(opcode, rsv, fin, payload, out);
        Ok(())
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
        let header = self.begin_fragment(kind, fin, payload)?;
        if let Some(key) = header.mask {
            Mask::new(key).apply(payload);
        }
        Ok(HeaderBytes::new(&header))
    }

    /// Sends a Ping with up to 125 bytes (RFC 6455 5.5.2).
    ///
    /// # Errors
    /// [`ControlPayloadTooLong`](SendError::ControlPayloadTooLong),
    /// [`Closing`](SendError::Closing), [`OutputFull`](SendError::OutputFull).
    pub fn ping(&mut self, payload: &[u8], out: &mut impl Output) -> Result<(), SendError> {
        self.send_control(OpCode::Ping, payload, out)
    }

    /// Sends a Pong that answers no Ping, with up to 125 bytes (RFC 6455 5.5.3).
    ///
    /// # Errors
    /// As of [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8], out: &mut impl Output) -> Result<(), SendError> {
        self.send_control(OpCode::Pong, payload, out)
    }

    /// Sends a Close, after which nothing more is sent (RFC 6455 5.5.1). It may come in the middle
    /// of a fragmented message. `None` sends one without a code.
    ///
    /// # Errors
    /// [`Closing`](SendError::Closing), [`OutputFull`](SendError::OutputFull).
    pub fn close(
        &mut self,
        frame: Option<&CloseFrame>,
        out: &mut impl Output,
    ) -> Result<(), SendError> {
        self.admit_close(frame, 0, out)?;
        Ok(self.put_close(frame, out)?)
    }

    /// Answers a Ping, which may be done as long as no Close has been sent; does nothing
    /// afterwards (RFC 6455 5.5.2).
    ///
    /// # Errors
    /// [`OutputFull`]. The answer is still due.
    pub fn answer_ping(
        &mut self,
        payload: &ControlPayload,
        out: &mut impl Output,
    ) -> Result<(), OutputFull> {
        if self.phase != SendPhase::Closed {
            require_room(out, self.frame_len(payload.len()))?;
            self.put_frame(OpCode::Pong, Rsv::NONE, true, payload, out);
        }
        Ok(())
    }

    /// Answers the peer's Close, with its code and without its reason; does nothing when a Close
    /// has been sent already (RFC 6455 5.5.1).
    ///
    /// # Errors
    /// [`OutputFull`]. Nothing else can be sent by then, and the answer is still due.
    pub fn reply_to_close(
        &mut self,
        received: Option<CloseCode>,
        out: &mut impl Output,
    ) -> Result<(), OutputFull> {
        self.stop();
        if self.phase == SendPhase::Closed {
            return Ok(());
        }
        // A received code is always one that may be sent, so no answer loses it.
        let frame = received.and_then(|code| CloseFrame::new(code, "").ok());
        self.put_close(frame.as_ref(), out)
    }

    /// Fails the connection: sends the Close that reports `error`, with its code and its text as
    /// the reason (RFC 6455 7.1.7). Does nothing when a Close has been sent already, or for an
    /// error of code 1006, which nobody is left to read.
    ///
    /// # Errors
    /// [`OutputFull`]. Nothing else can be sent by then, and the Close is still due.
    pub fn fail(&mut self, error: &ProtocolError, out: &mut impl Output) -> Result<(), OutputFull> {
        self.stop();
        let Some(frame) = error.close_frame().filter(|_| self.phase != SendPhase::Closed) else {
            self.phase = SendPhase::Closed;
            return Ok(());
        };
        self.put_close(Some(&frame), out)
    }

    /// How many bytes a frame with a payload of `payload_len` takes on the wire; `usize::MAX` when
    /// a `usize` cannot say.
    #[must_use]
    pub const fn frame_len(&self, payload_len: usize) -> usize {
        let header_len = header(OpCode::Binary, Rsv::NONE, true, payload_len).encoded_len();
        payload_len.saturating_add(header_len + if R::MASKS { 4 } else { 0 })
    }

    /// From here on only a Close may be sent.
    pub(super) fn stop(&mut self) {
        if self.phase == SendPhase::Open {
            self.phase = SendPhase::Closing;
        }
    }

    /// Whether a Close has been sent, or there is nobody left to send one to.
    pub(crate) fn is_closed(&self) -> bool {
        self.phase == SendPhase::Closed
    }

    /// The header of a whole message whose payload the caller masks and sends.
    #[cfg(feature = "alloc")]
    #[inline]
    pub(crate) fn begin(
        &mut self,
        kind: Kind,
        payload_len: usize,
    ) -> Result<FrameHeader, SendError> {
        self.admit_message()?;
        Ok(self.next_header(kind.into(), Rsv::NONE, true, payload_len))
    }

    /// As [`begin`](Self::begin), for a payload that `compress` makes, which is called only if the
    /// message can be sent.
    #[cfg(feature = "alloc")]
    pub(crate) fn begin_compressed<P: AsRef<[u8]>>(
        &mut self,
        kind: Kind,
        compress: impl FnOnce() -> P,
    ) -> Result<(FrameHeader, P), SendError> {
        self.admit_message()?;
        let payload = compress();
        let len = payload.as_ref().len();
        Ok((self.next_header(kind.into(), Rsv::RSV1, true, len), payload))
    }

    /// As [`begin_fragment`](Self::begin_fragment), for what `compress` makes of the payload, which
    /// is called only if it can be sent.
    #[cfg(feature = "alloc")]
    pub(crate) fn begin_compressed_fragment<P: AsRef<[u8]>>(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
        compress: impl FnOnce() -> P,
    ) -> Result<(FrameHeader, P), SendError> {
        let (opcode, rsv) = self.admit_fragment(kind, true)?;
        self.advance_text(kind, fin, payload)?;
        self.message = (!fin).then_some(Fragmented { kind, compressed: true });
        let payload = compress();
        Ok((self.next_header(opcode, rsv, fin, payload.as_ref().len()), payload))
    }

    /// Whether the fragmented message under way is compressed; `None` when there is none.
    #[cfg(feature = "alloc")]
    pub(crate) fn is_compressing(&self) -> Option<bool> {
        self.message.map(|message| message.compressed)
    }

    /// The header of a fragment, which the caller masks and sends.
    pub(crate) fn begin_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
    ) -> Result<FrameHeader, SendError> {
        let (opcode, rsv) = self.admit_fragment(kind, false)?;
        self.advance_text(kind, fin, payload)?;
        self.message = (!fin).then_some(Fragmented { kind, compressed: false });
        Ok(self.next_header(opcode, rsv, fin, payload.len()))
    }

    #[inline]
    fn send_message(
        &mut self,
        kind: Kind,
        payload: &[u8],
        out: &mut impl Output,
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
        out: &mut impl Output,
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

    fn put_close(
        &mut self,
        frame: Option<&CloseFrame>,
        out: &mut impl Output,
    ) -> Result<(), OutputFull> {
        let mut payload = [0; MAX_CONTROL_PAYLOAD];
        let payload_len = frame.map_or(0, |frame| frame.emit(&mut payload));
        require_room(out, self.frame_len(payload_len))?;
        self.phase = SendPhase::Closed;
        let payload = payload.get(..payload_len).unwrap_or_default();
        self.put_frame(OpCode::Close, Rsv::NONE, true, payload, out);
        Ok(())
    }

    #[inline]
    fn put_frame(
        &mut self,
        opcode: OpCode,
        rsv: Rsv,
        fin: bool,
        payload: &[u8],
        out: &mut impl Output,
    ) {
        let header = self.next_header(opcode, rsv, fin, payload.len());
        let bytes = HeaderBytes::new(&header);
        out.put(&bytes);
        match header.mask {
            Some(key) => out.put_masked(payload, &mut Mask::new(key)),
            None => out.put(payload),
        }
    }

    #[inline]
    fn next_header(
        &mut self,
        opcode: OpCode,
        rsv: Rsv,
        fin: bool,
        payload_len: usize,
    ) -> FrameHeader {
        // RFC 6455 5.3: a fresh key for each frame of a client.
        FrameHeader { mask: self.role.next_mask_key(), ..header(opcode, rsv, fin, payload_len) }
    }

    #[inline]
    fn admit_message(&self) -> Result<(), SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        // RFC 6455 5.4: the fragments of one message are not interleaved with another's.
        if self.message.is_some() {
            return Err(SendError::MessageInProgress);
        }
        Ok(())
    }

    /// Whether a Close can be sent behind `before` bytes of something else.
    pub(super) fn admit_close(
        &self,
        frame: Option<&CloseFrame>,
        before: usize,
        out: &impl Output,
    ) -> Result<(), SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        let payload_len = frame.map_or(0, |frame| 2 + frame.reason().len());
        Ok(require_room(out, before + self.frame_len(payload_len))?)
    }

    fn admit_fragment(&self, kind: Kind, compressed: bool) -> Result<(OpCode, Rsv), SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        match self.message {
            // RFC 7692 6: RSV1 on the first frame of a compressed message, and on no other.
            None if compressed => Ok((kind.into(), Rsv::RSV1)),
            None => Ok((kind.into(), Rsv::NONE)),
            Some(message) if message == (Fragmented { kind, compressed }) => {
                Ok((OpCode::Continuation, Rsv::NONE))
            }
            Some(_) => Err(SendError::MessageInProgress),
        }
    }

    /// Moves on by a fragment of text, unless it is not UTF-8.
    fn advance_text(&mut self, kind: Kind, fin: bool, payload: &[u8]) -> Result<(), SendError> {
        if kind == Kind::Text {
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
}

const fn header(opcode: OpCode, rsv: Rsv, fin: bool, payload_len: usize) -> FrameHeader {
    FrameHeader { fin, rsv, opcode, mask: None, payload_len: payload_len as u64 }
}
