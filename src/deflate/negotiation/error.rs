//! The errors in a server's response about permessage-deflate.

use core::error::Error;
use core::fmt;

/// An error in a server's response about permessage-deflate
/// ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeflateError {
    /// The response has a parameter that RFC 7692 does not define.
    UnknownParameter,
    /// The response has the named parameter twice.
    RepeatedParameter(&'static str),
    /// The named parameter lacks its value, has a value although it must have none, or has a value
    /// other than 8 to 15.
    Value(&'static str),
    /// The response lacks the named parameter, which the offer requires.
    MissingParameter(&'static str),
    /// The server's window is larger than the offered window.
    WindowTooLarge {
        /// The base-2 logarithm of the server's window in bytes.
        bits: u8,
        /// The base-2 logarithm of the offered window in bytes.
        offered: u8,
    },
}

impl fmt::Display for DeflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownParameter => {
                f.write_str("the permessage-deflate response has an unknown parameter")
            }
            Self::RepeatedParameter(name) => {
                write!(f, "the permessage-deflate response has more than one {name} parameter")
            }
            Self::Value(name) => {
                write!(f, "the permessage-deflate response has an invalid {name} parameter")
            }
            Self::MissingParameter(name) => {
                write!(f, "the permessage-deflate response has no {name}, which the offer requires")
            }
            Self::WindowTooLarge { bits, offered } => {
                write!(
                    f,
                    "server_max_window_bits={bits} in the response exceeds {offered} in the offer"
                )
            }
        }
    }
}

impl Error for DeflateError {}
