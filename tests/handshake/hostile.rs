//! Hostile and odd requests, and what a server answers to each.

use support::handshake::refusal;
use support::hostile::{Answer, Request, requests};
use websocket_proto::handshake::{Incoming, RequestError, ServerHandshake};

#[derive(Debug, PartialEq)]
enum Made {
    WebSocket,
    Http,
    Error(RequestError),
}

/// What a server makes of these bytes; `None` while the request is not complete.
fn made(handshake: &mut ServerHandshake, bytes: &[u8]) -> Option<Made> {
    match handshake.receive(bytes) {
        Ok(Some(Incoming::WebSocket(_))) => Some(Made::WebSocket),
        Ok(Some(Incoming::Http(_))) => Some(Made::Http),
        Ok(None) => None,
        Err(error) => Some(Made::Error(error)),
    }
}

#[test]
fn each_hostile_request_gets_its_status_and_each_odd_one_is_accepted() {
    for Request { name, bytes, answer } in requests() {
        let whole = made(&mut ServerHandshake::new(), &bytes);
        let mut dripping = ServerHandshake::new();
        let byte_by_byte = (1..=bytes.len()).find_map(|end| made(&mut dripping, &bytes[..end]));
        assert_eq!(byte_by_byte, whole, "{name}, byte by byte");
        match (answer, whole.expect(name)) {
            (Answer::Opens { .. }, made) => assert_eq!(made, Made::WebSocket, "{name}"),
            (Answer::IsNoWebSocket, made) => assert_eq!(made, Made::Http, "{name}"),
            (Answer::Refuses(status, headers), Made::Error(error)) => {
                let refusal = refusal(error);
                assert!(refusal.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {refusal}");
                for header in headers {
                    assert!(refusal.contains(&format!("\r\n{header}\r\n")), "{name}: {refusal}");
                }
            }
            (Answer::Refuses(..), made) => panic!("{name}: {made:?}"),
        }
    }
}
