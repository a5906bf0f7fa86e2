//! The configuration of a [`WebSocket`](super::WebSocket)
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use core::time::Duration;

use super::Keepalive;
use super::compression::Settings;
use crate::connection::{ConnectionConfig, Oversized};
#[cfg(feature = "deflate")]
use crate::deflate::DeflateConfig;
use crate::deflate::Preferences;
use crate::frame::Rsv;

/// The limits of a [`WebSocket`](super::WebSocket), its deadlines, and whether it answers Pings and
/// compresses messages.
///
/// Every limit on size is inclusive. By default the limit on a frame is off, and the other limits
/// on size are on. Of the time limits only the [`close_timeout`](Self::close_timeout) is on by
/// default.
///
/// A limit on size is a number of bytes, as `u64`. `u64::MAX` switches it off, and `Duration::MAX`
/// switches a time-out off.
///
/// ```
/// use websocket_proto::websocket::Config;
///
/// let config = Config::new().max_message_size(64 * 1024).high_water_mark(1024 * 1024);
/// ```
///
/// The fields can be read, and each has a method of the same name that sets it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The largest size of a message, in bytes over all its fragments and after decompression.
    pub max_message_size: u64,
    /// What happens when a message exceeds `max_message_size`.
    pub oversized: Oversized,
    /// The largest payload of one data frame, in bytes.
    pub max_frame_size: u64,
    /// Whether a Pong is queued for each Ping.
    pub answer_pings: bool,
    /// Whether the Close of the peer is answered without the help of the caller.
    pub answer_close: bool,
    /// Whether the answer to a Close repeats its reason.
    pub repeat_close_reason: bool,
    /// The high-water mark of the outgoing queue, in bytes.
    pub high_water_mark: u64,
    /// The largest payload of the frames that are sent, in bytes.
    pub fragment_size: u64,
    /// For how long the transport may accept no byte while bytes wait.
    pub write_timeout: Duration,
    /// How long a message may take to arrive.
    pub message_timeout: Duration,
    /// The time limit for the end of a connection.
    pub close_timeout: Duration,
    /// The times of the keepalive, or `None` without one.
    pub keepalive: Option<Keepalive>,
    pub(super) compression: Settings,
}

impl Config {
    /// The default of [`high_water_mark`](Self::high_water_mark): 128 KiB.
    pub const DEFAULT_HIGH_WATER_MARK: u64 = 128 * 1024;

    /// The default of [`close_timeout`](Self::close_timeout): 10 s.
    pub const DEFAULT_CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

    /// Creates the default configuration: messages of up to 16 MiB, an answer to each Ping and to
    /// the Close, a high-water mark of 128 KiB, a close time-out of 10 s, no other time limit and no
    /// compression.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_message_size: ConnectionConfig::DEFAULT_MAX_MESSAGE_SIZE,
            oversized: Oversized::Fail,
            max_frame_size: u64::MAX,
            answer_pings: true,
            answer_close: true,
            repeat_close_reason: true,
            high_water_mark: Self::DEFAULT_HIGH_WATER_MARK,
            fragment_size: u64::MAX,
            write_timeout: Duration::MAX,
            message_timeout: Duration::MAX,
            close_timeout: Self::DEFAULT_CLOSE_TIMEOUT,
            keepalive: None,
            compression: Settings::new(),
        }
    }

    /// Sets the largest size of a message, in bytes over all its fragments and after decompression.
    ///
    /// A larger message fails the connection with code 1009, unless [`oversized`](Self::oversized)
    /// is set to skip it. The default is 16 MiB.
    #[must_use]
    pub const fn max_message_size(mut self, bytes: u64) -> Self {
        self.max_message_size = bytes;
        self
    }

    /// Sets what happens when a message exceeds [`max_message_size`](Self::max_message_size). By
    /// default the connection fails.
    ///
    /// With [`Oversized::Skip`] the application receives
    /// [`Message::Oversized`](crate::Message::Oversized) in place of the message. A server can then
    /// answer with an error of its own protocol, and receive the next message. A compressed message
    /// is decompressed to its end, because later messages may refer to it.
    #[must_use]
    pub const fn oversized(mut self, oversized: Oversized) -> Self {
        self.oversized = oversized;
        self
    }

    /// Sets the largest payload of one data frame, in bytes.
    ///
    /// A larger frame fails the connection with code 1009. By default only the size of the message
    /// is limited.
    #[must_use]
    pub const fn max_frame_size(mut self, bytes: u64) -> Self {
        self.max_frame_size = bytes;
        self
    }

    /// Sets whether a Pong is queued for each Ping (RFC 6455, section 5.5.2).
    ///
    /// The default is `true`.
    #[must_use]
    pub const fn answer_pings(mut self, yes: bool) -> Self {
        self.answer_pings = yes;
        self
    }

    /// Sets whether the Close of the peer is answered without the help of the application (RFC 6455,
    /// section 5.5.1). The default is `true`.
    ///
    /// Without it the application can still send messages after the Close of the peer, for example
    /// the replies to earlier requests, until it answers with a Close of its own. If it has not
    /// answered when the close time-out runs out, the transport ends without an answer. A proxy passes
    /// the Close on in this way.
    ///
    /// In two cases the connection is over before the close time-out, and the application cannot
    /// answer any more:
    /// - A read fails, or a write fails after the peer has ended the transport.
    /// - The peer has ended the transport, and a blocking WebSocket that is not split reads before
    ///   the application has answered. During this read no other call could answer. If the byte
    ///   stream has a read time-out, the read returns `TimedOut` instead, and then the application
    ///   can still answer.
    #[must_use]
    pub const fn answer_close(mut self, yes: bool) -> Self {
        self.answer_close = yes;
        self
    }

    /// Sets whether the answer to a Close repeats the reason of the peer. It always repeats the code.
    /// The default is `true`: with `close(1000, "bye")` a browser reports the code and the reason of
    /// the answer to its page.
    #[must_use]
    pub const fn repeat_close_reason(mut self, yes: bool) -> Self {
        self.repeat_close_reason = yes;
        self
    }

    /// Sets the high-water mark of the outgoing queue, in bytes. A queue that has reached it
    /// accepts no more messages. The default is 128 KiB.
    ///
    /// A queue below the mark, or an empty queue, accepts one message of any size. What the
    /// connection sends by itself, such as Pongs, does not take the room of the application. A mark
    /// of more than a quarter of the address space counts as that quarter.
    #[must_use]
    pub const fn high_water_mark(mut self, bytes: u64) -> Self {
        self.high_water_mark = bytes;
        self
    }

    /// Sets the largest payload of the frames that are sent, in bytes. A longer message is sent in
    /// fragments (RFC 6455, section 5.4), so that a Pong need not wait until all of it is written.
    /// By default a message is sent in one frame, whatever its size.
    ///
    /// This applies to the fragments of the application and to compressed messages too. 0 has the
    /// meaning of 1. Fragments from 16 KiB on are queued without a copy if the whole message would
    /// be.
    #[must_use]
    pub const fn fragment_size(mut self, bytes: u64) -> Self {
        self.fragment_size = bytes;
        self
    }

    /// Sets the time limit for the end of a connection: from the first Close or the first error to
    /// the end of the transport. When it runs out, the transport is dropped. The default is 10 s.
    ///
    /// If the peer has not sent a Close by then, the connection fails with
    /// [`CloseTimeout`](crate::ProtocolError::CloseTimeout).
    #[must_use]
    pub const fn close_timeout(mut self, time: Duration) -> Self {
        self.close_timeout = time;
        self
    }

    /// Sets for how long the transport may accept no byte while bytes wait to be written. Then the
    /// connection fails with [`WriteTimeout`](crate::ProtocolError::WriteTimeout). By default there
    /// is no limit, unless there is a [`Keepalive`], which has a limit of its own.
    #[must_use]
    pub const fn write_timeout(mut self, time: Duration) -> Self {
        self.write_timeout = time;
        self
    }

    /// Sets how long a message may take to arrive, from its first byte to its last. Control frames in
    /// between change nothing. Then the connection fails with
    /// [`MessageTimeout`](crate::ProtocolError::MessageTimeout) and code 1008. By default there is no
    /// limit.
    #[must_use]
    pub const fn message_timeout(mut self, time: Duration) -> Self {
        self.message_timeout = time;
        self
    }

    /// Sends a Ping to a silent peer, and fails the connection if no byte arrives after it, or if
    /// the peer accepts no bytes. By default there is no keepalive.
    #[must_use]
    pub const fn keepalive(mut self, keepalive: Keepalive) -> Self {
        self.keepalive = Some(keepalive);
        self
    }

    /// Turns on permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)), and sets
    /// how it is negotiated and how messages are compressed. By default opening handshakes do not
    /// negotiate it.
    ///
    /// The adapters negotiate without further calls. If your own code runs the opening handshake,
    /// put the agreed terms into the [`Opened`](crate::handshake::Opened).
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, config: DeflateConfig) -> Self {
        self.compression.set_config(config);
        self
    }

    /// Returns the configuration of the connection layer.
    pub(super) const fn connection_config(&self, compresses: bool) -> ConnectionConfig {
        let config = ConnectionConfig::new()
            .max_message_size(self.max_message_size)
            .oversized(self.oversized)
            .max_frame_size(self.max_frame_size)
            .answer_pings(self.answer_pings)
            .answer_close(self.answer_close);
        if !compresses {
            return config;
        }
        // The limit applies to the decompressed message, and `Inflating` checks it. DEFLATE can
        // make a message longer on the wire, especially if the sender flushes often, so the limit
        // there is larger.
        let limit = match self.oversized {
            Oversized::Fail => self.max_message_size.saturating_mul(8).saturating_add(1024),
            Oversized::Skip => u64::MAX,
        };
        config.reserved_bits(Rsv::RSV1).max_transformed_size(limit)
    }

    /// Returns the preferences that an opening handshake negotiates permessage-deflate with, or
    /// `None` if it does not negotiate the extension.
    ///
    /// The adapters pass the preferences to their opening handshakes. If an HTTP library runs the
    /// opening handshake, pass the preferences to the builder of the response.
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
