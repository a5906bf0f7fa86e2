//! What a connection allows.

use crate::frame::Rsv;

/// The limits of a connection, and what it does by itself.
///
/// Every limit is inclusive and finite unless set otherwise, and is charged at the header of the
/// frame that exceeds it.
///
/// ```
/// use websocket_proto::connection::ConnectionConfig;
///
/// let config = ConnectionConfig::new().max_message_size(64 * 1024).answer_pings(false);
/// ```
#[derive(Clone, Debug)]
pub struct ConnectionConfig {
    pub(crate) max_message_size: u64,
    pub(super) max_frame_size: u64,
    pub(super) max_compressed_size: Option<u64>,
    pub(super) reserved_bits: Rsv,
    pub(super) answer_pings: bool,
}

impl ConnectionConfig {
    /// What [`max_message_size`](Self::max_message_size) is when it is not set: 16 MiB.
    pub const DEFAULT_MAX_MESSAGE_SIZE: u64 = 16 * 1024 * 1024;

    /// Messages and frames of up to 16 MiB, no extension, Pings answered.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_message_size: Self::DEFAULT_MAX_MESSAGE_SIZE,
            max_frame_size: u64::MAX,
            max_compressed_size: None,
            reserved_bits: Rsv::NONE,
            answer_pings: true,
        }
    }

    /// The most bytes that a message may have, its fragments joined. Over it: 1009.
    #[must_use]
    pub const fn max_message_size(mut self, bytes: u64) -> Self {
        self.max_message_size = bytes;
        self
    }

    /// The most bytes that the payload of one data frame may have; when not set, as many as a
    /// message. Over it: 1009.
    #[must_use]
    pub const fn max_frame_size(mut self, bytes: u64) -> Self {
        self.max_frame_size = bytes;
        self
    }

    /// The most bytes that a message with RSV1 set may have on the wire, its fragments joined; when
    /// not set, as many as any other. Over it: 1009. What becomes of it is for whoever decompresses
    /// it to limit.
    #[must_use]
    pub const fn max_compressed_size(mut self, bytes: u64) -> Self {
        self.max_compressed_size = Some(bytes);
        self
    }

    /// The reserved bits that the negotiated extensions use: they may be set on the first frame
    /// of a message. Others are refused with 1002 (RFC 6455 5.2). None when not set.
    #[must_use]
    pub const fn reserved_bits(mut self, rsv: Rsv) -> Self {
        self.reserved_bits = rsv;
        self
    }

    /// Whether a Pong is queued for each Ping (RFC 6455 5.5.2). It is when not set.
    #[must_use]
    pub const fn answer_pings(mut self, yes: bool) -> Self {
        self.answer_pings = yes;
        self
    }
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self::new()
    }
}
