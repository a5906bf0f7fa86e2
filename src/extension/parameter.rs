//! The parameters of an extension ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 9.1).

use core::fmt;

use super::error::ExtensionError;
use super::grammar::{skip_whitespace, take_byte, take_token};
use crate::http1::grammar::is_token_byte;

/// One parameter of an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtensionParameter<'b> {
    /// The name, a token.
    pub name: &'b str,
    /// The value after the `=`, if there is an `=`. In `a` the parameter has no value; `a=` is
    /// malformed.
    pub value: Option<ParameterValue<'b>>,
}

/// The value of a parameter, which is a token (RFC 6455, section 9.1).
///
/// The peer may have sent the token as a quoted string.
///
/// ```
/// use websocket_proto::extension::Extensions;
///
/// let extension = Extensions::parse(br#"x-foo; a="1\5""#).next().unwrap()?;
/// let value = extension.parameters().next().unwrap().value.unwrap();
/// assert_eq!(value, "15");
/// assert_eq!(value.to_string(), "15");
/// assert!(value.bytes().eq(*b"15"));
/// # Ok::<(), websocket_proto::extension::ExtensionError>(())
/// ```
#[derive(Clone, Copy)]
pub struct ParameterValue<'b> {
    /// The text as sent, without the quotes. A token contains no backslash, so each backslash in
    /// this text escapes the next byte.
    escaped: &'b [u8],
}

impl<'b> ParameterValue<'b> {
    /// Returns the bytes of the value, unescaped. There is at least one byte, and all bytes are
    /// ASCII.
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

/// An iterator over the parameters in a text that was checked before.
#[derive(Clone, Debug)]
pub(super) struct ParameterIter<'b> {
    rest: &'b [u8],
}

impl<'b> ParameterIter<'b> {
    pub(super) const fn new(rest: &'b [u8]) -> Self {
        Self { rest }
    }
}

impl<'b> Iterator for ParameterIter<'b> {
    type Item = ExtensionParameter<'b>;

    fn next(&mut self) -> Option<Self::Item> {
        skip_whitespace(&mut self.rest);
        take_parameter(&mut self.rest).ok()
    }
}

/// Takes `; name` or `; name=value`. The text must begin with the semicolon.
pub(super) fn take_parameter<'b>(
    rest: &mut &'b [u8],
) -> Result<ExtensionParameter<'b>, ExtensionError> {
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

/// Takes a quoted string, after its opening quote. The unescaped value must be a token (RFC 6455,
/// section 9.1).
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
