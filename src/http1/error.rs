//! What can be wrong with a head, read or written.

use core::error::Error;
use core::fmt;

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

/// Why a head cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// It is not the head of an HTTP message, or it exceeds the limits.
    Head(HeadError),
    /// It is the head of another version of HTTP.
    Version,
}

impl From<HeadError> for ParseError {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

/// Why a head was not written. The index counts the caller's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadWriteError {
    /// The output is too small for the head, which takes `needed` bytes.
    BufferTooSmall { needed: usize },
    /// The name of a header is not a token.
    HeaderName { index: usize },
    /// The value of a header holds a control byte.
    HeaderValue { index: usize },
    /// A header of this name is not the caller's to write.
    ReservedHeader { index: usize },
}
