//! The limits of messages and frames: inclusive, charged at the header, before the payload and
//! even the masking key have come (RFC 6455 10.4).

use support::{Entry, Frame, Side, every_split, stream};
use websocket_proto::ProtocolError;
use websocket_proto::connection::{ConnectionConfig, State};
use websocket_proto::frame::Rsv;

#[track_caller]
fn assert_fails(side: Side, config: &ConnectionConfig, bytes: &[u8], error: ProtocolError) {
    let log = every_split(side, config, bytes);
    assert_eq!(log.error(), Some(error), "{side:?}");
    assert_eq!(log.sent_close_code(), Some(1009));
}

/// The header of `frame` up to its length: without the key.
fn header_without_key(frame: &Frame, side: Side) -> Vec<u8> {
    let mut header = frame.header(side);
    header.truncate(header.len() - if side == Side::Server { 4 } else { 0 });
    header
}

#[test]
fn a_message_may_be_as_long_as_the_limit_and_not_a_byte_longer() {
    for side in Side::BOTH {
        for limit in [0, 1, 5, 125, 126, 300, 0xffff, 0x1_0000] {
            let config = ConnectionConfig::new().max_message_size(limit);
            let exact = Frame::binary(vec![1; limit as usize]).bytes(side);
            let log = every_split(side, &config, &exact);
            assert_eq!(log.entries, [Entry::binary(vec![1; limit as usize])]);

            let over = Frame::binary([]).declaring(limit + 1);
            let error = ProtocolError::MessageTooLarge { len: limit + 1, limit };
            assert_fails(side, &config, &header_without_key(&over, side), error);
        }
    }
}

#[test]
fn a_frame_may_be_as_long_as_its_limit_and_not_a_byte_longer() {
    for side in Side::BOTH {
        for limit in [0, 1, 125, 126, 300] {
            let config = ConnectionConfig::new().max_frame_size(limit);
            let exact = vec![1; limit as usize];
            let frames = [Frame::binary(&exact).more(), Frame::continuation(&exact)];
            let log = every_split(side, &config, &stream(side, &frames));
            assert_eq!(log.entries, [Entry::binary([exact.as_slice(), &exact].concat())]);

            let error = ProtocolError::FrameTooLarge { len: limit + 1, limit };
            let over = Frame::binary([]).declaring(limit + 1);
            assert_fails(side, &config, &header_without_key(&over, side), error);
            let over = header_without_key(&Frame::continuation([]).declaring(limit + 1), side);
            let bytes = [Frame::text("").more().bytes(side), over].concat();
            assert_fails(side, &config, &bytes, error);
        }
    }
}

#[test]
fn a_frame_as_long_as_its_limit_can_be_too_long_for_the_message() {
    let config = ConnectionConfig::new().max_frame_size(10).max_message_size(9);
    for side in Side::BOTH {
        let over = Frame::binary([]).declaring(10);
        let error = ProtocolError::MessageTooLarge { len: 10, limit: 9 };
        assert_fails(side, &config, &header_without_key(&over, side), error);
    }
}

#[test]
fn the_sum_of_the_fragments_is_charged_at_the_header_that_exceeds_it() {
    let config = ConnectionConfig::new().max_message_size(10);
    for side in Side::BOTH {
        let exact = [
            Frame::binary([1; 4]).more(),
            Frame::continuation([1; 5]).more(),
            Frame::continuation([1; 1]).more(),
            Frame::continuation([]),
        ];
        let log = every_split(side, &config, &stream(side, &exact));
        assert_eq!(log.entries, [Entry::binary([1; 10])]);

        let before = stream(side, &exact[..2]);
        let over = header_without_key(&Frame::continuation([]).declaring(2), side);
        let error = ProtocolError::MessageTooLarge { len: 11, limit: 10 };
        assert_fails(side, &config, &[before, over].concat(), error);
    }
}

#[test]
fn the_next_message_is_charged_anew() {
    let config = ConnectionConfig::new().max_message_size(3);
    for side in Side::BOTH {
        let frames = [
            Frame::text("abc"),
            Frame::text("d").more(),
            Frame::ping("a ping is not charged"),
            Frame::continuation("ef"),
            Frame::binary("ghi"),
        ];
        let log = every_split(side, &config, &stream(side, &frames));
        assert_eq!(log.error(), None);
        assert_eq!(log.messages().len(), 3);
        assert_eq!(log.state, State::Open);
    }
}

#[test]
fn compressed_messages_are_charged_by_their_bytes_on_the_wire() {
    let config = ConnectionConfig::new().reserved_bits(Rsv::RSV1).max_message_size(3);
    for side in Side::BOTH {
        let over = Frame::text([]).rsv(0x40).declaring(4);
        let error = ProtocolError::MessageTooLarge { len: 4, limit: 3 };
        assert_fails(side, &config, &header_without_key(&over, side), error);
    }
}

#[test]
fn a_frame_over_both_limits_is_a_frame_too_large() {
    let config = ConnectionConfig::new().max_message_size(3).max_frame_size(5);
    for side in Side::BOTH {
        let error = ProtocolError::FrameTooLarge { len: 6, limit: 5 };
        assert_fails(side, &config, &Frame::binary([0; 6]).bytes(side), error);
        let error = ProtocolError::MessageTooLarge { len: 4, limit: 3 };
        assert_fails(side, &config, &Frame::binary([0; 4]).bytes(side), error);
    }
}

#[test]
fn the_default_limit_is_16_mib_and_inclusive() {
    let limit = 16 << 20;
    assert_eq!(ConnectionConfig::DEFAULT_MAX_MESSAGE_SIZE, limit);
    for config in [ConnectionConfig::new(), ConnectionConfig::default()] {
        for side in Side::BOTH {
            let exact = Frame::binary([]).declaring(limit).header(side);
            assert_eq!(every_split(side, &config, &exact).entries, []);
            let over = Frame::binary([]).declaring(limit + 1);
            let error = ProtocolError::MessageTooLarge { len: limit + 1, limit };
            assert_fails(side, &config, &header_without_key(&over, side), error);
        }
    }
}

#[test]
fn a_frame_that_promises_an_exbibyte_fails_at_its_header() {
    // And no sum wraps.
    for side in Side::BOTH {
        for len in [1 << 60, 1 << 62, (1 << 63) - 1] {
            let limit = ConnectionConfig::DEFAULT_MAX_MESSAGE_SIZE;
            let huge = Frame::binary([]).declaring(len);
            let error = ProtocolError::MessageTooLarge { len, limit };
            assert_fails(side, &ConnectionConfig::new(), &header_without_key(&huge, side), error);

            let begun = Frame::text("a").more().bytes(side);
            let huge = header_without_key(&Frame::continuation([]).declaring(len), side);
            let error = ProtocolError::MessageTooLarge { len: len + 1, limit };
            assert_fails(side, &ConnectionConfig::new(), &[begun, huge].concat(), error);
        }
    }
}

#[test]
fn without_limits_the_longest_length_is_taken() {
    let config = ConnectionConfig::new().max_message_size(u64::MAX).max_frame_size(u64::MAX);
    for side in Side::BOTH {
        let begun = Frame::binary("a").more().bytes(side);
        let huge = Frame::continuation([]).declaring((1 << 63) - 1).bytes(side);
        let log = every_split(side, &config, &[begun, huge].concat());
        assert_eq!(log.error(), None);
        assert_eq!(log.state, State::Open);
    }
}
