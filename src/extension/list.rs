//! `Sec-WebSocket-Extensions` (RFC 6455 9.1).
//!
//! ```text
//! extension-list  = 1#extension
//! extension       = extension-token *( ";" extension-param )
//! extension-param = token [ "=" (token | quoted-string) ]   ; a token once it is unquoted
//! ```
//!
//! The grammar is that of RFC 2616 2.1: whitespace may stand between any two of its parts, and
//! empty elements of a list count for nothing, but there has to be one that is not empty.

use core::fmt;

use super::error::ExtensionError;
use super::grammar::{skip_whitespace, take_byte, take_token};
use super::parameter::{ExtensionParameter, ParameterIter, take_parameter};
use crate::http1::{Field, Headers, Values};

/// A list of extensions, in order of preference (an offer) or of application (an answer).
///
/// It yields an error where the text departs from the grammar, and nothing after that. What was
/// checked before, as by [`Request`](crate::handshake::Request), yields no error.
///
/// ```
/// use websocket_proto::handshake::Extensions;
///
/// let offer = b"permessage-deflate; client_max_window_bits; server_max_window_bits=\"10\", x-foo";
/// let mut extensions = Extensions::parse(offer);
///
/// let deflate = extensions.next().unwrap()?;
/// assert_eq!(deflate.name(), "permessage-deflate");
/// let [client, server] = deflate.parameters().collect::<Vec<_>>()[..] else { panic!() };
/// assert_eq!((client.name, client.value), ("client_max_window_bits", None));
/// assert_eq!(server.value.unwrap(), "10");
///
/// assert_eq!(extensions.next().unwrap()?.name(), "x-foo");
/// assert!(extensions.next().is_none());
/// # Ok::<(), websocket_proto::handshake::ExtensionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Extensions<'b> {
    /// What is left of the line.
    rest: &'b [u8],
    /// The lines after it.
    lines: Option<Values<'b, 'static>>,
    found: Found,
}

/// What was seen so far: at the end it tells an empty list, an error, from none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    NoLine,
    EmptyLines,
    Extension,
}

impl<'b> Extensions<'b> {
    /// The list in the value of one header line.
    #[must_use]
    pub const fn parse(value: &'b [u8]) -> Self {
        Self { rest: value, lines: None, found: Found::EmptyLines }
    }

    /// The list in every `Sec-WebSocket-Extensions` line: several make one list
    /// (RFC 6455 9.1). No line at all is no extension and no error.
    #[must_use]
    pub const fn of(headers: Headers<'b>) -> Self {
        Self::in_lines(headers.values(Self::HEADER))
    }

    /// As [`of`](Self::of), where it is known how many lines there are.
    pub(crate) const fn in_field(field: Field<'b>, headers: Headers<'b>) -> Self {
        Self::in_lines(field.values(headers, Self::HEADER))
    }

    const HEADER: &'static str = "Sec-WebSocket-Extensions";

    const fn in_lines(lines: Values<'b, 'static>) -> Self {
        Self { rest: b"", lines: Some(lines), found: Found::NoLine }
    }

    fn extension(&mut self) -> Result<Extension<'b>, ExtensionError> {
        let name = take_token(&mut self.rest).ok_or(ExtensionError::Name)?;
        let parameters = self.rest;
        loop {
            skip_whitespace(&mut self.rest);
            match self.rest.first() {
                None | Some(b',') => break,
                Some(b';') => take_parameter(&mut self.rest)?,
                Some(&byte) => return Err(ExtensionError::UnexpectedByte(byte)),
            };
        }
        let len = parameters.len() - self.rest.len();
        let parameters = parameters.get(..len).unwrap_or_default();
        Ok(Extension { name, parameters })
    }
}

impl<'b> Iterator for Extensions<'b> {
    type Item = Result<Extension<'b>, ExtensionError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            skip_whitespace(&mut self.rest);
            if take_byte(&mut self.rest, b',') {
                continue;
            }
            if !self.rest.is_empty() {
                break;
            }
            match self.lines.as_mut().and_then(Iterator::next) {
                Some(line) => {
                    self.rest = line;
                    if self.found == Found::NoLine {
                        self.found = Found::EmptyLines;
                    }
                }
                None if self.found == Found::EmptyLines => {
                    self.found = Found::NoLine;
                    return Some(Err(ExtensionError::EmptyList));
                }
                None => return None,
            }
        }
        self.found = Found::Extension;
        let extension = self.extension();
        if extension.is_err() {
            self.rest = b"";
            self.lines = None;
        }
        Some(extension)
    }
}

/// One extension of a list, with its parameters.
///
/// Parameters are handed over as they came, in order: whether one may be repeated, or must have a
/// value, is for the extension's own specification to say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extension<'b> {
    name: &'b str,
    /// The text behind the name, which follows the grammar: nothing, or `;` and a parameter.
    parameters: &'b [u8],
}

impl<'b> Extension<'b> {
    /// The name, a token such as `permessage-deflate`. Names are compared with their case.
    #[must_use]
    pub const fn name(&self) -> &'b str {
        self.name
    }

    /// The parameters in order.
    pub fn parameters(&self) -> impl Iterator<Item = ExtensionParameter<'b>> + Clone + use<'b> {
        ParameterIter::new(self.parameters)
    }
}

impl fmt::Debug for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.parameters.escape_ascii())
    }
}
