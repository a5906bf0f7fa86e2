//! Incremental UTF-8 (RFC 6455 8.1, RFC 3629): a byte is refused exactly when no continuation of
//! the text could make it valid, and `core::str` has the last word.

use proptest::prelude::*;
use support::hex;
use websocket_proto::utf8::{Utf8Error, Utf8Validator};

/// How many bytes come before the one that cannot stand where it does, if there is one: found by
/// trying, for each prefix, every end that could complete a character.
fn naive_fault(bytes: &[u8]) -> Option<usize> {
    // A byte from each class that any rule of RFC 3629 4 tells apart.
    const ENDS: [u8; 4] = [0x80, 0x8f, 0x9f, 0xbf];
    let mut endings = vec![vec![]];
    for a in ENDS {
        endings.push(vec![a]);
        for b in ENDS {
            endings.push(vec![a, b]);
            endings.extend(ENDS.map(|c| vec![a, b, c]));
        }
    }
    let viable = |prefix: &[u8]| {
        // What is valid needs no second look, so that long texts stay affordable.
        let valid = core::str::from_utf8(prefix).map_or_else(|error| error.valid_up_to(), str::len);
        let rest = &prefix[valid..];
        endings.iter().any(|end| core::str::from_utf8(&[rest, end].concat()).is_ok())
    };
    (0..bytes.len()).find(|&len| !viable(&bytes[..=len]))
}

/// The fault that the validator finds in `bytes` in pieces of these lengths and the rest;
/// `Ok(complete)` if there is none.
fn fed(bytes: &[u8], pieces: &[usize]) -> Result<bool, usize> {
    let mut utf8 = Utf8Validator::new();
    let mut done = 0;
    for piece in pieces.iter().copied().chain([bytes.len()]) {
        let end = bytes.len().min(done + piece);
        utf8.feed(&bytes[done..end]).map_err(|error| {
            assert!(error.valid_up_to < end - done, "the fault is a byte of the piece");
            done + error.valid_up_to
        })?;
        done = end;
    }
    Ok(utf8.finish().is_ok())
}

fn assert_judged(bytes: &[u8], pieces: &[usize]) {
    let expected = match naive_fault(bytes) {
        Some(at) => Err(at),
        None => Ok(core::str::from_utf8(bytes).is_ok()),
    };
    assert_eq!(fed(bytes, pieces), expected, "{bytes:02x?} in {pieces:?}");
}

/// Whole, a byte at a time, and cut at each position; alone, and behind a text long enough for
/// the vector code.
fn assert_judged_however_cut(bytes: &[u8]) {
    assert_judged(bytes, &[]);
    assert_judged(bytes, &vec![1; bytes.len()]);
    for cut in 1..bytes.len() {
        assert_judged(bytes, &[cut]);
    }
    let long = [&[b'x'; 67], bytes].concat();
    let expected = fed(bytes, &[]).map_err(|at| 67 + at);
    assert_eq!(fed(&long, &[]), expected, "behind ASCII: {bytes:02x?}");
    let between = [&long, [b'y'; 40].as_slice()].concat();
    let expected = match fed(bytes, &[]) {
        Err(at) => Err(67 + at),
        Ok(true) => Ok(true),
        // The ASCII letter is the fault then.
        Ok(false) => Err(long.len()),
    };
    assert_eq!(fed(&between, &[]), expected, "between ASCII: {bytes:02x?}");
}

#[test]
fn every_sequence_of_one_or_two_bytes_is_judged_as_core_does() {
    for a in 0..=255 {
        assert_judged_however_cut(&[a]);
        for b in 0..=255 {
            let bytes = [a, b];
            let expected = match core::str::from_utf8(&bytes) {
                Ok(_) => Ok(true),
                Err(error) if error.error_len().is_none() => Ok(false),
                Err(error) if error.valid_up_to() == 1 => Err(1),
                // One byte is wrong by itself, or the second is no continuation of the first.
                Err(_) => {
                    Err(usize::from(core::str::from_utf8(&[a]).unwrap_err().error_len().is_none()))
                }
            };
            assert_eq!(fed(&bytes, &[]), expected, "{bytes:02x?}");
            assert_eq!(fed(&bytes, &[1]), expected, "{bytes:02x?} in two pieces");
        }
    }
}

/// Each byte where a rule of RFC 3629 begins or ends, and its neighbours.
const EDGES: [u8; 31] = [
    0x00, 0x28, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x9f, 0xa0, 0xbe, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
    0xe1, 0xe2, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xfc, 0xfe, 0xff,
];

#[test]
fn every_sequence_of_three_bytes_at_the_edges_of_the_rules_is_judged() {
    for a in EDGES {
        for b in EDGES {
            for c in EDGES {
                let bytes = [a, b, c];
                assert_judged(&bytes, &[]);
                assert_judged(&bytes, &[1, 1]);
                assert_judged(&bytes, &[2]);
            }
        }
    }
}

#[test]
fn every_sequence_of_four_bytes_that_begins_a_long_character_is_judged() {
    let seconds = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xf0];
    let others = [0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff];
    for a in [0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5] {
        for b in seconds {
            for c in others {
                for d in others {
                    assert_judged(&[a, b, c, d], &[]);
                    assert_judged(&[a, b, c, d], &[1, 1, 1]);
                    assert_judged(&[a, b, c, d], &[3]);
                }
            }
        }
    }
}

#[test]
fn every_character_is_valid_however_cut() {
    for character in (0..=0x10_ffff).filter_map(char::from_u32).step_by(7) {
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        assert_eq!(fed(bytes, &[]), Ok(true), "{character:?}");
        assert_eq!(fed(bytes, &[1, 1, 1]), Ok(true), "{character:?}");
        for len in 1..bytes.len() {
            assert_eq!(fed(&bytes[..len], &[]), Ok(false), "{len} bytes of {character:?}");
        }
    }
}

#[test]
fn the_named_hard_cases_fail_at_the_byte_that_makes_them_so() {
    let faults = [
        ("80", 0), // a continuation without a character
        ("c0", 0), // an overlong form, at once
        ("c1", 0),
        ("e080", 1), // overlong
        ("e09f", 1),
        ("f080", 1),
        ("f08f", 1),
        ("eda0", 1), // a surrogate
        ("edbf", 1),
        ("f490", 1), // above U+10FFFF
        ("f5", 0),
        ("f8", 0), // forms of five and six bytes
        ("fc", 0),
        ("fe", 0),
        ("ff", 0),
        ("e228", 1), // cut by ASCII
        ("e28228", 2),
        ("f09f9828", 3),
        ("c2c2", 1),                                      // cut by another character
        ("cebae1bdb9cf83cebcceb5eda080656469746564", 12), // Autobahn 6.4
        ("cebae1bdb9cf83cebcceb5f4908080656469746564", 12),
    ];
    for (bytes, at) in faults {
        let bytes = hex(bytes);
        assert_eq!(fed(&bytes, &[]), Err(at), "{bytes:02x?}");
        assert_eq!(fed(&bytes, &vec![1; bytes.len()]), Err(at), "{bytes:02x?} byte by byte");
        assert_judged_however_cut(&bytes);
    }
}

#[test]
fn what_only_looks_odd_is_text() {
    for bytes in ["00", "efbbbf78", "efbfbe", "efbfbf", "f09fbfbe", "f48fbfbf", "ed9fbf", "ee8080"]
    {
        let bytes = hex(bytes);
        assert_eq!(fed(&bytes, &[]), Ok(true), "{bytes:02x?}");
        assert_judged_however_cut(&bytes);
    }
}

#[test]
fn a_fault_in_a_long_text_is_found_where_it_is() {
    let text = "ASCII and ΕΛΛΗΝΙΚΆ and 日本語 and 🦀🌊. ".repeat(6);
    for at in 0..text.len() {
        for bad in [0xff, 0xc0, 0x80, b'x'] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = bad;
            let expected = match core::str::from_utf8(&bytes) {
                Ok(_) => Ok(true),
                Err(error) => {
                    // The first byte after the valid part that no character goes on with.
                    let valid = error.valid_up_to();
                    Err(valid + naive_fault(&bytes[valid..]).expect("there is one"))
                }
            };
            assert_eq!(fed(&bytes, &[]), expected, "{bad:02x} at {at}");
            assert_eq!(fed(&bytes, &[at / 2, at / 3 + 1]), expected, "{bad:02x} at {at}, cut");
        }
    }
}

#[test]
fn finish_starts_over_whether_the_text_was_complete_or_not() {
    let mut utf8 = Utf8Validator::default();
    utf8.feed(b"\xe2\x82").expect("a beginning");
    assert_eq!(utf8.finish(), Err(Utf8Error { valid_up_to: 0 }));
    assert_eq!(utf8.finish(), Ok(()), "an empty text");
    utf8.feed(b"\xe2\x82\xac").expect("a new text");
    assert_eq!(utf8.finish(), Ok(()));
}

#[test]
fn an_empty_piece_changes_nothing() {
    let mut utf8 = Utf8Validator::new();
    utf8.feed(b"").expect("nothing");
    utf8.feed(b"\xf0").expect("a beginning");
    utf8.feed(b"").expect("nothing");
    assert_eq!(utf8.feed(b"\x8f"), Err(Utf8Error { valid_up_to: 0 }), "an overlong form still");
}

#[test]
fn the_error_says_where() {
    let error = Utf8Validator::new().feed(b"abc\xff").unwrap_err();
    assert_eq!(error.to_string(), "the text is not valid UTF-8: the error is after 3 bytes");
}

/// Text with all widths of characters, and now and then what is no text.
fn nearly_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => "[a-z]{0,40}".prop_map(String::into_bytes),
        6 => any::<String>().prop_map(String::into_bytes),
        2 => prop::sample::select(vec!["é", "日", "🦀", "\u{7ff}", "\u{ffff}", "\u{10ffff}"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::sample::select(EDGES.to_vec()).prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_are_judged_as_core_does(
        bytes in prop_oneof![nearly_text(), prop::collection::vec(any::<u8>(), 0..12)],
        pieces in prop::collection::vec(prop_oneof![0..4_usize, 0..80_usize], 0..40),
    ) {
        // `core` agrees with the model about whether there is a fault at all.
        let core = core::str::from_utf8(&bytes);
        let expected = match (core, naive_fault(&bytes)) {
            (Ok(_), None) => Ok(true),
            (Err(error), None) => {
                prop_assert!(error.error_len().is_none());
                Ok(false)
            }
            (Err(error), Some(at)) => {
                prop_assert!((error.valid_up_to()..=error.valid_up_to() + 3).contains(&at));
                Err(at)
            }
            (Ok(_), Some(at)) => panic!("the model refuses byte {at} of a valid text"),
        };
        prop_assert_eq!(fed(&bytes, &pieces), expected);
    }

    #[test]
    fn any_text_cut_anywhere_is_valid(
        text in any::<String>(),
        pieces in prop::collection::vec(0..9_usize, 0..60),
    ) {
        prop_assert_eq!(fed(text.as_bytes(), &pieces), Ok(true));
    }
}
