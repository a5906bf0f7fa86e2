//! Messages over the limit that are skipped: `ConnectionConfig::oversized`.

use support::{Entry, Frame, Side, every_split, stream};
use websocket_proto::ProtocolError;
use websocket_proto::connection::{ConnectionConfig, Oversized, State};
use websocket_proto::frame::{Kind, Rsv};

fn skipping(limit: u64) -> ConnectionConfig {
    ConnectionConfig::new().max_message_size(limit).oversized(Oversized::Skip)
}

#[test]
fn a_message_over_the_limit_is_skipped_and_reported_at_its_end() {
    for side in Side::BOTH {
        for limit in [0, 5, 125, 126, 300] {
            let exact = vec![1; limit as usize];
            let over = vec![2; limit as usize + 1];
            let frames = [Frame::binary(&exact), Frame::binary(&over), Frame::binary(&exact)];
            let log = every_split(side, &skipping(limit), &stream(side, &frames));
            let exact = Entry::binary(&exact);
            assert_eq!(log.entries, [exact.clone(), Entry::Oversized(limit + 1), exact]);
            assert_eq!(log.state, State::Open);
        }
    }
}

#[test]
fn fragments_before_the_limit_are_returned_and_those_after_it_are_skipped() {
    let frames = [
        Frame::text("ab").more(),
        Frame::continuation("cdef").more(),
        Frame::ping("between"),
        Frame::continuation("").more(),
        Frame::continuation("g"),
        Frame::binary("h"),
    ];
    for side in Side::BOTH {
        let log = every_split(side, &skipping(5), &stream(side, &frames));
        let received: Vec<_> =
            log.entries.into_iter().filter(|entry| !matches!(entry, Entry::Sent(_))).collect();
        let expected = [
            Entry::data(Kind::Text, "ab", true, false),
            Entry::ping("between"),
            Entry::Oversized(7),
            Entry::binary("h"),
        ];
        assert_eq!(received, expected);
    }
}

#[test]
fn text_that_is_skipped_is_still_validated() {
    let invalid = ["\u{20ac}".as_bytes(), &[0xe2, 0x82]].concat();
    for side in Side::BOTH {
        let cut = [Frame::text("a").more(), Frame::continuation(&invalid)];
        let log = every_split(side, &skipping(2), &stream(side, &cut));
        assert_eq!(log.error(), Some(ProtocolError::InvalidUtf8 { offset: 6 }));
        let wrong = [Frame::text([&invalid[..], b"b"].concat())];
        let log = every_split(side, &skipping(2), &stream(side, &wrong));
        assert_eq!(log.error(), Some(ProtocolError::InvalidUtf8 { offset: 5 }));
    }
}

#[test]
fn a_transformed_message_and_a_large_frame_still_fail_the_connection() {
    let config = skipping(3).reserved_bits(Rsv::RSV1).max_transformed_size(4).max_frame_size(10);
    for side in Side::BOTH {
        let log = every_split(side, &config, &Frame::binary([0; 5]).rsv(0x40).bytes(side));
        assert_eq!(log.error(), Some(ProtocolError::MessageTooLarge { len: 5, limit: 4 }));
        let log = every_split(side, &config, &Frame::binary([0; 11]).bytes(side));
        assert_eq!(log.error(), Some(ProtocolError::FrameTooLarge { len: 11, limit: 10 }));
    }
}
