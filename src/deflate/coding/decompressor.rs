//! The receiving direction.

use alloc::vec::Vec;

use flate2::{FlushDecompress, Status};

use super::history::History;
use super::pool::Pool;
use super::{DeflateConfig, TAIL};
use crate::deflate::CoderTerms;
use crate::error::ProtocolError;

/// Decompresses the messages of one direction of a connection, one after the other.
///
/// After an error it is of no more use: the state of the peer's compressor is unknown.
#[derive(Debug)]
pub struct Decompressor {
    pool: Pool,
    terms: CoderTerms,
    /// Made for the first message; kept for the next only where that may refer to it.
    decompressor: Option<flate2::Decompress>,
    /// Of the messages before, where the next may refer to them.
    history: History,
    /// Whether a block said that it is the final one. What follows begins at the bound of a byte.
    ended: bool,
    /// Whether anything has come of the message under way.
    begun: bool,
    /// The last four bytes of it.
    last: [u8; 4],
}

impl Decompressor {
    /// A decompressor on the terms for the side that compresses. Nothing is allocated before the
    /// first message.
    #[must_use]
    pub fn new(config: &DeflateConfig, terms: CoderTerms) -> Self {
        Self {
            pool: config.pool.clone(),
            terms,
            decompressor: None,
            history: History::new(terms.window_bits),
            ended: false,
            begun: false,
            last: [0xff; 4],
        }
    }

    /// Appends what `bytes`, the next ones of a compressed message, make readable. `message` holds
    /// what was made readable of it before, and nothing else; `last` says that these are its last
    /// bytes.
    ///
    /// No more than `limit` bytes and one are ever put into `message`, and no more memory is
    /// reserved for them than about as much again as there is.
    ///
    /// # Errors
    /// [`InflatedTooLarge`](ProtocolError::InflatedTooLarge), or
    /// [`InvalidDeflate`](ProtocolError::InvalidDeflate). What was readable up to there is in
    /// `message`.
    pub fn decompress(
        &mut self,
        bytes: &[u8],
        last: bool,
        limit: u64,
        message: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        if !bytes.is_empty() {
            self.inflate(bytes, limit, message)?;
            self.begun = true;
            self.keep_last(bytes);
        }
        if last {
            self.end(message)?;
        }
        Ok(())
    }

    /// Gives the memory back that is not needed to go on, between messages: but for as much
    /// of what came last as the peer's window holds, if the next message may refer to it.
    pub fn release_memory(&mut self) {
        if self.begun {
            return;
        }
        if let Some(decompressor) = self.decompressor.take() {
            self.pool.put_decompressor(decompressor);
        }
        self.ended = false;
    }

    fn inflate(
        &mut self,
        mut bytes: &[u8],
        limit: u64,
        message: &mut Vec<u8>,
    ) -> Result<(), ProtocolError> {
        let limit_len = usize::try_from(limit).unwrap_or(usize::MAX);
        loop {
            make_room(message, bytes.len(), limit_len);
            let decompressor = self.ready(message)?;
            let (taken_before, len_before) = (decompressor.total_in(), message.len());
            let status = decompressor.decompress_vec(bytes, message, FlushDecompress::None);
            let taken = (decompressor.total_in() - taken_before) as usize;
            bytes = bytes.get(taken..).unwrap_or_default();
            // Before all else, so that the error is the same however the bytes were cut.
            if message.len() > limit_len {
                return Err(ProtocolError::InflatedTooLarge { limit });
            }
            match status.map_err(|_| ProtocolError::InvalidDeflate)? {
                // RFC 7692 7.2.3.4: a final block is a block like any other.
                Status::StreamEnd => self.ended = true,
                Status::Ok | Status::BufError => {}
            }
            if bytes.is_empty() && (self.ended || message.len() < message.capacity()) {
                return Ok(());
            }
            if !self.ended && taken == 0 && message.len() == len_before {
                // There was room, and there was something to read.
                return Err(ProtocolError::InvalidDeflate);
            }
        }
    }

    /// The decompressor at the place where it reads on.
    fn ready(&mut self, message: &[u8]) -> Result<&mut flate2::Decompress, ProtocolError> {
        let is_new = self.decompressor.is_none();
        let decompressor = self.decompressor.get_or_insert_with(|| self.pool.decompressor());
        if self.ended {
            decompressor.reset(false);
        }
        if is_new || self.ended {
            self.ended = false;
            let window = self.history.window(message);
            if !window.is_empty() {
                decompressor.set_dictionary(&window).map_err(|_| ProtocolError::InvalidDeflate)?;
            }
        }
        Ok(decompressor)
    }

    /// The end of a message.
    fn end(&mut self, message: &[u8]) -> Result<(), ProtocolError> {
        // A message of no bytes has no end to be found. RFC 7692 7.2.3.6 has a byte for an empty
        // one, but there are those who leave it out, and it touches no state.
        if self.begun && !self.ended {
            self.check_end()?;
        }
        self.begun = false;
        self.last = [0xff; 4];
        if self.terms.no_context_takeover {
            self.release_memory();
        } else {
            self.history.push(message);
        }
        Ok(())
    }

    /// RFC 7692 7.2.2: behind the tail that the sender took off there is the bound of a block.
    /// What ends elsewhere reads the tail, or the empty block behind it, as data: that shows.
    ///
    /// Where nothing need be kept for the next message that block is a final one, since only at a
    /// bound it ends anything.
    fn check_end(&mut self) -> Result<(), ProtocolError> {
        let Some(decompressor) = &mut self.decompressor else {
            return Ok(());
        };
        let is_final = self.terms.no_context_takeover;
        let end = [0x00, 0x00, 0xff, 0xff, is_final.into(), 0x00, 0x00, 0xff, 0xff];
        let (tail, empty_block) = end.split_at(TAIL.len());
        // There are those who do not take the tail off. No payload without it ends like this: the
        // header of the block that it belongs to has zeros in its last byte.
        let is_trimmed = self.last != tail;
        let end = if is_trimmed { &end } else { empty_block };
        let (taken, made) = (decompressor.total_in(), decompressor.total_out());
        let status = decompressor.decompress(end, &mut [0; 16], FlushDecompress::None);
        let taken = (decompressor.total_in() - taken) as usize;
        let is_at_bound = match status {
            Ok(Status::Ok | Status::BufError) => !is_final && taken == end.len(),
            Ok(Status::StreamEnd) => {
                self.ended = true;
                // A block that lost its tail may have been a final one, and needs no other
                // behind it.
                (is_final && taken == end.len()) || (is_trimmed && taken == tail.len())
            }
            Err(_) => false,
        };
        let is_whole = is_at_bound && decompressor.total_out() == made;
        if is_whole { Ok(()) } else { Err(ProtocolError::InvalidDeflate) }
    }

    fn keep_last(&mut self, bytes: &[u8]) {
        let mut last = [0; 4];
        let both =
            self.last.iter().chain(bytes.get(bytes.len().saturating_sub(4)..).unwrap_or_default());
        for (to, from) in last.iter_mut().rev().zip(both.rev()) {
            *to = *from;
        }
        self.last = last;
    }
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        self.begun = false;
        self.release_memory();
    }
}

/// Grows a message that is full: by as much again as there is, or at first by what `compressed`
/// bytes may well become, up to one byte over the limit.
fn make_room(message: &mut Vec<u8>, compressed: usize, limit: usize) {
    const MIN: usize = 128;
    // All the room that there is may be used.
    if message.capacity() > limit.saturating_add(1) {
        message.shrink_to(limit.saturating_add(1));
    }
    if message.len() == message.capacity() {
        let room = message.len().max(compressed.saturating_mul(2)).max(MIN);
        message.reserve_exact(room.min(limit.saturating_add(1) - message.len()));
    }
}
