//! What a peer must not send compressed, and how much of it is taken (RFC 7692 6.2, 7.2.2, 8).

use crate::blocks::{Blocks, Part};
use crate::endpoint::{self, Outcome, agreed, every_split, no_takeover, takeover};
use crate::inflate::Inflater;
use support::hostile::{self, Stream, compressed_messages};
use support::{Frame, Setup, Side, hex, stream};
use websocket_proto::deflate::Decompressor;
use websocket_proto::frame::Rsv;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, ProtocolError};

const INVALID: ProtocolError = ProtocolError::InvalidDeflate;

/// RFC 7692 7.2.3.1.
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

fn text(payload: impl AsRef<[u8]>) -> Frame {
    Frame::text(payload).rsv(0x40)
}

fn binary(payload: impl AsRef<[u8]>) -> Frame {
    Frame::binary(payload).rsv(0x40)
}

/// What both sides make of these frames; it is the same.
#[track_caller]
fn outcome(config: &Setup, frames: &[Frame]) -> Outcome {
    let [server, client] = Side::BOTH.map(|side| every_split(side, config, &stream(side, frames)));
    assert_eq!(server, client);
    server
}

/// Both sides say this of these frames, whether or not a context is taken over, and have handed out
/// these messages before.
#[track_caller]
fn assert_fails(frames: &[Frame], messages: &[Message], error: ProtocolError) {
    for agreement in [takeover(), no_takeover()] {
        outcome(&agreed(agreement), frames).assert(messages, error);
    }
}

#[test]
fn each_hostile_message_gets_its_close_code_and_each_odd_one_its_messages() {
    for Stream { name, bytes, outcome } in compressed_messages() {
        println!("{name}");
        let made = every_split(Side::Server, &agreed(takeover()), &bytes);
        match outcome {
            hostile::Outcome::Fails(code) => {
                assert_eq!((made.messages, made.close_code), (vec![], Some(code)), "{name}");
                assert!(made.error.is_some_and(|error| error.close_code().0 == code), "{name}");
            }
            hostile::Outcome::Receives { texts, pings } => {
                assert_eq!((made.error, made.close_code), (None, None), "{name}");
                let (data, other): (Vec<_>, Vec<_>) =
                    made.messages.into_iter().partition(Message::is_data);
                let ping = |payload: &&'static str| Message::Ping((*payload).into());
                let texts = texts.iter().copied().map(Message::text);
                assert_eq!(data, texts.collect::<Vec<_>>(), "{name}");
                assert_eq!(other, pings.iter().map(ping).collect::<Vec<_>>(), "{name}");
            }
            hostile::Outcome::Answers(_) => panic!("{name}: a message is no Close"),
        }
    }
}

#[test]
fn behind_what_is_put_up_with_the_next_message_is_read() {
    let next = "c18537fa213dc5fa303d37";
    for before in [
        "c18837fa213dc4b2ecf4fefd213d",
        "c18737fa213dc4b2ecf4fefd21",
        "c18937fa213d34fad375fa33e83a37",
        "c18b37fa213dc5b2ecf4fefd213d3705de",
        "418737fa213dc5b2ecf4fefd21808037fa213d",
    ] {
        let bytes = hex(&format!("{before}{next}{next}"));
        let messages = [0, 1, 2].map(|_| Message::text("Hello"));
        every_split(Side::Server, &agreed(takeover()), &bytes).assert(&messages, None);
    }
}

#[test]
fn rsv1_stands_on_the_first_frame_of_a_message_alone() {
    let refused = ProtocolError::ReservedBits { rsv: Rsv::RSV1 };
    let first = text(&HELLO[..3]).more();
    for second in [
        Frame::continuation(&HELLO[3..]).rsv(0x40),
        Frame::ping("").rsv(0x40),
        Frame::pong("").rsv(0x40),
        Frame::close(1000, "").rsv(0x40),
    ] {
        assert_fails(&[first.clone(), second.clone()], &[], refused);
        assert_fails(&[Frame::text("plain").more(), second.clone()], &[], refused);
        if second != Frame::continuation(&HELLO[3..]).rsv(0x40) {
            assert_fails(&[text(HELLO), second], &[Message::text("Hello")], refused);
        }
    }
}

#[test]
fn no_other_reserved_bit_is_taken() {
    for bits in [0x10, 0x20, 0x30, 0x50, 0x60, 0x70] {
        let refused = ProtocolError::ReservedBits { rsv: Rsv::from_bits(bits) };
        assert_fails(&[Frame::binary(HELLO).rsv(bits)], &[], refused);
    }
}

#[test]
fn rsv1_is_refused_where_nothing_was_agreed_on() {
    let refused = ProtocolError::ReservedBits { rsv: Rsv::RSV1 };
    let offered = Config::new().deflate(websocket_proto::deflate::DeflateConfig::new());
    for config in [Config::new(), offered].map(Setup::from) {
        outcome(&config, &[text(HELLO)]).assert(&[], refused);
    }
}

#[test]
fn what_breaks_rfc_1951_is_1007() {
    for payload in [
        vec![0x06],
        vec![0x07],
        vec![0x00, 0x05, 0x00, 0xfa, 0xfe, 0, 0, 0, 0, 0, 0],
        // A length, and no distance that reaches what is there.
        vec![0xf2, 0x00, 0x11, 0x00, 0x00],
        // Symbol 286.
        vec![0x1a, 0x03, 0x00],
        // A code with a gap.
        Blocks::new().dynamic(false, false).trimmed(),
        // Good blocks, of which one is final, and then a bad one.
        [Blocks::new().stored(true, b"Hello").bytes(), vec![0x06]].concat(),
        [Blocks::new().stored(false, b"Hello").bytes(), vec![0x06]].concat(),
    ] {
        assert_fails(&[binary(&payload)], &[], INVALID);
        // Behind good messages.
        let hello = [0, 1].map(|_| Message::text("Hello"));
        let frames = [Frame::text("Hello"), text(HELLO), binary(&payload)];
        if payload[0] != 0xf2 {
            assert_fails(&frames, &hello, INVALID);
        }
    }
}

#[test]
fn a_bad_block_in_the_second_of_three_fragments_fails_at_once() {
    // The second one has the lengths of a stored block, which differ; the third one never comes.
    let frames = [binary(HELLO).more(), Frame::continuation([5, 0, 0, 0]).more()];
    assert_fails(&frames, &[], INVALID);
}

#[test]
fn message_without_its_end_is_1007() {
    let dynamic = Blocks::new().dynamic(false, true).trimmed();
    let copies = [Part::Text(b"a"), Part::Copy { len: 258, distance: 1 }];
    for whole in [
        HELLO.to_vec(),
        dynamic,
        Blocks::new().stored(false, &[0; 20]).trimmed(),
        Blocks::new().stored(false, &[0x00, 0x00, 0xff, 0xff].repeat(5)).trimmed(),
        Blocks::new().fixed(false, &copies).trimmed(),
        Blocks::new().fixed(true, &copies).dynamic(false, true).trimmed(),
    ] {
        for len in 1..whole.len() {
            let cut = &whole[..len];
            if Inflater::new().lenient_message(cut, 1 << 20).is_ok() {
                // Cut behind the header of an empty block, what looks like a tail, or a final block.
                assert!([1, 4, 25].contains(&len), "{cut:02x?}");
                continue;
            }
            for agreement in [takeover(), no_takeover()] {
                for side in Side::BOTH {
                    let stream = stream(side, &[binary(cut), binary(HELLO)]);
                    let config = agreed(agreement);
                    let outcome = match side {
                        Side::Server => endpoint::outcome(endpoint::server(config), &stream, []),
                        Side::Client => endpoint::outcome(endpoint::client(config), &stream, []),
                    };
                    assert_eq!(outcome.error, Some(INVALID), "{cut:02x?}");
                    outcome.assert(&[], INVALID);
                }
            }
        }
        assert_fails(&[binary(&whole[..whole.len() - 2]), binary(HELLO)], &[], INVALID);
    }
}

#[test]
fn a_message_cut_inside_its_code_lengths_is_1007_where_no_context_is_taken_over() {
    // The header of a block with the most code lengths there can be, and then zeros.
    for cut in [[0xdc, 0x00].as_slice(), &[0xfc, 0x00, 0x00]] {
        outcome(&agreed(no_takeover()), &[binary(cut)]).assert(&[], INVALID);
    }
}

#[test]
fn text_is_checked_once_it_is_readable() {
    let stored = |text: &[u8]| Blocks::new().stored(false, text).trimmed();
    let invalid = |offset| ProtocolError::InvalidUtf8 { offset };
    let euro = "€".as_bytes();
    for (payload, offset) in [
        (stored(b"\xff"), 0),
        (stored(b"abc\x80def"), 3),
        (stored(b"ab\xe2\x82"), 4),
        (stored(b"ab\xe2\x82c"), 4),
        (
            Blocks::new().stored(true, b"ab\xe2\x82").stored(false, b"\xacc\xed\xa0\x80").trimmed(),
            7,
        ),
        // Before what is no DEFLATE.
        ([stored(b"abc\xff"), vec![0x06]].concat(), 3),
        ([Blocks::new().stored(true, b"abc\xff").bytes(), vec![0x06]].concat(), 3),
    ] {
        assert_fails(&[text(&payload)], &[], invalid(offset));
        let frames = [
            text(&payload[..1]).more(),
            Frame::ping(""),
            Frame::continuation(&payload[1..]).more(),
            Frame::continuation(""),
        ];
        let frames = if payload.ends_with(&[0x06]) { &frames[..3] } else { &frames[..] };
        assert_fails(frames, &[Message::Ping(b"".as_slice().into())], invalid(offset));
        // Binary data is no text.
        if !payload.ends_with(&[0x06]) {
            outcome(&agreed(takeover()), &[binary(&payload)]).error.ok_or(()).unwrap_err();
        }
    }
    // A character over blocks, fragments and a final block.
    let payload = Blocks::new().stored(true, &euro[..1]).stored(false, &euro[1..2]);
    let payload = payload.stored(true, &euro[2..]).trimmed();
    let frames = [text(&payload[..7]).more(), Frame::continuation(&payload[7..])];
    outcome(&agreed(takeover()), &frames).assert(&[Message::text("€")], None);
    // What is no DEFLATE, in the middle of a character.
    let payload = [Blocks::new().stored(false, &euro[..2]).bytes(), vec![0x06]].concat();
    assert_fails(&[text(payload)], &[], INVALID);
    let payload = Blocks::new().stored(false, b"ab\xe2\x82").trimmed();
    assert_fails(&[text(&payload[..payload.len() - 1])], &[], INVALID);
}

#[test]
fn the_limit_is_on_what_becomes_of_a_message() {
    for limit in [0, 1, 5, 127, 128, 129, 255, 256, 257] {
        let zeros = |len: usize| {
            let mut blocks = Blocks::new();
            // A block for each byte: much longer than the limit, as it comes.
            for _ in 0..len.min(5) {
                blocks = blocks.stored(false, b"\0");
            }
            if len > 5 {
                blocks = blocks.stored(true, &vec![0; len - 5]);
            }
            blocks.trimmed()
        };
        let config = agreed(takeover()).max_message_size(limit as u64);
        let too_large = ProtocolError::InflatedTooLarge { limit: limit as u64 };
        let whole = Message::binary(vec![0; limit]);
        let frames = [binary(zeros(limit)), binary(zeros(limit + 1)), binary(HELLO)];
        outcome(&config, &frames).assert(std::slice::from_ref(&whole), too_large);
        let frames = [binary(zeros(limit)), binary(zeros(limit + 100))];
        outcome(&config, &frames).assert(&[whole], too_large);
    }
}

#[test]
fn over_the_limit_it_does_not_matter_what_follows() {
    let long = Blocks::new().stored(false, &[b'a'; 11]);
    let garbage = [long.clone().bytes(), vec![0x06]].concat();
    let invalid = [long.clone().bytes(), Blocks::new().stored(false, b"\xff").bytes()].concat();
    let in_fragments = [text(long.clone().bytes()).more(), Frame::continuation("").rsv(0x40)];
    let config = agreed(takeover()).max_message_size(10);
    let too_large = ProtocolError::InflatedTooLarge { limit: 10 };
    for frames in [&[text(long.trimmed())][..], &[text(garbage)], &[text(invalid)], &in_fragments] {
        outcome(&config, frames).assert(&[], too_large);
    }
    // What comes first is told first.
    let invalid = Blocks::new().stored(false, b"abc\xff").stored(false, &[b'a'; 11]).trimmed();
    let error = ProtocolError::InvalidUtf8 { offset: 3 };
    outcome(&config, &[text(invalid)]).assert(&[], error);
    let garbage = [Blocks::new().stored(false, &[b'a'; 10]).bytes(), vec![0x06]].concat();
    outcome(&config, &[text(garbage)]).assert(&[], INVALID);
}

#[test]
fn the_byte_over_the_limit_is_looked_at_in_any_split() {
    // It is invalid text, or ends a character.
    let config = agreed(takeover()).max_message_size(3);
    for payload in
        [b"abc\xff".as_slice(), b"ab\xc3\xa4", b"ab\xc3", b"abc\xc3\xa4", b"\xc3\xa4\xc3"]
    {
        let stored = Blocks::new().stored(false, payload).trimmed();
        let pieces = payload
            .iter()
            .fold(Blocks::new(), |blocks, byte| blocks.stored(true, std::slice::from_ref(byte)));
        let [stored, pieces] =
            [stored, pieces.trimmed()].map(|payload| outcome(&config, &[text(payload)]));
        assert_eq!(stored, pieces);
        assert!(stored.error.is_some());
    }
}

#[test]
fn a_bomb_is_1009() {
    // By hand: 16 MiB, and the one byte more of the length 258.
    let copies = vec![Part::Copy { len: 258, distance: 1 }; (16 << 20) / 258 + 1];
    let bomb = Blocks::new().fixed(false, &[Part::Text(b"\0")]).fixed(false, &copies).trimmed();
    let too_large = ProtocolError::InflatedTooLarge { limit: 16 << 20 };
    let stream = stream(Side::Server, &[binary(&bomb)]);
    for size in [1000, stream.len()] {
        let ends = (size..stream.len()).step_by(size);
        endpoint::outcome(endpoint::server(agreed(takeover())), &stream, ends)
            .assert(&[], too_large);
    }
}

#[test]
fn a_chain_of_bombs_under_the_limit_is_so_many_messages() {
    let copies = vec![Part::Copy { len: 258, distance: 1 }; 4063];
    let bomb = Blocks::new().fixed(false, &[Part::Text(b"\0")]).fixed(false, &copies).trimmed();
    let frames = vec![binary(bomb); 20];
    let config = agreed(takeover()).max_message_size(1 << 20);
    let stream = stream(Side::Client, &frames);
    let outcome = endpoint::outcome(endpoint::client(config), &stream, []);
    outcome.assert(&vec![Message::binary(vec![0; 1 + 4063 * 258]); 20], None);
}

#[test]
fn a_length_over_the_limit_of_the_wire_fails_at_its_header() {
    let limit = 8 * 100 + 1024;
    let config = agreed(takeover()).max_message_size(100);
    for len in [limit + 1, 70_000, 1 << 40, u64::MAX >> 1] {
        for side in Side::BOTH {
            let header = binary("").declaring(len).header(side);
            // The key of a mask is not needed to tell.
            let len_of_header = if len > 65_535 { 10 } else { 4 };
            let error = ProtocolError::MessageTooLarge { len, limit };
            every_split(side, &config, &header[..len_of_header]).assert(&[], error);
        }
    }
    // A message that is not compressed has no more than ever.
    let plain = Frame::binary("").declaring(101).header(Side::Client);
    let error = ProtocolError::MessageTooLarge { len: 101, limit: 100 };
    every_split(Side::Client, &config, &plain).assert(&[], error);
}

#[test]
fn fragments_are_charged_to_the_limit_of_the_wire_together() {
    let config = agreed(takeover()).max_message_size(1);
    let limit = 8 + 1024;
    // Empty stored blocks: nothing comes of them.
    let nothing = [0x00, 0x00, 0x00, 0xff, 0xff].repeat(103);
    let mut frames = vec![
        binary(&nothing).more(),
        Frame::continuation(&nothing).more(),
        Frame::continuation([0, 0]),
    ];
    let empty_block = INVALID;
    outcome(&config, &frames).assert(&[], empty_block);
    frames[2] = Frame::continuation([0; 1]);
    outcome(&config, &frames).assert(&[Message::binary(b"".as_slice())], None);
    frames[2] = Frame::continuation([0; 3]);
    let error = ProtocolError::MessageTooLarge { len: limit + 1, limit };
    outcome(&config, &frames).assert(&[], error);
}

#[test]
fn no_more_than_the_limit_is_made_readable_whatever_room_there_is() {
    let payload = Blocks::new().stored(false, &[b'a'; 100]).trimmed();
    let config = websocket_proto::deflate::DeflateConfig::new();
    let mut decompressor = Decompressor::new(&config, takeover().client());
    let mut message = Vec::with_capacity(1000);
    let error = ProtocolError::InflatedTooLarge { limit: 10 };
    assert_eq!(decompressor.decompress(&payload, true, 10, &mut message), Err(error));
    assert_eq!(message, [b'a'; 11]);
}
