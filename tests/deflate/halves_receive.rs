//! A receiving half lends compressed messages, whole and in parts, as the whole `WebSocket` does.

use support::Setup;
use support::compressing::compressed;
use support::deflated::deflated;
use support::messages::server;
use support::{Frame, Side, stream};
use websocket_proto::deflate::{Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Answers, Config, MessageReceiver, MessageRef, Part};
use websocket_proto::{Message, connection::Oversized, connection::Server};

fn terms() -> Terms {
    let offer = Extensions::parse(b"permessage-deflate").map_while(Result::ok);
    Preferences::new().accept(offer).expect("a good offer")
}

fn receiver(frames: &[Frame]) -> MessageReceiver<Server> {
    let (mut receiver, _) = server(Setup::agreed(Config::new(), terms())).into_split();
    receiver.input().extend_from_slice(&stream(Side::Server, frames));
    receiver
}

fn conversation() -> Vec<Frame> {
    vec![
        compressed(deflated("Hello, ".repeat(100))),
        Frame::text("plain"),
        Frame::ping("?"),
        Frame::binary("frag").more(),
        Frame::continuation("ments"),
        Frame::pong("!"),
        Frame::close(1000, "bye"),
    ]
}

#[test]
fn a_half_lends_each_message_as_it_would_return_it() {
    let mut receiver = receiver(&conversation());
    assert!(!receiver.is_client());
    let mut answers = Answers::new();
    let mut lent = Vec::new();
    while let Some(message) = receiver.receive_ref(&mut answers).expect("it is valid") {
        let is_text = matches!(message, MessageRef::Text(_));
        assert_eq!(message.as_text().is_some(), is_text);
        assert_eq!(message.is_data(), is_text || matches!(message, MessageRef::Binary(_)));
        let owned = Message::from(message);
        assert_eq!(message.payload(), owned.payload());
        lent.push(owned);
    }
    let expected = [
        Message::text("Hello, ".repeat(100)),
        Message::text("plain"),
        Message::ping(&b"?"[..]),
        Message::binary(&b"fragments"[..]),
        Message::pong(&b"!"[..]),
        Message::close(websocket_proto::CloseCode::NORMAL, "bye").expect("a good reason"),
    ];
    assert_eq!(lent, expected);
}

#[test]
fn a_half_lends_each_message_in_parts() {
    let mut receiver = receiver(&conversation());
    let mut answers = Answers::new();
    let (mut messages, mut controls) = (vec![(Kind::Text, Vec::new())], 0);
    while let Some(part) = receiver.receive_part(&mut answers).expect("it is valid") {
        match part {
            Part::Data { kind, bytes, last, .. } => {
                let message = messages.last_mut().expect("there is one");
                message.0 = kind;
                message.1.extend_from_slice(bytes);
                if last {
                    messages.push((Kind::Text, Vec::new()));
                }
            }
            _ => controls += 1,
        }
    }
    let expected = [
        (Kind::Text, "Hello, ".repeat(100).into_bytes()),
        (Kind::Text, b"plain".to_vec()),
        (Kind::Binary, b"fragments".to_vec()),
        (Kind::Text, Vec::new()),
    ];
    assert_eq!(messages, expected);
    assert_eq!(controls, 3);
}

#[test]
fn a_part_of_a_compressed_message_is_returned_when_its_bytes_have_arrived() {
    let bytes = deflated("a text that is sent in two fragments");
    let (start, end) = bytes.split_at(bytes.len() / 2);
    let mut receiver = receiver(&[Frame::text(start).rsv(0x40).more()]);
    let mut answers = Answers::new();
    let mut text = Vec::new();
    let part = receiver.receive_part(&mut answers);
    let Ok(Some(Part::Data { bytes, first: true, last: false, .. })) = part else {
        panic!("{part:?}")
    };
    assert!(!bytes.is_empty());
    text.extend_from_slice(bytes);
    assert_eq!(receiver.receive_part(&mut answers), Ok(None));
    receiver.input().extend_from_slice(&Frame::continuation(end).bytes(Side::Server));
    let part = receiver.receive_part(&mut answers);
    let Ok(Some(Part::Data { bytes, first: false, last: true, .. })) = part else {
        panic!("{part:?}")
    };
    text.extend_from_slice(bytes);
    assert_eq!(text, b"a text that is sent in two fragments");
}

#[test]
fn the_rest_of_a_compressed_message_is_dropped_when_a_whole_one_is_asked_for() {
    let bytes = deflated("a text of which only the first part is wanted");
    let (start, rest) = bytes.split_at(bytes.len() / 2);
    let (middle, end) = rest.split_at(rest.len() / 2);
    let mut receiver = receiver(&[
        Frame::text(start).rsv(0x40).more(),
        Frame::continuation(middle).more(),
        Frame::continuation(end),
        compressed(deflated("the next one, compressed too, ".repeat(20))),
    ]);
    let mut answers = Answers::new();
    let part = receiver.receive_part(&mut answers);
    assert!(matches!(part, Ok(Some(Part::Data { first: true, last: false, .. }))), "{part:?}");
    let next = Message::text("the next one, compressed too, ".repeat(20));
    assert_eq!(receiver.receive(&mut answers), Ok(Some(next)));
}

/// The parts of a compressed message that is too long are inflated, and dropped.
#[test]
fn a_compressed_message_that_is_skipped_is_not_kept() {
    let config = Config::new().max_message_size(10).oversized(Oversized::Skip);
    let (mut receiver, _) = server(Setup::agreed(config, terms())).into_split();
    let frames = [compressed(deflated("too long, ".repeat(5000))), Frame::text("next")];
    receiver.input().extend_from_slice(&stream(Side::Server, &frames));
    let mut answers = Answers::new();
    let skipped = receiver.receive_ref(&mut answers).map(|message| message.map(Message::from));
    assert_eq!(skipped, Ok(Some(Message::Oversized { len: 50_000 })));
    let next = receiver.receive_ref(&mut answers).map(|message| message.map(Message::from));
    assert_eq!(next, Ok(Some(Message::text("next"))));
}
