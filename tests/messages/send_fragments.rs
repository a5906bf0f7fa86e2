//! A message that is sent in fragments, and what may go between them.

use bytes::Bytes;
use support::messages::*;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Rejected};
use websocket_proto::{CloseCode, Message, SendError, WebSocket};

#[test]
fn fragments_are_one_message_of_the_first_ones_type() {
    let mut websocket = client(Config::new());
    let euro = "€".as_bytes();
    websocket.send_fragment(Kind::Text, false, Bytes::copy_from_slice(&euro[..1])).unwrap();
    websocket.send(Message::Ping(Bytes::new())).unwrap();
    websocket.send_fragment(Kind::Text, false, Bytes::new()).unwrap();
    websocket.send_fragment(Kind::Text, true, Bytes::copy_from_slice(&euro[1..])).unwrap();
    websocket.send_fragment(Kind::Binary, true, Bytes::from(vec![0xff; LARGE])).unwrap();
    let sent: Vec<_> = frames(websocket.output())
        .into_iter()
        .map(|frame| (frame.fin, frame.opcode, frame.payload.len()))
        .collect();
    assert_eq!(
        sent,
        [
            (true, PING, 0),
            (false, TEXT, 1),
            (false, CONTINUATION, 0),
            (true, CONTINUATION, 2),
            (true, BINARY, LARGE)
        ]
    );
}

#[test]
fn nothing_but_its_own_fragments_goes_into_a_message() {
    let mut websocket = server(Config::new());
    websocket.send_fragment(Kind::Binary, false, Bytes::from_static(b"a")).unwrap();
    for message in [Message::text("x"), Message::binary(vec![0; LARGE])] {
        let error = SendError::MessageInProgress;
        assert_eq!(websocket.send(message.clone()), Err(Rejected { message, error }));
    }
    let text = Bytes::from_static(b"x");
    assert_eq!(
        websocket.send_fragment(Kind::Text, true, text.clone()),
        Err(Rejected { message: text, error: SendError::MessageInProgress })
    );
    websocket.send_fragment(Kind::Binary, true, Bytes::from_static(b"b")).unwrap();
    websocket.send(Message::text("free again")).unwrap();
    assert_eq!(opcodes(websocket.output()), [BINARY, CONTINUATION, TEXT]);
}

#[test]
fn a_fragment_that_is_not_utf8_is_handed_back_and_may_be_replaced() {
    let mut websocket = server(Config::new());
    let hand_back = |websocket: &mut WebSocket<_>, fin, bytes: &'static [u8], offset| {
        let bytes = Bytes::from_static(bytes);
        let rejected = websocket.send_fragment(Kind::Text, fin, bytes.clone()).unwrap_err();
        assert_eq!(rejected.message.as_ptr(), bytes.as_ptr());
        assert_eq!(rejected.error, SendError::InvalidUtf8 { offset });
    };
    hand_back(&mut websocket, false, b"ok\xff", 2);
    hand_back(&mut websocket, true, b"cut \xe2\x82", 6);
    websocket.send_fragment(Kind::Text, false, Bytes::from_static(b"cut \xe2\x82")).unwrap();
    hand_back(&mut websocket, false, b"!", 0);
    hand_back(&mut websocket, true, b"", 0);
    websocket.send_fragment(Kind::Text, true, Bytes::from_static(b"\xac")).unwrap();
    let text: Vec<u8> = frames(websocket.output()).into_iter().flat_map(|f| f.payload).collect();
    assert_eq!(text, "cut €".as_bytes());
}

#[test]
fn a_close_may_come_in_the_middle_of_a_message() {
    let mut websocket = server(Config::new());
    websocket.send_fragment(Kind::Text, false, Bytes::from_static(b"half")).unwrap();
    websocket.close(CloseCode::GOING_AWAY, "").unwrap();
    assert_eq!(opcodes(websocket.output()), [TEXT, CLOSE]);
}
