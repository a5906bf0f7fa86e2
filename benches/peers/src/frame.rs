//! Frames, written and read a byte at a time: the oracle of this package. It uses the code of no
//! contestant ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.2).

/// Opcodes of data frames.
pub const CONTINUATION: u8 = 0x0;
/// The opcode of a text frame.
pub const TEXT: u8 = 0x1;
/// The opcode of a binary frame.
pub const BINARY: u8 = 0x2;

const FIN: u8 = 0b1000_0000;
/// The bit that marks the first frame of a compressed message (RFC 7692, section 6).
pub const RSV1: u8 = 0b0100_0000;
const MASKED: u8 = 0b1000_0000;

/// A frame as it was received.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// Whether the first reserved bit is set.
    pub rsv1: bool,
    /// The opcode.
    pub opcode: u8,
    /// Whether the payload was masked.
    pub masked: bool,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

/// Appends a frame to `out`, masked with `mask` if there is one.
pub fn write(out: &mut Vec<u8>, opcode: u8, fin: bool, mask: Option<[u8; 4]>, payload: &[u8]) {
    out.push(opcode | if fin { FIN } else { 0 });
    let masked = if mask.is_some() { MASKED } else { 0 };
    match payload.len() {
        len @ 0..=125 => out.push(masked | len as u8),
        len @ 126..=0xffff => {
            out.push(masked | 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(masked | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    let key = mask.unwrap_or_default();
    out.extend_from_slice(mask.as_ref().map_or(&[], |key| key));
    out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// Takes the first frame from `bytes`, or returns `None` if it is not whole.
pub fn read(bytes: &mut &[u8]) -> Option<Frame> {
    let rest = *bytes;
    let (&[first, second], rest) = rest.split_first_chunk()?;
    let (len, rest) = match second & !MASKED {
        126 => {
            rest.split_first_chunk().map(|(len, rest)| (u16::from_be_bytes(*len).into(), rest))?
        }
        127 => rest.split_first_chunk().map(|(len, rest)| (u64::from_be_bytes(*len), rest))?,
        len => (u64::from(len), rest),
    };
    let masked = second & MASKED != 0;
    let (key, rest) = if masked {
        rest.split_first_chunk().map(|(key, rest)| (*key, rest))?
    } else {
        ([0; 4], rest)
    };
    let (payload, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
    *bytes = rest;
    Some(Frame {
        fin: first & FIN != 0,
        rsv1: first & RSV1 != 0,
        opcode: first & 0xf,
        masked,
        payload: payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
    })
}

/// Returns the mask key of frame `number`. Each frame has another.
#[must_use]
pub fn mask_key(number: usize) -> [u8; 4] {
    (number as u32 + 1).wrapping_mul(0x9e37_79b9).to_ne_bytes()
}
