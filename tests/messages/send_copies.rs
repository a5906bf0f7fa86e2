//! Payloads and prepared messages on their way out: what of them is copied, and that what somebody
//! else holds too stays as it is.

use std::collections::BTreeSet;

#[cfg(feature = "std")]
use bytes::Buf;
use bytes::{Bytes, BytesMut};
use support::messages::*;
use websocket_proto::connection::Client;
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
#[cfg(feature = "std")]
use websocket_proto::websocket::Outgoing;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{Message, SendError, WebSocket};

/// Every payload and header that waits, where it is.
#[cfg(feature = "std")]
fn pieces(output: &Outgoing) -> Vec<(*const u8, usize)> {
    let mut slices = [std::io::IoSlice::new(&[]); 64];
    let filled = output.chunks_vectored(&mut slices);
    slices[..filled].iter().map(|slice| (slice.as_ptr(), slice.len())).collect()
}

#[cfg(feature = "std")]
#[test]
fn a_large_payload_of_a_server_is_queued_where_it_is() {
    let payload = Bytes::from(vec![1; LARGE]);
    let text = "x".repeat(LARGE);
    let places = [payload.as_ptr(), text.as_ptr()];
    let mut websocket = server(Config::new());
    websocket.send(Message::text("small")).unwrap();
    websocket.send(Message::Binary(payload.clone())).unwrap();
    websocket.send(Message::Text(text.into())).unwrap();
    let found: Vec<_> = pieces(websocket.output())
        .into_iter()
        .filter(|(_, len)| *len == LARGE)
        .map(|(place, _)| place)
        .collect();
    assert_eq!(found, places);
    // The small message and the header behind it leave in one piece.
    assert_eq!(websocket.output().chunk().len(), 7 + 4);
}

#[cfg(feature = "std")]
#[test]
fn a_server_copies_payloads_of_less_than_16_kib() {
    for (len, is_copied) in [((16 << 10) - 1, true), (16 << 10, false)] {
        let payload = Bytes::from(vec![1; len]);
        let mut websocket = server(Config::new());
        websocket.send(Message::Binary(payload.clone())).unwrap();
        let is_there = pieces(websocket.output()).contains(&(payload.as_ptr(), len));
        assert_eq!(is_there, !is_copied, "{len}");
    }
}

#[cfg(feature = "std")]
#[test]
fn small_messages_leave_in_one_piece() {
    for mut output in [
        {
            let mut websocket = server(Config::new());
            (0..50).for_each(|n| websocket.send(Message::binary(vec![n; 40])).unwrap());
            pieces(websocket.output())
        },
        {
            let mut websocket = client(Config::new());
            (0..50).for_each(|n| websocket.send(Message::binary(vec![n; 36])).unwrap());
            pieces(websocket.output())
        },
    ] {
        assert_eq!(output.pop().map(|(_, len)| len), Some(50 * 42));
        assert_eq!(output, []);
    }
}

#[cfg(feature = "std")]
#[test]
fn a_client_masks_a_payload_in_place_when_nobody_else_holds_it() {
    let payload = Bytes::from(vec![0xaa; 2 * LARGE]);
    let place = payload.as_ptr();
    let mut websocket = client(Config::new());
    websocket.send(Message::Binary(payload)).unwrap();
    assert_eq!(pieces(websocket.output())[1], (place, 2 * LARGE));
    assert_eq!(frames(websocket.output())[0].payload, vec![0xaa; 2 * LARGE]);

    let fragment = Bytes::from(vec![0xbb; 2 * LARGE]);
    let place = fragment.as_ptr();
    websocket.send_fragment(Kind::Binary, false, fragment).unwrap();
    assert_eq!(pieces(websocket.output())[1], (place, 2 * LARGE));
}

#[cfg(feature = "std")]
#[test]
fn a_client_masks_a_copy_of_a_payload_whose_buffer_is_much_larger() {
    for (capacity, is_copied) in [(4 * LARGE, false), (4 * LARGE + 2, true)] {
        let mut buffer = BytesMut::with_capacity(capacity);
        buffer.resize(2 * LARGE, 0xaa);
        assert_eq!(buffer.capacity(), capacity);
        let place = (buffer.as_ptr(), 2 * LARGE);
        let mut websocket = client(Config::new());
        websocket.send(Message::Binary(buffer.freeze())).unwrap();
        assert_eq!(pieces(websocket.output()).contains(&place), !is_copied, "{capacity}");
    }
}

#[test]
fn a_client_masks_a_copy_of_a_payload_that_somebody_else_holds() {
    for len in [10, LARGE] {
        let payload = Bytes::from(vec![0xaa; len]);
        let mut websocket = client(Config::new());
        websocket.send(Message::Binary(payload.clone())).unwrap();
        websocket.send(Message::Binary(payload.clone())).unwrap();
        assert_eq!(payload, vec![0xaa; len]);
        for frame in frames(websocket.output()) {
            assert_eq!(frame.payload, payload);
        }
        assert_eq!(payload, vec![0xaa; len]);
    }
}

#[test]
fn a_client_leaves_static_bytes_as_they_are() {
    static BYTES: [u8; LARGE] = [b'x'; LARGE];
    let mut websocket = client(Config::new());
    websocket.send(Message::Binary(Bytes::from_static(&BYTES))).unwrap();
    websocket.send(Message::binary(BytesMut::from(&BYTES[..]).freeze().slice(1..))).unwrap();
    let lengths: Vec<_> = frames(websocket.output()).iter().map(|f| f.payload.len()).collect();
    assert_eq!(lengths, [LARGE, LARGE - 1]);
    assert!(BYTES.iter().all(|byte| *byte == b'x'));
}

#[cfg(feature = "std")]
#[test]
fn a_prepared_message_is_shared_by_all_servers() {
    let payload = Bytes::from(vec![1; LARGE]);
    let place = payload.as_ptr();
    let prepared = Prepared::binary(payload);
    for _ in 0..3 {
        let mut websocket = server(Config::new());
        websocket.send_prepared(&prepared).unwrap();
        assert_eq!(pieces(websocket.output())[1], (place, LARGE));
        assert_eq!(frames(websocket.output())[0].payload, vec![1; LARGE]);
    }
}

#[test]
fn a_prepared_message_is_masked_anew_by_each_client() {
    for len in [0, 20, LARGE] {
        let text = "x".repeat(len);
        let prepared = Prepared::text(text.as_str());
        let mut wires = BTreeSet::new();
        for seed in 0..5 {
            let mut websocket =
                WebSocket::new(Client::new([seed; 32]), Config::new(), Opened::new());
            for _ in 0..2 {
                websocket.send_prepared(&prepared).unwrap();
                let wire = drain(websocket.output());
                let [frame] = &decode(&wire)[..] else { panic!("one frame") };
                assert_eq!((frame.opcode, &frame.payload[..]), (TEXT, text.as_bytes()));
                wires.insert(wire);
            }
        }
        assert_eq!(wires.len(), 10);
    }
}

#[test]
fn a_prepared_message_is_the_frame_that_sending_it_would_be() {
    for len in [0, 125, 126, 4095, 4096, 65_535, 65_536] {
        let text = "y".repeat(len);
        let (mut one, mut other) = (server(Config::new()), server(Config::new()));
        one.send(Message::text(text.as_str())).unwrap();
        other.send_prepared(&Prepared::text(text.as_str())).unwrap();
        assert_eq!(drain(one.output()), drain(other.output()));
        one.send(Message::from(text.as_bytes())).unwrap();
        other.send_prepared(&Prepared::binary(text.into_bytes())).unwrap();
        assert_eq!(drain(one.output()), drain(other.output()));
    }
}

#[test]
fn a_prepared_message_does_not_go_between_fragments() {
    let mut websocket = server(Config::new());
    websocket.send_fragment(Kind::Text, false, Bytes::from_static(b"a")).unwrap();
    let refused = websocket.send_prepared(&Prepared::text("x"));
    assert_eq!(refused, Err(SendError::MessageInProgress));
}
