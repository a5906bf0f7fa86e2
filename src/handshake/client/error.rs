//! Errors in a server's response ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

use core::error::Error;
use core::fmt;

use crate::deflate::DeflateError;
use crate::extension::ExtensionError;
use crate::http1::{HeadError, ParseError};

/// An error that a client finds in a response. The server is at fault.
///
/// The client drops the transport (RFC 6455, sections 4.1 and 7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseError {
    /// The response is not HTTP, or its head is too large.
    Head(HeadError),
    /// The version of HTTP is not 1.1 (RFC 6455, section 4.2.2, step 5).
    HttpVersion,
    /// The response does not have this required header (RFC 6455, section 4.1).
    MissingHeader(&'static str),
    /// The response has this header more than once, but only one is allowed.
    RepeatedHeader(&'static str),
    /// The status is 101, but over HTTP/2 and HTTP/3 there is no protocol to switch to (RFC 8441,
    /// section 5).
    SwitchingProtocols,
    /// `Upgrade` is not `websocket` (RFC 6455, section 4.1, item 2 of the last list).
    Upgrade,
    /// `Connection` does not contain `Upgrade` (RFC 6455, section 4.1, item 3 of the last list).
    Connection,
    /// `Sec-WebSocket-Accept` does not match the key in the request (RFC 6455, section 4.1, item 4
    /// of the last list).
    Accept,
    /// `Sec-WebSocket-Protocol` is not one of the offered subprotocols (RFC 6455, section 4.1,
    /// item 6 of the last list).
    SubprotocolNotOffered,
    /// The server chose no subprotocol, although the client offered some and requires one.
    NoSubprotocol,
    /// An extension was not offered (RFC 6455, section 4.1, item 5 of the last list).
    ExtensionNotOffered,
    /// The response lists an extension twice.
    RepeatedExtension,
    /// `Sec-WebSocket-Extensions` is malformed (RFC 6455, section 9.1).
    Extensions(ExtensionError),
    /// The answer to permessage-deflate does not match the offer (RFC 7692, section 7.1).
    Deflate(DeflateError),
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => write!(f, "{error}"),
            Self::HttpVersion => f.write_str("the HTTP version of the response is not 1.1"),
            Self::SwitchingProtocols => {
                f.write_str("the server answered an extended CONNECT with status 101")
            }
            Self::MissingHeader(name) => write!(f, "the response has no {name} header"),
            Self::RepeatedHeader(name) => write!(f, "the response has more than one {name} header"),
            Self::Upgrade => f.write_str("the Upgrade header is not websocket"),
            Self::Connection => f.write_str("the Connection header does not contain Upgrade"),
            Self::Accept => f.write_str("the Sec-WebSocket-Accept header does not match the key"),
            Self::SubprotocolNotOffered => {
                f.write_str("the server chose a subprotocol that was not offered")
            }
            Self::NoSubprotocol => f.write_str("the server chose no subprotocol"),
            Self::ExtensionNotOffered => {
                f.write_str("the server chose an extension that was not offered")
            }
            Self::RepeatedExtension => f.write_str("the server chose the same extension twice"),
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
