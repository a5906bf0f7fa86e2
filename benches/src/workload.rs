//! The streams that the benchmarks receive, and what they must count.

use websocket_proto::frame::{FrameHeader, Kind, Rsv};
use websocket_proto::mask::{Mask, MaskKey};

/// The most bytes that one read gives.
pub const READ: usize = 64 * 1024;

/// A stream of equal messages, one frame each.
#[derive(Debug)]
pub struct Workload {
    /// The kind and the size of the messages, for the name of the benchmark.
    pub name: String,
    /// Whether the messages are text or binary.
    pub kind: Kind,
    /// The payload of each message.
    pub message: Vec<u8>,
    /// The number of messages.
    pub messages: usize,
    /// The frames of all messages.
    pub stream: Vec<u8>,
}

impl Workload {
    /// Masked binary and multilingual text from 16 B to 1 MiB; of text also 48 B, which is less than
    /// the validator looks at at once.
    pub fn to_a_server() -> Vec<Self> {
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

    /// Creates the stream of about 256 KiB that repeats `message`.
    pub fn new(name: String, kind: Kind, message: Vec<u8>, masked: bool) -> Self {
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

    /// The number of payload bytes in all messages.
    pub fn payload_bytes(&self) -> usize {
        self.messages * self.message.len()
    }
}

/// Bytes of no pattern.
pub fn binary(len: usize) -> Vec<u8> {
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
pub fn multilingual(len: usize) -> Vec<u8> {
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
pub fn json(number: usize, len: usize) -> String {
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
