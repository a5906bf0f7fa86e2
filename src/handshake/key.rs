//! The grammar of `Sec-WebSocket-Key`, and the `Sec-WebSocket-Accept` that answers it
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.2).

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest, Sha1};

/// The text that the server appends to the key (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The standard alphabet with padding. The unused last bits may be nonzero, because they are in the
/// RFC's own example of a key (RFC 6455, section 4.1).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The length of a base64 nonce, in bytes.
pub(crate) const KEY_LEN: usize = 24;

/// Returns the value of `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key`.
///
/// The value is the SHA-1 hash of the key's text and a fixed GUID, in base64 (RFC 6455,
/// section 4.2.2, step 5.4).
///
/// `key` is the text as received, without the whitespace around it. The key is not decoded: if one
/// nonce can be spelled in several ways, each spelling has its own answer.
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
    // 20 bytes are always 28 bytes in base64, so this cannot fail.
    let _ = BASE64.encode_slice(digest, &mut accept);
    accept
}

/// Returns a nonce for a [`ClientRequest`](super::ClientRequest), from the operating system's source
/// of entropy (RFC 6455, section 4.1, item 7).
///
/// # Errors
/// The operating system returned no random bytes.
#[cfg(feature = "std")]
pub fn random_nonce() -> std::io::Result<[u8; 16]> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)?;
    Ok(nonce)
}

/// Encodes a nonce as the value of `Sec-WebSocket-Key` (RFC 6455, section 4.1, item 7).
pub(crate) fn key_from_nonce(nonce: &[u8; 16]) -> [u8; KEY_LEN] {
    let mut key = [0; KEY_LEN];
    // 16 bytes are always 24 bytes in base64, so this cannot fail.
    let _ = BASE64.encode_slice(nonce, &mut key);
    key
}

/// Returns whether `text` is 16 bytes in base64 (RFC 6455, section 4.2.1, item 5).
pub(crate) fn is_key(text: &[u8]) -> bool {
    let mut nonce = [0; KEY_LEN];
    text.len() == KEY_LEN && BASE64.decode_slice(text, &mut nonce) == Ok(16)
}
