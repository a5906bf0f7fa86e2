//! The six opcodes of RFC 6455 5.2, and the two that begin a message.

/// What a frame is (RFC 6455 5.2, 11.8).
///
/// Exhaustive on purpose: the opcodes that RFC 6455 reserves are refused where they are read, so
/// a value of this type is always one that the protocol defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OpCode {
    /// A further fragment of the message that is under way (5.4).
    Continuation = 0x0,
    /// A text message, or its first fragment (5.6).
    Text = 0x1,
    /// A binary message, or its first fragment (5.6).
    Binary = 0x2,
    /// The closing handshake (5.5.1).
    Close = 0x8,
    /// Asks the peer for a Pong (5.5.2).
    Ping = 0x9,
    /// The answer to a Ping, or an unsolicited heartbeat (5.5.3).
    Pong = 0xa,
}

impl OpCode {
    /// The opcode in the low four bits of `bits`; `None` for those that the RFC reserves.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits & 0x0f {
            0x0 => Some(Self::Continuation),
            0x1 => Some(Self::Text),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xa => Some(Self::Pong),
            _ => None,
        }
    }

    /// Whether this is a control frame: Close, Ping or Pong (5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        self as u8 & 0b1000 != 0
    }
}

/// The type of a message, which is that of its first frame (RFC 6455 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8 text, validated.
    Text,
    /// Any bytes.
    Binary,
}

impl From<Kind> for OpCode {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text,
            Kind::Binary => Self::Binary,
        }
    }
}
