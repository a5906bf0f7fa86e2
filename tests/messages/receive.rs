//! Messages are cut out of the read buffer, or joined in it, however the bytes come.

use bytes::{Bytes, BytesMut};
use support::messages::*;
use websocket_proto::connection::State;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, ProtocolError};

#[track_caller]
fn payload(message: Option<Message>) -> Bytes {
    match message {
        Some(Message::Text(text)) => text.into_bytes(),
        Some(Message::Binary(bytes)) => bytes,
        other => panic!("no data: {other:?}"),
    }
}

#[test]
fn a_message_in_one_frame_is_cut_out_of_the_buffer_without_a_copy() {
    for from in [From::Client, From::Server] {
        let mut buffer = input(from.frame(BINARY, b"a payload where it lies"));
        let place = buffer.as_ptr().wrapping_add(from.header(0x82, 23).len());
        let message = match from {
            From::Client => server(Config::new()).receive_from(&mut buffer),
            From::Server => client(Config::new()).receive_from(&mut buffer),
        };
        let message = payload(message.unwrap());
        assert_eq!(&message[..], b"a payload where it lies");
        assert_eq!(message.as_ptr(), place);
    }
}

#[test]
fn each_of_many_messages_in_one_read_is_cut_out_where_it_lies() {
    let sent: Vec<Vec<u8>> = (0..20_u8).map(|n| vec![n; usize::from(n) * 20]).collect();
    let mut stream = Vec::new();
    let mut places = Vec::new();
    for payload in &sent {
        stream.extend(From::Client.frame(BINARY, payload));
        places.push(stream.len() - payload.len());
    }
    let mut buffer = input(&stream);
    let start = buffer.as_ptr();
    let mut websocket = server(Config::new());
    let mut received = Vec::new();
    while let Some(message) = websocket.receive_from(&mut buffer).unwrap() {
        received.push(payload(Some(message)));
    }
    assert_eq!(received, sent);
    for (message, place) in received.iter().zip(places).filter(|(message, _)| !message.is_empty()) {
        assert_eq!(message.as_ptr(), start.wrapping_add(place));
    }
}

#[test]
fn a_frame_over_many_reads_lands_behind_its_first_bytes_and_seldom_moves() {
    let sent: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    let stream = From::Client.frame(BINARY, &sent);
    let mut websocket = server(Config::new());
    let mut message = None;
    let mut end = None;
    let mut moves = 0;
    for read in stream.chunks(1500) {
        assert_eq!(message, None);
        let mut free = websocket.input().lend();
        // The free space begins where the last read ended, unless the buffer has grown.
        moves += usize::from(end.is_some_and(|end| end != free.as_ptr()));
        free.extend_from_slice(read);
        end = Some(free.as_ptr().wrapping_add(read.len()));
        websocket.input().give_back(free);
        message = websocket.receive().unwrap();
    }
    assert_eq!(payload(message), sent);
    assert!(moves < 8, "{moves} moves");
}

#[test]
fn fragments_in_one_read_are_moved_together_to_the_place_of_the_first() {
    let from = From::Client;
    let stream = [
        from.part(TEXT, "eins "),
        from.part(CONTINUATION, "zwei "),
        from.frame(CONTINUATION, "drei"),
    ]
    .concat();
    let mut buffer = input(stream);
    let place = buffer.as_ptr().wrapping_add(6);
    let message = payload(server(Config::new()).receive_from(&mut buffer).unwrap());
    assert_eq!(&message[..], b"eins zwei drei");
    assert_eq!(message.as_ptr(), place);
    assert!(buffer.is_empty());
}

#[test]
fn a_control_frame_between_fragments_is_delivered_between_them() {
    let from = From::Server;
    let stream = [
        from.part(TEXT, "one "),
        from.frame(PING, "?"),
        from.part(CONTINUATION, "two "),
        from.frame(PONG, "!"),
        from.frame(PING, ""),
        from.frame(CONTINUATION, "three"),
        from.frame(BINARY, "next"),
    ]
    .concat();
    let log = Log::of(client(Config::new()), &stream, &[]);
    assert_eq!(
        log.messages,
        [
            Message::Ping(Bytes::from_static(b"?")),
            Message::Pong(Bytes::from_static(b"!")),
            Message::Ping(Bytes::new()),
            Message::text("one two three"),
            Message::binary(&b"next"[..]),
        ]
    );
    let pongs: Vec<_> = decode(&log.output).into_iter().map(|f| (f.opcode, f.payload)).collect();
    assert_eq!(pongs, [(PONG, b"?".to_vec()), (PONG, vec![])]);
}

#[test]
fn a_ping_is_delivered_before_the_rest_of_the_message_has_come() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    let mut buffer = input([from.part(TEXT, "Hel"), from.frame(PING, "now")].concat());
    let ping = websocket.receive_from(&mut buffer).unwrap();
    assert_eq!(ping, Some(Message::Ping(Bytes::from_static(b"now"))));
    assert_eq!(drain(websocket.output()), From::Server.frame(PONG, "now"));
    assert_eq!(websocket.receive_from(&mut buffer).unwrap(), None);
    buffer.extend_from_slice(&from.frame(CONTINUATION, "lo"));
    assert_eq!(websocket.receive_from(&mut buffer).unwrap(), Some(Message::text("Hello")));
}

/// Short conversations, and what ends them, as sent by one role.
fn conversations(from: From) -> Vec<Vec<u8>> {
    let text = "κόσμε 😀";
    let (head, tail) = text.as_bytes().split_at(5);
    let other = if from == From::Client { From::Server } else { From::Client };
    vec![
        [from.frame(TEXT, text), from.frame(BINARY, []), from.frame(TEXT, "x")].concat(),
        [
            from.part(TEXT, head),
            from.frame(PING, "in between"),
            from.part(CONTINUATION, ""),
            from.frame(CONTINUATION, tail),
            from.close(4000, "bye"),
            from.frame(TEXT, "too late"),
        ]
        .concat(),
        [from.part(BINARY, ""), from.part(CONTINUATION, "ab"), from.frame(CLOSE, "")].concat(),
        [from.frame(PING, "1"), from.frame(PING, "2"), from.frame(PONG, "3")].concat(),
        // Each of these fails, in the middle of what is there.
        [from.frame(TEXT, "good"), from.frame(TEXT, b"ab\xc0cd"), from.frame(TEXT, "x")].concat(),
        [from.part(TEXT, b"ab\xf0\x9f"), from.frame(PING, "p"), from.frame(CONTINUATION, "!")]
            .concat(),
        [from.part(TEXT, "a"), from.frame(CONTINUATION, b"b\xe2\x82")].concat(),
        [from.part(BINARY, "a"), from.frame(TEXT, "b"), from.frame(TEXT, "c")].concat(),
        [from.frame(BINARY, "ok"), from.part(CONTINUATION, "b")].concat(),
        [from.frame(BINARY, "ok"), other.frame(BINARY, "wrong masking")].concat(),
        [from.part(BINARY, [1; 20]), from.frame(CONTINUATION, [2; 21]), from.frame(PING, "")]
            .concat(),
        [from.frame(PING, "ok"), from.header(0x81, 41)].concat(),
        [from.frame(CLOSE, "\x03"), from.frame(CLOSE, "")].concat(),
        [from.close(1005, ""), from.frame(CLOSE, "")].concat(),
        [from.frame(TEXT, "ok"), vec![0x83, 0x80]].concat(),
    ]
}

#[test]
fn every_split_gives_the_same_messages_error_and_output() {
    let config = || Config::new().max_message_size(40);
    for from in [From::Client, From::Server] {
        let run = |stream: &[u8], cuts: &[usize]| match from {
            From::Client => Log::of(server(config()), stream, cuts),
            From::Server => Log::of(client(config()), stream, cuts),
        };
        for stream in conversations(from) {
            let whole = run(&stream, &[]);
            assert!(whole.messages.len() + usize::from(whole.error.is_some()) > 0);
            let each_byte: Vec<usize> = (1..stream.len()).collect();
            assert_eq!(run(&stream, &each_byte), whole, "{}", stream.escape_ascii());
            for first in 0..=stream.len() {
                for second in first..=stream.len() {
                    let cut = run(&stream, &[first, second]);
                    assert_eq!(cut, whole, "{} at {first}, {second}", stream.escape_ascii());
                }
            }
        }
    }
}

#[test]
fn a_length_that_is_only_declared_reserves_nothing() {
    for declared in [126, 0x1_0000, 16 << 20] {
        let mut websocket = server(Config::new());
        let mut buffer = BytesMut::new();
        buffer.extend_from_slice(&From::Client.header(0x82, declared));
        let capacity = buffer.capacity();
        assert_eq!(websocket.receive_from(&mut buffer).unwrap(), None);
        assert_eq!(websocket.frame_remaining(), declared);
        assert_eq!((buffer.len(), buffer.capacity() <= capacity), (0, true));
    }
}

#[test]
fn what_is_reserved_follows_what_has_come() {
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&From::Client.header(0x82, 16 << 20));
    let mut arrived = 0;
    // 1 KiB of 16 MiB, then on to half of it.
    for read in [1024, 1024, 2048, 4096, 100_000, 8 << 20] {
        websocket.input().extend_from_slice(&vec![0; read]);
        arrived += read;
        assert_eq!(websocket.receive().unwrap(), None);
        assert_eq!(websocket.input().len(), arrived);
        // A vector that grows has at most twice what it needs.
        let free = websocket.input().lend();
        assert!(free.capacity() <= 2 * 8192 + 4 * arrived, "{} for {arrived}", free.capacity());
        websocket.input().take_back(free);
    }
}

#[test]
fn a_large_frame_finds_room_behind_what_has_come() {
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&From::Client.header(0x82, 1 << 20));
    websocket.input().extend_from_slice(&[0; 65536]);
    assert_eq!(websocket.receive().unwrap(), None);
    let room = websocket.input().lend().capacity();
    assert!((65536..4 * 65536).contains(&room), "{room}");
    // But no more than a read needs when the frame is almost there.
    let mut websocket = server(Config::new());
    websocket.input().extend_from_slice(&From::Client.header(0x82, 4100));
    websocket.input().extend_from_slice(&[0; 4096]);
    assert_eq!(websocket.receive().unwrap(), None);
    let room = websocket.input().lend().capacity();
    assert!((4..=2 * 4096).contains(&room), "{room}");
}

#[test]
fn messages_still_come_after_our_own_close() {
    let from = From::Server;
    let mut websocket = client(Config::new());
    websocket.close(CloseCode::GOING_AWAY, "").unwrap();
    assert_eq!(websocket.state(), State::LocalClosing);
    drain(websocket.output());
    let mut buffer = input([from.frame(TEXT, "last words"), from.frame(PING, "?")].concat());
    assert_eq!(websocket.receive_from(&mut buffer).unwrap(), Some(Message::text("last words")));
    assert!(matches!(websocket.receive_from(&mut buffer), Ok(Some(Message::Ping(_)))));
    // RFC 6455 5.5.1: nothing is sent after a Close, a Pong no more than a message.
    assert!(websocket.output().is_empty());
}

#[test]
fn pings_are_left_to_the_caller_when_the_configuration_says_so() {
    let mut websocket = server(Config::new().answer_pings(false));
    let mut buffer = input(From::Client.frame(PING, "?"));
    assert!(matches!(websocket.receive_from(&mut buffer), Ok(Some(Message::Ping(_)))));
    assert!(websocket.output().is_empty());
    websocket.send(Message::Pong(Bytes::from_static(b"?"))).unwrap();
    assert_eq!(drain(websocket.output()), From::Server.frame(PONG, "?"));
}

#[test]
fn a_receiving_half_gives_what_the_whole_would() {
    for stream in conversations(From::Client) {
        let config = || Config::new().max_message_size(40);
        let whole = Log::of(server(config()), &stream, &[]);
        let (mut receiver, _sender) = server(config()).into_split();
        let mut buffer = BytesMut::new();
        let mut messages = Vec::new();
        let mut error = None;
        for byte in &stream {
            buffer.extend_from_slice(&[*byte]);
            loop {
                match receiver.receive_from(&mut buffer) {
                    Ok(Some(message)) => messages.push(message),
                    Ok(None) => break,
                    Err(failed) => {
                        error = Some(failed);
                        break;
                    }
                }
            }
        }
        assert_eq!((messages, error), (whole.messages, whole.error), "{}", stream.escape_ascii());
    }
}

#[test]
fn a_split_in_the_middle_of_a_message_loses_none_of_it() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    let mut buffer = input([from.part(TEXT, "one "), from.frame(PING, "?")].concat());
    assert!(websocket.receive_from(&mut buffer).unwrap().is_some());
    assert_eq!(websocket.receive_from(&mut buffer).unwrap(), None);
    let (mut receiver, mut sender) = websocket.into_split();
    assert_eq!(drain(sender.output()), From::Server.frame(PONG, "?"));
    buffer.extend_from_slice(&from.frame(CONTINUATION, "two"));
    assert_eq!(receiver.receive_from(&mut buffer).unwrap(), Some(Message::text("one two")));
    assert_eq!(receiver.receive_eof(), Err(ProtocolError::UnexpectedEof));
}
