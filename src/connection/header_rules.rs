//! The rules for received headers that depend on the connection: reserved bits, the order of
//! fragments, and the limits on frames and messages
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).

use super::config::{ConnectionConfig, Oversized};
use crate::error::ProtocolError;
use crate::frame::{FrameHeader, HeaderPart, OpCode, Rsv};

/// The limits and reserved bits of a connection.
#[derive(Debug)]
pub(super) struct HeaderRules {
    max_message_size: u64,
    max_transformed_size: u64,
    max_frame_size: u64,
    /// Whether a message that exceeds `max_message_size` is skipped.
    skips_oversized: bool,
    /// The longest message in one frame that `max_message_size`, `max_frame_size` and a length of
    /// 16 bits allow.
    pub(super) whole_limit: u16,
    /// The bits that the first frame of a message may have.
    allowed_bits: Rsv,
    /// The bits among `allowed_bits` that transform the payload.
    pub(super) transforming_bits: Rsv,
}

impl HeaderRules {
    pub(super) fn new(config: &ConnectionConfig) -> Self {
        let ConnectionConfig { max_message_size, max_frame_size, .. } = *config;
        let max_transformed_size = config.max_transformed_size.unwrap_or(max_message_size);
        let whole_limit = max_message_size.min(max_frame_size);
        Self {
            max_message_size,
            max_transformed_size,
            max_frame_size,
            skips_oversized: config.oversized == Oversized::Skip,
            whole_limit: u16::try_from(whole_limit).unwrap_or(u16::MAX),
            allowed_bits: config.reserved_bits.union(config.tag_bits),
            transforming_bits: config.reserved_bits,
        }
    }

    /// Parses a header from the peer, and checks each rule at the first byte that can break it.
    /// `so_far` describes the message in progress.
    #[inline(always)]
    pub(super) fn parse_header(
        &self,
        is_client: bool,
        bytes: &[u8],
        so_far: Option<MessageSoFar>,
    ) -> Result<Option<(FrameHeader, usize)>, ProtocolError> {
        let mut is_control = false;
        let MessageSoFar { len: message_len, mut transformed } = so_far.unwrap_or_default();
        FrameHeader::parse_with(bytes, |part| match part {
            HeaderPart::First { rsv, opcode, .. } => {
                is_control = opcode.is_control();
                transformed |= rsv.intersects(self.transforming_bits);
                self.admit_frame(rsv, opcode, so_far.is_some())
            }
            // RFC 6455, section 5.1: a client masks every frame, a server masks none.
            HeaderPart::Masked(true) if is_client => Err(ProtocolError::MaskedFrame),
            HeaderPart::Masked(false) if !is_client => Err(ProtocolError::UnmaskedFrame),
            HeaderPart::Masked(_) => Ok(()),
            HeaderPart::PayloadLen(_) if is_control => Ok(()),
            HeaderPart::PayloadLen(len) => self.admit_length(len, message_len, transformed),
        })
    }

    #[inline(always)]
    fn admit_frame(&self, rsv: Rsv, opcode: OpCode, in_message: bool) -> Result<(), ProtocolError> {
        let begins = matches!(opcode, OpCode::Text | OpCode::Binary);
        // RFC 6455, section 5.4: fragments of different messages must not be interleaved.
        if begins && in_message {
            return Err(ProtocolError::ExpectedContinuation);
        }
        if opcode == OpCode::Continuation && !in_message {
            return Err(ProtocolError::UnexpectedContinuation);
        }
        // RFC 6455, section 5.2: the bits are zero unless a negotiated extension uses them.
        // RFC 7692, section 6: RSV1 is set on the first frame of a message, never on a later frame
        // or on a control frame.
        let allowed = if begins { self.allowed_bits } else { Rsv::NONE };
        if allowed.contains(rsv) { Ok(()) } else { Err(ProtocolError::ReservedBits { rsv }) }
    }

    /// Returns whether the next frame of a message that is not transformed may have `len` bytes. The
    /// frames before it have `message_len` bytes.
    #[inline(always)]
    pub(super) const fn admits_length(&self, len: u64, message_len: u64) -> bool {
        len <= self.max_frame_size && message_len.saturating_add(len) <= self.max_message_size
    }

    #[inline(always)]
    fn admit_length(
        &self,
        len: u64,
        message_len: u64,
        transformed: bool,
    ) -> Result<(), ProtocolError> {
        let message_len = message_len.saturating_add(len);
        let limit = if transformed { self.max_transformed_size } else { self.max_message_size };
        if len <= self.max_frame_size && message_len <= limit {
            return Ok(());
        }
        self.too_large(len, message_len, transformed)
    }

    #[cold]
    fn too_large(
        &self,
        len: u64,
        message_len: u64,
        transformed: bool,
    ) -> Result<(), ProtocolError> {
        if len > self.max_frame_size {
            Err(ProtocolError::FrameTooLarge { len, limit: self.max_frame_size })
        } else if transformed {
            let limit = self.max_transformed_size;
            Err(ProtocolError::MessageTooLarge { len: message_len, limit })
        } else if self.skips_oversized {
            Ok(())
        } else {
            let limit = self.max_message_size;
            Err(ProtocolError::MessageTooLarge { len: message_len, limit })
        }
    }

    /// Returns whether a message is skipped whose frames so far have `len` bytes.
    #[inline(always)]
    pub(super) const fn skips(&self, len: u64, transformed: bool) -> bool {
        len > self.max_message_size && !transformed
    }
}

/// The facts about the message in progress that the rules for the next header need.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MessageSoFar {
    /// The length of its frames so far, in bytes.
    pub(super) len: u64,
    pub(super) transformed: bool,
}
