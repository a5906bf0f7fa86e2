//! Kinds of bytes, and how far a run of one kind goes.

/// RFC 9110 5.6.2: `tchar`, any visible ASCII character but a delimiter. RFC 6455's own token
/// (that of RFC 2616) is the same set.
pub(super) fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES.get(usize::from(byte)) == Some(&true)
}

#[expect(
    clippy::indexing_slicing,
    reason = "a byte indexes 256 elements, and the compiler runs it"
)]
static TOKEN_BYTES: [bool; 256] = {
    let mut is_token = [false; 256];
    let mut rest: &[u8] = b"!#$%&'*+-.^_`|~0123456789\
        ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    while let [byte, after @ ..] = rest {
        is_token[*byte as usize] = true;
        rest = after;
    }
    is_token
};

/// RFC 9110 5.5: `field-vchar`, SP and HTAB.
pub(super) const fn is_field_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x20..=0x7e | 0x80..)
}

/// How many bytes at the front are [field bytes](is_field_byte).
pub(super) fn field_run(bytes: &[u8]) -> usize {
    // A tab is flagged too; a line that has one is looked at byte by byte from there.
    let flags = |word: u64| less_than(word, 0x20) | equal_to(word, 0x7f);
    position(bytes, flags, |byte| !is_field_byte(byte)).unwrap_or(bytes.len())
}

/// How many bytes at the front are [token bytes](is_token_byte). Tokens are short, so that they are
/// looked at byte by byte.
pub(super) fn token_run(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|&byte| !is_token_byte(byte));
    end.unwrap_or(bytes.len())
}

/// Where the first of these bytes is.
pub(super) fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    position(bytes, |word| equal_to(word, wanted), |byte| byte == wanted)
}

/// The first byte that is wanted. Eight are taken at a time while `flags` flags none of them.
fn position(
    bytes: &[u8],
    flags: impl Fn(u64) -> u64,
    is_wanted: impl Fn(u8) -> bool,
) -> Option<usize> {
    let (words, _) = bytes.as_chunks();
    let mut skipped = 0;
    for word in words {
        match flags(u64::from_le_bytes(*word)) & HIGHEST_BITS {
            0 => skipped += 8,
            flagged => {
                skipped += flagged.trailing_zeros() as usize / 8;
                break;
            }
        }
    }
    let rest = bytes.get(skipped..)?;
    let index = rest.iter().position(|&byte| is_wanted(byte))?;
    Some(skipped + index)
}

const LOWEST_BITS: u64 = u64::from_le_bytes([0x01; 8]);
const HIGHEST_BITS: u64 = u64::from_le_bytes([0x80; 8]);

/// Flags each byte below `bound`, at most 0x80, in its highest bit. A borrow can flag bytes above
/// one that is flagged, but none below it; nothing is missed.
const fn less_than(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(LOWEST_BITS * bound as u64) & !word
}

/// Flags each byte that is `wanted`, likewise.
const fn equal_to(word: u64, wanted: u8) -> u64 {
    less_than(word ^ (LOWEST_BITS * wanted as u64), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_where_a_byte_by_byte_search_ends() {
        for byte in 0..=255 {
            for len in 0..20 {
                for at in 0..len {
                    let mut bytes = [0xff; 20];
                    bytes.iter_mut().skip(at).take(1).for_each(|it| *it = byte);
                    let bytes = bytes.get(..len).unwrap_or_default();
                    let run = bytes.iter().take_while(|&&byte| is_field_byte(byte));
                    assert_eq!(field_run(bytes), run.count(), "{byte} at {at} of {len}");
                    let found = bytes.iter().position(|&other| other == byte);
                    assert_eq!(find(bytes, byte), found, "{byte} at {at} of {len}");
                }
            }
        }
    }

    #[test]
    fn a_byte_next_to_a_flagged_one_is_not_taken_for_it() {
        // 0x01 above 0x00 and 0x20 above 0x1f are where a borrow shows.
        assert_eq!(find(&[1, 1, 0, 1, 1, 1, 1, 1], 0), Some(2));
        assert_eq!(find(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 0], 0), Some(9));
        assert_eq!(field_run(b"\t\x20\x21\x20\x20\x20\x20\x20\t\x1f\x20"), 9);
    }
}
