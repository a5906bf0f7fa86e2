//! What a connection makes of a header, beside what any header must be.

use super::config::Config;
use super::role::Role;
use crate::error::ProtocolError;
use crate::frame::{FrameHeader, HeaderPart, MAX_CONTROL_PAYLOAD, OpCode, Rsv};

/// The limits and reserved bits of a connection.
#[derive(Debug)]
pub(super) struct Rules {
    max_message_size: u64,
    max_frame_size: u64,
    /// The longest message in one frame that both limits and a header of two bytes allow.
    pub(super) short_limit: u8,
    reserved_bits: Rsv,
}

impl Rules {
    pub(super) fn new(config: &Config) -> Self {
        let Config { max_message_size, max_frame_size, reserved_bits, .. } = *config;
        let short_limit = max_message_size.min(max_frame_size).min(MAX_CONTROL_PAYLOAD as u64);
        Self { max_message_size, max_frame_size, short_limit: short_limit as u8, reserved_bits }
    }

    /// Parses a header from a peer of role `R`, each rule at the byte that can break it.
    /// `message_len` is the length so far of the message under way.
    #[inline(always)]
    pub(super) fn parse_header<R: Role>(
        &self,
        bytes: &[u8],
        message_len: Option<u64>,
    ) -> Result<Option<(FrameHeader, usize)>, ProtocolError> {
        let mut is_control = false;
        FrameHeader::parse_with(bytes, |part| match part {
            HeaderPart::First { rsv, opcode } => {
                is_control = opcode.is_control();
                self.admit_frame(rsv, opcode, message_len.is_some())
            }
            // RFC 6455 5.1: a client masks every frame, a server none.
            HeaderPart::Masked(true) if R::MASKS => Err(ProtocolError::MaskedFrame),
            HeaderPart::Masked(false) if !R::MASKS => Err(ProtocolError::UnmaskedFrame),
            HeaderPart::Masked(_) => Ok(()),
            HeaderPart::Length(_) if is_control => Ok(()),
            HeaderPart::Length(len) => self.admit_length(len, message_len.unwrap_or(0)),
        })
    }

    #[inline(always)]
    fn admit_frame(
        &self,
        rsv: Rsv,
        opcode: OpCode,
        message_under_way: bool,
    ) -> Result<(), ProtocolError> {
        let begins = matches!(opcode, OpCode::Text | OpCode::Binary);
        // RFC 6455 5.4: the fragments of one message are not interleaved with another's.
        if begins && message_under_way {
            return Err(ProtocolError::ExpectedContinuation);
        }
        if opcode == OpCode::Continuation && !message_under_way {
            return Err(ProtocolError::UnexpectedContinuation);
        }
        // RFC 6455 5.2: zero, unless an extension that was negotiated says otherwise. RFC 7692 6:
        // and then on the first frame of a message, never on a later one or a control frame.
        let allowed = if begins { self.reserved_bits } else { Rsv::NONE };
        if allowed.contains(rsv) { Ok(()) } else { Err(ProtocolError::ReservedBits { rsv }) }
    }

    #[inline(always)]
    fn admit_length(&self, len: u64, message_len: u64) -> Result<(), ProtocolError> {
        let message_len = message_len.saturating_add(len);
        if len <= self.max_frame_size && message_len <= self.max_message_size {
            return Ok(());
        }
        Err(self.too_large(len, message_len))
    }

    #[cold]
    fn too_large(&self, len: u64, message_len: u64) -> ProtocolError {
        if len > self.max_frame_size {
            ProtocolError::FrameTooLarge { len, limit: self.max_frame_size }
        } else {
            ProtocolError::MessageTooLarge { len: message_len, limit: self.max_message_size }
        }
    }
}
