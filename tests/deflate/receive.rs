//! Compressed messages of a peer (RFC 7692 6.2, 7.2.2), however the bytes come.

use crate::blocks::{Blocks, Part};
use crate::endpoint::{self, Outcome, agreed, every_split, no_takeover, noise, takeover};
use support::{Frame, Side, stream};
use websocket_proto::deflate::Terms;
use websocket_proto::{Message, ProtocolError};

/// RFC 7692 7.2.3.1.
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
/// RFC 7692 7.2.3.2: the same by referring to it.
const HELLO_AGAIN: [u8; 5] = [0xf2, 0x00, 0x11, 0x00, 0x00];

/// A whole compressed message.
fn text(payload: impl AsRef<[u8]>) -> Frame {
    Frame::text(payload).rsv(0x40)
}

fn binary(payload: impl AsRef<[u8]>) -> Frame {
    Frame::binary(payload).rsv(0x40)
}

/// What both sides make of these frames; it is the same.
#[track_caller]
fn outcome(agreement: Terms, frames: &[Frame]) -> Outcome {
    let [server, client] =
        Side::BOTH.map(|side| every_split(side, &agreed(agreement), &stream(side, frames)));
    assert_eq!(server, client);
    server
}

/// These frames are these messages, whether or not one may refer to another.
#[track_caller]
fn assert_messages(frames: &[Frame], messages: &[Message]) {
    for agreement in [takeover(), no_takeover()] {
        outcome(agreement, frames).assert(messages, None);
    }
}

#[test]
fn the_examples_of_the_rfc_are_hello() {
    for payload in [
        HELLO.as_slice(),
        // 7.2.3.3, 7.2.3.4, 7.2.3.5.
        &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
        &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
        &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ] {
        assert_messages(&[text(payload)], &[Message::text("Hello")]);
    }
    let fragments = [text(&HELLO[..3]).more(), Frame::continuation(&HELLO[3..])];
    assert_messages(&fragments, &[Message::text("Hello")]);
}

#[test]
fn every_kind_of_block_is_read() {
    let aaaaa = Message::binary(b"aaaaa".as_slice());
    let stored = Blocks::new().stored(false, b"aaaaa").trimmed();
    let fixed = Blocks::new().fixed(false, &[Part::Text(b"a"), Part::Copy { len: 4, distance: 1 }]);
    let dynamic = Blocks::new().dynamic(false, true).trimmed();
    assert_messages(
        &[binary(stored), binary(fixed.trimmed()), binary(dynamic)],
        &[aaaaa.clone(), aaaaa.clone(), aaaaa],
    );
    let all = Blocks::new()
        .dynamic(false, true)
        .stored(false, b"")
        .fixed(false, &[])
        .stored(false, b"b")
        .fixed(false, &[Part::Copy { len: 6, distance: 6 }])
        .dynamic(false, true)
        .trimmed();
    assert_messages(&[binary(all)], &[Message::binary(b"aaaaabaaaaabaaaaa".as_slice())]);
}

#[test]
fn an_empty_message_has_many_forms() {
    let empty = Message::text("");
    for payload in [
        [0x00].as_slice(),
        &[0x02, 0x00],
        // Nothing at all, which no sender may send and some do.
        &[],
        // A final block, with and without what goes behind it.
        &[0x03, 0x00, 0x00],
        &[0x03, 0x00],
        &[0x01, 0x00, 0x00, 0xff, 0xff, 0x00],
        &[0x01, 0x00, 0x00, 0xff, 0xff],
        &[0x00, 0x00, 0x00, 0xff, 0xff],
        &[0x00, 0x00, 0x00, 0xff, 0xff, 0x00],
    ] {
        // RFC 7692 7.2.3.6, and the message behind it.
        let frames = [text(payload), text(HELLO), text(payload), text(payload), text(HELLO)];
        let hello = Message::text("Hello");
        let messages = [empty.clone(), hello.clone(), empty.clone(), empty.clone(), hello];
        assert_messages(&frames, &messages);
    }
}

#[test]
fn fragments_are_of_any_length() {
    let hello = Message::text("Hello");
    // One byte each.
    let mut frames: Vec<Frame> = HELLO.map(|byte| Frame::continuation([byte]).more()).into();
    frames[0] = text([HELLO[0]]).more();
    frames[6] = Frame::continuation([HELLO[6]]);
    assert_messages(&frames, std::slice::from_ref(&hello));
    // None in the first, in the last, in between.
    let frames = [
        text("").more(),
        Frame::continuation(&HELLO[..4]).more(),
        Frame::continuation("").more(),
        Frame::continuation(&HELLO[4..]).more(),
        Frame::continuation(""),
    ];
    assert_messages(&frames, std::slice::from_ref(&hello));
    // None in any.
    let frames = [text("").more(), Frame::continuation("").more(), Frame::continuation("")];
    assert_messages(&frames, &[Message::text("")]);
}

#[test]
fn control_frames_between_fragments_disturb_nothing() {
    let frames = [
        text(&HELLO[..2]).more(),
        Frame::ping("?"),
        Frame::continuation(&HELLO[2..5]).more(),
        Frame::pong("\x07"),
        Frame::ping(""),
        Frame::continuation(&HELLO[5..]),
        text(HELLO_AGAIN),
    ];
    let messages = [
        Message::Ping(b"?".as_slice().into()),
        Message::Pong(b"\x07".as_slice().into()),
        Message::Ping(b"".as_slice().into()),
        Message::text("Hello"),
        Message::text("Hello"),
    ];
    outcome(takeover(), &frames).assert(&messages, None);
}

#[test]
fn a_close_between_fragments_ends_it() {
    for side in Side::BOTH {
        let frames = [text(&HELLO[..2]).more(), Frame::close(1000, ""), text(HELLO)];
        let outcome = every_split(side, &agreed(takeover()), &stream(side, &frames));
        assert_eq!(outcome.messages.len(), 1);
        assert!(matches!(outcome.messages[0], Message::Close(_)));
        assert_eq!((outcome.error, outcome.close_code), (None, Some(1000)));
    }
}

#[test]
fn a_message_refers_to_those_before_over_one_that_is_not_compressed() {
    let frames = [text(HELLO), Frame::text("plain"), text(HELLO_AGAIN), text(HELLO_AGAIN)];
    let hello = Message::text("Hello");
    let messages = [hello.clone(), Message::text("plain"), hello.clone(), hello];
    outcome(takeover(), &frames).assert(&messages, None);
    // The first one not compressed.
    assert_messages(
        &[Frame::text("plain"), text(HELLO)],
        &[messages[1].clone(), messages[0].clone()],
    );
}

#[test]
fn only_what_was_agreed_on_for_the_peer_counts() {
    let frames = [text(HELLO), text(HELLO_AGAIN)];
    let hello = Message::text("Hello");
    for (response, server, client) in [
        ("permessage-deflate; server_no_context_takeover", true, false),
        ("permessage-deflate; client_no_context_takeover", false, true),
    ] {
        for (side, may_refer) in [(Side::Server, server), (Side::Client, client)] {
            let config = agreed(endpoint::agreement(response));
            let outcome = every_split(side, &config, &stream(side, &frames));
            if may_refer {
                outcome.assert(&[hello.clone(), hello.clone()], None);
            } else {
                outcome.assert(std::slice::from_ref(&hello), ProtocolError::InvalidDeflate);
            }
        }
    }
}

#[test]
fn a_final_block_is_a_block_like_any_other() {
    let copy = |len, distance| Part::Copy { len, distance };
    let messages = [
        // In the middle, twice, of each kind.
        Blocks::new()
            .fixed(true, &[Part::Text(b"one ")])
            .stored(true, b"two ")
            .dynamic(true, true)
            .fixed(false, &[Part::Text(b" three")])
            .trimmed(),
        // At the end. It refers to what came before each of the final blocks.
        Blocks::new().fixed(false, &[copy(4, 19)]).fixed(true, &[copy(4, 19), copy(5, 19)]).bytes(),
        // At the end, with the empty block behind it. It refers to before and to inside the final
        // block of the message before.
        Blocks::new().fixed(true, &[copy(8, 13), copy(5, 8)]).trimmed(),
        // A stored one, and nothing behind it.
        Blocks::new().stored(true, b"stored ").bytes(),
        Blocks::new().fixed(false, &[copy(7, 7), copy(8, 27)]).trimmed(),
    ];
    let frames = messages.map(binary);
    let texts =
        ["one two aaaaa three", "one two aaaaa", "one two one t", "stored ", "stored one two "];
    let texts = texts.map(|text| Message::binary(text.as_bytes()));
    outcome(takeover(), &frames).assert(&texts, None);
}

#[test]
fn final_blocks_that_produce_nothing_leave_the_window_to_what_follows() {
    let copy = |len, distance| Part::Copy { len, distance };
    let empty = |blocks: Blocks| {
        blocks
            .fixed(true, &[])
            .stored(true, b"")
            .fixed(false, &[])
            .stored(false, b"")
            .fixed(true, &[])
    };
    let messages = [
        Blocks::new().fixed(false, &[Part::Text(b"one two ")]).trimmed(),
        empty(Blocks::new()).bytes(),
        empty(empty(Blocks::new())).fixed(true, &[copy(4, 8), copy(4, 4)]).bytes(),
        empty(Blocks::new().fixed(false, &[Part::Text(b"three ")])).stored(true, b"four ").bytes(),
        empty(Blocks::new()).fixed(false, &[copy(6, 11), copy(4, 25)]).trimmed(),
        // A distance beyond the first byte of all.
        empty(Blocks::new()).fixed(false, &[copy(4, 40)]).trimmed(),
    ];
    let frames = messages.map(binary);
    let texts = ["one two ", "", "one one ", "three four ", "three one "];
    let texts = texts.map(|text| Message::binary(text.as_bytes()));
    outcome(takeover(), &frames).assert(&texts, ProtocolError::InvalidDeflate);
}

#[test]
fn a_final_block_without_text_that_lost_its_tail_is_whole() {
    // RFC 7692 7.2.1: an empty stored block ends a message, and nothing says that it is not final.
    let payload = Blocks::new().stored(false, b"Hello").bytes();
    let payload = [payload.as_slice(), &[0x01]].concat();
    let frames = [text(&payload), text([0x01]), text(HELLO_AGAIN), text(HELLO)];
    let hello = Message::text("Hello");
    let messages = [hello.clone(), Message::text(""), hello.clone(), hello];
    outcome(takeover(), &frames).assert(&messages, None);
}

#[test]
fn a_tail_that_was_not_taken_off_is_no_matter() {
    let untrimmed = [HELLO.as_slice(), &[0x00, 0x00, 0xff, 0xff]].concat();
    let twice = [untrimmed.as_slice(), &[0x00, 0x00, 0x00, 0xff, 0xff]].concat();
    let frames = [text(&untrimmed), text(HELLO_AGAIN), text(&twice), text(HELLO_AGAIN)];
    let hello = Message::text("Hello");
    outcome(takeover(), &frames).assert(&[0, 1, 2, 3].map(|_| hello.clone()), None);
    outcome(no_takeover(), &[frames[0].clone(), frames[2].clone()])
        .assert(&[hello.clone(), hello], None);
}

#[test]
fn text_that_looks_like_the_tail_is_text() {
    let tail = [0x00, 0x00, 0xff, 0xff];
    let payload = Blocks::new().stored(false, &tail).trimmed();
    assert_messages(&[binary(&payload)], &[Message::binary(tail.to_vec())]);
    let payload = Blocks::new().stored(true, &tail).bytes();
    assert_messages(&[binary(&payload)], &[Message::binary(tail.to_vec())]);
}

#[test]
fn a_distance_of_32768_reaches_over_messages() {
    let first = noise(1, 32_768);
    let copy = [Part::Copy { len: 258, distance: 32_768 }];
    let frames = [
        binary(Blocks::new().stored(false, &first).trimmed()),
        // The second one ends in a final block: what comes next finds its window all the same.
        binary(Blocks::new().fixed(true, &copy).bytes()),
        Frame::binary(noise(2, 1000)),
        binary(Blocks::new().fixed(false, &copy).trimmed()),
    ];
    let mut text = first.clone();
    for _ in 0..2 * 258 {
        text.push(text[text.len() - 32_768]);
    }
    let messages = [
        Message::binary(first),
        Message::binary(text[32_768..33_026].to_vec()),
        Message::binary(noise(2, 1000)),
        Message::binary(text[33_026..].to_vec()),
    ];
    outcome(takeover(), &frames).assert(&messages, None);
}

#[test]
fn one_byte_more_than_there_is_cannot_be_referred_to() {
    let first = noise(3, 32_767);
    for (len, distance) in [(32_767, 32_768), (5, 6)] {
        for is_final in [false, true] {
            let frames = [
                binary(Blocks::new().stored(is_final, &first[..len]).trimmed()),
                binary(Blocks::new().fixed(false, &[Part::Copy { len: 3, distance }]).trimmed()),
            ];
            let messages = [Message::binary(first[..len].to_vec())];
            outcome(takeover(), &frames).assert(&messages, ProtocolError::InvalidDeflate);
        }
    }
}

#[test]
fn the_window_moves_on_over_many_messages() {
    // More than 32 KiB in messages of all lengths, each of which begins with what was said 32 KiB
    // before. Some end in a final block, which is where the window has to be brought back.
    let mut text = noise(4, 32_768);
    let mut frames = vec![binary(Blocks::new().stored(false, &text).trimmed())];
    let mut messages = vec![Message::binary(text.clone())];
    for n in 0..20 {
        let own = noise(5 + n, [1, 100, 5000, 20_000, 32_768, 40_000][n as usize % 6]);
        let start = text.len();
        for _ in 0..258 {
            text.push(text[text.len() - 32_768]);
        }
        text.extend(&own);
        let copy = [Part::Copy { len: 258, distance: 32_768 }];
        let blocks = Blocks::new().fixed(n % 3 == 0, &copy).stored(n % 2 == 0, &own);
        frames.push(binary(if n % 4 == 0 { blocks.bytes() } else { blocks.trimmed() }));
        messages.push(Message::binary(text[start..].to_vec()));
    }
    for side in Side::BOTH {
        let config = agreed(takeover());
        let stream = stream(side, &frames);
        for size in [1, 7, 1000, 70_000, stream.len()] {
            let ends = (size..stream.len()).step_by(size);
            let outcome = match side {
                Side::Server => endpoint::outcome(endpoint::server(config.clone()), &stream, ends),
                Side::Client => endpoint::outcome(endpoint::client(config.clone()), &stream, ends),
            };
            outcome.assert(&messages, None);
        }
    }
}
