//! Header values that are sent but not shown.

use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of a header, which may contain a credential. `Debug` does not show it, so that it does
/// not appear in a log.
#[derive(Clone)]
pub(super) struct Secret(Vec<u8>);

impl Secret {
    /// Creates the credentials of `Basic` authentication from the user information of a URL, which
    /// is the text before the `@` ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617), section 2).
    /// Returns `None` if it is empty.
    pub(super) fn basic(user_info: &str) -> Result<Option<Self>, CannotBeSent> {
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let (user, password) = (decode(user)?, decode(password)?);
        // RFC 7617, section 2: the first colon ends the user name.
        if user.contains(&b':') {
            return Err(CannotBeSent);
        }
        if user.is_empty() && password.is_empty() {
            return Ok(None);
        }
        let credentials = STANDARD.encode([&user[..], b":", &password].concat());
        Ok(Some(Self(format!("Basic {credentials}").into())))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Secret {
    fn from(value: &[u8]) -> Self {
        Self(value.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// The error of a user name or password that its grammar does not allow.
#[derive(Clone, Copy, Debug)]
pub(super) struct CannotBeSent;

/// Decodes a user name or a password. [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986), section
/// 3.2.1: `userinfo = *( unreserved / pct-encoded / sub-delims / ":" )`. RFC 7617, section 2: no
/// control characters.
fn decode(text: &str) -> Result<Vec<u8>, CannotBeSent> {
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest
            }
            [byte, rest @ ..] if is_user_info_byte(*byte) => rest,
            _ => return Err(CannotBeSent),
        }
    }
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    if decoded.iter().any(u8::is_ascii_control) {
        return Err(CannotBeSent);
    }
    Ok(decoded)
}

const fn is_user_info_byte(byte: u8) -> bool {
    let is_unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let is_sub_delimiter = matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':'
    );
    is_unreserved || is_sub_delimiter
}
