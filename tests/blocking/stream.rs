//! WebSockets over TCP: messages both ways, limits, and calls that would wait.

use std::io::{ErrorKind, Write};
use std::thread;

use crate::loopback::*;
use bytes::{Bytes, BytesMut};
use support::messages::{self, BINARY, PING, TEXT, decode_one};
use websocket_proto::blocking::{self, WebSocketStream};
use websocket_proto::connection::{Oversized, Server};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::io::{ConnectOptions, Error, Reply};
use websocket_proto::websocket::{Config, MessageRef, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

#[test]
fn messages_of_every_size_come_back_as_they_were() {
    bounded(|| {
        let (address, server) = echo_server(Config::new());
        let mut socket = blocking::connect(url(address)).unwrap();
        for len in [0, 1, 125, 126, 4095, 4096, 65_535, 65_536, 1_000_000] {
            let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            socket.send(bytes.clone()).unwrap();
            assert_eq!(socket.read().unwrap(), Some(Message::from(bytes)));
            let text = "€".repeat(len / 3);
            socket.send(text.as_str()).unwrap();
            assert_eq!(socket.read().unwrap(), Some(Message::from(text)));
        }
        socket.close(CloseCode::NORMAL, "").unwrap();
        assert_closed(&mut socket, CloseCode::NORMAL, "");
        assert_eq!(socket.read().unwrap(), None);
        socket.finish().unwrap();
        server.join().unwrap().unwrap();
    });
}

#[test]
fn messages_that_are_fed_leave_when_reading_would_wait() {
    bounded(|| {
        let (address, server) = echo_server(Config::new());
        let mut socket = blocking::connect(url(address)).unwrap();
        for n in 0..1000_u32 {
            socket.feed(n.to_string()).unwrap();
        }
        for n in 0..1000_u32 {
            assert_eq!(socket.read().unwrap(), Some(Message::from(n.to_string())));
        }
        drop(socket);
        server.join().unwrap().unwrap_err();
    });
}

#[test]
fn messages_that_are_fed_leave_when_the_queue_is_full() {
    bounded(|| {
        let (mut server, client) = connected(Config::new(), Config::new().high_water_mark(1000));
        let feeding = thread::spawn(move || {
            let mut client = client;
            for n in 0..100_u8 {
                client.feed(vec![n; 100]).unwrap();
            }
            // Some of them wait here for good: nobody flushes.
            client
        });
        for n in 0..90_u8 {
            assert_eq!(server.read().unwrap(), Some(Message::from(vec![n; 100])));
        }
        feeding.join().unwrap();
    });
}

#[test]
fn fragments_and_prepared_messages_arrive_as_messages() {
    bounded(|| {
        let (mut server, mut client) = both();
        client.send_fragment(Kind::Text, false, &b"in three "[..]).unwrap();
        client.send(Message::Ping(Bytes::from_static(b"?"))).unwrap();
        client.send_fragment(Kind::Text, false, &b"\xe2\x82"[..]).unwrap();
        let refused = client.send_fragment(Kind::Text, true, &b"x"[..]);
        let Err(Error::RejectedFragment(rejected)) = refused else { panic!("{refused:?}") };
        assert_eq!(rejected.message, &b"x"[..]);
        assert_eq!(rejected.error, SendError::InvalidUtf8 { offset: 0 });
        let refused = client.send("x");
        assert!(matches!(
            refused,
            Err(Error::Rejected(rejected)) if rejected.error == SendError::MessageInProgress
        ));
        client.send_fragment(Kind::Text, true, &b"\xac"[..]).unwrap();
        client.send_prepared(&Prepared::text("ready")).unwrap();

        assert_eq!(server.read().unwrap(), Some(Message::Ping(Bytes::from_static(b"?"))));
        assert_eq!(server.read().unwrap(), Some(Message::text("in three €")));
        assert_eq!(server.read().unwrap(), Some(Message::text("ready")));
        server.send_prepared(&Prepared::binary(vec![9; 100_000])).unwrap();
        assert_eq!(client.read().unwrap(), Some(Message::Pong(Bytes::from_static(b"?"))));
        assert_eq!(client.read().unwrap(), Some(Message::binary(vec![9; 100_000])));
    });
}

#[test]
fn the_limits_are_those_of_the_configuration() {
    bounded(|| {
        let (mut server, mut client) =
            connected(Config::new().max_message_size(10), Config::new().max_message_size(20));
        client.send(vec![1; 10]).unwrap();
        assert!(server.read().unwrap().is_some());
        server.send(vec![1; 20]).unwrap();
        assert!(client.read().unwrap().is_some());
        client.send(vec![1; 11]).unwrap();
        let serving = thread::spawn(move || server.read().unwrap_err());
        let Some(Message::Close(Some(close))) = client.read().unwrap() else { panic!() };
        assert_eq!(close.code(), CloseCode::TOO_BIG);
        drop(client);
        let error = serving.join().unwrap();
        assert!(
            matches!(error, Error::Protocol(ProtocolError::MessageTooLarge { len: 11, limit: 10 })),
            "{error:?}"
        );
    });
}

#[test]
fn a_connection_that_somebody_else_opened_begins_with_what_was_read() {
    bounded(|| {
        let (server, mut client) = both();
        let stream = server.into_parts().stream;
        let from = messages::From::Client;
        let read = [from.frame(TEXT, "read before"), from.part(TEXT, "half ")].concat();
        let mut server = WebSocketStream::from_parts(
            stream,
            Server,
            Config::new(),
            Opened::new(),
            BytesMut::from(&read[..]),
        );
        assert_eq!(server.subprotocol(), None);
        assert_eq!(server.read().unwrap(), Some(Message::text("read before")));
        let raw = client.stream_mut();
        raw.write_all(&from.frame(messages::CONTINUATION, "and half")).unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::text("half and half")));
    });
}

#[test]
fn a_read_time_out_leaves_everything_as_it_was() {
    bounded(|| {
        let (mut server, client) = both();
        let mut client = client.into_parts().stream;
        let frame = messages::From::Client.frame(BINARY, vec![3; 10_000]);
        server.stream().set_nonblocking(true).unwrap();
        for piece in frame.chunks(3000) {
            let error = server.read().unwrap_err();
            assert!(
                matches!(&error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock),
                "{error:?}"
            );
            client.write_all(piece).unwrap();
        }
        server.stream().set_nonblocking(false).unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::binary(vec![3; 10_000])));
    });
}

#[test]
fn a_write_that_would_wait_hands_back_what_was_not_taken() {
    bounded(|| {
        let (mut server, client) = connected(Config::new().high_water_mark(1), Config::new());
        server.stream().set_nonblocking(true).unwrap();
        // Until neither the system nor the queue takes any more.
        let mut taken = 0_usize;
        let rejected = loop {
            match server.send(vec![7; 100_000]) {
                Ok(()) => taken += 1,
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => taken += 1,
                Err(Error::Rejected(rejected)) => break rejected,
                Err(error) => panic!("{error:?}"),
            }
        };
        assert!(matches!(rejected.error, SendError::QueueFull { .. }));
        assert_eq!(rejected.message, Message::binary(vec![7; 100_000]));
        // The end of it all is written while the peer reads.
        let reading = thread::spawn(move || {
            let mut client = client;
            let mut whole = 0;
            while let Some(message) = client.read().unwrap() {
                match message {
                    Message::Binary(bytes) => {
                        assert!(bytes.iter().all(|byte| *byte == 7) && bytes.len() == 100_000);
                        whole += 1;
                    }
                    other => assert!(matches!(other, Message::Close(_))),
                }
            }
            client.finish().unwrap();
            whole
        });
        server.stream().set_nonblocking(false).unwrap();
        server.close(CloseCode::NORMAL, "").unwrap();
        assert_closed(&mut server, CloseCode::NORMAL, "");
        server.finish().unwrap();
        assert_eq!(reading.join().unwrap(), taken);
    });
}

#[test]
fn pings_are_answered_inside_read_unless_the_configuration_says_no() {
    for answer in [true, false] {
        bounded(move || {
            let (address, server) = serve(move |stream| {
                let config = Config::new().answer_pings(answer);
                let mut socket =
                    WebSocketStream::accept_with(stream, config, |_| Reply::accept()).unwrap();
                while let Some(message) = socket.read().unwrap() {
                    if message.is_data() {
                        socket.feed(message).unwrap();
                    }
                }
                socket.finish().unwrap();
            });
            let mut stream = raw_open(address);
            let from = messages::From::Client;
            let frames = [from.frame(PING, "?"), from.frame(TEXT, "x"), from.close(1000, "")];
            stream.write_all(&frames.concat()).unwrap();
            let answers = read_to_fin(&mut stream);
            let (first, _) = decode_one(&answers).unwrap();
            assert_eq!(first.opcode, if answer { messages::PONG } else { TEXT });
            drop(stream);
            server.join().unwrap();
        });
    }
}

#[test]
fn a_message_over_the_limit_that_is_skipped_is_reported_and_the_next_one_arrives() {
    bounded(|| {
        let config = Config::new().max_message_size(100).oversized(Oversized::Skip);
        let (mut server, mut client) = connected(config, Config::new());
        for _ in 0..2 {
            client.send(vec![0; 101]).unwrap();
        }
        client.send("next").unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::Oversized { len: 101 }));
        assert_eq!(server.read_ref().unwrap(), Some(MessageRef::Oversized { len: 101 }));
        assert_eq!(server.read().unwrap(), Some(Message::text("next")));
    });
}

#[test]
fn options_carry_the_limits_to_the_client() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let mut socket = WebSocketStream::accept(stream).unwrap();
            socket.send("four").unwrap();
            let Some(Message::Close(Some(close))) = socket.read().unwrap() else { panic!() };
            close.code()
        });
        let options =
            ConnectOptions::new(&url(address)).unwrap().config(Config::new().max_message_size(3));
        let mut socket = blocking::connect(options).unwrap();
        socket.read().unwrap_err();
        assert_eq!(server.join().unwrap(), CloseCode::TOO_BIG);
    });
}
