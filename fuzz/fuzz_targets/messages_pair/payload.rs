//! Random payloads.

use arbitrary::Arbitrary;
use bytes::Bytes;

/// The payload of a message. The long ones are ASCII, so that they can be text.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Payload<'a> {
    Bytes(&'a [u8]),
    Text(&'a str),
    Noise { seed: u8, len: u16 },
    Same { byte: u8, len: u16, times: u8 },
}

impl Payload<'_> {
    pub fn bytes(&self, longest: usize) -> Bytes {
        let bytes = match *self {
            Self::Bytes(bytes) => Bytes::copy_from_slice(bytes),
            Self::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
            Self::Noise { seed, len } => noise(seed).take(len.into()).collect::<Vec<_>>().into(),
            // Above 64 KiB masking is left to the caller of `begin`.
            Self::Same { byte, len, times } => {
                vec![byte & 0x7f; usize::from(len) * usize::from(times % 4)].into()
            }
        };
        bytes.slice(..bytes.len().min(longest))
    }
}

fn noise(seed: u8) -> impl Iterator<Item = u8> {
    let mut state = 0x2545_f491_u32 ^ u32::from(seed);
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 25) as u8
    })
}
