//! What was received last.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The last bytes of the messages that were received, as many as the peer's window holds.
///
/// The decompressor has them as well, but drops them at a final block; a sender may go on
/// referring to them (RFC 7692 7.2.3.4). It takes no more memory than has come.
#[derive(Debug)]
pub(super) struct History {
    bytes: VecDeque<u8>,
    /// How many there may be.
    window: usize,
}

impl History {
    /// An empty one, for a peer whose window has the logarithm `window_bits`.
    pub(super) const fn new(window_bits: u8) -> Self {
        Self { bytes: VecDeque::new(), window: 1 << window_bits }
    }

    /// Adds a message.
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

    /// The window where `message` is what there is so far of the next one.
    pub(super) fn window(&self, message: &[u8]) -> Vec<u8> {
        let message = last(message, self.window);
        let before = self.bytes.len().min(self.window - message.len());
        let mut window = Vec::with_capacity(before + message.len());
        let (front, back) = self.bytes.as_slices();
        let from_back = before.min(back.len());
        window.extend_from_slice(last(front, before - from_back));
        window.extend_from_slice(last(back, from_back));
        window.extend_from_slice(message);
        window
    }
}

/// The last `len` bytes, or all.
fn last(bytes: &[u8], len: usize) -> &[u8] {
    bytes.get(bytes.len().saturating_sub(len)..).unwrap_or_default()
}
