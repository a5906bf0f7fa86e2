//! The read buffer belongs to the `WebSocket`: how bytes get into it, and what stays out of reach.

use std::io::{self, Read};

use bytes::{BufMut as _, BytesMut};
use support::messages::*;
use websocket_proto::connection::{Role, Server};
use websocket_proto::websocket::{Config, MessageRef, Part};
use websocket_proto::{CloseCode, Message, WebSocket};

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
fn the_buffer_tells_what_it_holds() {
    let mut websocket = server(Config::new());
    assert!(websocket.input().is_empty());
    assert_eq!((websocket.input().len(), websocket.input().capacity()), (0, 0));
    websocket.input().extend_from_slice(&From::Client.part(TEXT, "some"));
    assert!(!websocket.input().is_empty());
    assert_eq!(websocket.input().len(), 10);
    assert!(websocket.input().capacity() >= 10);
    // What is processed of a message in progress stays.
    assert_eq!(websocket.receive(), Ok(None));
    assert_eq!(websocket.input().len(), 4);
    websocket.input().extend_from_slice(&From::Client.frame(CONTINUATION, " text"));
    assert_eq!(websocket.receive(), Ok(Some(Message::text("some text"))));
    assert_eq!(websocket.receive(), Ok(None));
    websocket.input().release_memory();
    assert!(websocket.input().is_empty());
    assert_eq!(websocket.input().capacity(), 0);

    // Nothing is processed after a Close.
    let bytes = [From::Client.close(1000, ""), From::Client.frame(TEXT, "late")].concat();
    assert_eq!(websocket.input().read_from(&mut &bytes[..]).unwrap(), bytes.len());
    assert!(websocket.input().capacity() >= 8 << 10);
    assert!(matches!(websocket.receive(), Ok(Some(Message::Close(_)))));
    assert!(websocket.input().is_empty());
}

#[test]
fn a_buffer_that_comes_back_without_bytes_is_kept() {
    let mut websocket = server(Config::new());
    let lent = websocket.input().lend();
    let place = lent.as_ptr();
    websocket.input().take_back(lent);
    assert!(websocket.input().is_empty());
    assert!(websocket.input().capacity() >= 8 << 10);
    assert_eq!(websocket.input().lend().as_ptr(), place);
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
