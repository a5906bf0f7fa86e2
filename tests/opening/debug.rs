//! `Debug` shows no secret, whatever has it, and not much of what a peer has chosen.

use std::fmt::Debug;

use bytes::{BufMut, BytesMut};
use websocket_proto::blocking::{Acceptor, WebSocketStream};
use websocket_proto::connection::Server;
use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, HttpAnswer, Incoming, Opened, Refusal, Scheme,
    ServerHandshake,
};
use websocket_proto::http1::{HeadKind, HeadLimits, HeadScanner, Header};
use websocket_proto::io::{
    Accepting, ConnectError, ConnectOptions, Connecting, Error, ProxyError, Reply, Step, Unsent,
};
use websocket_proto::websocket::{Config, Rejected};
use websocket_proto::{Message, SendError};

const REQUEST: &[u8] = b"GET /chat?token=hunter2 HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Cookie: session=hunter2\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: chat, bearer.hunter2\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

const RESPONSE: &[u8] = b"HTTP/1.1 403 Forbidden\r\n\
    Set-Cookie: session=hunter2\r\n\
    Content-Length: 7\r\n\r\nhunter2";

#[track_caller]
fn assert_hidden(value: &dyn Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}")] {
        // As numbers, which may be in lines of their own.
        let packed: String = shown.split_whitespace().collect();
        for secret in ["hunter2", "aHVudGVyMg", "104,117,110"] {
            assert!(!packed.contains(secret), "{shown}");
        }
        assert!(!shown.is_empty());
        assert!(shown.len() < 4000, "{} bytes: {shown:.200}", shown.len());
    }
}

#[test]
fn a_request_that_a_server_has_received() {
    let mut handshake = ServerHandshake::new();
    let incoming = handshake.receive(REQUEST).unwrap().unwrap();
    assert_hidden(&incoming);
    let Incoming::WebSocket(request) = incoming else { panic!("{incoming:?}") };
    let cookie = [Header::new("Set-Cookie", "hunter2")];
    assert_hidden(&request.accept().headers(&cookie));
    assert_hidden(&request.headers());
    assert!(format!("{request:?}").contains("/chat?.."), "{request:?}");
    let page = b"GET /?hunter2 HTTP/1.1\r\nAuthorization: hunter2\r\n\r\n";
    assert_hidden(&ServerHandshake::new().receive(page).unwrap().unwrap());
}

#[test]
fn a_head_and_a_response_that_a_client_has_received() {
    let head = HeadScanner::new(HeadKind::Response, 1000).scan(RESPONSE).unwrap().unwrap();
    assert_hidden(&head);
    let request = ClientRequest::new("a", "/", [0; 16]);
    let answer = ClientHandshake::new().receive(&request, RESPONSE).unwrap().unwrap();
    assert_hidden(&answer);
    let Answer::Http(response) = answer else { panic!("{answer:?}") };
    let answer = HttpAnswer::new(&response, b"hunter2");
    assert_hidden(&answer);
    assert_eq!(
        format!("{answer:?}"),
        "HttpAnswer { status: 403, headers: [Set-Cookie: 15 bytes, Content-Length: 1 bytes], \
         body: 7 bytes }",
    );
    assert_hidden(&Opened::new().with_answer(answer));
}

#[test]
fn what_is_to_be_sent() {
    let headers = [Header::new("Authorization", "hunter2")];
    let request = ClientRequest::new("a", "/?hunter2", *b"hunter2_hunter2_")
        .port(1, Scheme::Ws)
        .subprotocols(&["bearer.hunter2"])
        .headers(&headers);
    assert_hidden(&request);
    assert_hidden(&Refusal::new(403).headers(&headers).body(b"hunter2"));
    assert_hidden(&Reply::refuse(401).header("Set-Cookie", "hunter2").body("hunter2"));
    assert_hidden(&Reply::accept().header("Set-Cookie", "hunter2"));
    let options = ConnectOptions::new("ws://bob:hunter2@a.test/?hunter2").unwrap();
    let options = options.subprotocol("bearer.hunter2").unwrap();
    let options = options.header("X-Token", "hunter2").unwrap();
    assert_hidden(&options);
    assert_hidden(&Connecting::new(options, [0; 16]).unwrap());
}

#[test]
fn a_handshake_in_progress() {
    let mut accepting = Accepting::new(HeadLimits::DEFAULT, None);
    accepting.input().put_slice(REQUEST);
    assert_hidden(&accepting);
    let step = accepting.step(|_| Reply::accept().header("Set-Cookie", "hunter2"));
    assert!(matches!(step, Step::Write));
    assert_hidden(&accepting);

    let mut acceptor = Acceptor::new(std::io::Cursor::new(Vec::new()));
    assert!(acceptor.request().is_err());
    assert_hidden(&acceptor);
}

#[test]
fn the_parts_of_a_connection() {
    let (config, opened) = (Config::new(), Opened::new());
    let input = BytesMut::from(&b"hunter2"[..]);
    let socket = WebSocketStream::from_parts(
        std::io::Cursor::new(Vec::new()),
        Server,
        config,
        opened,
        input,
    );
    assert_hidden(&socket.into_parts());
}

#[cfg(feature = "http")]
#[test]
fn an_offer_over_http_types() {
    let request = http::Request::connect("https://a.test/?hunter2")
        .version(http::Version::HTTP_2)
        .header("sec-websocket-protocol", "chat, bearer.hunter2")
        .header("sec-websocket-version", "13")
        .header("cookie", "hunter2")
        .body(())
        .unwrap();
    let offer = websocket_proto::http::Offer::from_request(&request, Some("websocket"));
    let offer = offer.unwrap().unwrap();
    assert_hidden(&offer);
    assert_hidden(&offer.accept());
}

/// The limits on a head and on a body may be large.
#[test]
fn an_error_shows_little_of_what_a_server_has_chosen() {
    let long = "hunter2".repeat(10_000);
    let limits = HeadLimits { bytes: 1 << 20, ..HeadLimits::DEFAULT };
    let response = format!(
        "HTTP/1.1 401 {long}\r\n{long}: a\r\nLocation: {}\r\nWWW-Authenticate: {long}\r\n\r\n",
        long.to_uppercase()
    );
    let response = response.replace("hunter2", "x");
    let mut handshake = ClientHandshake::with_limits(limits);
    let response = handshake.receive_http(response.as_bytes()).unwrap().unwrap();
    let answer = || Box::new(HttpAnswer::new(&response, long.as_bytes()));
    let server = ConnectError::Refused { server: "a.test:80".into(), answer: answer() };
    let error = ProxyError::Refused(answer());
    let proxy = ConnectError::Proxy { proxy: "a.test:80".into(), error };
    for error in [server, proxy] {
        assert_hidden(&error);
        assert!(error.to_string().len() < 1000, "{error:.200}");
    }
}

#[test]
fn an_error_that_returns_a_message() {
    for unsent in [Unsent::Message(Message::text("hunter2")), Unsent::Fragment("hunter2".into())] {
        let error = std::io::ErrorKind::BrokenPipe.into();
        assert_hidden(&Error::Unsent { unsent: Box::new(unsent), error });
    }
    let rejected = Rejected { message: Message::text("hunter2"), error: SendError::Closing };
    assert_hidden(&Error::from(rejected));
}
