//! The configuration of permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).

use super::pool::Pool;
use crate::deflate::{Compression, Preferences};

/// The configuration of permessage-deflate: what to negotiate, and when and how to compress.
///
/// Clones share a pool of idle compressors and decompressors. Create one `DeflateConfig` and clone
/// it for each connection to share the pool among all connections.
///
/// ```
/// use websocket_proto::deflate::{DeflateConfig, Preferences};
/// use websocket_proto::websocket;
///
/// // The server keeps nothing between messages and sends messages under 1 KiB uncompressed.
/// let preferences = Preferences::new().server_no_context_takeover(true);
/// let deflate = DeflateConfig::new().preferences(preferences).threshold(1024);
/// let config = websocket::Config::new().deflate(deflate);
/// ```
#[derive(Clone, Debug)]
pub struct DeflateConfig {
    preferences: Preferences,
    threshold: usize,
    pub(super) pool: Pool,
}

impl DeflateConfig {
    /// The default [`level`](Self::level).
    pub const DEFAULT_LEVEL: u8 = 6;

    /// The default [`threshold`](Self::threshold): 128 bytes.
    pub const DEFAULT_THRESHOLD: usize = 128;

    /// The default [`pool_size`](Self::pool_size).
    pub const DEFAULT_POOL_SIZE: usize = 8;

    /// Creates a configuration with the default values: context takeover, the largest windows,
    /// level 6, a threshold of 128 bytes and a pool size of 8.
    #[must_use]
    pub fn new() -> Self {
        Self {
            preferences: Preferences::new(),
            threshold: Self::DEFAULT_THRESHOLD,
            pool: Pool::new(Self::DEFAULT_LEVEL, Self::DEFAULT_POOL_SIZE),
        }
    }

    /// Sets the preferences for the negotiation.
    #[must_use]
    pub fn preferences(mut self, preferences: Preferences) -> Self {
        self.preferences = preferences;
        self
    }

    /// Sets the compression level: from 1, the fastest, to 9, the smallest output. The default is
    /// 6. A higher value counts as 9.
    ///
    /// Level 0 does not compress: it writes the bytes as they are into DEFLATE blocks. The result
    /// does not share a pool with earlier clones.
    #[must_use]
    pub fn level(mut self, level: u8) -> Self {
        self.pool = Pool::new(level.min(9), self.pool.size());
        self
    }

    /// Sets the length in bytes from which [`Compression::Auto`] compresses a message. The default
    /// is 128.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// Sets the maximum number of idle compressors, and also of idle decompressors, that the pool
    /// keeps for other connections. The default is 8.
    ///
    /// The result does not share a pool with earlier clones.
    #[must_use]
    pub fn pool_size(mut self, size: usize) -> Self {
        self.pool = Pool::new(self.pool.level(), size);
        self
    }

    /// Returns the preferences for the negotiation.
    #[must_use]
    pub const fn wanted(&self) -> &Preferences {
        &self.preferences
    }

    /// Returns whether to compress a message. `len` is the number of its bytes that are known so
    /// far, and `is_whole` tells whether these are all of them.
    #[must_use]
    pub const fn applies(&self, choice: Compression, len: usize, is_whole: bool) -> bool {
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
