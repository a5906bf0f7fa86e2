//! The read buffer belongs to the caller, who can change it between two calls.

use bytes::BytesMut;
use websocket_proto::connection::{Client, Server};
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, ProtocolError, WebSocket};

/// "Hello" in one text frame with an all-zero key, cut after two bytes of payload.
const START: [u8; 8] = [0x81, 0x85, 0, 0, 0, 0, b'H', b'e'];

#[test]
fn text_that_the_caller_changes_between_two_calls_is_invalid_utf8() {
    let mut websocket = WebSocket::new(Server, Config::new(), Opened::new());
    let mut input = BytesMut::from(&START[..]);
    assert_eq!(websocket.receive(&mut input), Ok(None));
    input[1] = 0xff;
    input.extend_from_slice(b"llo");
    let error = ProtocolError::InvalidUtf8 { offset: 1 };
    assert_eq!(websocket.receive(&mut input), Err(error));
    assert_eq!(websocket.receive(&mut input), Err(error));
    let output = &websocket.output();
    assert_eq!(bytes::Buf::chunk(*output)[2..4], CloseCode::INVALID_DATA.0.to_be_bytes());
}

#[test]
fn text_that_the_caller_changes_between_two_calls_is_invalid_utf8_in_halves_too() {
    let (mut receiver, _sender) = WebSocket::new(Server, Config::new(), Opened::new()).into_split();
    let mut input = BytesMut::from(&START[..]);
    assert_eq!(receiver.receive(&mut input), Ok(None));
    input[0] = 0xff;
    input.extend_from_slice(b"llo");
    let error = ProtocolError::InvalidUtf8 { offset: 0 };
    assert_eq!(receiver.receive(&mut input), Err(error));
    assert_eq!(receiver.receive(&mut input), Err(error));
}

#[test]
fn fragments_that_the_caller_changes_between_two_calls_are_invalid_utf8() {
    let mut websocket = WebSocket::new(Client::new([7; 32]), Config::new(), Opened::new());
    let mut input = BytesMut::from(&b"\x01\x03\xe2\x82\xac"[..]);
    assert_eq!(websocket.receive(&mut input), Ok(None));
    // The last character is cut.
    input[2] = 0xe2;
    input.extend_from_slice(b"\x80\x00");
    assert_eq!(websocket.receive(&mut input), Err(ProtocolError::InvalidUtf8 { offset: 2 }));

    let mut websocket = WebSocket::new(Client::new([7; 32]), Config::new(), Opened::new());
    let mut input = BytesMut::from(&b"\x01\x03abc"[..]);
    assert_eq!(websocket.receive(&mut input), Ok(None));
    // A character that the end of the message cuts.
    input[2] = 0xc3;
    input.extend_from_slice(b"\x80\x00");
    assert_eq!(websocket.receive(&mut input), Err(ProtocolError::InvalidUtf8 { offset: 3 }));
}

#[test]
fn text_that_the_caller_changes_to_other_text_is_taken_as_it_is() {
    let mut websocket = WebSocket::new(Server, Config::new(), Opened::new());
    let mut input = BytesMut::from(&START[..]);
    assert_eq!(websocket.receive(&mut input), Ok(None));
    input[0] = b'J';
    input.extend_from_slice(b"llo");
    assert_eq!(websocket.receive(&mut input), Ok(Some(Message::text("Jello"))));
}

#[test]
fn a_buffer_that_the_caller_empties_between_two_calls_is_no_panic() {
    for len in 0..8 {
        let mut websocket = WebSocket::new(Server, Config::new(), Opened::new());
        let mut input = BytesMut::from(&START[..]);
        assert_eq!(websocket.receive(&mut input), Ok(None));
        input = BytesMut::zeroed(len);
        for _ in 0..4 {
            let _ = websocket.receive(&mut input);
            input.extend_from_slice(b"llo\x81\x80\0\0\0\0");
        }
    }
}
