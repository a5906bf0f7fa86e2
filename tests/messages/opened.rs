//! What the opening handshake agreed on, at a `WebSocket` and its halves.

use websocket_proto::WebSocket;
use websocket_proto::connection::{Client, Server};
use websocket_proto::deflate::Preferences;
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::{Answer, ClientHandshake, ClientRequest, Opened, ResponseError};
use websocket_proto::websocket::Config;

const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSet-Cookie: a=1\r\n";

/// What a client makes of a response with these headers too.
fn opened(headers: &str, preferences: Option<Preferences>) -> Result<Opened, ResponseError> {
    let request = ClientRequest::new("a", "/", *b"the sample nonce")
        .subprotocols(&["chat"])
        .extensions("x-foo, x-bar")
        .deflate(preferences);
    let received = format!("{RESPONSE}{headers}\r\n");
    let mut handshake = ClientHandshake::new();
    match handshake.receive(&request, received.as_bytes())? {
        Some(Answer::WebSocket(response)) => Ok(response.opened()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_agreed_on_unless_somebody_says_so() {
    assert_eq!(Opened::new(), Opened::default());
    let websocket = WebSocket::new(Server, Config::new(), Opened::new());
    assert_eq!(websocket.subprotocol(), None);
    assert_eq!(websocket.deflate_terms(), None);
    assert_eq!(websocket.opened().answer(), None);
}

#[test]
fn halves_and_the_websocket_of_them_know_the_subprotocol() {
    let opened = Opened::new().with_subprotocol("chat");
    let websocket = WebSocket::new(Server, Config::new(), opened.clone());
    assert_eq!(websocket.subprotocol(), Some("chat"));
    let (receiver, sender) = websocket.into_split();
    assert_eq!((receiver.opened(), sender.opened()), (&opened, &opened));
    assert_eq!(WebSocket::reunite(receiver, sender).unwrap().opened(), &opened);
}

#[test]
fn the_terms_are_in_use_where_there_are_coders() {
    let offer = Extensions::parse(b"permessage-deflate").map_while(Result::ok);
    let terms = Preferences::new().accept(offer).unwrap();
    let opened = Opened::new().with_deflate_terms(terms);
    assert_eq!(opened.deflate_terms(), Some(&terms));
    let websocket = WebSocket::new(Client::new([7; 32]), Config::new(), opened);
    assert_eq!(websocket.deflate_terms().is_some(), cfg!(feature = "deflate"));
}

#[test]
fn a_client_has_the_response_and_what_it_agrees_on() {
    let preferences = Preferences::new().server_max_window_bits(10);
    let headers = "Sec-WebSocket-Protocol: chat\r\n\
        Sec-WebSocket-Extensions: x-bar; a=1\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9, x-foo\r\n";
    let opened = opened(headers, Some(preferences)).unwrap();
    assert_eq!(opened.subprotocol(), Some("chat"));
    assert_eq!(opened.deflate_terms().unwrap().server_max_window_bits(), 9);
    let answer = opened.answer().unwrap();
    assert_eq!((answer.status, &answer.body[..]), (101, &b""[..]));
    assert_eq!(answer.header("set-cookie"), Some(&b"a=1"[..]));
    assert_eq!(answer.header("set-cookie2"), None);
    let names: Vec<_> = answer.extensions().map(|extension| extension.name()).collect();
    assert_eq!(names, ["x-bar", "permessage-deflate", "x-foo"]);
}

#[test]
fn an_answer_to_permessage_deflate_is_checked_against_what_was_offered() {
    let preferences = Preferences::new().server_max_window_bits(10);
    for (answer, is_good) in [
        ("permessage-deflate; server_max_window_bits=10", true),
        ("permessage-deflate; server_max_window_bits=11", false),
        ("permessage-deflate", false),
        ("permessage-deflate; server_max_window_bits=10; more", false),
    ] {
        let header = format!("Sec-WebSocket-Extensions: {answer}\r\n");
        match opened(&header, Some(preferences)) {
            Ok(opened) => assert!(is_good && opened.deflate_terms().is_some(), "{answer}"),
            Err(ResponseError::Deflate(_)) => assert!(!is_good, "{answer}"),
            Err(error) => panic!("{answer}: {error}"),
        }
    }
    assert_eq!(opened("", Some(preferences)).unwrap().deflate_terms(), None);
    let unasked = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    assert_eq!(opened(unasked, None), Err(ResponseError::ExtensionNotOffered));
}
