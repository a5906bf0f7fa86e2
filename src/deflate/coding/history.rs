//! The last received bytes, which the next message may refer to
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 7.2.3.4).

use alloc::collections::VecDeque;
use core::fmt;

/// The last bytes of the received messages, at most as many as the peer's window holds.
///
/// The decompressor holds the same bytes but drops them at a final block, while a sender may still
/// refer to them (RFC 7692, section 7.2.3.4). The history takes no more memory than the bytes that
/// were received.
pub(super) struct History {
    bytes: VecDeque<u8>,
    /// The maximum length in bytes.
    window: usize,
}

impl History {
    /// Creates an empty history. `window_bits` is the base-2 logarithm of the peer's window in
    /// bytes.
    pub(super) const fn new(window_bits: u8) -> Self {
        Self { bytes: VecDeque::new(), window: 1 << window_bits }
    }

    /// Adds a message and drops the oldest bytes that no longer fit.
    pub(super) fn push(&mut self, message: &[u8]) {
        let message = last(message, self.window);
        let surplus = (self.bytes.len() + message.len()).saturating_sub(self.window);
        self.bytes.drain(..surplus);
        if self.bytes.capacity() < self.bytes.len() + message.len() {
            let double = (self.bytes.len() * 2).max(self.bytes.len() + message.len());
            self.bytes.reserve_exact(double.min(self.window) - self.bytes.len());
        }
        self.bytes.extend(message);
    }

    /// Drops everything, and frees the memory.
    pub(super) fn clear(&mut self) {
        self.bytes = VecDeque::new();
    }

    /// Returns the current window in pieces, the oldest bytes first. `message` is the output of the
    /// next message so far.
    pub(super) fn window<'a>(&'a self, message: &'a [u8]) -> [&'a [u8]; 3] {
        let message = last(message, self.window);
        let before = self.bytes.len().min(self.window - message.len());
        let (front, back) = self.bytes.as_slices();
        let from_back = before.min(back.len());
        [last(front, before - from_back), last(back, from_back), message]
    }
}

/// Shows the length, and no bytes.
impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Returns the last `len` bytes, or all bytes if there are fewer.
fn last(bytes: &[u8], len: usize) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(len)..).unwrap_or_default()
}
