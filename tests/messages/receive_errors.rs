//! What ends the messages, and where: text that is none, limits, errors, a Close, and the end of the
//! transport.

use bytes::Bytes;
use support::messages::*;
use websocket_proto::connection::{State, TransportAction};
use websocket_proto::websocket::{Config, Part};
use websocket_proto::{CloseCode, Message, ProtocolError};

#[test]
fn text_fails_at_the_first_bad_byte_of_a_frame_that_is_not_all_there() {
    let bad: [(&[u8], u64); 6] = [
        (b"abc\xc0", 3),
        (b"\xed\xa0", 1),
        (b"ab\xf4\x90", 3),
        (b"\xe2\x28", 1),
        (b"\x80", 0),
        (b"ok\xf0\x9f\x98\x80\xff", 6),
    ];
    for (bytes, offset) in bad {
        for opcode in [0x01, 0x81] {
            let stream = [From::Server.header(opcode, 1000), bytes.to_vec()].concat();
            let log = Log::of(client(Config::new()), &stream, &[]);
            assert_eq!(log.error, Some(ProtocolError::InvalidUtf8 { offset }), "{bytes:02x?}");
            assert_eq!(log.messages, []);
            let [close] = &decode(&log.output)[..] else { panic!("{log:?}") };
            assert_eq!(close_code(close), Some(1007));
        }
    }
}

#[test]
fn text_that_ends_inside_a_character_fails_only_where_the_message_ends() {
    let from = From::Client;
    let euro = "€".as_bytes();
    let good = [from.part(TEXT, &euro[..1]), from.part(CONTINUATION, &euro[1..2])].concat();
    let log = Log::of(server(Config::new()), &good, &[]);
    assert_eq!((log.error, log.output), (None, vec![]));

    let whole = [good.clone(), from.frame(CONTINUATION, &euro[2..])].concat();
    assert_eq!(Log::of(server(Config::new()), &whole, &[]).messages, [Message::text("€")]);

    let cut = [good, from.frame(CONTINUATION, "")].concat();
    let log = Log::of(server(Config::new()), &cut, &[]);
    assert_eq!(log.error, Some(ProtocolError::InvalidUtf8 { offset: 2 }));
    assert_eq!(close_code(&decode(&log.output)[0]), Some(1007));
}

#[test]
fn binary_is_never_taken_for_text() {
    let all: Vec<u8> = (0..=255).collect();
    let stream = From::Client.frame(BINARY, &all);
    let each_byte: Vec<usize> = (1..stream.len()).collect();
    let log = Log::of(server(Config::new()), &stream, &each_byte);
    assert_eq!(log.messages, [Message::from(all)]);
}

#[test]
fn what_comes_behind_a_close_is_dropped_and_holds_no_memory() {
    let mut websocket = server(Config::new());
    let mut buffer = input(
        [From::Client.close(1000, "bye"), From::Client.frame(TEXT, "too late"), vec![0xff; 9]]
            .concat(),
    );
    let close = websocket.receive_from(&mut buffer).unwrap();
    assert_eq!(close, Some(Message::close(CloseCode::NORMAL, "bye").unwrap()));
    assert_eq!(
        (websocket.state(), websocket.transport_action()),
        (State::Closed, TransportAction::ShutdownWrite)
    );
    assert_eq!(drain(websocket.output()), From::Server.close(1000, "bye"));
    for _ in 0..3 {
        assert_eq!(websocket.receive_from(&mut buffer).unwrap(), None);
        assert!(buffer.is_empty());
        buffer.extend_from_slice(&From::Client.frame(PING, "still?"));
    }
    assert!(websocket.output().is_empty());
}

#[test]
fn what_comes_behind_an_error_is_dropped_and_the_error_stays() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    let mut buffer = input([from.part(TEXT, "held"), from.frame(TEXT, "x")].concat());
    for _ in 0..3 {
        let error = websocket.receive_from(&mut buffer).unwrap_err();
        assert_eq!(error, ProtocolError::ExpectedContinuation);
        assert!(buffer.is_empty());
        // RFC 6455 7.1.7: not even the peer's Close is read any more.
        buffer.extend_from_slice(&from.close(1000, ""));
    }
    let [close] = &decode(&drain(websocket.output()))[..] else { panic!("one Close") };
    assert_eq!(close_code(close), Some(1002));
    assert_eq!(websocket.transport_action(), TransportAction::ShutdownWrite);
    assert_eq!(websocket.receive_eof(), Err(ProtocolError::ExpectedContinuation));
}

#[test]
fn messages_before_an_error_are_delivered_and_answered_before_it() {
    let from = From::Client;
    let stream =
        [from.frame(TEXT, "one"), from.frame(PING, "two"), from.frame(TEXT, b"\xff")].concat();
    let log = Log::of(server(Config::new()), &stream, &[]);
    assert_eq!(log.messages, [Message::text("one"), Message::Ping(Bytes::from_static(b"two"))]);
    assert_eq!(log.error, Some(ProtocolError::InvalidUtf8 { offset: 0 }));
    let frames = decode(&log.output);
    assert_eq!(frames.iter().map(|frame| frame.opcode).collect::<Vec<_>>(), [PONG, CLOSE]);
}

#[test]
fn the_message_limit_is_inclusive_across_fragments() {
    let config = || Config::new().max_message_size(300);
    let from = From::Client;
    let exact = [
        from.frame(BINARY, [1; 300]),
        from.part(BINARY, [2; 200]),
        from.part(CONTINUATION, []),
        from.frame(CONTINUATION, [3; 100]),
        // The next message starts from nothing.
        from.frame(TEXT, [b'x'; 300]),
    ]
    .concat();
    let log = Log::of(server(config()), &exact, &[]);
    let lengths: Vec<_> = log.messages.iter().map(|m| m.payload().unwrap().len()).collect();
    assert_eq!((lengths, log.error), (vec![300, 300, 300], None));

    let over = ProtocolError::MessageTooLarge { len: 301, limit: 300 };
    let one_frame = from.header(0x82, 301);
    // The header that exceeds it is enough.
    let fragments = [from.part(BINARY, [2; 200]), from.header(0x80, 101)].concat();
    for stream in [one_frame, fragments] {
        let log = Log::of(server(config()), &stream, &[]);
        assert_eq!(log.error, Some(over));
        assert_eq!(close_code(&decode(&log.output)[0]), Some(1009));
    }
}

#[test]
fn the_frame_limit_is_inclusive_and_apart_from_that_of_the_message() {
    let config = || Config::new().max_frame_size(130).max_message_size(300);
    let from = From::Server;
    let good = [from.part(BINARY, [1; 130]), from.frame(CONTINUATION, [2; 130])].concat();
    assert_eq!(Log::of(client(config()), &good, &[]).messages.len(), 1);
    let log = Log::of(client(config()), &from.header(0x82, 131), &[]);
    assert_eq!(log.error, Some(ProtocolError::FrameTooLarge { len: 131, limit: 130 }));
}

#[test]
fn a_close_in_the_middle_of_a_message_is_answered_and_the_message_dropped() {
    for from in [From::Client, From::Server] {
        let stream = [from.part(TEXT, "half of"), from.close(1001, "")].concat();
        let each_byte: Vec<usize> = (1..stream.len()).collect();
        let log = match from {
            From::Client => Log::of(server(Config::new()), &stream, &each_byte),
            From::Server => Log::of(client(Config::new()), &stream, &each_byte),
        };
        assert_eq!(log.messages, [Message::close(CloseCode::GOING_AWAY, "").unwrap()]);
        assert_eq!(log.error, None);
        assert_eq!(close_code(&decode(&log.output)[0]), Some(1001));
    }
}

#[test]
fn the_end_of_the_transport_is_an_error_unless_a_close_has_come() {
    for stream in [vec![], From::Client.part(TEXT, "half"), From::Client.header(0x81, 9)] {
        let mut websocket = server(Config::new());
        let mut buffer = input(stream);
        assert_eq!(websocket.receive_from(&mut buffer).unwrap(), None);
        assert_eq!(websocket.receive_eof(), Err(ProtocolError::UnexpectedEof));
        assert_eq!(websocket.receive_eof(), Err(ProtocolError::UnexpectedEof));
        assert_eq!(websocket.receive_from(&mut buffer), Err(ProtocolError::UnexpectedEof));
        assert_eq!(
            (websocket.state(), websocket.transport_action()),
            (State::Closed, TransportAction::Drop)
        );
        assert!(websocket.output().is_empty(), "nobody is left to read a Close");
    }
    let mut websocket = client(Config::new());
    websocket.close(CloseCode::NORMAL, "").unwrap();
    let mut buffer = input(From::Server.close(1000, ""));
    assert!(websocket.receive_from(&mut buffer).unwrap().is_some());
    assert_eq!(
        (websocket.state(), websocket.transport_action()),
        (State::Closed, TransportAction::Keep)
    );
    assert_eq!(websocket.receive_eof(), Ok(()));
    assert_eq!(websocket.transport_action(), TransportAction::Drop);
}

#[test]
fn an_error_that_the_end_of_the_transport_finds_is_reported_to_the_peer() {
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&From::Client.frame(TEXT, b"ok\xff"));
    // The part before the invalid byte is returned first.
    let part = websocket.receive_part();
    assert!(matches!(part, Ok(Some(Part::Data { bytes: b"ok", last: false, .. }))), "{part:?}");
    let error = ProtocolError::InvalidUtf8 { offset: 2 };
    assert_eq!(websocket.receive_eof(), Err(error));
    assert_eq!(websocket.state(), State::Closed);
    let [frame] = &frames(websocket.output())[..] else { panic!("the Close") };
    assert_eq!((frame.opcode, &frame.payload[..2]), (CLOSE, &1007_u16.to_be_bytes()[..]));
}

#[test]
fn an_end_of_the_transport_without_a_close_sends_nothing() {
    let mut websocket = server(Config::new());
    assert_eq!(websocket.receive_eof(), Err(ProtocolError::UnexpectedEof));
    assert!(websocket.output().is_empty());
}
