//! The choice to compress a message or not.

/// Tells whether a message is sent compressed.
///
/// Do not compress a message that holds both a secret and text that an attacker chooses: the
/// compressed length can reveal the secret, as in the attacks CRIME and BREACH
/// ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 8).
///
/// This enum is non-exhaustive, because a later version may have more ways to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Compresses a message of at least `DeflateConfig::threshold` bytes, and every message that is
    /// sent in several fragments.
    #[default]
    Auto,
    /// Compresses the message.
    Yes,
    /// Sends the message uncompressed.
    No,
}
