//! The waits of the blocking adapter that have a limit of their own: for the request of a client, and
//! for the peer at the end. All that must run into the latter does so at once, so that this takes that
//! long once.

use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

use crate::loopback::*;
use websocket_proto::CloseCode;
use websocket_proto::blocking::{Acceptor, Reply};
use websocket_proto::io::AcceptError;
use websocket_proto::websocket::Config;

/// A server whose peer says good-bye and stays.
fn a_peer_that_does_not_hang_up() -> ErrorKind {
    let (mut server, mut client) = connected(Config::new(), Config::new());
    client.close(CloseCode::NORMAL, "").unwrap();
    while server.read().unwrap().is_some() {}
    let kind = server.finish().unwrap_err().kind();
    drop(client);
    kind
}

/// A server whose peer reads nothing, and so keeps the thread that writes from ending.
fn a_peer_that_reads_nothing() -> ErrorKind {
    let (server, client) = connected(Config::new(), Config::new());
    let (mut reader, mut writer) = server.into_split().unwrap();
    let mut peer = client.into_parts().stream;
    let writing = thread::spawn(move || writer.send(vec![7; 32 << 20]));
    peer.read_exact(&mut [0; 10]).unwrap();
    peer.write_all(&[0xff]).unwrap();
    reader.read().unwrap_err();
    let kind = reader.finish().unwrap_err().kind();
    // The writer has been let go.
    writing.join().unwrap().unwrap_err();
    drop(peer);
    kind
}

/// A server that refused a request of somebody who stays.
fn a_refused_client_that_does_not_hang_up() -> ErrorKind {
    let (address, server) = serve(|stream| {
        let mut acceptor = Acceptor::new(stream);
        acceptor.accept().unwrap_err();
        acceptor.finish().unwrap_err().kind()
    });
    let mut stream = raw(address);
    stream.write_all(b"\x16\x03\x01").unwrap();
    let kind = server.join().unwrap();
    drop(stream);
    kind
}

#[test]
fn a_peer_that_does_not_let_the_connection_end_is_given_up() {
    let peers = [
        a_peer_that_does_not_hang_up,
        a_peer_that_reads_nothing,
        a_refused_client_that_does_not_hang_up,
    ];
    bounded(move || {
        let waiting = peers.map(thread::spawn);
        assert_eq!(waiting.map(|thread| thread.join().unwrap()), [ErrorKind::TimedOut; 3]);
    });
}

const HANDSHAKE: Duration = Duration::from_millis(200);

#[track_caller]
fn assert_timed_out<T: std::fmt::Debug>(accepted: Result<T, AcceptError>) {
    match accepted {
        Err(AcceptError::TimedOut { limit }) => assert_eq!(limit, HANDSHAKE),
        accepted => panic!("{accepted:?}"),
    }
}

/// A client that sends a byte now and then, and reads everything.
fn drip(mut stream: std::net::TcpStream) -> String {
    let mut reader = stream.try_clone().unwrap();
    let dripping = thread::spawn(move || {
        while stream.write_all(b"G").is_ok() {
            thread::sleep(HANDSHAKE / 10);
        }
    });
    let mut response = String::new();
    let _ = reader.read_to_string(&mut response);
    dripping.join().unwrap();
    response
}

#[test]
fn a_client_that_is_silent_or_drips_gets_408_over_tcp() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let mut acceptor = Acceptor::tcp(stream).handshake_timeout(HANDSHAKE);
            assert_timed_out(acceptor.accept());
            let stream = acceptor.stream().unwrap();
            assert_eq!(stream.read_timeout().unwrap(), None);
            assert_eq!(stream.write_timeout().unwrap(), None);
            assert!(stream.nodelay().unwrap());
        });
        let mut silent = raw(address);
        let mut response = String::new();
        silent.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
        server.join().unwrap();

        let (address, server) = serve(|stream| {
            let mut acceptor = Acceptor::tcp(stream).handshake_timeout(HANDSHAKE);
            assert_timed_out(acceptor.request().map(drop));
        });
        let response = drip(raw(address));
        assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
        server.join().unwrap();
    });
}

/// The time-outs of the transport end its calls, and the acceptor looks at its clock between them.
#[test]
fn a_client_that_drips_gets_408_over_any_transport() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let mut acceptor = Acceptor::new(stream).handshake_timeout(HANDSHAKE);
            assert_timed_out(acceptor.accept());
        });
        assert!(drip(raw(address)).starts_with("HTTP/1.1 408 "));
        server.join().unwrap();
    });
}

#[test]
fn the_application_may_take_longer_to_decide_than_the_handshake_may_take() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let mut acceptor = Acceptor::tcp(stream).handshake_timeout(HANDSHAKE);
            acceptor.request().unwrap();
            thread::sleep(HANDSHAKE * 3 / 2);
            let mut socket = acceptor.reply(Reply::accept()).unwrap();
            while socket.read().unwrap().is_some() {}
        });
        let mut client = websocket_proto::blocking::connect(url(address)).unwrap();
        client.close(CloseCode::NORMAL, "").unwrap();
        while client.read().unwrap().is_some() {}
        server.join().unwrap();
    });
}
