//! Close codes and the payload of a Close frame (RFC 6455 5.5.1, 7.4).

use core::fmt;
use core::str;

use crate::error::{ProtocolError, SendError};
use crate::frame::MAX_CONTROL_PAYLOAD;

/// Why a connection closes (RFC 6455 7.4), any 16-bit number.
///
/// Which of them may stand in a Close frame is [`is_sendable`](Self::is_sendable)'s to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// 1000: the purpose of the connection has been fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the endpoint goes away, as a server that shuts down or a page that is left.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: a type of data that the endpoint does not take.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the Close frame had no code. Never on the wire; only told to the application.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection ended without a Close frame. Never on the wire.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: data that does not fit the type of its message, as text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: a message that breaks the endpoint's policy.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message too big to process.
    pub const TOO_BIG: Self = Self(1009);
    /// 1010: the server did not negotiate an extension that the client needs. Sent by clients.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: a condition that the server did not expect.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts (IANA registry).
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: try again later (IANA registry).
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway got an invalid response from the server behind it (IANA registry).
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: the TLS handshake failed. Never on the wire.
    pub const TLS_HANDSHAKE: Self = Self(1015);

    /// Whether a Close frame may carry this code: 1000 to 1003, 1007 to 1014, 3000 to 4999.
    #[must_use]
    pub const fn is_sendable(self) -> bool {
        // RFC 6455 7.4.1 and 7.4.2, with the codes that IANA registered since.
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({})", self.0)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        Self(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

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

impl fmt::Debug for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloseFrame")
            .field("code", &self.code.0)
            .field("reason", &self.reason())
            .finish()
    }
}
