//! Errors of reading and of writing the head of an HTTP message
//! ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112)).

use core::error::Error;
use core::fmt;

/// An error in the head of an HTTP message that the peer sent.
///
/// Both roles use this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadError {
    /// The first word of the message contains this byte, which HTTP does not allow there. The peer
    /// speaks another protocol.
    NotHttp(u8),
    /// The message begins with a TLS record (RFC 8446, section 5.1): the peer speaks TLS, and this
    /// endpoint does not.
    Tls,
    /// The message begins with the preface of HTTP/2 (RFC 9113, section 3.4).
    Http2,
    /// The head is larger than [`HeadLimits::bytes`](super::HeadLimits::bytes).
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The head has more header lines than [`HeadLimits::headers`](super::HeadLimits::headers) or
    /// [`HeadLimits::MAX_HEADERS`](super::HeadLimits::MAX_HEADERS) allows.
    TooManyHeaders {
        /// The limit, in header lines.
        limit: usize,
    },
    /// The request line or the status line is malformed (RFC 9112, sections 3 and 4).
    StartLine,
    /// A header line does not begin with a token and a colon.
    ///
    /// For example, there is whitespace between the name and the colon (RFC 9112, section 5.1), or
    /// the name contains a byte that is not allowed in a token.
    HeaderName,
    /// A header line begins with whitespace, so it continues the line before it. This line folding
    /// is obsolete (RFC 9112, section 5.2). In a request it is an error, because a proxy in front
    /// of the server may have read the line in another way. In a response,
    /// [`HeadScanner::unfold`](super::HeadScanner::unfold) replaces it by spaces.
    FoldedLine,
    /// The value of a header contains a control byte (RFC 9110, section 5.5).
    HeaderValue,
    /// A line ends in LF without CR (RFC 9112, section 2.2).
    BareLineFeed,
    /// A CR is not followed by LF (RFC 9112, section 2.2).
    BareCarriageReturn,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp(byte) => {
                write!(f, "the message is not HTTP: unexpected byte {byte:#04x} in the first word")
            }
            Self::Tls => f.write_str(
                "the peer speaks TLS, but HTTP/1.1 without TLS was expected: a client needs a wss \
                 URL here, and a server must accept TLS first",
            ),
            Self::Http2 => f.write_str(
                "the peer speaks HTTP/2, but HTTP/1.1 was expected: offer only http/1.1 in ALPN, or \
                 use extended CONNECT",
            ),
            Self::TooLarge { limit } => {
                write!(f, "the HTTP head exceeds the limit of {limit} bytes")
            }
            Self::TooManyHeaders { limit } => {
                write!(f, "the HTTP head exceeds the limit of {limit} headers")
            }
            Self::StartLine => f.write_str("the first line of the HTTP head is malformed"),
            Self::HeaderName => f.write_str("a header line does not begin with a name and a colon"),
            Self::FoldedLine => f.write_str("a header line continues the line before it"),
            Self::HeaderValue => f.write_str("the value of a header contains a control byte"),
            Self::BareLineFeed => {
                f.write_str("the HTTP head contains a line feed without a carriage return")
            }
            Self::BareCarriageReturn => {
                f.write_str("the HTTP head contains a carriage return without a line feed")
            }
        }
    }
}

impl Error for HeadError {}

/// The reason why a head cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The bytes are not the head of an HTTP message, or the head exceeds the limits.
    Head(HeadError),
    /// The head belongs to another version of HTTP than 1.0 and 1.1.
    Version,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(error) => error.fmt(f),
            Self::Version => f.write_str("the HTTP version is neither 1.0 nor 1.1"),
        }
    }
}

impl Error for ParseError {}

impl From<HeadError> for ParseError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

/// The reason why a head was not written. `index` counts the caller's headers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadWriteError {
    /// The output is too small for the message, which takes `needed` bytes.
    BufferTooSmall { needed: usize },
    /// The name of a header is not a token.
    HeaderName { index: usize },
    /// The value of a header contains a control byte.
    HeaderValue { index: usize },
    /// The caller may not write a header of this name.
    ReservedHeader { index: usize },
}
