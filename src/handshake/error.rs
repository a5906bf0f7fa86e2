//! What can go wrong in a handshake, by whose fault it is.

use core::error::Error;
use core::fmt;

use super::deflate::DeflateError;
use super::request::MAX_SUBPROTOCOLS;

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

/// Why bytes are not the head of an HTTP message: the peer's fault, in either role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadError {
    /// This byte cannot be in the first word of an HTTP message: another protocol is spoken,
    /// such as TLS.
    NotHttp(u8),
    /// The head is larger than [`HeadLimits::bytes`](super::HeadLimits::bytes).
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The head has more header lines than [`HeadLimits::headers`](super::HeadLimits::headers)
    /// and [`HeadLimits::MAX_HEADERS`](super::HeadLimits::MAX_HEADERS) allow.
    TooManyHeaders {
        /// The limit, in lines.
        limit: usize,
    },
    /// The request line or status line is malformed (RFC 9112 3, 4).
    StartLine,
    /// A header line does not begin with a token and a colon: there is whitespace in front of it
    /// (RFC 9112 5.2, obs-fold) or between the two (5.1), or the name has other bytes.
    HeaderName,
    /// The value of a header holds a control byte (RFC 9110 5.5).
    HeaderValue,
    /// A line ends in LF without CR (RFC 9112 2.2).
    BareLineFeed,
    /// CR comes without LF (RFC 9112 2.2).
    BareCarriageReturn,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp(byte) => write!(f, "byte {byte:#04x} cannot begin an http message"),
            Self::TooLarge { limit } => write!(f, "http head exceeds {limit} bytes"),
            Self::TooManyHeaders { limit } => write!(f, "http head exceeds {limit} headers"),
            Self::StartLine => f.write_str("first line of the http head is malformed"),
            Self::HeaderName => f.write_str("header line does not begin with a name and a colon"),
            Self::HeaderValue => f.write_str("value of a header holds a control byte"),
            Self::BareLineFeed => f.write_str("line feed without carriage return in the http head"),
            Self::BareCarriageReturn => {
                f.write_str("carriage return without line feed in the http head")
            }
        }
    }
}

impl Error for HeadError {}

/// How `Sec-WebSocket-Extensions` departs from its grammar (RFC 6455 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionError {
    /// The header is there, but no extension in it.
    EmptyList,
    /// An extension's name is not a token.
    Name,
    /// A parameter's name is missing or not a token.
    ParameterName,
    /// A parameter's value is missing or not a token.
    ParameterValue,
    /// A quoted value does not end.
    UnterminatedQuote,
    /// This byte stands where a comma, a semicolon or the end has to be.
    UnexpectedByte(u8),
}

impl fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyList => f.write_str("list of extensions is empty"),
            Self::Name => f.write_str("name of an extension is not a token"),
            Self::ParameterName => f.write_str("name of an extension parameter is not a token"),
            Self::ParameterValue => f.write_str("value of an extension parameter is not a token"),
            Self::UnterminatedQuote => f.write_str("quoted extension parameter does not end"),
            Self::UnexpectedByte(byte) => write!(f, "byte {byte:#04x} in the list of extensions"),
        }
    }
}

impl Error for ExtensionError {}

/// Why a request or response was not written: the caller's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// It does not fit.
    BufferTooSmall {
        /// How many bytes it takes.
        needed: usize,
    },
    /// The target does not begin with `/`, or holds `#`, a space, a control or a byte beyond
    /// ASCII.
    Target,
    /// The host is not a host with or without a port, or the port is given twice.
    Host,
    /// The origin is not visible ASCII.
    Origin,
    /// A subprotocol to offer is not a token.
    Subprotocol {
        /// Which of them.
        index: usize,
    },
    /// A subprotocol to offer is one of those in front of it.
    DuplicateSubprotocol {
        /// Which of them.
        index: usize,
    },
    /// The subprotocol to agree on is not one that the client offered.
    SubprotocolNotOffered,
    /// The extensions depart from their grammar.
    Extensions(ExtensionError),
    /// An extension to agree on is not one that the client offered.
    ExtensionNotOffered,
    /// The name of one of the caller's headers is not a token.
    HeaderName {
        /// Which of them.
        index: usize,
    },
    /// The value of one of the caller's headers holds CR, LF, NUL or another control.
    HeaderValue {
        /// Which of them.
        index: usize,
    },
    /// One of the caller's headers is for the handshake to write.
    ReservedHeader {
        /// Which of them.
        index: usize,
    },
    /// The status is not one from 200 to 599 whose response has a body.
    Status {
        /// The status.
        status: u16,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall { needed } => write!(f, "http head takes {needed} bytes"),
            Self::Target => f.write_str("request target is not a path"),
            Self::Host => f.write_str("host is not a host and port"),
            Self::Origin => f.write_str("origin is not visible ascii"),
            Self::Subprotocol { index } => write!(f, "subprotocol {index} is not a token"),
            Self::DuplicateSubprotocol { index } => write!(f, "subprotocol {index} is a duplicate"),
            Self::SubprotocolNotOffered => f.write_str("subprotocol was not offered"),
            Self::Extensions(error) => write!(f, "{error}"),
            Self::ExtensionNotOffered => f.write_str("extension was not offered"),
            Self::HeaderName { index } => write!(f, "name of header {index} is not a token"),
            Self::HeaderValue { index } => write!(f, "value of header {index} holds a control"),
            Self::ReservedHeader { index } => {
                write!(f, "header {index} is for the handshake to write")
            }
            Self::Status { status } => write!(f, "status {status} cannot refuse a websocket"),
        }
    }
}

impl Error for WriteError {}

impl From<ExtensionError> for WriteError {
    fn from(error: ExtensionError) -> Self {
        Self::Extensions(error)
    }
}
