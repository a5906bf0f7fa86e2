//! Errors, by whose fault they are: [`ProtocolError`] is the peer's, [`SendError`] the caller's.

use core::error::Error;
use core::fmt;
use core::time::Duration;

use crate::close::{CloseCode, CloseFrame};
use crate::frame::Rsv;

/// What the peer did wrong after the opening handshake. Each value knows the code of the Close
/// frame that reports it (RFC 6455 7.1.7, 7.4.1).
///
/// A connection that has returned one has failed: it returns the same one from then on, and the
/// Close frame is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// Reserved bits that no negotiated extension defines, or not on this frame (5.2).
    ReservedBits {
        /// The bits of the frame.
        rsv: Rsv,
    },
    /// An opcode that the RFC reserves: 3 to 7, 11 to 15 (5.2).
    ReservedOpCode {
        /// The opcode.
        opcode: u8,
    },
    /// A control frame without FIN (5.5).
    FragmentedControlFrame,
    /// A control frame with a payload over 125 bytes (5.5).
    ControlFrameTooLong,
    /// A length with its most significant bit set (5.2).
    LengthTopBitSet,
    /// A length in more bytes than it needs (5.2).
    NonMinimalLength {
        /// The length of the payload.
        len: u64,
    },
    /// A client sent a frame that is not masked (5.1).
    UnmaskedFrame,
    /// A server sent a frame that is masked (5.1).
    MaskedFrame,
    /// A continuation frame where no message is under way (5.4).
    UnexpectedContinuation,
    /// A new message before the last frame of the one under way (5.4).
    ExpectedContinuation,
    /// A frame over the limit of the configuration.
    FrameTooLarge {
        /// The length of its payload.
        len: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A message over the limit of the configuration, found at the header that exceeds it.
    MessageTooLarge {
        /// The length that the message would have had with this frame.
        len: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A compressed message that becomes longer than the limit of the configuration
    /// (RFC 7692 8).
    InflatedTooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A compressed message that is not DEFLATE, or does not end where a block does
    /// (RFC 7692 7.2.2).
    InvalidDeflate,
    /// A text message that is not UTF-8 (5.6, 8.1).
    InvalidUtf8 {
        /// How many bytes of the message came before the one that cannot stand where it does.
        offset: u64,
    },
    /// A Close frame with a payload of one byte (5.5.1).
    CloseCodeCut,
    /// A Close frame with a code that may not be sent (7.4).
    InvalidCloseCode {
        /// The code.
        code: CloseCode,
    },
    /// A Close frame with a reason that is not UTF-8 (5.5.1).
    InvalidCloseReason,
    /// The transport ended without a Close frame from the peer (7.1.5). No Close is queued.
    UnexpectedEof,
    /// Nothing came, not even the answer to a Ping (7.1.5). No Close is queued.
    KeepaliveTimeout {
        /// How long it was waited for.
        timeout: Duration,
    },
}

impl ProtocolError {
    /// The code of the Close frame that reports this error, and 1006, which is never sent, for
    /// [`UnexpectedEof`](Self::UnexpectedEof) and [`KeepaliveTimeout`](Self::KeepaliveTimeout).
    #[must_use]
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::FrameTooLarge { .. }
            | Self::MessageTooLarge { .. }
            | Self::InflatedTooLarge { .. } => CloseCode::TOO_BIG,
            Self::InvalidUtf8 { .. } | Self::InvalidCloseReason | Self::InvalidDeflate => {
                CloseCode::INVALID_DATA
            }
            Self::UnexpectedEof | Self::KeepaliveTimeout { .. } => CloseCode::ABNORMAL,
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
    /// The Close frame that reports this error: its code, and its text as the reason. `None` for
    /// an error of code 1006, because nobody is left to read the frame (RFC 6455, section 7.1.7).
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
                    "reserved bits {:03b} are set, and no extension uses them here",
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
                f.write_str("a continuation frame came where no message is under way")
            }
            Self::ExpectedContinuation => {
                f.write_str("a new message began before the last frame of the one under way")
            }
            Self::FrameTooLarge { len, limit } => {
                write!(f, "a frame of {len} bytes exceeds the limit of {limit}")
            }
            Self::MessageTooLarge { len, limit } => {
                write!(f, "a message of at least {len} bytes exceeds the limit of {limit}")
            }
            Self::InflatedTooLarge { limit } => {
                write!(f, "a compressed message becomes longer than the limit of {limit} bytes")
            }
            Self::InvalidDeflate => f.write_str("a compressed message is not valid DEFLATE"),
            Self::InvalidUtf8 { offset } => {
                write!(f, "a text message is not UTF-8: it goes wrong after {offset} bytes")
            }
            Self::CloseCodeCut => f.write_str("a Close frame has a payload of one byte"),
            Self::InvalidCloseCode { code } => write!(f, "close code {code} must not be sent"),
            Self::InvalidCloseReason => f.write_str("the reason of a Close frame is not UTF-8"),
            Self::UnexpectedEof => f.write_str("the connection ended without a Close frame"),
            Self::KeepaliveTimeout { timeout } => {
                write!(f, "nothing came within {timeout:?} of a ping")
            }
        }
    }
}

impl Error for ProtocolError {}

/// What the caller asked for that cannot be sent. Nothing was sent and nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// A Close was sent or received, or the connection has failed: nothing more may be sent.
    Closing,
    /// A whole message, or a fragment of another kind, in the middle of a fragmented message.
    MessageInProgress,
    /// A text message that is not UTF-8.
    InvalidUtf8 {
        /// How many bytes of this payload came before the one that cannot stand where it does.
        offset: usize,
    },
    /// A Ping or Pong with a payload over 125 bytes.
    ControlPayloadTooLong {
        /// Its length.
        len: usize,
    },
    /// A close code that must not stand in a Close frame.
    UnsendableCloseCode {
        /// The code.
        code: CloseCode,
    },
    /// A close reason over 123 bytes.
    CloseReasonTooLong {
        /// Its length.
        len: usize,
    },
    /// The output has no room for the whole frame. Worth another try when it has been drained.
    OutputFull(OutputFull),
    /// The queue is at its high-water mark. Worth another try when it has been drained.
    QueueFull {
        /// How many bytes are queued.
        queued: usize,
        /// The mark, in bytes.
        high_water_mark: usize,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closing => f.write_str("the connection is closing: nothing more may be sent"),
            Self::MessageInProgress => {
                f.write_str("a fragmented message is under way: its last fragment must come first")
            }
            Self::InvalidUtf8 { offset } => {
                write!(f, "text to send is not UTF-8: it goes wrong after {offset} bytes")
            }
            Self::ControlPayloadTooLong { len } => {
                write!(f, "a control payload of {len} bytes exceeds 125")
            }
            Self::UnsendableCloseCode { code } => write!(f, "close code {code} must not be sent"),
            Self::CloseReasonTooLong { len } => {
                write!(f, "a close reason of {len} bytes exceeds 123")
            }
            Self::OutputFull(full) => full.fmt(f),
            Self::QueueFull { queued, high_water_mark } => write!(
                f,
                "{queued} bytes wait to be sent, which reaches the high-water mark of {high_water_mark}"
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

/// An output has no room for a whole frame; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputFull {
    /// How many bytes the frame takes.
    pub needed: usize,
    /// How many bytes there was room for.
    pub available: usize,
}

impl fmt::Display for OutputFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the output has room for {} bytes of a frame of {}", self.available, self.needed)
    }
}

impl Error for OutputFull {}
