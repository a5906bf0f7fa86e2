//! Compressed messages that are too large or no DEFLATE, in the blocking adapter: what was good is
//! read before the error, and the Close that says so arrives.

use std::io::Write;
use std::thread;

use crate::loopback::*;
use crate::loopback_deflate::{read_frame, server_and_raw};
use support::compressing::{compressed, compressing, preferring};
use support::deflated::{Deflated, RSV1, bomb, deflated};
use support::{Frame, Side, stream};
use websocket_proto::deflate::Preferences;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, ProtocolError};

/// What a server says at last to a client that sends `frames`, and what it had read before.
fn failed_by(config: Config, frames: &[Frame], code: CloseCode) -> (Vec<Message>, ProtocolError) {
    let (mut server, mut client) = server_and_raw(config);
    let bytes = stream(Side::Server, frames);
    let reading = thread::spawn(move || {
        let mut read = Vec::new();
        let error = loop {
            match server.read() {
                Ok(message) => read.push(message.expect("it is no clean end")),
                Err(Error::Protocol(error)) => break error,
                Err(error) => panic!("{error:?}"),
            }
        };
        server.finish().unwrap();
        (read, error)
    });
    client.write_all(&bytes).unwrap();
    let close = read_frame(&mut client);
    assert_eq!((close.first, &close.payload[..2]), (0x88, &code.0.to_be_bytes()[..]));
    assert_eq!(read_to_fin(&mut client), b"");
    drop(client);
    reading.join().unwrap()
}

#[test]
fn a_bomb_is_too_big_and_the_close_that_says_so_arrives() {
    bounded(|| {
        let limit = 1 << 20;
        let config = compressing().max_message_size(limit);
        let bomb = bomb(16 << 20);
        assert!(bomb.len() < 20_000);
        let good = Frame::binary(deflated(vec![0; limit as usize])).rsv(RSV1);
        let frames = [good, Frame::binary(bomb).rsv(RSV1), Frame::text("behind")];
        let (read, error) = failed_by(config, &frames, CloseCode::TOO_BIG);
        assert_eq!(read, [Message::binary(vec![0; limit as usize])]);
        assert_eq!(error, ProtocolError::InflatedTooLarge { limit });
    });
}

#[test]
fn what_is_no_deflate_fails_behind_what_came_before_it() {
    bounded(|| {
        let good = deflated("good, ".repeat(50));
        let mut cut = good.clone();
        cut.truncate(good.len() / 2);
        // A stored block whose lengths do not agree; one that refers to what never was; one
        // without its end.
        for bad in [&b"\x00\x05\x00\x00\x00Hello"[..], b"\xf2\x00\x11\x00\x00", &cut] {
            let frames = [
                compressed(&good),
                Frame::text("plain"),
                Frame::ping("?"),
                compressed(bad).masked([1, 2, 3, 4]),
                Frame::text("behind"),
            ];
            let config = preferring(Preferences::new().client_no_context_takeover(true));
            let (mut server, mut client) = server_and_raw(config);
            client.write_all(&stream(Side::Server, &frames)).unwrap();
            client.shutdown(std::net::Shutdown::Write).unwrap();
            for expected in [
                Message::text("good, ".repeat(50)),
                Message::text("plain"),
                Message::Ping("?".into()),
            ] {
                assert_eq!(server.read().unwrap(), Some(expected));
            }
            let error = server.read().unwrap_err();
            assert!(
                matches!(error, Error::Protocol(ProtocolError::InvalidDeflate)),
                "{}: {error:?}",
                bad.escape_ascii()
            );
            // The Pong is before the Close.
            thread::spawn(move || server.finish().unwrap());
            assert_eq!(read_frame(&mut client).first, 0x8a);
            let close = read_frame(&mut client);
            assert_eq!((close.first, &close.payload[..2]), (0x88, &1007_u16.to_be_bytes()[..]));
            assert_eq!(read_to_fin(&mut client), b"");
        }
    });
}

#[test]
fn a_bad_fragment_fails_before_the_next_one_comes() {
    bounded(|| {
        let mut peer = Deflated::new();
        let frames = [
            compressed(peer.flushed("one, ".repeat(50))).more(),
            // A block of the type that is none.
            Frame::continuation(b"\x07\x07").more(),
        ];
        let (read, error) = failed_by(compressing(), &frames, CloseCode::INVALID_DATA);
        assert_eq!((read, error), (vec![], ProtocolError::InvalidDeflate));
    });
}

#[test]
fn text_is_judged_when_it_has_been_inflated() {
    bounded(|| {
        let frames = [compressed(deflated([b'a', 0xff, b'b']))];
        let (_, error) = failed_by(compressing(), &frames, CloseCode::INVALID_DATA);
        assert_eq!(error, ProtocolError::InvalidUtf8 { offset: 1 });
    });
}
