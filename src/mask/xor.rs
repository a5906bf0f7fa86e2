//! The loops.
//!
//! They are plain loops over four-byte chunks, which the compiler turns into vector code. The
//! `unsafe` calls run the same loops compiled for AVX2, after AVX2 was detected at run time. Targets
//! without vector registers, such as kernels, have no SSE2, and there is nothing to detect on them.
#![cfg_attr(feature = "simd", allow(unsafe_code))]

#[cfg(all(feature = "simd", target_arch = "x86_64", target_feature = "sse2"))]
cpufeatures::new!(has_avx2, "avx2");

#[inline(always)]
pub(super) fn xor_small(bytes: &mut [u8], key: [u8; 4]) {
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
pub(super) fn xor_copy(from: &[u8], to: &mut [u8], key: [u8; 4]) {
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
}

#[inline]
pub(super) fn xor_large(bytes: &mut [u8], key: [u8; 4]) {
    #[cfg(all(feature = "simd", target_arch = "x86_64", target_feature = "sse2"))]
    if has_avx2::get() {
        // SAFETY: the only requirement of this safe function is AVX2, which was just detected.
        return unsafe { avx2::xor(bytes, key) };
    }
    xor(bytes, key);
}

#[inline]
pub(super) fn xor_copy_large(from: &[u8], to: &mut [u8], key: [u8; 4]) {
    #[cfg(all(feature = "simd", target_arch = "x86_64", target_feature = "sse2"))]
    if has_avx2::get() {
        // SAFETY: the only requirement of this safe function is AVX2, which was just detected.
        return unsafe { avx2::xor_copy(from, to, key) };
    }
    xor_copy(from, to, key);
}
