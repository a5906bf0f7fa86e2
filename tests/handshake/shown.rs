//! The output of `Debug`: names, counts and lengths, and the start of a text that the peer chose.
//! The values of headers may be credentials. So only the host, the origin and the agreed
//! subprotocol are shown.

use support::handshake::{RFC_NONCE, RFC_REQUEST, RFC_RESPONSE, receive};
use websocket_proto::handshake::{Answer, ClientHandshake, ClientRequest, Incoming, Refusal};
use websocket_proto::http1::{
    HeadKind, HeadLimits, HeadScanner, Header, Headers, HttpRequest, HttpResponse,
};

#[test]
fn a_request_shows_its_host_target_and_headers_without_values() {
    let Ok(Some(Incoming::WebSocket(request))) = receive(RFC_REQUEST) else { panic!() };
    assert_eq!(
        format!("{request:?}"),
        "Request { host: server.example.com, target: /chat, origin: Some(http://example.com), \
         headers: [Host: 18 bytes, Upgrade: 9 bytes, Connection: 7 bytes, \
         Sec-WebSocket-Key: 24 bytes, Origin: 18 bytes, Sec-WebSocket-Protocol: 15 bytes, \
         Sec-WebSocket-Version: 2 bytes], head_len: 230, .. }",
    );
}

#[test]
fn a_response_shows_what_was_agreed() {
    let request = ClientRequest::new("server.example.com", "/chat", RFC_NONCE)
        .origin("http://example.com")
        .subprotocols(&["chat", "superchat"]);
    assert_eq!(
        format!("{request:?}"),
        "ClientRequest { host: \"server.example.com\", port: None, target: /chat, \
         subprotocols: 2, extensions: None, deflate: None, \
         origin: Some(\"http://example.com\"), headers: [], .. }",
    );
    let mut handshake = ClientHandshake::new();
    let Ok(Some(Answer::WebSocket(response))) = handshake.receive(&request, RFC_RESPONSE) else {
        panic!()
    };
    assert_eq!(
        format!("{response:?}"),
        "Response { http: HttpResponse { status: 101, reason: Switching Protocols, \
         minor_version: 1, headers: [Upgrade: 9 bytes, Connection: 7 bytes, \
         Sec-WebSocket-Accept: 28 bytes, Sec-WebSocket-Protocol: 4 bytes], head_len: 159, \
         body: 0 bytes }, subprotocol: Some(\"chat\"), deflate_terms: None, .. }",
    );
}

#[test]
fn a_head_of_http_shows_its_start_line_and_lengths() {
    let head = |kind, bytes| HeadScanner::new(kind, 1000).scan(bytes).unwrap().unwrap();
    let bytes = b"POST /a?token HTTP/1.0\r\nHost: b\r\n\r\nbody";
    let request = head(HeadKind::Request, bytes);
    assert_eq!(format!("{request:?}"), "Head { bytes: 35 bytes, behind: 4 bytes }");
    let request = HttpRequest::parse(&request, &HeadLimits::DEFAULT).unwrap();
    assert_eq!(
        format!("{request:?}"),
        "HttpRequest { method: POST, target: /a?.., minor_version: 0, headers: [Host: 1 bytes], \
         head_len: 35 }",
    );

    let bytes = b"HTTP/1.1 403 Not \xe9\r\nSet-Cookie: a=1\r\n\r\nbody";
    let response = head(HeadKind::Response, bytes);
    let response = HttpResponse::parse(&response, &HeadLimits::DEFAULT).unwrap();
    assert_eq!(
        format!("{response:?}"),
        "HttpResponse { status: 403, reason: Not \\xe9, minor_version: 1, \
         headers: [Set-Cookie: 3 bytes], head_len: 39, body: 4 bytes }",
    );
}

#[test]
fn a_long_text_shows_its_start() {
    for len in [64, 65] {
        let name = "N".repeat(len);
        let end = if len > 64 { ".." } else { "" };
        let shown = format!("{:?}", Header::new(&name, "1"));
        assert_eq!(shown, format!("{}{end}: 1 bytes", "N".repeat(64)));
    }
}

#[test]
fn a_list_of_headers_shows_those_that_are_left() {
    let lines = [Header::new("A", "1"), Header::new("B", "22")];
    let mut headers = Headers::new(&lines).iter();
    headers.next();
    assert_eq!(format!("{headers:?}"), "[B: 2 bytes]");
}

#[test]
fn a_refusal_shows_the_length_of_its_body() {
    assert_eq!(
        format!("{:?}", Refusal::new(403).body(b"over there")),
        "Refusal { status: 403, headers: [], body: 10 bytes, is_to_head: false }"
    );
}
