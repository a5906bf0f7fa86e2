//! A payload masked in pieces, in place and copied, against a byte at a time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use websocket_proto::mask::{Mask, MaskKey};

fuzz_target!(|input: (&[u8], [u8; 4], Vec<u8>, u8)| {
    // The payload is repeated, so that short inputs reach the vector code too.
    let (payload, key, pieces, repeat) = input;
    let payload = payload.repeat(1 + usize::from(repeat % 16));
    let naive: Vec<u8> = payload.iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b).collect();

    let (mut applied, mut copied) = (payload.clone(), vec![0xa5; payload.len()]);
    let (mut apply, mut copy) = (Mask::new(MaskKey(key)), Mask::new(MaskKey(key)));
    let mut done = 0;
    for len in pieces.iter().map(|&len| usize::from(len)).chain([payload.len()]) {
        let end = payload.len().min(done + len);
        apply.apply(&mut applied[done..end]);
        assert_eq!(copy.copy(&payload[done..end], &mut copied[done..]), end - done);
        assert_eq!(apply, copy, "both are as far");
        done = end;
    }
    assert_eq!(applied, naive);
    assert_eq!(copied, naive);
});
