//! Errors of writing a request or a response.

use core::error::Error;
use core::fmt;

use crate::extension::ExtensionError;
use crate::http1::HeadWriteError;

/// The reason why a request or a response was not written. The caller is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// The output buffer is too small.
    BufferTooSmall {
        /// The length of the whole message, in bytes.
        needed: usize,
    },
    /// The method of the request is not `GET`.
    Method,
    /// The version of the request is not HTTP/1.1.
    HttpVersion,
    /// The target does not begin with `/`, or it contains `#`, a space, a control byte or a byte
    /// outside ASCII.
    Target,
    /// The host is not a host with an optional port, or the port is given twice.
    Host,
    /// The origin is not visible ASCII.
    Origin,
    /// An offered subprotocol is not a token.
    Subprotocol {
        /// The index of the subprotocol, from 0.
        index: usize,
    },
    /// An offered subprotocol equals an earlier one.
    DuplicateSubprotocol {
        /// The index of the second one, from 0.
        index: usize,
    },
    /// The client did not offer the chosen subprotocol.
    SubprotocolNotOffered,
    /// The list of extensions is malformed.
    Extensions(ExtensionError),
    /// The client did not offer one of the chosen extensions.
    ExtensionNotOffered,
    /// The name of one of the caller's headers is not a token.
    HeaderName {
        /// The index of the header, from 0.
        index: usize,
    },
    /// The value of one of the caller's headers contains CR, LF, NUL or another control byte.
    HeaderValue {
        /// The index of the header, from 0.
        index: usize,
    },
    /// One of the caller's headers is a header that the crate writes itself.
    ReservedHeader {
        /// The index of the header, from 0.
        index: usize,
    },
    /// The status is not from 200 to 599, or a response with this status has no body.
    Status {
        /// The status.
        status: u16,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall { needed } => {
                write!(f, "the output buffer is too small: the message takes {needed} bytes")
            }
            Self::Method => f.write_str("the method of the request is not GET"),
            Self::HttpVersion => f.write_str("the version of the request is not HTTP/1.1"),
            Self::Target => f.write_str("the request target is not a valid path"),
            Self::Host => f.write_str("the host is not a host with an optional port"),
            Self::Origin => f.write_str("the origin is not visible ASCII"),
            Self::Subprotocol { index } => {
                write!(f, "the subprotocol at index {index} is not a token")
            }
            Self::DuplicateSubprotocol { index } => {
                write!(f, "the subprotocol at index {index} is a duplicate")
            }
            Self::SubprotocolNotOffered => {
                f.write_str("the client did not offer the chosen subprotocol")
            }
            Self::Extensions(error) => write!(f, "{error}"),
            Self::ExtensionNotOffered => f.write_str("the client did not offer a chosen extension"),
            Self::HeaderName { index } => {
                write!(f, "the name of the header at index {index} is not a token")
            }
            Self::HeaderValue { index } => {
                write!(f, "the value of the header at index {index} contains a control byte")
            }
            Self::ReservedHeader { index } => {
                write!(f, "the header at index {index} is reserved for the handshake")
            }
            Self::Status { status } => write!(f, "a refusal cannot have status {status}"),
        }
    }
}

impl Error for WriteError {}

impl From<ExtensionError> for WriteError {
    fn from(error: ExtensionError) -> Self {
        Self::Extensions(error)
    }
}

impl From<HeadWriteError> for WriteError {
    fn from(error: HeadWriteError) -> Self {
        match error {
            HeadWriteError::BufferTooSmall { needed } => Self::BufferTooSmall { needed },
            HeadWriteError::HeaderName { index } => Self::HeaderName { index },
            HeadWriteError::HeaderValue { index } => Self::HeaderValue { index },
            HeadWriteError::ReservedHeader { index } => Self::ReservedHeader { index },
        }
    }
}
