//! The decompressor for received messages ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692),
//! section 7.2.2).

use alloc::vec::Vec;

use flate2::{FlushDecompress, Status};

use super::history::History;
use super::pool::Pool;
use super::{DeflateConfig, TAIL};
use crate::deflate::CoderTerms;
use crate::error::ProtocolError;

/// Decompresses the messages that one side of a connection receives.
///
/// Do not use it after an error: the state of the peer's compressor is unknown then.
#[derive(Debug)]
pub struct Decompressor {
    pool: Pool,
    terms: CoderTerms,
    /// Created for the first message. It is kept between messages only with context takeover.
    decompressor: Option<flate2::Decompress>,
    /// The end of the earlier messages, if the next message may refer to it.
    history: History,
    /// Whether the last block was marked as final. The next block begins at a byte boundary.
    ended: bool,
    /// Whether the decompressor still needs the window, because it is new or was reset. It has
    /// produced no output since then.
    lacks_window: bool,
    /// Whether some bytes of the current message have arrived.
    begun: bool,
    /// The last four bytes of the current message.
    last: [u8; 4],
    /// How many bytes of the output of the current message were set aside.
    set_aside: u64,
    /// How many bytes of the current message have arrived.
    compressed: u64,
    /// About how many bytes of output the last message had for each compressed byte.
    ratio: usize,
}

/// The limits of the expected ratio. The upper limit bounds the memory that is wasted if a message
/// is compressed less well than the message before it.
const LEAST_RATIO: u64 = 2;
const MOST_RATIO: u64 = 16;

/// The least room for output, in bytes.
const LEAST_ROOM: usize = 128;

impl Decompressor {
    /// Creates a decompressor. `terms` are the terms of the peer, which compresses. Nothing is
    /// allocated before the first message.
    #[must_use]
    pub fn new(config: &DeflateConfig, terms: CoderTerms) -> Self {
        Self {
            pool: config.pool.clone(),
            terms,
            decompressor: None,
            history: History::new(terms.window_bits),
            ended: false,
            lacks_window: false,
            begun: false,
            last: [0xff; 4],
            set_aside: 0,
            compressed: 0,
            ratio: LEAST_RATIO as usize,
        }
    }

    /// Decompresses the next `bytes` of a message and appends the output to `message`.
    ///
    /// `message` must hold the earlier output of the same message and nothing else, except for the
    /// output that was [set aside](Self::set_aside). `last` tells that `bytes` are the last bytes
    /// of the message.
    ///
    /// `message` grows to at most `limit + 1` bytes. The reserved capacity is at most about twice
    /// the length of `message`, or 16 times the length of `bytes` if that is more. The better the
    /// last message was compressed, the more is reserved.
    ///
    /// # Errors
    ///
    /// Returns [`InflatedTooLarge`](ProtocolError::InflatedTooLarge) if the message exceeds `limit`
    /// bytes, and [`InvalidDeflate`](ProtocolError::InvalidDeflate) if `bytes` are not valid
    /// DEFLATE data or the message ends inside a block. `message` then holds the output before the
    /// error.
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
            self.compressed += bytes.len() as u64;
            self.keep_last(bytes);
        }
        if last {
            self.end(message)?;
        }
        Ok(())
    }

    /// Removes the output so far from `message`, for a message that is processed in parts.
    /// `message` is empty afterwards. The output still counts towards the limit. Between two
    /// messages this method only empties `message`.
    pub fn set_aside(&mut self, message: &mut Vec<u8>) {
        if self.begun {
            self.history.push(message);
            self.set_aside += message.len() as u64;
        }
        message.clear();
    }

    /// Returns how many bytes of the output of the current message were set aside.
    #[must_use]
    pub const fn bytes_set_aside(&self) -> u64 {
        self.set_aside
    }

    /// Frees the decompressor between messages. With context takeover the last window of received
    /// data is kept.
    ///
    /// The pool keeps the decompressor if it has room. Inside a message this does nothing.
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
        let left = limit.saturating_sub(self.set_aside);
        let limit_len = usize::try_from(left).unwrap_or(usize::MAX);
        let mut room = bytes.len().saturating_mul(self.ratio.max(4)).max(LEAST_ROOM);
        loop {
            make_room(message, bytes.len().saturating_mul(self.ratio), limit_len);
            let lacks_window = self.ready(message);
            let Some(decompressor) = &mut self.decompressor else {
                return Ok(());
            };
            let len = message.len();
            let spare = if lacks_window {
                // Without room the decompressor stops before the first byte of output, and so
                // before it needs the window. Blocks that produce nothing never need it.
                0
            } else {
                room.min(message.capacity() - len)
            };
            message.resize(len + spare, 0);
            let output = message.get_mut(len..).unwrap_or_default();
            let before = (decompressor.total_in(), decompressor.total_out());
            let status = decompressor.decompress(bytes, output, FlushDecompress::None);
            let fed = decompressor.total_in();
            let taken = (fed - before.0) as usize;
            let made = (decompressor.total_out() - before.1) as usize;
            message.truncate(len + made);
            bytes = bytes.get(taken..).unwrap_or_default();
            // This check comes first, so that the error does not depend on how the bytes were
            // split.
            if message.len() > limit_len {
                return Err(ProtocolError::InflatedTooLarge { limit });
            }
            match status.map_err(|_| ProtocolError::InvalidDeflate)? {
                // RFC 7692, section 7.2.3.4: other blocks may follow a final block.
                Status::StreamEnd => self.ended = true,
                Status::Ok | Status::BufError => {}
            }
            if lacks_window && !self.ended {
                // The first byte of the first block contains no whole symbol, so it has no output.
                if bytes.is_empty() && fed == 1 {
                    return Ok(());
                }
                self.set_window(message)?;
                continue;
            }
            if bytes.is_empty() && (self.ended || made < spare) {
                return Ok(());
            }
            if !self.ended && taken == 0 && made == 0 {
                // No progress, although there was input and room for output.
                return Err(ProtocolError::InvalidDeflate);
            }
            // The room is initialised for each call. If a call has filled it, the next call gets
            // double the room. After a final block the room is small again, because the next block
            // may be short too. Otherwise a chain of short blocks would initialise a large room for
            // each.
            room = if self.ended { LEAST_ROOM } else { room.saturating_mul(2) };
        }
    }

    /// Makes the decompressor ready for the next bytes, and returns whether it lacks the window.
    fn ready(&mut self, message: &[u8]) -> bool {
        match &mut self.decompressor {
            Some(_) if !self.ended => return self.lacks_window,
            Some(decompressor) => decompressor.reset(false),
            None => self.decompressor = Some(self.pool.decompressor()),
        }
        self.ended = false;
        self.lacks_window = self.history.window(message).iter().any(|piece| !piece.is_empty());
        self.lacks_window
    }

    /// Gives the window to a decompressor that is new or was reset.
    fn set_window(&mut self, message: &[u8]) -> Result<(), ProtocolError> {
        self.lacks_window = false;
        let Some(decompressor) = &mut self.decompressor else {
            return Ok(());
        };
        for piece in self.history.window(message) {
            decompressor.set_dictionary(piece).map_err(|_| ProtocolError::InvalidDeflate)?;
        }
        Ok(())
    }

    /// Checks the end of a message and prepares for the next message.
    fn end(&mut self, message: &[u8]) -> Result<(), ProtocolError> {
        // A message without bytes has no end to check. RFC 7692, section 7.2.3.6 encodes an empty
        // message as one byte. Some senders omit this byte, which does no harm: it changes no
        // state.
        if self.begun && !self.ended {
            self.check_end()?;
        }
        self.learn_ratio(message.len());
        self.begun = false;
        self.last = [0xff; 4];
        self.set_aside = 0;
        if self.terms.no_context_takeover {
            self.history.clear();
            self.release_memory();
        } else {
            self.history.push(message);
        }
        Ok(())
    }

    /// Checks that the message ends at a block boundary (RFC 7692, section 7.2.2).
    ///
    /// The sender removed the tail, so this function feeds the tail and an empty block to the
    /// decompressor. If the message ends inside a block, the decompressor reads some of these bytes
    /// as data, and the function detects that.
    ///
    /// Without context takeover the empty block is a final one, because a final block ends the
    /// stream only if it begins at a block boundary.
    fn check_end(&mut self) -> Result<(), ProtocolError> {
        let Some(decompressor) = &mut self.decompressor else {
            return Ok(());
        };
        let is_final = self.terms.no_context_takeover;
        let end = [0x00, 0x00, 0xff, 0xff, is_final.into(), 0x00, 0x00, 0xff, 0xff];
        let (tail, empty_block) = end.split_at(TAIL.len());
        // Some senders do not remove the tail. A payload without its tail never ends with these
        // four bytes: its last byte is the end of a block header and contains zero bits.
        let is_trimmed = self.last != tail;
        let end = if is_trimmed { &end } else { empty_block };
        let (taken, made) = (decompressor.total_in(), decompressor.total_out());
        let status = decompressor.decompress(end, &mut [0; 16], FlushDecompress::None);
        let taken = (decompressor.total_in() - taken) as usize;
        let is_at_bound = match status {
            Ok(Status::Ok | Status::BufError) => !is_final && taken == end.len(),
            Ok(Status::StreamEnd) => {
                self.ended = true;
                // The block of the removed tail may have been a final one. Then the tail ends the
                // stream, and no empty block is needed.
                (is_final && taken == end.len()) || (is_trimmed && taken == tail.len())
            }
            Err(_) => false,
        };
        let is_whole = is_at_bound && decompressor.total_out() == made;
        if is_whole { Ok(()) } else { Err(ProtocolError::InvalidDeflate) }
    }

    /// Remembers how well the message of `len` bytes was compressed.
    fn learn_ratio(&mut self, len: usize) {
        if let Some(ratio) = (len as u64 + self.set_aside).checked_div(self.compressed) {
            self.ratio = (ratio + 1).clamp(LEAST_RATIO, MOST_RATIO) as usize;
        }
        self.compressed = 0;
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

/// Grows the capacity of `message` if `message` is full. It adds the present length, `expected` or
/// `LEAST_ROOM` bytes, whichever is most. The capacity never exceeds `limit + 1` bytes.
fn make_room(message: &mut Vec<u8>, expected: usize, limit: usize) {
    // `inflate` fills the whole capacity, so the capacity must not exceed `limit + 1`.
    if message.capacity() > limit.saturating_add(1) {
        message.shrink_to(limit.saturating_add(1));
    }
    if message.len() == message.capacity() {
        let room = message.len().max(expected).max(LEAST_ROOM);
        message.reserve_exact(room.min(limit.saturating_add(1) - message.len()));
    }
}
