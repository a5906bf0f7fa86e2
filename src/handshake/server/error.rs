//! Errors in a client's request ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 4.2.1).

use core::error::Error;
use core::fmt;

use crate::extension::ExtensionError;
use crate::handshake::headers::MAX_SUBPROTOCOLS;
use crate::http1::{HeadError, ParseError};

/// An error that a server finds in a request. The client is at fault.
///
/// [`status`](Self::status) returns the HTTP status of the error, and [`refusal`](Self::refusal)
/// the whole response to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// The request is not HTTP/1.1 (status 400, or 505 for HTTP/2), or its head is too large (status
    /// 431).
    Head(HeadError),
    /// The method is not `GET` (RFC 6455, section 4.2.1, item 1). Status 405.
    Method,
    /// The version of HTTP is not 1.1 (RFC 6455, section 4.2.1, item 1). Status 505.
    HttpVersion,
    /// The target is neither a path nor an http(s) URI, or it has a fragment (RFC 6455, section 3).
    /// Status 400.
    Target,
    /// The request does not have this required header (RFC 6455, section 4.2.1). Status 400.
    MissingHeader(&'static str),
    /// The request has this header more than once, but only one is allowed. Status 400.
    RepeatedHeader(&'static str),
    /// `Host` is not a host with an optional port (RFC 9112, section 3.2). Status 400.
    Host,
    /// `Upgrade` names `websocket` with a version, or next to an element that is not a protocol
    /// (RFC 6455, section 4.2.1, item 3). Status 400.
    Upgrade,
    /// `Connection` is not a list of tokens that contains `Upgrade` (RFC 6455, section 4.2.1,
    /// item 4). Status 400.
    Connection,
    /// `Sec-WebSocket-Version` is missing or not `13` (RFC 6455, section 4.4). Status 426.
    Version,
    /// `Sec-WebSocket-Key` is not 16 bytes in base64 (RFC 6455, section 4.2.1, item 5). Status 400.
    Key,
    /// `Origin` is not visible ASCII (RFC 6454, section 7.1). Status 400.
    Origin,
    /// `Sec-WebSocket-Protocol` is not a list of tokens (RFC 6455, section 4.1, item 10).
    /// Status 400.
    Subprotocol,
    /// The request offers a subprotocol twice (RFC 6455, section 4.1, item 10). Status 400.
    DuplicateSubprotocol,
    /// The request offers more than [`MAX_SUBPROTOCOLS`] subprotocols. Status 431.
    TooManySubprotocols,
    /// `Sec-WebSocket-Extensions` is malformed (RFC 6455, section 9.1). Status 400.
    Extensions(ExtensionError),
    /// The request has a body, which would be read as frames. Status 400.
    Body,
}

impl RequestError {
    /// Returns the HTTP status of the response to the client.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::Version => 426,
            Self::Head(HeadError::TooLarge { .. } | HeadError::TooManyHeaders { .. })
            | Self::TooManySubprotocols => 431,
            Self::HttpVersion | Self::Head(HeadError::Http2) => 505,
            _ => 400,
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => write!(f, "{error}"),
            Self::Method => f.write_str("the method of the WebSocket request is not GET"),
            Self::HttpVersion => f.write_str("the HTTP version of the request is not 1.1"),
            Self::Target => f.write_str("the request target is neither a path nor an HTTP URI"),
            Self::MissingHeader(name) => write!(f, "the request has no {name} header"),
            Self::RepeatedHeader(name) => write!(f, "the request has more than one {name} header"),
            Self::Host => f.write_str("the Host header is not a host with an optional port"),
            Self::Upgrade => f.write_str("the Upgrade header is not websocket"),
            Self::Connection => f.write_str("the Connection header does not contain Upgrade"),
            Self::Version => f.write_str("the WebSocket version is not 13"),
            Self::Key => f.write_str("the Sec-WebSocket-Key header is not 16 bytes in base64"),
            Self::Origin => f.write_str("the Origin header is not visible ASCII"),
            Self::Subprotocol => {
                f.write_str("the request offers a subprotocol that is not a token")
            }
            Self::DuplicateSubprotocol => f.write_str("the request offers a subprotocol twice"),
            Self::TooManySubprotocols => {
                write!(f, "the request offers more than {MAX_SUBPROTOCOLS} subprotocols")
            }
            Self::Extensions(error) => write!(f, "{error}"),
            Self::Body => f.write_str("the WebSocket request has a body"),
        }
    }
}

impl Error for RequestError {}

impl From<HeadError> for RequestError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

impl From<ExtensionError> for RequestError {
    fn from(error: ExtensionError) -> Self {
        Self::Extensions(error)
    }
}

impl From<ParseError> for RequestError {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Head(error) => Self::Head(error),
            ParseError::Version => Self::HttpVersion,
        }
    }
}
