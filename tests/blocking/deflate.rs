//! Compressed messages in the blocking adapter: over the loopback interface between our own two
//! roles, and to and from peers that are made by hand.

use std::io::Read;
use std::net::TcpStream;

use crate::loopback::*;
use crate::loopback_deflate::{give, open_by_hand, read_frame, server_and_raw};
use bytes::Bytes;
use support::compressing::{compressed, compressing, preferring};
use support::deflated::{Deflated, json};
use websocket_proto::blocking::{Acceptor, WebSocketStream};
use websocket_proto::connection::Role;
use websocket_proto::deflate::{self, Compression, Preferences};
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message};

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
            let agreement = *client.deflate_terms().expect("both want it");
            assert_eq!(
                format!("{}", agreement.response()),
                format!("{}", server.deflate_terms().expect("both want it").response()),
            );
            for (number, len) in
                [0, 1, 127, 128, 1000, 40_000, 100, 40_000, 70_000].into_iter().enumerate()
            {
                pass(&mut client, &mut server, json(number, len));
                pass(&mut server, &mut client, json(number, len));
                let binary: Vec<u8> = (0..len).map(|at| (at % 251 * at % 251) as u8).collect();
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
fn unless_both_want_it_nothing_is_compressed() {
    bounded(|| {
        for (of_server, of_client) in
            [(compressing(), Config::new()), (Config::new(), compressing())]
        {
            let (mut server, mut client) = connected(of_server, of_client);
            assert_eq!((server.deflate_terms(), client.deflate_terms()), (None, None));
            // Neither does anything there.
            client.set_compression(Compression::Yes);
            client.release_memory();
            server.set_compression(Compression::Yes);
            server.release_memory();
            pass(&mut client, &mut server, json(1, 10_000));
            server.send(json(1, 1000)).unwrap();
            let mut bytes = [0; 1004];
            client.into_parts().stream.read_exact(&mut bytes).unwrap();
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
        for choice in [Compression::Auto, Compression::Yes, Compression::No, Compression::Auto] {
            server.set_compression(choice);
            for (text, is_long) in [(&short, false), (&long, true)] {
                server.send(text.clone()).unwrap();
                let compresses = match choice {
                    Compression::Auto => is_long,
                    Compression::Yes => true,
                    _ => false,
                };
                check(&mut client, text, compresses);
            }
        }
        // What came before is referred to.
        server.send(long.clone()).unwrap();
        assert!(check(&mut client, &long, true) < 10);
        // And is not when the memory was given back.
        server.release_memory();
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
            server.release_memory();
        }
    });
}

#[test]
fn a_prepared_message_is_sent_to_each_on_its_terms() {
    bounded(|| {
        let text = json(1, 3000) + &json(1, 3000);
        let other = json(2, 1500);
        let shared = deflate::DeflateConfig::new();
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

#[test]
fn a_client_and_a_server_agree_whatever_frames_the_messages_come_in() {
    // Each kind of sending behind each other, on one context.
    bounded(|| {
        for preferences in terms() {
            let (mut server, mut client) =
                connected(preferring(preferences), preferring(preferences));
            let text = json(5, 4000);
            let prepared = Prepared::text(text.clone()).compressed(&deflate::DeflateConfig::new());
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
