//! The reserved bits of received frames: only the first frame of a message may have the bits of an
//! extension, and all other bits are refused (RFC 6455 5.2, 5.8).

use support::{Entry, Frame, Side, every_split, stream};
use websocket_proto::ProtocolError;
use websocket_proto::connection::ConnectionConfig;
use websocket_proto::frame::{Kind, Rsv};

use crate::received::{assert_fails, assert_tells};

const ALL_RSV: [u8; 7] = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70];

#[test]
fn reserved_bits_that_no_extension_has_claimed_are_refused_on_every_frame() {
    for side in Side::BOTH {
        for bits in ALL_RSV {
            let error = ProtocolError::ReservedBits { rsv: Rsv::from_bits(bits) };
            for frame in
                [Frame::text("x"), Frame::binary(""), Frame::ping("x"), Frame::close(1000, "")]
            {
                assert_fails(side, &ConnectionConfig::new(), &frame.rsv(bits).bytes(side), error);
            }
            let frames = [Frame::text("x").more(), Frame::continuation("y").rsv(bits)];
            assert_fails(side, &ConnectionConfig::new(), &stream(side, &frames), error);
        }
    }
}

#[test]
fn reserved_bits_are_refused_at_the_first_byte() {
    for bits in ALL_RSV {
        let error = ProtocolError::ReservedBits { rsv: Rsv::from_bits(bits) };
        assert_fails(Side::Server, &ConnectionConfig::new(), &[0x81 | bits], error);
    }
}

#[test]
fn a_claimed_bit_makes_a_message_compressed_and_its_text_is_not_validated() {
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV1);
    for side in Side::BOTH {
        let no_text = [0xff, 0xc0, 0x80];
        let frames =
            [Frame::text(no_text).rsv(0x40), Frame::binary("z").rsv(0x40), Frame::text("y")];
        let log = every_split(side, &config, &stream(side, &frames));
        let compressed = |kind, bytes: &[u8]| Entry::Data {
            kind,
            rsv: Rsv::RSV1,
            transformed: true,
            bytes: bytes.to_vec(),
            first: true,
            last: true,
        };
        let expected =
            [compressed(Kind::Text, &no_text), compressed(Kind::Binary, b"z"), Entry::text("y")];
        assert_eq!(log.entries, expected);
    }
}

#[test]
fn a_compressed_message_stays_so_through_its_fragments_and_what_comes_between() {
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV1);
    for side in Side::BOTH {
        let frames = [
            Frame::text([0xff]).rsv(0x40).more(),
            Frame::pong("between"),
            Frame::continuation([]).more(),
            Frame::continuation([0xfe]),
            Frame::text([0xff]),
        ];
        let log = every_split(side, &config, &stream(side, &frames));
        let piece = |bytes: &[u8], first, last| Entry::Data {
            kind: Kind::Text,
            rsv: Rsv::RSV1,
            transformed: true,
            bytes: bytes.to_vec(),
            first,
            last,
        };
        let expected =
            [piece(&[0xff], true, false), Entry::pong("between"), piece(&[0xfe], false, true)];
        assert_eq!(log.entries[..3], expected);
        // The next message is not, so its text is.
        assert_eq!(log.error(), Some(ProtocolError::InvalidUtf8 { offset: 0 }));
    }
}

#[test]
fn an_empty_compressed_message_is_told() {
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV1);
    let log = every_split(Side::Server, &config, &Frame::text("").rsv(0x40).bytes(Side::Server));
    assert!(matches!(
        &log.entries[..],
        [Entry::Data { rsv: Rsv::RSV1, transformed: true, first: true, last: true, bytes, .. }] if bytes.is_empty()
    ));
}

#[test]
fn a_claimed_bit_is_refused_on_later_fragments_and_control_frames() {
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV1);
    let error = ProtocolError::ReservedBits { rsv: Rsv::RSV1 };
    for side in Side::BOTH {
        for first in [Frame::text("x"), Frame::text("x").rsv(0x40)] {
            let frames = [first.more(), Frame::continuation("y").rsv(0x40)];
            assert_fails(side, &config, &stream(side, &frames), error);
        }
        for frame in [Frame::ping("x"), Frame::pong(""), Frame::close(1000, "")] {
            assert_fails(side, &config, &frame.rsv(0x40).bytes(side), error);
        }
    }
}

#[test]
fn only_the_claimed_bits_are_allowed() {
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV1);
    for bits in [0x20, 0x10, 0x60, 0x50, 0x70] {
        let error = ProtocolError::ReservedBits { rsv: Rsv::from_bits(bits) };
        let bytes = Frame::text("x").rsv(bits).bytes(Side::Server);
        assert_fails(Side::Server, &config, &bytes, error);
    }
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV2.union(Rsv::RSV3));
    let bytes = Frame::text("x").rsv(0x30).bytes(Side::Server);
    let expected = Entry::Data {
        kind: Kind::Text,
        rsv: Rsv::from_bits(0x30),
        transformed: true,
        bytes: b"x".to_vec(),
        first: true,
        last: true,
    };
    assert_tells(Side::Server, &config, &bytes, &[expected]);
    let error = ProtocolError::ReservedBits { rsv: Rsv::RSV1 };
    let bytes = Frame::text("x").rsv(0x40).bytes(Side::Server);
    assert_fails(Side::Server, &config, &bytes, error);
}
