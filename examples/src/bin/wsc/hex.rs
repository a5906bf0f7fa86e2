//! Binary messages as text.

use std::fmt::Write as _;

/// Returns two digits for each byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Returns the bytes of a text of hex digits, which may have spaces between the bytes.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for word in text.split_ascii_whitespace() {
        if word.len() % 2 != 0 {
            return Err(format!("{word:?} has an odd number of hex digits"));
        }
        for pair in word.as_bytes().chunks(2) {
            bytes.push(digit(pair[0])? << 4 | digit(pair[1])?);
        }
    }
    Ok(bytes)
}

fn digit(byte: u8) -> Result<u8, String> {
    let digit = char::from(byte).to_digit(16);
    digit.map(|digit| digit as u8).ok_or_else(|| format!("{:?} is not a hex digit", byte as char))
}
