//! Heads of HTTP/1.1 messages without a WebSocket in them: RFC 9112 2 to 5.

use websocket_proto::handshake::ClientHandshake;
use websocket_proto::http1::{
    HeadError, HeadKind, HeadLimits, HeadScanner, HttpRequest, HttpResponse, ParseError,
};

#[test]
fn a_head_is_found_however_it_is_cut_and_what_is_behind_it_is_told() {
    let bytes = b"\r\nPOST /a HTTP/1.0\r\nHost: b\r\n\r\nbody";
    let end = bytes.len() - "body".len();
    for cut in 0..=bytes.len() {
        let mut scanner = HeadScanner::new(HeadKind::Request, 100);
        let first = scanner.scan(&bytes[..cut]).expect("valid");
        assert_eq!(first.is_some(), cut >= end);
        let head = scanner.scan(bytes).expect("valid").expect("complete");
        assert_eq!((head.end(), head.bytes()), (end, &bytes[2..end]));
        assert_eq!((head.behind(), scanner.position()), (&b"body"[..], end));
        let request = HttpRequest::parse(&head, &HeadLimits::DEFAULT).expect("a request");
        assert_eq!((request.method, request.target, request.minor_version), ("POST", "/a", 0));
        assert_eq!((request.headers.first("host"), request.head_len), (Some(&b"b"[..]), end));
    }
}

#[test]
fn responses_follow_one_another_under_one_limit() {
    let bytes = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello";
    for (limit, is_enough) in [(46, false), (47, true)] {
        let mut scanner = HeadScanner::new(HeadKind::Response, limit);
        let head = scanner.scan(bytes).expect("valid").expect("complete");
        let interim = HttpResponse::parse(&head, &HeadLimits::DEFAULT).expect("a response");
        assert_eq!((interim.status, interim.reason), (103, &b"Early Hints"[..]));
        scanner.restart();
        match scanner.scan(bytes) {
            Ok(head) if is_enough => {
                let head = head.expect("complete");
                let last = HttpResponse::parse(&head, &HeadLimits::DEFAULT).expect("a response");
                assert_eq!((last.status, last.head_len, last.body), (200, 47, &b"hello"[..]));
            }
            error => assert_eq!(error.map(drop), Err(HeadError::TooLarge { limit })),
        }
    }
}

#[test]
fn the_answer_to_another_request_is_received_without_being_judged() {
    let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connected\r\n\r\n";
    let mut handshake = ClientHandshake::new();
    assert!(handshake.receive_http(&bytes[..30]).expect("valid").is_none());
    let response = handshake.receive_http(bytes).expect("valid").expect("complete");
    assert_eq!((response.status, response.head_len), (200, bytes.len()));
}

#[test]
fn what_is_no_head_of_its_kind_is_refused() {
    fn request(bytes: &[u8], limits: HeadLimits) -> ParseError {
        let mut scanner = HeadScanner::new(HeadKind::Request, limits.bytes);
        let head = scanner.scan(bytes).expect("lines").expect("complete");
        HttpRequest::parse(&head, &limits).expect_err("not a request")
    }
    let limits = HeadLimits { headers: 1, ..HeadLimits::DEFAULT };
    let too_many = request(b"GET / HTTP/1.1\r\na: 1\r\nb: 2\r\n\r\n", limits);
    assert_eq!(too_many, ParseError::Head(HeadError::TooManyHeaders { limit: 1 }));
    assert_eq!(request(b"GET / HTTP/2.0\r\n\r\n", limits), ParseError::Version);
    assert_eq!(ParseError::Version.to_string(), "the HTTP version is neither 1.0 nor 1.1");
    let start_line = ParseError::Head(HeadError::StartLine);
    assert_eq!(request(b"GET /\r\n\r\n", limits), start_line);
    assert_eq!(start_line.to_string(), HeadError::StartLine.to_string());

    // The head of a response is no request, and the other way round.
    let mut scanner = HeadScanner::new(HeadKind::Response, 100);
    let head = scanner.scan(b"HTTP/1.1 200 OK\r\n\r\n").expect("lines").expect("complete");
    assert!(HttpRequest::parse(&head, &limits).is_err());
    let mut scanner = HeadScanner::new(HeadKind::Request, 100);
    let head = scanner.scan(b"GET / HTTP/1.1\r\n\r\n").expect("lines").expect("complete");
    assert!(HttpResponse::parse(&head, &limits).is_err());
}

#[test]
fn bytes_that_may_be_another_protocol_count_as_examined() {
    use HeadKind::{Request, Response};
    for (kind, bytes, expected) in [
        (Request, &b"\x16\x03\x01\x00"[..], HeadError::Tls),
        (Response, b"\x15\x03\x03\x00", HeadError::Tls),
        (Response, b"\x16\x02\x03\x00", HeadError::NotHttp(0x16)),
        (Response, b"\0\0\x12\x04\0", HeadError::Http2),
        (Response, b"\0\0\x12\x05\0", HeadError::NotHttp(0)),
        (Response, b"\0\x01\x12\x04\0", HeadError::NotHttp(0)),
        (Request, b"\0\0\x12\x04\0", HeadError::NotHttp(0)),
        // These bytes begin another protocol only at the start of the stream.
        (Request, b"G\x16\x03\x01\0", HeadError::NotHttp(0x16)),
        (Response, b"H\x15\x03\x03\0", HeadError::NotHttp(0x15)),
        (Response, b"H\0\0\x12\x04", HeadError::NotHttp(0)),
    ] {
        let mut scanner = HeadScanner::new(kind, 100);
        let mut error = None;
        for end in 1..=bytes.len() {
            match scanner.scan(&bytes[..end]) {
                Ok(head) => assert_eq!((head.is_none(), scanner.position()), (true, end)),
                Err(found) => error = error.or(Some(found)),
            }
        }
        assert_eq!(error, Some(expected), "{bytes:?}");
        // The same in one piece.
        let found = HeadScanner::new(kind, 100).scan(bytes).map(|head| head.is_some());
        assert_eq!(found, Err(expected), "{bytes:?}");
    }
}
