//! The six opcodes of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.2, and the two
//! types of messages.

use crate::error::ProtocolError;

/// The type of a frame (RFC 6455, sections 5.2 and 11.8).
///
/// This enum is exhaustive on purpose. [`FrameHeader::parse`](super::FrameHeader::parse) refuses
/// reserved opcodes, so every value of this type is one that RFC 6455 defines.
///
/// ```
/// use websocket_proto::ProtocolError;
/// use websocket_proto::frame::OpCode;
///
/// assert_eq!(OpCode::try_from(0x9), Ok(OpCode::Ping));
/// assert_eq!(OpCode::try_from(0x3), Err(ProtocolError::ReservedOpCode { opcode: 0x3 }));
/// assert_eq!(u8::from(OpCode::Ping), 0x9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OpCode {
    /// A further fragment of the message in progress (RFC 6455, section 5.4).
    Continuation = 0x0,
    /// A text message, or its first fragment (RFC 6455, section 5.6).
    Text = 0x1,
    /// A binary message, or its first fragment (RFC 6455, section 5.6).
    Binary = 0x2,
    /// A step of the closing handshake (RFC 6455, section 5.5.1).
    Close = 0x8,
    /// Asks the peer for a Pong (RFC 6455, section 5.5.2).
    Ping = 0x9,
    /// The answer to a Ping, or an unsolicited heartbeat (RFC 6455, section 5.5.3).
    Pong = 0xa,
}

impl OpCode {
    /// Returns the opcode in the low four bits of `bits`, or `None` for a reserved opcode.
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

    /// Returns whether this is a control frame: Close, Ping or Pong (RFC 6455, section 5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        self as u8 & 0b1000 != 0
    }
}

impl TryFrom<u8> for OpCode {
    type Error = ProtocolError;

    /// Returns the opcode with this number. [`from_bits`](Self::from_bits) takes the first byte of
    /// a frame instead.
    ///
    /// # Errors
    /// [`ReservedOpCode`](ProtocolError::ReservedOpCode): the opcode is reserved, or the number has
    /// more than four bits.
    fn try_from(opcode: u8) -> Result<Self, ProtocolError> {
        match Self::from_bits(opcode) {
            Some(known) if known as u8 == opcode => Ok(known),
            _ => Err(ProtocolError::ReservedOpCode { opcode }),
        }
    }
}

impl From<OpCode> for u8 {
    fn from(opcode: OpCode) -> Self {
        opcode as Self
    }
}

/// The type of a message. The first frame of the message sets it (RFC 6455, section 5.6).
///
/// This enum is exhaustive on purpose, because RFC 6455 has no other type of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text in UTF-8.
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
