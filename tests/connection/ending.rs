//! Faults, which are reported with one Close, and the end of the transport: what each means before,
//! during and after the closing handshake (RFC 6455 7.1).

use support::{
    Entry, Frame, Pair, Recorder, SEED, Side, Wire, assert_at, assert_sends_nothing, every_split,
    every_split_from, stream,
};
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Endpoint, Input, Role, Server, State, TransportAction,
};
use websocket_proto::{CloseCode, ProtocolError};

#[test]
fn a_fault_after_our_close_is_told_and_not_reported() {
    for side in Side::BOTH {
        let log =
            every_split_from(side, &ConnectionConfig::new(), true, &Frame::new(3, "").bytes(side));
        assert_eq!(log.entries, [Entry::Error(ProtocolError::ReservedOpCode { opcode: 3 })]);
        assert_eq!((log.state, log.transport), (State::Closed, TransportAction::ShutdownWrite));
    }
}

#[test]
fn a_fault_is_reported_with_one_close_and_then_the_transport_is_shut_down() {
    fn check<R: Role>(role: R, side: Side) {
        let mut connection = Connection::new(role, ConnectionConfig::new());
        let mut bytes = Frame::new(3, "").bytes(side);
        let mut input = Input::new(&mut bytes);
        let error = ProtocolError::ReservedOpCode { opcode: 3 };
        assert_eq!(connection.receive(&mut input), Err(error));
        // The Close is due: the transport is still needed.
        assert_at(&connection, State::Closed, TransportAction::Keep);
        assert_sends_nothing(&mut connection);
        let mut out = Wire::default();
        connection.poll_transmit(&mut out).expect("room");
        assert_eq!(support::unmask_frames(&out.0), b"\x88\x18\x03\xeaopcode 0x3 is reserved");
        // RFC 6455 7.1.7: who fails a connection closes it, a client too.
        assert_at(&connection, State::Closed, TransportAction::ShutdownWrite);
        assert_eq!(connection.receive(&mut input), Err(error));
        assert_eq!(connection.poll_transmit(&mut out), Ok(0), "once is enough");
        assert_sends_nothing(&mut connection);
        assert_eq!(connection.receive_eof(), Err(error));
        assert_at(&connection, State::Closed, TransportAction::Drop);
    }
    check(Server, Side::Server);
    check(Client::new(SEED), Side::Client);
}

#[test]
fn the_close_after_a_failure_is_not_read() {
    // RFC 6455 7.1.7: a failed connection does not go on reading, even the peer's Close.
    for side in Side::BOTH {
        let frames = [Frame::new(3, ""), Frame::close(1000, "")];
        let log = every_split(side, &ConnectionConfig::new(), &stream(side, &frames));
        assert!(!log.entries.iter().any(|entry| matches!(entry, Entry::Close(_))));
    }
}

#[test]
fn the_end_without_a_close_is_1006_and_nothing_is_sent() {
    fn check<R: Role>(role: R, side: Side, frames: &[Frame], cut: usize) {
        let mut endpoint = Connection::new(role, ConnectionConfig::new());
        let mut recorder = Recorder::default();
        let mut bytes = stream(side, frames);
        let len = bytes.len() - cut;
        recorder.feed(&mut endpoint, &mut bytes[..len]);
        recorder.entries.clear();
        recorder.eof(&mut endpoint);
        assert_eq!(recorder.entries, [Entry::Error(ProtocolError::UnexpectedEof)]);
        assert_eq!(ProtocolError::UnexpectedEof.close_code(), CloseCode::ABNORMAL);
        assert_at(&endpoint, State::Closed, TransportAction::Drop);
        assert_sends_nothing(&mut endpoint);
        assert_eq!(endpoint.receive_eof(), Err(ProtocolError::UnexpectedEof), "again");
        let mut late = [0x81];
        let received = endpoint.receive(&mut Input::new(&mut late));
        assert_eq!(received, Err(ProtocolError::UnexpectedEof));
        assert_at(&endpoint, State::Closed, TransportAction::Drop);
        assert_eq!(endpoint.poll_transmit(&mut Wire::default()), Ok(0));
    }
    // Between frames, in a header, in a payload, in a message, in a control frame.
    let frames: [(&[Frame], usize); 6] = [
        (&[], 0),
        (&[Frame::text("whole")], 0),
        (&[Frame::text("")], 1),
        (&[Frame::binary("cut")], 1),
        (&[Frame::text("half").more()], 0),
        (&[Frame::close(1000, "")], 1),
    ];
    for (frames, cut) in frames {
        check(Server, Side::Server, frames, cut);
        check(Client::new(SEED), Side::Client, frames, cut);
    }
}

#[test]
fn the_end_after_our_close_alone_is_not_clean() {
    let Pair { mut server, .. } = Pair::new();
    server.connection.close(CloseCode::NORMAL, "", &mut server.out).expect("open");
    assert_eq!(server.connection.receive_eof(), Err(ProtocolError::UnexpectedEof));
    assert_at(&server.connection, State::Closed, TransportAction::Drop);
    assert_eq!(server.connection.poll_transmit(&mut Wire::default()), Ok(0));
}

#[test]
fn the_end_after_the_peers_close_is_clean_and_the_answer_still_goes() {
    // The peer may have shut down only its sending side.
    fn check<R: Role>(role: R, side: Side) {
        let mut connection = Connection::new(role, ConnectionConfig::new());
        let mut bytes = Frame::close(1000, "").bytes(side);
        assert!(connection.receive(&mut Input::new(&mut bytes)).is_ok());
        assert_eq!(connection.receive_eof(), Ok(()));
        assert_eq!(connection.transport_action(), TransportAction::Keep);
        let mut out = Wire::default();
        connection.poll_transmit(&mut out).expect("room");
        assert_eq!(support::unmask_frames(&out.0), b"\x88\x02\x03\xe8");
        assert_at(&connection, State::Closed, TransportAction::Drop);
        assert_eq!(connection.receive(&mut Input::new(&mut [1, 2, 3])), Ok(None));
        assert_eq!(connection.receive_eof(), Ok(()), "again");
    }
    check(Server, Side::Server);
    check(Client::new(SEED), Side::Client);
}

#[test]
fn the_end_after_a_fault_leaves_its_report_due() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let error = ProtocolError::UnmaskedFrame;
    assert_eq!(connection.receive(&mut Input::new(&mut [0x81, 0x00])), Err(error));
    assert_eq!(connection.receive_eof(), Err(error), "the first fault stays");
    assert_eq!(connection.transport_action(), TransportAction::Keep);
    assert!(connection.poll_transmit(&mut Wire::default()).expect("room") > 0);
    assert_at(&connection, State::Closed, TransportAction::Drop);
}

#[test]
fn how_a_connection_ended_is_known_once_it_has_ended() {
    let mut pair = Pair::new();
    let Pair { client, server } = &mut pair;
    assert_eq!(client.connection.close_info(), None, "open");
    client.connection.close(CloseCode::GOING_AWAY, "bye", &mut client.out).expect("open");
    assert_eq!(client.connection.close_info(), None, "closing");
    assert_eq!(server.connection.close_info(), None, "open");
    pair.settle();

    // The server answers with the code alone.
    let info = pair.client.connection.close_info().expect("closed");
    assert_eq!((info.code, info.reason), (CloseCode::GOING_AWAY, ""));
    assert_eq!((info.began, info.is_clean), (Some(Endpoint::Local), true));
    let info = pair.server.connection.close_info().expect("closed");
    assert_eq!((info.code, info.reason), (CloseCode::GOING_AWAY, "bye"));
    assert_eq!((info.began, info.is_clean), (Some(Endpoint::Peer), true));
}

#[test]
fn an_end_without_a_close_is_not_clean_and_nobody_began_it() {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    assert_eq!(connection.receive_eof(), Err(ProtocolError::UnexpectedEof));
    let info = connection.close_info().expect("ended");
    assert_eq!((info.code, info.reason), (CloseCode::ABNORMAL, ""));
    assert_eq!((info.began, info.is_clean), (None, false));
}
