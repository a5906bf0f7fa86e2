//! The bytes to receive: a cursor over the caller's buffer.

use core::mem;

/// Bytes from the peer, lent by the caller, from which a connection takes frames.
///
/// What an event lends out of it lives as long as the buffer, not as long as the `Input` or the
/// connection, so the caller can send while it holds an event.
#[derive(Debug)]
pub struct Input<'b> {
    rest: &'b mut [u8],
    consumed: usize,
}

impl<'b> Input<'b> {
    /// An input at the start of `buffer`.
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self { rest: buffer, consumed: 0 }
    }

    /// How many bytes have been taken so far.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    /// The bytes that have not been taken yet.
    #[must_use]
    pub const fn remaining(&self) -> &[u8] {
        self.rest
    }

    /// Takes the next bytes: `len`, or as many as there are.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> &'b mut [u8] {
        let len = len.min(self.rest.len());
        let (taken, rest) = mem::take(&mut self.rest).split_at_mut(len);
        self.rest = rest;
        self.consumed += len;
        taken
    }

    /// Takes all that is left, for nobody.
    pub(crate) fn discard(&mut self) {
        self.take(usize::MAX);
    }
}

impl<'b> From<&'b mut [u8]> for Input<'b> {
    fn from(buffer: &'b mut [u8]) -> Self {
        Self::new(buffer)
    }
}
