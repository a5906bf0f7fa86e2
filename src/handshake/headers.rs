//! The headers of the opening handshake ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 11.3).

use crate::http1::{Field, HeadWriter, Headers, is_framing_header};

/// The protocol version of RFC 6455, as the value of `Sec-WebSocket-Version`.
pub(crate) const VERSION: &str = "13";

/// The largest number of subprotocols that one request may offer.
///
/// No two subprotocols may be equal (RFC 6455, section 4.1). Without an allocator, the check
/// compares each subprotocol with each other one. This limit keeps the work linear in the number of
/// bytes. Real clients offer less than a tenth of it.
pub const MAX_SUBPROTOCOLS: usize = 64;

/// The headers that a handshake examines, collected in one pass.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'b> {
    pub(crate) host: Field<'b>,
    pub(crate) origin: Field<'b>,
    pub(crate) upgrade: Field<'b>,
    pub(crate) connection: Field<'b>,
    pub(crate) content_length: Field<'b>,
    pub(crate) transfer_encoding: Field<'b>,
    pub(crate) key: Field<'b>,
    pub(crate) accept: Field<'b>,
    pub(crate) version: Field<'b>,
    pub(crate) subprotocol: Field<'b>,
    pub(crate) extensions: Field<'b>,
}

impl<'b> Fields<'b> {
    pub(crate) fn of(headers: Headers<'b>) -> Self {
        let mut fields = Self::default();
        let mut headers = headers.iter();
        while let Some((name, value)) = headers.next_line() {
            let is = |expected: &str| name.eq_ignore_ascii_case(expected.as_bytes());
            // The length distinguishes most names before any byte is compared.
            let (expected, field) = match name.len() {
                4 => ("Host", &mut fields.host),
                6 => ("Origin", &mut fields.origin),
                7 => ("Upgrade", &mut fields.upgrade),
                10 => ("Connection", &mut fields.connection),
                14 => ("Content-Length", &mut fields.content_length),
                17 if is("Sec-WebSocket-Key") => ("Sec-WebSocket-Key", &mut fields.key),
                17 => ("Transfer-Encoding", &mut fields.transfer_encoding),
                20 => ("Sec-WebSocket-Accept", &mut fields.accept),
                21 => ("Sec-WebSocket-Version", &mut fields.version),
                22 => ("Sec-WebSocket-Protocol", &mut fields.subprotocol),
                24 => ("Sec-WebSocket-Extensions", &mut fields.extensions),
                _ => continue,
            };
            if is(expected) {
                field.add(value);
            }
        }
        fields
    }
}

/// Writes `Sec-WebSocket-Extensions`, if there is an extension. permessage-deflate is the last one.
pub(crate) fn write_extensions(
    writer: &mut HeadWriter<'_>,
    others: Option<&str>,
    deflate: Option<&str>,
) {
    const NAME: &str = "Sec-WebSocket-Extensions";
    match (others, deflate) {
        (Some(others), Some(deflate)) => writer.list(NAME, &[others, deflate]),
        (Some(extensions), None) | (None, Some(extensions)) => {
            writer.header(NAME, extensions.as_bytes());
        }
        (None, None) => {}
    }
}

/// Returns whether the crate writes this header itself: the headers that frame a message, and those
/// of the opening handshake.
pub(crate) fn is_handshake_header(name: &str) -> bool {
    is_framing_header(name)
        || ["Host", "Upgrade"].iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
        || is_websocket_header(name)
}

fn is_websocket_header(name: &str) -> bool {
    let prefix = "Sec-WebSocket-";
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
