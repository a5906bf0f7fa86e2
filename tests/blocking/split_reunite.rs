//! What is under way goes on when a connection is split into halves, and when they are reunited.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use crate::halves::*;
use crate::loopback::*;
use support::messages::{self, BINARY, CLOSE, PING, PONG, TEXT, decode};
use websocket_proto::Message;
use websocket_proto::connection::State;
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Keepalive, Prepared};

#[test]
fn a_message_half_read_and_a_queue_half_written_go_on_in_the_halves() {
    bounded(|| {
        let (server, client) = connected(Config::new(), Config::new());
        let mut peer = client.into_parts().stream;
        let mut server = server;
        let from = messages::From::Client;
        let early = [from.frame(TEXT, "whole"), from.part(TEXT, "one ")].concat();
        peer.write_all(&early).unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::text("whole")));
        server.feed("queued").unwrap();
        let (mut reader, mut writer) = server.into_split().unwrap();
        writer.send_fragment(Kind::Text, false, &b"frag"[..]).unwrap();
        writer.send_fragment(Kind::Text, true, &b"ment"[..]).unwrap();
        writer.send_prepared(&Prepared::binary(&b"prepared"[..])).unwrap();
        let sent: Vec<_> = (0..4).map(|_| read_frame(&mut peer).payload).collect();
        assert_eq!(sent, [&b"queued"[..], b"frag", b"ment", b"prepared"]);
        peer.write_all(&from.frame(messages::CONTINUATION, "two")).unwrap();
        assert_eq!(reader.read().unwrap(), Some(Message::text("one two")));
    });
}

#[test]
fn halves_that_are_reunited_go_on_where_they_were() {
    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(server);
        let from = messages::From::Client;
        let early = [from.frame(PING, "?"), from.part(TEXT, "one ")].concat();
        peer.write_all(&early).unwrap();
        assert!(matches!(reader.read(), Ok(Some(Message::Ping(_)))));
        writer.send_fragment(Kind::Binary, false, &b"half"[..]).unwrap();
        let mut socket = reader.reunite(writer).unwrap();
        assert_eq!(socket.state(), State::Open);

        peer.write_all(&from.frame(messages::CONTINUATION, "two")).unwrap();
        assert_eq!(socket.read().unwrap(), Some(Message::text("one two")));
        let refused = socket.send("not between fragments");
        assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
        socket.send_fragment(Kind::Binary, true, &b"whole"[..]).unwrap();
        // And answers by itself again.
        peer.write_all(&[from.frame(PING, "!"), from.close(1000, "")].concat()).unwrap();
        while socket.read().unwrap().is_some() {}
        assert_eq!(socket.state(), State::Closed);
        let finishing = thread::spawn(move || socket.finish());
        let sent = decode(&read_to_fin(&mut peer));
        let opcodes: Vec<_> = sent.iter().map(|frame| frame.opcode).collect();
        assert_eq!(opcodes, [PONG, BINARY, messages::CONTINUATION, PONG, CLOSE]);
        drop(peer);
        finishing.join().unwrap().unwrap();
    });
}

#[test]
fn a_pong_that_found_the_queue_full_leaves_after_the_halves_are_reunited() {
    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(|| {
            let config = Config::new().high_water_mark(1);
            let (server, client) = connected(config, Config::new());
            server.stream().set_nonblocking(true).unwrap();
            (server, client.into_parts().stream)
        });
        let sent = writer.send(vec![7; STUCK]);
        assert!(matches!(sent, Err(Error::Io(_))), "{sent:?}");
        peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
        while reader.read().is_err() {}

        let mut socket = reader.reunite(writer).unwrap();
        socket.stream().set_nonblocking(false).unwrap();
        let flushing = thread::spawn(move || socket.flush().map(|()| socket));
        read_large_header(&mut peer, false);
        peer.read_exact(&mut vec![0; STUCK]).unwrap();
        let pong = read_frame(&mut peer);
        assert_eq!((pong.opcode, &pong.payload[..]), (PONG, &b"?"[..]));
        flushing.join().unwrap().unwrap();
    });
}

#[test]
fn halves_that_have_failed_are_reunited_as_such() {
    bounded(|| {
        let (mut reader, writer, mut peer) = halves(server);
        peer.write_all(&[0x83, 0x80]).unwrap();
        peer.shutdown(std::net::Shutdown::Write).unwrap();
        reader.read().unwrap_err();
        let mut socket = reader.reunite(writer).unwrap();
        assert_eq!(socket.state(), State::Closed);
        assert!(matches!(socket.read(), Ok(None)), "the error was told");
        assert!(matches!(socket.send("x"), Err(Error::Rejected(_))));
    });
}

#[test]
fn halves_of_two_connections_are_handed_back() {
    bounded(|| {
        let (mut one_reader, mut one_writer, mut one_peer) = halves(server);
        let (other_reader, other_writer, _other_peer) = halves(server);
        let error = one_reader.reunite(other_writer).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot reunite the halves: they belong to different connections"
        );
        let (reader, other_writer) = error.into_halves();
        one_reader = reader;
        // All of them are as good as before.
        one_writer.send("x").unwrap();
        assert_eq!(read_frame(&mut one_peer).opcode, TEXT);
        assert!(one_reader.reunite(one_writer).is_ok());
        assert!(other_reader.reunite(other_writer).is_ok());
    });
}

/// The application may take longer than the time limit before it continues to read.
#[test]
fn a_pong_that_a_half_has_received_counts_after_the_halves_are_reunited() {
    bounded(|| {
        let keepalive =
            Keepalive { interval: Duration::from_millis(50), timeout: Duration::from_millis(400) };
        let (server, client) = connected(Config::new().keepalive(keepalive), Config::new());
        let (mut reader, writer) = server.into_split().unwrap();
        let mut peer = client.into_parts().stream;
        let answering = thread::spawn(move || {
            for _ in 0..2 {
                assert_eq!(read_frame(&mut peer).opcode, PING);
                peer.write_all(&messages::From::Client.frame(PONG, "")).unwrap();
            }
            peer
        });
        assert_eq!(reader.read().unwrap(), Some(Message::Pong("".into())));
        thread::sleep(2 * keepalive.timeout);
        let mut socket = reader.reunite(writer).unwrap();
        assert_eq!(socket.read().unwrap(), Some(Message::Pong("".into())));
        drop(answering.join().unwrap());
    });
}
