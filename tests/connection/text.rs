//! Text messages: UTF-8 as a whole (RFC 6455 5.6, 8.1), and refused at the byte that breaks it,
//! whether its frame and its message are complete or not.

use support::{Entry, Frame, Side, every_split, hex, stream};
use websocket_proto::ProtocolError;
use websocket_proto::connection::{Connection, ConnectionConfig, Event, Input, Server, State};
use websocket_proto::frame::Kind;

/// What is told before the fault at `offset`, and the fault.
#[track_caller]
fn assert_fails_at(frames: &[Frame], valid: &[u8], offset: u64) {
    for side in Side::BOTH {
        let bytes = stream(side, frames);
        let log = every_split(side, &ConnectionConfig::new(), &bytes);
        let error = ProtocolError::InvalidUtf8 { offset };
        let told: Vec<&Entry> =
            log.entries.iter().take_while(|entry| !matches!(entry, Entry::Error(_))).collect();
        assert_eq!(log.error(), Some(error), "{side:?} {bytes:02x?}");
        assert_eq!(log.sent_close_code(), Some(1007));
        let data = Entry::data(Kind::Text, valid, true, false);
        let expected = if valid.is_empty() { vec![] } else { vec![&data] };
        assert_eq!(told, expected, "{side:?}");
    }
}

#[track_caller]
fn assert_tells(frames: &[Frame], text: &str) {
    for side in Side::BOTH {
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, frames));
        assert_eq!(log.entries, [Entry::text(text)], "{side:?}");
        assert_eq!(log.state, State::Open);
    }
}

#[test]
fn text_in_every_script_is_received() {
    for text in
        ["", "Hello", "κόσμε", "日本語", "🦀🌊", "\u{0}\u{7f}\u{80}\u{7ff}\u{800}\u{10ffff}"]
    {
        assert_tells(&[Frame::text(text)], text);
    }
    // Surrogates have no character, non-characters and the byte order mark do.
    assert_tells(
        &[Frame::text("\u{feff}\u{fffe}\u{ffff}\u{1fffe}")],
        "\u{feff}\u{fffe}\u{ffff}\u{1fffe}",
    );
}

#[test]
fn a_character_may_be_cut_by_fragments() {
    let bytes = "a🦀é".as_bytes();
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        assert_tells(&[Frame::text(head).more(), Frame::continuation(tail)], "a🦀é");
        assert_tells(
            &[
                Frame::text(head).more(),
                Frame::continuation([]).more(),
                Frame::continuation(tail).more(),
                Frame::continuation([]),
            ],
            "a🦀é",
        );
    }
    let crab = "🦀".as_bytes();
    let frames = [
        Frame::text(&crab[..1]).more(),
        Frame::continuation(&crab[1..2]).more(),
        Frame::continuation(&crab[2..3]).more(),
        Frame::continuation(&crab[3..]),
    ];
    assert_tells(&frames, "🦀");
}

#[test]
fn the_byte_that_breaks_it_fails_at_once() {
    // Each with what comes before the fault; the frame promises a hundred bytes that never come.
    for (bytes, offset) in [
        ("80", 0),
        ("c0", 0),
        ("c1", 0),
        ("f5", 0),
        ("ff", 0),
        ("e080", 1),
        ("eda0", 1),
        ("f08f", 1),
        ("f490", 1),
        ("c328", 1),
        ("e28228", 2),
        ("f09f9828", 3),
        ("6162ff", 2),
        ("61e282acff", 4),
    ] {
        let bytes = hex(bytes);
        let valid = &bytes[..offset as usize];
        assert_fails_at(&[Frame::text(&bytes).declaring(100)], valid, offset);
        assert_fails_at(&[Frame::text(&bytes)], valid, offset);
        assert_fails_at(&[Frame::text(&bytes).more()], valid, offset);
    }
}

#[test]
fn the_fault_may_be_in_a_later_fragment() {
    assert_fails_at(&[Frame::text("ab").more(), Frame::continuation([0xff]).more()], b"ab", 2);
    assert_fails_at(
        &[Frame::text([b'a', 0xe2]).more(), Frame::continuation(b"(").declaring(50).more()],
        b"a\xe2",
        2,
    );
    assert_fails_at(
        &[
            Frame::text([0xf4]).more(),
            Frame::continuation([]).more(),
            Frame::continuation([0x90]).more(),
        ],
        b"\xf4",
        1,
    );
}

#[test]
fn a_message_that_ends_inside_a_character_fails_at_its_end() {
    for cut in ["c3", "e282", "f09fa6", "61c3"] {
        let bytes = hex(cut);
        let len = bytes.len() as u64;
        assert_fails_at(&[Frame::text(&bytes)], &bytes, len);
        assert_fails_at(&[Frame::text(&bytes).more(), Frame::continuation([])], &bytes, len);
        let (head, tail) = bytes.split_at(1);
        assert_fails_at(&[Frame::text(head).more(), Frame::continuation(tail)], &bytes, len);
    }
}

#[test]
fn the_vectors_of_autobahn_6_4_fail_fast() {
    // 6.4.1: the fault in the second of three fragments, whose third would be fine.
    let prefix = hex("cebae1bdb9cf83cebcceb5");
    let frames = [
        Frame::text(&prefix).more(),
        Frame::continuation(hex("f4908080")).more(),
        Frame::continuation(hex("656469746564")),
    ];
    assert_fails_at(&frames, &[prefix.as_slice(), &[0xf4]].concat(), 12);
}

#[test]
fn each_text_starts_anew() {
    for side in Side::BOTH {
        let frames = [
            Frame::text("é"),
            Frame::binary([0xc3]),
            Frame::text("é").more(),
            Frame::continuation("!"),
            Frame::text([0xa9]),
        ];
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames));
        assert_eq!(log.messages().len(), 3);
        assert_eq!(log.error(), Some(ProtocolError::InvalidUtf8 { offset: 0 }));
    }
}

#[test]
fn control_frames_inside_a_character_do_not_disturb_it() {
    for side in Side::BOTH {
        let frames = [
            Frame::text([0xe2]).more(),
            Frame::ping([0xff, 0xfe]),
            Frame::continuation([0x82]).more(),
            Frame::pong([0x80]),
            Frame::continuation([0xac]),
        ];
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames));
        assert_eq!(log.messages(), [(Kind::Text, "€".as_bytes().to_vec())]);
    }
}

#[test]
fn binary_messages_are_not_looked_at() {
    for side in Side::BOTH {
        let bytes = [0xff, 0xc0, 0x80, 0xed, 0xa0];
        let frames = [Frame::binary(bytes).more(), Frame::continuation(bytes)];
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames));
        assert_eq!(log.entries, [Entry::binary([bytes, bytes].concat())]);
    }
}

#[test]
fn a_fault_far_into_a_long_text_is_found_where_it_is() {
    // Past the blocks in which text is unmasked and checked.
    for offset in [8191, 8192, 8193, 20_000] {
        let mut text = "é".repeat(10_100).into_bytes();
        // An offset may be inside a character, which ends before the fault then.
        text[offset] = 0xff;
        for side in Side::BOTH {
            let log = every_split(side, &ConnectionConfig::new(), &Frame::text(&text).bytes(side));
            let error = ProtocolError::InvalidUtf8 { offset: offset as u64 };
            assert_eq!(log.error(), Some(error));
            assert_eq!(log.entries[0], Entry::data(Kind::Text, &text[..offset], true, false));
        }
    }
}

#[test]
fn a_long_text_of_long_characters_is_received_however_cut() {
    // Small, since the cost of a byte does not depend on how many there are.
    let text = "🦀".repeat(5_000);
    for side in Side::BOTH {
        let log = every_split(side, &ConnectionConfig::new(), &Frame::text(&text).bytes(side));
        assert_eq!(log.entries, [Entry::text(&text)]);
    }
}

#[test]
fn the_byte_that_breaks_the_text_is_not_consumed() {
    for (len, broken) in [(10, 0), (10, 7), (1000, 0), (1000, 999), (70_000, 20_000)] {
        for fin in [true, false] {
            let mut text = vec![b'x'; len];
            text[broken] = 0xff;
            let frame = if fin { Frame::text(text) } else { Frame::text(text).more() };
            let mut bytes = frame.bytes(Side::Server);
            let at = bytes.len() - len + broken;
            bytes.extend(Frame::ping("later").bytes(Side::Server));
            let mut connection = Connection::new(Server, ConnectionConfig::new());
            let mut input = Input::new(&mut bytes);
            if broken > 0 {
                let event = connection.receive(&mut input);
                let Ok(Some(Event::Data(data))) = event else { panic!("{event:?}") };
                assert_eq!(data.bytes, vec![b'x'; broken]);
                assert_eq!(input.consumed(), at);
            }
            let error = ProtocolError::InvalidUtf8 { offset: broken as u64 };
            assert_eq!(connection.receive(&mut input), Err(error));
            assert_eq!((input.consumed(), input.remaining()[0]), (at, 0xff));
        }
    }
}
