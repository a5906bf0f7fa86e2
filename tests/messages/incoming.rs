//! The read buffer belongs to the `WebSocket`: how bytes get into it, and what stays out of reach.

use std::io::{self, Read};

use bytes::{BufMut as _, BytesMut};
use support::messages::*;
use websocket_proto::connection::{Role, Server};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, MessageRef, Part};
use websocket_proto::{CloseCode, Message, ProtocolError, WebSocket};

/// A conversation with everything in it: whole messages, fragments with control frames between
/// them, empty ones, large ones, and a Close.
fn conversation() -> Vec<u8> {
    let from = From::Client;
    [
        from.frame(TEXT, "Hello"),
        from.frame(BINARY, ""),
        from.part(TEXT, "one \u{20ac}"),
        from.frame(PING, "between"),
        from.part(CONTINUATION, ""),
        from.frame(CONTINUATION, " two"),
        from.frame(PONG, ""),
        from.frame(BINARY, vec![7; 300]),
        from.part(BINARY, vec![8; 200]),
        from.frame(CONTINUATION, vec![9; 100]),
        from.close(1000, "bye"),
    ]
    .concat()
}

/// The ways of bytes into the buffer.
#[derive(Clone, Copy, Debug)]
enum Way {
    Slice,
    Lent,
    Read,
    Append,
    /// Lent and dropped first, then lent and given back.
    LentTwice,
    /// Another buffer is given back than was lent.
    Other,
}

const WAYS: [Way; 6] = [Way::Slice, Way::Lent, Way::Read, Way::Append, Way::LentTwice, Way::Other];

fn put<R: Role>(websocket: &mut WebSocket<R>, way: Way, bytes: &[u8]) {
    let mut input = websocket.input();
    match way {
        Way::Slice => input.extend_from_slice(bytes),
        Way::Lent => {
            let mut free = input.lend();
            assert!(free.is_empty());
            free.put_slice(bytes);
            input.give_back(free);
        }
        Way::Read => {
            let mut rest = bytes;
            while !rest.is_empty() {
                assert!(input.read_from(&mut rest).expect("a slice") > 0);
            }
        }
        Way::Append => input.append(BytesMut::from(bytes)),
        Way::LentTwice => {
            let mut dropped = input.lend();
            dropped.put_slice(b"dropped");
            drop(dropped);
            let mut free = input.lend();
            free.put_slice(bytes);
            input.give_back(free);
        }
        Way::Other => {
            let _lent = input.lend();
            input.give_back(BytesMut::from(bytes));
        }
    }
}

/// Everything that is received of `bytes`, cut at `cuts`.
fn receive_all<T>(
    way: Way,
    bytes: &[u8],
    cuts: &[usize],
    mut receive: impl FnMut(&mut WebSocket<Server>) -> Option<T>,
) -> Vec<T> {
    let mut websocket = server(Config::new());
    let mut received = Vec::new();
    let mut begin = 0;
    for end in cuts.iter().copied().chain([bytes.len()]) {
        put(&mut websocket, way, &bytes[begin..end]);
        begin = end;
        while let Some(item) = receive(&mut websocket) {
            received.push(item);
        }
    }
    received
}

fn owned(websocket: &mut WebSocket<Server>) -> Option<Message> {
    websocket.receive().expect("valid")
}

fn lent(websocket: &mut WebSocket<Server>) -> Option<Message> {
    websocket.receive_ref().expect("valid").map(Message::from)
}

/// A message is looked for before it is taken.
fn processed(websocket: &mut WebSocket<Server>) -> Option<Message> {
    let is_ready = websocket.process().expect("valid");
    assert_eq!(websocket.process(), Ok(is_ready), "it stays ready");
    let received = websocket.receive_ref().expect("valid").map(Message::from);
    assert_eq!(received.is_some(), is_ready);
    received
}

/// Whole messages out of the parts.
fn join(parts: Vec<Joined>) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut held: Option<Vec<u8>> = None;
    for part in parts {
        match part {
            Joined::Control(message) => messages.push(message),
            Joined::Data { is_text, bytes, first, last } => {
                assert_eq!(first, held.is_none(), "the first part is told");
                let mut whole = held.take().unwrap_or_default();
                whole.extend(bytes);
                if !last {
                    held = Some(whole);
                } else if is_text {
                    messages.push(Message::text(String::from_utf8(whole).expect("validated")));
                } else {
                    messages.push(Message::binary(whole));
                }
            }
        }
    }
    assert!(held.is_none());
    messages
}

enum Joined {
    Control(Message),
    Data { is_text: bool, bytes: Vec<u8>, first: bool, last: bool },
}

fn part(websocket: &mut WebSocket<Server>) -> Option<Joined> {
    use websocket_proto::frame::Kind;
    Some(match websocket.receive_part().expect("valid")? {
        Part::Data { kind, bytes, first, last } => {
            Joined::Data { is_text: kind == Kind::Text, bytes: bytes.to_vec(), first, last }
        }
        Part::Ping(payload) => Joined::Control(MessageRef::Ping(payload).into()),
        Part::Pong(payload) => Joined::Control(MessageRef::Pong(payload).into()),
        Part::Close(frame) => Joined::Control(MessageRef::Close(frame).into()),
        Part::Oversized { .. } => panic!("nothing is skipped"),
    })
}

#[test]
fn every_way_in_and_every_way_out_gives_the_same_messages() {
    let bytes = conversation();
    let expected = receive_all(Way::Slice, &bytes, &[], owned);
    assert_eq!(expected.len(), 8);
    let every_byte: Vec<usize> = (0..bytes.len()).collect();
    let mut cuts: Vec<Vec<usize>> = (0..=bytes.len()).map(|cut| vec![cut]).collect();
    cuts.push(every_byte);
    for way in WAYS {
        for cuts in &cuts {
            assert_eq!(receive_all(way, &bytes, cuts, owned), expected, "{way:?} {cuts:?}");
            assert_eq!(receive_all(way, &bytes, cuts, lent), expected, "{way:?} {cuts:?}");
            assert_eq!(receive_all(way, &bytes, cuts, processed), expected, "{way:?} {cuts:?}");
            let parts = receive_all(way, &bytes, cuts, part);
            assert_eq!(join(parts), expected, "{way:?} {cuts:?}");
        }
    }
}

#[test]
fn the_bytes_of_a_message_in_progress_cannot_be_reached() {
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&From::Client.frame(TEXT, "Hello")[..8]);
    assert_eq!(websocket.receive(), Ok(None));
    let mut lent = websocket.input().lend();
    // All of the lent buffer may be written, and read as far as it was.
    assert!(lent.is_empty());
    lent.resize(lent.capacity(), 0xff);
    lent.clear();
    lent.put_slice(&From::Client.frame(TEXT, "Hello")[8..]);
    websocket.input().give_back(lent);
    assert_eq!(websocket.receive(), Ok(Some(Message::text("Hello"))));
}

#[test]
fn a_fresh_buffer_for_each_read_loses_nothing() {
    let mut websocket = server(Config::new());
    let first = [0x82, 0x85, 0, 0, 0, 0, b'H', b'e'];
    let second = [b'l', b'l', b'o', 0x82, 0x81, 0, 0, 0, 0, b'!'];
    websocket.input().append(BytesMut::from(&first[..]));
    assert_eq!(websocket.receive(), Ok(None));
    websocket.input().append(BytesMut::from(&second[..]));
    assert_eq!(websocket.receive(), Ok(Some(Message::binary("Hello"))));
    assert_eq!(websocket.receive(), Ok(Some(Message::binary("!"))));
}

#[test]
fn a_lent_message_is_dropped_by_the_next_call_and_not_before() {
    let from = From::Client;
    let bytes = [from.frame(TEXT, "one"), from.frame(TEXT, "two")].concat();
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&bytes);
    assert_eq!(websocket.receive_ref(), Ok(Some(MessageRef::Text("one"))));
    // What comes in the meantime goes after it.
    websocket.input().extend_from_slice(&from.frame(TEXT, "three"));
    assert_eq!(websocket.receive_ref(), Ok(Some(MessageRef::Text("two"))));
    assert_eq!(websocket.receive(), Ok(Some(Message::text("three"))));
    assert!(websocket.input().is_empty());
}

#[test]
fn the_rest_of_a_message_is_dropped_when_a_whole_one_is_asked_for_after_a_part() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.part(TEXT, "unwanted, "));
    assert!(matches!(
        websocket.receive_part(),
        Ok(Some(Part::Data { first: true, last: false, .. }))
    ));
    let rest = [from.part(CONTINUATION, "and its "), from.frame(PING, "?")].concat();
    websocket.input().extend_from_slice(&rest);
    assert!(matches!(websocket.receive(), Ok(Some(Message::Ping(_)))));
    let rest = [from.frame(CONTINUATION, "rest"), from.frame(TEXT, "wanted")].concat();
    websocket.input().extend_from_slice(&rest);
    assert_eq!(websocket.receive(), Ok(Some(Message::text("wanted"))));
}

#[test]
fn a_message_whose_middle_was_dropped_is_not_continued_in_parts() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.part(TEXT, "unwanted, "));
    assert!(matches!(
        websocket.receive_part(),
        Ok(Some(Part::Data { first: true, last: false, .. }))
    ));
    // Nothing was dropped yet, so the parts go on.
    assert_eq!(websocket.receive(), Ok(None));
    websocket.input().extend_from_slice(&from.part(CONTINUATION, "still "));
    let part = websocket.receive_part().unwrap();
    assert_eq!(
        part,
        Some(Part::Data { kind: Kind::Text, bytes: b"still ", first: false, last: false })
    );
    // The whole message that is asked for drops what comes next, and with it all the rest.
    websocket.input().extend_from_slice(&from.part(CONTINUATION, "a hole "));
    assert_eq!(websocket.receive(), Ok(None));
    let rest = [
        from.part(CONTINUATION, "in "),
        from.frame(CONTINUATION, "it"),
        from.frame(TEXT, "wanted"),
    ];
    websocket.input().extend_from_slice(&rest.concat());
    let part = websocket.receive_part().unwrap();
    assert_eq!(
        part,
        Some(Part::Data { kind: Kind::Text, bytes: b"wanted", first: true, last: true })
    );
    // The same, when the part that is dropped was ready.
    websocket.input().extend_from_slice(&from.part(TEXT, "unwanted, "));
    assert!(matches!(websocket.receive_part(), Ok(Some(Part::Data { first: true, .. }))));
    websocket.input().extend_from_slice(&from.part(CONTINUATION, "a hole "));
    assert_eq!(websocket.process_part(), Ok(true));
    assert_eq!(websocket.receive(), Ok(None));
    let rest = [from.frame(CONTINUATION, "in it"), from.frame(TEXT, "wanted")];
    websocket.input().extend_from_slice(&rest.concat());
    assert!(matches!(
        websocket.receive_part(),
        Ok(Some(Part::Data { bytes: b"wanted", first: true, last: true, .. }))
    ));
}

#[test]
fn a_message_that_has_begun_is_returned_from_its_start_in_parts() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.part(TEXT, "be"));
    assert_eq!(websocket.receive(), Ok(None));
    websocket.input().extend_from_slice(&from.frame(CONTINUATION, "gun"));
    let Ok(Some(Part::Data { bytes, first, last, .. })) = websocket.receive_part() else {
        panic!()
    };
    assert_eq!((bytes, first, last), (&b"begun"[..], true, true));
}

#[test]
fn text_is_validated_before_a_part_is_returned() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.part(TEXT, b"ok\xe2\x82"));
    let Ok(Some(Part::Data { bytes, .. })) = websocket.receive_part() else { panic!() };
    assert_eq!(bytes, b"ok\xe2\x82");
    websocket.input().extend_from_slice(&from.frame(CONTINUATION, b"("));
    let error = ProtocolError::InvalidUtf8 { offset: 4 };
    assert_eq!(websocket.receive_part(), Err(error));
    assert_eq!(websocket.receive_part(), Err(error));
    assert_eq!(close_code(&frames(websocket.output())[0]), Some(1007));
}

#[test]
fn a_ping_is_answered_when_a_part_is_asked_for_too() {
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&From::Client.frame(PING, "?"));
    assert_eq!(websocket.receive_part(), Ok(Some(Part::Ping(b"?"))));
    assert_eq!(opcodes(websocket.output()), [PONG]);
}

#[test]
fn a_reader_that_fails_loses_nothing() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let mut websocket = server(Config::new());
    let frame = From::Client.frame(TEXT, "Hello");
    websocket.input().extend_from_slice(&frame[..9]);
    assert_eq!(websocket.receive(), Ok(None));
    let error = websocket.input().read_from(&mut Broken).expect_err("it is broken");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(websocket.input().read_from(&mut &frame[9..]).expect("a slice"), frame.len() - 9);
    assert_eq!(websocket.receive(), Ok(Some(Message::text("Hello"))));
}

#[test]
fn what_was_not_processed_can_be_taken_out() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    let bytes = [from.frame(TEXT, "one"), from.frame(TEXT, "two")].concat();
    websocket.input().extend_from_slice(&bytes);
    assert!(websocket.receive_ref().expect("valid").is_some());
    assert_eq!(websocket.take_unprocessed(), from.frame(TEXT, "two"));
    assert!(websocket.input().is_empty());
    websocket.close(CloseCode::NORMAL, "").expect("open");
}

/// Otherwise the bytes that come next would stand under the length and the check of those that were
/// taken out, and be returned as text.
#[test]
fn a_message_that_is_ready_stays_when_the_rest_is_taken_out() {
    let from = From::Client;
    let bytes = [from.frame(TEXT, "Hello"), from.frame(TEXT, "two")].concat();
    for in_parts in [false, true] {
        let mut websocket = server(Config::new());
        websocket.input().extend_from_slice(&bytes);
        let ready = if in_parts { websocket.process_part() } else { websocket.process() };
        assert_eq!(ready, Ok(true));
        assert_eq!(websocket.take_unprocessed(), from.frame(TEXT, "two"));
        websocket.input().extend_from_slice(&[0xff; 40]);
        if in_parts {
            let Ok(Some(Part::Data { bytes, .. })) = websocket.receive_part() else { panic!() };
            assert_eq!(bytes, b"Hello");
        } else {
            assert_eq!(websocket.receive_ref(), Ok(Some(MessageRef::Text("Hello"))));
        }
        assert!(websocket.receive().is_err(), "0xff has reserved bits");
    }
}

#[test]
fn a_message_in_progress_stays_when_the_rest_is_taken_out() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    // The first fragment ends inside a character.
    let bytes = [from.part(TEXT, b"10 \xe2\x82"), from.frame(PING, "?"), vec![1, 2, 3]].concat();
    websocket.input().extend_from_slice(&bytes);
    assert_eq!(websocket.receive(), Ok(Some(Message::ping("?"))));
    assert_eq!(websocket.take_unprocessed(), [1, 2, 3][..]);
    assert!(websocket.take_unprocessed().is_empty());
    websocket.input().extend_from_slice(&from.frame(CONTINUATION, b"\xac"));
    assert_eq!(websocket.receive(), Ok(Some(Message::text("10 \u{20ac}"))));
}

#[test]
fn a_part_that_is_ready_is_not_lost_when_a_whole_message_is_asked_for() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&from.frame(TEXT, "one"));
    assert_eq!(websocket.process_part(), Ok(true));
    assert_eq!(websocket.receive(), Ok(Some(Message::text("one"))));
    // The message has not ended, or earlier fragments of it are held.
    for held in ["", "be"] {
        let first = if held.is_empty() { TEXT } else { CONTINUATION };
        if !held.is_empty() {
            websocket.input().extend_from_slice(&from.part(TEXT, held));
            assert_eq!(websocket.receive(), Ok(None));
        }
        websocket.input().extend_from_slice(&from.part(first, "gun"));
        assert_eq!(websocket.process_part(), Ok(true));
        assert_eq!(websocket.process(), Ok(false));
        websocket.input().extend_from_slice(&from.frame(CONTINUATION, "!"));
        assert_eq!(websocket.process_part(), Ok(true));
        let whole = Message::text(format!("{held}gun!"));
        assert_eq!(websocket.receive_ref().map(|m| m.map(Message::from)), Ok(Some(whole)));
    }
}

#[test]
fn the_parts_before_invalid_text_are_its_valid_bytes() {
    let from = From::Client;
    let text = b"valid \xe2\x82\xac, then \xff and more";
    let fragments = [from.part(TEXT, &text[..7]), from.frame(CONTINUATION, &text[7..])].concat();
    for bytes in [from.frame(TEXT, text), from.part(TEXT, text), fragments] {
        for cut in 0..bytes.len() {
            // With what `receive` holds of it, and without.
            for held in [false, true] {
                let mut websocket = server(Config::new());
                let mut parts = Vec::new();
                websocket.input().extend_from_slice(&bytes[..cut]);
                if held && websocket.receive().is_err() {
                    continue;
                }
                let mut rest = &bytes[cut..];
                let error = loop {
                    match websocket.receive_part() {
                        Ok(Some(Part::Data { bytes, last, .. })) => {
                            assert!(!last);
                            parts.extend_from_slice(bytes);
                        }
                        Ok(Some(other)) => panic!("{other:?}"),
                        Ok(None) => websocket.input().extend_from_slice(std::mem::take(&mut rest)),
                        Err(error) => break error,
                    }
                };
                assert_eq!(error, ProtocolError::InvalidUtf8 { offset: 16 });
                // What is held is returned with the next valid bytes, if there are any.
                assert!(parts == text[..16] || held && parts.is_empty(), "{cut}: {parts:02x?}");
            }
        }
    }
}

/// Receives everything that arrived, and returns the number of messages.
fn count_messages(websocket: &mut WebSocket<Server>) -> usize {
    std::iter::from_fn(|| websocket.receive().expect("a valid peer")).count()
}

#[test]
fn a_batch_that_fits_one_read_is_one_read_however_often_it_comes() {
    for frames in [32, 64, 250] {
        let batch = From::Client.frame(TEXT, "x".repeat(125)).repeat(frames);
        let mut websocket = server(Config::new());
        let mut reads = Vec::new();
        for _ in 0..200 {
            let mut rest = &batch[..];
            let mut messages = 0;
            let mut count = 0;
            while !rest.is_empty() {
                let mut free = websocket.input().lend();
                let (read, later) = rest.split_at(rest.len().min(free.capacity()));
                free.put_slice(read);
                rest = later;
                websocket.input().give_back(free);
                messages += count_messages(&mut websocket);
                count += 1;
            }
            assert_eq!(messages, frames);
            reads.push(count);
            // The transport has no more bytes.
            websocket.input().release_memory();
        }
        assert!(reads[8..].iter().all(|&count| count == 1), "{frames} frames: {reads:?}");
    }
}

#[test]
fn reads_become_smaller_only_after_many_small_ones_in_a_row() {
    let frame = From::Client.frame(BINARY, "");
    let mut stream = frame.iter().cycle();
    let mut websocket = server(Config::new());
    // Reads as many bytes, or as many as fit, and returns how many would have fitted.
    let mut read = |len: usize| {
        let mut free = websocket.input().lend();
        let room = free.capacity();
        free.extend(stream.by_ref().take(len.min(room)));
        websocket.input().give_back(free);
        count_messages(&mut websocket);
        websocket.input().release_memory();
        // The spare buffer of the thread would have more room than a read wants.
        drop(server(Config::new()).input().lend());
        room
    };
    assert_eq!([(); 3].map(|()| read(usize::MAX)), [8, 16, 32].map(|kib| kib * 1024));
    for _ in 0..10 {
        assert!([(); 15].iter().all(|()| read(100) == 64 * 1024));
        assert_eq!(read(32 * 1024), 64 * 1024);
    }
    assert!([(); 16].iter().all(|()| read(100) == 64 * 1024));
    assert_eq!(read(100), 32 * 1024);
}

#[test]
fn a_large_message_arrives_in_the_memory_of_the_one_before() {
    let sent = vec![7; 1 << 20];
    let stream = From::Client.frame(BINARY, &sent).repeat(4);
    let mut websocket = server(Config::new());
    let mut places = Vec::new();
    for read in stream.chunks(50_000) {
        let mut free = websocket.input().lend();
        free.put_slice(read);
        websocket.input().give_back(free);
        while let Some(message) = websocket.receive_ref().expect("a valid peer") {
            assert_eq!(message.payload(), Some(&sent[..]));
            places.push(message.payload().map(<[u8]>::as_ptr));
        }
    }
    assert_eq!(places.len(), 4);
    assert_eq!(places[2], places[3]);
}

#[test]
fn a_read_has_room_when_a_single_byte_of_a_frame_is_missing() {
    /// Fills two lent buffers with `frame`, except for the last byte of each.
    fn fill<'f>(websocket: &mut WebSocket<Server>, mut frame: &'f [u8]) -> &'f [u8] {
        for _ in 0..2 {
            let mut free = websocket.input().lend();
            let (read, rest) = frame.split_at(free.capacity() - 1);
            free.put_slice(read);
            frame = rest;
            websocket.input().give_back(free);
            assert_eq!(websocket.receive(), Ok(None));
        }
        frame
    }
    let long = From::Client.frame(BINARY, vec![7; 60_000]);
    let fits = long.len() - fill(&mut server(Config::new()), &long).len();
    // A frame of that length and one byte more. The header has 8 bytes.
    let frame = From::Client.frame(BINARY, vec![7; fits + 1 - 8]);
    let mut websocket = server(Config::new());
    let mut rest = fill(&mut websocket, &frame);
    assert_eq!(rest.len(), 1);
    assert_eq!(websocket.input().read_from(&mut rest).expect("a slice"), 1);
    assert_eq!(count_messages(&mut websocket), 1);
}
