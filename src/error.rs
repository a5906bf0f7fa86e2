//! The errors of a connection ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).
//!
//! [`ProtocolError`] is a fault of the peer. [`SendError`] is a fault of the caller.

use core::error::Error;
use core::fmt;
use core::time::Duration;

use crate::close::{CloseCode, CloseFrame};
use crate::frame::Rsv;

/// A fault of the peer after the opening handshake.
///
/// Each error has the code of the Close frame that reports it (RFC 6455, sections 7.1.7 and
/// 7.4.1). A connection that returns an error has failed: every later call returns the same error.
/// The Close frame has been queued by then.
///
/// This enum is non-exhaustive, because a later version may tell more faults apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A frame has reserved bits that no negotiated extension allows on it (RFC 6455, section 5.2).
    ReservedBits {
        /// The reserved bits of the frame.
        rsv: Rsv,
    },
    /// A frame has a reserved opcode: 3 to 7 or 11 to 15 (RFC 6455, section 5.2).
    ReservedOpCode {
        /// The opcode.
        opcode: u8,
    },
    /// A control frame has no FIN bit (RFC 6455, section 5.5).
    FragmentedControlFrame,
    /// A control frame has a payload of more than 125 bytes (RFC 6455, section 5.5).
    ControlFrameTooLong,
    /// The most significant bit of a payload length is set (RFC 6455, section 5.2).
    LengthTopBitSet,
    /// A payload length is encoded in more bytes than it needs (RFC 6455, section 5.2).
    NonMinimalLength {
        /// The length of the payload, in bytes.
        len: u64,
    },
    /// A frame from a client is not masked (RFC 6455, section 5.1).
    UnmaskedFrame,
    /// A frame from a server is masked (RFC 6455, section 5.1).
    MaskedFrame,
    /// A continuation frame arrived while no message was in progress (RFC 6455, section 5.4).
    UnexpectedContinuation,
    /// A new message began before the last frame of the message in progress (RFC 6455, section
    /// 5.4).
    ExpectedContinuation,
    /// A frame exceeds the configured limit.
    FrameTooLarge {
        /// The length of the payload, in bytes.
        len: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A message exceeds the configured limit. The error is found at a frame header.
    MessageTooLarge {
        /// The length that the message would have with this frame, in bytes.
        len: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A compressed message exceeds the configured limit when it is decompressed (RFC 7692, section
    /// 8).
    InflatedTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A compressed message is not valid DEFLATE, or does not end at a block boundary (RFC 7692,
    /// section 7.2.2).
    InvalidDeflate,
    /// A text message is not UTF-8 (RFC 6455, sections 5.6 and 8.1).
    InvalidUtf8 {
        /// How many bytes of the message come before the invalid byte.
        offset: u64,
    },
    /// A Close frame has a payload of one byte (RFC 6455, section 5.5.1).
    CloseCodeCut,
    /// A Close frame has a code that may not be sent (RFC 6455, section 7.4).
    InvalidCloseCode {
        /// The code.
        code: CloseCode,
    },
    /// The reason of a Close frame is not UTF-8 (RFC 6455, section 5.5.1).
    InvalidCloseReason,
    /// The transport ended before the peer sent a Close frame (RFC 6455, section 7.1.5). No Close
    /// frame is queued.
    UnexpectedEof,
    /// The peer sent nothing after a Ping, not even a Pong (RFC 6455, section 7.1.5). No Close
    /// frame is queued.
    KeepaliveTimeout {
        /// How long the connection waited after the Ping.
        timeout: Duration,
    },
    /// The transport accepted no byte, although bytes waited to be written. No Close frame is
    /// queued.
    WriteTimeout {
        /// How long the connection waited.
        timeout: Duration,
    },
    /// A message did not arrive in full within the time limit of the configuration.
    MessageTimeout {
        /// The time limit.
        timeout: Duration,
    },
    /// The peer did not answer a Close frame (RFC 6455, section 7.1.5).
    CloseTimeout {
        /// How long the connection waited.
        timeout: Duration,
    },
}

impl ProtocolError {
    /// Returns the code of the Close frame that reports this error.
    ///
    /// For [`UnexpectedEof`](Self::UnexpectedEof) and the time-outs it is 1006, which is never sent.
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::FrameTooLarge { .. }
            | Self::MessageTooLarge { .. }
            | Self::InflatedTooLarge { .. } => CloseCode::TOO_BIG,
            Self::InvalidUtf8 { .. } | Self::InvalidCloseReason | Self::InvalidDeflate => {
                CloseCode::INVALID_DATA
            }
            // RFC 6455, section 7.4.1: a message that violates a policy of the endpoint.
            Self::MessageTimeout { .. } => CloseCode::POLICY_VIOLATION,
            Self::UnexpectedEof
            | Self::KeepaliveTimeout { .. }
            | Self::WriteTimeout { .. }
            | Self::CloseTimeout { .. } => CloseCode::ABNORMAL,
            Self::ReservedBits { .. }
            | Self::ReservedOpCode { .. }
            | Self::FragmentedControlFrame
            | Self::ControlFrameTooLong
            | Self::LengthTopBitSet
            | Self::NonMinimalLength { .. }
            | Self::UnmaskedFrame
            | Self::MaskedFrame
            | Self::UnexpectedContinuation
            | Self::ExpectedContinuation
            | Self::CloseCodeCut
            | Self::InvalidCloseCode { .. } => CloseCode::PROTOCOL_ERROR,
        }
    }
}

impl ProtocolError {
    /// Returns the Close frame that reports this error. Its reason is the text of the error.
    ///
    /// Returns `None` for an error with code 1006, because the peer can no longer read a frame
    /// (RFC 6455, section 7.1.7).
    #[must_use]
    pub fn close_frame(&self) -> Option<CloseFrame> {
        CloseFrame::with_text(self.close_code(), format_args!("{self}"))
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits { rsv } => {
                write!(
                    f,
                    "reserved bits {:03b} are set, but no extension allows them on this frame",
                    rsv.bits() >> 4
                )
            }
            Self::ReservedOpCode { opcode } => write!(f, "opcode {opcode:#x} is reserved"),
            Self::FragmentedControlFrame => f.write_str("a control frame is fragmented"),
            Self::ControlFrameTooLong => {
                f.write_str("the payload of a control frame exceeds 125 bytes")
            }
            Self::LengthTopBitSet => f.write_str("the top bit of a 64-bit payload length is set"),
            Self::NonMinimalLength { len } => {
                write!(f, "a payload length of {len} is encoded in more bytes than it needs")
            }
            Self::UnmaskedFrame => f.write_str("a frame from a client is not masked"),
            Self::MaskedFrame => f.write_str("a frame from a server is masked"),
            Self::UnexpectedContinuation => {
                f.write_str("a continuation frame arrived, but no message is in progress")
            }
            Self::ExpectedContinuation => {
                f.write_str("a new message began before the last frame of the message in progress")
            }
            Self::FrameTooLarge { len, limit } => {
                write!(f, "a frame of {len} bytes exceeds the limit of {limit} bytes")
            }
            Self::MessageTooLarge { len, limit } => {
                write!(f, "a message of at least {len} bytes exceeds the limit of {limit} bytes")
            }
            Self::InflatedTooLarge { limit } => {
                write!(f, "a decompressed message exceeds the limit of {limit} bytes")
            }
            Self::InvalidDeflate => f.write_str("a compressed message is not valid DEFLATE"),
            Self::InvalidUtf8 { offset } => {
                write!(f, "a text message is not valid UTF-8: the error is after {offset} bytes")
            }
            Self::CloseCodeCut => f.write_str("a Close frame has a payload of one byte"),
            Self::InvalidCloseCode { code } => write!(f, "close code {code} must not be sent"),
            Self::InvalidCloseReason => f.write_str("the reason of a Close frame is not UTF-8"),
            Self::UnexpectedEof => f.write_str("the connection ended without a Close frame"),
            Self::KeepaliveTimeout { timeout } => {
                write!(f, "the peer sent nothing within {timeout:?} after a Ping")
            }
            Self::WriteTimeout { timeout } => {
                write!(f, "the transport accepted no byte for {timeout:?}")
            }
            Self::MessageTimeout { timeout } => {
                write!(f, "a message did not arrive in full within {timeout:?}")
            }
            Self::CloseTimeout { timeout } => {
                write!(f, "the peer did not complete the closing handshake within {timeout:?}")
            }
        }
    }
}

impl Error for ProtocolError {}

/// The reason why a frame cannot be sent. Nothing was sent and nothing has changed.
///
/// This enum is non-exhaustive, because a later version may have more ways to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// A Close frame was sent, or one was received and answered, or the connection has failed. Nothing
    /// more may be sent.
    Closing,
    /// The message is the report of a received message that was skipped, so it has no payload to
    /// send.
    Oversized,
    /// A fragmented message is in progress, and the frame is not a fragment that continues it.
    MessageInProgress,
    /// The text to send is not UTF-8.
    InvalidUtf8 {
        /// How many bytes of this payload come before the invalid byte.
        offset: usize,
    },
    /// The payload of a Ping or Pong is longer than 125 bytes.
    ControlPayloadTooLong {
        /// The length of the payload, in bytes.
        len: usize,
    },
    /// A Close frame may not carry this code.
    UnsendableCloseCode {
        /// The code.
        code: CloseCode,
    },
    /// The reason of a Close frame is longer than 123 bytes.
    CloseReasonTooLong {
        /// The length of the reason, in bytes.
        len: usize,
    },
    /// The reserved bits cannot be sent, because no extension of this connection uses them (RFC
    /// 6455, section 5.2).
    ReservedBits {
        /// The reserved bits of the frame.
        rsv: Rsv,
    },
    /// The payload of a frame is longer than 2^63 - 1 bytes (RFC 6455, section 5.2).
    FrameTooLong {
        /// The length of the payload, in bytes.
        len: u64,
    },
    /// The output has no room for the whole frame. Drain the output and try again.
    OutputFull(OutputFull),
    /// The queue has reached its high-water mark. Drain the queue and try again.
    QueueFull {
        /// How many bytes are queued.
        queued: usize,
        /// The high-water mark, in bytes.
        high_water_mark: usize,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closing => f.write_str("the connection is closing: nothing more may be sent"),
            Self::Oversized => {
                f.write_str("a skipped message cannot be sent: its payload was dropped")
            }
            Self::MessageInProgress => {
                f.write_str("a fragmented message is in progress: send its last fragment first")
            }
            Self::InvalidUtf8 { offset } => {
                write!(f, "the text to send is not valid UTF-8: the error is after {offset} bytes")
            }
            Self::ControlPayloadTooLong { len } => {
                write!(f, "a Ping or Pong payload of {len} bytes exceeds the limit of 125 bytes")
            }
            Self::UnsendableCloseCode { code } => write!(f, "close code {code} must not be sent"),
            Self::CloseReasonTooLong { len } => {
                write!(f, "a close reason of {len} bytes exceeds the limit of 123 bytes")
            }
            Self::ReservedBits { rsv } => write!(
                f,
                "reserved bits {:03b} cannot be sent: no extension of this connection uses them",
                rsv.bits() >> 4
            ),
            Self::FrameTooLong { len } => {
                write!(f, "a payload of {len} bytes exceeds the limit of 2^63 - 1 bytes")
            }
            Self::OutputFull(full) => full.fmt(f),
            Self::QueueFull { queued, high_water_mark } => write!(
                f,
                "the send queue has {queued} bytes: its high-water mark is {high_water_mark} bytes"
            ),
        }
    }
}

impl Error for SendError {}

impl From<OutputFull> for SendError {
    fn from(full: OutputFull) -> Self {
        Self::OutputFull(full)
    }
}

/// The output has no room for a whole frame. Nothing was written.
///
/// This struct is exhaustive on purpose, because the two lengths are all there is to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputFull {
    /// The length of the frame, in bytes.
    pub needed: usize,
    /// How many bytes the output has room for.
    pub available: usize,
}

impl fmt::Display for OutputFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the output has room for {} bytes, but the frame needs {}",
            self.available, self.needed
        )
    }
}

impl Error for OutputFull {}
