//! Hostile and odd input to a server of the adapter for `futures-io`, and the result of each. The
//! transport gives the input at once, or it gives one byte at a time and is pending before each
//! step.

use bytes::BytesMut;
use std::time::Duration;

use support::Setup;
use support::hostile::{Answer, MAX_MESSAGE_SIZE, Outcome, Request, Stream, requests, streams};
use support::messages::decode;
use support::transport::{run, transport};
use websocket_proto::connection::Server;
use websocket_proto::futures_io::{Acceptor, Error, WebSocketStream};
use websocket_proto::websocket::Config;

use crate::compat::Compat;

/// Runs a server that receives this stream. After the stream the client ends its direction.
fn assert_outcome(stream: &Stream, setup: &Setup) {
    let Stream { name, bytes, outcome } = stream;
    for slowly in [false, true] {
        let (near, peer) = transport();
        if slowly {
            peer.hesitate();
            peer.bite(1);
        }
        peer.give(bytes);
        peer.end();
        let Setup { config, opened } = setup.clone();
        let mut socket =
            WebSocketStream::from_parts(Compat(near), Server, config, opened, BytesMut::new());
        let mut error = None;
        while let Some(next) = run(socket.next()).expect("the transport has ended") {
            assert!(error.is_none(), "{name}: {next:?} after {error:?}");
            match next {
                Ok(message) if message.is_data() => {
                    run(socket.send(message)).expect("there is room").expect("it is open");
                }
                Ok(_) => {}
                Err(found) => error = Some(found),
            }
        }
        outcome.check(name, decode(&peer.take_written()));
        let code = match outcome {
            Outcome::Fails(code) => Some(*code),
            Outcome::Answers(_) => None,
            // The transport has ended without a Close.
            Outcome::Receives { .. } => Some(1006),
        };
        assert_eq!(error.as_ref().and_then(Error::close_code).map(|code| code.0), code, "{name}");
        assert!(peer.state().shut || code == Some(1006), "{name}");
    }
}

#[test]
fn each_hostile_stream_gets_its_close_code_and_each_odd_one_its_echo() {
    let setup = Setup::from(Config::new().max_message_size(MAX_MESSAGE_SIZE));
    streams().iter().for_each(|stream| assert_outcome(stream, &setup));
}

#[cfg(feature = "deflate")]
#[test]
fn each_hostile_compressed_message_gets_its_close_code_and_each_odd_one_its_echo() {
    let offer = b"permessage-deflate; client_max_window_bits";
    let offer = websocket_proto::extension::Extensions::parse(offer).map_while(Result::ok);
    let terms = websocket_proto::deflate::Preferences::new().accept(offer);
    let setup = Setup::agreed(Config::new(), terms.expect("it can be met"));
    let messages = support::hostile::compressed_messages();
    messages.iter().for_each(|stream| assert_outcome(stream, &setup));
}

fn assert_answers(config: impl Fn() -> Config, is_compressing: bool) {
    for Request { name, bytes, answer } in requests() {
        for slowly in [false, true] {
            let (near, peer) = transport();
            if slowly {
                peer.hesitate();
                peer.bite(1);
            }
            // 20,000 bytes exceed the limit on a head. The rest would only be read and dropped.
            peer.give(&bytes[..bytes.len().min(if slowly { 20_000 } else { usize::MAX })]);
            peer.end();
            let mut acceptor = Acceptor::new(Compat(near)).config(config());
            let opened = run(acceptor.accept()).expect("it does not wait").is_ok();
            if !opened {
                let finished = run(acceptor.finish(Duration::from_secs(1)));
                finished.expect("it has ended").expect("no fault");
            }
            assert_eq!(opened, matches!(answer, Answer::Opens { .. }), "{name}");
            let head = String::from_utf8(peer.take_written()).expect("ASCII");
            answer.check(name, &head, is_compressing);
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
