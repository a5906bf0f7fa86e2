//! The closing handshake (RFC 6455 5.5.1, 7), step by step in both roles: the state, what is to
//! be done with the transport, and that nothing follows a Close.

use support::{
    Endpoint, Entry, Frame, Pair, Recorder, Side, Wire, assert_at, assert_sends_nothing,
    every_split, every_split_from, stream,
};
use websocket_proto::connection::{
    Connection, ConnectionConfig, Input, Role, Server, SliceOutput, State, TransportAction,
};
use websocket_proto::frame::Kind;
use websocket_proto::{CloseCode, CloseFrame, OutputFull, ProtocolError, SendError};

/// What waits in `endpoint`'s queue, unmasked.
fn queued<R: Role>(endpoint: &Endpoint<R>) -> Vec<u8> {
    support::unmask_frames(&endpoint.out.0)
}

#[test]
fn a_new_connection_is_open() {
    let pair = Pair::new();
    assert_at(&pair.server.connection, State::Open, TransportAction::Keep);
    assert_at(&pair.client.connection, State::Open, TransportAction::Keep);
}

#[test]
fn a_server_closes_first() {
    let Pair { mut client, mut server } = Pair::new();

    server.connection.close(CloseCode::GOING_AWAY, "bye", &mut server.out).expect("open");
    assert_eq!(server.out.0, b"\x88\x05\x03\xe9bye");
    assert_at(&server.connection, State::LocalClosing, TransportAction::Keep);
    assert_sends_nothing(&mut server.connection);

    // The client hears it; its answer waits.
    let mut input = server.out.0.clone();
    let event = client.connection.receive(&mut Input::new(&mut input));
    assert!(matches!(event, Ok(Some(_))), "{event:?}");
    assert_at(&client.connection, State::RemoteClosing, TransportAction::Keep);
    assert_sends_nothing(&mut client.connection);

    // The answer has the code and no reason.
    client.connection.poll_transmit(&mut client.out).expect("room");
    assert_eq!(queued(&client), b"\x88\x02\x03\xe9");
    // RFC 6455 7.1.1: the client waits for the server to close the transport.
    assert_at(&client.connection, State::Closed, TransportAction::Keep);
    assert_sends_nothing(&mut client.connection);

    server.deliver(&client.out.0);
    assert_eq!(server.recorder.entries, [Entry::close(1001, "")]);
    assert_at(&server.connection, State::Closed, TransportAction::ShutdownWrite);
    assert_sends_nothing(&mut server.connection);

    assert_eq!(client.connection.receive_eof(), Ok(()));
    assert_at(&client.connection, State::Closed, TransportAction::Drop);
    assert_eq!(server.connection.receive_eof(), Ok(()));
    assert_at(&server.connection, State::Closed, TransportAction::Drop);
}

#[test]
fn a_client_closes_first() {
    let Pair { mut client, mut server } = Pair::new();

    client.connection.close(CloseCode::NORMAL, "done", &mut client.out).expect("open");
    assert_eq!(queued(&client), b"\x88\x06\x03\xe8done");
    assert_at(&client.connection, State::LocalClosing, TransportAction::Keep);
    assert_sends_nothing(&mut client.connection);

    server.recorder = Recorder::default();
    let mut input = client.out.0.clone();
    let event = server.connection.receive(&mut Input::new(&mut input));
    assert!(matches!(event, Ok(Some(_))), "{event:?}");
    assert_at(&server.connection, State::RemoteClosing, TransportAction::Keep);
    assert_sends_nothing(&mut server.connection);

    server.connection.poll_transmit(&mut server.out).expect("room");
    assert_eq!(server.out.0, b"\x88\x02\x03\xe8");
    // RFC 6455 7.1.1: the server closes the transport at once.
    assert_at(&server.connection, State::Closed, TransportAction::ShutdownWrite);
    assert_sends_nothing(&mut server.connection);

    client.deliver(&server.out.0);
    assert_eq!(client.recorder.entries, [Entry::close(1000, "")]);
    assert_at(&client.connection, State::Closed, TransportAction::Keep);
    client.eof();
    assert_at(&client.connection, State::Closed, TransportAction::Drop);
}

#[test]
fn both_close_at_once_and_neither_answers() {
    let mut pair = Pair::new();
    let Pair { client, server } = &mut pair;
    client.connection.close(CloseCode::NORMAL, "client", &mut client.out).expect("open");
    server.connection.close(CloseCode::GOING_AWAY, "server", &mut server.out).expect("open");
    pair.settle();
    assert_eq!(pair.client.recorder.entries, [Entry::close(1001, "server")]);
    assert_eq!(pair.server.recorder.entries, [Entry::close(1000, "client")]);
    assert_at(&pair.client.connection, State::Closed, TransportAction::Keep);
    assert_at(&pair.server.connection, State::Closed, TransportAction::ShutdownWrite);
}

#[test]
fn every_code_that_may_be_sent_is_answered_with_itself() {
    for side in Side::BOTH {
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]
            .into_iter()
            .chain([3000, 3999, 4000, 4999])
        {
            let bytes = Frame::close(code, "why").bytes(side);
            let log = every_split(side, &ConnectionConfig::new(), &bytes).with_sent_unmasked();
            let [high, low] = code.to_be_bytes();
            let expected = [Entry::close(code, "why"), Entry::sent([0x88, 2, high, low])];
            assert_eq!(log.entries, expected, "{side:?}");
            assert_eq!(log.state, State::Closed);
        }
    }
}

#[test]
fn a_close_without_a_code_is_answered_without_one() {
    for side in Side::BOTH {
        let bytes = Frame::raw_close("").bytes(side);
        let log = every_split(side, &ConnectionConfig::new(), &bytes).with_sent_unmasked();
        assert_eq!(log.entries, [Entry::Close(None), Entry::sent([0x88, 0])]);
    }
}

#[test]
fn a_close_without_a_code_can_be_sent() {
    let mut pair = Pair::new();
    pair.server.connection.close_with(None, &mut pair.server.out).expect("open");
    assert_eq!(pair.server.out.0, [0x88, 0]);
    pair.settle();
    assert_eq!(pair.client.recorder.entries[0], Entry::Close(None));
    assert_eq!(pair.server.recorder.entries, [Entry::Close(None)]);
}

#[test]
fn a_close_frame_that_was_made_before_can_be_sent() {
    let frame = CloseFrame::new(CloseCode(4000), "own").expect("sendable");
    let mut pair = Pair::new();
    pair.server.connection.close_with(Some(&frame), &mut pair.server.out).expect("open");
    assert_eq!(pair.server.out.0, b"\x88\x05\x0f\xa0own");
}

#[test]
fn codes_that_may_not_be_sent_are_refused_on_both_ways() {
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535] {
        let code = CloseCode(code);
        for side in Side::BOTH {
            let log =
                every_split(side, &ConnectionConfig::new(), &Frame::close(code.0, "").bytes(side));
            assert_eq!(log.error(), Some(ProtocolError::InvalidCloseCode { code }));
            assert_eq!(log.sent_close_code(), Some(1002));
        }
        let mut pair = Pair::new();
        let result = pair.server.connection.close(code, "", &mut pair.server.out);
        assert_eq!(result, Err(SendError::UnsendableCloseCode { code }));
        assert_eq!(pair.server.out.0, b"");
        assert_at(&pair.server.connection, State::Open, TransportAction::Keep);
    }
}

#[test]
fn a_close_with_one_byte_is_a_protocol_error() {
    for side in Side::BOTH {
        let log = every_split(side, &ConnectionConfig::new(), &Frame::raw_close([3]).bytes(side));
        assert_eq!(log.error(), Some(ProtocolError::CloseCodeCut));
        assert_eq!(log.sent_close_code(), Some(1002));
    }
}

#[test]
fn a_close_reason_that_is_not_utf8_is_invalid_data() {
    for side in Side::BOTH {
        for reason in [[0xff].as_slice(), b"ok\xc3", b"\xed\xa0\x80"] {
            let log = every_split(
                side,
                &ConnectionConfig::new(),
                &Frame::close(1000, reason).bytes(side),
            );
            assert_eq!(log.error(), Some(ProtocolError::InvalidCloseReason));
            assert_eq!(log.sent_close_code(), Some(1007));
        }
    }
}

#[test]
fn the_longest_close_is_received_and_sent() {
    let reason = "é".repeat(61) + "!";
    for side in Side::BOTH {
        let log =
            every_split(side, &ConnectionConfig::new(), &Frame::close(1000, &reason).bytes(side));
        assert_eq!(log.entries[0], Entry::close(1000, &reason));
    }
    let mut pair = Pair::new();
    pair.client.connection.close(CloseCode::NORMAL, &reason, &mut pair.client.out).expect("123");
    pair.settle();
    assert_eq!(pair.server.recorder.entries[0], Entry::close(1000, &reason));

    let mut pair = Pair::new();
    let result =
        pair.client.connection.close(CloseCode::NORMAL, &"x".repeat(124), &mut pair.client.out);
    assert_eq!(result, Err(SendError::CloseReasonTooLong { len: 124 }));
    assert_at(&pair.client.connection, State::Open, TransportAction::Keep);
}

#[test]
fn what_comes_behind_a_close_is_dropped() {
    for side in Side::BOTH {
        let close = Frame::close(1000, "");
        for behind in [
            Frame::text("late"),
            Frame::ping("late"),
            Frame::close(1001, "late"),
            Frame::new(3, "reserved"),
            Frame::text([0xff]),
            Frame::binary([]).declaring(1 << 62),
        ] {
            for close_first in [false, true] {
                let bytes = stream(side, &[close.clone(), behind.clone()]);
                let log = every_split_from(side, &ConnectionConfig::new(), close_first, &bytes);
                let alone = every_split_from(
                    side,
                    &ConnectionConfig::new(),
                    close_first,
                    &close.bytes(side),
                );
                assert_eq!(log, alone);
            }
        }
    }
}

#[test]
fn a_close_may_come_in_the_middle_of_a_message() {
    for side in Side::BOTH {
        // The message ends inside a character, which is no fault since it does not end.
        let frames = [Frame::text([b'a', 0xc3]).more(), Frame::close(1000, "")];
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames))
            .with_sent_unmasked();
        let expected = [
            Entry::data(Kind::Text, [b'a', 0xc3], true, false),
            Entry::close(1000, ""),
            Entry::sent(b"\x88\x02\x03\xe8"),
        ];
        assert_eq!(log.entries, expected);
    }
}

#[test]
fn our_close_may_go_in_the_middle_of_a_message() {
    let mut pair = Pair::new();
    let Endpoint { connection, out, .. } = &mut pair.client;
    connection.send_fragment(Kind::Text, false, b"half", out).expect("open");
    connection.close(CloseCode::NORMAL, "", out).expect("open");
    assert_sends_nothing(connection);
    pair.settle();
    let expected = [Entry::data(Kind::Text, "half", true, false), Entry::close(1000, "")];
    assert_eq!(pair.server.recorder.entries[..2], expected);
    assert_at(&pair.server.connection, State::Closed, TransportAction::ShutdownWrite);
}

#[test]
fn messages_still_come_after_our_close_until_the_peers() {
    for side in Side::BOTH {
        let frames = [
            Frame::text("on its way").more(),
            Frame::continuation("!"),
            Frame::close(1000, ""),
            Frame::text("never"),
        ];
        let log = every_split_from(side, &ConnectionConfig::new(), true, &stream(side, &frames));
        assert_eq!(log.entries, [Entry::text("on its way!"), Entry::close(1000, "")]);
        assert_eq!(log.state, State::Closed);
    }
}

#[test]
fn a_close_that_does_not_fit_changes_nothing() {
    for room in 0..4 {
        let mut connection = Connection::new(Server, ConnectionConfig::new());
        let mut buffer = [0xa5; 4];
        let mut out = SliceOutput::new(&mut buffer[..room]);
        let full = SendError::OutputFull(OutputFull { needed: 4, available: room });
        assert_eq!(connection.close(CloseCode::NORMAL, "", &mut out), Err(full));
        assert_eq!(out.written(), b"");
        assert_at(&connection, State::Open, TransportAction::Keep);
        connection.send_text("still open", &mut Wire::default()).expect("open");
        let mut out = SliceOutput::new(&mut buffer);
        connection.close(CloseCode::NORMAL, "", &mut out).expect("room");
        assert_eq!(out.written(), b"\x88\x02\x03\xe8");
    }
}

#[test]
fn a_close_that_does_not_fit_behind_a_pong_leaves_the_pong_due() {
    // 3 bytes of Pong and 4 of Close: with room for one of them alone nothing is written, since
    // an error says that nothing was.
    for room in 0..7 {
        let mut connection = Connection::new(Server, ConnectionConfig::new());
        let mut bytes = Frame::ping("x").bytes(Side::Server);
        assert!(connection.receive(&mut Input::new(&mut bytes)).is_ok());
        let mut buffer = [0xa5; 7];
        let mut out = SliceOutput::new(&mut buffer[..room]);
        let result = connection.close(CloseCode::NORMAL, "", &mut out);
        assert_eq!(result, Err(SendError::OutputFull(OutputFull { needed: 7, available: room })));
        assert_eq!(out.written(), b"", "room for {room}");
        assert_at(&connection, State::Open, TransportAction::Keep);
        let mut out = SliceOutput::new(&mut buffer);
        connection.close(CloseCode::NORMAL, "", &mut out).expect("room for both");
        assert_eq!(out.written(), b"\x8a\x01x\x88\x02\x03\xe8");
    }
}

#[test]
fn a_close_that_comes_too_late_leaves_the_pong_due() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut bytes = stream(Side::Server, &[Frame::ping("x"), Frame::close(1001, "")]);
    let mut input = Input::new(&mut bytes);
    while connection.receive(&mut input).expect("valid").is_some() {}
    assert_sends_nothing(&mut connection);
    let mut out = Wire::default();
    connection.poll_transmit(&mut out).expect("room");
    assert_eq!(out.0, b"\x8a\x01x\x88\x02\x03\xe9");
}

#[test]
fn the_answer_to_a_close_waits_for_room() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut bytes = Frame::close(1000, "").bytes(Side::Server);
    assert!(connection.receive(&mut Input::new(&mut bytes)).is_ok());
    let mut buffer = [0xa5; 4];
    for room in 0..4 {
        let mut out = SliceOutput::new(&mut buffer[..room]);
        let full = OutputFull { needed: 4, available: room };
        assert_eq!(connection.poll_transmit(&mut out), Err(full));
        assert_at(&connection, State::RemoteClosing, TransportAction::Keep);
    }
    let mut out = SliceOutput::new(&mut buffer);
    assert_eq!(connection.poll_transmit(&mut out), Ok(4));
    assert_at(&connection, State::Closed, TransportAction::ShutdownWrite);
}

#[test]
fn the_report_of_a_fault_waits_for_room() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let error = ProtocolError::UnmaskedFrame;
    assert_eq!(connection.receive(&mut Input::new(&mut [0x81, 0x00])), Err(error));
    let needed = 4 + error.to_string().len();
    let mut buffer = [0xa5; 128];
    for available in 0..needed {
        let mut out = SliceOutput::new(&mut buffer[..available]);
        assert_eq!(connection.poll_transmit(&mut out), Err(OutputFull { needed, available }));
        assert_at(&connection, State::Closed, TransportAction::Keep);
    }
    let mut out = SliceOutput::new(&mut buffer[..needed]);
    assert_eq!(connection.poll_transmit(&mut out), Ok(needed));
    assert_at(&connection, State::Closed, TransportAction::ShutdownWrite);
}
