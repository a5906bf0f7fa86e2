//! Frame headers: RFC 6455 5.2, byte for byte.

use proptest::prelude::*;
use support::{Frame, KEY, Side, hex};
use websocket_proto::ProtocolError;
use websocket_proto::frame::{FrameHeader, HeaderBytes, HeaderPart, Kind, OpCode, Rsv};
use websocket_proto::mask::MaskKey;

const OPCODES: [OpCode; 6] =
    [OpCode::Continuation, OpCode::Text, OpCode::Binary, OpCode::Close, OpCode::Ping, OpCode::Pong];

fn header(opcode: OpCode, fin: bool, mask: Option<[u8; 4]>, payload_len: u64) -> FrameHeader {
    FrameHeader { fin, rsv: Rsv::NONE, opcode, mask: mask.map(MaskKey), payload_len }
}

/// What `header` is on the wire. The buffer is full of junk before.
fn emitted(header: &FrameHeader) -> Vec<u8> {
    let mut out = [0xa5; FrameHeader::MAX_LEN];
    let len = header.emit(&mut out);
    assert_eq!(len, header.encoded_len());
    out[..len].to_vec()
}

/// Asserts that `wire` is `header` and nothing else is, and that each part of it is incomplete.
fn assert_pair(header: FrameHeader, wire: &[u8]) {
    assert_eq!(emitted(&header), wire, "{header:?}");
    for len in 0..wire.len() {
        assert_eq!(FrameHeader::parse(&wire[..len]), Ok(None), "{len} bytes of {wire:02x?}");
    }
    assert_eq!(FrameHeader::parse(wire), Ok(Some((header, wire.len()))));
    let mut more = wire.to_vec();
    more.extend_from_slice(&[0xa5; 20]);
    assert_eq!(FrameHeader::parse(&more), Ok(Some((header, wire.len()))), "with bytes behind it");
}

/// Asserts that `wire` is refused at its last byte and not before, and so whatever follows.
fn assert_refused_at_the_last_byte(wire: &[u8], error: ProtocolError) {
    for len in 0..wire.len() {
        assert_eq!(FrameHeader::parse(&wire[..len]), Ok(None), "{len} bytes of {wire:02x?}");
    }
    let mut more = wire.to_vec();
    for _ in 0..20 {
        assert_eq!(FrameHeader::parse(&more), Err(error), "{more:02x?}");
        more.push(0xa5);
    }
}

#[test]
fn the_examples_of_rfc_6455_5_7_parse_and_emit() {
    assert_pair(header(OpCode::Text, true, None, 5), &hex("8105"));
    assert_pair(header(OpCode::Text, true, Some(KEY), 5), &hex("8185 37fa213d"));
    assert_pair(header(OpCode::Text, false, None, 3), &hex("0103"));
    assert_pair(header(OpCode::Continuation, true, None, 2), &hex("8002"));
    assert_pair(header(OpCode::Ping, true, None, 5), &hex("8905"));
    assert_pair(header(OpCode::Pong, true, Some(KEY), 5), &hex("8a85 37fa213d"));
    assert_pair(header(OpCode::Binary, true, None, 256), &hex("827e 0100"));
    assert_pair(header(OpCode::Binary, true, None, 65536), &hex("827f 0000000000010000"));
}

#[test]
fn lengths_change_their_form_where_they_must() {
    let lengths = [
        (0, "8200"),
        (1, "8201"),
        (125, "827d"),
        (126, "827e007e"),
        (127, "827e007f"),
        (255, "827e00ff"),
        (256, "827e0100"),
        (0xffff, "827effff"),
        (0x1_0000, "827f0000000000010000"),
        (0xffff_ffff, "827f00000000ffffffff"),
        (0x1_0000_0000, "827f0000000100000000"),
        (1 << 62, "827f4000000000000000"),
        ((1 << 63) - 1, "827f7fffffffffffffff"),
    ];
    for (len, wire) in lengths {
        assert_pair(header(OpCode::Binary, true, None, len), &hex(wire));
        let mut masked = hex(wire);
        masked[1] |= 0x80;
        masked.extend_from_slice(&KEY);
        assert_pair(header(OpCode::Binary, true, Some(KEY), len), &masked);
    }
}

#[test]
fn a_mask_key_of_zeros_is_a_key() {
    assert_pair(header(OpCode::Text, true, Some([0; 4]), 0), &hex("8180 00000000"));
}

#[test]
fn the_longest_header_has_14_bytes() {
    let longest = header(OpCode::Binary, true, Some(KEY), u64::MAX >> 1);
    assert_eq!(FrameHeader::MAX_LEN, 14);
    assert_eq!(emitted(&longest).len(), 14);
}

#[test]
fn a_length_with_its_top_bit_set_is_refused_at_that_byte() {
    for top in [0x80, 0xff] {
        let error = ProtocolError::LengthTopBitSet;
        assert_refused_at_the_last_byte(&[0x82, 0x7f, top], error);
        assert_refused_at_the_last_byte(&[0x82, 0xff, top], error);
        // And with the other seven bytes there.
        assert_eq!(FrameHeader::parse(&[0x82, 0xff, top, 0, 0, 0, 0, 0, 0, 0]), Err(error));
        assert_eq!(
            FrameHeader::parse(&[0x82, 0xff, top, 255, 255, 255, 255, 255, 255, 252]),
            Err(error)
        );
    }
}

#[test]
fn a_length_in_more_bytes_than_it_needs_is_refused_at_its_last_byte() {
    for len in [0, 1, 5, 124, 125] {
        let error = ProtocolError::NonMinimalLength { len };
        assert_refused_at_the_last_byte(&[0x81, 0x7e, 0, len as u8], error);
        assert_refused_at_the_last_byte(&[0x81, 0xfe, 0, len as u8], error);
    }
    for len in [0, 5, 125, 126, 127, 0x1234, 0xfffe, 0xffff] {
        let error = ProtocolError::NonMinimalLength { len };
        let [.., high, low] = len.to_be_bytes();
        assert_refused_at_the_last_byte(&[0x82, 0x7f, 0, 0, 0, 0, 0, 0, high, low], error);
        assert_refused_at_the_last_byte(&[0x02, 0xff, 0, 0, 0, 0, 0, 0, high, low], error);
    }
}

#[test]
fn control_frames_are_refused_over_125_bytes_and_without_fin() {
    for opcode in [0x8, 0x9, 0xa] {
        assert_refused_at_the_last_byte(&[opcode], ProtocolError::FragmentedControlFrame);
        for length in [126, 127] {
            let error = ProtocolError::ControlFrameTooLong;
            assert_refused_at_the_last_byte(&[0x80 | opcode, length], error);
            assert_refused_at_the_last_byte(&[0x80 | opcode, 0x80 | length], error);
        }
        assert!(FrameHeader::parse(&[0x80 | opcode, 125]).is_ok_and(|header| header.is_some()));
    }
}

#[test]
fn reserved_opcodes_are_refused_at_the_first_byte() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for high in 0..16 {
            let error = ProtocolError::ReservedOpCode { opcode };
            assert_refused_at_the_last_byte(&[high << 4 | opcode], error);
        }
    }
}

/// RFC 6455 5.2 for the first two bytes, as a list of conditions.
fn first_two_bytes(first: u8, second: u8) -> Result<(), ProtocolError> {
    let opcode = first % 16;
    let fin = first >= 128;
    let length = second % 128;
    if [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].contains(&opcode) {
        return Err(ProtocolError::ReservedOpCode { opcode });
    }
    if opcode >= 8 && !fin {
        return Err(ProtocolError::FragmentedControlFrame);
    }
    if opcode >= 8 && length >= 126 {
        return Err(ProtocolError::ControlFrameTooLong);
    }
    Ok(())
}

#[test]
fn all_pairs_of_first_bytes_are_judged_by_the_rules() {
    for first in 0..=255 {
        for second in 0..=255 {
            // A length that is minimal for either form, then a key.
            let mut wire = vec![first, second];
            let payload_len = match second % 128 {
                126 => {
                    wire.extend_from_slice(&[0x01, 0x02]);
                    0x0102
                }
                127 => {
                    wire.extend_from_slice(&[0, 0, 0, 1, 2, 3, 4, 5]);
                    0x01_0203_0405
                }
                short => u64::from(short),
            };
            let mask = (second >= 128).then_some(MaskKey(KEY));
            wire.extend(mask.into_iter().flat_map(|key| key.0));

            match first_two_bytes(first, second) {
                Err(error) => {
                    assert_eq!(FrameHeader::parse(&wire), Err(error), "{first:02x} {second:02x}");
                    assert_eq!(FrameHeader::parse(&wire[..2]), Err(error));
                }
                Ok(()) => {
                    let expected = FrameHeader {
                        fin: first >= 128,
                        rsv: Rsv::from_bits(first),
                        opcode: OPCODES[[0, 1, 2, 9, 9, 9, 9, 9, 3, 4, 5][usize::from(first % 16)]],
                        mask,
                        payload_len,
                    };
                    assert_pair(expected, &wire);
                }
            }
        }
    }
}

#[test]
fn opcodes_are_what_their_bits_say() {
    for opcode in OPCODES {
        assert_eq!(OpCode::from_bits(opcode as u8), Some(opcode));
        assert_eq!(OpCode::from_bits(0xf0 | opcode as u8), Some(opcode), "only four bits count");
        assert_eq!(opcode.is_control(), opcode as u8 >= 8);
    }
    assert_eq!((0..16).filter_map(OpCode::from_bits).count(), OPCODES.len());
    assert_eq!(OpCode::from(Kind::Text), OpCode::Text);
    assert_eq!(OpCode::from(Kind::Binary), OpCode::Binary);
}

#[test]
fn an_opcode_is_made_of_its_number_and_of_no_other() {
    for number in 0..=u8::MAX {
        let opcode = OpCode::try_from(number);
        match OPCODES.iter().find(|&&opcode| opcode as u8 == number) {
            Some(&known) => {
                assert_eq!(opcode, Ok(known));
                assert_eq!(u8::from(known), number);
            }
            None => assert_eq!(opcode, Err(ProtocolError::ReservedOpCode { opcode: number })),
        }
    }
}

#[test]
fn reserved_bits_are_a_set_of_three() {
    assert_eq!(Rsv::from_bits(0xff).bits(), 0x70);
    assert_eq!(Rsv::from_bits(0x8f), Rsv::NONE);
    assert_eq!(Rsv::default(), Rsv::NONE);
    assert_eq!([Rsv::RSV1, Rsv::RSV2, Rsv::RSV3].map(Rsv::bits), [0x40, 0x20, 0x10]);
    let both = Rsv::RSV1.union(Rsv::RSV3);
    assert_eq!(both.bits(), 0x50);
    assert_eq!(u8::from(both), 0x50);
    assert_eq!(Rsv::RSV1 | Rsv::RSV3, both);
    let mut united = Rsv::RSV1;
    united |= Rsv::RSV3;
    assert_eq!(united, both);
    assert_eq!(both.union(Rsv::RSV3), both, "a bit that both have stays");
    assert!(both.contains(Rsv::RSV3) && both.contains(both) && both.contains(Rsv::NONE));
    assert!(!both.contains(Rsv::RSV2) && !Rsv::NONE.contains(Rsv::RSV1));
    assert!(both.intersects(Rsv::RSV1.union(Rsv::RSV2)) && !both.intersects(Rsv::RSV2));
    assert!(!both.intersects(Rsv::NONE) && Rsv::NONE.is_empty() && !both.is_empty());
    assert_eq!(format!("{both:?}"), "Rsv(101)");
}

// The direction: RFC 6455 5.1.

#[test]
fn a_client_masks_and_a_server_does_not_and_the_second_byte_tells() {
    let (unmasked, masked) = (hex("8105"), hex("8185 37fa213d"));
    let expected = Ok(Some((header(OpCode::Text, true, None, 5), 2)));
    assert_eq!(FrameHeader::parse_from_server(&unmasked), expected);
    let expected = Ok(Some((header(OpCode::Text, true, Some(KEY), 5), 6)));
    assert_eq!(FrameHeader::parse_from_client(&masked), expected);
    for wire in [&unmasked[..], &hex("81 7e"), &hex("81 7f ff"), &hex("81 7e 0001")] {
        assert_eq!(FrameHeader::parse_from_client(&wire[..1]), Ok(None));
        assert_eq!(FrameHeader::parse_from_client(wire), Err(ProtocolError::UnmaskedFrame));
    }
    for wire in [&masked[..], &hex("81 fe"), &hex("81 ff ff"), &hex("81 fe 0001")] {
        assert_eq!(FrameHeader::parse_from_server(&wire[..1]), Ok(None));
        assert_eq!(FrameHeader::parse_from_server(wire), Err(ProtocolError::MaskedFrame));
    }
    // A fault that is before it on the wire is the one that is told.
    let reserved = Err(ProtocolError::ReservedOpCode { opcode: 3 });
    assert_eq!(FrameHeader::parse_from_client(&hex("8305")), reserved);
}

#[test]
fn each_part_is_admitted_as_soon_as_it_is_there() {
    let wire = hex("c2 fe 0100 37fa213d");
    let rsv = Rsv::RSV1;
    let parts = [
        HeaderPart::First { fin: true, rsv, opcode: OpCode::Binary },
        HeaderPart::Masked(true),
        HeaderPart::PayloadLen(256),
    ];
    for (len, seen) in [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (8, 3)] {
        let mut admitted = Vec::new();
        let parsed = FrameHeader::parse_with(&wire[..len], |part| {
            admitted.push(part);
            Ok(())
        });
        assert_eq!(parsed.expect("valid").is_some(), len == 8);
        assert_eq!(admitted, parts[..seen], "{len} bytes");
    }
    let error = ProtocolError::ReservedBits { rsv };
    assert_eq!(FrameHeader::parse_with(&wire, |_| Err(error)), Err(error));
}

// Encoded headers.

#[test]
fn a_header_as_bytes_is_what_emit_writes() {
    for len in [0, 125, 126, 0xffff, 0x1_0000, FrameHeader::MAX_PAYLOAD_LEN] {
        for mask in [None, Some(KEY)] {
            let header = header(OpCode::Binary, true, mask, len);
            let bytes = header.to_bytes();
            assert_eq!(*bytes, emitted(&header));
            assert_eq!(bytes, HeaderBytes::from(header));
            assert_eq!(bytes.as_ref().len(), header.encoded_len());
            assert!(bytes.padded().starts_with(&bytes));
        }
    }
    let bytes = header(OpCode::Text, true, None, 5).to_bytes();
    for other in [
        header(OpCode::Binary, true, None, 5),
        header(OpCode::Text, true, Some(KEY), 5),
        header(OpCode::Text, true, None, 126),
    ] {
        assert_ne!(bytes, other.to_bytes());
    }
    let shown = format!("{bytes:?}");
    assert_eq!(shown, "HeaderBytes([81, 05])");
}

/// Byte at a time: how far a header that is free of faults goes.
fn naive_len(wire: &[u8]) -> Option<usize> {
    let second = *wire.get(1)?;
    let mut len = 2;
    if second % 128 == 126 {
        len += 2;
    }
    if second % 128 == 127 {
        len += 8;
    }
    if second >= 128 {
        len += 4;
    }
    (wire.len() >= len).then_some(len)
}

fn any_header() -> impl Strategy<Value = FrameHeader> {
    let len = prop_oneof![
        0..=125_u64,
        126..=0xffff_u64,
        0x1_0000..=u64::MAX >> 1,
        prop::sample::select(vec![0, 125, 126, 0xffff, 0x1_0000, u64::MAX >> 1]),
    ];
    (any::<bool>(), any::<u8>(), 0..6_usize, any::<Option<[u8; 4]>>(), len).prop_map(
        |(fin, rsv, opcode, mask, len)| {
            let opcode = OPCODES[opcode];
            FrameHeader {
                fin: fin || opcode.is_control(),
                rsv: Rsv::from_bits(rsv),
                opcode,
                mask: mask.map(MaskKey),
                payload_len: if opcode.is_control() { len % 126 } else { len },
            }
        },
    )
}

proptest! {
    #[test]
    fn any_header_survives_the_wire(header in any_header()) {
        assert_pair(header, &emitted(&header));
    }

    #[test]
    fn any_header_is_what_the_builder_of_these_tests_makes(header in any_header()) {
        let mut frame = Frame::new(header.opcode as u8, [])
            .rsv(header.rsv.bits())
            .declaring(header.payload_len);
        if !header.fin {
            frame = frame.more();
        }
        frame = match header.mask {
            Some(key) => frame.masked(key.0),
            None => frame.unmasked(),
        };
        prop_assert_eq!(emitted(&header), frame.header(Side::Server));
    }

    #[test]
    fn any_bytes_that_parse_emit_as_they_were(wire in prop::collection::vec(any::<u8>(), 0..20)) {
        match FrameHeader::parse(&wire) {
            Ok(Some((header, len))) => {
                prop_assert_eq!(Some(len), naive_len(&wire));
                prop_assert_eq!(&emitted(&header), &wire[..len]);
            }
            Ok(None) => prop_assert_eq!(naive_len(&wire), None),
            Err(error) => {
                // The same fault however much more has come, once it has shown.
                let shown = (0..=wire.len()).find(|&len| FrameHeader::parse(&wire[..len]).is_err());
                for len in shown.expect("it is refused as a whole")..=wire.len() {
                    prop_assert_eq!(FrameHeader::parse(&wire[..len]), Err(error));
                }
            }
        }
    }
}
