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
        let digits: Vec<u8> = word.chars().map(digit).collect::<Result<_, _>>()?;
        let (pairs, rest) = digits.as_chunks();
        if !rest.is_empty() {
            return Err(format!("{word:?} has an odd number of hex digits"));
        }
        bytes.extend(pairs.iter().map(|[high, low]| high << 4 | low));
    }
    Ok(bytes)
}

fn digit(character: char) -> Result<u8, String> {
    let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digit.ok_or_else(|| format!("{character:?} is not a hex digit"))
}
