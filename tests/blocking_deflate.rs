//! permessage-deflate in the blocking adapter: over the loopback interface between our own two
//! roles, and against peers that are made by hand.
#![cfg(feature = "deflate")]

mod common;
#[path = "common/deflated.rs"]
mod deflated;
#[path = "common/loopback.rs"]
mod loopback;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use bytes::{Bytes, BytesMut};
use common::{Frame, Side, stream};
use deflated::{Deflated, RSV1, Unframed, bomb, deflated, json, unframe, unframe_one};
use loopback::*;
use websocket_proto::adapter::{AcceptError, ConnectError, ConnectOptions, Error, Reply};
use websocket_proto::blocking::{self, Acceptor, WebSocketStream};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::deflate::{self, Compress};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::deflate::{Agreement, DeflateError, Preferences};
use websocket_proto::handshake::{
    Extensions, Incoming, ResponseError, ServerHandshake, WriteError,
};
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError};

fn compressing() -> Config {
    Config::new().deflate(deflate::Config::new())
}

fn preferring(preferences: Preferences) -> Config {
    Config::new().deflate(deflate::Config::new().preferences(preferences))
}

/// Terms of every kind, each wanted by both.
fn terms() -> Vec<Preferences> {
    let new = Preferences::new;
    vec![
        new(),
        new().server_no_context_takeover(true),
        new().client_no_context_takeover(true),
        new().server_no_context_takeover(true).client_no_context_takeover(true),
        new().server_max_window_bits(9).client_max_window_bits(12),
        new().server_max_window_bits(8).client_max_window_bits(8),
    ]
}

/// Sends by the one, reads by the other.
fn pass<R: Role, F: Role>(
    from: &mut WebSocketStream<TcpStream, F>,
    to: &mut WebSocketStream<TcpStream, R>,
    message: impl Into<Message>,
) {
    let message = message.into();
    from.send(message.clone()).unwrap();
    assert_eq!(to.read().unwrap(), Some(message));
}

#[test]
fn what_both_want_is_agreed_on_and_messages_go_both_ways() {
    bounded(|| {
        for preferences in terms() {
            let (mut server, mut client) =
                connected(preferring(preferences), preferring(preferences));
            let agreement = *client.agreement().expect("both want it");
            assert_eq!(
                format!("{}", agreement.response()),
                format!("{}", server.agreement().expect("both want it").response()),
            );
            for (number, len) in
                [0, 1, 127, 128, 1000, 40_000, 100, 40_000, 70_000].into_iter().enumerate()
            {
                pass(&mut client, &mut server, json(number, len));
                pass(&mut server, &mut client, json(number, len));
                let binary: Vec<u8> = (0..len).map(|at| (at * at % 251) as u8).collect();
                pass(&mut client, &mut server, binary.clone());
                pass(&mut server, &mut client, binary);
            }
            for _ in 0..3 {
                pass(&mut client, &mut server, "again and again".repeat(100));
                pass(&mut server, &mut client, "again and again".repeat(100));
            }
            client.close(CloseCode::NORMAL, "").unwrap();
            assert!(matches!(server.read().unwrap(), Some(Message::Close(_))));
            server.flush().unwrap();
            assert!(matches!(client.read().unwrap(), Some(Message::Close(_))));
        }
    });
}

#[test]
fn the_stricter_terms_of_the_two_are_seen_by_both() {
    bounded(|| {
        let of_server =
            Preferences::new().client_max_window_bits(10).server_no_context_takeover(true);
        let of_client =
            Preferences::new().server_max_window_bits(11).client_no_context_takeover(true);
        let (server, client) = connected(preferring(of_server), preferring(of_client));
        for agreement in [server.agreement(), client.agreement()] {
            let agreement = agreement.expect("both want it");
            assert!(agreement.server_no_context_takeover());
            assert!(agreement.client_no_context_takeover());
            assert_eq!(agreement.server_max_window_bits(), 11);
            assert_eq!(agreement.client_max_window_bits(), 10);
        }
    });
}

#[test]
fn unless_both_want_it_nothing_is_compressed() {
    bounded(|| {
        for (of_server, of_client) in
            [(compressing(), Config::new()), (Config::new(), compressing())]
        {
            let (mut server, mut client) = connected(of_server, of_client);
            assert_eq!((server.agreement(), client.agreement()), (None, None));
            // Neither does anything there.
            client.compress(Compress::Yes);
            client.release();
            server.compress(Compress::Yes);
            server.release();
            pass(&mut client, &mut server, json(1, 10_000));
            server.send(json(1, 1000)).unwrap();
            let mut bytes = [0; 1004];
            client.into_stream().read_exact(&mut bytes).unwrap();
            assert_eq!(bytes[..4], [0x81, 126, 3, 232]);
            assert_eq!(bytes[4..], *json(1, 1000).as_bytes());
        }
    });
}

#[test]
fn fragments_are_compressed_both_ways() {
    bounded(|| {
        for preferences in terms() {
            let (mut server, mut client) =
                connected(preferring(preferences), preferring(preferences));
            for number in 0..3 {
                let text = json(number, 5000);
                let pieces = [&text[..10], "", &text[10..4000], &text[4000..], ""];
                for (index, piece) in pieces.into_iter().enumerate() {
                    let fin = index == pieces.len() - 1;
                    let piece = Bytes::copy_from_slice(piece.as_bytes());
                    client.send_fragment(Kind::Text, fin, piece.clone()).unwrap();
                    server.send_fragment(Kind::Text, fin, piece).unwrap();
                }
                assert_eq!(server.read().unwrap(), Some(Message::text(text.clone())));
                assert_eq!(client.read().unwrap(), Some(Message::text(text)));
            }
        }
    });
}

/// Agrees as the server of these preferences does with a client that offers this.
fn agreement(preferences: Preferences, offer: &str) -> Agreement {
    let offers = Extensions::parse(offer.as_bytes()).map_while(Result::ok);
    preferences.accept(offers).expect("it can be met")
}

/// A client's transport whose WebSocket a server has opened, and the head of its answer.
fn open_by_hand(address: SocketAddr, offer: &str) -> (TcpStream, String) {
    let mut stream = raw(address);
    let end = format!("\r\nSec-WebSocket-Extensions: {offer}\r\n\r\n");
    stream.write_all(REQUEST.replace("\r\n\r\n", &end).as_bytes()).unwrap();
    let head = read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    (stream, head)
}

/// A server that has accepted, and the transport of a client that is made by hand.
fn server_and_raw(config: Config) -> (WebSocketStream<TcpStream, Server>, TcpStream) {
    let (address, accepted) = serve(|stream| {
        stream.set_nodelay(true).unwrap();
        Acceptor::new(stream).config(config).accept().unwrap()
    });
    let (stream, head) = open_by_hand(address, "permessage-deflate; client_max_window_bits");
    assert!(head.contains("\r\nSec-WebSocket-Extensions: permessage-deflate"), "{head}");
    (accepted.join().unwrap(), stream)
}

/// The next frame.
fn read_frame(stream: &mut TcpStream) -> Unframed {
    let mut bytes = Vec::new();
    loop {
        if let Some((frame, _)) = unframe_one(&bytes) {
            return frame;
        }
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
}

fn compressed(payload: impl AsRef<[u8]>) -> Frame {
    Frame::text(payload).rsv(RSV1)
}

fn give(stream: &mut TcpStream, frame: Frame) {
    stream.write_all(&frame.bytes(Side::Server)).unwrap();
}

#[test]
fn short_messages_are_sent_as_they_are_unless_it_is_said_otherwise() {
    bounded(|| {
        let (mut server, mut client) = server_and_raw(compressing());
        let mut peer = Deflated::new();
        let mut check = |client: &mut TcpStream, text: &str, compressed: bool| {
            let frame = read_frame(client);
            assert_eq!(frame.first, if compressed { 0xc1 } else { 0x81 }, "{text}");
            let read = if compressed { peer.read(&frame.payload) } else { frame.payload.clone() };
            assert_eq!(read, text.as_bytes());
            frame.payload.len()
        };
        let (short, long) = (json(0, 127), json(1, 128));
        for choice in [Compress::Auto, Compress::Yes, Compress::No, Compress::Auto] {
            server.compress(choice);
            for (text, is_long) in [(&short, false), (&long, true)] {
                server.send(text.clone()).unwrap();
                let compresses = match choice {
                    Compress::Auto => is_long,
                    Compress::Yes => true,
                    Compress::No => false,
                };
                check(&mut client, text, compresses);
            }
        }
        // What came before is referred to.
        server.send(long.clone()).unwrap();
        assert!(check(&mut client, &long, true) < 10);
        // And is not when the memory was given back.
        server.release();
        server.send(long.clone()).unwrap();
        assert!(check(&mut client, &long, true) > 40);
    });
}

#[test]
fn a_peer_may_refer_to_messages_from_before_a_release() {
    bounded(|| {
        let (mut server, mut client) = server_and_raw(compressing());
        let mut peer = Deflated::new();
        for number in 0..4 {
            let text = json(0, 2000);
            let payload = peer.message(&text);
            assert_eq!(payload.len() < 30, number > 0);
            give(&mut client, compressed(payload));
            assert_eq!(server.read().unwrap(), Some(Message::text(text)));
            server.release();
        }
    });
}

#[test]
fn halves_compress_and_release_each_for_itself_and_reunite_with_what_they_know() {
    bounded(|| {
        let (server, mut client) = server_and_raw(compressing());
        let mut peer = Deflated::new();
        let text = json(0, 3000);
        let (mut reader, mut writer) = server.into_split().unwrap();
        let send_to = |client: &mut TcpStream, peer: &mut Deflated| {
            let payload = peer.message(&text);
            let len = payload.len();
            give(client, compressed(payload));
            len
        };
        let read_from = |client: &mut TcpStream, peer: &mut Deflated| {
            let frame = read_frame(client);
            assert_eq!(frame.first, 0xc1);
            assert_eq!(peer.read(&frame.payload), text.as_bytes());
            frame.payload.len()
        };

        assert!(send_to(&mut client, &mut peer) > 100);
        assert_eq!(reader.read().unwrap(), Some(Message::text(text.clone())));
        writer.send(text.clone()).unwrap();
        assert!(read_from(&mut client, &mut peer) > 100);

        writer.compress(Compress::No);
        writer.send(text.clone()).unwrap();
        assert_eq!(read_frame(&mut client).first, 0x81);
        writer.compress(Compress::Auto);

        // The one that sends forgets, the other goes on.
        writer.release();
        reader.release();
        writer.send(text.clone()).unwrap();
        assert!(read_from(&mut client, &mut peer) > 100);
        assert!(send_to(&mut client, &mut peer) < 60);
        assert_eq!(reader.read().unwrap(), Some(Message::text(text.clone())));

        let mut server = reader.reunite(writer).unwrap();
        assert!(server.agreement().is_some());
        server.send(text.clone()).unwrap();
        assert!(read_from(&mut client, &mut peer) < 60);
        assert!(send_to(&mut client, &mut peer) < 60);
        assert_eq!(server.read().unwrap(), Some(Message::text(text.clone())));
    });
}

#[test]
fn halves_reunite_in_the_middle_of_messages() {
    bounded(|| {
        let (server, mut client) = server_and_raw(compressing());
        let mut peer = Deflated::new();
        let (mut reader, mut writer) = server.into_split().unwrap();
        let text = json(0, 1000);
        writer.send_fragment(Kind::Text, false, text.clone()).unwrap();
        // Not at the bound of a block.
        let payload = peer.message(&text);
        let (begin, end) = payload.split_at(payload.len() / 2);
        give(&mut client, compressed(begin).more());
        give(&mut client, Frame::ping("?"));
        assert_eq!(reader.read().unwrap(), Some(Message::Ping("?".into())));
        // Neither gives back what the message under way needs.
        writer.release();
        reader.release();
        let mut server = reader.reunite(writer).unwrap();
        server.release();
        server.send_fragment(Kind::Text, true, text.clone()).unwrap();
        give(&mut client, Frame::continuation(end));
        assert_eq!(server.read().unwrap(), Some(Message::text(text.clone())));
        let begin = read_frame(&mut client);
        let pong = read_frame(&mut client);
        let end = read_frame(&mut client);
        assert_eq!((begin.first, pong.first, end.first), (0x41, 0x8a, 0x80));
        // It goes on with what the first part has.
        assert!(end.payload.len() < 30);
        let read = peer.read(&[begin.payload, end.payload].concat());
        assert_eq!(read, text.repeat(2).into_bytes());
    });
}

#[test]
fn a_prepared_message_is_sent_to_each_on_its_terms() {
    bounded(|| {
        let text = json(1, 3000) + &json(1, 3000);
        let other = json(2, 1500);
        let shared = deflate::Config::new();
        let prepared = Prepared::text(text.clone()).compressed(&shared);
        let config = Config::new().deflate(shared);
        // The offers, and whether their windows take what was prepared.
        let mut as_prepared = None;
        for (offer, same) in [
            ("permessage-deflate", true),
            ("permessage-deflate; server_no_context_takeover", true),
            ("permessage-deflate; server_max_window_bits=13", true),
            ("permessage-deflate; server_max_window_bits=12", false),
            ("permessage-deflate; server_max_window_bits=9", false),
        ] {
            let of_server = config.clone();
            let (address, accepted) =
                serve(|stream| Acceptor::new(stream).config(of_server).accept().unwrap());
            let (mut client, _) = open_by_hand(address, offer);
            let mut server = accepted.join().unwrap();
            let mut peer = Deflated::new();
            for round in 0..3 {
                // Between others, which refer to what is before them.
                server.send(other.clone()).unwrap();
                server.send_prepared(&prepared).unwrap();
                let frames = [read_frame(&mut client), read_frame(&mut client)];
                for (frame, text) in frames.iter().zip([&other, &text]) {
                    assert_eq!(frame.first, 0xc1);
                    assert_eq!(peer.read(&frame.payload), text.as_bytes(), "{offer}, {round}");
                }
                let payload = &frames[1].payload;
                let as_prepared = as_prepared.get_or_insert(payload.clone());
                assert_eq!(as_prepared == payload, same, "{offer}, {round}");
            }
        }
        // And to those who have not negotiated it, and by clients.
        let (mut server, mut client) = connected(Config::new(), Config::new());
        server.send_prepared(&prepared).unwrap();
        assert_eq!(client.read().unwrap(), Some(Message::text(text.clone())));
        let (mut server, mut client) = connected(config.clone(), config);
        for _ in 0..2 {
            pass(&mut client, &mut server, text.clone());
            client.send_prepared(&prepared).unwrap();
            assert_eq!(server.read().unwrap(), Some(Message::text(text.clone())));
        }
    });
}

#[test]
fn a_refusal_says_nothing_of_compression() {
    bounded(|| {
        let (address, refused) = serve(|stream| {
            let mut acceptor = Acceptor::new(stream).config(compressing());
            let error = acceptor.accept_with(|_| Reply::refuse(403).body("no")).unwrap_err();
            acceptor.finish().unwrap();
            error
        });
        let options = ConnectOptions::new(&url(address)).unwrap().config(compressing());
        let Err(ConnectError::Refused(answer)) = blocking::connect_with(options) else { panic!() };
        assert_eq!((answer.status, &answer.body[..]), (403, &b"no"[..]));
        assert_eq!(answer.header("Sec-WebSocket-Extensions"), None);
        assert!(matches!(refused.join().unwrap(), AcceptError::Refused { status: 403 }));
    });
}

/// Answers a request, with this for its extensions.
fn answer_with(stream: &mut TcpStream, extensions: &str) -> Result<(), WriteError> {
    let request = read_head(stream);
    let mut handshake = ServerHandshake::new();
    let Ok(Some(Incoming::WebSocket(request))) = handshake.receive(request.as_bytes()) else {
        panic!("{request}");
    };
    let mut response = [0; 256];
    let len = request.accept().write(&mut response)?;
    stream.write_all(&response[..len - 2]).unwrap();
    write!(stream, "Sec-WebSocket-Extensions: {extensions}\r\n\r\n").unwrap();
    let _ = io::copy(stream, &mut io::sink());
    Ok(())
}

#[test]
fn an_answer_that_does_not_fit_the_offer_fails_the_client() {
    bounded(|| {
        let strict = Preferences::new().server_no_context_takeover(true).server_max_window_bits(10);
        for (preferences, answer, expected) in [
            (Preferences::new(), "; unknown", DeflateError::UnknownParameter),
            (
                Preferences::new(),
                "; client_no_context_takeover; client_no_context_takeover",
                DeflateError::RepeatedParameter("client_no_context_takeover"),
            ),
            (
                Preferences::new(),
                "; client_max_window_bits",
                DeflateError::Value("client_max_window_bits"),
            ),
            (
                Preferences::new(),
                "; server_max_window_bits=16",
                DeflateError::Value("server_max_window_bits"),
            ),
            (strict, "", DeflateError::MissingParameter("server_no_context_takeover")),
            (
                strict,
                "; server_no_context_takeover",
                DeflateError::MissingParameter("server_max_window_bits"),
            ),
            (
                strict,
                "; server_no_context_takeover; server_max_window_bits=11",
                DeflateError::WindowTooLarge { bits: 11, offered: 10 },
            ),
        ] {
            let answer = format!("permessage-deflate{answer}");
            let (address, server) =
                serve(move |mut stream| answer_with(&mut stream, &answer).unwrap());
            let options =
                ConnectOptions::new(&url(address)).unwrap().config(preferring(preferences));
            let error = blocking::connect_with(options).unwrap_err();
            let ConnectError::Response(ResponseError::Deflate(error)) = error else {
                panic!("{error:?}");
            };
            assert_eq!(error, expected);
            server.join().unwrap();
        }
    });
}

#[test]
fn an_answer_to_what_was_not_offered_fails_the_client() {
    bounded(|| {
        let (address, server) =
            serve(|mut stream| answer_with(&mut stream, "permessage-deflate").unwrap());
        let error = blocking::connect(&url(address)).unwrap_err();
        assert!(
            matches!(error, ConnectError::Response(ResponseError::ExtensionNotOffered)),
            "{error:?}"
        );
        server.join().unwrap();
    });
}

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

#[test]
fn halves_report_a_fault_too() {
    bounded(|| {
        let (server, mut client) = server_and_raw(compressing());
        let (mut reader, mut writer) = server.into_split().unwrap();
        give(&mut client, compressed(deflated("good")));
        give(&mut client, compressed(b"\x07\x07"));
        assert_eq!(reader.read().unwrap(), Some(Message::text("good")));
        let error = reader.read().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::InvalidDeflate)), "{error:?}");
        let close = read_frame(&mut client);
        assert_eq!((close.first, &close.payload[..2]), (0x88, &1007_u16.to_be_bytes()[..]));
        assert!(writer.send(json(0, 1000)).is_err(), "nothing is sent behind a Close");
        client.shutdown(Shutdown::Write).unwrap();
        reader.finish().unwrap();
        assert_eq!(read_to_fin(&mut client), b"");
    });
}

#[test]
fn pings_go_between_the_fragments_of_a_compressed_message() {
    bounded(|| {
        let (mut server, mut client) = connected(compressing(), compressing());
        let text = json(3, 6000);
        for round in 0..3_u8 {
            for (index, piece) in text.as_bytes().chunks(2000).enumerate() {
                let piece = Bytes::copy_from_slice(piece);
                client.send_fragment(Kind::Text, index == 2, piece.clone()).unwrap();
                client.send(Message::Ping(vec![round, index as u8].into())).unwrap();
                server.send_fragment(Kind::Text, index == 2, piece).unwrap();
                server.send(Message::Ping(vec![round, index as u8].into())).unwrap();
            }
            let ping = |index| Message::Ping(vec![round, index].into());
            for index in [0, 1] {
                assert_eq!(server.read().unwrap(), Some(ping(index)));
            }
            assert_eq!(server.read().unwrap(), Some(Message::text(text.clone())));
            assert_eq!(server.read().unwrap(), Some(ping(2)));
            for index in [0, 1] {
                assert_eq!(client.read().unwrap(), Some(ping(index)));
            }
            assert_eq!(client.read().unwrap(), Some(Message::text(text.clone())));
            assert_eq!(client.read().unwrap(), Some(ping(2)));
            server.send("done").unwrap();
            client.send("done").unwrap();
            // The newest Pong, at least, comes before what is said behind it.
            for read in [&mut || server.read(), &mut || client.read()]
                as [&mut dyn FnMut() -> Result<Option<Message>, Error>; 2]
            {
                let mut pongs = Vec::new();
                loop {
                    match read().unwrap().unwrap() {
                        Message::Pong(payload) => pongs.push(payload),
                        message => break assert_eq!(message, Message::text("done")),
                    }
                }
                assert_eq!(pongs.last(), Some(&Bytes::from(vec![round, 2])));
            }
        }
    });
}

/// Gives and takes a few bytes at every other call, and would block at those between.
struct Hesitant {
    incoming: VecDeque<u8>,
    written: Vec<u8>,
    bite: usize,
    blocks: bool,
}

impl Hesitant {
    fn hesitate(&mut self) -> io::Result<()> {
        self.blocks = !self.blocks;
        if self.blocks { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
    }
}

impl Read for Hesitant {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.hesitate()?;
        let bite = self.bite.min(buffer.len());
        self.incoming.read(&mut buffer[..bite])
    }
}

impl Write for Hesitant {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hesitate()?;
        let bite = self.bite.min(bytes.len());
        self.written.write(&bytes[..bite])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hesitate()
    }
}

fn again_until_done<T>(mut call: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match call() {
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
}

#[test]
fn calls_that_would_block_are_made_again_and_lose_nothing() {
    for bite in [1, 2, 3, 7, 1000] {
        let terms = agreement(Preferences::new(), "permessage-deflate");
        let config = compressing().agreement(Some(terms));
        let mut peer = Deflated::new();
        let mut incoming = Vec::new();
        for number in 0..4 {
            let text = json(number, 1500);
            let (begin, end) = text.split_at(700);
            incoming.push(compressed(peer.flushed(begin)).more());
            incoming.push(Frame::ping([number as u8]));
            incoming.push(Frame::continuation(peer.message(end)));
        }
        incoming.push(Frame::close(1000, ""));
        let incoming = stream(Side::Server, &incoming).into();
        let transport = Hesitant { incoming, written: Vec::new(), bite, blocks: false };
        let mut socket = WebSocketStream::from_parts(transport, Server, config, BytesMut::new());
        let mut read = Vec::new();
        while let Some(message) = again_until_done(|| socket.read()).unwrap() {
            if message.is_data()
                && let Err(Error::Io(error)) = socket.send(message.clone())
            {
                // It is queued, and leaves once.
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
            }
            read.push(message);
        }
        again_until_done(|| Ok(socket.flush()?)).unwrap();

        let data: Vec<_> = read.iter().filter(|message| message.is_data()).cloned().collect();
        assert_eq!(data, [0, 1, 2, 3].map(|number| Message::text(json(number, 1500))));
        assert_eq!(read.len(), 4 + 4 + 1);
        let mut sent = Vec::new();
        for frame in unframe(&socket.into_stream().written) {
            if frame.first & 0x0f == 1 {
                assert_eq!(frame.first, 0xc1);
                sent.push(Message::text(String::from_utf8(peer.read(&frame.payload)).unwrap()));
            }
        }
        assert_eq!(sent, data, "in bites of {bite}");
    }
}

#[test]
fn a_client_and_a_server_agree_whatever_frames_the_messages_come_in() {
    // Each kind of sending behind each other, on one context.
    bounded(|| {
        for preferences in terms() {
            let (mut server, mut client) =
                connected(preferring(preferences), preferring(preferences));
            let text = json(5, 4000);
            let prepared = Prepared::text(text.clone()).compressed(&deflate::Config::new());
            for order in 0..27 {
                for kind in [order % 3, order / 3 % 3, order / 9] {
                    match kind {
                        0 => client.send(text.clone()).unwrap(),
                        1 => client.send_prepared(&prepared).unwrap(),
                        _ => {
                            let (begin, end) = text.split_at(1000);
                            client.send_fragment(Kind::Text, false, begin.to_owned()).unwrap();
                            client.send_fragment(Kind::Text, true, end.to_owned()).unwrap();
                        }
                    }
                    assert_eq!(server.read().unwrap(), Some(Message::text(text.clone())));
                }
            }
        }
    });
}

/// Both roles can be told the terms, without a handshake of ours.
#[test]
fn terms_of_somebody_elses_handshake_are_kept() {
    let terms = agreement(
        Preferences::new().server_max_window_bits(9),
        "permessage-deflate; client_max_window_bits=10",
    );
    let config = Config::new().agreement(Some(terms));
    let transport = Hesitant {
        incoming: VecDeque::new(),
        written: Vec::new(),
        bite: usize::MAX,
        blocks: false,
    };
    let client =
        WebSocketStream::from_parts(transport, Client::new([1; 32]), config, BytesMut::new());
    assert_eq!(client.agreement(), Some(&terms));
}
