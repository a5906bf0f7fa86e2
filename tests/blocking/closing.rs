//! The closing handshake over TCP, and the other ways in which a connection ends.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::thread;

use crate::loopback::*;
use support::messages::{self, TEXT, close_code, decode};
use websocket_proto::connection::State;
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::websocket::Prepared;
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

#[test]
fn a_client_closes_and_the_server_goes_first() {
    bounded(|| {
        let (mut server, mut client) = both();
        let serving = thread::spawn(move || {
            assert_closed(&mut server, CloseCode::from(4321), "enough");
            assert_eq!(server.read().unwrap(), None);
            assert_eq!(server.read().unwrap(), None);
            server.finish().unwrap();
        });
        client.close(CloseCode::from(4321), "enough").unwrap();
        assert_eq!(client.state(), State::LocalClosing);
        client.close(CloseCode::NORMAL, "").unwrap();
        assert_closed(&mut client, CloseCode::from(4321), "enough");
        // It waits here for the server's FIN, which comes though the client's has not.
        assert_eq!(client.read().unwrap(), None);
        client.finish().unwrap();
        serving.join().unwrap();
    });
}

#[test]
fn a_server_closes_and_goes_first_too() {
    bounded(|| {
        let (mut server, mut client) = both();
        let reading = thread::spawn(move || {
            assert_closed(&mut client, CloseCode::GOING_AWAY, "restart");
            assert_eq!(client.read().unwrap(), None);
            client.finish().unwrap();
        });
        server.close(CloseCode::GOING_AWAY, "restart").unwrap();
        assert_closed(&mut server, CloseCode::GOING_AWAY, "restart");
        assert_eq!(server.read().unwrap(), None);
        server.finish().unwrap();
        reading.join().unwrap();
    });
}

#[test]
fn both_may_close_at_once() {
    bounded(|| {
        let (mut server, mut client) = both();
        server.close(CloseCode::from(3001), "").unwrap();
        client.close(CloseCode::from(3002), "").unwrap();
        let reading = thread::spawn(move || {
            assert_closed(&mut client, CloseCode::from(3001), "");
            assert_eq!(client.read().unwrap(), None);
            client.finish().unwrap();
        });
        assert_closed(&mut server, CloseCode::from(3002), "");
        assert_eq!(server.read().unwrap(), None);
        server.finish().unwrap();
        reading.join().unwrap();
    });
}

#[test]
fn messages_come_until_the_peers_close_though_we_have_sent_ours() {
    bounded(|| {
        let (mut server, mut client) = both();
        server.feed("one").unwrap();
        server.feed("two").unwrap();
        client.close(CloseCode::NORMAL, "").unwrap();
        assert_closed(&mut server, CloseCode::NORMAL, "");
        let reading = thread::spawn(move || {
            assert_eq!(client.read().unwrap(), Some(Message::text("one")));
            assert_eq!(client.read().unwrap(), Some(Message::text("two")));
            assert_closed(&mut client, CloseCode::NORMAL, "");
            assert_eq!(client.read().unwrap(), None);
            client.finish().unwrap();
        });
        server.finish().unwrap();
        reading.join().unwrap();
    });
}

#[test]
fn nothing_is_sent_after_a_close() {
    bounded(|| {
        let (_server, mut client) = both();
        client.close(CloseCode::NORMAL, "").unwrap();
        let refused = client.send("too late");
        assert!(matches!(
            refused,
            Err(Error::Rejected(rejected)) if rejected.message == Message::text("too late")
        ));
        let prepared = client.send_prepared(&Prepared::text("x"));
        assert!(matches!(prepared, Err(Error::Send(SendError::Closing))));
        let fragment = client.send_fragment(Kind::Text, true, &b"x"[..]);
        let Err(Error::RejectedFragment(rejected)) = fragment else { panic!("{fragment:?}") };
        assert_eq!((&rejected.message[..], rejected.error), (&b"x"[..], SendError::Closing));
    });
}

#[test]
fn a_code_that_must_not_be_sent_is_the_callers_fault() {
    bounded(|| {
        let (mut server, mut client) = both();
        let refused = client.close(CloseCode::ABNORMAL, "");
        assert!(matches!(refused, Err(Error::Send(SendError::UnsendableCloseCode { .. }))));
        client.send("still open").unwrap();
        assert_eq!(server.read().unwrap(), Some(Message::text("still open")));
    });
}

#[test]
fn a_peer_that_vanishes_is_an_unexpected_end() {
    for partial in [&[][..], &[0x81, 0x85, 1, 2, 3, 4, 5]] {
        bounded(move || {
            let (mut server, client) = both();
            let mut client = client.into_parts().stream;
            client.write_all(partial).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let error = server.read().unwrap_err();
            assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)), "{error:?}");
            assert_eq!(server.read().unwrap(), None, "it is told once");
            // Nobody is told with a Close, which nobody would read.
            server.finish().unwrap();
            drop(server);
            let mut rest = Vec::new();
            client.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, []);
        });
    }
}

#[test]
fn a_peer_that_resets_is_an_error_of_the_transport() {
    bounded(|| {
        let (mut server, client) = both();
        // To drop a socket with bytes unread resets the connection.
        server.send("never read").unwrap();
        client.stream().peek(&mut [0]).unwrap();
        drop(client);
        let error = server.read().unwrap_err();
        assert!(
            matches!(&error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset),
            "{error:?}"
        );
    });
}

#[test]
fn a_client_tells_a_server_what_it_did_wrong() {
    bounded(|| {
        let (server, mut client) = both();
        let mut server = server.into_parts().stream;
        // A masked frame.
        server.write_all(&messages::From::Client.frame(TEXT, "x")).unwrap();
        let reading = thread::spawn(move || {
            let error = client.read().unwrap_err();
            assert!(matches!(error, Error::Protocol(ProtocolError::MaskedFrame)), "{error:?}");
            client.finish().unwrap();
        });
        // RFC 6455 7.1.7: who fails the connection goes first, even if that is the client.
        let [close] = &decode(&read_to_fin(&mut server))[..] else { panic!("one Close") };
        assert_eq!(close_code(close), Some(1002));
        assert!(close.key.is_some());
        drop(server);
        reading.join().unwrap();
    });
}

#[test]
fn finishing_without_reading_to_the_end_still_sends_what_is_queued() {
    bounded(|| {
        let (mut server, client) = both();
        server.feed("queued").unwrap();
        let finishing = thread::spawn(move || server.finish());
        let mut client = client.into_parts().stream;
        let from = messages::From::Server;
        let expected = [from.frame(TEXT, "queued"), from.close(1000, "")].concat();
        let mut sent = vec![0; expected.len()];
        client.read_exact(&mut sent).unwrap();
        assert_eq!(sent, expected);
        client.write_all(&messages::From::Client.close(1000, "")).unwrap();
        finishing.join().unwrap().unwrap();
    });
}
