//! The one wait of the blocking adapter that has a limit of its own: for the peer at the end. All
//! that must run into it does so at once, so that this takes that long once.

use std::io::{ErrorKind, Read, Write};
use std::thread;

use crate::loopback::*;
use websocket_proto::CloseCode;
use websocket_proto::blocking::Acceptor;
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
