//! `Config::answer_close(false)`: only the application can answer the Close of the peer.

use std::io::{Cursor, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use crate::loopback::*;
use support::messages::{self, BINARY, TEXT};
use websocket_proto::blocking::{Transport, WebSocketStream};
use websocket_proto::connection::{Server, State};
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, SendError};

/// Shorter than a close time-out of 60 seconds, and much longer than a read that does not wait for
/// this time-out.
const SOON: Duration = Duration::from_secs(20);

const LIMIT: Duration = Duration::from_millis(300);

fn config(close_timeout: Duration) -> Config {
    Config::new().answer_close(false).close_timeout(close_timeout)
}

/// Returns a server, and the TCP stream of its peer.
fn server(config: Config) -> (WebSocketStream<TcpStream, Server>, TcpStream) {
    let (server, client) = connected(config, Config::new());
    (server, client.into_parts().stream)
}

#[track_caller]
fn assert_close<S: Transport>(server: &mut WebSocketStream<S, Server>) {
    let close = Message::close(CloseCode::NORMAL, "bye").unwrap();
    assert_eq!(server.read().unwrap(), Some(close));
    assert_eq!(server.state(), State::RemoteClosing);
}

fn send_close(peer: &mut impl Write) {
    peer.write_all(&messages::From::Client.close(1000, "bye")).unwrap();
}

#[track_caller]
fn assert_ends_at_once<S: Transport>(server: &mut WebSocketStream<S, Server>) {
    let begin = Instant::now();
    assert_eq!(server.read().unwrap(), None);
    assert_eq!(server.read().unwrap(), None);
    assert!(begin.elapsed() < SOON);
    let info = server.close_info().unwrap();
    assert_eq!((info.code, info.reason, info.is_clean), (CloseCode::NORMAL, "bye", false));
    let Err(Error::Rejected(rejected)) = server.try_send("reply") else { panic!("it is over") };
    assert_eq!(rejected.error, SendError::Closing);
    server.finish().unwrap();
}

#[test]
fn a_read_after_an_unanswered_close_ends_with_the_transport() {
    for close_timeout in [Duration::from_secs(60), Duration::MAX] {
        bounded(move || {
            let (mut server, mut peer) = server(config(close_timeout));
            send_close(&mut peer);
            assert_close(&mut server);
            peer.shutdown(Shutdown::Write).unwrap();
            assert_ends_at_once(&mut server);
            assert_eq!(peer.read(&mut [0; 16]).unwrap(), 0);
        });
    }
}

#[test]
fn a_read_after_an_unanswered_close_ends_with_a_transport_that_has_failed() {
    for own_timeout in [None, Some(LIMIT / 10)] {
        bounded(move || {
            let (mut server, mut peer) = server(config(Duration::MAX));
            TcpStream::set_read_timeout(server.stream(), own_timeout).unwrap();
            send_close(&mut peer);
            assert_close(&mut server);
            drop(peer);
            // The first write causes a reset, and then the second one fails.
            while server.send("reply").is_ok() {
                thread::sleep(Duration::from_millis(10));
            }
            while server.read().is_err() {}
            assert_ends_at_once(&mut server);
        });
    }
}

#[test]
fn a_read_after_an_unanswered_close_ends_with_a_transport_without_time_outs() {
    bounded(|| {
        let bytes = Cursor::new(messages::From::Client.close(1000, "bye"));
        let (config, read) = (config(Duration::MAX), BytesMut::new());
        let mut server = WebSocketStream::from_parts(bytes, Server, config, Opened::new(), read);
        assert_close(&mut server);
        assert_ends_at_once(&mut server);
    });
}

/// A program that reads with a time-out can do other things between two reads.
#[test]
fn a_read_with_a_time_out_leaves_time_for_the_answer_although_the_transport_has_ended() {
    bounded(|| {
        let (mut server, mut peer) = server(config(Duration::MAX));
        TcpStream::set_read_timeout(server.stream(), Some(LIMIT / 10)).unwrap();
        send_close(&mut peer);
        assert_close(&mut server);
        peer.shutdown(Shutdown::Write).unwrap();
        for _ in 0..3 {
            let error = server.read().unwrap_err();
            assert!(error.is_would_block(), "{error:?}");
        }
        server.send("reply").unwrap();
        server.close(CloseCode::NORMAL, "done").unwrap();
        assert_eq!(server.read().unwrap(), None);
        assert!(server.close_info().unwrap().is_clean);
        let mut sent = Vec::new();
        peer.read_to_end(&mut sent).unwrap();
        let from = messages::From::Server;
        assert_eq!(sent, [from.frame(TEXT, "reply"), from.close(1000, "done")].concat());
    });
}

#[test]
fn a_read_keeps_its_time_out_while_it_only_writes() {
    bounded(|| {
        let (mut server, mut peer) = server(config(Duration::MAX).write_timeout(Duration::MAX));
        TcpStream::set_read_timeout(server.stream(), Some(LIMIT)).unwrap();
        send_close(&mut peer);
        assert_close(&mut server);
        peer.shutdown(Shutdown::Write).unwrap();
        // More than the buffers of the system take.
        let reply = vec![b'r'; 16 << 20];
        server.try_send(reply.clone()).unwrap();
        for _ in 0..2 {
            let begin = Instant::now();
            let error = server.read().unwrap_err();
            assert!(error.is_would_block(), "{error:?}");
            assert!(begin.elapsed() >= LIMIT / 2 && begin.elapsed() < SOON);
        }
        let reading = thread::spawn(move || {
            let mut sent = Vec::new();
            peer.read_to_end(&mut sent).unwrap();
            sent
        });
        server.close(CloseCode::NORMAL, "done").unwrap();
        server.finish().unwrap();
        let from = messages::From::Server;
        let all = [from.frame(BINARY, reply), from.close(1000, "done")].concat();
        assert!(reading.join().unwrap() == all);
    });
}

#[test]
fn reads_with_a_time_out_end_with_the_close_time_out_if_the_application_does_not_answer() {
    bounded(|| {
        let (mut server, mut peer) = server(config(LIMIT));
        TcpStream::set_read_timeout(server.stream(), Some(LIMIT / 10)).unwrap();
        send_close(&mut peer);
        assert_close(&mut server);
        peer.shutdown(Shutdown::Write).unwrap();
        let begin = Instant::now();
        while server.read().is_err() {
            assert!(begin.elapsed() < SOON);
        }
        assert!(begin.elapsed() >= LIMIT / 2);
        assert_ends_at_once(&mut server);
    });
}

#[test]
fn a_flush_after_a_lost_answer_has_the_same_error_whole_and_in_halves() {
    bounded(|| {
        let opened = || {
            let (mut server, mut peer) = server(config(Duration::MAX));
            TcpStream::set_read_timeout(server.stream(), Some(LIMIT / 10)).unwrap();
            send_close(&mut peer);
            assert_close(&mut server);
            peer.shutdown(Shutdown::Write).unwrap();
            assert!(server.read().unwrap_err().is_would_block(), "the transport has ended");
            // The reset arrives after the system has accepted a part of the reply.
            thread::spawn(move || {
                thread::sleep(LIMIT / 3);
                drop(peer);
            });
            server
        };
        let reply = || vec![b'r'; 16 << 20];
        let mut whole = opened();
        assert!(whole.send(reply()).is_err());
        let (_reader, mut writer) = opened().into_split().unwrap();
        assert!(writer.send(reply()).is_err());
        for error in [whole.flush().unwrap_err(), writer.flush().unwrap_err()] {
            let Error::Io(error) = error else { panic!("{error:?}") };
            assert_eq!(error.kind(), ErrorKind::ConnectionAborted, "{error:?}");
        }
    });
}

#[test]
fn a_half_answers_a_close_after_its_replies_although_the_peer_sends_no_more() {
    bounded(|| {
        let (server, mut peer) = server(config(Duration::from_secs(60)));
        let (mut reader, mut writer) = server.into_split().unwrap();
        send_close(&mut peer);
        peer.shutdown(Shutdown::Write).unwrap();
        assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
        let reading = thread::spawn(move || {
            assert_eq!(reader.read().unwrap(), None);
            reader.finish().unwrap();
        });
        thread::sleep(LIMIT);
        assert!(!reading.is_finished());
        writer.send("reply").unwrap();
        writer.close(CloseCode::NORMAL, "done").unwrap();
        reading.join().unwrap();
        let mut sent = Vec::new();
        peer.read_to_end(&mut sent).unwrap();
        let from = messages::From::Server;
        assert_eq!(sent, [from.frame(TEXT, "reply"), from.close(1000, "done")].concat());
    });
}

#[test]
fn a_half_that_reads_ends_with_the_close_time_out_if_no_half_answers() {
    bounded(|| {
        let (server, mut peer) = server(config(LIMIT));
        let (mut reader, _writer) = server.into_split().unwrap();
        send_close(&mut peer);
        peer.shutdown(Shutdown::Write).unwrap();
        assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
        let begin = Instant::now();
        assert_eq!(reader.read().unwrap(), None);
        assert!(begin.elapsed() < SOON);
        reader.finish().unwrap();
        assert_eq!(peer.read(&mut [0; 16]).unwrap(), 0);
    });
}

#[test]
fn a_half_that_reads_keeps_its_own_time_out_while_no_half_answers() {
    bounded(|| {
        let (server, mut peer) = server(config(Duration::MAX));
        server.stream().set_read_timeout(Some(LIMIT)).unwrap();
        let (mut reader, mut writer) = server.into_split().unwrap();
        send_close(&mut peer);
        peer.shutdown(Shutdown::Write).unwrap();
        assert!(matches!(reader.read(), Ok(Some(Message::Close(_)))));
        for _ in 0..2 {
            let error = reader.read().unwrap_err();
            assert!(error.is_would_block(), "{error:?}");
        }
        writer.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(reader.read().unwrap(), None);
    });
}
