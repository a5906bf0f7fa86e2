//! Any bytes as a frame header: what parses emits as it was, and no byte behind it matters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use websocket_proto::frame::FrameHeader;

fuzz_target!(|bytes: &[u8]| {
    match FrameHeader::parse(bytes) {
        Ok(Some((header, len))) => {
            let mut out = [0xa5; FrameHeader::MAX_LEN];
            assert_eq!(header.emit(&mut out), len);
            assert_eq!(header.encoded_len(), len);
            assert_eq!(out[..len], bytes[..len]);
            assert_eq!(FrameHeader::parse(&bytes[..len]), Ok(Some((header, len))));
            for short in 0..len {
                assert_eq!(FrameHeader::parse(&bytes[..short]), Ok(None));
            }
        }
        Ok(None) => assert!(bytes.len() < FrameHeader::MAX_LEN),
        Err(error) => {
            // From the byte on that makes it a fault it is the same fault.
            let refused = |len: &usize| FrameHeader::parse(&bytes[..*len]).is_err();
            let first = (0..=bytes.len()).find(refused).expect("as a whole it is");
            assert!(first <= 10, "a key is never at fault");
            for len in first..=bytes.len().min(20) {
                assert_eq!(FrameHeader::parse(&bytes[..len]), Err(error));
            }
        }
    }
});
