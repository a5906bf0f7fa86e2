//! What a client finds wrong with a response.

use core::error::Error;
use core::fmt;

use crate::deflate::DeflateError;
use crate::extension::ExtensionError;
use crate::http1::{HeadError, ParseError};

/// What a client finds wrong with a response: the server's fault.
///
/// The client drops the transport (RFC 6455 4.1, 7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseError {
    /// It is no HTTP, or too large.
    Head(HeadError),
    /// The version of HTTP is not 1.1 (RFC 6455 4.2.2, step 5).
    HttpVersion,
    /// A header that has to be there is not (RFC 6455 4.1).
    MissingHeader(&'static str),
    /// A header that may come once came more often.
    RepeatedHeader(&'static str),
    /// The status is 101 where there is nothing to switch to: over HTTP/2 or HTTP/3 (RFC 8441 5).
    SwitchingProtocols,
    /// `Upgrade` is not `websocket` (RFC 6455 4.1, item 2).
    Upgrade,
    /// `Connection` does not hold `Upgrade` (RFC 6455 4.1, item 3).
    Connection,
    /// `Sec-WebSocket-Accept` does not answer the key that was sent (RFC 6455 4.1, item 4).
    Accept,
    /// `Sec-WebSocket-Protocol` is not one that was offered (RFC 6455 4.1, item 6).
    SubprotocolNotOffered,
    /// Subprotocols were offered, one is required, and the server chose none.
    NoSubprotocol,
    /// An extension is not one that was offered (RFC 6455 4.1, item 5).
    ExtensionNotOffered,
    /// An extension comes twice.
    RepeatedExtension,
    /// `Sec-WebSocket-Extensions` departs from its grammar (RFC 6455 9.1).
    Extensions(ExtensionError),
    /// permessage-deflate is agreed on in a way that does not fit the offer (RFC 7692 7.1).
    Deflate(DeflateError),
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => write!(f, "{error}"),
            Self::HttpVersion => f.write_str("http version of the response is not 1.1"),
            Self::SwitchingProtocols => f.write_str("extended connect is answered with 101"),
            Self::MissingHeader(name) => write!(f, "response has no {name} header"),
            Self::RepeatedHeader(name) => write!(f, "response has several {name} headers"),
            Self::Upgrade => f.write_str("upgrade header is not websocket"),
            Self::Connection => f.write_str("connection header does not say upgrade"),
            Self::Accept => f.write_str("websocket accept header does not answer the key"),
            Self::SubprotocolNotOffered => f.write_str("subprotocol was not offered"),
            Self::NoSubprotocol => f.write_str("no subprotocol was chosen"),
            Self::ExtensionNotOffered => f.write_str("extension was not offered"),
            Self::RepeatedExtension => f.write_str("extension is agreed on twice"),
            Self::Extensions(error) => write!(f, "{error}"),
            Self::Deflate(error) => write!(f, "{error}"),
        }
    }
}

impl Error for ResponseError {}

impl From<HeadError> for ResponseError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

impl From<ExtensionError> for ResponseError {
    fn from(error: ExtensionError) -> Self {
        Self::Extensions(error)
    }
}

impl From<DeflateError> for ResponseError {
    fn from(error: DeflateError) -> Self {
        Self::Deflate(error)
    }
}

impl From<ParseError> for ResponseError {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Head(error) => Self::Head(error),
            ParseError::Version => Self::HttpVersion,
        }
    }
}
