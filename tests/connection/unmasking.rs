//! The masks of received frames: a server requires a mask and removes it, and a client refuses
//! masked frames (RFC 6455 5.1, 5.3).

use support::{Entry, Frame, Side, every_split, stream};
use websocket_proto::ProtocolError;
use websocket_proto::connection::ConnectionConfig;
use websocket_proto::frame::Kind;

use crate::received::{assert_fails, assert_tells};

#[test]
fn a_server_refuses_every_frame_that_is_not_masked() {
    let frames = [
        Frame::text("x"),
        Frame::text(""),
        Frame::binary("x").more(),
        Frame::ping(""),
        Frame::pong(""),
        Frame::close(1000, ""),
        Frame::raw_close(""),
    ];
    for frame in frames {
        let bytes = frame.clone().unmasked().bytes(Side::Server);
        assert_fails(Side::Server, &ConnectionConfig::new(), &bytes, ProtocolError::UnmaskedFrame);
        let bytes = stream(Side::Server, &[Frame::text("ok"), frame.unmasked()]);
        assert_fails(Side::Server, &ConnectionConfig::new(), &bytes, ProtocolError::UnmaskedFrame);
    }
    let bytes =
        stream(Side::Server, &[Frame::text("a").more(), Frame::continuation("b").unmasked()]);
    assert_fails(Side::Server, &ConnectionConfig::new(), &bytes, ProtocolError::UnmaskedFrame);
}

#[test]
fn a_client_refuses_every_frame_that_is_masked_even_with_a_key_of_zeros() {
    for key in [support::KEY, [0; 4]] {
        for frame in [Frame::text("x"), Frame::binary(""), Frame::ping(""), Frame::close(1000, "")]
        {
            let bytes = frame.masked(key).bytes(Side::Client);
            assert_fails(
                Side::Client,
                &ConnectionConfig::new(),
                &bytes,
                ProtocolError::MaskedFrame,
            );
        }
    }
}

#[test]
fn masking_is_refused_at_the_second_byte() {
    let unmasked = [0x81, 0x7e];
    assert_fails(Side::Server, &ConnectionConfig::new(), &unmasked, ProtocolError::UnmaskedFrame);
    let masked = [0x81, 0xfe];
    assert_fails(Side::Client, &ConnectionConfig::new(), &masked, ProtocolError::MaskedFrame);
}

#[test]
fn a_server_unmasks_with_any_key() {
    for key in [[0; 4], [0xff; 4], [0, 0, 0, 1], [1, 2, 3, 4], [0x80, 0, 0, 0x80]] {
        let frames = [
            Frame::text("Γειά, κόσμε").masked(key),
            Frame::binary([0, 1, 2, 3, 4, 5, 6]).masked(key).more(),
            Frame::ping("between").masked(key),
            Frame::continuation([7, 8]).masked([9, 9, 9, 9]),
        ];
        let log =
            every_split(Side::Server, &ConnectionConfig::new(), &stream(Side::Server, &frames));
        let expected = [
            (Kind::Text, "Γειά, κόσμε".as_bytes().to_vec()),
            (Kind::Binary, vec![0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ];
        assert_eq!(log.messages(), expected, "{key:?}");
        assert!(log.entries.contains(&Entry::ping("between")));
    }
}

#[test]
fn the_mask_begins_anew_with_each_frame_and_not_with_each_read() {
    // Three bytes and then three: were the phase carried over, the second would be wrong.
    let frames = [Frame::binary("abc").more(), Frame::continuation("def")];
    let bytes = stream(Side::Server, &frames);
    assert_tells(Side::Server, &ConnectionConfig::new(), &bytes, &[Entry::binary("abcdef")]);
}
