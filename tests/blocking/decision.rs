//! A server that decides on a request between two calls.

use std::io::{Read as _, Write as _};

use support::{Frame, Side};
use websocket_proto::Message;
use websocket_proto::blocking::Acceptor;
use websocket_proto::handshake::Incoming;
use websocket_proto::io::{AcceptError, Reply};

use crate::pipe::{Mood, Transport, is_transient};

const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

const PAGE_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

/// An acceptor, and the end of the client, which has sent these bytes.
fn asked(bytes: &[u8], mood: Mood) -> (Acceptor<Transport>, Transport) {
    let (mut client, server) = Transport::pair(Mood::Ready, mood);
    client.write_all(bytes).unwrap();
    client.flush().unwrap();
    (Acceptor::new(server), client)
}

/// Calls until the transport was ready often enough.
fn resumed<T>(mut call: impl FnMut() -> Result<T, AcceptError>) -> Result<T, AcceptError> {
    for _ in 0..10_000 {
        match call() {
            Err(AcceptError::Io(error)) if is_transient(&error) => {}
            outcome => return outcome,
        }
    }
    panic!("it is never done");
}

/// What the client has received, when there is nothing more to come.
fn heard(client: &mut Transport) -> String {
    let mut bytes = [0; 1024];
    let len = client.read(&mut bytes).unwrap();
    String::from_utf8(bytes[..len].to_vec()).unwrap()
}

#[test]
fn a_decision_is_made_between_two_calls_and_early_frames_are_kept() {
    for mood in [Mood::Ready, Mood::Bytewise, Mood::Pending] {
        let early = Frame::text("early").bytes(Side::Server);
        let (mut acceptor, mut client) = asked(&[REQUEST, &early].concat(), mood);
        resumed(|| {
            let request = acceptor.request()?;
            assert_eq!((request.path(), request.target()), ("/chat", "/chat?room=1"));
            Ok(())
        })
        .unwrap();
        client.write_all(&Frame::text("late").bytes(Side::Server)).unwrap();
        client.flush().unwrap();
        let chosen = acceptor.request().unwrap().choose_subprotocol(&["chat.v2"]);
        assert_eq!(chosen, Some("chat.v2"));
        let reply = Reply::accept().subprotocol(chosen);
        let mut socket = resumed(|| acceptor.reply(reply.clone())).unwrap();
        assert_eq!(socket.subprotocol(), Some("chat.v2"));
        assert!(heard(&mut client).starts_with("HTTP/1.1 101 "));
        for text in ["early", "late"] {
            let message = loop {
                match socket.read() {
                    Ok(message) => break message,
                    Err(websocket_proto::io::Error::Io(error)) if is_transient(&error) => {}
                    Err(error) => panic!("{error:?}"),
                }
            };
            assert_eq!(message, Some(Message::text(text)));
        }
    }
}

#[test]
fn a_refusal_is_sent_whole_and_ends_the_handshake() {
    for mood in [Mood::Ready, Mood::Bytewise, Mood::Pending] {
        let (mut acceptor, mut client) = asked(REQUEST, mood);
        resumed(|| acceptor.request().map(drop)).unwrap();
        let error = resumed(|| acceptor.reply(Reply::refuse(403))).unwrap_err();
        assert!(matches!(error, AcceptError::Refused { status: 403 }), "{error:?}");
        let response = heard(&mut client);
        assert!(response.starts_with("HTTP/1.1 403 "), "{response}");
        assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{response}");
        assert!(matches!(acceptor.request(), Err(AcceptError::Finished)));
        assert!(matches!(acceptor.reply(Reply::accept()), Err(AcceptError::Finished)));
    }
}

#[test]
fn a_request_for_no_websocket_is_answered_by_request_and_returned_by_incoming() {
    let (mut acceptor, mut client) = asked(PAGE_REQUEST, Mood::Pending);
    let error = resumed(|| acceptor.request().map(drop)).unwrap_err();
    assert!(matches!(error, AcceptError::NotWebSocket { status: 426 }), "{error:?}");
    assert!(heard(&mut client).starts_with("HTTP/1.1 426 "));

    let (mut acceptor, mut client) = asked(PAGE_REQUEST, Mood::Pending);
    resumed(|| {
        let incoming = acceptor.incoming()?;
        assert!(matches!(incoming, Incoming::Http(request) if request.target == "/"));
        Ok(())
    })
    .unwrap();
    let error = resumed(|| acceptor.reply(Reply::refuse(404))).unwrap_err();
    assert!(matches!(error, AcceptError::NotWebSocket { status: 404 }), "{error:?}");
    assert!(heard(&mut client).starts_with("HTTP/1.1 404 "));
}

#[test]
fn a_reply_before_the_request_is_an_error_and_changes_nothing() {
    let (mut acceptor, mut client) = asked(&REQUEST[..50], Mood::Ready);
    let error = acceptor.reply(Reply::refuse(403)).unwrap_err();
    assert_eq!(error.to_string(), "there is no request to reply to yet");
    let waits = acceptor.request().unwrap_err();
    assert!(matches!(waits, AcceptError::Io(error) if is_transient(&error)));
    let error = acceptor.reply(Reply::refuse(403)).unwrap_err();
    assert!(matches!(error, AcceptError::NoRequest), "{error:?}");

    client.write_all(&REQUEST[50..]).unwrap();
    client.flush().unwrap();
    acceptor.request().unwrap();
    acceptor.reply(Reply::accept()).unwrap();
    assert!(heard(&mut client).starts_with("HTTP/1.1 101 "));
}
