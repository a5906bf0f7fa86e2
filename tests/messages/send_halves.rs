//! What a sending half queues, by itself and for the receiving half.

use bytes::{Bytes, BytesMut};
use support::messages::*;
use websocket_proto::connection::ControlPayload;
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

#[test]
fn halves_answer_only_what_their_owner_tells_them() {
    let (mut receiver, mut sender) = server(Config::new()).into_split();
    let from = From::Client;
    let mut input = BytesMut::from(&[from.frame(PING, "?"), from.close(1001, "bye")].concat()[..]);
    let Some(Message::Ping(payload)) = receiver.receive(&mut input).unwrap() else { panic!() };
    assert!(sender.output().is_empty());
    assert!(sender.answer_ping(&ControlPayload::new(&payload).unwrap()));
    let Some(Message::Close(Some(close))) = receiver.receive(&mut input).unwrap() else { panic!() };
    assert!(!sender.is_closed());
    sender.reply_to_close(Some(close.code()));
    assert!(sender.is_closed());
    // Whatever comes now, it is too late for it.
    sender.reply_to_close(Some(CloseCode::NORMAL));
    sender.fail(&ProtocolError::UnmaskedFrame);
    assert!(sender.answer_ping(&ControlPayload::EMPTY));
    assert_eq!(sender.send(Message::text("x")).unwrap_err().error, SendError::Closing);
    let expected = [From::Server.frame(PONG, "?"), From::Server.close(1001, "")].concat();
    assert_eq!(drain(sender.output()), expected);
    assert_eq!(receiver.receive_eof(), Ok(()));
}

#[test]
fn a_sending_half_reports_an_error_with_its_code() {
    let (mut receiver, mut sender) = client(Config::new()).into_split();
    let error = receiver.receive(&mut BytesMut::from(&[0x81, 0x01, 0xff][..])).unwrap_err();
    sender.send(Message::text("before it was known")).unwrap();
    sender.fail(&error);
    assert!(sender.is_closed());
    let frames = frames(sender.output());
    assert_eq!((frames.len(), close_code(&frames[1])), (2, Some(1007)));
    assert!(frames.iter().all(|frame| frame.key.is_some()));
}

#[test]
fn a_sending_half_tells_nobody_that_the_transport_has_ended() {
    let (mut receiver, mut sender) = server(Config::new()).into_split();
    sender.fail(&receiver.receive_eof().unwrap_err());
    assert!(sender.is_closed() && sender.output().is_empty());
    assert_eq!(sender.send(Message::text("x")).unwrap_err().error, SendError::Closing);
}

#[test]
fn a_sending_half_leaves_a_pong_due_while_its_queue_is_full() {
    let (_, mut sender) = server(Config::new().high_water_mark(4)).into_split();
    sender.send(Message::text("full")).unwrap();
    assert!(!sender.is_ready());
    let payload = ControlPayload::new(b"?").unwrap();
    assert!(!sender.answer_ping(&payload));
    assert_eq!(opcodes(sender.output()), [TEXT]);
    assert!(sender.answer_ping(&payload));
    assert_eq!(opcodes(sender.output()), [PONG]);
}

#[test]
fn halves_keep_what_was_queued_and_a_fragmented_message_under_way() {
    let mut websocket = client(Config::new());
    websocket.send_fragment(Kind::Text, false, Bytes::from_static(b"one ")).unwrap();
    let (_, mut sender) = websocket.into_split();
    assert_eq!(sender.send(Message::text("x")).unwrap_err().error, SendError::MessageInProgress);
    sender.send_fragment(Kind::Text, true, Bytes::from_static(b"two")).unwrap();
    sender.send_prepared(&Prepared::text("three")).unwrap();
    assert_eq!(opcodes(sender.output()), [TEXT, CONTINUATION, TEXT]);
}
