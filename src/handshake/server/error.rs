//! What a server finds wrong with a request.

use core::error::Error;
use core::fmt;

use crate::extension::ExtensionError;
use crate::handshake::headers::MAX_SUBPROTOCOLS;
use crate::http1::{HeadError, ParseError};

/// What a server finds wrong with a request: the client's fault.
///
/// Each knows the [`status`](Self::status) that tells the client, and the whole response is
/// [`refusal`](Self::refusal).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// It is no HTTP, or too large. 400 or 431.
    Head(HeadError),
    /// The method is not `GET` (RFC 6455 4.2.1, item 1). 405.
    Method,
    /// The version of HTTP is not 1.1 (RFC 6455 4.2.1, item 1). 505.
    HttpVersion,
    /// The target is neither a path nor an http(s) URI, or has a fragment (RFC 6455 3). 400.
    Target,
    /// A header that has to be there is not (RFC 6455 4.2.1). 400.
    MissingHeader(&'static str),
    /// A header that may come once came more often. 400.
    RepeatedHeader(&'static str),
    /// `Host` is not a host with or without a port (RFC 9112 3.2). 400.
    Host,
    /// `Upgrade` names a version of `websocket`, or something that is no protocol beside it
    /// (RFC 6455 4.2.1, item 3). 400.
    Upgrade,
    /// `Connection` is not a list of tokens with `Upgrade` among them (RFC 6455 4.2.1, item 4).
    /// 400.
    Connection,
    /// `Sec-WebSocket-Version` is missing or not `13` (RFC 6455 4.4). 426.
    Version,
    /// `Sec-WebSocket-Key` is not the base64 of 16 bytes (RFC 6455 4.2.1, item 5). 400.
    Key,
    /// `Origin` is not visible ASCII (RFC 6454 7.1). 400.
    Origin,
    /// `Sec-WebSocket-Protocol` is not a list of tokens (RFC 6455 4.1, item 10). 400.
    Subprotocol,
    /// A subprotocol is offered twice (RFC 6455 4.1, item 10). 400.
    DuplicateSubprotocol,
    /// More than [`MAX_SUBPROTOCOLS`] are offered. 431.
    TooManySubprotocols,
    /// `Sec-WebSocket-Extensions` departs from its grammar (RFC 6455 9.1). 400.
    Extensions(ExtensionError),
    /// There is a body: it would be taken for frames. 400.
    Body,
}

impl RequestError {
    /// The status of the response that tells the client.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::Version => 426,
            Self::Head(HeadError::TooLarge { .. } | HeadError::TooManyHeaders { .. })
            | Self::TooManySubprotocols => 431,
            Self::HttpVersion => 505,
            _ => 400,
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => write!(f, "{error}"),
            Self::Method => f.write_str("method of a websocket request is not GET"),
            Self::HttpVersion => f.write_str("http version of the request is not 1.1"),
            Self::Target => f.write_str("request target is not a path or http uri"),
            Self::MissingHeader(name) => write!(f, "request has no {name} header"),
            Self::RepeatedHeader(name) => write!(f, "request has several {name} headers"),
            Self::Host => f.write_str("host header is not a host and port"),
            Self::Upgrade => f.write_str("upgrade header is not websocket"),
            Self::Connection => f.write_str("connection header does not say upgrade"),
            Self::Version => f.write_str("websocket version is not 13"),
            Self::Key => f.write_str("websocket key is not the base64 of 16 bytes"),
            Self::Origin => f.write_str("origin header is not visible ascii"),
            Self::Subprotocol => f.write_str("an offered subprotocol is not a token"),
            Self::DuplicateSubprotocol => f.write_str("a subprotocol is offered twice"),
            Self::TooManySubprotocols => {
                write!(f, "more than {MAX_SUBPROTOCOLS} subprotocols are offered")
            }
            Self::Extensions(error) => write!(f, "{error}"),
            Self::Body => f.write_str("websocket request has a body"),
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
