//! The queue of bytes to write
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.4).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;
use core::mem;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

use super::spare::{self, OutgoingBuffers};
use crate::connection::{FrameStart, Output};
use crate::frame::FrameHeader;

/// The frames that wait to be written, as a [`Buf`] of one or more pieces.
///
/// Small frames are gathered in one piece, and a large payload is a separate piece. Pings and Pongs
/// are written before the messages that wait, but never inside a frame (RFC 6455, section 5.4).
///
/// Pass it to code that writes a `Buf`. Or write the pieces of
/// [`chunks_vectored`](Buf::chunks_vectored), and call [`advance`](Buf::advance) with the number of
/// bytes that were written.
#[derive(Default)]
pub struct Outgoing {
    /// The small frames, the headers of the frames with a large payload, and the Close, in the
    /// order of sending.
    gathered: Vec<u8>,
    /// How many bytes of `gathered` have been written.
    written: usize,
    /// The large payloads, in the order of sending.
    large: VecDeque<Large>,
    /// The sum of the lengths in `large`.
    large_len: usize,
    /// The sum of `before` in `large`. The bytes of `gathered` after them follow the last payload.
    placed: usize,
    /// Whole Ping and Pong frames. They are written after the frame at the front of the data.
    control: BytesMut,
    /// How many bytes of `control` do not count towards the high-water mark.
    answers: usize,
    /// How many bytes remain of the frame that the last write ended in.
    frame_rest: usize,
    /// Whether bytes have been written since the last look at the clock.
    has_written: bool,
    /// The number of bytes that were gathered for the last write. The next buffer begins with this
    /// capacity.
    usual: usize,
}

/// A payload that is not copied.
pub(super) struct Large {
    /// How many bytes of `gathered` come before it and after the previous payload. A frame header
    /// is one of these bytes or none: it never extends over two pieces.
    before: usize,
    payload: Bytes,
}

/// The length from which a payload is a separate piece of the queue. A shorter payload is copied
/// after its header. A client also copies a whole message of less than twice this length, because
/// it masks while it copies.
///
/// A copy of a shorter payload costs less than another piece in a write. Also, a payload can be a
/// small slice of a large buffer, such as a read buffer of 256 KiB. Without a copy, it would keep
/// this buffer in memory while it waits.
pub(super) const LARGE: usize = 16 * 1024;

/// The capacity of the largest buffer that an empty queue keeps for the next frames.
const KEEP: usize = 64 * 1024;

/// The largest number of places for payloads that an empty queue keeps.
const KEEP_PLACES: usize = 64;

impl Outgoing {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Returns how many bytes wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.data_len() + self.control.len()
    }

    /// Returns whether no bytes wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees the memory of an empty queue. With `std`, each thread keeps one buffer of at most
    /// 64 KiB for the next connection that needs one.
    pub fn release_memory(&mut self) {
        if self.is_empty() {
            let Self { mut gathered, large, usual, .. } = mem::take(self);
            self.usual = usual;
            gathered.clear();
            spare::put_outgoing(OutgoingBuffers { gathered, large });
        }
    }

    /// Returns how many of the bytes count towards the high-water mark.
    ///
    /// Frames that the connection has queued by itself do not count. So a queue that has room for a
    /// message keeps this room until the application queues a message.
    #[inline]
    pub(super) fn counted_len(&self) -> usize {
        self.len() - self.answers
    }

    #[inline]
    fn data_len(&self) -> usize {
        self.gathered.len() - self.written + self.large_len
    }

    /// Returns the output for whole frames that are sent after everything that is queued.
    pub(super) fn data(&mut self) -> &mut impl Output {
        &mut self.gathered
    }

    /// Returns the output for whole frames that are sent before the messages.
    pub(super) fn control(&mut self) -> &mut impl Output {
        &mut self.control
    }

    /// Records that the transport has made progress.
    #[inline]
    pub(super) const fn note_written(&mut self) {
        self.has_written = true;
    }

    /// Returns whether bytes have been written since the last call.
    pub(super) const fn take_written(&mut self) -> bool {
        mem::replace(&mut self.has_written, false)
    }

    /// Queues a frame that the connection sends by itself, before the messages.
    pub(super) fn answer<T>(&mut self, write: impl FnOnce(&mut BytesMut) -> T) -> T {
        let before = self.control.len();
        let result = write(&mut self.control);
        self.answers += self.control.len() - before;
        result
    }

    /// Queues a frame, with a copy of its payload. A client masks the copy.
    #[inline]
    pub(super) fn put_frame(&mut self, start: FrameStart, payload: &[u8]) {
        self.put_header(start, payload.len());
        match start.mask() {
            None => self.gathered.extend_from_slice(payload),
            Some(mut mask) => mask.append(payload, &mut self.gathered),
        }
    }

    /// Queues a frame, without a copy of a large payload. The payload is already masked.
    pub(super) fn push(&mut self, start: FrameStart, payload: Bytes) {
        if payload.len() < LARGE {
            self.put_header(start, payload.len());
            self.gathered.extend_from_slice(&payload);
        } else {
            self.put_header(start, 0);
            let before = self.gathered.len() - self.written - self.placed;
            self.placed += before;
            self.large_len += payload.len();
            self.large.push_back(Large { before, payload });
        }
    }

    /// Takes the spare buffers of the thread, and makes room for as many bytes as the last write
    /// had.
    #[cold]
    fn begin_buffer(&mut self, needed: usize) {
        let spare = spare::take_outgoing();
        self.gathered = spare.gathered;
        if self.large.is_empty() {
            self.large = spare.large;
        }
        self.gathered.reserve_exact(needed.max(self.usual));
    }

    /// Appends a header, and reserves memory for `len` bytes after it.
    #[inline(always)]
    fn put_header(&mut self, start: FrameStart, len: usize) {
        let header = start.header();
        let needed = FrameHeader::MAX_LEN + len;
        if self.gathered.capacity() == 0 {
            self.begin_buffer(needed);
        }
        self.gathered.reserve(needed);
        let end = self.gathered.len() + header.len();
        self.gathered.extend_from_slice(header.padded());
        self.gathered.truncate(end);
    }
}

/// Shows the lengths, and no bytes.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("data_len", &self.data_len())
            .field("control_len", &self.control.len())
            .finish_non_exhaustive()
    }
}

impl Outgoing {
    /// Returns the bytes of `gathered` that are not written.
    fn waiting(&self) -> &[u8] {
        self.gathered.get(self.written..).unwrap_or_default()
    }

    /// Returns the first piece of the data.
    fn front(&self) -> &[u8] {
        match self.large.front() {
            None => self.waiting(),
            Some(Large { before: 0, payload }) => payload,
            Some(Large { before, .. }) => self.waiting().get(..*before).unwrap_or_default(),
        }
    }

    /// Returns the length of the frame that begins at the front of the data.
    fn front_frame_len(&self) -> usize {
        // This crate wrote the frames, so their headers are whole and valid.
        match FrameHeader::parse(self.front()) {
            Ok(Some((header, header_len))) => header_len + header.payload_len as usize,
            _ => self.data_len(),
        }
    }

    fn advance_data(&mut self, mut len: usize) {
        while len > 0 {
            let step = match self.large.front_mut() {
                None => len.min(self.gathered.len() - self.written),
                Some(Large { before: 0, payload }) => {
                    let step = len.min(payload.len());
                    payload.advance(step);
                    self.large_len -= step;
                    if payload.is_empty() {
                        self.large.pop_front();
                    }
                    len -= step;
                    continue;
                }
                Some(Large { before, .. }) => {
                    let step = len.min(*before);
                    *before -= step;
                    self.placed -= step;
                    step
                }
            };
            if step == 0 {
                break;
            }
            self.written += step;
            len -= step;
        }
        // At most as many bytes are moved as were written.
        if self.written > self.gathered.len() / 2 {
            self.gathered.drain(..self.written);
            self.written = 0;
        }
    }

    /// Empties the queue after everything was written. Large buffers are freed.
    fn clear(&mut self) {
        self.written = 0;
        self.large.clear();
        self.large.shrink_to(KEEP_PLACES);
        self.large_len = 0;
        self.placed = 0;
        self.answers = 0;
        self.frame_rest = 0;
        self.usual = (self.gathered.len() + FrameHeader::MAX_LEN).min(KEEP);
        self.gathered.clear();
        self.gathered.shrink_to(KEEP);
        if self.control.capacity() > KEEP {
            self.control = BytesMut::new();
        } else {
            self.control.clear();
        }
    }
}

impl Buf for Outgoing {
    fn remaining(&self) -> usize {
        self.len()
    }

    fn chunk(&self) -> &[u8] {
        let front = self.front();
        if self.control.is_empty() {
            front
        } else if self.frame_rest == 0 {
            &self.control
        } else {
            front.get(..self.frame_rest).unwrap_or(front)
        }
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut gathered = self.waiting();
        let pieces = self.large.iter().map(Some).chain([None]).flat_map(|large| {
            let (before, payload) =
                large.map_or((gathered.len(), &[][..]), |large| (large.before, &large.payload));
            let (piece, rest) = gathered.split_at_checked(before).unwrap_or_default();
            gathered = rest;
            [piece, payload]
        });
        let room = slices.len();
        let mut filled = 0;
        let mut fill = |bytes: &'a [u8]| {
            if let (false, Some(slice)) = (bytes.is_empty(), slices.get_mut(filled)) {
                *slice = IoSlice::new(bytes);
                filled += 1;
            }
            filled < room
        };
        let mut control = Some(&self.control[..]);
        let mut frame_rest = self.frame_rest;
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            let has_room = if frame_rest >= piece.len() {
                frame_rest -= piece.len();
                fill(piece)
            } else {
                // The frame that the last write ended in ends in this piece.
                let (rest, others) = piece.split_at(mem::take(&mut frame_rest));
                fill(rest) && fill(control.take().unwrap_or_default()) && fill(others)
            };
            if !has_room {
                return filled;
            }
        }
        fill(control.take().unwrap_or_default());
        filled
    }

    /// Records that `written` bytes have been written.
    fn advance(&mut self, mut written: usize) {
        self.has_written |= written > 0;
        if written >= self.len() {
            return self.clear();
        }
        while written > 0 {
            if self.frame_rest == 0 && !self.control.is_empty() {
                let step = written.min(self.control.len());
                self.control.advance(step);
                self.answers -= step.min(self.answers);
                written -= step;
                continue;
            }
            if self.frame_rest == 0 {
                self.frame_rest = self.front_frame_len();
            }
            let step = written.min(self.frame_rest);
            self.advance_data(step);
            self.frame_rest -= step;
            written -= step;
        }
    }
}
