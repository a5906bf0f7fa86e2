//! A cursor over the received bytes in the buffer of the caller.

use core::mem;

/// Received bytes, in a buffer of the caller. A connection takes frames from them.
///
/// An event borrows the buffer, not the `Input` and not the connection. So the caller can send
/// while it holds an event.
#[derive(Debug)]
pub struct Input<'b> {
    rest: &'b mut [u8],
    consumed: usize,
}

impl<'b> Input<'b> {
    /// Creates an input at the start of `buffer`.
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self { rest: buffer, consumed: 0 }
    }

    /// Returns how many bytes have been taken so far.
    ///
    /// The payload of a [`Data`](super::Data) event is the end of these bytes.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    /// Returns the bytes that have not been taken yet.
    #[must_use]
    pub const fn remaining(&self) -> &[u8] {
        self.rest
    }

    /// Returns the bytes that have not been consumed.
    #[inline(always)]
    pub(super) const fn remaining_mut(&mut self) -> &mut [u8] {
        self.rest
    }

    /// Takes the next `len` bytes, or all remaining bytes if there are fewer.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> &'b mut [u8] {
        let len = len.min(self.rest.len());
        let (taken, rest) = mem::take(&mut self.rest).split_at_mut(len);
        self.rest = rest;
        self.consumed += len;
        taken
    }

    /// Puts back the end of the bytes that were taken last, because its first byte has failed the
    /// connection. The bytes after it are dropped: a failed connection does not process them.
    pub(super) fn put_back(&mut self, bytes: &'b mut [u8]) {
        self.consumed -= bytes.len();
        self.rest = bytes;
    }

    /// Takes all remaining bytes and drops them.
    pub(super) fn discard(&mut self) {
        self.take(usize::MAX);
    }
}

impl<'b> From<&'b mut [u8]> for Input<'b> {
    fn from(buffer: &'b mut [u8]) -> Self {
        Self::new(buffer)
    }
}
