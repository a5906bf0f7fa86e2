//! Reference-counted bytes that are known to be UTF-8.
#![allow(unsafe_code)]

use alloc::string::String;
use core::fmt;
use core::ops::Deref;
use core::str::{self, Utf8Error};

use bytes::Bytes;

/// Text as [`Bytes`]: cheap to clone, and validated once, when it was made.
///
/// ```
/// use websocket_proto::Utf8Bytes;
///
/// let text = Utf8Bytes::from("10 €");
/// assert!(text.starts_with("10"));
/// assert_eq!(text.as_bytes().len(), 6);
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utf8Bytes(Bytes);

impl Utf8Bytes {
    /// No text.
    #[must_use]
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// A string that is part of the program.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Bytes that were validated while nobody else could change them: either in the call that
    /// takes them out of the read buffer, or in a buffer that only this crate reaches.
    #[inline]
    pub(crate) fn from_validated(bytes: Bytes) -> Self {
        debug_assert!(str::from_utf8(&bytes).is_ok(), "text was validated as it came");
        Self(bytes)
    }

    /// The text.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        // SAFETY: every constructor checks that the bytes are UTF-8 after the last moment at which
        // other code can change them. From then on they are immutable: `Bytes` is shared read-only,
        // and no method of this type hands out `&mut` access.
        unsafe { str::from_utf8_unchecked(&self.0) }
    }

    /// The text as the bytes it is made of, without a copy.
    #[inline]
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

/// Bytes as text that were validated while nobody else could change them, and that nobody can change
/// while the text is lent.
#[inline]
pub(crate) fn from_validated(bytes: &[u8]) -> &str {
    debug_assert!(str::from_utf8(bytes).is_ok(), "text was validated as it came");
    // SAFETY: the bytes are in the read buffer of a `WebSocket`, which only this crate can change.
    // They were validated there as they arrived, and the shared borrow keeps them as they are.
    unsafe { str::from_utf8_unchecked(bytes) }
}

impl Deref for Utf8Bytes {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Utf8Bytes {
    fn as_ref(&self) -> &str {
        self
    }
}

impl AsRef<[u8]> for Utf8Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl PartialEq<str> for Utf8Bytes {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Utf8Bytes {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// Copies the text.
impl From<&str> for Utf8Bytes {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

/// Takes the string's own memory.
impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl TryFrom<Bytes> for Utf8Bytes {
    type Error = Utf8Error;

    /// Validates the bytes.
    fn try_from(bytes: Bytes) -> Result<Self, Utf8Error> {
        str::from_utf8(&bytes)?;
        Ok(Self(bytes))
    }
}

impl From<Utf8Bytes> for Bytes {
    fn from(text: Utf8Bytes) -> Self {
        text.0
    }
}
