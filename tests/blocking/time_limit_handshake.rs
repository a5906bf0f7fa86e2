//! The opening handshake of a blocking server has a time limit. The time that the application takes
//! to decide does not count.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::loopback::*;
use websocket_proto::CloseCode;
use websocket_proto::blocking::{Acceptor, Reply};
use websocket_proto::io::AcceptError;

const HANDSHAKE: Duration = Duration::from_millis(200);

#[track_caller]
fn assert_timed_out<T: std::fmt::Debug>(accepted: Result<T, AcceptError>) {
    match accepted {
        Err(AcceptError::TimedOut { limit }) => assert_eq!(limit, HANDSHAKE),
        accepted => panic!("{accepted:?}"),
    }
}

/// A client that sends a byte now and then, and reads everything.
fn drip(mut stream: TcpStream) -> String {
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
            let mut acceptor = Acceptor::new(stream).handshake_timeout(HANDSHAKE);
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
            let mut acceptor = Acceptor::new(stream).handshake_timeout(HANDSHAKE);
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
            let mut acceptor = Acceptor::new(stream).handshake_timeout(HANDSHAKE);
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
