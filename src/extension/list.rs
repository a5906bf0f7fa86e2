//! Parses `Sec-WebSocket-Extensions` ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 9.1).
//!
//! ```text
//! extension-list  = 1#extension
//! extension       = extension-token *( ";" extension-param )
//! extension-param = token [ "=" (token | quoted-string) ]   ; a token once it is unquoted
//! ```
//!
//! The grammar follows RFC 2616, section 2.1. Whitespace may stand between any two parts. Empty
//! elements of the list are ignored. A list to send must have an element that is not empty. Header
//! lines without any element count as absent, as most servers read them.

use core::fmt;

use super::error::ExtensionError;
use super::grammar::{skip_whitespace, take_byte, take_token};
use super::parameter::{ExtensionParameter, ParameterIter, take_parameter};
use crate::http1::{Field, Headers, Values};

/// An iterator over a list of extensions.
///
/// An offer lists the extensions in order of preference. An answer lists them in the order in which
/// they apply.
///
/// At a grammar error the iterator yields the error and then ends. A list that was checked before
/// yields no error. For example, [`Request`](crate::handshake::Request) checks its list.
///
/// ```
/// use websocket_proto::extension::Extensions;
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
/// # Ok::<(), websocket_proto::extension::ExtensionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Extensions<'b> {
    /// The unread rest of the current line.
    rest: &'b [u8],
    /// The lines after the current line.
    lines: Option<Values<'b, 'static>>,
    /// Whether it is an error if the list ends here.
    needs_element: bool,
}

impl<'b> Extensions<'b> {
    /// Parses the list in the value of one header line. It is an error if the list has no element.
    #[must_use]
    pub const fn parse(value: &'b [u8]) -> Self {
        Self { rest: value, lines: None, needs_element: true }
    }

    /// Parses the list in all `Sec-WebSocket-Extensions` lines of `headers`.
    ///
    /// Several lines make one list (RFC 6455, section 9.1). If there is no line, or if no line has an
    /// element, the list has no extension and no error.
    #[must_use]
    pub const fn of(headers: Headers<'b>) -> Self {
        Self::in_lines(headers.values(Self::HEADER))
    }

    /// Does the same as [`of`](Self::of), for a field that has already been counted.
    pub(crate) const fn in_field(field: Field<'b>, headers: Headers<'b>) -> Self {
        Self::in_lines(field.values(headers, Self::HEADER))
    }

    const HEADER: &'static str = "Sec-WebSocket-Extensions";

    const fn in_lines(lines: Values<'b, 'static>) -> Self {
        Self { rest: b"", lines: Some(lines), needs_element: false }
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
                Some(line) => self.rest = line,
                None if self.needs_element => {
                    self.needs_element = false;
                    return Some(Err(ExtensionError::EmptyList));
                }
                None => return None,
            }
        }
        self.needs_element = false;
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
/// The parameters have the order in which they were sent. Each extension's own specification
/// defines whether a parameter may be repeated and whether it must have a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Extension<'b> {
    name: &'b str,
    /// The text after the name: any number of parameters, each after a `;`. It follows the grammar.
    parameters: &'b [u8],
}

impl<'b> Extension<'b> {
    /// Returns the name, a token such as `permessage-deflate`. Names are case-sensitive.
    #[must_use]
    pub const fn name(&self) -> &'b str {
        self.name
    }

    /// Returns an iterator over the parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = ExtensionParameter<'b>> + Clone + use<'b> {
        ParameterIter::new(self.parameters)
    }
}

impl fmt::Debug for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.parameters.escape_ascii())
    }
}
