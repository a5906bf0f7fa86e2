//! Validates UTF-8 that arrives in pieces.
//!
//! Text messages are UTF-8 ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 8.1).
//! UTF-8 is defined in [RFC 3629](https://www.rfc-editor.org/rfc/rfc3629).

use core::error::Error;
use core::fmt;

/// Validates UTF-8 in pieces of any size (RFC 6455, section 8.1; RFC 3629).
///
/// A piece may end inside a character. An error is found at the first byte that makes the text
/// invalid, whatever follows it.
///
/// `simdutf8` checks the bulk of a piece. When a piece ends inside a character, the validator keeps
/// only the number of missing bytes and the range of the next byte.
///
/// ```
/// use websocket_proto::utf8::Utf8Validator;
///
/// let mut utf8 = Utf8Validator::new();
/// utf8.feed(b"\xe2\x82").expect("the start of a character");
/// utf8.feed(b"\xac").expect("its end");
/// utf8.finish().expect("nothing is missing");
///
/// // No character begins with ED A0: those would be the surrogates.
/// assert_eq!(Utf8Validator::new().feed(b"ok\xed\xa0").unwrap_err().valid_up_to, 3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Utf8Validator {
    /// How many continuation bytes the current character still needs: 0 to 3.
    missing: u8,
    /// The lowest and the highest value of the next continuation byte.
    next: (u8, u8),
}

impl Utf8Validator {
    /// Creates a validator at the start of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self { missing: 0, next: CONTINUATION }
    }

    /// Validates the next piece of the text.
    ///
    /// # Errors
    /// The piece contains a byte that makes the text invalid, whatever follows it. Do not use the
    /// validator after an error.
    #[inline]
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Utf8Error> {
        let mut whole = bytes;
        while self.missing > 0 {
            let Some((&byte, rest)) = whole.split_first() else {
                return Ok(());
            };
            if !self.step(byte) {
                return Err(Utf8Error { valid_up_to: bytes.len() - whole.len() });
            }
            whole = rest;
        }

        let cut = whole.len() - cut_character(whole);
        let (whole, cut) = whole.split_at_checked(cut).unwrap_or((whole, &[]));
        if !is_valid(whole) {
            return Err(Utf8Error {
                valid_up_to: bytes.len() - cut.len() - self.invalid_rest(whole),
            });
        }
        for (at, &byte) in cut.iter().enumerate() {
            if !self.step(byte) {
                return Err(Utf8Error { valid_up_to: bytes.len() - cut.len() + at });
            }
        }
        Ok(())
    }

    /// Ends the text, and resets the validator to the start of a new text.
    ///
    /// # Errors
    /// The last character is incomplete.
    #[inline]
    pub fn finish(&mut self) -> Result<(), Utf8Error> {
        let complete = self.missing == 0;
        *self = Self::new();
        if complete { Ok(()) } else { Err(Utf8Error { valid_up_to: 0 }) }
    }

    /// Advances by `byte`, and returns whether `byte` is valid here.
    fn step(&mut self, byte: u8) -> bool {
        if self.missing > 0 {
            let (low, high) = self.next;
            self.missing -= 1;
            self.next = CONTINUATION;
            return (low..=high).contains(&byte);
        }
        // RFC 3629, section 4: the first byte limits the range of the second byte. This excludes
        // overlong forms, surrogates, and code points above U+10FFFF.
        (self.missing, self.next) = match byte {
            0x00..=0x7f => (0, CONTINUATION),
            0xc2..=0xdf => (1, CONTINUATION),
            0xe0 => (2, (0xa0, 0xbf)),
            0xed => (2, (0x80, 0x9f)),
            0xe1..=0xef => (2, CONTINUATION),
            0xf0 => (3, (0x90, 0xbf)),
            0xf1..=0xf3 => (3, CONTINUATION),
            0xf4 => (3, (0x80, 0x8f)),
            0x80..=0xc1 | 0xf5..=0xff => return false,
        };
        true
    }

    /// Returns how many bytes of `bytes` are left from the first invalid byte on.
    ///
    /// `bytes` must start at a character boundary and must not be valid UTF-8.
    #[cold]
    fn invalid_rest(mut self, bytes: &[u8]) -> usize {
        let valid = core::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let mut rest = bytes.get(valid..).unwrap_or_default();
        while let Some((&byte, after)) = rest.split_first() {
            if !self.step(byte) {
                break;
            }
            rest = after;
        }
        rest.len()
    }
}

impl Default for Utf8Validator {
    fn default() -> Self {
        Self::new()
    }
}

/// An invalid byte in a text, or a text that ends inside a character.
///
/// This struct is exhaustive on purpose, because the position is all that a validator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf8Error {
    /// How many bytes of the piece come before the invalid byte. They can be the start of a valid
    /// text: up to three bytes at their end may belong to an incomplete character. It is 0 in an
    /// error of [`finish`](Utf8Validator::finish).
    pub valid_up_to: usize,
}

impl fmt::Display for Utf8Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text is not valid UTF-8: the error is after {} bytes", self.valid_up_to)
    }
}

impl Error for Utf8Error {}

/// Returns whether `bytes` is valid UTF-8 as a whole.
///
/// It is faster than [`core::str::from_utf8`], above all for text that is not ASCII.
#[inline]
#[must_use]
pub fn is_valid(bytes: &[u8]) -> bool {
    // Most short text is ASCII, and the check for ASCII costs less than a call.
    (bytes.len() < SIMD_BLOCK && bytes.is_ascii()) || is_valid_any(bytes)
}

/// The size of a block of `simdutf8`, in bytes. `simdutf8` passes shorter input to the standard
/// library, which checks one character at a time.
const SIMD_BLOCK: usize = 64;

#[inline(never)]
fn is_valid_any(bytes: &[u8]) -> bool {
    if (SIMD_BLOCK / 2..SIMD_BLOCK).contains(&bytes.len()) {
        // The zeros do not change the result: a zero byte is a whole character and continues none.
        let mut block = [0; SIMD_BLOCK];
        for (to, from) in block.iter_mut().zip(bytes) {
            *to = *from;
        }
        return simdutf8::basic::from_utf8(&block).is_ok();
    }
    simdutf8::basic::from_utf8(bytes).is_ok()
}

const CONTINUATION: (u8, u8) = (0x80, 0xbf);

/// Returns how many bytes at the end of `bytes` belong to an incomplete character: 0 to 3.
#[inline]
fn cut_character(bytes: &[u8]) -> usize {
    for (before, &byte) in bytes.iter().rev().take(3).enumerate() {
        let width = match byte {
            0x00..=0x7f => 1,
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
        };
        let len = before + 1;
        return if width > len { len } else { 0 };
    }
    0
}
