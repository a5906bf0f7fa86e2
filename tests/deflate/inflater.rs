//! The decoder that the other tests judge by, on streams made by hand.

use crate::blocks::{Blocks, Part};
use crate::inflate::{Fault, Inflater};

#[test]
fn the_examples_of_rfc_7692_are_hello() {
    // 7.2.3.1, 7.2.3.3, 7.2.3.4, 7.2.3.5.
    for payload in [
        [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00].as_slice(),
        &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
        &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
        &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
    ] {
        assert_eq!(Inflater::new().message(payload).unwrap(), b"Hello");
    }
}

#[test]
fn a_message_refers_to_the_one_before_until_it_is_forgotten() {
    // RFC 7692 7.2.3.2.
    let mut inflater = Inflater::new();
    inflater.message(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]).unwrap();
    let second = [0xf2, 0x00, 0x11, 0x00, 0x00];
    assert_eq!(inflater.largest_distance, 0);
    assert_eq!(inflater.message(&second).unwrap(), b"Hello");
    assert_eq!(inflater.largest_distance, 5);
    inflater.reset();
    assert_eq!(inflater.message(&second), Err(Fault::Invalid));
}

#[test]
fn a_block_with_codes_of_its_own_is_read_by_them() {
    let payload = Blocks::new().dynamic(false, true).trimmed();
    let mut inflater = Inflater::new();
    assert_eq!(inflater.message(&payload).unwrap(), b"aaaaa");
    assert_eq!(inflater.largest_distance, 1);
    assert_eq!(Inflater::new().lenient_message(&payload, 5).unwrap(), b"aaaaa");
    assert_eq!(Inflater::new().lenient_message(&payload, 4), Err(Fault::TooLarge));
}

#[test]
fn what_breaks_rfc_1951_is_invalid() {
    for payload in [
        [0x06].as_slice(),                                 // the third kind of block
        &[0x00, 0x05, 0x00, 0xfa, 0xfe, 0, 0, 0, 0, 0, 0], // lengths that differ
        &[0xf2, 0x00, 0x11, 0x00, 0x00],                   // a distance of 5 behind one byte
        &[0x1a, 0x03, 0x00],                               // symbol 286 of the fixed code
        &Blocks::new().dynamic(false, false).trimmed(),    // a code with a gap
    ] {
        assert_eq!(Inflater::new().message(payload), Err(Fault::Invalid), "{payload:02x?}");
    }
}

#[test]
fn a_payload_has_to_end_where_a_block_does() {
    for payload in [
        [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00].as_slice(),
        &Blocks::new().dynamic(false, true).trimmed(),
    ] {
        for len in 0..payload.len() {
            let cut = &payload[..len];
            let fault = Inflater::new().message(cut).unwrap_err();
            assert!(matches!(fault, Fault::Truncated | Fault::TruncatedCodes), "{cut:02x?}");
        }
    }
}

#[test]
fn what_a_receiver_puts_up_with_is_no_message_by_the_letter() {
    let no_tail = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let untrimmed = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff];
    for payload in [no_tail.as_slice(), &untrimmed] {
        assert_eq!(Inflater::new().message(payload), Err(Fault::Truncated));
        assert_eq!(Inflater::new().lenient_message(payload, 5).unwrap(), b"Hello");
    }
    assert_eq!(Inflater::new().message(b""), Err(Fault::Truncated));
    assert_eq!(Inflater::new().lenient_message(b"", 0).unwrap(), b"");
}

#[test]
fn what_is_written_by_hand_reads_as_it_was_meant() {
    let far: Vec<u8> = (0..40_000_u32).map(|n| ((n * n) >> 7) as u8).collect();
    for distance in [1, 2, 4, 5, 6, 7, 8, 257, 1000, 8193, 24_577, 32_767, 32_768] {
        let copies = [3, 7, 10, 258].map(|len| Part::Copy { len, distance });
        let payload = Blocks::new().stored(true, &far).fixed(false, &copies).dynamic(true, true);
        let mut expected = far.clone();
        for len in [3, 7, 10, 258] {
            (0..len).for_each(|_| expected.push(expected[expected.len() - distance]));
        }
        expected.extend(b"aaaaa");
        let mut inflater = Inflater::new();
        assert_eq!(inflater.message(&payload.trimmed()).unwrap(), expected);
        assert_eq!(inflater.largest_distance, distance);
    }
    let high: Vec<u8> = (0..=255).collect();
    let payload = Blocks::new().fixed(false, &[Part::Text(&high)]).trimmed();
    assert_eq!(Inflater::new().message(&payload).unwrap(), high);
}
