//! Extensions of one's own on the reserved bits: RFC 6455 5.2, 5.8, 9.

use support::{Entry, Frame, Side, Wire, every_split, frames_of, stream};
use websocket_proto::connection::{Client, Connection, ConnectionConfig, Role, Server};
use websocket_proto::frame::{Kind, Rsv};
use websocket_proto::{ProtocolError, SendError};

const ALL: [Rsv; 3] = [Rsv::RSV1, Rsv::RSV2, Rsv::RSV3];
const NO_TEXT: [u8; 3] = [0xff, 0xc0, 0x80];

fn entry(kind: Kind, rsv: Rsv, transformed: bool, bytes: &[u8]) -> Entry {
    Entry::Data { kind, rsv, transformed, bytes: bytes.to_vec(), first: true, last: true }
}

// Receiving.

#[test]
fn a_transformed_text_is_not_validated_whatever_its_bit() {
    for rsv in ALL {
        let config = ConnectionConfig::new().reserved_bits(rsv);
        for side in Side::BOTH {
            let frames = [Frame::text(NO_TEXT).rsv(rsv.bits()), Frame::text("plain")];
            let log = every_split(side, &config, &stream(side, &frames));
            let expected = [entry(Kind::Text, rsv, true, &NO_TEXT), Entry::text("plain")];
            assert_eq!(log.entries, expected);
        }
    }
}

#[test]
fn a_tagged_text_is_validated_whatever_its_bit() {
    for rsv in ALL {
        let config = ConnectionConfig::new().tag_bits(rsv);
        for side in Side::BOTH {
            let frames =
                [Frame::text("tagged").rsv(rsv.bits()), Frame::text(NO_TEXT).rsv(rsv.bits())];
            let log = every_split(side, &config, &stream(side, &frames));
            assert_eq!(log.entries[0], entry(Kind::Text, rsv, false, b"tagged"));
            assert_eq!(log.error(), Some(ProtocolError::InvalidUtf8 { offset: 0 }));
        }
    }
}

#[test]
fn one_transforming_bit_makes_a_message_transformed_whatever_else_it_has() {
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV2).tag_bits(Rsv::RSV3);
    let both = Rsv::RSV2.union(Rsv::RSV3);
    for side in Side::BOTH {
        let frames = [
            Frame::text(NO_TEXT).rsv(both.bits()),
            Frame::text("t").rsv(Rsv::RSV3.bits()),
            Frame::binary("b").rsv(Rsv::RSV2.bits()),
        ];
        let log = every_split(side, &config, &stream(side, &frames));
        let expected = [
            entry(Kind::Text, both, true, &NO_TEXT),
            entry(Kind::Text, Rsv::RSV3, false, b"t"),
            entry(Kind::Binary, Rsv::RSV2, true, b"b"),
        ];
        assert_eq!(log.entries, expected);
    }
    // A bit that is named twice transforms: its text may be anything.
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV2).tag_bits(Rsv::RSV2);
    let bytes = Frame::text(NO_TEXT).rsv(0x20).bytes(Side::Server);
    let log = every_split(Side::Server, &config, &bytes);
    assert_eq!(log.entries, [entry(Kind::Text, Rsv::RSV2, true, &NO_TEXT)]);
}

#[test]
fn each_piece_of_a_message_has_the_bits_of_its_first_frame() {
    let config = ConnectionConfig::new().tag_bits(Rsv::RSV2);
    let frames = [Frame::text("a").rsv(0x20).more(), Frame::ping(""), Frame::continuation("b")];
    for side in Side::BOTH {
        let log = every_split(side, &config, &stream(side, &frames));
        let pieces: Vec<_> = log
            .entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Data { rsv, first, .. } => Some((*rsv, *first)),
                _ => None,
            })
            .collect();
        assert_eq!(pieces, [(Rsv::RSV2, true), (Rsv::RSV2, false)]);
    }
}

#[test]
fn the_limit_of_transformed_messages_is_theirs_alone() {
    let config = ConnectionConfig::new()
        .reserved_bits(Rsv::RSV3)
        .tag_bits(Rsv::RSV1)
        .max_message_size(3)
        .max_transformed_size(5);
    for (bits, limit) in [(0x10, 5), (0x50, 5), (0x40, 3), (0, 3)] {
        let exact = Frame::binary(vec![1; limit]).rsv(bits).bytes(Side::Server);
        assert_eq!(every_split(Side::Server, &config, &exact).error(), None);
        let over = Frame::binary(vec![1; limit + 1]).rsv(bits).bytes(Side::Server);
        let error = ProtocolError::MessageTooLarge { len: limit as u64 + 1, limit: limit as u64 };
        assert_eq!(every_split(Side::Server, &config, &over).error(), Some(error));
    }
}

// Sending.

fn with<R: Role>(role: R, transforming: Rsv, tags: Rsv) -> Connection<R> {
    let config = ConnectionConfig::new().reserved_bits(transforming).tag_bits(tags);
    Connection::new(role, config)
}

#[test]
fn the_bits_stand_on_the_first_frame_of_a_message_alone() {
    fn check<R: Role>(role: R) {
        let mut connection = with(role, Rsv::RSV2, Rsv::NONE);
        let mut out = Wire::default();
        let mut send = |fin, payload: &[u8]| {
            connection.send_extended(Kind::Text, fin, payload, Rsv::RSV2, &mut out).expect("open");
        };
        send(true, &NO_TEXT);
        send(false, &NO_TEXT);
        send(false, b"");
        send(true, &NO_TEXT);
        let start = connection.begin(Kind::Binary, 0, Rsv::RSV2).expect("open");
        out.0.extend_from_slice(&start.header());
        let start = connection.begin_fragment(Kind::Binary, false, 0, Rsv::RSV2).expect("open");
        out.0.extend_from_slice(&start.header());
        let start = connection.begin_fragment(Kind::Binary, true, 0, Rsv::RSV2).expect("open");
        out.0.extend_from_slice(&start.header());
        let firsts: Vec<u8> = frames_of(&out.0).iter().map(|frame| frame[0]).collect();
        assert_eq!(firsts, [0xa1, 0x21, 0x00, 0x80, 0xa2, 0x22, 0x80]);
    }
    check(Server);
    check(Client::new([7; 32]));
}

#[test]
fn a_tagged_text_is_checked_and_a_transformed_one_is_not() {
    let mut connection = with(Server, Rsv::RSV2, Rsv::RSV3);
    let mut out = Wire::default();
    let invalid = Err(SendError::InvalidUtf8 { offset: 0 });
    let both = Rsv::RSV2.union(Rsv::RSV3);
    assert_eq!(connection.send_extended(Kind::Text, true, &NO_TEXT, Rsv::RSV3, &mut out), invalid);
    assert_eq!(connection.send_extended(Kind::Text, true, &NO_TEXT, Rsv::NONE, &mut out), invalid);
    assert_eq!(out, Wire::default());
    connection.send_extended(Kind::Text, true, &NO_TEXT, Rsv::RSV2, &mut out).expect("anything");
    connection.send_extended(Kind::Text, true, &NO_TEXT, both, &mut out).expect("anything");
    // A character may be cut between two fragments of a tagged text.
    connection.send_extended(Kind::Text, false, b"\xe2", Rsv::RSV3, &mut out).expect("a beginning");
    connection.send_extended(Kind::Text, true, b"\x82\xac", Rsv::RSV3, &mut out).expect("its end");
}

#[test]
fn the_fragments_of_a_message_have_the_same_bits() {
    let mut connection = with(Server, Rsv::RSV1, Rsv::RSV3);
    let mut out = Wire::default();
    connection.send_extended(Kind::Binary, false, b"a", Rsv::RSV1, &mut out).expect("open");
    assert_eq!(connection.sender().message_in_progress(), Some((Kind::Binary, Rsv::RSV1)));
    let before = out.clone();
    let under_way = Err(SendError::MessageInProgress);
    for rsv in [Rsv::NONE, Rsv::RSV3, Rsv::RSV1.union(Rsv::RSV3)] {
        assert_eq!(connection.send_extended(Kind::Binary, true, b"", rsv, &mut out), under_way);
        assert_eq!(connection.begin_fragment(Kind::Binary, true, 0, rsv).map(drop), under_way);
        assert_eq!(connection.sender().check_begin_fragment(Kind::Binary, rsv), under_way);
    }
    assert_eq!(connection.send_fragment(Kind::Binary, true, b"", &mut out), under_way);
    assert_eq!(connection.begin(Kind::Binary, 0, Rsv::RSV1).map(drop), under_way);
    assert_eq!(out, before);
    assert_eq!(connection.sender().check_begin_fragment(Kind::Binary, Rsv::RSV1), Ok(()));
    connection.send_extended(Kind::Binary, true, b"b", Rsv::RSV1, &mut out).expect("it goes on");
}

#[test]
fn bits_that_no_extension_uses_are_not_sent() {
    let mut connection = with(Client::new([7; 32]), Rsv::RSV1, Rsv::RSV2);
    let mut out = Wire::default();
    for rsv in [Rsv::RSV3, Rsv::RSV1.union(Rsv::RSV3)] {
        let refused = Err(SendError::ReservedBits { rsv });
        assert_eq!(connection.send_extended(Kind::Text, true, b"x", rsv, &mut out), refused);
        assert_eq!(connection.begin(Kind::Text, 1, rsv).map(drop), refused);
        assert_eq!(connection.begin_fragment(Kind::Text, false, 1, rsv).map(drop), refused);
        assert_eq!(connection.sender().check_begin(rsv), refused);
        assert_eq!(connection.sender().check_begin_fragment(Kind::Text, rsv), refused);
    }
    assert_eq!(out, Wire::default());
    assert_eq!(connection.sender().message_in_progress(), None);
    let text = SendError::ReservedBits { rsv: Rsv::RSV3 }.to_string();
    assert_eq!(text, "reserved bits 001 cannot be sent: no extension of this connection uses them");
}

#[test]
fn an_extended_frame_that_does_not_fit_changes_nothing() {
    let mut connection = with(Server, Rsv::RSV2, Rsv::NONE);
    let mut buffer = [0xa5; 4];
    let mut out = websocket_proto::connection::SliceOutput::new(&mut buffer);
    let sent = connection.send_extended(Kind::Text, false, b"abc", Rsv::RSV2, &mut out);
    assert!(matches!(sent, Err(SendError::OutputFull(full)) if full.needed == 5));
    assert_eq!(connection.sender().message_in_progress(), None);
}
