//! Hostile and odd input to a server of the tokio adapter, and the result of each. The transport
//! gives the input at once, or it gives one byte at a time and is pending before each step.

use std::time::Duration;

use support::hostile::{Answer, MAX_MESSAGE_SIZE, Outcome, Request, Stream, requests, streams};
use support::messages::{close_code, decode};
use support::transport::{Peer, Transport, open_with, run, transport};
use websocket_proto::Message;
use websocket_proto::connection::Server;
use websocket_proto::io::Error;
use websocket_proto::tokio::{Acceptor, WebSocketStream};
use websocket_proto::websocket::Config;

/// Echoes until the end of the WebSocket: whether a Close came, and the error.
fn echo(socket: &mut WebSocketStream<Transport, Server>) -> (bool, Option<Error>) {
    let (mut closed, mut error) = (false, None);
    while let Some(next) = run(socket.next()).expect("the transport has ended") {
        assert!(!closed && error.is_none(), "{next:?} after the end");
        match next {
            Ok(Message::Close(_)) => closed = true,
            Ok(message) if message.is_data() => {
                run(socket.send(message)).expect("there is room").expect("it is open");
            }
            Ok(_) => {}
            Err(found) => error = Some(found),
        }
    }
    (closed, error)
}

/// Runs a server that receives this stream. After the stream the client ends its direction.
fn assert_outcome(stream: &Stream, open: impl Fn() -> (WebSocketStream<Transport, Server>, Peer)) {
    let Stream { name, bytes, outcome } = stream;
    for slowly in [false, true] {
        let (mut socket, peer) = open();
        if slowly {
            peer.hesitate();
            peer.bite(1);
        }
        peer.give(bytes);
        peer.end();
        let (closed, error) = echo(&mut socket);
        outcome.check(name, decode(&peer.take_written()));
        match outcome {
            Outcome::Fails(code) => {
                let Some(Error::Protocol(error)) = error else { panic!("{name}: {error:?}") };
                assert_eq!(error.close_code().0, *code, "{name}");
                assert!(peer.state().shut, "{name}");
            }
            Outcome::Answers(_) => {
                assert!(closed && error.is_none(), "{name}: {error:?}");
                assert!(peer.state().shut, "{name}");
            }
            Outcome::Receives { .. } => {
                // The transport has ended without a Close.
                let Some(Error::Protocol(error)) = error else { panic!("{name}: {error:?}") };
                assert_eq!(error.close_code().0, 1006, "{name}");
            }
        }
    }
}

#[test]
fn each_hostile_stream_gets_its_close_code_and_each_odd_one_its_echo() {
    for stream in streams() {
        assert_outcome(&stream, || {
            open_with(Server, Config::new().max_message_size(MAX_MESSAGE_SIZE))
        });
    }
}

#[cfg(feature = "deflate")]
#[test]
fn each_hostile_compressed_message_gets_its_close_code_and_each_odd_one_its_echo() {
    for stream in support::hostile::compressed_messages() {
        assert_outcome(&stream, crate::transport_deflate::open_server);
    }
}

/// The answer to this request, and whether the WebSocket was opened.
fn answer(bytes: &[u8], config: Config, slowly: bool) -> (String, bool) {
    let (stream, peer) = transport();
    if slowly {
        peer.hesitate();
        peer.bite(1);
    }
    // More than the limit on a head; the rest is only read to be dropped.
    peer.give(&bytes[..bytes.len().min(if slowly { 20_000 } else { usize::MAX })]);
    peer.end();
    let mut acceptor = Acceptor::new(stream).config(config);
    let opened = run(acceptor.accept()).expect("it does not wait").is_ok();
    if !opened {
        run(acceptor.finish(Duration::from_secs(1))).expect("it has ended").expect("no fault");
    }
    assert_eq!(peer.state().unflushed, 0);
    (String::from_utf8(peer.take_written()).expect("ASCII"), opened)
}

fn assert_answers(config: impl Fn() -> Config, is_compressing: bool) {
    for Request { name, bytes, answer: expected } in requests() {
        for slowly in [false, true] {
            let (answer, opened) = answer(&bytes, config(), slowly);
            assert!(answer.ends_with("\r\n\r\n") || !opened, "{name}: {answer}");
            assert_eq!(opened, matches!(expected, Answer::Opens { .. }), "{name}");
            expected.check(name, &answer, is_compressing);
        }
    }
}

#[test]
fn each_hostile_request_gets_its_status_and_each_odd_one_is_accepted() {
    assert_answers(Config::new, false);
}

#[cfg(feature = "deflate")]
#[test]
fn a_server_that_compresses_declines_an_invalid_offer_and_accepts_an_offer_after_another() {
    assert_answers(support::compressing::compressing, true);
}

#[test]
fn a_second_request_is_no_frame() {
    let valid = support::handshake::with(&[]);
    let (stream, peer) = transport();
    peer.give(valid.repeat(2));
    peer.end();
    let accepted = run(WebSocketStream::accept(stream)).expect("all of it is there");
    let head = peer.take_written();
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", head.escape_ascii());
    let (_, error) = echo(&mut accepted.expect("a good request"));
    let code = error.and_then(|error| error.close_code()).map(|code| code.0);
    let sent = decode(&peer.take_written());
    let [close] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((close_code(close), code), (Some(1002), Some(1002)));
}

#[cfg(feature = "deflate")]
#[test]
fn a_bomb_fails_with_1009() {
    let config = Config::new().max_message_size(100_000);
    let bomb = support::compressing::compressed(support::deflated::bomb(100_001));
    let bytes = bomb.bytes(support::Side::Server);
    assert!(bytes.len() < 1000);
    let preferences = websocket_proto::deflate::Preferences::new();
    let stream = Stream { name: "bomb", bytes, outcome: Outcome::Fails(1009) };
    assert_outcome(&stream, || crate::transport_deflate::open(Server, config.clone(), preferences));
}
