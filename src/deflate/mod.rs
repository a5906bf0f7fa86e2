//! permessage-deflate (RFC 7692): compressed messages.
//!
//! A [`WebSocket`](crate::WebSocket) whose [`Config`](crate::websocket::Config) has been given a
//! [`Config`] of this module uses it by itself, once it has been negotiated; the adapters see to
//! that too. Who runs the opening handshake in another way negotiates by [`Preferences`], and hands
//! the [`Agreement`] over.
//!
//! ```
//! use websocket_proto::handshake::deflate::Preferences;
//! use websocket_proto::{deflate, websocket};
//!
//! // Nothing is kept between two messages of the server, and messages under 1 KiB are sent as
//! // they are.
//! let preferences = Preferences::new().server_no_context_takeover(true);
//! let deflate = deflate::Config::new().preferences(preferences).threshold(1024);
//! let config = websocket::Config::new().deflate(deflate);
//! ```
//!
//! [`Compressor`] and [`Decompressor`] are the pieces, for those who build on
//! [`Connection`](crate::connection::Connection).

mod compressor;
mod decompressor;
mod history;
mod pool;

pub use compressor::Compressor;
pub use decompressor::Decompressor;

use crate::handshake::deflate::{Agreement, Preferences};
use pool::Pool;

/// What to negotiate, and when and how to compress.
///
/// Clones share the compressors and decompressors that no connection needs at the moment, so one
/// `Config`, cloned for each connection, is all it takes to share them.
#[derive(Clone, Debug)]
pub struct Config {
    preferences: Preferences,
    threshold: usize,
    pool: Pool,
}

impl Config {
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
    /// [`Auto`](Compress::Auto) decides; 128 when not set.
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
    pub(crate) const fn applies(&self, choice: Compress, len: usize, is_whole: bool) -> bool {
        match choice {
            Compress::Auto => !is_whole || len >= self.threshold,
            Compress::Yes => true,
            Compress::No => false,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a message is sent compressed.
///
/// What repeats a secret beside something that an attacker chooses had better not be: its length
/// tells (RFC 7692 8, CRIME and BREACH).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compress {
    /// If it is long enough: see [`Config::threshold`]. A message in several fragments counts as
    /// long.
    #[default]
    Auto,
    /// Yes.
    Yes,
    /// No: it is sent as it is.
    No,
}

/// The terms for one direction of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) no_context_takeover: bool,
    pub(crate) window_bits: u8,
}

impl Terms {
    pub(crate) const fn of_server(agreement: &Agreement) -> Self {
        Self {
            no_context_takeover: agreement.server_no_context_takeover(),
            window_bits: agreement.server_max_window_bits(),
        }
    }

    pub(crate) const fn of_client(agreement: &Agreement) -> Self {
        Self {
            no_context_takeover: agreement.client_no_context_takeover(),
            window_bits: agreement.client_max_window_bits(),
        }
    }
}

/// What both ends of a flushed block of DEFLATE leave: an empty stored block without its header
/// (RFC 7692 7.2.1, step 2).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
