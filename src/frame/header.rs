//! Frame headers ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.2).

use super::{HeaderBytes, OpCode, Rsv};
use crate::error::ProtocolError;
use crate::mask::MaskKey;

/// The longest payload of a control frame, in bytes (RFC 6455, section 5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

const FIN: u8 = 0b1000_0000;
const MASK: u8 = 0b1000_0000;
const LENGTH_IN_16_BITS: u8 = 126;
const LENGTH_IN_64_BITS: u8 = 127;

/// The header of a frame, which comes before its payload (RFC 6455, section 5.2).
///
/// This struct is exhaustive on purpose: the fields are all that a header contains, and callers
/// build headers from them.
///
/// ```
/// use websocket_proto::frame::{FrameHeader, OpCode, Rsv};
///
/// let (header, header_len) = FrameHeader::parse(&[0x81, 0x05, b'H'])?.expect("whole");
/// assert_eq!((header.opcode, header.payload_len, header_len), (OpCode::Text, 5, 2));
///
/// let mut out = [0; FrameHeader::MAX_LEN];
/// assert_eq!(header.emit(&mut out), 2);
/// assert_eq!(out[..2], [0x81, 0x05]);
/// # Ok::<(), websocket_proto::ProtocolError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The reserved bits. Only an extension gives them a meaning.
    pub rsv: Rsv,
    /// The type of the frame.
    pub opcode: OpCode,
    /// The key that masks the payload. It is `Some` exactly in the frames of a client
    /// (RFC 6455, section 5.1).
    pub mask: Option<MaskKey>,
    /// The length of the payload in bytes, 0 to [`MAX_PAYLOAD_LEN`](Self::MAX_PAYLOAD_LEN).
    pub payload_len: u64,
}

impl FrameHeader {
    /// The longest header, in bytes: 2 fixed bytes, 8 for the length, and 4 for the masking key.
    pub const MAX_LEN: usize = 14;

    /// The longest payload that a header can declare, in bytes: 2^63 - 1 (RFC 6455, section 5.2).
    pub const MAX_PAYLOAD_LEN: u64 = i64::MAX as u64;

    /// Parses the header at the start of `bytes`, and returns the header and its length in bytes.
    ///
    /// Returns `None` when `bytes` ends inside the header. The bytes that have arrived are checked
    /// all the same, one by one and in wire order. So an error is found at the first byte that is
    /// wrong, and it is the same error however the header was split.
    ///
    /// # Errors
    /// - [`ReservedOpCode`](ProtocolError::ReservedOpCode): the opcode is reserved.
    /// - [`FragmentedControlFrame`](ProtocolError::FragmentedControlFrame): a control frame is
    ///   fragmented.
    /// - [`ControlFrameTooLong`](ProtocolError::ControlFrameTooLong): a control frame has more than
    ///   125 bytes of payload.
    /// - [`LengthTopBitSet`](ProtocolError::LengthTopBitSet): the top bit of the length is set.
    /// - [`NonMinimalLength`](ProtocolError::NonMinimalLength): the length is encoded in more bytes
    ///   than it needs.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        Self::parse_with(bytes, |_| Ok(()))
    }

    /// Parses a header as [`parse`](Self::parse) does, of a frame that a client sent.
    ///
    /// # Errors
    /// - [`UnmaskedFrame`](ProtocolError::UnmaskedFrame): the frame is not masked (RFC 6455, section
    ///   5.1).
    /// - The errors of [`parse`](Self::parse).
    pub fn parse_from_client(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        Self::parse_with(bytes, |part| match part {
            HeaderPart::Masked(false) => Err(ProtocolError::UnmaskedFrame),
            _ => Ok(()),
        })
    }

    /// Parses a header as [`parse`](Self::parse) does, of a frame that a server sent.
    ///
    /// # Errors
    /// - [`MaskedFrame`](ProtocolError::MaskedFrame): the frame is masked (RFC 6455, section 5.1).
    /// - The errors of [`parse`](Self::parse).
    pub fn parse_from_server(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        Self::parse_with(bytes, |part| match part {
            HeaderPart::Masked(true) => Err(ProtocolError::MaskedFrame),
            _ => Ok(()),
        })
    }

    /// Parses a header as [`parse`](Self::parse) does, and passes each part to `admit` as soon as
    /// the part has arrived.
    ///
    /// So a caller can check its own rules in wire order too, and finds the same error however the
    /// header was split. The rules of [`parse`](Self::parse) for a part are checked before `admit`
    /// gets the part. If a header arrives in pieces, each call passes all parts from the first on.
    ///
    /// # Errors
    /// - The error of `admit`.
    /// - The errors of [`parse`](Self::parse).
    #[inline(always)]
    pub fn parse_with(
        bytes: &[u8],
        mut admit: impl FnMut(HeaderPart) -> Result<(), ProtocolError>,
    ) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some((&first, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let fin = first & FIN != 0;
        let rsv = Rsv::from_bits(first);
        let opcode = OpCode::from_bits(first)
            .ok_or(ProtocolError::ReservedOpCode { opcode: first & 0x0f })?;
        // RFC 6455, section 5.5: control frames must not be fragmented.
        if opcode.is_control() && !fin {
            return Err(ProtocolError::FragmentedControlFrame);
        }
        admit(HeaderPart::First { fin, rsv, opcode })?;

        let Some((&second, rest)) = rest.split_first() else {
            return Ok(None);
        };
        let masked = second & MASK != 0;
        let short_len = second & !MASK;
        // RFC 6455, section 5.5: the payload of a control frame has at most 125 bytes.
        if opcode.is_control() && usize::from(short_len) > MAX_CONTROL_PAYLOAD {
            return Err(ProtocolError::ControlFrameTooLong);
        }
        admit(HeaderPart::Masked(masked))?;

        let (payload_len, rest) = match short_len {
            LENGTH_IN_16_BITS => {
                let Some((len, rest)) = rest.split_first_chunk() else {
                    return Ok(None);
                };
                (u64::from(u16::from_be_bytes(*len)), rest)
            }
            LENGTH_IN_64_BITS => {
                let Some((len, rest)) = rest.split_first_chunk() else {
                    // The top bit is in the first of the eight bytes.
                    return match rest.first() {
                        Some(&top) if top & 0x80 != 0 => Err(ProtocolError::LengthTopBitSet),
                        _ => Ok(None),
                    };
                };
                (u64::from_be_bytes(*len), rest)
            }
            short => (u64::from(short), rest),
        };
        // RFC 6455, section 5.2: the most significant bit must be 0.
        if payload_len > Self::MAX_PAYLOAD_LEN {
            return Err(ProtocolError::LengthTopBitSet);
        }
        // RFC 6455, section 5.2: the length must be encoded in the minimal number of bytes.
        if short_len != shortest_form(payload_len) {
            return Err(ProtocolError::NonMinimalLength { len: payload_len });
        }
        admit(HeaderPart::PayloadLen(payload_len))?;

        let (mask, rest) = if masked {
            let Some((&key, rest)) = rest.split_first_chunk() else {
                return Ok(None);
            };
            (Some(MaskKey(key)), rest)
        } else {
            (None, rest)
        };
        let header = Self { fin, rsv, opcode, mask, payload_len };
        Ok(Some((header, bytes.len() - rest.len())))
    }

    /// Encodes the header as [`emit`](Self::emit) does, with the same duties of the caller.
    #[inline]
    #[must_use]
    pub fn to_bytes(self) -> HeaderBytes {
        self.into()
    }

    /// Returns how many bytes [`emit`](Self::emit) writes: 2 to 14.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        let length_len = match shortest_form(self.payload_len) {
            LENGTH_IN_16_BITS => 2,
            LENGTH_IN_64_BITS => 8,
            _ => 0,
        };
        2 + length_len + if self.mask.is_some() { 4 } else { 0 }
    }

    /// Writes the header to the start of `out`, and returns its length in bytes.
    ///
    /// The length of the payload is written in its shortest form. The bytes of `out` after the
    /// header have no meaning.
    ///
    /// The caller must ensure that `payload_len` is at most 2^63 - 1. In a control frame, FIN must
    /// be set and `payload_len` must be at most 125.
    #[inline]
    pub fn emit(&self, out: &mut [u8; Self::MAX_LEN]) -> usize {
        let masked = if self.mask.is_some() { MASK } else { 0 };
        let fin = if self.fin { FIN } else { 0 };
        let key = self.mask.map_or([0; 4], |key| key.0);
        let short = shortest_form(self.payload_len);
        let [first, second] = [fin | self.rsv.bits() | self.opcode as u8, masked | short];
        // The header is built in a register, with its first byte in the lowest bits, and is stored
        // at once: code that copies it soon afterwards does not have to wait for single bytes.
        let start = u16::from_le_bytes([first, second]);
        let (start, key_at) = match short {
            LENGTH_IN_16_BITS => {
                let len = (self.payload_len as u16).swap_bytes();
                (u128::from(start) | (u128::from(len) << 16), 4)
            }
            LENGTH_IN_64_BITS => {
                (u128::from(start) | (u128::from(self.payload_len.swap_bytes()) << 16), 10)
            }
            _ => (u128::from(start), 2),
        };
        let key = u128::from(u32::from_le_bytes(key)) << (8 * key_at);
        let [header @ .., _, _] = (start | key).to_le_bytes();
        *out = header;
        key_at + if self.mask.is_some() { 4 } else { 0 }
    }
}

/// A part of a header that [`FrameHeader::parse_with`] has read. The variants are in wire order.
///
/// This enum is exhaustive on purpose: RFC 6455, section 5.2, defines all parts. The masking key is
/// not passed, because no rule applies to its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderPart {
    /// The first byte.
    First {
        /// Whether this is the last frame of its message.
        fin: bool,
        /// The reserved bits.
        rsv: Rsv,
        /// The type of the frame.
        opcode: OpCode,
    },
    /// Whether the payload is masked.
    Masked(bool),
    /// The length of the payload in bytes, 0 to [`FrameHeader::MAX_PAYLOAD_LEN`].
    PayloadLen(u64),
}

/// Returns the value of the seven length bits when `payload_len` is in its shortest form.
const fn shortest_form(payload_len: u64) -> u8 {
    match payload_len {
        0..=125 => payload_len as u8,
        126..=0xffff => LENGTH_IN_16_BITS,
        _ => LENGTH_IN_64_BITS,
    }
}
