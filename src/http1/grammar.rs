//! The small grammars that several headers share.

use core::str;

/// A whole token, as text; `None` when it is empty or holds another byte.
pub(crate) fn token(bytes: &[u8]) -> Option<&str> {
    let is_token = !bytes.is_empty() && token_run(bytes) == bytes.len();
    is_token.then(|| str::from_utf8(bytes).ok())?
}

/// Visible ASCII as text; `None` when it is empty or holds another byte.
pub(crate) fn visible(bytes: &[u8]) -> Option<&str> {
    let is_visible = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_graphic);
    is_visible.then(|| str::from_utf8(bytes).ok())?
}

/// The value of `Origin`: visible ASCII, several with single spaces between them (RFC 6454 7.1).
pub(crate) fn origin_text(bytes: &[u8]) -> Option<&str> {
    let mut origins = bytes.split(|&byte| byte == b' ');
    let is_origin = origins.all(|origin| visible(origin).is_some());
    is_origin.then(|| str::from_utf8(bytes).ok())?
}

/// How many bytes at the front are [token bytes](is_token_byte).
pub(crate) fn token_run(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|&byte| !is_token_byte(byte));
    end.unwrap_or(bytes.len())
}

/// RFC 9110 5.6.2: `tchar`, any visible ASCII character but a delimiter. RFC 6455's own token
/// (that of RFC 2616) is the same set.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

/// RFC 9110 5.5: `field-vchar`, SP and HTAB.
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
