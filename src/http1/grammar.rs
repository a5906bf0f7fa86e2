//! Small grammars that several headers share ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110),
//! [RFC 6454](https://www.rfc-editor.org/rfc/rfc6454)).

use core::str;

/// Returns `bytes` as text if they are one token. Returns `None` if they are empty or contain any
/// other byte.
pub(crate) fn token(bytes: &[u8]) -> Option<&str> {
    is_token(bytes).then(|| str::from_utf8(bytes).ok())?
}

/// Returns whether `bytes` are one token.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && token_run(bytes) == bytes.len()
}

/// Returns `bytes` as text if they are visible ASCII. Returns `None` if they are empty or contain
/// any other byte.
pub(crate) fn visible(bytes: &[u8]) -> Option<&str> {
    is_visible(bytes).then(|| str::from_utf8(bytes).ok())?
}

fn is_visible(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_graphic)
}

/// Returns the value of an `Origin` header as text. The value is one or more origins of visible
/// ASCII, with single spaces between them (RFC 6454, section 7.1).
pub(crate) fn origin_text(bytes: &[u8]) -> Option<&str> {
    let mut origins = bytes.split(|&byte| byte == b' ');
    let is_origin = origins.all(is_visible);
    is_origin.then(|| str::from_utf8(bytes).ok())?
}

/// Returns how many bytes at the front are [token bytes](is_token_byte).
pub(crate) fn token_run(bytes: &[u8]) -> usize {
    let is_token_byte = |byte| TOKEN_BYTES.get(usize::from(byte)) == Some(&true);
    let end = bytes.iter().position(|&byte| !is_token_byte(byte));
    end.unwrap_or(bytes.len())
}

/// The result of [`is_token_byte`] for each byte.
static TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &mut [bool] = &mut table;
    let mut byte = 0_u8;
    while let Some((entry, others)) = rest.split_first_mut() {
        *entry = is_token_byte(byte);
        rest = others;
        byte = byte.wrapping_add(1);
    }
    table
};

/// Returns whether the byte is a `tchar` (RFC 9110, section 5.6.2): any visible ASCII character
/// except a delimiter. RFC 6455 refers to the token of RFC 2616, which has the same set of bytes.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// Returns whether the byte is a `field-vchar`, SP or HTAB (RFC 9110, section 5.5).
pub(crate) const fn is_field_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x20..=0x7e | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_bytes_are_those_of_rfc_9110() {
        let listed = b"!#$%&'*+-.^_`|~0123456789\
            ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for byte in 0..=255 {
            assert_eq!(is_token_byte(byte), listed.contains(&byte), "{byte:#04x}");
        }
    }
}
