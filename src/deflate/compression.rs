//! The choice for each message.

/// Whether a message is sent compressed.
///
/// What repeats a secret beside something that an attacker chooses had better not be: its length
/// tells (RFC 7692 8, CRIME and BREACH).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// If it is long enough: see `DeflateConfig::threshold`. A message in several fragments counts as
    /// long.
    #[default]
    Auto,
    /// Yes.
    Yes,
    /// No: it is sent as it is.
    No,
}
