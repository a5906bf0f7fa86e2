//! WebSockets over TCP: messages both ways, and every way in which a connection ends.
#![cfg(feature = "std")]

#[path = "common/loopback.rs"]
mod loopback;
#[path = "common/messages.rs"]
mod messages;

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::thread;

use bytes::{Bytes, BytesMut};
use loopback::*;
use messages::{BINARY, PING, TEXT, close_code, decode, decode_one};
use websocket_proto::adapter::{ConnectOptions, Error, Reply};
use websocket_proto::blocking::{self, WebSocketStream};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

fn both()
-> (WebSocketStream<std::net::TcpStream, Server>, WebSocketStream<std::net::TcpStream, Client>) {
    connected(Config::new(), Config::new())
}

#[track_caller]
fn assert_closed<R: Role>(
    socket: &mut WebSocketStream<std::net::TcpStream, R>,
    code: CloseCode,
    reason: &str,
) {
    let close = Message::close(code, reason).unwrap();
    assert_eq!(socket.read().unwrap(), Some(close));
    assert_eq!(socket.state(), State::Closed);
}

#[test]
fn messages_of_every_size_come_back_as_they_were() {
    bounded(|| {
        let (address, server) = echo_server(Config::new());
        let mut socket = blocking::connect(&url(address)).unwrap();
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
        let mut socket = blocking::connect(&url(address)).unwrap();
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
        assert!(matches!(refused, Err(Error::Send(SendError::InvalidUtf8 { offset: 0 }))));
        let refused = client.send("x");
        assert!(matches!(
            refused,
            Err(Error::Rejected(rejected)) if rejected.error == SendError::MessageUnderWay
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
fn a_client_closes_and_the_server_goes_first() {
    bounded(|| {
        let (mut server, mut client) = both();
        let serving = thread::spawn(move || {
            assert_closed(&mut server, CloseCode::from(4321), "enough");
            assert_eq!(server.read().unwrap(), None);
            assert_eq!(server.read().unwrap(), None);
            server.finish().unwrap();
        });
        client.close(CloseCode::from(4321), "enough").unwrap();
        assert_eq!(client.state(), State::LocalClosing);
        let again = client.close(CloseCode::NORMAL, "");
        assert!(matches!(again, Err(Error::Send(SendError::Closing))));
        // The code is answered, the reason is not.
        assert_closed(&mut client, CloseCode::from(4321), "");
        // It waits here for the server's FIN, which comes though the client's has not.
        assert_eq!(client.read().unwrap(), None);
        client.finish().unwrap();
        serving.join().unwrap();
    });
}

#[test]
fn a_server_closes_and_goes_first_too() {
    bounded(|| {
        let (mut server, mut client) = both();
        let reading = thread::spawn(move || {
            assert_closed(&mut client, CloseCode::GOING_AWAY, "restart");
            assert_eq!(client.read().unwrap(), None);
            client.finish().unwrap();
        });
        server.close(CloseCode::GOING_AWAY, "restart").unwrap();
        assert_closed(&mut server, CloseCode::GOING_AWAY, "");
        assert_eq!(server.read().unwrap(), None);
        server.finish().unwrap();
        reading.join().unwrap();
    });
}

#[test]
fn both_may_close_at_once() {
    bounded(|| {
        let (mut server, mut client) = both();
        server.close(CloseCode::from(3001), "").unwrap();
        client.close(CloseCode::from(3002), "").unwrap();
        let reading = thread::spawn(move || {
            assert_closed(&mut client, CloseCode::from(3001), "");
            assert_eq!(client.read().unwrap(), None);
            client.finish().unwrap();
        });
        assert_closed(&mut server, CloseCode::from(3002), "");
        assert_eq!(server.read().unwrap(), None);
        server.finish().unwrap();
        reading.join().unwrap();
    });
}

#[test]
fn messages_come_until_the_peers_close_though_we_have_sent_ours() {
    bounded(|| {
        let (mut server, mut client) = both();
        server.feed("one").unwrap();
        server.feed("two").unwrap();
        client.close(CloseCode::NORMAL, "").unwrap();
        assert_closed(&mut server, CloseCode::NORMAL, "");
        let reading = thread::spawn(move || {
            assert_eq!(client.read().unwrap(), Some(Message::text("one")));
            assert_eq!(client.read().unwrap(), Some(Message::text("two")));
            assert_closed(&mut client, CloseCode::NORMAL, "");
            assert_eq!(client.read().unwrap(), None);
            client.finish().unwrap();
        });
        server.finish().unwrap();
        reading.join().unwrap();
    });
}

#[test]
fn nothing_is_sent_after_a_close() {
    bounded(|| {
        let (_server, mut client) = both();
        client.close(CloseCode::NORMAL, "").unwrap();
        let refused = client.send("too late");
        assert!(matches!(
            refused,
            Err(Error::Rejected(rejected)) if rejected.message == Message::text("too late")
        ));
        let prepared = client.send_prepared(&Prepared::text("x"));
        assert!(matches!(prepared, Err(Error::Send(SendError::Closing))));
        let fragment = client.send_fragment(Kind::Text, true, &b"x"[..]);
        assert!(matches!(fragment, Err(Error::Send(SendError::Closing))));
    });
}

#[test]
fn a_code_that_must_not_be_sent_is_the_callers_fault() {
    bounded(|| {
        let (mut server, mut client) = both();
        let refused = client.close(CloseCode::ABNORMAL, "");
        assert!(matches!(refused, Err(Error::Send(SendError::UnsendableCloseCode { .. }))));
        client.send("still open").unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::text("still open")));
    });
}

#[test]
fn a_peer_that_vanishes_is_an_unexpected_end() {
    for partial in [&[][..], &[0x81, 0x85, 1, 2, 3, 4, 5]] {
        bounded(move || {
            let (mut server, client) = both();
            let mut client = client.into_stream();
            client.write_all(partial).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            for _ in 0..2 {
                let error = server.read().unwrap_err();
                assert!(
                    matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)),
                    "{error:?}"
                );
            }
            // Nobody is told with a Close, which nobody would read.
            server.finish().unwrap();
            let mut rest = Vec::new();
            client.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, []);
        });
    }
}

#[test]
fn a_peer_that_resets_is_an_error_of_the_transport() {
    bounded(|| {
        let (mut server, client) = both();
        // To drop a socket with bytes unread resets the connection.
        server.send("never read").unwrap();
        client.stream().peek(&mut [0]).unwrap();
        drop(client);
        let error = server.read().unwrap_err();
        assert!(
            matches!(&error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset),
            "{error:?}"
        );
    });
}

#[test]
fn a_client_tells_a_server_what_it_did_wrong() {
    bounded(|| {
        let (server, mut client) = both();
        let mut server = server.into_stream();
        // A masked frame.
        server.write_all(&messages::From::Client.frame(TEXT, "x")).unwrap();
        let error = client.read().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::MaskedFrame)), "{error:?}");
        let finishing = thread::spawn(move || client.finish());
        // RFC 6455 7.1.7: who fails the connection goes first, even if that is the client.
        let [close] = &decode(&read_to_fin(&mut server))[..] else { panic!("one Close") };
        assert_eq!(close_code(close), Some(1002));
        assert!(close.key.is_some());
        drop(server);
        finishing.join().unwrap().unwrap();
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
        let error = server.read().unwrap_err();
        assert!(
            matches!(error, Error::Protocol(ProtocolError::MessageTooLarge { len: 11, limit: 10 })),
            "{error:?}"
        );
        let Some(Message::Close(Some(close))) = client.read().unwrap() else { panic!() };
        assert_eq!(close.code(), CloseCode::TOO_BIG);
    });
}

#[test]
fn finishing_without_reading_to_the_end_still_sends_what_is_queued() {
    bounded(|| {
        let (mut server, client) = both();
        server.feed("queued").unwrap();
        let finishing = thread::spawn(move || server.finish());
        let mut client = client.into_stream();
        assert_eq!(read_to_fin(&mut client), messages::From::Server.frame(TEXT, "queued"));
        drop(client);
        finishing.join().unwrap().unwrap();
    });
}

#[test]
fn a_connection_that_somebody_else_opened_begins_with_what_was_read() {
    bounded(|| {
        let (server, mut client) = both();
        let stream = server.into_stream();
        let from = messages::From::Client;
        let read = [from.frame(TEXT, "read before"), from.part(TEXT, "half ")].concat();
        let mut server =
            WebSocketStream::from_parts(stream, Server, Config::new(), BytesMut::from(&read[..]));
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
        let mut client = client.into_stream();
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
        let mut socket = blocking::connect_with(options).unwrap();
        socket.read().unwrap_err();
        assert_eq!(server.join().unwrap(), CloseCode::TOO_BIG);
    });
}
