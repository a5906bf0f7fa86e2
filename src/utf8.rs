//! UTF-8 that arrives in pieces, refused at the first byte that cannot stand where it does.

use core::error::Error;
use core::fmt;

/// Validates UTF-8 over chunks cut anywhere, also inside a character (RFC 6455 8.1, RFC 3629).
///
/// The bulk of a chunk goes through `simdutf8`; of the character that the end of a chunk cuts,
/// only what may follow is carried.
///
/// ```
/// use websocket_proto::utf8::Utf8Validator;
///
/// let mut utf8 = Utf8Validator::new();
/// utf8.feed(b"\xe2\x82").expect("the start of a character");
/// utf8.feed(b"\xac").expect("its end");
/// utf8.finish().expect("nothing is missing");
///
/// // No character begins ED A0: that is where the surrogates would be.
/// assert_eq!(Utf8Validator::new().feed(b"ok\xed\xa0").unwrap_err().valid_up_to, 3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Utf8Validator {
    /// How many continuation bytes the current character still wants: 0 to 3.
    missing: u8,
    /// What the next continuation byte may be.
    next: (u8, u8),
}

impl Utf8Validator {
    /// A validator at the start of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self { missing: 0, next: CONTINUATION }
    }

    /// Takes the next piece of the text.
    ///
    /// # Errors
    /// A byte that no continuation of the text could make valid. The validator is of no use then.
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

        let (whole, cut) = whole.split_at(whole.len() - cut_character(whole));
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

    /// Ends the text; the validator is at the start of a new one then.
    ///
    /// # Errors
    /// The last character is not complete.
    #[inline]
    pub fn finish(&mut self) -> Result<(), Utf8Error> {
        let complete = self.missing == 0;
        *self = Self::new();
        if complete { Ok(()) } else { Err(Utf8Error { valid_up_to: 0 }) }
    }

    /// Whether `byte` may come next.
    fn step(&mut self, byte: u8) -> bool {
        if self.missing > 0 {
            let (low, high) = self.next;
            self.missing -= 1;
            self.next = CONTINUATION;
            return (low..=high).contains(&byte);
        }
        // RFC 3629 4, the first byte and what narrows the second: no overlong form, no surrogate,
        // nothing above U+10FFFF.
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

    /// How many bytes at the end of `bytes`, which begins with a character and is not valid,
    /// begin with the one that cannot stand where it does.
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

/// A byte that cannot stand where it does, or the end of the text inside a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf8Error {
    /// How many bytes of the piece came before the fault. They could begin a valid text; the last
    /// up to three may belong to a character that is not complete.
    pub valid_up_to: usize,
}

impl fmt::Display for Utf8Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text is not UTF-8: it goes wrong after {} bytes", self.valid_up_to)
    }
}

impl Error for Utf8Error {}

/// Whether `bytes` are a whole text.
#[inline]
pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    // Most of what is short is ASCII, and a look whether it is costs less than a call.
    (bytes.len() < SIMD_BLOCK && bytes.is_ascii()) || is_valid_any(bytes)
}

/// What `simdutf8` looks at at once. It leaves what is shorter to the standard library, which goes
/// character by character.
const SIMD_BLOCK: usize = 64;

#[inline(never)]
fn is_valid_any(bytes: &[u8]) -> bool {
    if (SIMD_BLOCK / 2..SIMD_BLOCK).contains(&bytes.len()) {
        // Text and zeros are valid when the text is: a zero is a character, and goes on with none.
        let mut block = [0; SIMD_BLOCK];
        for (to, from) in block.iter_mut().zip(bytes) {
            *to = *from;
        }
        return simdutf8::basic::from_utf8(&block).is_ok();
    }
    simdutf8::basic::from_utf8(bytes).is_ok()
}

const CONTINUATION: (u8, u8) = (0x80, 0xbf);

/// How many bytes at the end of `bytes` begin a character that goes on past it: 0 to 3.
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
        return if width > before + 1 { before + 1 } else { 0 };
    }
    0
}
