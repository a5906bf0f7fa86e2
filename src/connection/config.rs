//! The configuration of a connection ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use crate::frame::Rsv;

/// The limits of a connection, its reserved bits, and whether it answers Pings.
///
/// Every limit is inclusive. By default the limit on a message is 16 MiB, and the limit on a frame
/// is off. A limit is checked at the header of the frame that exceeds it. `u64::MAX` switches a
/// limit off.
///
/// ```
/// use websocket_proto::connection::ConnectionConfig;
///
/// let config = ConnectionConfig::new().max_message_size(64 * 1024).answer_pings(false);
/// ```
///
/// The fields can be read, and each has a method of the same name that sets it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionConfig {
    /// The largest size of a message, in bytes over all its fragments.
    pub max_message_size: u64,
    /// What happens when a message exceeds `max_message_size`.
    pub oversized: Oversized,
    /// The largest payload of one data frame, in bytes.
    pub max_frame_size: u64,
    /// The largest size on the wire of a transformed message, in bytes over all its fragments.
    /// `None` means that it equals [`max_message_size`](Self::max_message_size).
    pub max_transformed_size: Option<u64>,
    /// The reserved bits of the extensions that transform payloads.
    pub reserved_bits: Rsv,
    /// The reserved bits of the extensions that only tag messages.
    pub tag_bits: Rsv,
    /// Whether a Pong is queued for each Ping.
    pub answer_pings: bool,
    /// Whether the Close of the peer is answered without the help of the caller.
    pub answer_close: bool,
}

impl ConnectionConfig {
    /// The default of [`max_message_size`](Self::max_message_size): 16 MiB.
    pub const DEFAULT_MAX_MESSAGE_SIZE: u64 = 16 * 1024 * 1024;

    /// Creates the default configuration: messages of up to 16 MiB, no extension, and an answer to
    /// each Ping and to the Close.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_message_size: Self::DEFAULT_MAX_MESSAGE_SIZE,
            oversized: Oversized::Fail,
            max_frame_size: u64::MAX,
            max_transformed_size: None,
            reserved_bits: Rsv::NONE,
            tag_bits: Rsv::NONE,
            answer_pings: true,
            answer_close: true,
        }
    }

    /// Sets the largest size of a message, in bytes over all its fragments.
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
    /// This does not apply to a [transformed](Self::reserved_bits) message, because only its
    /// extension can tell whether later messages refer to it. If such a message exceeds
    /// [`max_transformed_size`](Self::max_transformed_size), the connection fails.
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

    /// Sets the largest size on the wire of a [transformed](Self::reserved_bits) message, in bytes
    /// over all its fragments.
    ///
    /// A larger message fails the connection with code 1009. The default is the value of
    /// [`max_message_size`](Self::max_message_size). The extension that decodes the message must
    /// limit the size of the result.
    #[must_use]
    pub const fn max_transformed_size(mut self, bytes: u64) -> Self {
        self.max_transformed_size = Some(bytes);
        self
    }

    /// Sets the reserved bits of the negotiated extensions that transform payloads, such as RSV1
    /// for permessage-deflate. The default is none.
    ///
    /// Either endpoint may then set these bits on the first frame of a message. The connection does
    /// not validate the text of such a message, in either direction, because its payload is only
    /// readable after the extension has decoded it. The extension must validate the decoded text.
    ///
    /// A bit that is neither here nor in [`tag_bits`](Self::tag_bits) fails the connection with
    /// code 1002 when the peer sets it (RFC 6455, section 5.2). So does every reserved bit on a
    /// control frame or on a later fragment: extensions that use those are not supported.
    #[must_use]
    pub const fn reserved_bits(mut self, rsv: Rsv) -> Self {
        self.reserved_bits = rsv;
        self
    }

    /// Sets the reserved bits of the negotiated extensions that only tag messages, and leave their
    /// payloads as they are. The default is none.
    ///
    /// Either endpoint may then set these bits on the first frame of a message. The connection
    /// still validates the text of such a message, unless the message also has one of the
    /// [`reserved_bits`](Self::reserved_bits). A bit that is in both sets transforms.
    #[must_use]
    pub const fn tag_bits(mut self, rsv: Rsv) -> Self {
        self.tag_bits = rsv;
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

    /// Sets whether the Close of the peer is answered without the help of the caller (RFC 6455,
    /// section 5.5.1). The default is `true`.
    ///
    /// If it is `true`, the answer has the code of the peer and no reason.
    ///
    /// If it is `false`, the caller answers with a Close of its own, and can send messages until
    /// then. The peer may ignore these messages: RFC 6455 lets an endpoint delay its answer only
    /// until its current message is sent.
    #[must_use]
    pub const fn answer_close(mut self, yes: bool) -> Self {
        self.answer_close = yes;
        self
    }
}

/// What happens when a received message exceeds the limit on the size of a message.
///
/// This enum is non-exhaustive, because a later version may have another way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oversized {
    /// The connection fails with code 1009. The error is reported as early as possible, often
    /// before the message has arrived.
    #[default]
    Fail,
    /// The bytes of the message are dropped as they arrive, and the message is reported once, at its
    /// end, with its length. The connection stays open, so the application can answer with an error
    /// of its own protocol.
    ///
    /// The message may be of any length, and uses the bandwidth that it needs. Its text is still
    /// validated.
    Skip,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self::new()
    }
}
