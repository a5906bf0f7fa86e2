//! Messages as values.

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};
use websocket_proto::websocket::MessageRef;
use websocket_proto::{CloseCode, CloseFrame, FromUtf8Error, Message, SendError, Utf8Bytes};

#[test]
fn a_message_is_made_of_what_it_is_sent_as() {
    for text in [
        Message::from("x"),
        Message::from("x".to_owned()),
        Message::from(&"x".to_owned()),
        Message::from(Cow::Borrowed("x")),
        Message::from(Utf8Bytes::from("x")),
        Message::text("x"),
        Message::text("x".to_owned()),
        Message::text(Cow::Borrowed("x")),
    ] {
        assert_eq!(text, Message::Text("x".into()));
        assert_eq!((text.as_text(), text.payload()), (Some("x"), Some(&b"x"[..])));
        assert!(text.is_data());
    }
    for binary in [
        Message::from(vec![1, 2]),
        Message::from(&[1, 2][..]),
        Message::from([1, 2]),
        Message::from(&[1, 2]),
        Message::from(BytesMut::from(&[1, 2][..])),
        Message::from(Bytes::from_static(&[1, 2])),
        Message::binary(vec![1, 2]),
    ] {
        assert_eq!(binary, Message::Binary(Bytes::from_static(&[1, 2])));
        assert_eq!((binary.as_text(), binary.payload()), (None, Some(&[1, 2][..])));
        assert!(binary.is_data());
    }
}

#[test]
fn a_close_message_is_made_of_a_frame_or_of_none() {
    let frame = CloseFrame::new(CloseCode::NORMAL, "done").unwrap();
    let close = Message::close(CloseCode::NORMAL, "done").unwrap();
    assert_eq!(Message::from(&frame), close);
    assert_eq!(Message::from(Some(frame.clone())), close);
    assert_eq!(Message::from(frame), close);
    assert_eq!(Message::from(None::<CloseFrame>), Message::Close(None));
}

#[test]
fn a_message_is_of_one_type() {
    for (message, expected) in [
        (Message::text("x"), [true, false, false, false, false]),
        (Message::binary("x"), [false, true, false, false, false]),
        (Message::ping("x"), [false, false, true, false, false]),
        (Message::pong("x"), [false, false, false, true, false]),
        (Message::Close(None), [false, false, false, false, true]),
    ] {
        let found = [
            message.is_text(),
            message.is_binary(),
            message.is_ping(),
            message.is_pong(),
            message.is_close(),
        ];
        assert_eq!(found, expected, "{message:?}");
    }
}

#[test]
fn a_ping_and_a_pong_have_the_payload_that_they_were_made_with() {
    assert_eq!(Message::ping(""), Message::Ping(Bytes::new()));
    assert_eq!(Message::ping(vec![1]), Message::Ping(Bytes::from_static(&[1])));
    assert_eq!(Message::pong("q"), Message::Pong(Bytes::from_static(b"q")));
}

#[test]
fn text_comes_out_of_a_data_message_that_is_utf8() {
    let text = Utf8Bytes::from("10 €".to_owned());
    let place = text.as_ptr();
    let text = Message::Text(text).into_text().unwrap();
    assert_eq!((text.as_ptr(), text.as_str()), (place, "10 €"));
    let text = Message::Binary(text.into()).into_text().unwrap();
    assert_eq!((text.as_ptr(), text.as_str()), (place, "10 €"));

    for other in [
        Message::binary(vec![b'a', 0xff]),
        Message::ping("p"),
        Message::pong("p"),
        Message::close(CloseCode::NORMAL, "done").unwrap(),
        Message::Close(None),
    ] {
        assert_eq!(other.clone().into_text(), Err(other));
    }
}

#[test]
fn the_payload_comes_out_of_all_but_a_close() {
    for make in [Message::binary, Message::ping, Message::pong] as [fn(Bytes) -> Message; 3] {
        let payload = Bytes::from(vec![1, 2, 3]);
        let place = payload.as_ptr();
        let payload = make(payload).into_payload().unwrap();
        assert_eq!((payload.as_ptr(), &payload[..]), (place, &[1, 2, 3][..]));
    }
    assert_eq!(Message::text("10 €").into_payload().unwrap(), "10 €".as_bytes());
    for close in [Message::close(CloseCode::NORMAL, "done").unwrap(), Message::Close(None)] {
        assert_eq!(close.clone().into_payload(), Err(close));
    }
}

#[test]
fn the_length_of_a_message_is_that_of_its_payload_on_the_wire() {
    for (message, len) in [
        (Message::text("10 €"), 6),
        (Message::text(""), 0),
        (Message::binary(vec![0; 1000]), 1000),
        (Message::binary(""), 0),
        (Message::ping("ping"), 4),
        (Message::pong(""), 0),
        (Message::close(CloseCode::NORMAL, "done").unwrap(), 6),
        (Message::close(CloseCode::NORMAL, "").unwrap(), 2),
        (Message::Close(None), 0),
    ] {
        assert_eq!((message.len(), message.is_empty()), (len, len == 0), "{message}");
    }
}

#[test]
fn a_message_reads_as_its_text_or_as_what_it_is() {
    for (message, shown) in [
        (Message::text("10 €"), "10 €"),
        (Message::binary("10 €"), "binary message of 6 bytes"),
        (Message::ping("ping"), "Ping of 4 bytes"),
        (Message::pong(""), "Pong of 0 bytes"),
        (Message::close(CloseCode::NORMAL, "done").unwrap(), "Close 1000: done"),
        (Message::close(CloseCode::NORMAL, "").unwrap(), "Close 1000"),
        (Message::Close(None), "Close without a code"),
    ] {
        assert_eq!(message.to_string(), shown);
    }
}

#[test]
fn a_control_frame_is_no_data() {
    let ping = Message::Ping(Bytes::from_static(b"p"));
    let pong = Message::Pong(Bytes::from_static(b"q"));
    assert_eq!((ping.payload(), pong.payload()), (Some(&b"p"[..]), Some(&b"q"[..])));
    for message in [ping, pong, Message::Close(None)] {
        assert!(!message.is_data());
        assert_eq!(message.as_text(), None);
    }
    assert_eq!(Message::Close(None).payload(), None);
}

#[test]
fn a_close_message_holds_what_may_be_sent() {
    let close = Message::close(CloseCode::GOING_AWAY, "later").unwrap();
    let frame = CloseFrame::new(CloseCode::GOING_AWAY, "later").unwrap();
    assert_eq!(close, Message::Close(Some(Box::new(frame))));
    for code in [0, 1005, 1006, 1015, 2999, 5000].map(CloseCode::from) {
        let refused = Message::close(code, "");
        assert_eq!(refused, Err(SendError::UnsendableCloseCode { code }));
    }
    let refused = Message::close(CloseCode::NORMAL, &"x".repeat(124));
    assert_eq!(refused, Err(SendError::CloseReasonTooLong { len: 124 }));
}

#[test]
fn a_message_is_as_small_as_its_payload_allows() {
    assert!(size_of::<Message>() <= size_of::<Bytes>() + size_of::<usize>());
}

#[test]
fn messages_go_between_threads() {
    const fn sends<T: Send + Sync + 'static>() {}
    sends::<Message>();
    sends::<Utf8Bytes>();
    sends::<FromUtf8Error>();
    sends::<websocket_proto::websocket::Prepared>();
    sends::<websocket_proto::WebSocket<websocket_proto::connection::Server>>();
    sends::<websocket_proto::WebSocket<websocket_proto::connection::Client>>();
    sends::<websocket_proto::websocket::Rejected>();
}

#[test]
fn a_lent_message_tells_its_text_and_whether_it_is_data() {
    let cases = [
        (MessageRef::Text("text"), Some("text"), true),
        (MessageRef::Text(""), Some(""), true),
        (MessageRef::Binary(b"text"), None, true),
        (MessageRef::Ping(b"text"), None, false),
        (MessageRef::Pong(b"text"), None, false),
        (MessageRef::Close(None), None, false),
        (MessageRef::Oversized { len: 4 }, None, false),
    ];
    for (message, text, is_data) in cases {
        assert_eq!((message.as_text(), message.is_data()), (text, is_data), "{message:?}");
        let owned = Message::from(message);
        assert_eq!((owned.as_text(), owned.is_data()), (text, is_data), "{owned:?}");
    }
}
