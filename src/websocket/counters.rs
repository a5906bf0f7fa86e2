//! The counters of one direction, in the form in which they are updated.

use super::stats::Traffic;

/// What one direction has carried so far.
///
/// A message without compression changes only two numbers, because every message pays for the
/// update.
#[derive(Debug, Default)]
pub(super) struct Counters {
    messages: u64,
    /// The length of the payloads as the frames carry them.
    in_frames: u64,
    /// How many more bytes the payloads have without compression. The number wraps around if it is
    /// negative, because compression can also make a message longer.
    saved: u64,
    pub(super) pings: u64,
}

impl Counters {
    /// Counts a whole message that is not compressed.
    #[inline(always)]
    pub(super) const fn message(&mut self, len: usize) {
        self.messages += 1;
        self.in_frames += len as u64;
    }

    /// Counts a part of a payload, as the frames carry it. `last` marks the last part of a message.
    #[inline(always)]
    pub(super) const fn part(&mut self, len: u64, last: bool) {
        self.messages += last as u64;
        self.in_frames += len;
    }

    /// Counts that a payload of `in_frames` bytes in frames has `len` bytes without compression.
    #[inline(always)]
    pub(super) const fn compression(&mut self, in_frames: usize, len: usize) {
        self.saved = self.saved.wrapping_add(len as u64).wrapping_sub(in_frames as u64);
    }

    pub(super) const fn traffic(&self) -> Traffic {
        let Self { messages, in_frames, saved, pings } = *self;
        let bytes = in_frames.wrapping_add(saved);
        Traffic { messages, bytes, compressed_bytes: in_frames, pings }
    }
}
