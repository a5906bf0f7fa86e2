//! Frames as a connection receives them: cut anywhere, with each opcode and each form of length.

use support::{Entry, Frame, Pair, SEED, Side, every_split, hex, stream};
use websocket_proto::ProtocolError;
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Data, Event, Input, Server, State,
};
use websocket_proto::frame::Rsv;

use crate::received::{assert_fails, assert_tells};

#[test]
fn the_examples_of_rfc_6455_5_7_are_received() {
    let plain = ConnectionConfig::new();
    // Unmasked, as from a server.
    assert_tells(Side::Client, &plain, &hex("8105 48656c6c6f"), &[Entry::text("Hello")]);
    assert_tells(Side::Client, &plain, &hex("0103 48656c 8002 6c6f"), &[Entry::text("Hello")]);
    // Masked, as from a client.
    let hello = hex("8185 37fa213d 7f9f4d5158");
    assert_tells(Side::Server, &plain, &hello, &[Entry::text("Hello")]);
    let ping = every_split(Side::Client, &plain, &hex("8905 48656c6c6f")).with_sent_unmasked();
    assert_eq!(ping.entries, [Entry::ping("Hello"), Entry::sent(hex("8a05 48656c6c6f"))]);
    let pong = hex("8a85 37fa213d 7f9f4d5158");
    assert_tells(Side::Server, &plain, &pong, &[Entry::pong("Hello")]);
    // 256 bytes in one frame; 64 KiB are in the test of the lengths.
    let payload: Vec<u8> = (0..=255).collect();
    let bytes = [hex("827e 0100"), payload.clone()].concat();
    assert_tells(Side::Client, &plain, &bytes, &[Entry::binary(payload)]);
}

#[test]
fn payloads_of_every_form_of_length_are_received() {
    for side in Side::BOTH {
        for len in [0, 1, 125, 126, 127, 0xffff, 0x1_0000, 0x1_0003] {
            let payload: Vec<u8> = (0..len).map(|at| (at * 7) as u8).collect();
            let bytes = Frame::binary(&payload).bytes(side);
            assert_tells(side, &ConnectionConfig::new(), &bytes, &[Entry::binary(payload)]);
        }
    }
}

#[test]
fn many_frames_in_one_read_are_told_one_by_one() {
    for side in Side::BOTH {
        let frames = [
            Frame::text("one"),
            Frame::binary([]),
            Frame::pong("two"),
            Frame::text(""),
            Frame::binary([3; 130]),
        ];
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames));
        let expected = [
            Entry::text("one"),
            Entry::binary([]),
            Entry::pong("two"),
            Entry::text(""),
            Entry::binary([3; 130]),
        ];
        assert_eq!(log.entries, expected);
        assert_eq!(log.state, State::Open);
    }
}

#[test]
fn a_frame_that_lies_whole_in_the_input_is_one_event() {
    let bytes = stream(Side::Server, &[Frame::text("whole").more(), Frame::continuation("!")]);
    let mut buffer = bytes;
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut input = Input::new(&mut buffer);
    let mut told = Vec::new();
    while let Some(event) = connection.receive(&mut input).expect("valid") {
        let Event::Data(Data { bytes, first, last, .. }) = event else { panic!("{event:?}") };
        told.push((bytes.to_vec(), first, last));
    }
    assert_eq!(told, [(b"whole".to_vec(), true, false), (b"!".to_vec(), false, true)]);
}

#[test]
fn a_frame_that_does_not_is_told_as_its_bytes_arrive() {
    let bytes = Frame::text("in pieces").bytes(Side::Server);
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let (mut head, mut tail) = (bytes[..8].to_vec(), bytes[8..].to_vec());

    let mut input = Input::new(&mut head);
    let event = connection.receive(&mut input).expect("valid").expect("two bytes");
    let Event::Data(data) = event else { panic!("{event:?}") };
    assert_eq!((&*data.bytes, data.first, data.last), (b"in".as_slice(), true, false));
    assert_eq!(connection.receive(&mut input), Ok(None));
    assert_eq!(connection.frame_remaining(), 7);

    let mut input = Input::new(&mut tail);
    let event = connection.receive(&mut input).expect("valid").expect("the rest");
    let Event::Data(data) = event else { panic!("{event:?}") };
    assert_eq!((&*data.bytes, data.first, data.last), (b" pieces".as_slice(), false, true));
    assert_eq!(connection.frame_remaining(), 0);
}

#[test]
fn a_header_without_its_payload_tells_nothing_yet() {
    for side in Side::BOTH {
        let header = Frame::text([]).declaring(1).header(side);
        assert_tells(side, &ConnectionConfig::new(), &header, &[]);
        let header = Frame::binary([]).declaring(70_000).header(side);
        assert_tells(side, &ConnectionConfig::new(), &header, &[]);
    }
}

#[test]
fn the_rest_of_a_frame_is_known_from_its_header_on() {
    let mut pair = Pair::new();
    let header = Frame::binary([]).declaring(70_000).header(Side::Server);
    pair.server.deliver(&header[..header.len() - 1]);
    assert_eq!(pair.server.connection.frame_remaining(), 0, "the key is not there yet");
    pair.server.deliver(&header[header.len() - 1..]);
    assert_eq!(pair.server.connection.frame_remaining(), 70_000);
    pair.server.deliver(&[0; 69_999]);
    assert_eq!(pair.server.connection.frame_remaining(), 1);
    pair.server.deliver(&[0]);
    assert_eq!(pair.server.connection.frame_remaining(), 0);
}

#[test]
fn an_event_borrows_the_buffer_and_the_connection_may_send_while_it_lives() {
    let mut buffer = stream(Side::Server, &[Frame::text("a"), Frame::text("b")]);
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut out = support::Wire::default();
    let (first, second) = {
        let mut input = Input::new(&mut buffer);
        (connection.receive(&mut input), connection.receive(&mut input))
    };
    connection.send_text("while both events live", &mut out).expect("room");
    let (Ok(Some(Event::Data(first))), Ok(Some(Event::Data(second)))) = (first, second) else {
        panic!("two messages");
    };
    assert_eq!((&*first.bytes, &*second.bytes), (b"a".as_slice(), b"b".as_slice()));
}

#[test]
fn the_input_says_how_much_was_taken() {
    let mut buffer = stream(Side::Client, &[Frame::text("abc"), Frame::ping("x")]);
    let mut connection = Connection::new(Client::new(SEED), ConnectionConfig::new());
    let mut input = Input::from(buffer.as_mut_slice());
    assert_eq!((input.consumed(), input.remaining().len()), (0, 8));
    assert!(matches!(connection.receive(&mut input), Ok(Some(Event::Data(_)))));
    assert_eq!((input.consumed(), input.remaining()), (5, [0x89, 0x01, b'x'].as_slice()));
    assert!(matches!(connection.receive(&mut input), Ok(Some(Event::Ping))));
    assert_eq!((input.consumed(), input.remaining().len()), (8, 0));
    assert_eq!(connection.receive(&mut input), Ok(None));
}

#[test]
fn an_empty_input_is_used_up() {
    for bytes in [vec![], Frame::text("abc").bytes(Side::Server)[..7].to_vec()] {
        let mut connection = Connection::new(Server, ConnectionConfig::new());
        let mut recorder = support::Recorder::default();
        recorder.feed(&mut connection, &mut bytes.clone());
        assert_eq!(connection.receive(&mut Input::new(&mut [])), Ok(None));
        assert_eq!(connection.receive(&mut Input::new(&mut [])), Ok(None));
    }
}

// Opcodes and lengths: RFC 6455 5.2.

#[test]
fn reserved_opcodes_are_refused_before_their_payload() {
    for side in Side::BOTH {
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            let error = ProtocolError::ReservedOpCode { opcode };
            let bytes = Frame::new(opcode, "payload").bytes(side);
            assert_fails(side, &ConnectionConfig::new(), &bytes, error);
            assert_fails(side, &ConnectionConfig::new(), &bytes[..1], error);
        }
    }
}

#[test]
fn a_length_that_is_not_minimal_is_refused_before_the_key_has_come() {
    let config = ConnectionConfig::new();
    for side in Side::BOTH {
        for len in [0, 125] {
            let error = ProtocolError::NonMinimalLength { len };
            for frame in [
                Frame::text([]).declaring(len).in_16_bits(),
                Frame::text([]).declaring(len).in_64_bits(),
            ] {
                let header = frame.header(side);
                let key_len = if side == Side::Server { 4 } else { 0 };
                assert_fails(side, &config, &header[..header.len() - key_len], error);
            }
        }
        let error = ProtocolError::NonMinimalLength { len: 0xffff };
        let bytes = Frame::binary([]).declaring(0xffff).in_64_bits().header(side);
        assert_fails(side, &config, &bytes, error);
    }
}

#[test]
fn a_length_with_its_top_bit_set_is_refused_at_that_byte() {
    let config = ConnectionConfig::new().max_message_size(u64::MAX).max_frame_size(u64::MAX);
    assert_fails(Side::Server, &config, &hex("82ff80"), ProtocolError::LengthTopBitSet);
    assert_fails(Side::Client, &config, &hex("827fff"), ProtocolError::LengthTopBitSet);
}

#[test]
fn the_first_fault_on_the_wire_is_the_one_that_is_told() {
    let config = ConnectionConfig::new().max_message_size(10);
    // Reserved opcode and reserved bits and no mask: the opcode.
    let error = ProtocolError::ReservedOpCode { opcode: 3 };
    assert_fails(Side::Server, &config, &hex("f303"), error);
    // Reserved bits and no mask.
    let error = ProtocolError::ReservedBits { rsv: Rsv::RSV1 };
    assert_fails(Side::Server, &config, &hex("c103"), error);
    // No mask and a length over the limit.
    assert_fails(Side::Server, &config, &hex("827e0100"), ProtocolError::UnmaskedFrame);
    // Not minimal and over the limit.
    let error = ProtocolError::NonMinimalLength { len: 125 };
    assert_fails(Side::Server, &config, &hex("82fe007d"), error);
    // A continuation of nothing, with reserved bits.
    assert_fails(Side::Server, &config, &hex("f0"), ProtocolError::UnexpectedContinuation);
}
