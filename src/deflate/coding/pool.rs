//! A pool of idle compressors and decompressors.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::{Compress, Decompress};

/// The smallest window that the compressor supports, as a base-2 logarithm.
const MIN_WINDOW_BITS: u8 = 9;

/// The idle compressors and decompressors that connections share, and the settings for new ones.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    level: u8,
    size: usize,
    idle: Arc<Mutex<Idle>>,
}

#[derive(Debug, Default)]
struct Idle {
    compressors: Vec<(u8, Compress)>,
    decompressors: Vec<Decompress>,
}

impl Pool {
    pub(super) fn new(level: u8, size: usize) -> Self {
        Self { level, size, idle: Arc::default() }
    }

    pub(super) const fn level(&self) -> u8 {
        self.level
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// Returns a compressor with an empty window. It refers to bytes at most `2^window_bits` bytes
    /// back.
    pub(super) fn compressor(&self, window_bits: u8) -> Compress {
        // zlib reserves 262 bytes of its window as lookahead, so in a window of 512 bytes no
        // distance exceeds 250. A window of 9 bits therefore also serves for 8 bits, which the
        // compressor does not support.
        let window_bits = window_bits.max(MIN_WINDOW_BITS);
        let mut idle = self.idle();
        let fitting = idle.compressors.iter().position(|(bits, _)| *bits == window_bits);
        if let Some(index) = fitting {
            let (_, mut compressor) = idle.compressors.swap_remove(index);
            drop(idle);
            compressor.reset();
            return compressor;
        }
        drop(idle);
        Compress::new_with_window_bits(
            flate2::Compression::new(self.level.into()),
            false,
            window_bits,
        )
    }

    /// Returns a decompressor for any window. For a small window it takes as much memory as for a
    /// large one.
    pub(super) fn decompressor(&self) -> Decompress {
        let idle = self.idle().decompressors.pop();
        match idle {
            Some(mut decompressor) => {
                decompressor.reset(false);
                decompressor
            }
            None => Decompress::new(false),
        }
    }

    pub(super) fn put_compressor(&self, window_bits: u8, compressor: Compress) {
        let mut idle = self.idle();
        if idle.compressors.len() < self.size {
            idle.compressors.push((window_bits.max(MIN_WINDOW_BITS), compressor));
        }
    }

    pub(super) fn put_decompressor(&self, decompressor: Decompress) {
        let mut idle = self.idle();
        if idle.decompressors.len() < self.size {
            idle.decompressors.push(decompressor);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // A panic cannot leave the lists half changed, since each change is one call of a `Vec`
        // method. A poisoned lock is therefore safe to use.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
