//! The same bytes to a `WebSocket` of this crate, to `tungstenite`, and to a parser that is too
//! simple to be wrong: all hear the same messages and the same Close, send the same answers, and
//! fail for the same kind of reason. What `tungstenite` does in another way is listed in
//! `strict.rs`, with the clause. And a conversation of this crate with `tungstenite`.
#![no_main]

#[path = "differential/ours.rs"]
mod ours;
#[path = "differential/plan.rs"]
mod plan;
#[path = "differential/strict.rs"]
mod strict;
#[path = "differential/talk.rs"]
mod talk;
#[path = "differential/theirs.rs"]
mod theirs;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use plan::{Limits, Planned};
use strict::{Heard, Rules};
use support::Side;
use talk::Talk;

#[derive(Arbitrary, Debug)]
enum Case<'a> {
    Bytes {
        to_client: bool,
        /// Whether the endpoint has sent a Close before the first byte.
        close_first: bool,
        limits: Limits,
        frames: Vec<Planned<'a>>,
        /// Bytes after the frames.
        tail: &'a [u8],
        cuts: &'a [u8],
    },
    Talk(Talk<'a>),
}

/// What an endpoint has made of its input.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub heard: Vec<Heard>,
    pub end: End,
}

/// Why there is nothing more to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The bytes are used up.
    Starved,
    /// The peer has sent a Close.
    Closed,
    /// The connection has failed. The kind of the fault is the code of the Close that reports it.
    Failed(u16),
}

fuzz_target!(|case: Case<'_>| {
    let (side, close_first, limits, stream, cuts) = match case {
        Case::Talk(talk) => return talk.run(),
        Case::Bytes { to_client, close_first, limits, frames, tail, cuts } => {
            let side = if to_client { Side::Client } else { Side::Server };
            let frames = frames.iter().take(40).flat_map(|frame| frame.bytes(side));
            let stream: Vec<u8> = frames.chain(tail.iter().copied()).collect();
            (side, close_first, limits, stream, cuts)
        }
    };

    let expected = strict::read(&stream, side, limits, close_first, Rules::STRICT);
    let (outcome, sent) = ours::read(&stream, side, limits, close_first, cuts);
    assert_eq!(outcome, expected, "ours");
    assert_answers(&expected, &sent, side, close_first, Rules::STRICT);

    let expected = strict::read(&stream, side, limits, close_first, Rules::TUNGSTENITE);
    let (outcome, sent) = theirs::read(&stream, side, limits, close_first, cuts);
    assert_eq!(outcome, expected, "tungstenite");
    assert_answers(&expected, &sent, side, close_first, Rules::TUNGSTENITE);
});

/// What an endpoint has sent is what its peer may expect: a Pong for each Ping (RFC 6455, section
/// 5.5.2), and one Close, which answers a Close (section 5.5.1) or reports a fault (section 7.1.7).
fn assert_answers(outcome: &Outcome, sent: &[u8], side: Side, close_first: bool, rules: Rules) {
    let peer = if side == Side::Client { Side::Server } else { Side::Client };
    let sent = strict::read(sent, peer, Limits::NONE, false, Rules::STRICT);
    let mut expected: Vec<Heard> = Vec::new();
    if close_first {
        expected.push(Heard::Close(None));
    } else {
        for heard in &outcome.heard {
            match heard {
                Heard::Ping(payload) => expected.push(Heard::Pong(payload.clone())),
                Heard::Close(frame) => expected.push(Heard::Close(frame.clone())),
                _ => {}
            }
        }
    }
    let mut heard = sent.heard;
    // The text in the Close that reports a fault is free.
    if let (End::Failed(code), false, false) = (outcome.end, close_first, rules.reports_nothing) {
        match heard.pop() {
            Some(Heard::Close(Some((reported, reason)))) => {
                assert_eq!(reported, code);
                assert!(!reason.is_empty());
            }
            last => panic!("no Close reports the fault {code}, but the last frame is {last:?}"),
        }
    }
    assert_eq!(heard, expected);
    let is_closed = outcome.end == End::Closed
        || close_first
        || (matches!(outcome.end, End::Failed(_)) && !rules.reports_nothing);
    assert_eq!(sent.end, if is_closed { End::Closed } else { End::Starved });
}
