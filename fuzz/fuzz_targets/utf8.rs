//! Text in pieces: refused at the first byte that no continuation could make valid, as
//! `core::str` tells it.
//!
//! The input is the number of cuts, the length of the piece before each cut, and the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use websocket_proto::utf8::Utf8Validator;

fuzz_target!(|input: &[u8]| {
    let [cuts, rest @ ..] = input else { return };
    let (cuts, text) = rest.split_at(usize::from(*cuts).min(rest.len()));

    let expected = naive(text);
    let judged = feed(text, cuts.iter().map(|&len| usize::from(len)));
    assert_eq!(judged, expected, "cut as asked");
    assert_eq!(feed(text, std::iter::empty()), expected, "whole");
    assert_eq!(feed(text, std::iter::repeat_n(1, text.len())), expected, "a byte at a time");
});

/// Whether the text is complete, or how many bytes come before the first fault.
fn naive(text: &[u8]) -> Result<bool, usize> {
    let Err(error) = core::str::from_utf8(text) else { return Ok(true) };
    if error.error_len().is_none() {
        return Ok(false);
    }
    let valid = error.valid_up_to();
    let is_fault = |len: &usize| {
        core::str::from_utf8(&text[valid..valid + len])
            .is_err_and(|error| error.error_len().is_some())
    };
    let len = (1..=4).find(is_fault).expect("a character has up to four bytes");
    Err(valid + len - 1)
}

fn feed(text: &[u8], pieces: impl Iterator<Item = usize>) -> Result<bool, usize> {
    let mut utf8 = Utf8Validator::new();
    let mut done = 0;
    for len in pieces.chain([text.len()]) {
        let end = text.len().min(done + len);
        utf8.feed(&text[done..end]).map_err(|error| done + error.valid_up_to)?;
        done = end;
    }
    Ok(utf8.finish().is_ok())
}
