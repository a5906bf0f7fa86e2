//! The streams that the benchmarks receive, and what they must count.
#![allow(dead_code, reason = "each benchmark uses some of it")]

use websocket_proto::frame::{FrameHeader, Kind, Rsv};
use websocket_proto::mask::{Mask, MaskKey};

/// The most bytes that one read gives.
pub(super) const READ: usize = 64 * 1024;

/// A stream of equal messages, one frame each.
pub(super) struct Workload {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) message: Vec<u8>,
    pub(super) messages: usize,
    pub(super) stream: Vec<u8>,
}

impl Workload {
    /// Masked binary and multilingual text from 16 B to 1 MiB; of text also 48 B, which is less than
    /// the validator looks at at once.
    pub(super) fn to_a_server() -> Vec<Self> {
        let binary_sizes = [(16, "16B"), (125, "125B"), (16 << 10, "16KiB"), (1 << 20, "1MiB")];
        let text_sizes =
            [(16, "16B"), (48, "48B"), (125, "125B"), (16 << 10, "16KiB"), (1 << 20, "1MiB")];
        let binary = binary_sizes.map(|(size, name)| {
            Self::new(format!("binary-{name}"), Kind::Binary, binary(size), true)
        });
        let text = text_sizes.map(|(size, name)| {
            Self::new(format!("text-{name}"), Kind::Text, multilingual(size), true)
        });
        binary.into_iter().chain(text).collect()
    }

    pub(super) fn new(name: String, kind: Kind, message: Vec<u8>, masked: bool) -> Self {
        let messages = (256 * 1024 / message.len()).max(1);
        let mut stream = Vec::new();
        for index in 0..messages {
            let key = MaskKey((index as u32 + 1).wrapping_mul(0x9e37_79b9).to_ne_bytes());
            let header = FrameHeader {
                fin: true,
                rsv: Rsv::NONE,
                opcode: kind.into(),
                mask: masked.then_some(key),
                payload_len: message.len() as u64,
            };
            let mut bytes = [0; FrameHeader::MAX_LEN];
            let len = header.emit(&mut bytes);
            stream.extend_from_slice(&bytes[..len]);
            let start = stream.len();
            stream.extend_from_slice(&message);
            if masked {
                Mask::new(key).apply(&mut stream[start..]);
            }
        }
        Self { name, kind, message, messages, stream }
    }

    pub(super) fn payload_bytes(&self) -> usize {
        self.messages * self.message.len()
    }
}

/// Bytes of no pattern.
pub(super) fn binary(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(len)
    .collect()
}

/// Text with characters of one, two, three and four bytes.
pub(super) fn multilingual(len: usize) -> Vec<u8> {
    let pattern = "plain ASCII, Ελληνικά, кириллица, 日本語の文章, 한국어, 🦀🌊 ";
    let mut text = String::new();
    for character in pattern.chars().cycle() {
        if text.len() + character.len_utf8() > len {
            break;
        }
        text.push(character);
    }
    while text.len() < len {
        text.push('.');
    }
    text.into_bytes()
}

/// Text as services send it to each other, another for each `number`.
pub(super) fn json(number: usize, len: usize) -> String {
    let mut text = String::from("[");
    for at in 0.. {
        if text.len() >= len {
            break;
        }
        let (id, price) = (number * 1000 + at, (number * 7919 + at * 104_729) % 100_000);
        let symbol = ["EURUSD", "GBPUSD", "USDJPY", "USDCHF", "AUDUSD"][(number + at) % 5];
        text += &format!(
            r#"{{"id":{id},"symbol":"{symbol}","price":{}.{:02},"open":{}}},"#,
            price / 100,
            price % 100,
            at % 3 == 0,
        );
    }
    text.truncate(len);
    text
}
