//! permessage-deflate in the two halves of the blocking adapter: each has what it needs, and takes
//! it along when they are reunited.

use std::net::{Shutdown, TcpStream};

use crate::loopback::*;
use crate::loopback_deflate::{give, read_frame, server_and_raw};
use support::Frame;
use support::compressing::{compressed, compressing};
use support::deflated::{Deflated, deflated, json};
use websocket_proto::deflate::Compression;
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::{Message, ProtocolError};

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

        writer.set_compression(Compression::No);
        writer.send(text.clone()).unwrap();
        assert_eq!(read_frame(&mut client).first, 0x81);
        writer.set_compression(Compression::Auto);

        // The one that sends forgets, the other goes on.
        writer.release_memory();
        reader.release_memory();
        writer.send(text.clone()).unwrap();
        assert!(read_from(&mut client, &mut peer) > 100);
        assert!(send_to(&mut client, &mut peer) < 60);
        assert_eq!(reader.read().unwrap(), Some(Message::text(text.clone())));

        let mut server = reader.reunite(writer).unwrap();
        assert!(server.deflate_terms().is_some());
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
        writer.release_memory();
        reader.release_memory();
        let mut server = reader.reunite(writer).unwrap();
        server.release_memory();
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
fn halves_report_a_fault_too() {
    bounded(|| {
        let (server, mut client) = server_and_raw(compressing());
        let (mut reader, mut writer) = server.into_split().unwrap();
        give(&mut client, compressed(deflated("good")));
        give(&mut client, compressed(b"\x07\x07"));
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(reader.read().unwrap(), Some(Message::text("good")));
        let error = reader.read().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::InvalidDeflate)), "{error:?}");
        let close = read_frame(&mut client);
        assert_eq!((close.first, &close.payload[..2]), (0x88, &1007_u16.to_be_bytes()[..]));
        assert!(writer.send(json(0, 1000)).is_err(), "nothing is sent behind a Close");
        reader.finish().unwrap();
        assert_eq!(read_to_fin(&mut client), b"");
    });
}
