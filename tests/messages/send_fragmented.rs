//! Messages that the queue sends in fragments by itself (RFC 6455, section 5.4).

use bytes::{Buf, Bytes};
use support::messages::*;
use websocket_proto::connection::Role;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{Message, WebSocket};

/// FIN, opcode and length of each frame that waits.
fn shapes<R: Role>(websocket: &mut WebSocket<R>) -> Vec<(bool, u8, usize)> {
    let frames = frames(websocket.output());
    frames.iter().map(|frame| (frame.fin, frame.opcode, frame.payload.len())).collect()
}

fn config(fragment_size: u64) -> Config {
    Config::new().fragment_size(fragment_size).high_water_mark(u64::MAX)
}

#[test]
fn a_message_that_is_longer_than_a_fragment_is_sent_in_fragments() {
    fn check<R: Role>(mut websocket: WebSocket<R>) {
        for (len, expected) in [
            (0, &[(true, 0)][..]),
            (10, &[(true, 10)]),
            (11, &[(false, 10), (true, 1)]),
            (30, &[(false, 10), (false, 10), (true, 10)]),
        ] {
            let expected = |first| {
                let opcodes = core::iter::once(first).chain(core::iter::repeat(CONTINUATION));
                let shape = |(&(fin, len), opcode)| (fin, opcode, len);
                expected.iter().zip(opcodes).map(shape).collect::<Vec<_>>()
            };
            websocket.send(Message::text("x".repeat(len))).unwrap();
            assert_eq!(shapes(&mut websocket), expected(TEXT));
            websocket.send(Message::binary(vec![0; len])).unwrap();
            assert_eq!(shapes(&mut websocket), expected(BINARY));
            websocket.send_prepared(&Prepared::binary(vec![0; len])).unwrap();
            assert_eq!(shapes(&mut websocket), expected(BINARY));
        }
    }
    check(server(config(10)));
    check(client(config(10)));
}

#[test]
fn the_fragments_of_the_application_are_cut_too() {
    let mut websocket = client(config(4));
    let euros = "€€€".as_bytes();
    websocket.send_fragment(Kind::Text, false, Bytes::from_static(euros)).unwrap();
    websocket.send_fragment(Kind::Text, true, Bytes::from_static(&euros[..6])).unwrap();
    let expected = [
        (false, TEXT, 4),
        (false, CONTINUATION, 4),
        (false, CONTINUATION, 1),
        (false, CONTINUATION, 4),
        (true, CONTINUATION, 2),
    ];
    assert_eq!(shapes(&mut websocket), expected);
    websocket.send(Message::text("next")).unwrap();
    assert_eq!(shapes(&mut websocket), [(true, TEXT, 4)]);
}

#[test]
fn every_size_of_fragments_carries_the_message() {
    for fragment_size in [0, 1, 2, 7, 16_383, 16_384, 16_385, 65_535, 65_536, u64::MAX] {
        let len = if fragment_size < 8 { 300 } else { 200_000 };
        let text: String = "zażółć ".chars().cycle().take(len).collect();
        let send = |from: &mut dyn FnMut(Message)| {
            from(Message::text(text.as_str()));
            from(Message::binary(text.clone().into_bytes()));
        };
        let mut wires = Vec::new();
        let mut at_client = client(config(fragment_size));
        send(&mut |message| at_client.send(message).unwrap());
        wires.push((From::Client, drain(at_client.output())));
        let mut at_server = server(config(fragment_size));
        send(&mut |message| at_server.send(message).unwrap());
        wires.push((From::Server, drain(at_server.output())));
        for (from, wire) in wires {
            let most = decode(&wire).iter().map(|frame| frame.payload.len()).max();
            assert!(most <= usize::try_from(fragment_size.max(1)).ok().or(Some(usize::MAX)));
            let mut received = Vec::new();
            match from {
                From::Client => {
                    let mut peer = server(Config::new());
                    peer.input().extend_from_slice(&wire);
                    received.extend(core::iter::from_fn(|| peer.receive().unwrap()));
                }
                From::Server => {
                    let mut peer = client(Config::new());
                    peer.input().extend_from_slice(&wire);
                    received.extend(core::iter::from_fn(|| peer.receive().unwrap()));
                }
            }
            let expected =
                [Message::text(text.as_str()), Message::binary(text.clone().into_bytes())];
            assert!(received == expected, "{from:?} {fragment_size}");
        }
    }
}

#[test]
fn a_pong_waits_for_one_fragment_and_not_for_the_message() {
    let mut websocket = server(config(20_000));
    websocket.send(Message::binary(vec![1; 100_000])).unwrap();
    websocket.output().advance(1);
    websocket.input().extend_from_slice(&From::Client.frame(PING, "?"));
    assert_eq!(websocket.receive(), Ok(Some(Message::ping("?"))));
    let mut wire = vec![0x02];
    wire.extend(drain(websocket.output()));
    let opcodes: Vec<u8> = decode(&wire).iter().map(|frame| frame.opcode).collect();
    assert_eq!(opcodes, [BINARY, PONG, CONTINUATION, CONTINUATION, CONTINUATION, CONTINUATION]);
}

#[test]
fn large_fragments_of_a_server_are_queued_without_a_copy() {
    let payload = Bytes::from(vec![1; 100_000]);
    let mut websocket = server(config(40_000));
    websocket.send(Message::Binary(payload.clone())).unwrap();
    websocket.send_prepared(&Prepared::binary(payload.clone())).unwrap();
    for _ in 0..2 {
        for at in [0, 40_000, 80_000] {
            let output = websocket.output();
            assert!(output.chunk().len() <= 10, "the header");
            output.advance(output.chunk().len());
            assert_eq!(output.chunk().as_ptr(), payload[at..].as_ptr());
            output.advance(output.chunk().len());
        }
    }
    assert!(websocket.output().is_empty());
}
