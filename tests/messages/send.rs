//! What is queued to be sent: its order, its bounds, and how it is masked.

use core::error::Error as _;
use core::time::Duration;
use std::collections::BTreeSet;

use bytes::{Buf, Bytes, BytesMut};
use support::SEED;
use support::messages::*;
use websocket_proto::connection::{AnyRole, Client, Role, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Config, Keepalive, Prepared, Rejected};
use websocket_proto::{CloseCode, Message, SendError, WebSocket};

#[test]
fn a_server_masks_nothing_and_a_client_everything() {
    let messages = || {
        [
            Message::text("text"),
            Message::binary(vec![1; LARGE]),
            Message::Ping(Bytes::from_static(b"ping")),
            Message::Pong(Bytes::from_static(b"pong")),
            Message::close(CloseCode::NORMAL, "close").unwrap(),
        ]
    };
    let mut sent = Vec::new();
    let (mut server, mut client) = (server(Config::new()), client(Config::new()));
    for message in messages() {
        server.send(message.clone()).unwrap();
        client.send(message.clone()).unwrap();
        sent.push(message);
    }
    let (from_server, from_client) = (frames(server.output()), frames(client.output()));
    assert!(from_server.iter().all(|frame| frame.key.is_none()));
    let keys: BTreeSet<_> = from_client.iter().map(|frame| frame.key.unwrap()).collect();
    assert_eq!(keys.len(), 5, "a fresh key for each frame");
    let bare = |frames: Vec<Frame>| {
        frames.into_iter().map(|frame| Frame { key: None, ..frame }).collect::<Vec<_>>()
    };
    assert_eq!(bare(from_client), bare(from_server));
}

#[test]
fn a_role_at_run_time_talks_as_its_role() {
    let open = |role: AnyRole| WebSocket::new(role, Config::new(), Opened::new());
    let mut client = open(Client::new(SEED).into());
    let mut server = open(Server.into());
    assert!(client.is_client() && !server.is_client());
    for len in [5, LARGE] {
        client.send(Message::binary(vec![7; len])).unwrap();
        let up = client.output();
        server.input().extend_from_slice(&up.copy_to_bytes(up.remaining()));
        let message = server.receive().unwrap().expect("a message");
        server.send(message).unwrap();
        let down = server.output();
        client.input().extend_from_slice(&down.copy_to_bytes(down.remaining()));
        assert_eq!(client.receive().unwrap(), Some(Message::binary(vec![7; len])));
    }
}

#[test]
fn a_client_has_a_fresh_key_for_each_of_many_frames() {
    let mut websocket = client(Config::new());
    for _ in 0..1000 {
        websocket.send(Message::text("the same again")).unwrap();
    }
    let keys: BTreeSet<_> = frames(websocket.output()).iter().map(|f| f.key.unwrap()).collect();
    assert_eq!(keys.len(), 1000);
}

#[test]
fn a_ping_goes_ahead_of_the_messages_that_wait_but_not_into_one() {
    let mut websocket = server(Config::new());
    websocket.send(Message::text("first")).unwrap();
    websocket.send(Message::binary(vec![2; LARGE])).unwrap();
    websocket.send(Message::text("third")).unwrap();
    // Half of the first frame is on its way.
    let mut written = websocket.output().chunk()[..3].to_vec();
    websocket.output().advance(3);
    websocket.send(Message::Ping(Bytes::from_static(b"now"))).unwrap();
    websocket.send(Message::Pong(Bytes::from_static(b"too"))).unwrap();
    written.extend(drain(websocket.output()));
    let order: Vec<_> = decode(&written).into_iter().map(|frame| frame.opcode).collect();
    assert_eq!(order, [TEXT, PING, PONG, BINARY, TEXT]);
}

#[test]
fn a_ping_waits_for_the_end_of_a_large_frame_that_has_begun() {
    for cut in [1, 4, 5, 100, 4 + LARGE - 1] {
        let mut websocket = server(Config::new());
        websocket.send(Message::binary(vec![1; LARGE])).unwrap();
        websocket.send(Message::text("next")).unwrap();
        let mut written = Vec::new();
        while written.len() < cut {
            let output = websocket.output();
            let len = output.chunk().len().min(cut - written.len());
            written.extend_from_slice(&output.chunk()[..len]);
            output.advance(len);
        }
        websocket.send(Message::Ping(Bytes::new())).unwrap();
        written.extend(drain(websocket.output()));
        let order: Vec<_> = decode(&written).into_iter().map(|frame| frame.opcode).collect();
        assert_eq!(order, [BINARY, PING, TEXT], "cut at {cut}");
    }
}

#[test]
fn a_close_goes_behind_all_that_was_taken_and_nothing_behind_it() {
    let mut websocket = client(Config::new());
    websocket.send(Message::text("last words")).unwrap();
    websocket.send(Message::Ping(Bytes::new())).unwrap();
    websocket.close(CloseCode::NORMAL, "done").unwrap();
    assert_eq!(websocket.state(), State::LocalClosing);

    for message in [
        Message::text("x"),
        Message::binary(vec![0; LARGE]),
        Message::Ping(Bytes::new()),
        Message::Pong(Bytes::new()),
        Message::Close(None),
    ] {
        let rejected = websocket.send(message.clone()).unwrap_err();
        assert_eq!(rejected, Rejected { message, error: SendError::Closing });
    }
    assert_eq!(websocket.send_prepared(&Prepared::text("x")), Err(SendError::Closing));
    let fragment = websocket.send_fragment(Kind::Text, true, Bytes::from_static(b"x"));
    assert_eq!(fragment.unwrap_err().error, SendError::Closing);
    assert_eq!(websocket.close(CloseCode::NORMAL, ""), Err(SendError::Closing));
    assert_eq!(opcodes(websocket.output()), [PING, TEXT, CLOSE]);
}

#[test]
fn a_close_message_is_a_close_with_or_without_a_code() {
    let mut websocket = server(Config::new());
    websocket.send(Message::Close(None)).unwrap();
    assert_eq!(drain(websocket.output()), [0x88, 0]);
    let mut websocket = server(Config::new());
    websocket.send(Message::close(CloseCode::from(4999), "why").unwrap()).unwrap();
    assert_eq!(drain(websocket.output()), From::Server.close(4999, "why"));
}

#[test]
fn a_close_that_must_not_be_sent_changes_nothing() {
    let mut websocket = server(Config::new());
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
        let code = CloseCode::from(code);
        assert_eq!(websocket.close(code, ""), Err(SendError::UnsendableCloseCode { code }));
    }
    let long = "é".repeat(62);
    let refused = websocket.close(CloseCode::NORMAL, &long);
    assert_eq!(refused, Err(SendError::CloseReasonTooLong { len: 124 }));
    assert!(websocket.output().is_empty());
    assert_eq!(websocket.state(), State::Open);
    websocket.close(CloseCode::NORMAL, &long[2..]).unwrap();
}

#[test]
fn an_answer_to_a_close_goes_behind_what_waits() {
    let mut websocket = server(Config::new());
    websocket.send(Message::text("before")).unwrap();
    let mut input = BytesMut::from(&From::Client.close(1001, "bye")[..]);
    websocket.receive_from(&mut input).unwrap();
    assert_eq!(websocket.send(Message::text("x")).unwrap_err().error, SendError::Closing);
    assert_eq!(opcodes(websocket.output()), [TEXT, CLOSE]);
    assert_eq!(websocket.state(), State::Closed);
}

#[test]
fn a_control_payload_over_125_bytes_is_handed_back() {
    let mut websocket = server(Config::new());
    for message in [Message::Ping(vec![1; 126].into()), Message::Pong(vec![2; 126].into())] {
        let error = SendError::ControlPayloadTooLong { len: 126 };
        assert_eq!(websocket.send(message.clone()), Err(Rejected { message, error }));
    }
    assert!(websocket.output().is_empty());
    websocket.send(Message::Ping(vec![1; 125].into())).unwrap();
    assert_eq!(frames(websocket.output())[0].payload, [1; 125]);
}

#[test]
fn a_full_queue_hands_the_very_message_back() {
    let mut websocket = server(Config::new().high_water_mark(100));
    websocket.send(Message::binary(vec![0; 98])).unwrap();
    let full = SendError::QueueFull { queued: 100, high_water_mark: 100 };
    assert!(!websocket.is_ready());

    let bytes = Bytes::from(vec![7; LARGE]);
    let place = bytes.as_ptr();
    let Rejected { message, error } = websocket.send(Message::Binary(bytes)).unwrap_err();
    assert_eq!(error, full);
    assert_eq!(message.payload().unwrap().as_ptr(), place);

    let text = Bytes::from(b"a text of its own".to_vec());
    let place = text.as_ptr();
    let Rejected { message, error } = websocket.send_fragment(Kind::Text, false, text).unwrap_err();
    assert_eq!((message.as_ptr(), error), (place, full));

    assert_eq!(websocket.send_prepared(&Prepared::text("x")), Err(full));
    assert_eq!(websocket.send(Message::Ping(Bytes::new())).unwrap_err().error, full);
    // The fragment was not taken: no message is under way.
    websocket.output().advance(1);
    assert!(websocket.is_ready());
    websocket.send(Message::text("now")).unwrap();
}

#[test]
fn a_single_larger_message_is_taken_while_the_queue_is_under_its_mark() {
    let mut websocket = server(Config::new().high_water_mark(100));
    websocket.send(Message::binary(vec![0; 97])).unwrap();
    websocket.send(Message::binary(vec![1; 100 * LARGE])).unwrap();
    assert_eq!(
        websocket.send(Message::text("x")).unwrap_err().error,
        SendError::QueueFull { queued: 99 + 10 + 100 * LARGE, high_water_mark: 100 }
    );
    websocket.output().advance(99 + 10 + 100 * LARGE - 99);
    websocket.send(Message::text("x")).unwrap();
}

#[test]
fn an_empty_queue_takes_a_message_whatever_its_mark() {
    let mut websocket = server(Config::new().high_water_mark(0));
    assert!(websocket.is_ready());
    websocket.send(Message::text("one at a time")).unwrap();
    assert!(websocket.send(Message::text("x")).is_err());
    drain(websocket.output());
    websocket.send(Message::text("the next")).unwrap();
}

/// `pong` of 2 + 125 bytes are answered.
fn pinged<R: Role>(websocket: &mut WebSocket<R>, pings: usize) {
    for _ in 0..pings {
        let mut input = BytesMut::from(&From::Client.frame(PING, [b'?'; 125])[..]);
        websocket.receive_from(&mut input).unwrap();
    }
}

#[test]
fn room_that_was_promised_stays_whatever_the_connection_sends_by_itself() {
    for mark in [0, 1, 50, 1000] {
        for message in [Message::text("data"), Message::ping("control")] {
            for written in [0, 100, 130] {
                let mut websocket = server(Config::new().high_water_mark(mark));
                assert!(websocket.is_ready());
                pinged(&mut websocket, 20);
                let written = written.min(websocket.output().len());
                websocket.output().advance(written);
                assert!(websocket.is_ready());
                websocket.send(message.clone()).unwrap();
            }
        }
    }
}

#[test]
fn a_keepalive_leaves_the_room_that_was_promised() {
    let second = Duration::from_secs(1);
    let keepalive = Keepalive { interval: second, timeout: second };
    let mut websocket = server(Config::new().high_water_mark(0).keepalive(keepalive));
    assert!(websocket.is_ready());
    websocket.handle_deadline(second);
    assert!(!websocket.output().is_empty());
    websocket.send(Message::text("data")).unwrap();
}

#[test]
fn answers_and_the_messages_of_the_application_are_bounded_together() {
    let mark = 1000;
    let mut websocket = server(Config::new().high_water_mark(mark));
    for round in 0..100 {
        pinged(&mut websocket, 30);
        while websocket.send(Message::ping("control")).is_ok() {}
        let output = websocket.output();
        assert!(output.len() as u64 <= 2 * mark + 2 * 127, "{}", output.len());
        output.advance(output.len().min(round));
    }
    while websocket.send(Message::text("data")).is_ok() {}
    assert!(websocket.output().len() as u64 <= 2 * mark + 2 * 127);
}

#[test]
fn a_close_is_taken_however_full_the_queue_is() {
    let full = || {
        let mut websocket = server(Config::new().high_water_mark(10));
        websocket.send(Message::text("more than ten")).unwrap();
        assert!(!websocket.is_ready());
        websocket
    };
    let mut by_method = full();
    by_method.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(opcodes(by_method.output()), [TEXT, CLOSE]);

    let mut by_message = full();
    by_message.send(Message::Close(None)).unwrap();
    assert_eq!(opcodes(by_message.output()), [TEXT, CLOSE]);

    let mut by_answer = full();
    let mut input = BytesMut::from(&From::Client.close(1000, "")[..]);
    by_answer.receive_from(&mut input).unwrap();
    assert_eq!(opcodes(by_answer.output()), [TEXT, CLOSE]);

    let mut by_error = full();
    by_error.receive_from(&mut BytesMut::from(&[0xff, 0xff][..])).unwrap_err();
    assert_eq!(opcodes(by_error.output()), [TEXT, CLOSE]);

    let (_, mut by_half) = full().into_split();
    by_half.send(Message::Close(None)).unwrap();
    assert_eq!(opcodes(by_half.output()), [TEXT, CLOSE]);
}

#[test]
fn a_flood_of_pings_queues_no_more_than_the_mark_and_answers_the_newest() {
    let mark = 1000;
    let mut websocket = server(Config::new().high_water_mark(mark));
    for n in 0..10_000_u32 {
        let payload = [&n.to_be_bytes()[..], &[b'.'; 121]].concat();
        let mut input = BytesMut::from(&From::Client.frame(PING, payload)[..]);
        websocket.receive_from(&mut input).unwrap();
        assert!(websocket.output().len() as u64 <= mark + 126);
    }
    let mut answered = frames(websocket.output());
    // What gave way to newer ones: the last is due as soon as there is room.
    answered.extend(frames(websocket.output()));
    let numbers: Vec<u32> = answered
        .iter()
        .map(|pong| u32::from_be_bytes(*pong.payload.first_chunk().unwrap()))
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 9_999]);
}

#[test]
fn every_ping_of_a_read_is_answered_in_order() {
    let stream: Vec<u8> = (0..100).flat_map(|n| From::Client.frame(PING, [n])).collect();
    let log = Log::of(server(Config::new()), &stream, &[]);
    let answers: Vec<u8> = decode(&log.output).iter().map(|pong| pong.payload[0]).collect();
    assert_eq!(answers, (0..100).collect::<Vec<_>>());
}

#[test]
fn a_pong_that_is_due_goes_ahead_of_our_own_close() {
    let mut websocket = server(Config::new().high_water_mark(5));
    websocket.send(Message::text("full")).unwrap();
    websocket.receive_from(&mut BytesMut::from(&From::Client.frame(PING, "?")[..])).unwrap();
    websocket.close(CloseCode::NORMAL, "").unwrap();
    assert_eq!(opcodes(websocket.output()), [TEXT, PONG, CLOSE]);
}

#[test]
fn what_is_written_is_gone_and_what_is_released_is_empty() {
    let mut websocket = server(Config::new());
    websocket.send(Message::binary(vec![1; LARGE])).unwrap();
    // There is something to write, so nothing is given back.
    websocket.output().release_memory();
    assert_eq!(websocket.output().len(), LARGE + 4);
    drain(websocket.output());
    websocket.output().release_memory();
    assert!(websocket.output().is_empty() && !websocket.output().has_remaining());
    websocket.send(Message::text("again")).unwrap();
    assert_eq!(drain(websocket.output()), From::Server.frame(TEXT, "again"));
}

#[test]
fn a_full_queue_of_a_connection_that_closes_takes_nothing_because_it_closes() {
    let mut websocket = WebSocket::new(Server, Config::new().high_water_mark(1), Opened::new());
    websocket.send(Message::text("fills the queue")).expect("there is room");
    let full = websocket.send(Message::text("late")).expect_err("it is full");
    assert!(matches!(full.error, SendError::QueueFull { .. }));
    websocket.close(CloseCode::NORMAL, "").expect("it is open");
    let late = websocket.send(Message::text("late")).expect_err("it closes");
    assert_eq!(late.error, SendError::Closing);
    let late = websocket.send_prepared(&Prepared::text("late"));
    assert_eq!(late, Err(SendError::Closing));
    let late = websocket.send_fragment(Kind::Text, true, "late".into()).expect_err("it closes");
    assert_eq!(late.error, SendError::Closing);
}

#[test]
fn an_error_shows_how_long_a_message_is_and_no_byte_of_it() {
    let error = SendError::Closing;
    for (message, shown) in [
        (Message::text("secret"), "text: 6 bytes"),
        (Message::binary("secret"), "binary: 6 bytes"),
        (Message::ping("secret"), "ping: 6 bytes"),
        (Message::pong("secret"), "pong: 6 bytes"),
        (Message::close(CloseCode::NORMAL, "secret").unwrap(), "close: 8 bytes"),
    ] {
        let shown_error = format!("{:?}", Rejected { message, error });
        assert_eq!(shown_error, format!("Rejected {{ {shown}, error: Closing }}"));
    }
    let fragment = Rejected { message: Bytes::from("secret"), error };
    assert_eq!(fragment.to_string(), "a message or a fragment was not accepted");
    assert_eq!(fragment.source().map(ToString::to_string), Some(error.to_string()));
    assert_eq!(format!("{fragment:?}"), "Rejected { fragment: 6 bytes, error: Closing }");
}
