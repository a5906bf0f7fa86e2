//! The methods that a half shares with the whole: messages lent and in parts, sending without
//! waiting, the state, and the error of halves that do not belong together.

use std::io::{Cursor, Read, Write};

use crate::halves::{self, halves, read_frame};
use crate::loopback::*;
use support::messages::{self, BINARY, CONTINUATION, PING, TEXT};
use websocket_proto::blocking::{OverTcp, Transport, WebSocketStream};
use websocket_proto::connection::{Server, State};
use websocket_proto::websocket::{Config, MessageRef, Part, Prepared};
use websocket_proto::{Message, SendError};

#[test]
fn a_half_lends_messages_whole_and_in_parts() {
    bounded(|| {
        let from = messages::From::Client;
        let (mut reader, _writer, mut peer) = halves(halves::server);
        peer.write_all(&[from.frame(TEXT, "lent"), from.frame(PING, "?")].concat()).unwrap();
        assert_eq!(reader.read_ref().unwrap(), Some(MessageRef::Text("lent")));
        assert_eq!(reader.read_ref().unwrap(), Some(MessageRef::Ping(b"?")));
        peer.write_all(&[from.part(TEXT, "in "), from.frame(CONTINUATION, "parts")].concat())
            .unwrap();
        let mut text = Vec::new();
        loop {
            let part = reader.read_part().unwrap().expect("the connection is open");
            let Part::Data { bytes, last, .. } = part else { panic!("{part:?}") };
            text.extend_from_slice(bytes);
            if last {
                break;
            }
        }
        assert_eq!(text, b"in parts");
        assert_eq!(reader.state(), State::Open);
        peer.write_all(&from.close(1000, "")).unwrap();
        assert!(matches!(reader.read_ref(), Ok(Some(MessageRef::Close(Some(_))))));
        drop(peer);
        assert_eq!(reader.read_ref().unwrap(), None);
        assert_eq!(reader.read_part().unwrap(), None);
        assert_eq!(reader.state(), State::Closed);
    });
}

#[test]
fn the_whole_lends_parts_too() {
    bounded(|| {
        let (mut server, mut client) = both();
        client.send("parts").unwrap();
        let part = server.read_part().unwrap();
        assert!(matches!(part, Some(Part::Data { bytes: b"parts", first: true, last: true, .. })));
        client.close(websocket_proto::CloseCode::NORMAL, "").unwrap();
        assert!(matches!(server.read_part(), Ok(Some(Part::Close(Some(_))))));
        assert_eq!(client.finish().unwrap(), ());
        assert_eq!(server.read_part().unwrap(), None);
    });
}

#[test]
fn a_half_queues_without_waiting_and_its_next_flush_writes() {
    bounded(|| {
        let (_reader, mut writer, mut peer) = halves(halves::server);
        writer.ready().unwrap();
        writer.try_send("tried").unwrap();
        writer.try_send_prepared(&Prepared::binary(&b"prepared"[..])).unwrap();
        assert_eq!(writer.state(), State::Open);
        writer.flush().unwrap();
        let sent = [read_frame(&mut peer), read_frame(&mut peer)];
        assert_eq!(sent.map(|frame| frame.opcode), [TEXT, BINARY]);

        // A full queue is written before there is room again.
        let (server, client) = connected(Config::new().high_water_mark(1), Config::new());
        let (_reader, mut writer) = server.into_split().unwrap();
        writer.try_send("fills the queue").unwrap();
        let error = writer.try_send_prepared(&Prepared::text("no room")).unwrap_err();
        let full = matches!(error, websocket_proto::io::Error::Send(SendError::QueueFull { .. }));
        assert!(full, "{error:?}");
        writer.ready().unwrap();
        let mut peer = client.into_parts().stream;
        assert_eq!(read_frame(&mut peer).payload, b"fills the queue");
    });
}

#[test]
fn the_whole_queues_a_prepared_message_without_waiting() {
    bounded(|| {
        let (mut server, mut client) = both();
        server.try_send_prepared(&Prepared::text("prepared")).unwrap();
        server.flush().unwrap();
        assert_eq!(client.read().unwrap(), Some(Message::text("prepared")));
    });
}

#[test]
fn halves_of_two_connections_are_not_reunited_and_go_on() {
    bounded(|| {
        let (reader, _writer, mut peer) = halves(halves::server);
        let (_reader, writer, mut other) = halves(halves::server);
        let error = reader.reunite(writer).unwrap_err();
        assert_eq!(format!("{error:?}"), "ReuniteError { .. }");
        let (mut reader, mut writer) = error.into_halves();
        writer.send("to the other").unwrap();
        assert_eq!(read_frame(&mut other).payload, b"to the other");
        peer.write_all(&messages::From::Client.frame(TEXT, "to this")).unwrap();
        assert_eq!(reader.read().unwrap(), Some(Message::text("to this")));
    });
}

/// A stream of another kind over TCP, such as TLS, has the time-outs of its TCP connection.
#[test]
fn a_stream_over_tcp_is_a_transport_with_time_outs() {
    bounded(|| {
        let (mut server, client) = halves::server();
        let tcp = client.try_clone().unwrap();
        let mut over = OverTcp::new(client, tcp);
        over.set_nodelay().unwrap();
        let time = Some(std::time::Duration::from_secs(5));
        over.set_read_timeout(time).unwrap();
        over.set_write_timeout(time).unwrap();
        assert_eq!((over.read_timeout().unwrap(), over.write_timeout().unwrap()), (time, time));
        assert_eq!(over.stream().read_timeout().unwrap(), time, "it is the same connection");
        over.stream_mut().set_nodelay(false).unwrap();

        over.write_all(&messages::From::Client.frame(TEXT, "over")).unwrap();
        over.flush().unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::text("over")));
        server.send("back").unwrap();
        let mut bytes = [0; 6];
        over.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"\x81\x04back");
        let slices = [std::io::IoSlice::new(&[0x8a, 0x80]), std::io::IoSlice::new(&[0; 4])];
        assert_eq!(over.write_vectored(&slices).unwrap(), 6);
        assert_eq!(server.read().unwrap(), Some(Message::pong(&b""[..])));
        over.shutdown_write().unwrap();
        drop(over.into_stream());
        server.read().expect_err("an end without a Close");
    });
}

/// Without time-outs of its own a transport has none, and says so.
#[test]
fn a_transport_in_memory_has_no_time_outs() {
    let memory = Cursor::new(Vec::new());
    assert!(memory.read_timeout().is_err() || memory.read_timeout().unwrap().is_none());
    let unsupported = memory.set_read_timeout(None).unwrap_err();
    assert_eq!(unsupported.kind(), std::io::ErrorKind::Unsupported);
    let unsupported = memory.set_write_timeout(None).unwrap_err();
    assert_eq!(unsupported.kind(), std::io::ErrorKind::Unsupported);
    let socket = WebSocketStream::from_parts(
        memory,
        Server,
        Config::new(),
        websocket_proto::handshake::Opened::new(),
        bytes::BytesMut::new(),
    );
    assert_eq!(socket.state(), State::Open);
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_a_transport_with_time_outs() {
    let (mut one, mut other) = std::os::unix::net::UnixStream::pair().unwrap();
    let time = Some(std::time::Duration::from_secs(5));
    Transport::set_read_timeout(&one, time).unwrap();
    Transport::set_write_timeout(&one, time).unwrap();
    assert_eq!(Transport::read_timeout(&one).unwrap(), time);
    assert_eq!(Transport::write_timeout(&one).unwrap(), time);
    one.shutdown_write().unwrap();
    assert_eq!(other.read(&mut [0]).unwrap(), 0);
}
