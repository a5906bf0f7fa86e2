//! What can be wrong with a server's answer.

use core::error::Error;
use core::fmt;

/// What a server's answer about permessage-deflate does wrong (RFC 7692 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeflateError {
    /// A parameter that RFC 7692 does not define.
    UnknownParameter,
    /// A parameter comes twice.
    RepeatedParameter(&'static str),
    /// A parameter's value is missing, is there though none may be, or is not one from 8 to 15.
    Value(&'static str),
    /// A parameter that was offered, and that the server may not leave out.
    MissingParameter(&'static str),
    /// The server's window is larger than the one that was offered.
    WindowTooLarge {
        /// The logarithm of what the server wants.
        bits: u8,
        /// The logarithm of what was offered.
        offered: u8,
    },
}

impl fmt::Display for DeflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownParameter => f.write_str("permessage-deflate has an unknown parameter"),
            Self::RepeatedParameter(name) => write!(f, "permessage-deflate has several {name}"),
            Self::Value(name) => write!(f, "permessage-deflate has an invalid {name}"),
            Self::MissingParameter(name) => {
                write!(f, "permessage-deflate has no {name}, which was asked for")
            }
            Self::WindowTooLarge { bits, offered } => {
                write!(f, "server_max_window_bits is {bits}, which exceeds {offered}")
            }
        }
    }
}

impl Error for DeflateError {}
