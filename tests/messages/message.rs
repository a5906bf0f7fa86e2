//! Messages and text as values.

use std::collections::HashSet;

use bytes::Bytes;
use websocket_proto::{CloseCode, CloseFrame, Message, SendError, Utf8Bytes};

#[test]
fn text_is_made_of_what_is_text() {
    let text = "10 €";
    let made = [
        Utf8Bytes::from(text),
        Utf8Bytes::from(text.to_owned()),
        Utf8Bytes::from_static("10 €"),
        Utf8Bytes::try_from(Bytes::from_static(text.as_bytes())).unwrap(),
    ];
    for made in &made {
        assert_eq!(*made, text);
        assert_eq!(*made, *text);
        assert_eq!(made.as_str(), text);
        assert_eq!(made.as_ref() as &str, text);
        assert_eq!(made.as_ref() as &[u8], text.as_bytes());
        assert_eq!(made.chars().count(), 4);
        assert_eq!(
            (format!("{made}"), format!("{made:?}")),
            (text.to_owned(), format!("{text:?}"))
        );
    }
    assert_eq!(made.into_iter().collect::<HashSet<_>>().len(), 1);
    assert_eq!((Utf8Bytes::new(), Utf8Bytes::default().len()), (Utf8Bytes::from(""), 0));
}

#[test]
fn text_is_never_made_of_anything_else() {
    // Whatever this lets through is handed out as a `str` without another look.
    for bytes in [
        &b"\xff"[..],
        b"a\x80",
        b"\xc0\xaf",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
    ] {
        let refused = Utf8Bytes::try_from(Bytes::from_static(bytes));
        assert_eq!(refused.unwrap_err(), str::from_utf8(bytes).unwrap_err());
    }
}

#[test]
fn every_character_is_text_and_reads_as_it_was() {
    let all: String = ('\0'..=char::MAX).collect();
    let text = Utf8Bytes::try_from(Bytes::from(all.clone())).unwrap();
    assert!(text.as_str() == all);
    assert!(str::from_utf8(text.as_bytes()).is_ok());
}

#[test]
fn text_changes_hands_without_a_copy() {
    let text = "long enough to have a place of its own".to_owned();
    let place = text.as_ptr();
    let text = Utf8Bytes::from(text);
    assert_eq!(text.as_ptr(), place);
    assert_eq!(text.clone().as_ptr(), place);
    let bytes = Bytes::from(text);
    assert_eq!(bytes.as_ptr(), place);
    let text = Utf8Bytes::try_from(bytes).unwrap();
    assert_eq!(text.into_bytes().as_ptr(), place);
}

#[test]
fn text_is_ordered_as_strings_are() {
    let mut words = ["b", "é", "a", "", "€", "ab"].map(Utf8Bytes::from);
    words.sort();
    assert_eq!(words, ["", "a", "ab", "b", "é", "€"].map(Utf8Bytes::from));
}

#[test]
fn a_message_is_made_of_what_it_is_sent_as() {
    for text in [
        Message::from("x"),
        Message::from("x".to_owned()),
        Message::from(Utf8Bytes::from("x")),
        Message::text("x"),
        Message::text("x".to_owned()),
    ] {
        assert_eq!(text, Message::Text("x".into()));
        assert_eq!((text.as_text(), text.payload()), (Some("x"), Some(&b"x"[..])));
        assert!(text.is_data());
    }
    for binary in [
        Message::from(vec![1, 2]),
        Message::from(&[1, 2][..]),
        Message::from(Bytes::from_static(&[1, 2])),
        Message::binary(vec![1, 2]),
    ] {
        assert_eq!(binary, Message::Binary(Bytes::from_static(&[1, 2])));
        assert_eq!((binary.as_text(), binary.payload()), (None, Some(&[1, 2][..])));
        assert!(binary.is_data());
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
    sends::<websocket_proto::websocket::Prepared>();
    sends::<websocket_proto::WebSocket<websocket_proto::connection::Server>>();
    sends::<websocket_proto::WebSocket<websocket_proto::connection::Client>>();
    sends::<websocket_proto::websocket::Rejected>();
}
