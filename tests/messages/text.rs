//! Text as a value: it is always valid UTF-8, and its memory is shared.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use websocket_proto::Utf8Bytes;

#[test]
fn text_is_made_of_what_is_text() {
    let text = "10 €";
    let made = [
        Utf8Bytes::from(text),
        Utf8Bytes::from(text.to_owned()),
        Utf8Bytes::from(&text.to_owned()),
        Utf8Bytes::from(Box::<str>::from(text)),
        Utf8Bytes::from(Cow::Borrowed(text)),
        Utf8Bytes::from(Cow::<str>::Owned(text.to_owned())),
        Utf8Bytes::from_static("10 €"),
        Utf8Bytes::try_from(Bytes::from_static(text.as_bytes())).unwrap(),
        Utf8Bytes::try_from(BytesMut::from(text)).unwrap(),
        Utf8Bytes::try_from(text.as_bytes().to_vec()).unwrap(),
    ];
    for made in &made {
        assert_eq!(*made, text);
        assert_eq!(*made, *text);
        assert_eq!(made.as_str(), text);
        assert_eq!(made.as_ref() as &str, text);
        assert_eq!(made.as_ref() as &[u8], text.as_bytes());
        assert_eq!(made.chars().count(), 4);
        assert_eq!(
            (format!("{made}"), format!("{made:?}")),
            (text.to_owned(), format!("{text:?}"))
        );
    }
    assert_eq!(made.into_iter().collect::<HashSet<_>>().len(), 1);
    assert_eq!((Utf8Bytes::new(), Utf8Bytes::default().len()), (Utf8Bytes::from(""), 0));
}

#[test]
fn text_is_never_made_of_anything_else() {
    // Whatever this lets through is handed out as a `str` without another look.
    for bytes in [
        &b"\xff"[..],
        b"a\x80",
        b"\xc0\xaf",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
    ] {
        let expected = str::from_utf8(bytes).unwrap_err().valid_up_to();
        for refused in [
            Utf8Bytes::try_from(Bytes::from_static(bytes)),
            Utf8Bytes::try_from(BytesMut::from(bytes)),
            Utf8Bytes::try_from(bytes.to_vec()),
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.valid_up_to(), expected);
            assert_eq!(error.into_bytes(), bytes);
        }
    }
}

#[test]
fn bytes_that_are_not_text_are_given_back_with_where_the_text_ends() {
    let bytes = b"10 \xe2\x82 and more".to_vec();
    let place = bytes.as_ptr();
    let error = Utf8Bytes::try_from(bytes).unwrap_err();
    assert_eq!(error.valid_up_to(), 3);
    assert_eq!(error.to_string(), "the bytes are not valid UTF-8: the error is after 3 bytes");
    let _: &dyn std::error::Error = &error;

    let valid_up_to = error.valid_up_to();
    let bytes = error.into_bytes();
    assert_eq!(Utf8Bytes::try_from(bytes.slice(..valid_up_to)).unwrap(), "10 ");
    let bytes = Vec::from(bytes);
    assert_eq!((bytes.as_slice(), bytes.as_ptr()), (&b"10 \xe2\x82 and more"[..], place));
}

#[test]
fn every_character_is_text_and_reads_as_it_was() {
    let all: String = ('\0'..=char::MAX).collect();
    let text = Utf8Bytes::try_from(Bytes::from(all.clone())).unwrap();
    assert!(text.as_str() == all);
    assert!(str::from_utf8(text.as_bytes()).is_ok());
}

#[test]
fn text_changes_hands_without_a_copy() {
    let text = "long enough to have a place of its own".to_owned();
    let place = text.as_ptr();
    let text = Utf8Bytes::from(text);
    assert_eq!(text.as_ptr(), place);
    assert_eq!(text.clone().as_ptr(), place);
    let bytes = Bytes::from(text);
    assert_eq!(bytes.as_ptr(), place);
    let text = Utf8Bytes::try_from(bytes).unwrap();
    assert_eq!(text.into_bytes().as_ptr(), place);
}

#[test]
fn text_that_nobody_shares_becomes_a_string_without_a_copy() {
    let text = "long enough to have a place of its own: €".to_owned();
    let place = text.as_ptr();
    let alone = Utf8Bytes::from(text.clone().into_boxed_str());
    let shared = Utf8Bytes::from(text);
    let copy = String::from(shared.clone());
    assert_eq!(copy, shared);
    assert_ne!(copy.as_ptr(), place, "the other one still has it");
    let string = String::from(shared);
    assert_eq!((string.as_ptr(), string.as_str()), (place, copy.as_str()));
    assert_eq!(String::from(alone), copy);

    let part = Utf8Bytes::from(copy).slice(40..).unwrap();
    assert_eq!(String::from(part), "€");
    assert_eq!(String::from(Utf8Bytes::from_static("€")), "€");
    assert_eq!(String::from(Utf8Bytes::new()), "");
}

#[test]
fn text_is_compared_with_strings_from_both_sides() {
    let text = Utf8Bytes::from("a");
    let (same, other) = ("a".to_owned(), "b".to_owned());
    assert!(text == *same && text == same.as_str() && text == same);
    assert!(*same == text && same.as_str() == text && same == text);
    assert!(text != *other && text != other.as_str() && text != other);
    assert!(*other != text && other.as_str() != text && other != text);
}

#[test]
fn text_is_a_key_that_a_string_slice_finds() {
    let words = ["", "a", "ab", "€", "a word that is longer than the others"];
    let by_hash: HashMap<Utf8Bytes, usize> =
        words.iter().enumerate().map(|(at, &word)| (word.into(), at)).collect();
    let by_order: BTreeMap<Utf8Bytes, usize> =
        words.iter().enumerate().map(|(at, &word)| (word.into(), at)).collect();
    for (at, word) in words.into_iter().enumerate() {
        assert_eq!(by_hash.get(word), Some(&at));
        assert_eq!(by_order.get(word), Some(&at));
    }
    assert_eq!((by_hash.get("b"), by_order.get("b")), (None, None));
}

#[test]
fn a_part_of_a_text_shares_its_memory() {
    let text = Utf8Bytes::from("10 € und 20 €".to_owned());
    let part = text.slice(3..6).unwrap();
    assert_eq!(part, "€");
    assert_eq!(part.as_ptr(), text[3..].as_ptr());
    assert_eq!(text.slice(..2).unwrap(), "10");
    assert_eq!(text.slice(..=1).unwrap(), "10");
    assert_eq!(text.slice(7..).unwrap(), "und 20 €");
    assert_eq!(text.slice(..).unwrap(), text);
    assert_eq!(text.slice((Bound::Excluded(2), Bound::Unbounded)).unwrap(), "€ und 20 €");
    assert_eq!(text.slice(text.len()..).unwrap(), "");
    drop(text);
    assert_eq!(part, "€", "it lives on by itself");

    let text = Utf8Bytes::from("key: value");
    let (key, value) = text.split_once(": ").unwrap();
    let (key, value) = (text.slice_ref(key).unwrap(), text.slice_ref(value).unwrap());
    assert_eq!((key.as_str(), value.as_str()), ("key", "value"));
    assert_eq!(value.as_ptr(), text[5..].as_ptr());
}

#[test]
fn what_is_no_part_of_a_text_is_no_slice_of_it() {
    let text = Utf8Bytes::from("a€");
    for range in [1..2, 2..3, 2..4, 3..4, 0..5, 5..5, 5..6, 0..usize::MAX] {
        assert_eq!(text.slice(range.clone()), None, "{range:?}");
    }
    let (one, two) = (1, 2);
    assert_eq!(text.slice(two..one), None);
    assert_eq!(text.slice(..=usize::MAX), None);
    assert_eq!(text.slice((Bound::Excluded(usize::MAX), Bound::Unbounded)), None);

    let whole = "ab€cd".to_owned();
    let elsewhere = whole.clone();
    let text = Utf8Bytes::from(whole);
    assert_eq!(text.slice_ref(&elsewhere), None);
    let middle = text.slice(1..6).unwrap();
    for (start, end) in [(0, 7), (0, 1), (0, 2), (5, 7), (6, 7)] {
        assert_eq!(middle.slice_ref(&text[start..end]), None, "{start} to {end}");
    }
    assert_eq!(middle.slice_ref(&text[2..5]).unwrap(), "€");
    assert_eq!(middle.slice_ref(&elsewhere[7..]).unwrap(), "", "every text has an empty part");
    assert_eq!(Utf8Bytes::new().slice_ref(&elsewhere), None);
}

#[test]
fn text_is_ordered_as_strings_are() {
    let mut words = ["b", "é", "a", "", "€", "ab"].map(Utf8Bytes::from);
    words.sort();
    assert_eq!(words, ["", "a", "ab", "b", "é", "€"].map(Utf8Bytes::from));
}

proptest! {
    #[test]
    fn any_bytes_are_text_when_the_standard_library_says_so(bytes in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        // A long text with one byte changed, or none.
        (".{0,100}", any::<prop::sample::Index>(), any::<u8>()).prop_map(|(text, at, byte)| {
            let mut bytes = text.into_bytes();
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        }),
    ]) {
        match (Utf8Bytes::try_from(bytes.clone()), str::from_utf8(&bytes)) {
            (Ok(text), Ok(expected)) => prop_assert_eq!(text, expected),
            (Err(error), Err(expected)) => {
                prop_assert_eq!(error.valid_up_to(), expected.valid_up_to());
                prop_assert_eq!(error.into_bytes(), bytes);
            }
            (found, expected) => prop_assert!(false, "{found:?}, but {expected:?}"),
        }
    }

    #[test]
    fn any_range_is_a_part_as_it_is_of_a_string(
        text in ".{0,10}",
        start in 0..50_usize,
        end in 0..50_usize,
    ) {
        let part = Utf8Bytes::from(&text).slice(start..end);
        prop_assert_eq!(part.as_deref(), text.get(start..end));
    }
}
