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
use super::grammar::{is_token_byte, token, token_run};
use super::headers::{Field, Headers, Values};

/// A list of extensions, in order of preference (an offer) or of application (an answer).
///
/// It yields an error where the text departs from the grammar, and nothing after that. What was
/// checked before, as by [`Request`](super::Request), yields no error.
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
    pub(super) const fn in_field(field: Field<'b>, headers: Headers<'b>) -> Self {
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
        Parameters { rest: self.parameters }
    }
}

impl fmt::Debug for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.parameters.escape_ascii())
    }
}

/// One parameter of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionParameter<'b> {
    /// The name, a token.
    pub name: &'b str,
    /// What stands behind the `=`, if anything: `a` has none, and `a=` is malformed.
    pub value: Option<ParameterValue<'b>>,
}

/// The value of a parameter: a token, whether or not it came as a quoted string
/// (RFC 6455 9.1).
///
/// ```
/// use websocket_proto::handshake::Extensions;
///
/// let extension = Extensions::parse(br#"x-foo; a="1\5""#).next().unwrap()?;
/// let value = extension.parameters().next().unwrap().value.unwrap();
/// assert_eq!(value, "15");
/// assert_eq!(value.to_string(), "15");
/// assert!(value.bytes().eq(*b"15"));
/// # Ok::<(), websocket_proto::handshake::ExtensionError>(())
/// ```
#[derive(Clone, Copy)]
pub struct ParameterValue<'b> {
    /// The text as sent, without the quotes. No token holds a backslash, so that each one in
    /// here escapes the byte behind it.
    escaped: &'b [u8],
}

impl<'b> ParameterValue<'b> {
    /// The bytes of the value, unescaped. There is at least one, and all are ASCII.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + Clone + use<'b> {
        self.escaped.iter().copied().filter(|&byte| byte != b'\\')
    }
}

impl PartialEq for ParameterValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for ParameterValue<'_> {}

impl PartialEq<str> for ParameterValue<'_> {
    fn eq(&self, other: &str) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl PartialEq<&str> for ParameterValue<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for ParameterValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().try_for_each(|byte| write!(f, "{}", char::from(byte)))
    }
}

impl fmt::Debug for ParameterValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// The parameters in text that was checked.
#[derive(Clone, Debug)]
struct Parameters<'b> {
    rest: &'b [u8],
}

impl<'b> Iterator for Parameters<'b> {
    type Item = ExtensionParameter<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        skip_whitespace(&mut self.rest);
        take_parameter(&mut self.rest).ok()
    }
}

/// Takes `; name` or `; name=value`; the text begins with the semicolon.
fn take_parameter<'b>(rest: &mut &'b [u8]) -> Result<ExtensionParameter<'b>, ExtensionError> {
    take_byte(rest, b';');
    skip_whitespace(rest);
    let name = take_token(rest).ok_or(ExtensionError::ParameterName)?;
    skip_whitespace(rest);
    if !take_byte(rest, b'=') {
        return Ok(ExtensionParameter { name, value: None });
    }
    skip_whitespace(rest);
    let escaped = if take_byte(rest, b'"') {
        take_quoted(rest)?
    } else {
        let value = take_token(rest).ok_or(ExtensionError::ParameterValue)?;
        value.as_bytes()
    };
    let value = Some(ParameterValue { escaped });
    Ok(ExtensionParameter { name, value })
}

/// Takes a quoted string behind its opening quote. RFC 6455 9.1: what it says has to be a token.
fn take_quoted<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], ExtensionError> {
    let mut len = 0;
    loop {
        match rest.get(len..).unwrap_or_default() {
            [] | [b'\\'] => return Err(ExtensionError::UnterminatedQuote),
            [b'"', after @ ..] if len > 0 => {
                let quoted = rest.get(..len).unwrap_or_default();
                *rest = after;
                return Ok(quoted);
            }
            [b'\\', byte, ..] if is_token_byte(*byte) => len += 2,
            [byte, ..] if is_token_byte(*byte) => len += 1,
            _ => return Err(ExtensionError::ParameterValue),
        }
    }
}

/// Takes the longest token at the front; `None` when there is none.
fn take_token<'b>(rest: &mut &'b [u8]) -> Option<&'b str> {
    let (name, after) = rest.split_at_checked(token_run(rest))?;
    *rest = after;
    token(name)
}

/// Takes one byte if it is this one.
fn take_byte(rest: &mut &[u8], byte: u8) -> bool {
    let is_there = rest.first() == Some(&byte);
    if is_there {
        rest.split_off_first();
    }
    is_there
}

fn skip_whitespace(rest: &mut &[u8]) {
    while let [b' ' | b'\t', after @ ..] = *rest {
        *rest = after;
    }
}
