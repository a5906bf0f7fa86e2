//! The server's half of the opening handshake (RFC 6455 4.2).

use support::handshake::{
    LINES, RFC_REQUEST, RFC_RESPONSE, error, head, receive, replace, start, upgrade, with,
};
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{
    Incoming, MAX_SUBPROTOCOLS, RequestError, ServerHandshake, accept_key,
};
use websocket_proto::http1::{HeadError, HeadLimits, Header, Headers, HttpRequest};

#[test]
fn the_example_of_the_rfc_is_accepted_byte_for_byte() {
    let request = upgrade(RFC_REQUEST);
    assert_eq!(request.target(), "/chat");
    assert_eq!(request.path(), "/chat");
    assert_eq!(request.query(), None);
    assert_eq!(request.host(), "server.example.com");
    assert_eq!(request.origin(), Some("http://example.com"));
    assert_eq!(request.key(), b"dGhlIHNhbXBsZSBub25jZQ==");
    assert!(request.subprotocols().eq(["chat", "superchat"]));
    assert_eq!(request.extensions().count(), 0);
    assert_eq!(request.headers().iter().count(), 7);
    assert_eq!(request.headers().first("ORIGIN"), Some(&b"http://example.com"[..]));
    assert_eq!(request.head_len(), RFC_REQUEST.len());

    let mut out = [0xa5; 256];
    let len = request.accept().subprotocol("chat").write(&mut out).unwrap();
    assert_eq!(out[..len].escape_ascii().to_string(), RFC_RESPONSE.escape_ascii().to_string());
}

#[test]
fn the_accept_key_is_that_of_the_rfc() {
    assert_eq!(&accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    // Of the text, not of what it decodes to: two spellings of one nonce differ.
    assert_ne!(accept_key(b"AQIDBAUGBwgJCgsMDQ4PEC=="), accept_key(b"AQIDBAUGBwgJCgsMDQ4PEA=="));
}

#[test]
fn headers_of_one_name_combine_in_order() {
    let bytes = with(&[
        b"Sec-WebSocket-Protocol: a,b",
        b"sec-websocket-protocol:\tc",
        b"Sec-WebSocket-Extensions: x-foo",
        b"SEC-WEBSOCKET-EXTENSIONS: permessage-deflate; a=\"1\\0\"; b, x-foo",
    ]);
    let request = upgrade(&bytes);
    assert!(request.subprotocols().eq(["a", "b", "c"]));
    let names = request.extensions().map(|extension| extension.name());
    assert!(names.eq(["x-foo", "permessage-deflate", "x-foo"]));
    let deflate = request.extensions().nth(1).unwrap();
    let parameters: Vec<_> = deflate.parameters().collect();
    assert_eq!(parameters[0].name, "a");
    assert_eq!(parameters[0].value.unwrap(), "10");
    assert_eq!((parameters[1].name, parameters[1].value), ("b", None));
}

#[test]
fn a_target_is_split_into_path_and_query() {
    for (target, path, query, host) in [
        ("/", "/", None, "127.0.0.1"),
        ("/a/b?c=d?e", "/a/b", Some("c=d?e"), "127.0.0.1"),
        ("/?", "/", Some(""), "127.0.0.1"),
        ("http://a:8080", "/", None, "a:8080"),
        ("HTTPS://[::1]?b", "/", Some("b"), "[::1]"),
        ("http://a/b?c", "/b", Some("c"), "a"),
    ] {
        let bytes = start(&format!("GET {target} HTTP/1.1"));
        let request = upgrade(&bytes);
        assert_eq!(request.target(), target);
        assert_eq!((request.path(), request.query(), request.host()), (path, query, host));
    }
}

#[test]
fn another_version_is_answered_even_when_other_websocket_headers_are_odd() {
    let bytes = head(&[
        "GET / HTTP/1.1",
        "Host: a",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: odd",
        "Sec-WebSocket-Extensions: ;",
        "Sec-WebSocket-Version: 14",
    ]);
    assert_eq!(error(&bytes), RequestError::Version);
}

#[test]
fn another_protocol_is_refused_at_its_first_byte_that_is_no_http() {
    for (bytes, len) in [
        (&b"SSH-2.0-OpenSSH_9.9\r\n"[..], 20),
        (b"\x16\x02\x01", 2),
        (b"\x81\x85\x37\xfa\x21\x3d", 1), // a WebSocket frame
        (b"\0\0\0\0", 1),
        (b" GET / HTTP/1.1", 1),
        (b"GET\r\n", 4),
        (b"\n", 1),
        (b"{\"json\": 1}", 1),
    ] {
        let mut handshake = ServerHandshake::new();
        for end in 0..len {
            assert!(matches!(handshake.receive(&bytes[..end]), Ok(None)), "{end}");
        }
        let error = handshake.receive(&bytes[..len]).unwrap_err();
        assert!(matches!(error, RequestError::Head(HeadError::NotHttp(_))), "{error:?}");
        assert_eq!(error.status(), 400);
        // And the error stays.
        assert_eq!(handshake.receive(bytes).unwrap_err(), error);
    }
}

#[test]
fn tls_and_http_2_are_recognised_by_their_first_bytes() {
    for (bytes, len, expected, status, hint) in [
        (&b"\x16\x03\x01\x02\x00\x01"[..], 2, HeadError::Tls, 400, "wss"),
        (b"\x15\x03\x03\x00\x02\x02\x50", 2, HeadError::Tls, 400, "accept TLS first"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 18, HeadError::Http2, 505, "ALPN"),
    ] {
        let mut handshake = ServerHandshake::new();
        for end in 0..len {
            assert!(matches!(handshake.receive(&bytes[..end]), Ok(None)), "{end}");
        }
        let error = handshake.receive(&bytes[..len]).unwrap_err();
        assert_eq!(error, RequestError::Head(expected));
        assert_eq!(error.status(), status);
        assert!(error.to_string().contains(hint), "{error}");
        assert_eq!(handshake.receive(bytes).unwrap_err(), error);
        assert_eq!(ServerHandshake::new().receive(bytes).unwrap_err(), error);
    }
}

#[test]
fn a_request_for_a_page_is_handed_over() {
    let bytes = b"POST /page?a HTTP/1.0\r\nContent-Length: 3\r\nX: 1\r\nX: 2\r\n\r\nabc";
    let Ok(Some(Incoming::Http(request))) = receive(bytes) else { panic!() };
    assert_eq!((request.method, request.target, request.minor_version), ("POST", "/page?a", 0));
    assert_eq!(&bytes[request.head_len..], b"abc");
    assert!(request.headers.all("x").eq([b"1", b"2"]));
    assert_eq!(request.headers.first("y"), None);
}

#[test]
fn a_request_that_something_else_has_parsed_is_checked_alike() {
    let lines = [
        Header::new("host", "a"),
        Header::new("upgrade", "websocket"),
        Header::new("connection", "upgrade"),
        Header::new("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        Header::new("sec-websocket-version", "13"),
        Header::new("sec-websocket-protocol", "chat"),
    ];
    let parsed = |lines| HttpRequest {
        method: "GET",
        target: "/",
        minor_version: 1,
        headers: Headers::new(lines),
        head_len: 0,
    };
    let Ok(Incoming::WebSocket(request)) = Incoming::check(parsed(&lines)) else { panic!() };
    assert!(request.subprotocols().eq(["chat"]));
    assert_eq!(
        Incoming::check(parsed(&lines[1..])).unwrap_err(),
        RequestError::MissingHeader("Host"),
    );
    assert!(matches!(Incoming::check(parsed(&lines[..1])), Ok(Incoming::Http(_))));
}

#[test]
fn bytes_behind_the_head_are_left_for_the_websocket() {
    let one = start("GET / HTTP/1.1");
    for rest in [&b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"[..], &one, b"\r\n", b"\0"] {
        let bytes = [&one, rest].concat();
        assert_eq!(&bytes[upgrade(&bytes).head_len()..], rest);
    }
}

#[test]
fn any_split_gives_the_same_and_every_prefix_is_incomplete() {
    let get = start("GET / HTTP/1.1");
    let page = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    let blank = [b"\r\n", &get[..]].concat();
    let malformed = with(&[b"X-A: a\rb"]);
    let refused = replace("Sec-WebSocket-Key", &[]);
    for bytes in [RFC_REQUEST.to_vec(), get, page, blank, malformed, refused] {
        let whole = format!("{:?}", receive(&bytes));
        // A byte at a time. Where it ends, more bytes and more calls change nothing.
        let mut dripped = ServerHandshake::new();
        let end = (0..=bytes.len())
            .find(|&end| !matches!(dripped.receive(&bytes[..end]), Ok(None)))
            .expect("it ends");
        assert_eq!(format!("{:?}", dripped.receive(&bytes[..end])), whole);
        assert_eq!(format!("{:?}", dripped.receive(&bytes)), whole);
        // Cut anywhere.
        for cut in 0..bytes.len() {
            let mut handshake = ServerHandshake::new();
            let first = handshake.receive(&bytes[..cut]);
            if cut < end {
                assert!(matches!(first, Ok(None)), "{cut}");
                assert_eq!(handshake.received(), cut);
            }
            assert_eq!(format!("{:?}", handshake.receive(&bytes)), whole, "cut at {cut}");
        }
    }
}

#[test]
fn each_byte_is_looked_at_once_however_slowly_it_comes() {
    // Bytes that were looked at are poisoned before the next one comes: to look at one again
    // would be to find a bare line feed.
    let filler = format!("X-Filler: {}", "x".repeat(15_000));
    let bytes = with(&[filler.as_bytes()]);
    let mut poisoned = vec![b'\n'; bytes.len()];
    let mut handshake = ServerHandshake::new();
    for end in 0..bytes.len() - 1 {
        poisoned[end] = bytes[end];
        assert!(matches!(handshake.receive(&poisoned[..=end]), Ok(None)), "{end}");
        assert_eq!(handshake.received(), end + 1);
        poisoned[end] = b'\n';
    }
    assert!(matches!(handshake.receive(&bytes), Ok(Some(Incoming::WebSocket(_)))));
}

#[test]
fn a_head_up_to_the_limit_is_taken_and_one_byte_more_is_not() {
    let limits = HeadLimits { bytes: 512, ..HeadLimits::DEFAULT };
    let overhead = with(&[b"X: "]).len();
    let of_len = |len: usize| with(&[format!("X: {}", "x".repeat(len - overhead)).as_bytes()]);

    let mut handshake = ServerHandshake::with_limits(limits);
    assert!(matches!(handshake.receive(&of_len(512)), Ok(Some(_))));
    let too_large = RequestError::Head(HeadError::TooLarge { limit: 512 });
    let mut handshake = ServerHandshake::with_limits(limits);
    assert_eq!(handshake.receive(&of_len(513)).unwrap_err(), too_large);
    // As soon as the bytes tell, and not when the head is there.
    let mut handshake = ServerHandshake::with_limits(limits);
    assert!(matches!(handshake.receive(&of_len(600)[..511]), Ok(None)));
    assert_eq!(handshake.receive(&of_len(600)[..512]).unwrap_err(), too_large);
    assert_eq!(too_large.status(), 431);
}

#[test]
fn heads_without_an_end_are_refused_at_the_default_limit() {
    let megabyte = vec![b'A'; 1 << 20];
    for start in
        [&b""[..], b"GET ", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nSec-WebSocket-Key: "]
    {
        let bytes = [start, &megabyte].concat();
        let expected = RequestError::Head(HeadError::TooLarge { limit: 16 * 1024 });
        assert_eq!(error(&bytes), expected, "{}", start.escape_ascii());
    }
    let headers = [b"GET / HTTP/1.1\r\n".to_vec(), b"X: y\r\n".repeat(100_000)].concat();
    assert_eq!(error(&headers).status(), 431);
}

#[test]
fn as_many_headers_as_the_limit_are_taken_and_one_more_is_not() {
    let of = |count: usize| with(&vec![&b"X: y"[..]; count - LINES.len()]);
    assert!(matches!(receive(&of(100)), Ok(Some(_))));
    let too_many = RequestError::Head(HeadError::TooManyHeaders { limit: 100 });
    assert_eq!(error(&of(101)), too_many);
    assert_eq!(error(&of(1001)), too_many);
    assert_eq!(too_many.status(), 431);
}

#[test]
fn no_limit_lets_more_headers_through_than_there_is_room_for() {
    let of = |count: usize| with(&vec![&b"X: y"[..]; count - LINES.len()]);
    let limits = HeadLimits { headers: usize::MAX, ..HeadLimits::DEFAULT };
    let mut handshake = ServerHandshake::with_limits(limits);
    let bytes = of(HeadLimits::MAX_HEADERS);
    let Ok(Some(Incoming::WebSocket(request))) = handshake.receive(&bytes) else { panic!() };
    assert_eq!(request.headers().iter().count(), HeadLimits::MAX_HEADERS);

    let limit = HeadLimits::MAX_HEADERS;
    let too_many = RequestError::Head(HeadError::TooManyHeaders { limit });
    let mut handshake = ServerHandshake::with_limits(limits);
    assert_eq!(handshake.receive(&of(limit + 1)).unwrap_err(), too_many);
}

#[test]
fn as_many_subprotocols_as_the_limit_are_taken_and_one_more_is_not() {
    let of = |count: usize| {
        let names: Vec<_> = (0..count).map(|index| format!("p{index}")).collect();
        with(&[format!("Sec-WebSocket-Protocol: {}", names.join(",")).as_bytes()])
    };
    assert_eq!(upgrade(&of(MAX_SUBPROTOCOLS)).subprotocols().count(), MAX_SUBPROTOCOLS);
    assert_eq!(error(&of(MAX_SUBPROTOCOLS + 1)), RequestError::TooManySubprotocols);
    assert_eq!(RequestError::TooManySubprotocols.status(), 431);
}

#[test]
fn strings_that_stall_regular_expressions_are_refused() {
    let limits = HeadLimits { bytes: 64 * 1024, ..HeadLimits::DEFAULT };
    let open = format!("Sec-WebSocket-Extensions: a; b=\"{}", "\\c".repeat(15_000));
    let spaces = format!("Sec-WebSocket-Protocol: b{}x", " ".repeat(30_000));
    let commas = format!("Sec-WebSocket-Extensions: {}=", ",".repeat(30_000));
    for (line, expected) in [
        (open, RequestError::Extensions(ExtensionError::UnterminatedQuote)),
        (spaces, RequestError::Subprotocol),
        (commas, RequestError::Extensions(ExtensionError::Name)),
    ] {
        let bytes = with(&[line.as_bytes()]);
        let mut handshake = ServerHandshake::with_limits(limits);
        assert_eq!(handshake.receive(&bytes).unwrap_err(), expected);
        assert_eq!(expected.status(), 400);
    }
}
