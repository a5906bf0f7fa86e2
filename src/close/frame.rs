//! The payload of a Close frame ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section
//! 5.5.1).

use core::fmt;
use core::str;

use super::CloseCode;
use crate::error::{ProtocolError, SendError};
use crate::frame::MAX_CONTROL_PAYLOAD;

/// The payload of a Close frame that has a code (RFC 6455, section 5.5.1).
///
/// The code is one that may be sent, and the reason is at most 123 bytes of UTF-8.
///
/// ```
/// use websocket_proto::{CloseCode, CloseFrame};
///
/// let frame = CloseFrame::new(CloseCode::NORMAL, "done")?;
/// assert_eq!((frame.code(), frame.reason()), (CloseCode::NORMAL, "done"));
/// assert_eq!(frame.to_string(), "1000: done");
/// assert_eq!(CloseFrame::try_from((1000, "done"))?, frame);
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

    /// Creates the payload of a Close frame to send.
    ///
    /// # Errors
    /// - [`UnsendableCloseCode`](SendError::UnsendableCloseCode): the code
    ///   [may not be sent](CloseCode::is_sendable).
    /// - [`CloseReasonTooLong`](SendError::CloseReasonTooLong): the reason exceeds 123 bytes.
    pub fn new(code: CloseCode, reason: &str) -> Result<Self, SendError> {
        if !code.is_sendable() {
            return Err(SendError::UnsendableCloseCode { code });
        }
        Self::with_reason(code, reason.as_bytes())
            .ok_or(SendError::CloseReasonTooLong { len: reason.len() })
    }

    /// Creates the payload of a Close frame to send, and cuts a long reason.
    ///
    /// A reason of more than 123 bytes is cut at the last character boundary within them.
    ///
    /// # Errors
    /// [`UnsendableCloseCode`](SendError::UnsendableCloseCode): the code
    /// [may not be sent](CloseCode::is_sendable).
    pub fn truncated(code: CloseCode, reason: &str) -> Result<Self, SendError> {
        let mut end = reason.len().min(Self::MAX_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        Self::new(code, reason.get(..end).unwrap_or_default())
    }

    /// Parses the payload of a received Close frame. Returns `None` for an empty payload, which
    /// stands for code 1005.
    ///
    /// # Errors
    /// - [`CloseCodeCut`](ProtocolError::CloseCodeCut): the payload has one byte.
    /// - [`InvalidCloseCode`](ProtocolError::InvalidCloseCode): the code may not be sent.
    /// - [`InvalidCloseReason`](ProtocolError::InvalidCloseReason): the reason is not UTF-8.
    /// - [`ControlFrameTooLong`](ProtocolError::ControlFrameTooLong): the payload is longer than
    ///   125 bytes.
    pub fn parse(payload: &[u8]) -> Result<Option<Self>, ProtocolError> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            // RFC 6455, section 5.5.1: the first two bytes of a payload are the code.
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

    /// Returns the code, which is always one that may be sent.
    #[must_use]
    pub const fn code(&self) -> CloseCode {
        self.code
    }

    /// Returns the reason, which is empty when none was given.
    ///
    /// The reason is not meant for end users (RFC 6455, section 5.5.1).
    #[must_use]
    pub fn reason(&self) -> &str {
        // Both constructors checked the reason, so it is always UTF-8. A second check is cheap.
        str::from_utf8(self.reason_bytes()).unwrap_or_default()
    }

    /// Returns the code and the reason.
    #[must_use]
    pub fn parts(&self) -> (CloseCode, &str) {
        (self.code, self.reason())
    }

    /// Writes the payload to the start of `out`, and returns its length in bytes: 2 to 125.
    pub fn emit(&self, out: &mut [u8; MAX_CONTROL_PAYLOAD]) -> usize {
        let reason = self.reason_bytes();
        let (code, rest) = out.split_at_mut(2);
        code.copy_from_slice(&self.code.0.to_be_bytes());
        for (to, from) in rest.iter_mut().zip(reason) {
            *to = *from;
        }
        2 + reason.len()
    }

    /// Creates a frame whose reason is `text`, cut to 123 bytes. `text` must be ASCII.
    ///
    /// Returns `None` for a code that [may not be sent](CloseCode::is_sendable).
    pub(crate) fn with_text(code: CloseCode, text: fmt::Arguments<'_>) -> Option<Self> {
        let mut frame = Self::new(code, "").ok()?;
        // `ReasonWriter` does not fail: it cuts off the text that does not fit.
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

/// Appends text to the reason, and cuts off the text that does not fit.
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

impl TryFrom<(CloseCode, &str)> for CloseFrame {
    type Error = SendError;

    /// Creates the same frame as [`new`](Self::new).
    fn try_from((code, reason): (CloseCode, &str)) -> Result<Self, SendError> {
        Self::new(code, reason)
    }
}

impl TryFrom<(u16, &str)> for CloseFrame {
    type Error = SendError;

    /// Creates the same frame as [`new`](Self::new).
    fn try_from((code, reason): (u16, &str)) -> Result<Self, SendError> {
        Self::new(CloseCode(code), reason)
    }
}

/// Returns the same pair as [`parts`](CloseFrame::parts).
impl<'f> From<&'f CloseFrame> for (CloseCode, &'f str) {
    fn from(frame: &'f CloseFrame) -> Self {
        frame.parts()
    }
}

/// Writes `1000: reason`, or `1000` without a reason. The reason is written as the peer sent it, so
/// it may contain control characters; `Debug` escapes them.
impl fmt::Display for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (code, "") => write!(f, "{code}"),
            (code, reason) => write!(f, "{code}: {reason}"),
        }
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
