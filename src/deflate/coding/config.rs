//! What to negotiate, and when and how to compress.

use super::pool::Pool;
use crate::deflate::{Compression, Preferences};

/// What to negotiate, and when and how to compress.
///
/// Clones share the compressors and decompressors that no connection needs at the moment, so one
/// `DeflateConfig`, cloned for each connection, is all it takes to share them.
#[derive(Clone, Debug)]
pub struct DeflateConfig {
    preferences: Preferences,
    threshold: usize,
    pub(super) pool: Pool,
}

impl DeflateConfig {
    /// What [`level`](Self::level) is when it is not set.
    pub const DEFAULT_LEVEL: u8 = 6;

    /// What [`threshold`](Self::threshold) is when it is not set: 128 bytes.
    pub const DEFAULT_THRESHOLD: usize = 128;

    /// What [`pool_size`](Self::pool_size) is when it is not set.
    pub const DEFAULT_POOL_SIZE: usize = 8;

    /// Context takeover, the largest windows, level 6, messages from 128 bytes on compressed.
    #[must_use]
    pub fn new() -> Self {
        Self {
            preferences: Preferences::new(),
            threshold: Self::DEFAULT_THRESHOLD,
            pool: Pool::new(Self::DEFAULT_LEVEL, Self::DEFAULT_POOL_SIZE),
        }
    }

    /// What to negotiate.
    #[must_use]
    pub fn preferences(mut self, preferences: Preferences) -> Self {
        self.preferences = preferences;
        self
    }

    /// How hard to compress: from 1, the fastest, to 9, the smallest; 0 does not compress but
    /// frames the bytes as DEFLATE. 6 when not set; more counts as 9. Clones of before share
    /// nothing with this any more.
    #[must_use]
    pub fn level(mut self, level: u8) -> Self {
        self.pool = Pool::new(level.min(9), self.pool.size());
        self
    }

    /// From how many bytes on a message is worth compressing, where
    /// [`Auto`](Compression::Auto) decides; 128 when not set.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// How many compressors, and how many decompressors, are kept for the next connection that
    /// needs one; 8 when not set. Clones of before share nothing with this any more.
    #[must_use]
    pub fn pool_size(mut self, size: usize) -> Self {
        self.pool = Pool::new(self.pool.level(), size);
        self
    }

    pub(crate) const fn wanted(&self) -> &Preferences {
        &self.preferences
    }

    /// Whether a message is to be compressed, of which `len` bytes are there.
    pub(crate) const fn applies(&self, choice: Compression, len: usize, is_whole: bool) -> bool {
        match choice {
            Compression::Auto => !is_whole || len >= self.threshold,
            Compression::Yes => true,
            Compression::No => false,
        }
    }
}

impl Default for DeflateConfig {
    fn default() -> Self {
        Self::new()
    }
}
