//! The memory that a `WebSocket` reads into.

use core::{fmt, mem};
#[cfg(feature = "std")]
use std::io::{self, Read};

use bytes::{Buf as _, Bytes, BytesMut};

use super::read_size::ReadSize;
use super::spare;

/// The read buffer.
pub(super) struct ReadBuffer {
    /// ```text
    /// | held: payload so far | gap: bytes that are processed | not processed yet |
    /// ```
    ///
    /// At the end of an input only the payload so far stays. The next bytes then follow it
    /// directly, or begin at the front of the memory.
    buffer: BytesMut,
    /// The free space after `buffer`, in the same allocation if possible. Its bytes are
    /// initialised, but have no meaning.
    free: BytesMut,
    held: usize,
    gap: usize,
    read_size: ReadSize,
    /// The capacity of the last buffer that was lent.
    asked: usize,
    /// The largest capacity that `buffer` and `free` had together in their current memory.
    capacity: usize,
    /// How many bytes of the current frame have not arrived.
    frame_remaining: usize,
    /// Whether bytes have arrived since the time limits were last checked.
    arrived: bool,
}

/// A buffer of at most this many bytes stays in the cache as a whole. It is not moved to the front
/// of its memory before the memory is used up, unless it is empty.
const CACHED: usize = 256 * 1024;

/// Shows the lengths, and no bytes.
impl fmt::Debug for ReadBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuffer")
            .field("len", &self.buffer.len())
            .field("frame_remaining", &self.frame_remaining)
            .finish_non_exhaustive()
    }
}

impl ReadBuffer {
    pub(super) fn new(read_size: ReadSize) -> Self {
        Self {
            buffer: BytesMut::new(),
            free: BytesMut::new(),
            held: 0,
            gap: 0,
            read_size,
            asked: 0,
            capacity: 0,
            frame_remaining: 0,
            arrived: false,
        }
    }

    /// Returns whether bytes have arrived since the last call.
    pub(super) const fn take_arrived(&mut self) -> bool {
        mem::replace(&mut self.arrived, false)
    }

    #[cfg(feature = "std")]
    pub(super) fn read_from(&mut self, reader: &mut (impl Read + ?Sized)) -> io::Result<usize> {
        let mut size = self.next_size();
        // Space that an earlier read has initialised is used up first, unless little of it is left.
        if self.free.len() < size.div_ceil(2) {
            self.make_room(size);
            self.free.resize(size, 0);
        }
        size = size.min(self.free.len());
        let read = reader.read(self.free.get_mut(..size).unwrap_or_default())?;
        self.read_size.learn(size, read);
        let filled = self.free.split_to(read.min(size));
        self.append(filled);
        Ok(read)
    }

    pub(super) fn lend(&mut self) -> BytesMut {
        self.make_room(self.next_size());
        let mut free = mem::take(&mut self.free);
        free.clear();
        let most = self.read_size.most();
        if free.capacity() > most {
            drop(free.split_off(most));
        }
        self.asked = free.capacity();
        free
    }

    pub(super) fn take_back(&mut self, mut unfilled: BytesMut) {
        unfilled.clear();
        self.free = unfilled;
    }

    pub(super) fn give_back(&mut self, mut filled: BytesMut) {
        self.read_size.learn(self.asked, filled.len());
        self.free = filled.split_off(filled.len());
        self.append(filled);
    }

    /// Appends bytes that lie elsewhere. If the buffer is empty, nothing is copied.
    pub(super) fn adopt(&mut self, bytes: BytesMut) {
        self.drop_gap();
        if self.is_empty() {
            self.free = BytesMut::new();
        }
        self.join_free();
        self.append(bytes);
    }

    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity() + self.free.capacity()
    }

    pub(super) fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.arrived |= !bytes.is_empty();
        self.drop_gap();
        self.join_free();
        self.buffer.extend_from_slice(bytes);
    }

    pub(super) fn len(&self) -> usize {
        let processed = if self.held == 0 { self.gap } else { 0 };
        self.buffer.len() - processed
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn release_memory(&mut self) {
        if self.is_empty() {
            self.drop_gap();
            self.join_free();
            self.capacity = 0;
            spare::put_incoming(mem::take(&mut self.buffer));
        }
    }

    /// Removes and returns all bytes that have not been processed. A frame that has been processed
    /// but not returned ends at `ready`.
    pub(super) fn take_unprocessed(&mut self, ready: Option<usize>) -> BytesMut {
        // The bytes that have been validated stay. Otherwise other bytes could take their place.
        self.buffer.split_off(ready.unwrap_or(self.start()))
    }

    fn next_size(&self) -> usize {
        self.read_size.next(self.len(), self.room(), self.frame_remaining)
    }

    /// Returns how many bytes can follow those of the buffer without a move.
    fn room(&self) -> usize {
        self.buffer.capacity() - self.buffer.len() + self.free.capacity()
    }

    /// Makes room for a read of `size` bytes.
    fn make_room(&mut self, size: usize) {
        // The rest of an announced frame gets at most as much room as bytes of the message have
        // arrived, so a declared length alone reserves nothing.
        let needed = size.max(self.frame_remaining.min(self.held));
        let is_early = self.reclaims_early();
        if self.free.capacity() >= needed && !is_early {
            return;
        }
        self.drop_gap();
        self.join_free();
        if self.capacity == 0 && self.buffer.capacity() == 0 {
            self.buffer = spare::take_incoming();
        }
        if is_early && !self.buffer.try_reclaim(self.capacity - self.buffer.len()) {
            // The application still holds a message in this memory.
            self.capacity = self.buffer.capacity();
        }
        self.buffer.reserve(needed);
        self.capacity = self.capacity.max(self.buffer.capacity());
        self.free = self.buffer.split_off(self.buffer.len());
    }

    /// Returns whether to move the buffer to the front of its memory before the memory is used up.
    /// The next bytes then arrive where the processor's cache has the bytes of earlier reads.
    fn reclaims_early(&self) -> bool {
        let len = self.buffer.len();
        let used = self.capacity.saturating_sub(len + self.room());
        used > 0 && used >= len && (len == 0 || self.capacity > CACHED)
    }

    /// Appends bytes. If they lie directly after the buffer, nothing is copied.
    fn append(&mut self, filled: BytesMut) {
        if !filled.is_empty() {
            self.arrived = true;
            self.buffer.unsplit(filled);
        }
    }

    /// Drops the bytes at the front that are processed.
    fn drop_gap(&mut self) {
        if self.held == 0 && self.gap > 0 {
            self.buffer.advance(mem::take(&mut self.gap));
        }
    }

    /// Joins the free space to the buffer again.
    fn join_free(&mut self) {
        let mut free = mem::take(&mut self.free);
        free.clear();
        // If the buffer is empty, `unsplit` with a buffer without capacity would drop its memory.
        if free.capacity() > 0 {
            self.buffer.unsplit(free);
        }
    }
}

/// The operations of the receiving direction on the buffer.
impl ReadBuffer {
    /// Returns the position of the first byte that has not been processed.
    #[inline]
    pub(super) const fn start(&self) -> usize {
        self.held + self.gap
    }

    /// Returns the bytes that have not been processed.
    #[inline]
    pub(super) fn unprocessed(&mut self) -> &mut [u8] {
        let start = self.start();
        self.buffer.get_mut(start..).unwrap_or_default()
    }

    /// Returns the bytes from `from` to `to`.
    pub(super) fn bytes(&self, from: usize, to: usize) -> &[u8] {
        self.buffer.get(from..to).unwrap_or_default()
    }

    /// Returns how many bytes of a message in progress the buffer holds.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// Returns whether the buffer holds bytes of a message in progress.
    #[inline]
    pub(super) const fn is_holding(&self) -> bool {
        self.held > 0
    }

    /// Ends the processing of an input. Only the message in progress stays in the buffer.
    pub(super) fn end_input(&mut self, frame_remaining: u64) {
        self.frame_remaining = usize::try_from(frame_remaining).unwrap_or(usize::MAX);
        if self.buffer.len() > self.held {
            // All of it becomes free space, which is initialised already. Without a message in
            // progress the next read begins at the front.
            let mut free = if self.held == 0 {
                mem::take(&mut self.buffer)
            } else {
                self.buffer.split_off(self.held)
            };
            // If the free space is not directly after these bytes, it is dropped.
            let _ = free.try_unsplit(mem::take(&mut self.free));
            self.free = free;
        }
        self.gap = 0;
    }

    /// Drops all bytes. After a Close or a fault nothing more is processed.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.read_size);
    }

    /// Adds the bytes from `from` to `to` to the message in progress.
    pub(super) fn hold(&mut self, from: usize, to: usize) {
        if self.held == 0 {
            self.buffer.advance(from);
            self.held = to - from;
            self.gap = 0;
            return;
        }
        if from != self.held {
            self.buffer.copy_within(from..to, self.held);
        }
        self.held += to - from;
        self.gap = to - self.held;
    }

    /// Skips bytes that are not payload, up to `to`.
    pub(super) const fn skip(&mut self, to: usize) {
        self.gap = to - self.held;
    }

    /// Removes a whole frame and returns its payload, which begins at `from` and ends at `to`.
    // Inlined, so that the fields of the result stay in registers. A copy of them that was made just
    // after they were written field by field would wait for the writes.
    #[inline(always)]
    pub(super) fn cut_frame(&mut self, from: usize, to: usize) -> Bytes {
        self.gap = 0;
        let mut frame = self.buffer.split_to(to).freeze();
        frame.advance(from);
        frame
    }

    /// Removes and returns the message in progress.
    pub(super) fn cut_held(&mut self) -> Bytes {
        self.buffer.split_to(mem::take(&mut self.held)).freeze()
    }

    /// Lends the payload of a whole frame until the next call.
    #[inline]
    pub(super) fn lend_frame(&mut self, from: usize, to: usize) -> &[u8] {
        self.gap = to;
        self.bytes(from, to)
    }

    /// Lends the message in progress until the next call.
    pub(super) fn lend_held(&mut self) -> &[u8] {
        let held = mem::take(&mut self.held);
        self.gap += held;
        self.buffer.get(..held).unwrap_or_default()
    }
}
