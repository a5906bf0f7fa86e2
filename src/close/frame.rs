//! The payload of a Close frame (RFC 6455, section 5.5.1).

use core::fmt;
use core::str;

use super::CloseCode;
use crate::error::{ProtocolError, SendError};
use crate::frame::MAX_CONTROL_PAYLOAD;

/// The payload of a Close frame that has a code (RFC 6455 5.5.1): a code that may be sent, and a
/// reason of at most 123 bytes of UTF-8.
///
/// ```
/// use websocket_proto::{CloseCode, CloseFrame};
///
/// let frame = CloseFrame::new(CloseCode::NORMAL, "done")?;
/// assert_eq!((frame.code(), frame.reason()), (CloseCode::NORMAL, "done"));
/// assert!(CloseFrame::new(CloseCode::ABNORMAL, "").is_err());
/// # Ok::<(), websocket_proto::SendError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CloseFrame {
    code: CloseCode,
    reason: [u8; Self::MAX_REASON],
    reason_len: u8,
}

impl CloseFrame {
    /// The longest reason, in bytes of UTF-8.
    pub const MAX_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

    /// A frame to send.
    ///
    /// # Errors
    /// A code that [may not be sent](CloseCode::is_sendable); a reason over 123 bytes.
    pub fn new(code: CloseCode, reason: &str) -> Result<Self, SendError> {
        if !code.is_sendable() {
            return Err(SendError::UnsendableCloseCode { code });
        }
        Self::with_reason(code, reason.as_bytes())
            .ok_or(SendError::CloseReasonTooLong { len: reason.len() })
    }

    /// Reads the payload of a received Close frame; `None` when it is empty, which stands for
    /// code 1005.
    ///
    /// # Errors
    /// A payload of one byte, a code that may not be sent, a reason that is not UTF-8. A payload
    /// over 125 bytes is [`ProtocolError::ControlFrameTooLong`], as its header is.
    pub fn parse(payload: &[u8]) -> Result<Option<Self>, ProtocolError> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            // RFC 6455 5.5.1: if there is a body, its first two bytes are the code.
            return if payload.is_empty() { Ok(None) } else { Err(ProtocolError::CloseCodeCut) };
        };
        let code = CloseCode(u16::from_be_bytes(*code));
        if !code.is_sendable() {
            return Err(ProtocolError::InvalidCloseCode { code });
        }
        if str::from_utf8(reason).is_err() {
            return Err(ProtocolError::InvalidCloseReason);
        }
        Self::with_reason(code, reason).map(Some).ok_or(ProtocolError::ControlFrameTooLong)
    }

    /// The code, always one that may be sent.
    #[must_use]
    pub const fn code(&self) -> CloseCode {
        self.code
    }

    /// The reason, empty when none was given. Not for the eyes of end users (5.5.1).
    #[must_use]
    pub fn reason(&self) -> &str {
        // Always UTF-8, since both constructors checked it; asking again costs next to nothing.
        str::from_utf8(self.reason_bytes()).unwrap_or_default()
    }

    /// Writes the payload to the start of `out` and says how many bytes it took: 2 to 125.
    pub fn emit(&self, out: &mut [u8; MAX_CONTROL_PAYLOAD]) -> usize {
        let reason = self.reason_bytes();
        let (code, rest) = out.split_at_mut(2);
        code.copy_from_slice(&self.code.0.to_be_bytes());
        for (to, from) in rest.iter_mut().zip(reason) {
            *to = *from;
        }
        2 + reason.len()
    }

    /// A frame with as much of `text`, which is ASCII, as a reason can hold; `None` for a code that
    /// [may not be sent](CloseCode::is_sendable).
    pub(crate) fn with_text(code: CloseCode, text: fmt::Arguments<'_>) -> Option<Self> {
        let mut frame = Self::new(code, "").ok()?;
        // Writing a reason does not fail: what does not fit is cut off.
        let _ = fmt::write(&mut ReasonWriter(&mut frame), text);
        Some(frame)
    }

    fn with_reason(code: CloseCode, reason: &[u8]) -> Option<Self> {
        let mut frame = Self { code, reason: [0; Self::MAX_REASON], reason_len: 0 };
        frame.reason.get_mut(..reason.len())?.copy_from_slice(reason);
        frame.reason_len = u8::try_from(reason.len()).ok()?;
        Some(frame)
    }

    fn reason_bytes(&self) -> &[u8] {
        self.reason.get(..usize::from(self.reason_len)).unwrap_or_default()
    }
}

/// Appends to the reason what still fits.
struct ReasonWriter<'f>(&'f mut CloseFrame);

impl fmt::Write for ReasonWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let frame = &mut *self.0;
        let free = frame.reason.get_mut(usize::from(frame.reason_len)..).unwrap_or_default();
        for (to, from) in free.iter_mut().zip(text.bytes()) {
            *to = from;
            frame.reason_len += 1;
        }
        Ok(())
    }
}

impl fmt::Debug for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloseFrame")
            .field("code", &self.code.0)
            .field("reason", &self.reason())
            .finish()
    }
}
