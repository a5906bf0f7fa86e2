//! Pings and Pongs: RFC 6455 5.5.2 and 5.5.3.

use support::{Entry, Frame, Pair, Recorder, Side, Wire, every_split, every_split_from, stream};
use websocket_proto::connection::{
    Connection, ConnectionConfig, ControlPayload, Event, Input, Output, Server, SliceOutput, State,
};
use websocket_proto::frame::Kind;
use websocket_proto::{CloseCode, OutputFull, ProtocolError, SendError};

#[test]
fn a_ping_is_answered_with_its_payload() {
    for side in Side::BOTH {
        for len in [0, 1, 5, 124, 125] {
            let payload: Vec<u8> = (0..len).map(|at| at as u8 ^ 0xf0).collect();
            let bytes = Frame::ping(&payload).bytes(side);
            let log = every_split(side, &ConnectionConfig::new(), &bytes).with_sent_unmasked();
            let pong = [&[0x8a, len as u8], payload.as_slice()].concat();
            assert_eq!(log.entries, [Entry::ping(payload), Entry::sent(pong)]);
            assert_eq!(log.state, State::Open);
        }
    }
}

#[test]
fn the_pong_of_a_client_is_masked() {
    let log =
        every_split(Side::Client, &ConnectionConfig::new(), &Frame::ping("x").bytes(Side::Client));
    let sent = log.sent();
    assert_eq!((sent.len(), sent[..2].to_vec()), (7, vec![0x8a, 0x81]));
}

#[test]
fn ten_pings_are_answered_in_order() {
    // Autobahn 2.10 and 2.11.
    for side in Side::BOTH {
        let frames: Vec<Frame> = (0..10).map(|at| Frame::ping([b'0' + at])).collect();
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames))
            .with_sent_unmasked();
        let expected: Vec<Entry> =
            (b'0'..=b'9').flat_map(|at| [Entry::ping([at]), Entry::sent([0x8a, 1, at])]).collect();
        assert_eq!(log.entries, expected);
    }
}

#[test]
fn a_pong_is_told_and_gets_no_answer() {
    for side in Side::BOTH {
        let frames = [Frame::pong("unasked"), Frame::pong(""), Frame::pong([0xff; 125])];
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames));
        let expected = [Entry::pong("unasked"), Entry::pong(""), Entry::pong([0xff; 125])];
        assert_eq!(log.entries, expected);
    }
}

#[test]
fn answering_can_be_left_to_the_caller() {
    let config = ConnectionConfig::new().answer_pings(false);
    for side in Side::BOTH {
        let log = every_split(side, &config, &Frame::ping("x").bytes(side));
        assert_eq!(log.entries, [Entry::ping("x")]);
    }
    let mut pair = Pair::with(&config);
    pair.client.connection.ping(b"x", &mut pair.client.out).expect("open");
    pair.settle();
    pair.server.connection.pong(b"x", &mut pair.server.out).expect("open");
    pair.settle();
    assert_eq!(pair.client.recorder.entries, [Entry::pong("x")]);
}

#[test]
fn a_control_frame_is_whole_before_it_is_told() {
    for side in Side::BOTH {
        for frame in [Frame::ping("payload"), Frame::pong("payload"), Frame::close(1000, "why")] {
            let bytes = frame.bytes(side);
            for len in 0..bytes.len() {
                let log = every_split(side, &ConnectionConfig::new(), &bytes[..len]);
                assert_eq!((log.entries, log.state), (vec![], State::Open));
            }
        }
    }
}

#[test]
fn control_frames_are_refused_when_fragmented_or_over_125_bytes() {
    for side in Side::BOTH {
        for frame in [Frame::ping("x"), Frame::pong(""), Frame::close(1000, "")] {
            let log =
                every_split(side, &ConnectionConfig::new(), &frame.clone().more().bytes(side));
            assert_eq!(log.error(), Some(ProtocolError::FragmentedControlFrame));

            for len in [0, 5, 125, 126, 65_536] {
                for long in [
                    frame.clone().declaring(len).in_16_bits(),
                    frame.clone().declaring(len).in_64_bits(),
                ] {
                    // At the second byte, whatever the long form says.
                    let log = every_split(side, &ConnectionConfig::new(), &long.bytes(side)[..2]);
                    assert_eq!(log.error(), Some(ProtocolError::ControlFrameTooLong));
                }
            }
        }
    }
}

#[test]
fn the_limits_of_messages_do_not_bind_control_frames() {
    let config = ConnectionConfig::new().max_message_size(0).max_frame_size(0);
    for side in Side::BOTH {
        let frames = [
            Frame::binary("").more(),
            Frame::ping([1; 125]),
            Frame::continuation(""),
            Frame::close(1000, "a reason"),
        ];
        let log = every_split(side, &config, &stream(side, &frames));
        assert_eq!(log.error(), None);
        assert!(log.entries.contains(&Entry::ping([1; 125])));
        assert!(log.entries.contains(&Entry::close(1000, "a reason")));
    }
}

#[test]
fn an_unsent_pong_gives_way_to_that_of_a_newer_ping() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut bytes = stream(Side::Server, &[Frame::ping("older"), Frame::ping("new")]);
    let mut input = Input::new(&mut bytes);
    while connection.receive(&mut input).expect("valid").is_some() {}
    let mut out = Wire::default();
    assert_eq!(connection.poll_transmit(&mut out), Ok(5));
    assert_eq!(out.0, b"\x8a\x03new");
    assert_eq!(connection.poll_transmit(&mut out), Ok(0));
}

#[test]
fn a_flood_of_pings_queues_one_pong() {
    // 40 MiB of them, and not one pong written.
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let one = Frame::ping([0x5a; 125]).bytes(Side::Server);
    let flood = one.repeat(8192);
    let mut received = 0;
    while received < 40 << 20 {
        let mut bytes = flood.clone();
        let mut input = Input::new(&mut bytes);
        while connection.receive(&mut input).expect("valid").is_some() {}
        received += flood.len();
    }
    let mut out = Wire::default();
    assert_eq!(connection.poll_transmit(&mut out), Ok(127));
    assert_eq!(connection.poll_transmit(&mut out), Ok(0));
}

#[test]
fn a_pong_waits_for_room() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut recorder = Recorder::default();
    let mut bytes = Frame::ping("four").bytes(Side::Server);
    assert!(connection.receive(&mut Input::new(&mut bytes)).expect("valid").is_some());
    for room in 0..6 {
        let mut buffer = vec![0xa5; room];
        let mut out = SliceOutput::new(&mut buffer);
        let full = OutputFull { needed: 6, available: room };
        assert_eq!(connection.poll_transmit(&mut out), Err(full));
        assert_eq!((out.written(), out.room()), (b"".as_slice(), room));
    }
    recorder.transmit(&mut connection);
    assert_eq!(recorder.entries, [Entry::sent(b"\x8a\x04four")]);
}

#[test]
fn nothing_is_answered_after_our_close() {
    for side in Side::BOTH {
        let frames = [Frame::ping("late"), Frame::pong("late"), Frame::text("told")];
        let log = every_split_from(side, &ConnectionConfig::new(), true, &stream(side, &frames));
        let expected = [Entry::ping("late"), Entry::pong("late"), Entry::text("told")];
        assert_eq!(log.entries, expected);
        assert_eq!(log.state, State::LocalClosing);
    }
}

#[test]
fn a_pong_that_is_due_goes_before_our_close() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut bytes = Frame::ping("first").bytes(Side::Server);
    assert!(connection.receive(&mut Input::new(&mut bytes)).expect("valid").is_some());
    let mut out = Wire::default();
    connection.close(CloseCode::NORMAL, "", &mut out).expect("room");
    assert_eq!(out.0, b"\x8a\x05first\x88\x02\x03\xe8");
    assert_eq!(connection.poll_transmit(&mut out), Ok(0), "and is not sent again");
}

#[test]
fn a_pong_that_is_due_goes_before_the_answer_to_a_close() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut bytes = stream(Side::Server, &[Frame::ping("a"), Frame::close(1001, "")]);
    let mut input = Input::new(&mut bytes);
    while connection.receive(&mut input).expect("valid").is_some() {}
    let mut out = Wire::default();
    assert_eq!(connection.poll_transmit(&mut out), Ok(7));
    assert_eq!(out.0, b"\x8a\x01a\x88\x02\x03\xe9");
}

#[test]
fn a_pong_and_a_close_that_do_not_both_fit_go_one_after_the_other() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut bytes = stream(Side::Server, &[Frame::ping("a"), Frame::close(1001, "")]);
    let mut input = Input::new(&mut bytes);
    while connection.receive(&mut input).expect("valid").is_some() {}
    let mut buffer = [0xa5; 6];
    let mut out = SliceOutput::new(&mut buffer);
    assert_eq!(connection.poll_transmit(&mut out), Ok(3));
    assert_eq!(connection.poll_transmit(&mut out), Err(OutputFull { needed: 4, available: 3 }));
    assert_eq!(out.written(), b"\x8a\x01a");
    assert_eq!(connection.state(), State::RemoteClosing);
    out.clear();
    assert_eq!(connection.poll_transmit(&mut out), Ok(4));
    assert_eq!(out.written(), b"\x88\x02\x03\xe9");
    assert_eq!(connection.state(), State::Closed);
}

#[test]
fn a_ping_or_pong_of_the_caller_takes_125_bytes_and_no_more() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut out = Wire::default();
    let error = SendError::ControlPayloadTooLong { len: 126 };
    assert_eq!(connection.ping(&[0; 126], &mut out), Err(error));
    assert_eq!(connection.pong(&[0; 126], &mut out), Err(error));
    assert_eq!(out.0, b"");
    connection.ping(&[1; 125], &mut out).expect("125");
    connection.pong(&[2; 125], &mut out).expect("125");
    assert_eq!(out.0, [[0x89, 125].as_slice(), &[1; 125], &[0x8a, 125], &[2; 125]].concat());
}

#[test]
fn a_control_payload_is_up_to_125_bytes() {
    assert_eq!(&*ControlPayload::EMPTY, b"");
    let full = ControlPayload::new(&[7; 125]).expect("125");
    assert_eq!(full.as_ref(), [7; 125]);
    assert_eq!(ControlPayload::new(&[7; 126]), None);
    let payload = ControlPayload::new(b"a\xff").expect("2");
    assert_eq!(format!("{payload:?}"), r#""a\xff""#);
}

#[test]
fn the_payload_of_a_control_frame_stays_until_the_next_call() {
    let mut bytes = stream(
        Side::Server,
        &[Frame::ping("ping"), Frame::pong(""), Frame::pong("pong"), Frame::binary("data")],
    );
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut input = Input::new(&mut bytes);
    assert_eq!(connection.control_payload(), b"");
    let mut seen = Vec::new();
    while let Some(event) = connection.receive(&mut input).expect("valid") {
        let event = format!("{event:?}").split('(').next().map(str::to_owned);
        seen.push((event.expect("a name"), connection.control_payload().to_vec()));
    }
    let expected = [("Ping", "ping"), ("Pong", ""), ("Pong", "pong"), ("Data", "")];
    let expected = expected.map(|(event, payload)| (event.to_owned(), payload.into()));
    assert_eq!(seen, expected);
    assert_eq!(connection.control_payload(), b"", "after the end of the input");
}

#[test]
fn the_payload_of_a_control_frame_is_gone_after_the_end_of_the_transport() {
    let mut bytes = Frame::ping("ping").bytes(Side::Server);
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    assert_eq!(connection.receive(&mut Input::new(&mut bytes)), Ok(Some(Event::Ping)));
    assert_eq!(connection.receive_eof(), Err(ProtocolError::UnexpectedEof));
    assert_eq!(connection.control_payload(), b"");
}

#[test]
fn a_message_that_follows_a_control_frame_is_received_at_every_split() {
    for side in Side::BOTH {
        let frames = [
            Frame::text("a").more(),
            Frame::ping("p"),
            Frame::continuation("b"),
            Frame::pong("q"),
            Frame::binary("c"),
        ];
        let log =
            every_split(side, &ConnectionConfig::new().answer_pings(false), &stream(side, &frames));
        let expected = [
            Entry::data(Kind::Text, b"a", true, false),
            Entry::ping("p"),
            Entry::data(Kind::Text, b"b", false, true),
            Entry::pong("q"),
            Entry::data(Kind::Binary, b"c", true, true),
        ];
        assert_eq!(log.entries, expected);
    }
}

#[test]
fn the_close_of_the_peer_stays() {
    let mut bytes = stream(Side::Server, &[Frame::close(4000, "why"), Frame::ping("late")]);
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    assert_eq!(connection.peer_close(), None);
    let mut input = Input::new(&mut bytes);
    assert_eq!(connection.receive(&mut input), Ok(Some(Event::Close)));
    let mut out = SliceOutput::new(&mut []);
    assert!(connection.poll_transmit(&mut out).is_err());
    assert_eq!(connection.receive(&mut input), Ok(None));
    assert_eq!(connection.receive_eof(), Ok(()));
    let close = connection.peer_close().map(|frame| (frame.code().0, frame.reason()));
    assert_eq!(close, Some((4000, "why")));

    let mut bytes = Frame::raw_close("").bytes(Side::Server);
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    assert_eq!(connection.receive(&mut Input::new(&mut bytes)), Ok(Some(Event::Close)));
    assert_eq!(connection.peer_close(), None, "a Close without a code");
}
