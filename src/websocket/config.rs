//! What a [`WebSocket`](super::WebSocket) allows.

use core::time::Duration;

use super::Keepalive;
use super::compression::Settings;
use crate::connection::ConnectionConfig;
#[cfg(feature = "deflate")]
use crate::deflate::DeflateConfig;
use crate::deflate::Preferences;
use crate::frame::Rsv;

/// The limits of a [`WebSocket`](super::WebSocket), and what it does by itself.
///
/// A limit is a number of bytes, as `u64`. `u64::MAX` switches it off, and `Duration::MAX` switches
/// a time-out off.
///
/// ```
/// use websocket_proto::websocket::Config;
///
/// let config = Config::new().max_message_size(64 * 1024).high_water_mark(1024 * 1024);
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) connection: ConnectionConfig,
    pub(super) max_message_size: u64,
    pub(super) high_water_mark: u64,
    #[cfg_attr(not(feature = "std"), allow(dead_code, reason = "the adapters keep it"))]
    pub(crate) close_timeout: Duration,
    pub(super) keepalive: Option<Keepalive>,
    pub(super) compression: Settings,
}

impl Config {
    /// What [`high_water_mark`](Self::high_water_mark) is when it is not set: 128 KiB.
    pub const DEFAULT_HIGH_WATER_MARK: u64 = 128 * 1024;

    /// What [`close_timeout`](Self::close_timeout) is when it is not set: 10 s.
    pub const DEFAULT_CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

    /// Messages and frames of up to 16 MiB, Pings answered, up to 128 KiB queued to be sent.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            connection: ConnectionConfig::new(),
            max_message_size: ConnectionConfig::DEFAULT_MAX_MESSAGE_SIZE,
            high_water_mark: Self::DEFAULT_HIGH_WATER_MARK,
            close_timeout: Self::DEFAULT_CLOSE_TIMEOUT,
            keepalive: None,
            compression: Settings::new(),
        }
    }

    /// The most bytes that a message may have, its fragments joined; 16 MiB when not set. Over
    /// it: 1009.
    #[must_use]
    pub const fn max_message_size(mut self, bytes: u64) -> Self {
        self.connection = self.connection.max_message_size(bytes);
        self.max_message_size = bytes;
        self
    }

    /// The most bytes that the payload of one data frame may have; when not set, as many as a
    /// message. Over it: 1009.
    #[must_use]
    pub const fn max_frame_size(mut self, bytes: u64) -> Self {
        self.connection = self.connection.max_frame_size(bytes);
        self
    }

    /// Whether a Pong is queued for each Ping (RFC 6455 5.5.2). It is when not set.
    #[must_use]
    pub const fn answer_pings(mut self, yes: bool) -> Self {
        self.connection = self.connection.answer_pings(yes);
        self
    }

    /// How many bytes may be queued before nothing more is taken; 128 KiB when not set. A single
    /// message that is larger is taken while the queue is under the mark, or empty.
    #[must_use]
    pub const fn high_water_mark(mut self, bytes: u64) -> Self {
        self.high_water_mark = bytes;
        self
    }

    /// How long the adapters wait for the peer to see the connection to its end before they drop
    /// the transport; 10 s when not set.
    #[must_use]
    pub const fn close_timeout(mut self, time: Duration) -> Self {
        self.close_timeout = time;
        self
    }

    /// Asks a silent peer whether it is still there. Off when not set. The blocking adapter has no
    /// clock, and leaves it to the time-outs of its transport.
    #[must_use]
    pub const fn keepalive(mut self, keepalive: Keepalive) -> Self {
        self.keepalive = Some(keepalive);
        self
    }

    /// Sets that opening handshakes negotiate permessage-deflate (RFC 7692), and when and how to
    /// compress. By default they do not negotiate it.
    ///
    /// The adapters negotiate by themselves. After an opening handshake of your own,
    /// [`Opened`](crate::handshake::Opened) holds the agreed terms.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, config: DeflateConfig) -> Self {
        self.compression.set_config(config);
        self
    }

    /// What the connection below allows.
    pub(super) fn connection_config(self, compresses: bool) -> ConnectionConfig {
        if !compresses {
            return self.connection;
        }
        // The limit is on what a message becomes, and is charged as it does. DEFLATE may make it
        // longer on the wire, the more so the more often its sender flushes; there is an end to
        // that.
        let limit = self.max_message_size.saturating_mul(8).saturating_add(1024);
        self.connection.reserved_bits(Rsv::RSV1).max_transformed_size(limit)
    }

    /// Returns what an opening handshake negotiates of permessage-deflate, or `None` if
    /// it does not negotiate it.
    ///
    /// The adapters use it by themselves. Behind an HTTP library, pass it to the builder of the
    /// response.
    #[must_use]
    pub fn deflate_preferences(&self) -> Option<Preferences> {
        self.compression.preferences()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
