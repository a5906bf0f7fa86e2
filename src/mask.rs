//! Masks and unmasks payloads ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.3).
//!
//! Masking is an XOR of the payload with a four-byte key, which repeats over the payload. [`Mask`]
//! masks one payload, and [`MaskKeys`] generates the keys of a client.
//!
//! On x86-64 the features `simd` and `std` use AVX2 where the processor has it. Without them, the
//! instructions are those that the program is compiled for.
//!
//! The loops are safe code and may change. The check for AVX2 must stay in front of each `unsafe`
//! call. The tests are in `tests/wire/mask.rs`, and the measurements in `benches/wire.rs`.
//!
//! The loops go over chunks of four bytes, which the compiler turns into vector code. The `unsafe`
//! calls run the same loops compiled for AVX2, after AVX2 was detected at run time. Targets without
//! vector registers, such as kernels, have no SSE2, and there is nothing to detect on them.
//!
//! `#[inline(always)]` is needed on the loops: it compiles them again inside the functions for
//! AVX2.
#![cfg_attr(feature = "simd", allow(unsafe_code))]

mod keys;

use core::fmt;

pub use keys::MaskKeys;

/// The masking key of a frame: four bytes, in the order of the header (RFC 6455, section 5.2).
///
/// A client uses a fresh, unpredictable key for each frame (RFC 6455, section 5.3). [`MaskKeys`]
/// generates such keys.
///
/// The field is public because any four bytes are a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MaskKey(pub [u8; 4]);

impl From<[u8; 4]> for MaskKey {
    fn from(key: [u8; 4]) -> Self {
        Self(key)
    }
}

impl From<MaskKey> for [u8; 4] {
    fn from(key: MaskKey) -> Self {
        key.0
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaskKey({:08x})", u32::from_be_bytes(self.0))
    }
}

/// Masks or unmasks the payload of one frame.
///
/// Masking and unmasking are the same operation. A `Mask` remembers its position in the payload,
/// so the payload may be passed in pieces of any size.
///
/// ```
/// use websocket_proto::mask::{Mask, MaskKey};
///
/// // The masked "Hello" of RFC 6455, section 5.7, in two pieces.
/// let mut payload = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
/// let (start, end) = payload.split_at_mut(2);
/// let mut mask = Mask::new(MaskKey([0x37, 0xfa, 0x21, 0x3d]));
/// mask.apply(start);
/// mask.apply(end);
/// assert_eq!(&payload, b"Hello");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask {
    /// The key, rotated so that its first byte masks the next byte of the payload.
    key: [u8; 4],
}

impl Mask {
    /// Creates a mask at the start of a payload.
    #[must_use]
    pub const fn new(key: MaskKey) -> Self {
        Self { key: key.0 }
    }

    /// Masks the next `bytes.len()` bytes of the payload, in place.
    // Inlined, so that a caller with short payloads has no code for long ones.
    #[inline(always)]
    pub fn apply(&mut self, bytes: &mut [u8]) {
        if bytes.len() < LARGE {
            xor_small(bytes, self.key);
        } else {
            xor_large(bytes, self.key);
        }
        self.advance(bytes.len());
    }

    /// Copies the next bytes of the payload and masks them, in one pass.
    ///
    /// Copies as many bytes as both slices hold, and returns that number.
    #[inline]
    pub fn copy(&mut self, from: &[u8], to: &mut [u8]) -> usize {
        let len = from.len().min(to.len());
        if len < LARGE {
            xor_copy(from, to, self.key);
        } else {
            xor_copy_large(from, to, self.key);
        }
        self.advance(len);
        len
    }

    /// Masks the next bytes of the payload and appends them to `to`, in one pass.
    #[cfg(feature = "alloc")]
    #[inline]
    pub fn append(&mut self, from: &[u8], to: &mut alloc::vec::Vec<u8>) {
        if from.len() < LARGE {
            let start = to.len();
            to.extend_from_slice(from);
            xor_small(to.get_mut(start..).unwrap_or_default(), self.key);
        } else {
            xor_append_large(from, to, self.key);
        }
        self.advance(from.len());
    }

    fn advance(&mut self, len: usize) {
        // RFC 6455, section 5.3: byte i of the payload is masked with byte i mod 4 of the key. Here
        // i counts from the start of the payload, not from the start of the piece.
        let bits = 8 * (len % 4) as u32;
        self.key = u32::from_le_bytes(self.key).rotate_right(bits).to_le_bytes();
    }
}

/// The length, in bytes, from which the check for vector instructions is worth its cost.
const LARGE: usize = 128;

#[cfg(all(feature = "simd", target_arch = "x86_64", target_feature = "sse2"))]
cpufeatures::new!(has_avx2, "avx2");

#[inline(always)]
fn xor_small(bytes: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = [a, b, c, d, a, b, c, d, a, b, c, d, a, b, c, d];
    let (chunks, tail) = bytes.as_chunks_mut::<16>();
    for chunk in chunks {
        for (byte, key) in chunk.iter_mut().zip(wide) {
            *byte ^= key;
        }
    }
    let (chunks, tail) = tail.as_chunks_mut::<4>();
    for chunk in chunks {
        *chunk = (u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[inline(always)]
fn xor(bytes: &mut [u8], key: [u8; 4]) {
    let (chunks, tail) = bytes.as_chunks_mut::<4>();
    for chunk in chunks {
        *chunk = (u32::from_ne_bytes(*chunk) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[inline(always)]
fn xor_copy(from: &[u8], to: &mut [u8], key: [u8; 4]) {
    let len = from.len().min(to.len());
    let (from, to) = (from.split_at(len).0, to.split_at_mut(len).0);
    let (from_chunks, from_tail) = from.as_chunks::<4>();
    let (to_chunks, to_tail) = to.as_chunks_mut::<4>();
    for (to, from) in to_chunks.iter_mut().zip(from_chunks) {
        *to = (u32::from_ne_bytes(*from) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    for ((to, from), key) in to_tail.iter_mut().zip(from_tail).zip(key) {
        *to = *from ^ key;
    }
}

/// Masks bytes into memory that is not initialised. A vector can do this if it knows the length of
/// an iterator. So the iterator pairs a block of the payload with an array that repeats the key.
#[cfg(feature = "alloc")]
#[inline(always)]
fn xor_append(from: &[u8], to: &mut alloc::vec::Vec<u8>, key: [u8; 4]) {
    let keys = [key; 128];
    let keys = keys.as_flattened();
    to.reserve(from.len());
    for block in from.chunks(keys.len()) {
        to.extend(block.iter().zip(keys).map(|(byte, key)| byte ^ key));
    }
}

#[cfg(all(feature = "simd", target_arch = "x86_64", target_feature = "sse2"))]
mod avx2 {
    #[target_feature(enable = "avx2")]
    pub(super) fn xor(bytes: &mut [u8], key: [u8; 4]) {
        super::xor(bytes, key);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn xor_copy(from: &[u8], to: &mut [u8], key: [u8; 4]) {
        super::xor_copy(from, to, key);
    }

    #[cfg(feature = "alloc")]
    #[target_feature(enable = "avx2")]
    pub(super) fn xor_append(from: &[u8], to: &mut alloc::vec::Vec<u8>, key: [u8; 4]) {
        super::xor_append(from, to, key);
    }
}

#[inline(never)]
fn xor_large(bytes: &mut [u8], key: [u8; 4]) {
    #[cfg(all(feature = "simd", target_arch = "x86_64", target_feature = "sse2"))]
    if has_avx2::get() {
        // SAFETY: the only requirement of this safe function is AVX2, which was just detected.
        return unsafe { avx2::xor(bytes, key) };
    }
    xor(bytes, key);
}

#[inline]
fn xor_copy_large(from: &[u8], to: &mut [u8], key: [u8; 4]) {
    #[cfg(all(feature = "simd", target_arch = "x86_64", target_feature = "sse2"))]
    if has_avx2::get() {
        // SAFETY: the only requirement of this safe function is AVX2, which was just detected.
        return unsafe { avx2::xor_copy(from, to, key) };
    }
    xor_copy(from, to, key);
}

#[cfg(feature = "alloc")]
#[inline]
fn xor_append_large(from: &[u8], to: &mut alloc::vec::Vec<u8>, key: [u8; 4]) {
    #[cfg(all(feature = "simd", target_arch = "x86_64", target_feature = "sse2"))]
    if has_avx2::get() {
        // SAFETY: the only requirement of this safe function is AVX2, which was just detected.
        return unsafe { avx2::xor_append(from, to, key) };
    }
    xor_append(from, to, key);
}
