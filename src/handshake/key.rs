//! `Sec-WebSocket-Accept` out of `Sec-WebSocket-Key` (RFC 6455 4.2.2), and the key's own form.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest, Sha1};

/// The text that RFC 6455 1.3 appends to the key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The standard alphabet with padding. Pad bits other than zero are let through, because the
/// RFC's own example of a key (4.1) has them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The length of a nonce in base64, in bytes.
pub(crate) const KEY_LEN: usize = 24;

/// The value of `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 4.2.2,
/// step 5.4): the SHA-1 of the key's text and a fixed GUID, in base64.
///
/// `key` is the text as it was received, without whitespace around it. It is not decoded, so that
/// every spelling of a key is answered as it was spelled.
///
/// ```
/// use websocket_proto::handshake::accept_key;
///
/// assert_eq!(&accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[must_use]
pub fn accept_key(key: &[u8]) -> [u8; 28] {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let mut accept = [0; 28];
    // 20 bytes are 28 in base64, always, so that there is no error to hand on.
    let _ = BASE64.encode_slice(digest, &mut accept);
    accept
}

/// A nonce as the text of `Sec-WebSocket-Key` (RFC 6455 4.1, item 7).
pub(crate) fn key_from_nonce(nonce: &[u8; 16]) -> [u8; KEY_LEN] {
    let mut key = [0; KEY_LEN];
    // 16 bytes are 24 in base64, always.
    let _ = BASE64.encode_slice(nonce, &mut key);
    key
}

/// Whether this is the base64 of 16 bytes (RFC 6455 4.2.1, item 5).
pub(crate) fn is_key(text: &[u8]) -> bool {
    let mut nonce = [0; KEY_LEN];
    text.len() == KEY_LEN && BASE64.decode_slice(text, &mut nonce) == Ok(16)
}
