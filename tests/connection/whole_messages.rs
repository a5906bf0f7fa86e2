//! Frames that are whole in the input, and `Receiver::receive_whole`, which takes short messages
//! that are one such frame, and leaves everything else as it is.

use proptest::prelude::*;
use support::{Frame, SEED, Side, every_split, stream};
use websocket_proto::ProtocolError;
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Input, OwedFrames, Receiver, Role, Server, WholeMessage,
};
use websocket_proto::frame::{FrameHeader, Kind, OpCode, Rsv};
use websocket_proto::mask::Mask;

/// Returns the whole message at the start of `bytes`, by the rules of the documentation, and its
/// payload.
fn naive(side: Side, limit: u64, bytes: &[u8]) -> Option<(WholeMessage, Vec<u8>)> {
    let parsed = match side {
        Side::Server => FrameHeader::parse_from_client(bytes),
        Side::Client => FrameHeader::parse_from_server(bytes),
    };
    let (header, from) = parsed.ok()??;
    let (kind, longest) = match header.opcode {
        OpCode::Text => (Kind::Text, 8 * 1024),
        OpCode::Binary => (Kind::Binary, 0xffff),
        _ => return None,
    };
    if !header.fin || !header.rsv.is_empty() || header.payload_len > limit.min(longest) {
        return None;
    }
    let to = from + header.payload_len as usize;
    let mut payload = bytes.get(from..to)?.to_vec();
    if let Some(key) = header.mask {
        Mask::new(key).apply(&mut payload);
    }
    if kind == Kind::Text && core::str::from_utf8(&payload).is_err() {
        return None;
    }
    Some((WholeMessage { kind, from, to }, payload))
}

/// Asserts that `receiver` takes the `expected` message, or leaves all bytes as they are.
#[track_caller]
fn assert_takes<R: Role>(
    receiver: &Receiver<R>,
    bytes: &[u8],
    expected: Option<(WholeMessage, Vec<u8>)>,
) {
    let mut received = bytes.to_vec();
    let whole = receiver.receive_whole(&mut received);
    let mut after = bytes.to_vec();
    if let Some((WholeMessage { from, to, .. }, payload)) = &expected {
        after[*from..*to].copy_from_slice(payload);
    }
    let start = &bytes[..bytes.len().min(14)];
    assert_eq!(whole, expected.map(|(whole, _)| whole), "{start:02x?}");
    assert!(received == after, "the bytes after {start:02x?}");
}

fn receiver<R: Role>(role: R, config: ConnectionConfig) -> Receiver<R> {
    Connection::new(role, config).into_split().0
}

fn assert_as_documented(side: Side, config: ConnectionConfig, bytes: &[u8]) {
    let limit = config.max_message_size.min(config.max_frame_size);
    let expected = naive(side, limit, bytes);
    match side {
        Side::Server => assert_takes(&receiver(Server, config), bytes, expected),
        Side::Client => assert_takes(&receiver(Client::new(SEED), config), bytes, expected),
    }
}

#[test]
fn a_message_is_whole_up_to_the_lengths_that_are_documented() {
    for side in Side::BOTH {
        for len in [0, 1, 125, 126, 127, 300, 8191, 8192, 8193, 0xfffe, 0xffff, 0x1_0000] {
            for frame in [Frame::text(vec![b'x'; len]), Frame::binary(vec![0xff; len])] {
                let bytes = [frame.bytes(side), vec![0x81]].concat();
                for limit in [u64::MAX, len as u64 + 1, len as u64, (len as u64).saturating_sub(1)]
                {
                    let config = ConnectionConfig::new();
                    assert_as_documented(side, config.clone().max_message_size(limit), &bytes);
                    assert_as_documented(side, config.max_frame_size(limit), &bytes);
                }
            }
        }
    }
}

#[test]
fn a_message_that_is_not_whole_is_left_as_it_is() {
    for side in Side::BOTH {
        for frame in [Frame::text(vec![b'x'; 9]), Frame::binary(vec![0xff; 130])] {
            let bytes = frame.bytes(side);
            for len in 0..bytes.len() {
                assert_as_documented(side, ConnectionConfig::new(), &bytes[..len]);
            }
        }
    }
}

#[test]
fn a_frame_that_needs_the_general_path_is_left_as_it_is() {
    let frames = [
        Frame::text("first").more(),
        Frame::continuation("later"),
        Frame::ping("ping"),
        Frame::close(1000, ""),
        Frame::new(3, "reserved"),
        Frame::text("bits").rsv(0x40),
        Frame::text([0xff; 20]),
        Frame::text("cut \u{e9}".as_bytes().split_last().expect("not empty").1),
        Frame::text("long form").in_16_bits(),
        Frame::binary([0xff; 125]).in_16_bits(),
        Frame::binary("longer form").in_64_bits(),
        Frame::binary([0xff; 300]).in_64_bits(),
    ];
    for side in Side::BOTH {
        for frame in &frames {
            let bytes = frame.bytes(side);
            assert_eq!(naive(side, u64::MAX, &bytes), None);
            assert_as_documented(side, ConnectionConfig::new(), &bytes);
            let unexpected = match side {
                Side::Server => frame.clone().unmasked(),
                Side::Client => frame.clone().masked([1, 2, 3, 4]),
            };
            assert_as_documented(side, ConnectionConfig::new(), &unexpected.bytes(side));
        }
    }
}

#[test]
fn every_first_byte_has_the_same_effect_however_its_frame_arrives() {
    for side in Side::BOTH {
        for first in 0..=255_u8 {
            for in_message in [false, true] {
                let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
                let mut frame = Frame::new(opcode, "").rsv(first);
                if !fin {
                    frame = frame.more();
                }
                let mut bytes = frame.bytes(side);
                if in_message {
                    bytes = [Frame::text("a").more().bytes(side), bytes].concat();
                }
                let is_expected = match opcode {
                    0x0 => in_message,
                    0x1 | 0x2 => !in_message,
                    0x8..=0xa => fin,
                    _ => false,
                };
                let log = every_split(side, &ConnectionConfig::new(), &bytes);
                let is_valid = is_expected && first & 0x70 == 0;
                assert_eq!(log.error().is_none(), is_valid, "{first:#x}, in message: {in_message}");
            }
        }
    }
}

#[test]
fn a_length_that_is_not_minimal_is_refused_however_its_frame_arrives() {
    for side in Side::BOTH {
        for len in [0, 1, 124, 125] {
            let long = [Frame::binary(vec![1; len]), Frame::binary(vec![1; len]).more()];
            for frame in long.map(Frame::in_16_bits) {
                let log = every_split(side, &ConnectionConfig::new(), &frame.bytes(side));
                let len = len as u64;
                assert_eq!(log.error(), Some(ProtocolError::NonMinimalLength { len }), "{side:?}");
            }
        }
    }
}

#[test]
fn no_message_is_whole_before_the_present_one_has_ended() {
    fn check<R: Role>(role: impl Fn() -> R, side: Side) {
        let whole = Frame::binary("whole").bytes(side);
        let extended = ConnectionConfig::new().reserved_bits(Rsv::RSV1);
        let begun = [
            Frame::text("a").more().bytes(side),
            Frame::binary("").more().bytes(side),
            stream(side, &[Frame::text("a").more(), Frame::continuation("b").more()]),
            // Cut in a header, in a payload, and in a control frame.
            whole[..1].to_vec(),
            whole[..whole.len() - 1].to_vec(),
            Frame::ping("ping").bytes(side)[..5].to_vec(),
            // After a Close, and after an error.
            Frame::close(1000, "").bytes(side),
            Frame::new(3, "").bytes(side),
        ];
        for bytes in begun {
            let mut receiver = receiver(role(), extended.clone());
            feed(&mut receiver, &bytes);
            assert_takes(&receiver, &whole, None);
        }
        let mut receiver = receiver(role(), extended);
        feed(&mut receiver, &stream(side, &[Frame::text("a").more(), Frame::continuation("b")]));
        assert_takes(&receiver, &whole, naive(side, u64::MAX, &whole));
    }
    check(|| Server, Side::Server);
    check(|| Client::new(SEED), Side::Client);
}

fn feed<R: Role>(receiver: &mut Receiver<R>, bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    let mut input = Input::new(&mut bytes);
    let mut owed = OwedFrames::new();
    while let Ok(Some(_)) = receiver.receive(&mut input, &mut owed) {}
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_left_as_documented(
        side in prop::sample::select(Side::BOTH.to_vec()),
        first in prop_oneof![3 => prop::sample::select(vec![0x81, 0x82]), 1 => any::<u8>()],
        second in any::<u8>(),
        rest in prop::collection::vec(any::<u8>(), 0..300),
        limit in 0..300_u64,
    ) {
        let bytes = [&[first, second], rest.as_slice()].concat();
        assert_as_documented(side, ConnectionConfig::new().max_message_size(limit), &bytes);
    }
}
