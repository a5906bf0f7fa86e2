//! Compressors and decompressors that nobody needs at the moment.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::{Compress, Decompress};

/// The smallest window that the compressor can be told of.
const MIN_WINDOW_BITS: u8 = 9;

/// What connections share that keep no state between messages, and those to come.
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

    /// A compressor that refers to nothing before its first byte, and never by more than
    /// `2^window_bits` bytes back.
    pub(super) fn compressor(&self, window_bits: u8) -> Compress {
        // zlib keeps 262 bytes of its window for what is to come, so that no distance in a window
        // of 512 exceeds 250: it is one for 8 bits as well, for which there is no other.
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

    /// A decompressor for any window. It takes as much memory for a small one.
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
        // Nothing is left half done by a panic: each change is one call of a `Vec`.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
