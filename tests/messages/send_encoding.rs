//! Large messages of a client that are masked without access to the half that sends them.

use bytes::Bytes;
use support::messages::*;
use websocket_proto::connection::Client;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Begun, Config, Encoding, MessageSender, Prepared};
use websocket_proto::{CloseCode, Message, SendError};

/// A payload whose masking is left to the caller.
const APART: usize = 64 * 1024;

fn sender(fragment_size: u64) -> MessageSender<Client> {
    let config = Config::new().high_water_mark(u64::MAX).fragment_size(fragment_size);
    client(config).into_split().1
}

/// Finishes what began, and returns whether it was encoded outside.
fn finish(sender: &mut MessageSender<Client>, mut begun: Begun) -> bool {
    let is_queued = matches!(begun, Begun::Queued);
    while let Begun::Encode(encoding) = begun {
        begun = sender.finish(encoding.encode()).expect("nothing came between");
    }
    !is_queued
}

fn encoding(begun: Begun) -> Encoding {
    match begun {
        Begun::Encode(encoding) => encoding,
        Begun::Queued => panic!("it is large"),
    }
}

#[test]
fn what_is_masked_outside_is_what_would_be_masked_inside() {
    for fragment_size in [1000, 20_000, 100_000, u64::MAX] {
        let (mut inside, mut outside) = (sender(fragment_size), sender(fragment_size));
        for len in [0, 100, 20_000, APART - 1, APART, 3 * APART + 1] {
            let text = "x".repeat(len);
            // Alone, and shared with somebody else.
            for message in [Message::text(text.clone()), Message::Binary(text.clone().into())] {
                inside.send(message.clone()).unwrap();
                let begun = outside.begin(message.clone()).unwrap();
                assert_eq!(finish(&mut outside, begun), len >= APART);
                inside.send(Message::text(text.clone())).unwrap();
                let begun = outside.begin(Message::text(text.clone())).unwrap();
                finish(&mut outside, begun);
            }
            for fin in [false, true] {
                let payload = Bytes::from(text.clone());
                inside.send_fragment(Kind::Text, fin, payload.clone()).unwrap();
                let begun = outside.begin_fragment(Kind::Text, fin, payload).unwrap();
                assert_eq!(finish(&mut outside, begun), len >= APART);
            }
            let prepared = Prepared::text(text);
            inside.send_prepared(&prepared).unwrap();
            let begun = outside.begin_prepared(&prepared).unwrap();
            assert_eq!(finish(&mut outside, begun), len >= APART);
        }
        let (a, b) = (drain(inside.output()), drain(outside.output()));
        assert_eq!((a.len(), a.iter().zip(&b).position(|(a, b)| a != b)), (b.len(), None));
    }
}

#[test]
fn a_server_masks_nothing_so_it_queues_at_once() {
    let (_, mut sender) = server(Config::new()).into_split();
    let begun = sender.begin(Message::binary(vec![0; 4 * APART])).unwrap();
    assert!(matches!(begun, Begun::Queued));
}

#[test]
fn only_control_frames_are_sent_while_a_message_is_masked() {
    let mut sender = sender(u64::MAX);
    let begun = encoding(sender.begin(Message::binary(vec![7; APART])).unwrap());
    assert_eq!(begun.kind(), Kind::Binary);
    let under_way = SendError::MessageInProgress;
    assert_eq!(sender.send(Message::text("x")).unwrap_err().error, under_way);
    assert_eq!(sender.send(Message::binary(vec![0; APART])).unwrap_err().error, under_way);
    assert_eq!(sender.begin(Message::text("x")).unwrap_err().error, under_way);
    assert_eq!(sender.send_prepared(&Prepared::text("x")), Err(under_way));
    let rejected = sender.send_fragment(Kind::Text, true, Bytes::new()).unwrap_err();
    assert_eq!(rejected.error, under_way);
    sender.send(Message::ping("?")).unwrap();
    assert!(matches!(sender.finish(begun.encode()), Ok(Begun::Queued)));
    sender.send(Message::text("x")).unwrap();
    assert_eq!(opcodes(sender.output()), [PING, BINARY, TEXT]);
}

#[test]
fn a_message_comes_back_as_it_was_if_the_connection_closes_in_the_meantime() {
    for fragment_size in [1000, u64::MAX] {
        let payload: Vec<u8> = (0..2 * APART).map(|n| n as u8).collect();
        let shared = Bytes::from(payload.clone());
        for message in [Message::binary(payload.clone()), Message::Binary(shared.clone())] {
            let mut sender = sender(fragment_size);
            let begun = encoding(sender.begin(message).unwrap());
            sender.close(CloseCode::NORMAL, "").unwrap();
            let rejected = sender.finish(begun.encode()).unwrap_err();
            assert_eq!(rejected.error, SendError::Closing);
            assert!(rejected.message == payload);
            assert_eq!(opcodes(sender.output()), [CLOSE]);
        }
        assert!(shared == payload);
    }
}

#[test]
fn no_debug_output_of_a_websocket_and_its_halves_shows_a_payload() {
    let secret = || Bytes::from(b"secret".repeat(APART));
    let mut sender = sender(u64::MAX);
    sender.send(Message::text("secret")).unwrap();
    sender.send(Message::Binary(secret())).unwrap();
    sender.send(Message::ping("secret")).unwrap();
    let begun = sender.begin(Message::Binary(secret())).unwrap();
    let shown = format!("{begun:?} {:?} {:?}", sender, Prepared::binary(secret()));
    let encoded = encoding(begun).encode();
    let shown = format!("{shown} {encoded:?} {:?}", sender.output());
    let mut server = server(Config::new().high_water_mark(u64::MAX));
    server.send(Message::Binary(secret())).unwrap();
    server.send(Message::text("secret")).unwrap();
    server.input().extend_from_slice(&From::Client.frame(PING, "secret"));
    server.input().extend_from_slice(&From::Client.part(TEXT, "secret"));
    assert_eq!(server.receive(), Ok(Some(Message::ping("secret"))));
    assert_eq!(server.receive(), Ok(None));
    let shown = format!("{shown} {:?}", server.input());
    let shown = format!("{shown} {server:?}");
    let (receiver, sender) = server.into_split();
    let shown = format!("{shown} {receiver:?} {sender:?}");
    for name in [
        "data: Data ",
        "work: Mask ",
        "done: Masked ",
        "MessageReceiver",
        "ReadBuffer",
        "MessageSender",
        "Outgoing",
        "Prepared",
    ] {
        assert!(shown.contains(name), "{shown}");
    }
    for bytes in ["secret", "115, 101", "73, 65", "\\x"] {
        assert!(!shown.contains(bytes), "{shown}");
    }
    assert!(shown.contains("393216"), "{shown}");
}
