//! Why a request or response cannot be written.

use core::error::Error;
use core::fmt;

use crate::extension::ExtensionError;
use crate::http1::HeadWriteError;

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
