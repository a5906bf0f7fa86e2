//! Masking: RFC 6455 5.3, against a byte at a time.

use proptest::prelude::*;
use support::{KEY, hex};
use websocket_proto::mask::{Mask, MaskKey, MaskKeys};

/// The loop of the RFC: byte i of the payload with byte i mod 4 of the key.
fn naive(key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect()
}

/// Bytes of no pattern that a mask of four bytes could match.
fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 167 + at / 251 + 13) as u8).collect()
}

fn assert_masks(key: [u8; 4], payload: &[u8], pieces: &[usize]) {
    let expected = naive(key, payload);

    let mut applied = payload.to_vec();
    let mut mask = Mask::new(MaskKey(key));
    let mut rest = applied.as_mut_slice();
    for &piece in pieces {
        let (head, tail) = rest.split_at_mut(piece.min(rest.len()));
        mask.apply(head);
        rest = tail;
    }
    mask.apply(rest);
    assert_eq!(applied, expected, "apply, {} bytes in {pieces:?}", payload.len());

    let mut copied = vec![0xa5; payload.len() + 3];
    let mut mask = Mask::new(MaskKey(key));
    let mut done = 0;
    for piece in pieces.iter().copied().chain([payload.len()]) {
        let end = payload.len().min(done + piece);
        assert_eq!(mask.copy(&payload[done..end], &mut copied[done..]), end - done);
        done = end;
    }
    assert_eq!(&copied[..payload.len()], expected, "copy, {} in {pieces:?}", payload.len());
    assert_eq!(copied[payload.len()..], [0xa5; 3], "nothing is written behind the payload");

    #[cfg(feature = "alloc")]
    {
        let mut appended = vec![0xa5; 3];
        let mut mask = Mask::new(MaskKey(key));
        let mut done = 0;
        for piece in pieces.iter().copied().chain([payload.len()]) {
            let end = payload.len().min(done + piece);
            mask.append(&payload[done..end], &mut appended);
            done = end;
        }
        assert_eq!(appended[..3], [0xa5; 3], "what was there stays");
        assert_eq!(&appended[3..], expected, "append, {} in {pieces:?}", payload.len());
    }
}

#[test]
fn the_hello_of_rfc_6455_5_7_is_masked_and_unmasked() {
    assert_eq!(naive(KEY, b"Hello"), hex("7f9f4d5158"), "the model itself");
    assert_masks(KEY, b"Hello", &[]);
    assert_masks(KEY, &hex("7f9f4d5158"), &[1, 1, 1, 1, 1]);
}

#[test]
fn every_length_around_the_thresholds_is_masked_from_every_phase() {
    for len in (0..=300).chain([511, 512, 513, 1023, 4096, 4099, 65_537]) {
        let payload = payload(len);
        for phase in 0..4 {
            assert_masks(KEY, &payload, &[phase]);
        }
    }
}

#[test]
fn every_alignment_of_the_payload_gives_the_same() {
    let bytes = payload(400);
    for start in 0..64 {
        for len in [1, 7, 8, 31, 127, 128, 129, 255, 256, 300] {
            let mut aligned = bytes.clone();
            Mask::new(MaskKey(KEY)).apply(&mut aligned[start..start + len]);
            assert_eq!(aligned[start..start + len], naive(KEY, &bytes[start..start + len]));
            assert_eq!(aligned[..start], bytes[..start], "before");
            assert_eq!(aligned[start + len..], bytes[start + len..], "behind");
        }
    }
}

#[test]
fn a_payload_cut_in_two_anywhere_is_masked_the_same() {
    let payload = payload(280);
    for cut in 0..=payload.len() {
        assert_masks([1, 2, 3, 4], &payload, &[cut]);
    }
}

#[test]
fn an_empty_piece_does_not_move_the_mask() {
    assert_masks(KEY, &payload(9), &[0, 1, 0, 0, 2, 0]);
}

#[test]
fn a_key_of_zeros_changes_nothing() {
    assert_masks([0; 4], &payload(333), &[100]);
    let mut bytes = payload(333);
    Mask::new(MaskKey([0; 4])).apply(&mut bytes);
    assert_eq!(bytes, payload(333));
}

#[test]
fn copying_stops_at_the_shorter_side_and_goes_on_from_there() {
    for room in [0, 1, 2, 5, 127, 128, 200, 299, 300, 350] {
        let payload = payload(300);
        let mut to = vec![0xa5; room];
        let mut mask = Mask::new(MaskKey(KEY));
        let copied = mask.copy(&payload, &mut to);
        assert_eq!(copied, room.min(payload.len()));
        let mut rest = payload[copied..].to_vec();
        mask.apply(&mut rest);
        assert_eq!([&to[..copied], &rest].concat(), naive(KEY, &payload), "room for {room}");
        assert!(to[copied..].iter().all(|&byte| byte == 0xa5));
    }
}

#[test]
fn a_key_shows_its_bytes_in_wire_order() {
    assert_eq!(format!("{:?}", MaskKey([0x37, 0xfa, 0x21, 0x3d])), "MaskKey(37fa213d)");
}

#[test]
fn a_key_is_four_bytes_and_four_bytes_are_a_key() {
    let key = MaskKey::from([1, 2, 3, 4]);
    assert_eq!(key, MaskKey([1, 2, 3, 4]));
    assert_eq!(<[u8; 4]>::from(key), [1, 2, 3, 4]);
}

proptest! {
    #[test]
    fn any_payload_in_any_pieces_is_masked_as_the_rfc_says(
        key in any::<[u8; 4]>(),
        payload in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(any::<u8>(), 300..20_000),
        ],
        pieces in prop::collection::vec(
            prop_oneof![0..5_usize, 100..150_usize, 0..5000_usize], 0..12,
        ),
    ) {
        assert_masks(key, &payload, &pieces);
    }
}

// The keys of a client: RFC 6455 5.3, 10.3.

#[test]
fn the_keys_of_a_seed_are_the_same_every_time_and_each_is_new() {
    let keys = |seed: u8| -> Vec<MaskKey> {
        let mut keys = MaskKeys::new([seed; 32]);
        (0..1000).map(|_| keys.next_key()).collect()
    };
    let first = keys(1);
    assert_eq!(first, keys(1));
    assert!(first.iter().zip(keys(2)).all(|(one, other)| *one != other));
    let distinct: std::collections::HashSet<_> = first.iter().collect();
    assert_eq!(distinct.len(), first.len());
}

#[test]
fn debug_shows_no_keys() {
    // RFC 6455 5.3: keys must be unpredictable.
    assert_eq!(format!("{:?}", MaskKeys::new([7; 32])), "MaskKeys { .. }");
}

#[test]
fn the_keys_are_those_that_a_client_uses() {
    use websocket_proto::connection::{Client, Connection, ConnectionConfig, SliceOutput};
    use websocket_proto::frame::FrameHeader;

    let mut keys = MaskKeys::new([7; 32]);
    let mut client = Connection::new(Client::new([7; 32]), ConnectionConfig::new());
    for _ in 0..40 {
        let mut buffer = [0xa5; 16];
        let mut out = SliceOutput::new(&mut buffer);
        client.send_binary(b"x", &mut out).expect("room");
        let (header, _) = FrameHeader::parse(out.written()).expect("valid").expect("whole");
        assert_eq!(header.mask, Some(keys.next_key()));
    }
}
