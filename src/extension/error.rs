//! What can be wrong with a list of extensions.

use core::error::Error;
use core::fmt;

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
