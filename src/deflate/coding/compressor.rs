//! The sending direction.

use alloc::vec::Vec;

use flate2::FlushCompress;

use super::pool::Pool;
use super::{DeflateConfig, TAIL};
use crate::deflate::CoderTerms;

/// Compresses the messages of one direction of a connection, one after the other.
///
/// What was compressed must be sent, in order: the peer's decompressor has to see all that this
/// one refers to later.
#[derive(Debug)]
pub struct Compressor {
    pool: Pool,
    terms: CoderTerms,
    /// Made for the first message; kept for the next only where that may refer to it.
    compressor: Option<flate2::Compress>,
    /// Whether the next message must not refer to those before it.
    forget: bool,
}

impl Compressor {
    /// A compressor on the terms for the side that compresses. Nothing is allocated before the first
    /// message.
    #[must_use]
    pub fn new(config: &DeflateConfig, terms: CoderTerms) -> Self {
        Self { pool: config.pool.clone(), terms, compressor: None, forget: false }
    }

    /// Appends to `out` the payload of the next frame: the next fragment of a message compressed,
    /// the last one with `fin`. All of `fragment` can be read from what was appended so far.
    pub fn compress(&mut self, fragment: &[u8], fin: bool, out: &mut Vec<u8>) {
        if fragment.is_empty() {
            // RFC 7692 7.2.3.6: the header of an empty stored block. The compressor, which has
            // flushed and has nothing new, would not write another.
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
            // RFC 7692 7.2.1, step 3.
            if fin && out.ends_with(&TAIL) {
                out.truncate(out.len() - TAIL.len());
            }
        }
        if fin && self.terms.no_context_takeover {
            self.release_memory();
        }
    }

    /// Takes note that the peer has been sent something compressed by another: it counts for the
    /// peer's window, and is not known here. The next message refers to nothing before it. To be
    /// called between messages.
    pub fn forget(&mut self) {
        self.forget = self.compressor.is_some();
    }

    /// Gives the memory back, between messages. The next message refers to nothing before it.
    pub fn release_memory(&mut self) {
        if let Some(compressor) = self.compressor.take() {
            self.pool.put_compressor(self.terms.window_bits, compressor);
        }
        self.forget = false;
    }

    /// The logarithm of the window that was agreed on.
    pub(crate) const fn window_bits(&self) -> u8 {
        self.terms.window_bits
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        self.release_memory();
    }
}

/// Compresses all of `bytes` and brings the output to the bound of a byte.
fn flush(compressor: &mut flate2::Compress, mut bytes: &[u8], out: &mut Vec<u8>) {
    // Room for the flush itself: where it does not fit it is repeated.
    const ROOM: usize = 64;
    out.reserve(bytes.len() / 2 + ROOM);
    loop {
        let before = compressor.total_in();
        // It fails only for a state that it is never in.
        let flushed = compressor.compress_vec(bytes, out, FlushCompress::Sync);
        let taken = (compressor.total_in() - before) as usize;
        bytes = bytes.get(taken..).unwrap_or_default();
        if flushed.is_err() || (bytes.is_empty() && out.len() < out.capacity()) {
            return;
        }
        out.reserve(bytes.len() / 2 + ROOM);
    }
}
