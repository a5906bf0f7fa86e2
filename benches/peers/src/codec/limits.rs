//! The least work that a crate must do: copy, mask and validate the same bytes.

use std::hint::black_box;

use super::workload::{Receive, Send};
use crate::measure::{Candidate, Pass};
use crate::memory::READ;
use crate::report::{Calls, Side};
use crate::role::Role;

const MEMCPY: &str = "limit: memcpy";
const XOR: &str = "limit: xor";
const SIMDUTF8: &str = "limit: simdutf8";

/// Returns the limits of receiving: each byte is copied from the transport, unmasked by a server,
/// and validated if it is text.
pub fn of_receiving(workload: &Receive) -> Vec<Candidate<'_>> {
    let mut limits = vec![limit(MEMCPY, |shift| memcpy(&workload.stream, shift))];
    if workload.role == Role::Server {
        limits.push(limit(XOR, |shift| xor(workload.all_payloads(), shift)));
    }
    if workload.content.is_text() {
        limits.push(limit(SIMDUTF8, |shift| simdutf8(workload.all_payloads(), shift)));
    }
    limits
}

/// Returns the limits of sending: each byte is copied, and masked by a client.
pub fn of_sending(workload: &Send) -> Vec<Candidate<'_>> {
    let payloads = || workload.payloads.iter().cycle().take(workload.messages).map(Vec::as_slice);
    let mut limits = vec![limit(MEMCPY, move |shift| copy_each(payloads(), shift))];
    if workload.role == Role::Client {
        limits.push(limit(XOR, move |shift| xor(payloads(), shift)));
    }
    limits
}

fn limit<'c>(name: &str, create: impl Fn(usize) -> Pass + 'c) -> Candidate<'c> {
    Candidate {
        name: name.to_owned(),
        side: Side::Limit,
        calls: Calls::NONE,
        create: Box::new(create),
    }
}

fn memcpy(stream: &[u8], shift: usize) -> Pass {
    let stream = stream.to_vec();
    let mut buffer = vec![0; READ + shift];
    Box::new(move |passes| {
        for _ in 0..passes {
            for read in stream.chunks(READ) {
                let buffer = &mut buffer[shift..shift + read.len()];
                buffer.copy_from_slice(black_box(read));
                black_box(buffer);
            }
        }
    })
}

fn copy_each<'p>(payloads: impl Iterator<Item = &'p [u8]>, shift: usize) -> Pass {
    let payloads: Vec<Vec<u8>> = payloads.map(<[u8]>::to_vec).collect();
    let mut buffer = vec![0; payloads[0].len() + shift];
    Box::new(move |passes| {
        for _ in 0..passes {
            for payload in &payloads {
                let buffer = &mut buffer[shift..];
                buffer.copy_from_slice(black_box(payload));
                black_box(buffer);
            }
        }
    })
}

fn xor<'p>(payloads: impl Iterator<Item = &'p [u8]>, shift: usize) -> Pass {
    let (mut bytes, lens) = joined(payloads, shift);
    Box::new(move |passes| {
        for _ in 0..passes {
            let mut rest = &mut bytes[shift..];
            for len in &lens {
                let (payload, after) = rest.split_at_mut(*len);
                xor_in_place(black_box(payload), black_box([1, 2, 3, 4]));
                rest = after;
            }
        }
    })
}

fn simdutf8<'p>(payloads: impl Iterator<Item = &'p [u8]>, shift: usize) -> Pass {
    let (bytes, lens) = joined(payloads, shift);
    Box::new(move |passes| {
        for _ in 0..passes {
            let mut rest = &bytes[shift..];
            for len in &lens {
                let (payload, after) = rest.split_at(*len);
                assert!(simdutf8::basic::from_utf8(black_box(payload)).is_ok());
                rest = after;
            }
        }
    })
}

/// Returns all payloads in one buffer that begins with `shift` other bytes, and their lengths.
fn joined<'p>(payloads: impl Iterator<Item = &'p [u8]>, shift: usize) -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut lens) = (vec![0; shift], Vec::new());
    for payload in payloads {
        bytes.extend_from_slice(payload);
        lens.push(payload.len());
    }
    (bytes, lens)
}

/// Masks with the widest vectors that the processor has, up to 32 bytes.
fn xor_in_place(bytes: &mut [u8], key: [u8; 4]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { xor_avx2(bytes, key) };
    }
    xor_words(bytes, key);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn xor_avx2(bytes: &mut [u8], key: [u8; 4]) {
    xor_words(bytes, key);
}

/// A loop that the compiler turns into vector instructions.
#[inline(always)]
fn xor_words(bytes: &mut [u8], key: [u8; 4]) {
    let (words, rest) = bytes.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
}
