//! Two halves in two threads: what the reader owes is sent whatever the writer does.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::halves::*;
use crate::loopback::*;
use bytes::Bytes;
use support::messages::{self, BINARY, CLOSE, PING, PONG, TEXT, close_code, decode};
use websocket_proto::blocking::{ReadHalf, WriteHalf};
use websocket_proto::connection::Role;
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

fn pings_are_answered_while_the_writer_is_idle<R: Role + Send + 'static>(
    (mut reader, writer, mut peer): (ReadHalf<R>, WriteHalf<R>, TcpStream),
    from: messages::From,
) {
    let reading = thread::spawn(move || {
        for n in 0..10 {
            assert_eq!(reader.read().unwrap(), Some(Message::Ping(Bytes::from(vec![n]))));
        }
    });
    for n in 0..10 {
        peer.write_all(&from.frame(PING, [n])).unwrap();
        let pong = read_frame(&mut peer);
        assert_eq!((pong.opcode, pong.payload), (PONG, vec![n]));
    }
    reading.join().unwrap();
    drop(writer);
}

#[test]
fn a_server_answers_pings_while_its_writer_is_idle() {
    bounded(|| pings_are_answered_while_the_writer_is_idle(halves(server), messages::From::Client));
}

#[test]
fn a_client_answers_pings_while_its_writer_is_idle() {
    bounded(|| pings_are_answered_while_the_writer_is_idle(halves(client), messages::From::Server));
}

#[test]
fn pings_are_answered_when_the_writer_is_gone() {
    bounded(|| {
        let (mut reader, writer, mut peer) = halves(server);
        drop(writer);
        peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
        assert!(reader.read().unwrap().is_some());
        assert_eq!(read_frame(&mut peer).opcode, PONG);
    });
}

#[test]
fn pings_are_answered_however_low_the_high_water_mark() {
    bounded(|| {
        let (socket, client) = connected(Config::new().high_water_mark(0), Config::new());
        let (mut reader, mut writer) = socket.into_split().unwrap();
        let mut peer = client.into_parts().stream;
        peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
        assert!(reader.read().unwrap().is_some());
        assert_eq!(read_frame(&mut peer).opcode, PONG);
        writer.send("and messages are sent").unwrap();
        assert_eq!(read_frame(&mut peer).opcode, TEXT);
    });
}

#[test]
fn pings_are_left_alone_when_the_configuration_says_so() {
    bounded(|| {
        let (socket, client) = connected(Config::new().answer_pings(false), Config::new());
        let (mut reader, mut writer) = socket.into_split().unwrap();
        let mut peer = client.into_parts().stream;
        peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
        assert!(reader.read().unwrap().is_some());
        writer.send("first").unwrap();
        assert_eq!(read_frame(&mut peer).opcode, TEXT);
    });
}

fn reading_goes_on_while_the_writer_is_stuck<R: Role + Send + 'static>(
    (mut reader, mut writer, mut peer): (ReadHalf<R>, WriteHalf<R>, TcpStream),
    from: messages::From,
) {
    let writing = thread::spawn(move || {
        writer.send(vec![7; STUCK]).unwrap();
        writer
    });
    read_large_header(&mut peer, from == messages::From::Server);
    let (heard, hears) = mpsc::channel();
    let reading = thread::spawn(move || {
        while let Some(message) = reader.read().unwrap() {
            heard.send(message).unwrap();
        }
        reader
    });
    // The writer waits for us to read, and yet everything is heard.
    for frame in [from.frame(PING, "1"), from.frame(TEXT, "x"), from.frame(PING, "2")] {
        peer.write_all(&frame).unwrap();
        hears.recv_timeout(LIMIT).unwrap();
    }
    let mut payload = vec![0; STUCK];
    peer.read_exact(&mut payload).unwrap();
    // RFC 6455 5.5.3: the newest Ping is answered, once the frame under way has ended.
    let pong = read_frame(&mut peer);
    assert_eq!((pong.opcode, &pong.payload[..]), (PONG, &b"2"[..]));
    writing.join().unwrap();

    peer.write_all(&from.close(1000, "")).unwrap();
    assert_eq!(close_code(&read_frame(&mut peer)), Some(1000));
    peer.shutdown(Shutdown::Both).unwrap();
    reading.join().unwrap().finish().unwrap();
}

#[test]
fn a_server_reads_on_while_its_writer_is_stuck_and_answers_when_it_is_not() {
    bounded(|| reading_goes_on_while_the_writer_is_stuck(halves(server), messages::From::Client));
}

#[test]
fn a_client_reads_on_while_its_writer_is_stuck_and_answers_when_it_is_not() {
    bounded(|| reading_goes_on_while_the_writer_is_stuck(halves(client), messages::From::Server));
}

#[test]
fn a_close_that_comes_while_the_writer_is_stuck_is_answered_behind_its_message() {
    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(server);
        let writing = thread::spawn(move || {
            writer.send(vec![7; STUCK]).unwrap();
            // Whoever goes on is told.
            let refused = writer.send("more").unwrap_err();
            assert!(
                matches!(&refused, Error::Rejected(r) if r.error == SendError::Closing),
                "{refused:?}"
            );
        });
        read_large_header(&mut peer, false);
        let from = messages::From::Client;
        peer.write_all(&[from.frame(PING, "?"), from.close(1001, "")].concat()).unwrap();
        assert!(matches!(reader.read(), Ok(Some(Message::Ping(_)))));
        assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
        let finishing = thread::spawn(move || reader.finish());
        let mut payload = vec![0; STUCK];
        peer.read_exact(&mut payload).unwrap();
        let rest = decode(&read_to_fin(&mut peer));
        // The Pong may have been in time or not; the Close is the last.
        let opcodes: Vec<_> = rest.iter().map(|frame| frame.opcode).collect();
        assert_eq!(opcodes.last(), Some(&CLOSE));
        assert!(opcodes.len() <= 2, "{opcodes:?}");
        drop(peer);
        finishing.join().unwrap().unwrap();
        writing.join().unwrap();
    });
}

#[test]
fn an_error_is_reported_while_the_writer_is_idle() {
    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(server);
        peer.write_all(&[0x83, 0x80, 0xff]).unwrap();
        let reading = thread::spawn(move || {
            let error = reader.read().unwrap_err();
            let expected = ProtocolError::ReservedOpCode { opcode: 3 };
            assert!(matches!(&error, Error::Protocol(error) if *error == expected), "{error:?}");
            assert_eq!(reader.read().unwrap(), None, "it is told once");
            reader.finish().unwrap();
        });
        let [close] = &decode(&read_to_fin(&mut peer))[..] else { panic!("one Close") };
        assert_eq!(close_code(close), Some(1002));
        let refused = writer.send("too late");
        assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
        drop(peer);
        reading.join().unwrap();
    });
}

#[test]
fn a_transport_that_ends_is_told_to_the_reader() {
    bounded(|| {
        let (mut reader, _writer, peer) = halves(client);
        peer.shutdown(Shutdown::Write).unwrap();
        let error = reader.read().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)), "{error:?}");
        assert_eq!(reader.read().unwrap(), None, "it is told once");
        drop(peer);
        reader.finish().unwrap();
    });
}

#[test]
fn what_a_writer_cannot_send_comes_back() {
    bounded(|| {
        let (_reader, mut writer, _peer) = halves(server);
        let refused = writer.send(Message::Ping(vec![0; 126].into()));
        assert!(matches!(refused, Err(Error::Rejected(_))), "{refused:?}");
        let refused = writer.send_fragment(Kind::Text, true, &b"\xff"[..]);
        let Err(Error::RejectedFragment(rejected)) = refused else { panic!("{refused:?}") };
        assert_eq!(rejected.message, &b"\xff"[..]);
        assert_eq!(rejected.error, SendError::InvalidUtf8 { offset: 0 });
        let refused = writer.close(CloseCode::NO_STATUS, "");
        assert!(matches!(refused, Err(Error::Send(SendError::UnsendableCloseCode { .. }))));
        writer.close(CloseCode::NORMAL, "").unwrap();
        let refused = writer.send_prepared(&Prepared::text("x"));
        assert!(matches!(refused, Err(Error::Send(SendError::Closing))));
        writer.flush().unwrap();
    });
}

#[test]
fn binary_frames_of_a_client_are_masked_in_the_halves_too() {
    bounded(|| {
        let (_reader, mut writer, mut peer) = halves(client);
        writer.send(vec![1; 10]).unwrap();
        let frame = read_frame(&mut peer);
        assert!(frame.opcode == BINARY && frame.key.is_some() && frame.payload == [1; 10]);
    });
}

/// Who has held the writer for a moment sees to what became due meanwhile.
#[cfg(feature = "deflate")]
#[test]
fn a_ping_that_comes_while_the_writer_chooses_or_releases_is_answered() {
    use websocket_proto::deflate::Compression;

    bounded(|| {
        let (mut reader, mut writer, mut peer) = halves(server);
        peer.set_read_timeout(Some(LIMIT / 4)).unwrap();
        let reading =
            thread::spawn(move || while let Ok(Some(Message::Ping(_))) = reader.read() {});
        let asking = thread::spawn(move || {
            for _ in 0..2000 {
                peer.write_all(&messages::From::Client.frame(PING, "?")).unwrap();
                assert_eq!(read_frame(&mut peer).opcode, PONG);
            }
            peer.shutdown(Shutdown::Both).unwrap();
        });
        while !asking.is_finished() {
            writer.set_compression(Compression::Auto);
            writer.release_memory();
        }
        asking.join().expect("every ping is answered");
        reading.join().unwrap();
    });
}

/// `Duration::MAX` is beyond the range of the clock, and a socket refuses a time-out of zero.
#[test]
fn the_limit_of_finish_may_be_as_long_or_as_short_as_one_likes() {
    bounded(|| {
        let config = || Config::new().close_timeout(Duration::MAX);
        let (server, client) = connected(config(), config());
        let (mut reader, mut writer) = server.into_split().unwrap();
        // The transport ends although the client keeps its other half.
        let (mut other, _writer) = client.into_split().unwrap();
        writer.close(CloseCode::NORMAL, "").unwrap();
        assert!(matches!(other.read(), Ok(Some(Message::Close(_)))));
        while reader.read().unwrap().is_some() {}
        let finishing = thread::spawn(move || other.finish());
        reader.finish().unwrap();
        finishing.join().unwrap().unwrap();

        let (server, _client) = connected(Config::new().close_timeout(Duration::ZERO), config());
        let (mut reader, _writer) = server.into_split().unwrap();
        let error = reader.finish().unwrap_err();
        let timeout = Duration::ZERO;
        assert!(
            matches!(error, Error::Protocol(ProtocolError::CloseTimeout { timeout: t }) if t == timeout),
            "{error:?}"
        );
    });
}

/// The other half writes while this one waits for it without a limit.
#[test]
fn finish_without_a_limit_waits_for_the_writer() {
    bounded(|| {
        let (server, client) = connected(Config::new().close_timeout(Duration::MAX), Config::new());
        let mut peer = client.into_parts().stream;
        let (mut reader, mut writer) = server.into_split().unwrap();
        let writing = thread::spawn(move || writer.send(vec![7; STUCK]));
        read_large_header(&mut peer, false);
        let finishing = thread::spawn(move || reader.finish());
        peer.read_exact(&mut vec![0; STUCK]).unwrap();
        assert_eq!(read_frame(&mut peer).opcode, CLOSE);
        peer.write_all(&messages::From::Client.close(1000, "")).unwrap();
        drop(peer);
        writing.join().unwrap().unwrap();
        finishing.join().unwrap().unwrap();
    });
}
