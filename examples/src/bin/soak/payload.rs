//! Numbers and payloads that a seed decides, so that both ends of a conversation know them.

use bytes::Bytes;
use websocket_proto::Message;

/// A generator of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// Returns the next message: most are small, some have the sizes at which the encoding of a length
/// changes, and a few are large.
pub(crate) fn message(numbers: &mut Numbers) -> Message {
    let len = match numbers.below(100) {
        0..70 => numbers.below(126),
        70..80 => 124 + numbers.below(5),
        80..95 => numbers.below(16 << 10),
        95..99 => 65_533 + numbers.below(6),
        _ => numbers.below(256 << 10),
    } as usize;
    if numbers.below(2) == 0 { text(numbers, len) } else { binary(numbers, len) }
}

/// Text that compresses well, with characters of each length.
fn text(numbers: &mut Numbers, len: usize) -> Message {
    const WORDS: [&str; 8] =
        ["the ", "quick ", "brøwn ", "狐 ", "jumps ", "🐕 ", "over ", "lazy\n"];
    let mut text = String::with_capacity(len + 8);
    while text.len() < len {
        text.push_str(WORDS[numbers.below(8) as usize]);
    }
    Message::text(text)
}

/// Bytes that do not compress.
fn binary(numbers: &mut Numbers, len: usize) -> Message {
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend_from_slice(&numbers.next().to_le_bytes());
    }
    bytes.truncate(len);
    Message::Binary(Bytes::from(bytes))
}
