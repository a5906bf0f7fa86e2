//! What a sending half queues, by itself and for the receiving half.

use core::time::Duration;

use bytes::{Buf, Bytes};
use support::messages::*;
use websocket_proto::connection::{
    ControlPayload, Endpoint, Owed, OwedClose, State, TransportAction,
};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Answers, Config, Keepalive, Prepared, Waiting};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError, WebSocket};

#[test]
fn halves_answer_what_the_receiving_half_owes() {
    let (mut receiver, mut sender) = server(Config::new()).into_split();
    let from = From::Client;
    let mut answers = Answers::new();
    let input = [from.frame(PING, "?"), from.close(1001, "bye")].concat();
    receiver.input().extend_from_slice(&input);
    assert!(matches!(receiver.receive(&mut answers), Ok(Some(Message::Ping(_)))));
    assert!(sender.output().is_empty());
    sender.settle(&mut answers);
    assert!(answers.is_empty());
    assert!(matches!(receiver.receive(&mut answers), Ok(Some(Message::Close(Some(_))))));
    assert!(!sender.is_closed());
    assert_eq!(sender.state(), State::Open);
    sender.settle(&mut answers);
    assert!(sender.is_closed());
    assert_eq!(sender.state(), State::Closed);
    let info = sender.close_info().expect("it has ended");
    assert_eq!((info.code, info.reason), (CloseCode::GOING_AWAY, "bye"));
    assert_eq!((info.began, info.is_clean), (Some(Endpoint::Peer), true));
    // Whatever comes now, it is too late for it.
    answers.add(Owed::Reply(None));
    answers.add(Owed::Pong(ControlPayload::EMPTY));
    sender.settle(&mut answers);
    assert_eq!(sender.send(Message::text("x")).unwrap_err().error, SendError::Closing);
    let expected = [From::Server.frame(PONG, "?"), From::Server.close(1001, "bye")].concat();
    assert_eq!(drain(sender.output()), expected);
    assert_eq!(receiver.receive_eof(), Ok(()));
}

#[test]
fn a_sending_half_closes_or_answers_with_the_code_of_the_peer() {
    let cases = [
        (None, From::Server.close(1000, "")),
        (Some(From::Client.close(1001, "bye")), From::Server.close(1001, "")),
        (Some(From::Client.frame(CLOSE, "")), From::Server.frame(CLOSE, "")),
    ];
    for (received, sent) in cases {
        let (mut receiver, mut sender) = server(Config::new().answer_close(false)).into_split();
        if let Some(close) = received {
            receiver.input().extend_from_slice(&close);
            let mut answers = Answers::new();
            assert!(matches!(receiver.receive(&mut answers), Ok(Some(Message::Close(_)))));
            sender.settle(&mut answers);
            assert!(!sender.is_closed());
        }
        sender.close_or_answer().unwrap();
        assert!(sender.is_closed());
        assert_eq!(drain(sender.output()), sent);
    }
}

#[test]
fn a_sending_half_reports_an_error_with_its_code() {
    let (mut receiver, mut sender) = client(Config::new()).into_split();
    let mut answers = Answers::new();
    receiver.input().extend_from_slice(&[0x81, 0x01, 0xff]);
    let error = receiver.receive(&mut answers).unwrap_err();
    assert_eq!(answers.close(), Some(OwedClose::Fault(error)));
    sender.send(Message::text("before it was known")).unwrap();
    sender.settle(&mut answers);
    assert!(sender.is_closed());
    assert_eq!(sender.error(), Some(error));
    let frames = frames(sender.output());
    assert_eq!((frames.len(), close_code(&frames[1])), (2, Some(1007)));
    assert!(frames.iter().all(|frame| frame.key.is_some()));
    // The error is reported once.
    assert_eq!(receiver.receive(&mut answers), Err(error));
    assert!(answers.is_empty());
}

#[test]
fn a_sending_half_tells_nobody_that_the_transport_has_ended() {
    let (mut receiver, mut sender) = server(Config::new()).into_split();
    sender.receive_eof(receiver.receive_eof());
    assert!(sender.is_closed() && sender.output().is_empty());
    assert_eq!(sender.transport_action(), TransportAction::Drop);
    assert_eq!(sender.send(Message::text("x")).unwrap_err().error, SendError::Closing);
    let info = sender.close_info().expect("it has ended");
    assert_eq!((info.code, info.began, info.is_clean), (CloseCode::ABNORMAL, None, false));
}

#[test]
fn a_sending_half_keeps_a_pong_while_its_queue_is_full() {
    let (_, mut sender) = server(Config::new().high_water_mark(4)).into_split();
    sender.send(Message::text("full")).unwrap();
    assert!(!sender.is_ready());
    let mut answers = Answers::new();
    for payload in [b"old", b"new"] {
        answers.add(Owed::Pong(ControlPayload::new(payload).unwrap()));
        sender.settle(&mut answers);
        assert!(answers.is_empty());
    }
    assert_eq!(opcodes(sender.output()), [TEXT]);
    let frames = frames(sender.output());
    assert_eq!((frames.len(), frames[0].opcode, &frames[0].payload[..]), (1, PONG, &b"new"[..]));
}

#[test]
fn halves_of_two_connections_are_not_reunited() {
    let (receiver, sender) = server(Config::new()).into_split();
    let (other_receiver, other_sender) = server(Config::new()).into_split();
    let error = WebSocket::reunite(receiver, other_sender).unwrap_err();
    let text = "cannot reunite the halves: they belong to different connections";
    assert_eq!(error.to_string(), text);
    assert_eq!(format!("{error:?}"), "ReuniteError { .. }");
    let (receiver, other_sender) = error.into_halves();
    assert!(WebSocket::reunite(receiver, sender).is_ok());
    assert!(WebSocket::reunite(other_receiver, other_sender).is_ok());
}

#[test]
fn reunited_halves_keep_what_is_owed_and_how_it_ended() {
    let mut websocket = server(Config::new().high_water_mark(4));
    websocket.send(Message::text("full")).unwrap();
    websocket.input().extend_from_slice(&From::Client.frame(PING, "?"));
    assert!(matches!(websocket.receive(), Ok(Some(Message::Ping(_)))));
    let (receiver, sender) = websocket.into_split();
    let mut websocket = WebSocket::reunite(receiver, sender).unwrap();
    assert_eq!(opcodes(websocket.output()), [TEXT]);
    assert_eq!(opcodes(websocket.output()), [PONG]);
    websocket.close(CloseCode::NORMAL, "").unwrap();
    websocket.input().extend_from_slice(&From::Client.close(4000, "why"));
    assert!(matches!(websocket.receive(), Ok(Some(Message::Close(Some(_))))));
    let (receiver, sender) = websocket.into_split();
    let websocket = WebSocket::reunite(receiver, sender).unwrap();
    let info = websocket.close_info().expect("it has ended");
    assert_eq!((info.code, info.reason), (CloseCode(4000), "why"));
    assert_eq!((info.began, info.is_clean), (Some(Endpoint::Local), true));
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

#[test]
fn a_connection_that_the_keepalive_has_failed_stays_failed() {
    let second = Duration::from_secs(1);
    let keepalive = Keepalive { interval: second, timeout: second };
    let (mut receiver, mut sender) = server(Config::new().keepalive(keepalive)).into_split();
    let waiting = Waiting { to_receive: true, to_flush: false, message: None };
    sender.handle_deadline(second, waiting);
    assert_eq!(opcodes(sender.output()), [PING]);
    assert!(sender.deadline(second, waiting).is_some());
    sender.handle_deadline(2 * second, waiting);
    let error = Some(ProtocolError::KeepaliveTimeout { timeout: second });
    assert_eq!(sender.error(), error);
    // The other task has received the Close of the peer in the meantime.
    let mut answers = Answers::new();
    receiver.input().extend_from_slice(&From::Client.close(1000, "late"));
    assert!(matches!(receiver.receive(&mut answers), Ok(Some(Message::Close(_)))));
    sender.settle(&mut answers);
    assert_eq!(sender.error(), error);
    assert_eq!(sender.close_info().map(|info| info.code), Some(CloseCode::ABNORMAL));
    assert!(sender.output().is_empty());
}

#[test]
fn the_answer_to_a_close_repeats_its_reason_by_choice() {
    for (repeats, reason) in [(true, "bye"), (false, "")] {
        let mut websocket = server(Config::new().repeat_close_reason(repeats));
        websocket.input().extend_from_slice(&From::Client.close(1000, "bye"));
        assert!(matches!(websocket.receive(), Ok(Some(Message::Close(Some(_))))));
        let output = websocket.output();
        let sent = output.copy_to_bytes(output.remaining());
        assert_eq!(sent, From::Server.close(1000, reason));
        let info = websocket.close_info().unwrap();
        assert_eq!((info.code, info.reason, info.is_clean), (CloseCode::NORMAL, "bye", true));
    }
}

#[test]
fn a_close_can_be_answered_later_after_the_replies_to_earlier_messages() {
    for frame in [&From::Client.close(1000, "bye")[..], &From::Client.frame(CLOSE, "")] {
        let mut websocket = server(Config::new().answer_close(false));
        websocket.input().extend_from_slice(frame);
        assert!(matches!(websocket.receive(), Ok(Some(Message::Close(_)))));
        assert!(websocket.output().is_empty());
        assert_eq!(websocket.state(), State::RemoteClosing);
        assert_eq!(websocket.transport_action(), TransportAction::Keep);
        assert_eq!(websocket.close_info(), None);
        websocket.send(Message::text("reply")).unwrap();
        websocket.close(CloseCode(3000), "done").unwrap();
        let output = websocket.output();
        let sent = output.copy_to_bytes(output.remaining());
        let from = From::Server;
        assert_eq!(sent, [from.frame(TEXT, "reply"), from.close(3000, "done")].concat());
        assert_eq!(websocket.state(), State::Closed);
        assert_eq!(websocket.transport_action(), TransportAction::ShutdownWrite);
        let info = websocket.close_info().unwrap();
        assert_eq!((info.began, info.is_clean), (Some(Endpoint::Peer), true));
        assert_eq!(websocket.close(CloseCode::NORMAL, ""), Err(SendError::Closing));
    }
}

#[test]
fn a_close_that_is_never_answered_ends_with_the_close_time_out() {
    let mut websocket = server(Config::new().answer_close(false));
    websocket.input().extend_from_slice(&From::Client.close(1000, "bye"));
    assert!(matches!(websocket.receive(), Ok(Some(Message::Close(_)))));
    let second = Duration::from_secs(1);
    assert_eq!(websocket.deadline(second), Some(11 * second));
    websocket.handle_deadline(11 * second);
    assert_eq!(websocket.transport_action(), TransportAction::Drop);
    assert_eq!(websocket.receive(), Ok(None));
    let info = websocket.close_info().unwrap();
    assert_eq!((info.code, info.is_clean), (CloseCode::NORMAL, false));
}
