//! The compressor for sent messages ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692),
//! section 7.2.1).

use alloc::vec::Vec;

use flate2::FlushCompress;

use super::pool::Pool;
use super::{DeflateConfig, TAIL};
use crate::deflate::CoderTerms;

/// Compresses the messages that one side of a connection sends.
///
/// Send all compressed output, in order: later output can refer to it, so the peer's decompressor
/// must see it.
#[derive(Debug)]
pub struct Compressor {
    pool: Pool,
    terms: CoderTerms,
    /// Created for the first message. It is kept between messages only with context takeover.
    compressor: Option<flate2::Compress>,
    /// Whether the next message must not refer to earlier messages.
    forget: bool,
}

impl Compressor {
    /// Creates a compressor for the side that has these `terms`. It allocates nothing before the
    /// first message.
    #[must_use]
    pub fn new(config: &DeflateConfig, terms: CoderTerms) -> Self {
        Self { pool: config.pool.clone(), terms, compressor: None, forget: false }
    }

    /// Compresses the next `fragment` of a message and appends the payload of its frame to `out`.
    ///
    /// `fin` tells that this is the last fragment of the message. The peer can decompress all of
    /// `fragment` from the output so far.
    pub fn compress(&mut self, fragment: &[u8], fin: bool, out: &mut Vec<u8>) {
        if fragment.is_empty() {
            // RFC 7692, section 7.2.3.6: this byte is the header of an empty stored block. The
            // compressor has already flushed and has no new input, so it would write no other
            // block.
            if fin {
                out.push(0x00);
            }
        } else {
            let Self { pool, terms, compressor, forget } = self;
            let compressor = compressor.get_or_insert_with(|| pool.compressor(terms.window_bits));
            if core::mem::take(forget) {
                compressor.reset();
            }
            flush(compressor, fragment, out);
            // RFC 7692, section 7.2.1, step 3.
            if fin && out.ends_with(&TAIL) {
                out.truncate(out.len() - TAIL.len());
            }
        }
        if fin && self.terms.no_context_takeover {
            self.release_memory();
        }
    }

    /// Makes the next message refer to nothing before it.
    ///
    /// Call this between messages, after you sent a message that another compressor compressed.
    /// That message is in the peer's window, but this compressor does not know it.
    pub fn forget(&mut self) {
        self.forget = self.compressor.is_some();
    }

    /// Returns the compressor to the pool between messages, or frees it if the pool is full. The
    /// next message refers to nothing before it.
    pub fn release_memory(&mut self) {
        if let Some(compressor) = self.compressor.take() {
            self.pool.put_compressor(self.terms.window_bits, compressor);
        }
        self.forget = false;
    }

    /// Returns the base-2 logarithm of the agreed window in bytes, 8 to 15.
    #[must_use]
    pub const fn window_bits(&self) -> u8 {
        self.terms.window_bits
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        self.release_memory();
    }
}

/// Compresses all of `bytes` and flushes, so that the output ends at a byte boundary.
fn flush(compressor: &mut flate2::Compress, mut bytes: &[u8], out: &mut Vec<u8>) {
    // Room for the flush marker. The compressor repeats a marker that does not fit.
    const ROOM: usize = 64;
    out.reserve(bytes.len() / 2 + ROOM);
    loop {
        let before = compressor.total_in();
        // `compress_vec` fails only in an invalid state, which this compressor never has.
        let flushed = compressor.compress_vec(bytes, out, FlushCompress::Sync);
        let taken = (compressor.total_in() - before) as usize;
        bytes = bytes.get(taken..).unwrap_or_default();
        if flushed.is_err() || (bytes.is_empty() && out.len() < out.capacity()) {
            return;
        }
        out.reserve(bytes.len() / 2 + ROOM);
    }
}
