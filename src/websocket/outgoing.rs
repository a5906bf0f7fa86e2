//! The queue of bytes to write
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.4).

use alloc::collections::VecDeque;
use core::mem;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

use crate::connection::Output as _;
use crate::frame::FrameHeader;

/// The frames that wait to be written, as a [`Buf`] of one or more pieces.
///
/// Small frames are gathered in one piece, and a large payload is a separate piece. Pings and Pongs
/// are written before the messages that wait, but never inside a frame (RFC 6455, section 5.4).
///
/// Pass it to code that writes a `Buf`. Or write the pieces of
/// [`chunks_vectored`](Buf::chunks_vectored), and call [`advance`](Buf::advance) with the number of
/// bytes that were written.
#[derive(Debug, Default)]
pub struct Outgoing {
    /// The messages, and the Close after them.
    pieces: VecDeque<Bytes>,
    /// The last piece, which still grows. A frame header never extends over two pieces.
    last: BytesMut,
    pieces_len: usize,
    /// Whole Ping and Pong frames. They are written after the frame at the front of the data.
    control: BytesMut,
    /// How many bytes remain of the frame that the last write ended in.
    frame_rest: usize,
    /// Whether bytes have been written since the last look at the clock.
    has_written: bool,
}

/// The capacity of the largest buffer that an empty queue keeps for the next frames.
const KEEP: usize = 64 * 1024;

impl Outgoing {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Returns how many bytes wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces_len + self.last.len() + self.control.len()
    }

    /// Returns whether no bytes wait.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Frees the memory of an empty queue.
    pub fn release_memory(&mut self) {
        if self.is_empty() {
            *self = Self::new();
        }
    }

    /// Returns the buffer for whole frames that are sent after everything that is queued.
    #[inline]
    pub(super) const fn data(&mut self) -> &mut BytesMut {
        &mut self.last
    }

    /// Returns the buffer for whole frames that are sent before the messages.
    pub(super) const fn control(&mut self) -> &mut BytesMut {
        &mut self.control
    }

    /// Returns whether bytes have been written since the last call.
    pub(super) const fn take_written(&mut self) -> bool {
        mem::replace(&mut self.has_written, false)
    }

    /// Queues a frame without a copy of its payload.
    pub(super) fn push(&mut self, header: &[u8], payload: Bytes) {
        self.last.put(header);
        let gathered = self.last.split().freeze();
        self.pieces_len += gathered.len() + payload.len();
        self.pieces.push_back(gathered);
        self.pieces.push_back(payload);
    }
}

impl Outgoing {
    /// Returns the first piece of the data.
    fn front(&self) -> &[u8] {
        self.pieces.front().map_or(&self.last, |piece| piece)
    }

    /// Returns the length of the frame that begins at the front of the data.
    fn front_frame_len(&self) -> usize {
        // This crate wrote the frames, so their headers are whole and valid.
        match FrameHeader::parse(self.front()) {
            Ok(Some((header, header_len))) => header_len + header.payload_len as usize,
            _ => self.pieces_len + self.last.len(),
        }
    }

    fn advance_data(&mut self, mut len: usize) {
        while let Some(piece) = self.pieces.front_mut() {
            let step = len.min(piece.len());
            piece.advance(step);
            self.pieces_len -= step;
            len -= step;
            if !piece.is_empty() {
                return;
            }
            self.pieces.pop_front();
        }
        self.last.advance(len.min(self.last.len()));
    }

    /// Empties the queue after everything was written. Large buffers are freed.
    fn clear(&mut self) {
        self.pieces.clear();
        self.pieces_len = 0;
        self.frame_rest = 0;
        for buffer in [&mut self.last, &mut self.control] {
            if buffer.capacity() > KEEP {
                *buffer = BytesMut::new();
            } else {
                buffer.clear();
            }
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
        let data = self.pieces.iter().map(|piece| &piece[..]).chain([&self.last[..]]);
        let mut filled = 0;
        let mut fill = |bytes: &'a [u8]| {
            if let (false, Some(slice)) = (bytes.is_empty(), slices.get_mut(filled)) {
                *slice = IoSlice::new(bytes);
                filled += 1;
            }
        };
        let mut control = Some(&self.control[..]);
        let mut frame_rest = self.frame_rest;
        for piece in data {
            if frame_rest >= piece.len() && !piece.is_empty() {
                frame_rest -= piece.len();
                fill(piece);
                continue;
            }
            // The frame that the last write ended in ends in this piece.
            let (rest, others) = piece.split_at(mem::take(&mut frame_rest).min(piece.len()));
            fill(rest);
            fill(control.take().unwrap_or_default());
            fill(others);
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
