//! Close codes ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 7.4).

use core::fmt;

/// The reason why a connection closes, as a 16-bit number (RFC 6455, section 7.4).
///
/// [`is_sendable`](Self::is_sendable) tells whether a Close frame may carry a code.
///
/// The field is public because a peer may send any number. So the codes are constants, not the
/// variants of an enum.
///
/// ```
/// use websocket_proto::CloseCode;
///
/// let code = CloseCode(4000); // a code of the application
/// assert!(code.is_sendable());
/// assert_eq!(code, 4000);
/// assert_eq!(CloseCode::NORMAL.to_string(), "1000");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// 1000: the purpose of the connection has been fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the endpoint goes away: a server shuts down, or a browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: the endpoint does not accept this type of data.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: the Close frame had no code. This code is never sent; it only informs the application.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: the connection ended without a Close frame. This code is never sent.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: the data does not fit the type of its message, for example text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: a message breaks the policy of the endpoint.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message is too big to process.
    pub const TOO_BIG: Self = Self(1009);
    /// 1010: the server did not negotiate an extension that the client needs. Clients send it.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: the server met a condition that it did not expect.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts (IANA registry).
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the client should try again later (IANA registry).
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway got an invalid response from its upstream server (IANA registry).
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: the TLS handshake failed. This code is never sent.
    pub const TLS_HANDSHAKE: Self = Self(1015);

    /// Returns whether a Close frame may carry this code: 1000 to 1003, 1007 to 1014, 3000 to 4999.
    #[must_use]
    pub const fn is_sendable(self) -> bool {
        // RFC 6455, sections 7.4.1 and 7.4.2, and the codes that IANA has registered since.
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

impl PartialEq<u16> for CloseCode {
    fn eq(&self, code: &u16) -> bool {
        self.0 == *code
    }
}

impl PartialEq<CloseCode> for u16 {
    fn eq(&self, code: &CloseCode) -> bool {
        *self == code.0
    }
}
