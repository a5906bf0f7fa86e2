//! Errors in a list of extensions ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 9.1).

use core::error::Error;
use core::fmt;

/// A grammar error in the value of `Sec-WebSocket-Extensions` (RFC 6455, section 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionError {
    /// The header is present but contains no extension.
    EmptyList,
    /// The name of an extension is missing or not a token.
    Name,
    /// The name of a parameter is missing or not a token.
    ParameterName,
    /// The value of a parameter is missing or not a token.
    ParameterValue,
    /// A quoted value has no closing quote.
    UnterminatedQuote,
    /// The list contains this byte where a comma, a semicolon or the end of the list must be.
    UnexpectedByte(u8),
}

impl fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyList => f.write_str("the list of extensions is empty"),
            Self::Name => f.write_str("the name of an extension is not a token"),
            Self::ParameterName => f.write_str("the name of an extension parameter is not a token"),
            Self::ParameterValue => {
                f.write_str("the value of an extension parameter is not a token")
            }
            Self::UnterminatedQuote => {
                f.write_str("a quoted extension parameter has no closing quote")
            }
            Self::UnexpectedByte(byte) => {
                write!(f, "unexpected byte {byte:#04x} in the list of extensions")
            }
        }
    }
}

impl Error for ExtensionError {}
