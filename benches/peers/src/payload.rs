//! The payloads of all workloads. The same call always returns the same bytes.

use bytes::Bytes;

/// The content of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Bytes without a pattern.
    Binary,
    /// Text of ASCII characters.
    Ascii,
    /// Text with characters of one, two, three and four bytes.
    Multilingual,
    /// Text as services send it to each other.
    Json,
}

impl Content {
    /// Returns the name of the content, as it stands in the name of a workload.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "bin",
            Self::Ascii => "ascii",
            Self::Multilingual => "multi",
            Self::Json => "json",
        }
    }

    /// Returns whether a message with this content is a text message.
    #[must_use]
    pub const fn is_text(self) -> bool {
        !matches!(self, Self::Binary)
    }

    /// Returns `len` bytes, different ones for each `number`.
    #[must_use]
    pub fn payload(self, number: usize, len: usize) -> Vec<u8> {
        match self {
            Self::Binary => binary(number, len),
            Self::Ascii => text("the quick brown fox jumps over 13 lazy dogs; ", number, len),
            Self::Multilingual => {
                text("plain ASCII, Ελληνικά, кириллица, 日本語の文章, 한국어, 🦀🌊 ", number, len)
            }
            Self::Json => json(number, len),
        }
    }
}

/// Returns the payloads, each `shift` bytes after the start of an allocation.
#[must_use]
pub fn shifted(payloads: &[Vec<u8>], shift: usize) -> Vec<Bytes> {
    let shifted = |payload: &Vec<u8>| {
        let mut memory = vec![0; shift];
        memory.extend_from_slice(payload);
        Bytes::from(memory).slice(shift..)
    };
    payloads.iter().map(shifted).collect()
}

fn binary(number: usize, len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Repeats `pattern` from its character `number` on, and ends with dots where the next character
/// has no room.
fn text(pattern: &str, number: usize, len: usize) -> Vec<u8> {
    let mut text = String::with_capacity(len);
    for character in pattern.chars().cycle().skip(number % pattern.chars().count()) {
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

fn json(number: usize, len: usize) -> Vec<u8> {
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
    text.into_bytes()
}
