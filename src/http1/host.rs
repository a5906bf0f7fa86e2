//! The grammar of `Host` (RFC 9110 7.2, RFC 3986 3.2.2).

use core::net::Ipv6Addr;

/// Whether this is a host, with or without a port. The host may not be empty: a ws URI has one.
/// An address in brackets has to be one of IPv6, since no later form was ever defined.
pub(crate) fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rfind(']') {
        Some(bracket) => text.split_at(bracket + 1),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_port = match port.strip_prefix(':') {
        // RFC 3986 3.2.3: the port may be empty, and is then the default one.
        Some(digits) => digits.is_empty() || parse_port(digits).is_some(),
        None => port.is_empty(),
    };
    is_port && is_host(host)
}

/// Whether this is a host alone.
pub(crate) fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(is_ipv6),
        None => !text.is_empty() && is_registered_name(text.as_bytes()),
    }
}

/// Whether this is an IPv6 address, without brackets.
pub(crate) fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// The number that these digits are; `None` when they are none, or none of 16 bits.
pub(crate) fn parse_port(digits: &str) -> Option<u16> {
    // `parse` takes a sign.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// RFC 3986: `reg-name = *( unreserved / pct-encoded / sub-delims )`, which an IPv4 address is
/// too.
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
