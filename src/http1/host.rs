//! The grammar of `Host` ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110), section 7.2, and
//! [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986), section 3.2.2).

use core::net::Ipv6Addr;

/// Returns whether `text` is a host with an optional port.
///
/// The host may not be empty, because every ws URI has a host. An address in brackets must be an
/// IPv6 address, because no later form was ever defined.
pub(crate) fn is_host_and_port(text: &str) -> bool {
    let bytes = text.as_bytes();
    let host_len = match bytes.iter().rposition(|&byte| byte == b']') {
        Some(bracket) => bracket + 1,
        None => bytes.iter().position(|&byte| byte == b':').unwrap_or(bytes.len()),
    };
    let Some((host, port)) = text.split_at_checked(host_len) else {
        return false;
    };
    let is_port = match port.strip_prefix(':') {
        // RFC 3986, section 3.2.3: the port may be empty, which means the default port.
        Some(digits) => digits.is_empty() || parse_port(digits).is_some(),
        None => port.is_empty(),
    };
    is_port && is_host(host)
}

/// Returns whether `text` is a host without a port.
pub(crate) fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(is_ipv6),
        None => !text.is_empty() && is_registered_name(text.as_bytes()),
    }
}

/// Returns whether `text` is an IPv6 address without brackets.
pub(crate) fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// Parses a port number of decimal digits. Returns `None` if `digits` contains any other byte, is
/// empty, or does not fit into 16 bits.
pub(crate) fn parse_port(digits: &str) -> Option<u16> {
    // `parse` alone would accept a sign.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Returns whether `text` is a `reg-name` (RFC 3986, section 3.2.2). Every IPv4 address is one too.
///
/// ```text
/// reg-name = *( unreserved / pct-encoded / sub-delims )
/// ```
fn is_registered_name(mut text: &[u8]) -> bool {
    loop {
        text = match text {
            [] => return true,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest
            }
            [byte, rest @ ..] if is_name_byte(*byte) => rest,
            _ => return false,
        }
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}
