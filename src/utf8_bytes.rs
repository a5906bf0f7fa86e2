//! Reference-counted bytes that are valid UTF-8.
#![allow(unsafe_code)]

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::error::Error;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::{Deref, RangeBounds};
use core::str;

use bytes::{Bytes, BytesMut};

use crate::utf8::is_valid;

/// Text as [`Bytes`]: a clone is cheap, and the text is validated once, when it is created.
///
/// It derefs to `str`, and a map with `Utf8Bytes` as its keys can be searched with a `&str`.
///
/// ```
/// use std::collections::HashMap;
///
/// use websocket_proto::Utf8Bytes;
///
/// let text = Utf8Bytes::from("price: 10 €");
/// let (key, value) = text.split_once(": ").expect("a key and a value");
/// // The parts share the memory of the text.
/// let key = text.slice_ref(key).expect("a part of the text");
/// let value = text.slice_ref(value).expect("a part of the text");
///
/// let prices = HashMap::from([(key, value)]);
/// assert_eq!(prices["price"], "10 €");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Utf8Bytes(Bytes);

impl Utf8Bytes {
    /// Creates an empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// Creates a text from a string that is part of the program, without a copy.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Creates a text from bytes that were validated while no other code could change them: in the
    /// call that takes them out of the read buffer, or in a buffer that only this crate reaches.
    #[inline]
    pub(crate) fn from_validated(bytes: Bytes) -> Self {
        debug_assert!(str::from_utf8(&bytes).is_ok(), "the text was validated as it arrived");
        Self(bytes)
    }

    /// Returns the text as a string slice.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        // SAFETY: every constructor checks that the bytes are UTF-8 after the last moment at which
        // other code can change them. From then on they are immutable: `Bytes` is shared read-only,
        // and no method of this type hands out `&mut` access.
        unsafe { str::from_utf8_unchecked(&self.0) }
    }

    /// Returns the bytes of the text, without a copy.
    #[inline]
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// Returns the part of the text in `range`, which counts bytes. The part shares the memory of
    /// the text.
    ///
    /// Returns `None` when [`str::get`] does: an end of the range is outside the text or inside a
    /// character.
    #[must_use]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Option<Self> {
        let range = (range.start_bound().cloned(), range.end_bound().cloned());
        self.slice_ref(self.get(range)?)
    }

    /// Returns the part of the text that `part` refers to. The part shares the memory of the text.
    ///
    /// Returns `None` when `part` does not lie within the text. An empty `part` lies within every
    /// text.
    #[must_use]
    pub fn slice_ref(&self, part: &str) -> Option<Self> {
        if part.is_empty() {
            return Some(Self::new());
        }
        let start = part.as_ptr().addr().checked_sub(self.as_ptr().addr())?;
        let range = start..start.checked_add(part.len())?;
        // This checks that both ends are within the text and between two characters.
        self.get(range.clone())?;
        Some(Self(self.0.slice(range)))
    }
}

/// Returns bytes as text. They were validated while no other code could change them, and no other
/// code can change them while they are borrowed.
#[inline]
pub(crate) fn from_validated(bytes: &[u8]) -> &str {
    debug_assert!(str::from_utf8(bytes).is_ok(), "the text was validated as it arrived");
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

impl Borrow<str> for Utf8Bytes {
    fn borrow(&self) -> &str {
        self
    }
}

/// Hashes the text as `str` does, which [`Borrow`] requires. `Bytes` hashes otherwise.
impl Hash for Utf8Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
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

impl PartialEq<String> for Utf8Bytes {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<Utf8Bytes> for str {
    fn eq(&self, other: &Utf8Bytes) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Utf8Bytes> for &str {
    fn eq(&self, other: &Utf8Bytes) -> bool {
        *self == other.as_str()
    }
}

impl PartialEq<Utf8Bytes> for String {
    fn eq(&self, other: &Utf8Bytes) -> bool {
        self == other.as_str()
    }
}

/// Copies the text.
impl From<&str> for Utf8Bytes {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

/// Copies the text.
impl From<&String> for Utf8Bytes {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

/// Takes the memory of the string.
impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// Takes the memory of the string.
impl From<Box<str>> for Utf8Bytes {
    fn from(text: Box<str>) -> Self {
        String::from(text).into()
    }
}

/// Takes the memory of an owned string, and copies a borrowed string.
impl From<Cow<'_, str>> for Utf8Bytes {
    fn from(text: Cow<'_, str>) -> Self {
        text.into_owned().into()
    }
}

impl TryFrom<Bytes> for Utf8Bytes {
    type Error = FromUtf8Error;

    /// Validates the bytes, without a copy.
    ///
    /// # Errors
    /// The bytes are not UTF-8. The error gives them back.
    fn try_from(bytes: Bytes) -> Result<Self, FromUtf8Error> {
        if is_valid(&bytes) { Ok(Self(bytes)) } else { Err(FromUtf8Error::new(bytes)) }
    }
}

impl TryFrom<BytesMut> for Utf8Bytes {
    type Error = FromUtf8Error;

    /// Validates the bytes, without a copy.
    ///
    /// # Errors
    /// The bytes are not UTF-8. The error gives them back.
    fn try_from(bytes: BytesMut) -> Result<Self, FromUtf8Error> {
        bytes.freeze().try_into()
    }
}

impl TryFrom<Vec<u8>> for Utf8Bytes {
    type Error = FromUtf8Error;

    /// Validates the bytes, without a copy.
    ///
    /// # Errors
    /// The bytes are not UTF-8. The error gives them back, and `Vec::from` makes a `Vec` of them
    /// again without a copy.
    fn try_from(bytes: Vec<u8>) -> Result<Self, FromUtf8Error> {
        Bytes::from(bytes).try_into()
    }
}

impl From<Utf8Bytes> for Bytes {
    fn from(text: Utf8Bytes) -> Self {
        text.0
    }
}

/// Takes the memory of the text if nothing else shares it, and copies the text otherwise.
impl From<Utf8Bytes> for String {
    fn from(text: Utf8Bytes) -> Self {
        let bytes = Vec::from(text.0);
        // SAFETY: the bytes are UTF-8, for the reason given in `as_str`. Nobody else has `bytes`,
        // which contains the same bytes in the same order.
        unsafe { Self::from_utf8_unchecked(bytes) }
    }
}

/// Bytes that are not valid UTF-8, and so cannot become a [`Utf8Bytes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FromUtf8Error {
    bytes: Bytes,
    valid_up_to: usize,
}

impl FromUtf8Error {
    #[cold]
    fn new(bytes: Bytes) -> Self {
        let valid_up_to = str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
        Self { bytes, valid_up_to }
    }

    /// Returns how many bytes at the start are valid text. They end at a character boundary, as
    /// those of [`core::str::Utf8Error::valid_up_to`] do.
    #[must_use]
    pub const fn valid_up_to(&self) -> usize {
        self.valid_up_to
    }

    /// Returns the bytes that are not valid UTF-8, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl fmt::Display for FromUtf8Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the bytes are not valid UTF-8: the error is after {} bytes", self.valid_up_to)
    }
}

impl Error for FromUtf8Error {}
