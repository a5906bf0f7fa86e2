//! The server's half of the opening handshake (RFC 6455 4.2).

#[path = "common/handshake.rs"]
mod common;

use common::{
    LINES, RFC_REQUEST, RFC_RESPONSE, error, head, receive, refusal, replace, start, upgrade, with,
};
use websocket_proto::handshake::{
    ExtensionError, HeadError, HeadLimits, Header, Headers, HttpRequest, Incoming,
    MAX_SUBPROTOCOLS, Refusal, RequestError, ServerHandshake, WriteError, accept_key,
};

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
    assert_eq!(
        request.headers().first("ORIGIN"),
        Some(&b"http://example.com"[..])
    );
    assert_eq!(request.head_len(), RFC_REQUEST.len());

    let mut out = [0xa5; 256];
    let len = request
        .accept()
        .subprotocol("chat")
        .write(&mut out)
        .unwrap();
    assert_eq!(
        out[..len].escape_ascii().to_string(),
        RFC_RESPONSE.escape_ascii().to_string()
    );
}

#[test]
fn the_accept_key_is_that_of_the_rfc() {
    assert_eq!(
        &accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="),
        b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    // Of the text, not of what it decodes to: two spellings of one nonce differ.
    assert_ne!(
        accept_key(b"AQIDBAUGBwgJCgsMDQ4PEC=="),
        accept_key(b"AQIDBAUGBwgJCgsMDQ4PEA==")
    );
}

/// What a row of the table has to get.
#[derive(Debug, PartialEq)]
enum Gets {
    WebSocket,
    Http,
    Status(u16),
}

fn gets(bytes: &[u8]) -> Gets {
    match receive(bytes) {
        Ok(Some(Incoming::WebSocket(_))) => Gets::WebSocket,
        Ok(Some(Incoming::Http(_))) => Gets::Http,
        Ok(None) => panic!("incomplete: {}", bytes.escape_ascii()),
        Err(error) => Gets::Status(error.status()),
    }
}

#[test]
fn each_odd_request_gets_what_it_has_to() {
    use Gets::{Http, Status, WebSocket};
    let key = |value: &str| {
        replace(
            "Sec-WebSocket-Key",
            &[&format!("Sec-WebSocket-Key:{value}")],
        )
    };
    let version = |value: &str| {
        replace(
            "Sec-WebSocket-Version",
            &[&format!("Sec-WebSocket-Version:{value}")],
        )
    };
    let line = |line: &str| with(&[line.as_bytes()]);
    let deflate = |rest: &str| {
        line(&format!(
            "Sec-WebSocket-Extensions: permessage-deflate{rest}"
        ))
    };

    for (name, bytes, expected) in [
        ("the base request", start("GET / HTTP/1.1"), WebSocket),
        // Method and version of HTTP.
        ("POST", start("POST / HTTP/1.1"), Status(405)),
        ("get", start("get / HTTP/1.1"), Status(405)),
        ("HTTP/1.0", start("GET / HTTP/1.0"), Status(505)),
        ("HTTP/1.2", start("GET / HTTP/1.2"), Status(505)),
        ("HTTP/2.0", start("GET / HTTP/2.0"), Status(505)),
        ("HTTP/11", start("GET / HTTP/11"), Status(400)),
        ("http/1.1", start("GET / http/1.1"), Status(400)),
        ("no version", start("GET /"), Status(400)),
        ("two spaces", start("GET  / HTTP/1.1"), Status(400)),
        (
            "space behind the version",
            start("GET / HTTP/1.1 "),
            Status(400),
        ),
        (
            "tab in the request line",
            start("GET\t/ HTTP/1.1"),
            Status(400),
        ),
        (
            "the preface of HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            Status(505),
        ),
        // Target.
        (
            "absolute URI",
            start("GET http://a/b?c HTTP/1.1"),
            WebSocket,
        ),
        (
            "absolute URI of another scheme",
            start("GET ftp://a/ HTTP/1.1"),
            Status(400),
        ),
        (
            "absolute URI without a host",
            start("GET http:///a HTTP/1.1"),
            Status(400),
        ),
        (
            "absolute URI with a user",
            start("GET http://u@a/ HTTP/1.1"),
            Status(400),
        ),
        ("asterisk", start("GET * HTTP/1.1"), Status(400)),
        ("authority", start("GET a:80 HTTP/1.1"), Status(400)),
        ("fragment", start("GET /a#b HTTP/1.1"), Status(400)),
        (
            "target beyond ASCII",
            start("GET /\u{e9} HTTP/1.1"),
            Status(400),
        ),
        // Host.
        ("no Host", replace("Host", &[]), Status(400)),
        ("two Hosts", line("Host: 127.0.0.1"), Status(400)),
        ("empty Host", replace("Host", &["Host:"]), Status(400)),
        (
            "Host of colons",
            replace("Host", &["Host: ::::"]),
            Status(400),
        ),
        (
            "Host with a space",
            replace("Host", &["Host: a b"]),
            Status(400),
        ),
        (
            "Host with a path",
            replace("Host", &["Host: a/b"]),
            Status(400),
        ),
        (
            "Host with a port of letters",
            replace("Host", &["Host: a:b"]),
            Status(400),
        ),
        (
            "Host with too high a port",
            replace("Host", &["Host: a:65536"]),
            Status(400),
        ),
        (
            "Host with a bad IPv6",
            replace("Host", &["Host: [::g]"]),
            Status(400),
        ),
        (
            "Host with an open bracket",
            replace("Host", &["Host: [::1"]),
            Status(400),
        ),
        (
            "Host with a bad escape",
            replace("Host", &["Host: a%2"]),
            Status(400),
        ),
        (
            "IPv6 Host",
            replace("Host", &["Host: [::1]:8080"]),
            WebSocket,
        ),
        (
            "Host with an empty port",
            replace("Host", &["Host: a:"]),
            WebSocket,
        ),
        (
            "Host with an escape",
            replace("Host", &["Host: a%2d"]),
            WebSocket,
        ),
        // Upgrade.
        ("no Upgrade", replace("Upgrade", &[]), Http),
        ("empty Upgrade", replace("Upgrade", &["Upgrade:"]), Http),
        (
            "Upgrade to another",
            replace("Upgrade", &["Upgrade: h2c"]),
            Http,
        ),
        (
            "Upgrade: websocketx",
            replace("Upgrade", &["Upgrade: websocketx"]),
            Http,
        ),
        (
            "Upgrade: WebSocket",
            replace("Upgrade", &["Upgrade: WebSocket"]),
            WebSocket,
        ),
        (
            "Upgrade of several",
            replace("Upgrade", &["Upgrade: h2c, websocket"]),
            WebSocket,
        ),
        ("Upgrade in two lines", line("Upgrade: h2c"), WebSocket),
        (
            "Upgrade with an empty element",
            replace("Upgrade", &["Upgrade: ,websocket"]),
            WebSocket,
        ),
        (
            "Upgrade: websocket/13",
            replace("Upgrade", &["Upgrade: websocket/13"]),
            Status(400),
        ),
        (
            "Upgrade beside no token",
            replace("Upgrade", &["Upgrade: websocket, @"]),
            Status(400),
        ),
        // Connection.
        ("no Connection", replace("Connection", &[]), Status(400)),
        (
            "keep-alive",
            replace("Connection", &["Connection: keep-alive"]),
            Status(400),
        ),
        (
            "No-Upgrade",
            replace("Connection", &["Connection: No-Upgrade"]),
            Status(400),
        ),
        (
            "upgrade-insecure",
            replace("Connection", &["Connection: upgrade-insecure"]),
            Status(400),
        ),
        (
            "keep-alive, Upgrade",
            replace("Connection", &["Connection: keep-alive, Upgrade"]),
            WebSocket,
        ),
        (
            "UPGRADE",
            replace("Connection", &["Connection: UPGRADE"]),
            WebSocket,
        ),
        (
            "Connection in two lines",
            line("Connection: keep-alive"),
            WebSocket,
        ),
        (
            "Connection of no tokens",
            line("Connection: \"a\""),
            Status(400),
        ),
        // Key.
        ("no key", replace("Sec-WebSocket-Key", &[]), Status(400)),
        (
            "two keys",
            line("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
            Status(400),
        ),
        ("empty key", key(""), Status(400)),
        ("key of 15 bytes", key(" YWFhYWFhYWFhYWFhYWFh"), Status(400)),
        (
            "key of 17 bytes",
            key(" YWFhYWFhYWFhYWFhYWFhYWE="),
            Status(400),
        ),
        (
            "key of 18 bytes",
            key(" YWFhYWFhYWFhYWFhYWFhYWFh"),
            Status(400),
        ),
        (
            "key not base64",
            key(" dGhlIHNhbXBsZSBub25jZQ=!"),
            Status(400),
        ),
        (
            "key of the other alphabet",
            key(" dGhlIHNhbXBsZSBub25j-Q=="),
            Status(400),
        ),
        (
            "key without its padding",
            key(" dGhlIHNhbXBsZSBub25jZQ"),
            Status(400),
        ),
        (
            "key with a space inside",
            key(" dGhlIHNhbXBs ZSBub25jZQ=="),
            Status(400),
        ),
        (
            "key with other pad bits",
            key(" dGhlIHNhbXBsZSBub25jZR=="),
            WebSocket,
        ),
        (
            "key of the RFC",
            key(" AQIDBAUGBwgJCgsMDQ4PEC=="),
            WebSocket,
        ),
        (
            "key with space around",
            key("    dGhlIHNhbXBsZSBub25jZQ==  "),
            WebSocket,
        ),
        (
            "key with tabs around",
            key("\tdGhlIHNhbXBsZSBub25jZQ==\t"),
            WebSocket,
        ),
        (
            "key without space",
            key("dGhlIHNhbXBsZSBub25jZQ=="),
            WebSocket,
        ),
        // Version.
        (
            "no version",
            replace("Sec-WebSocket-Version", &[]),
            Status(426),
        ),
        ("empty version", version(""), Status(426)),
        ("version 12", version(" 12"), Status(426)),
        ("version 8", version(" 8"), Status(426)),
        ("version 013", version(" 013"), Status(426)),
        ("version +13", version(" +13"), Status(426)),
        ("version 1337", version(" 1337"), Status(426)),
        ("versions in a list", version(" 13, 8"), Status(426)),
        (
            "two versions",
            line("Sec-WebSocket-Version: 13"),
            Status(400),
        ),
        // Subprotocols.
        (
            "a subprotocol twice",
            line("Sec-WebSocket-Protocol: a, a"),
            Status(400),
        ),
        (
            "subprotocols that differ in case",
            line("Sec-WebSocket-Protocol: a, A"),
            WebSocket,
        ),
        (
            "no subprotocol",
            line("Sec-WebSocket-Protocol:"),
            Status(400),
        ),
        (
            "an empty subprotocol",
            line("Sec-WebSocket-Protocol: a,,b"),
            Status(400),
        ),
        (
            "a comma at the end",
            line("Sec-WebSocket-Protocol: a,"),
            Status(400),
        ),
        (
            "two words",
            line("Sec-WebSocket-Protocol: a b"),
            Status(400),
        ),
        (
            "a separator",
            line("Sec-WebSocket-Protocol: a/b"),
            Status(400),
        ),
        // Extensions.
        (
            "extension of one parameter, malformed",
            deflate("; ="),
            Status(400),
        ),
        ("parameter without a value", deflate("; a="), Status(400)),
        ("empty parameter", deflate(";"), Status(400)),
        ("open quote", deflate("; a=\"b"), Status(400)),
        ("quote of no token", deflate("; a=\"b c\""), Status(400)),
        ("empty quote", deflate("; a=\"\""), Status(400)),
        ("text behind a quote", deflate("; a=\"b\"c"), Status(400)),
        ("two words for a name", deflate(" b"), Status(400)),
        (
            "only a comma",
            line("Sec-WebSocket-Extensions: ,"),
            Status(400),
        ),
        (
            "no extension",
            line("Sec-WebSocket-Extensions:"),
            Status(400),
        ),
        (
            "parameter twice",
            deflate("; server_no_context_takeover; server_no_context_takeover"),
            WebSocket,
        ),
        (
            "window without bits",
            deflate("; server_max_window_bits"),
            WebSocket,
        ),
        (
            "window of 8",
            deflate("; server_max_window_bits=8"),
            WebSocket,
        ),
        (
            "unknown extension first",
            line("Sec-WebSocket-Extensions: x-foo; a=1, permessage-deflate"),
            WebSocket,
        ),
        // Origin.
        (
            "two origins",
            with(&[b"Origin: http://a", b"Origin: http://b"]),
            Status(400),
        ),
        (
            "origin beyond ASCII",
            with(&[b"Origin: http://\xff"]),
            Status(400),
        ),
        ("null origin", line("Origin: null"), WebSocket),
        // Bodies.
        ("a body", line("Content-Length: 1"), Status(400)),
        (
            "a body of huge length",
            line("Content-Length: 99999999999999999999999"),
            Status(400),
        ),
        (
            "a length of no number",
            line("Content-Length: x"),
            Status(400),
        ),
        (
            "two lengths",
            line("Content-Length: 0\r\nContent-Length: 0"),
            Status(400),
        ),
        ("chunks", line("Transfer-Encoding: chunked"), Status(400)),
        ("no body", line("Content-Length: 0"), WebSocket),
        // Lines.
        ("folded line", line("X-A: b\r\n c"), Status(400)),
        ("folded by a tab", line("X-A: b\r\n\tc"), Status(400)),
        ("CR in a value", line("X-A: a\rb"), Status(400)),
        ("LF in a value", line("X-A: a\nX-B: b"), Status(400)),
        ("two CRs", line("X-A: a\r"), Status(400)),
        ("NUL in a value", line("X-A: a\0b"), Status(400)),
        ("DEL in a value", line("X-A: a\x7fb"), Status(400)),
        ("control in a value", line("X-A: a\x1bb"), Status(400)),
        ("space in front of the colon", line("X-A : a"), Status(400)),
        ("tab in front of the colon", line("X-A\t: a"), Status(400)),
        ("line without a colon", line("X-A"), Status(400)),
        ("line without a name", line(": a"), Status(400)),
        ("name beyond ASCII", line("X-\u{e9}: a"), Status(400)),
        (
            "space in front of the first header",
            start("GET / HTTP/1.1\r\n X: a"),
            Status(400),
        ),
        ("value beyond ASCII", with(&[b"X-A: \xff\xfe"]), WebSocket),
        ("tab in a value", line("X-A: a\tb"), WebSocket),
        ("empty value", line("X-A:"), WebSocket),
        ("unknown headers", line("X-A: 1\r\nX-A: 2"), WebSocket),
        // Before the request.
        (
            "one empty line",
            [b"\r\n", &start("GET / HTTP/1.1")[..]].concat(),
            WebSocket,
        ),
        (
            "two empty lines",
            [b"\r\n\r\n", &start("GET / HTTP/1.1")[..]].concat(),
            Status(400),
        ),
        (
            "a space",
            [b" ", &start("GET / HTTP/1.1")[..]].concat(),
            Status(400),
        ),
    ] {
        assert_eq!(gets(&bytes), expected, "{name}: {}", bytes.escape_ascii());
    }
}

#[test]
fn lines_that_end_in_lf_alone_are_refused() {
    let bytes = String::from_utf8(start("GET / HTTP/1.1")).unwrap();
    assert_eq!(error(bytes.replace("\r\n", "\n").as_bytes()).status(), 400);
    let one = bytes.replace("127.0.0.1\r\n", "127.0.0.1\n");
    assert_eq!(
        error(one.as_bytes()),
        RequestError::Head(HeadError::BareLineFeed)
    );
    let last = bytes.replace("\r\n\r\n", "\r\n\n");
    assert_eq!(error(last.as_bytes()).status(), 400);
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
        assert_eq!(
            (request.path(), request.query(), request.host()),
            (path, query, host)
        );
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
        (&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], 1), // TLS ClientHello
        (b"SSH-2.0-OpenSSH_9.9\r\n", 20),
        (b"\x81\x85\x37\xfa\x21\x3d", 1), // a WebSocket frame
        (b"\0\0\0\0", 1),
        (b" GET / HTTP/1.1", 1),
        (b"GET\r\n", 4),
        (b"\n", 1),
        (b"{\"json\": 1}", 1),
    ] {
        let mut handshake = ServerHandshake::new();
        for end in 0..len {
            assert!(
                matches!(handshake.receive(&bytes[..end]), Ok(None)),
                "{end}"
            );
        }
        let error = handshake.receive(&bytes[..len]).unwrap_err();
        assert!(
            matches!(error, RequestError::Head(HeadError::NotHttp(_))),
            "{error:?}"
        );
        assert_eq!(error.status(), 400);
        // And the error stays.
        assert_eq!(handshake.receive(bytes).unwrap_err(), error);
    }
}

#[test]
fn a_request_for_a_page_is_handed_over() {
    let bytes = b"POST /page?a HTTP/1.0\r\nContent-Length: 3\r\nX: 1\r\nX: 2\r\n\r\nabc";
    let Ok(Some(Incoming::Http(request))) = receive(bytes) else {
        panic!()
    };
    assert_eq!(
        (request.method, request.target, request.minor_version),
        ("POST", "/page?a", 0)
    );
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
    let Ok(Incoming::WebSocket(request)) = Incoming::check(parsed(&lines)) else {
        panic!()
    };
    assert!(request.subprotocols().eq(["chat"]));
    assert_eq!(
        Incoming::check(parsed(&lines[1..])).unwrap_err(),
        RequestError::MissingHeader("Host"),
    );
    assert!(matches!(
        Incoming::check(parsed(&lines[..1])),
        Ok(Incoming::Http(_))
    ));
}

#[test]
fn bytes_behind_the_head_are_left_for_the_websocket() {
    let one = start("GET / HTTP/1.1");
    for rest in [
        &b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"[..],
        &one,
        b"\r\n",
        b"\0",
    ] {
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
            assert_eq!(
                format!("{:?}", handshake.receive(&bytes)),
                whole,
                "cut at {cut}"
            );
        }
    }
}

#[test]
fn each_byte_is_looked_at_once_however_slowly_it_comes() {
    // Bytes that were looked at are poisoned before the next one comes: to look at one again
    // would be to find a control byte.
    let filler = format!("X-Filler: {}", "x".repeat(15_000));
    let bytes = with(&[filler.as_bytes()]);
    let mut poisoned = vec![0; bytes.len()];
    let mut handshake = ServerHandshake::new();
    for end in 0..bytes.len() - 1 {
        poisoned[end] = bytes[end];
        assert!(
            matches!(handshake.receive(&poisoned[..=end]), Ok(None)),
            "{end}"
        );
        assert_eq!(handshake.received(), end + 1);
        poisoned[end] = 0;
    }
    assert!(matches!(
        handshake.receive(&bytes),
        Ok(Some(Incoming::WebSocket(_)))
    ));
}

#[test]
fn a_head_up_to_the_limit_is_taken_and_one_byte_more_is_not() {
    let limits = HeadLimits {
        bytes: 512,
        ..HeadLimits::default()
    };
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
    assert_eq!(
        handshake.receive(&of_len(600)[..512]).unwrap_err(),
        too_large
    );
    assert_eq!(too_large.status(), 431);
}

#[test]
fn heads_without_an_end_are_refused_at_the_default_limit() {
    let megabyte = vec![b'A'; 1 << 20];
    for start in [
        &b""[..],
        b"GET ",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nSec-WebSocket-Key: ",
    ] {
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
fn as_many_subprotocols_as_the_limit_are_taken_and_one_more_is_not() {
    let of = |count: usize| {
        let names: Vec<_> = (0..count).map(|index| format!("p{index}")).collect();
        with(&[format!("Sec-WebSocket-Protocol: {}", names.join(",")).as_bytes()])
    };
    assert_eq!(
        upgrade(&of(MAX_SUBPROTOCOLS)).subprotocols().count(),
        MAX_SUBPROTOCOLS
    );
    assert_eq!(
        error(&of(MAX_SUBPROTOCOLS + 1)),
        RequestError::TooManySubprotocols
    );
    assert_eq!(RequestError::TooManySubprotocols.status(), 431);
}

#[test]
fn strings_that_stall_regular_expressions_are_refused() {
    let limits = HeadLimits {
        bytes: 64 * 1024,
        ..HeadLimits::default()
    };
    let open = format!("Sec-WebSocket-Extensions: a; b=\"{}", "\\c".repeat(15_000));
    let spaces = format!("Sec-WebSocket-Protocol: b{}x", " ".repeat(30_000));
    let commas = format!("Sec-WebSocket-Extensions: {}", ",".repeat(30_000));
    for (line, expected) in [
        (
            open,
            RequestError::Extensions(ExtensionError::UnterminatedQuote),
        ),
        (spaces, RequestError::Subprotocol),
        (commas, RequestError::Extensions(ExtensionError::EmptyList)),
    ] {
        let bytes = with(&[line.as_bytes()]);
        let mut handshake = ServerHandshake::with_limits(limits);
        assert_eq!(handshake.receive(&bytes).unwrap_err(), expected);
        assert_eq!(expected.status(), 400);
    }
}

#[test]
fn an_error_is_its_own_refusal() {
    assert_eq!(
        refusal(RequestError::Version),
        "HTTP/1.1 426 Upgrade Required\r\n\
         Upgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Length: 28\r\n\
         Connection: Upgrade, close\r\n\r\n\
         websocket version is not 13\n",
    );
    for (error, start) in [
        (
            RequestError::Method,
            "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n",
        ),
        (RequestError::Key, "HTTP/1.1 400 Bad Request\r\n"),
        (
            RequestError::HttpVersion,
            "HTTP/1.1 505 HTTP Version Not Supported\r\n",
        ),
        (
            RequestError::Head(HeadError::TooLarge { limit: 16384 }),
            "HTTP/1.1 431 Request Header Fields Too Large\r\n",
        ),
    ] {
        let text = refusal(error);
        assert!(text.starts_with(start), "{text}");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, format!("{error}\n"));
        assert!(
            head.contains(&format!("Content-Length: {}\r\n", body.len())),
            "{text}"
        );
        assert!(head.ends_with("Connection: close"), "{text}");
    }
}

#[test]
fn a_refusal_says_what_the_caller_wants() {
    let headers = [
        Header::new("Location", "/b"),
        Header {
            name: "X",
            value: b"\xff\t.",
        },
    ];
    let mut out = [0xa5; 256];
    let len = Refusal::new(302)
        .headers(&headers)
        .body(b"over there")
        .write(&mut out)
        .unwrap();
    assert_eq!(
        out[..len].escape_ascii().to_string(),
        b"HTTP/1.1 302 Found\r\n\
          Location: /b\r\n\
          X: \xff\t.\r\n\
          Content-Length: 10\r\n\
          Connection: close\r\n\r\n\
          over there"
            .escape_ascii()
            .to_string(),
    );
    // A status without a phrase keeps the space that the grammar wants.
    let len = Refusal::new(599).write(&mut out).unwrap();
    assert!(out[..len].starts_with(b"HTTP/1.1 599 \r\n"));
    for status in [0, 99, 100, 101, 103, 199, 204, 205, 304, 600, 1000] {
        let error = Refusal::new(status).write(&mut out).unwrap_err();
        assert_eq!(error, WriteError::Status { status });
    }
}

#[test]
fn an_acceptance_agrees_only_on_what_was_offered() {
    let bytes = with(&[
        b"Sec-WebSocket-Protocol: a, b",
        b"Sec-WebSocket-Extensions: x; y, z",
    ]);
    let accept = upgrade(&bytes).accept();
    let mut out = [0xa5; 512];
    let len = accept
        .subprotocol("b")
        .extensions("z; q=1, x")
        .write(&mut out)
        .unwrap();
    let text = str::from_utf8(&out[..len]).unwrap();
    assert!(
        text.ends_with("Sec-WebSocket-Protocol: b\r\nSec-WebSocket-Extensions: z; q=1, x\r\n\r\n")
    );
    assert!(!text.contains("Content-Length"));

    for other in ["c", "A", "", "a, b", "a\r\nX: y"] {
        let error = accept.subprotocol(other).write(&mut out).unwrap_err();
        assert_eq!(error, WriteError::SubprotocolNotOffered, "{other}");
    }
    for (other, expected) in [
        ("w", WriteError::ExtensionNotOffered),
        ("y", WriteError::ExtensionNotOffered),
        ("", WriteError::Extensions(ExtensionError::EmptyList)),
        ("x; ", WriteError::Extensions(ExtensionError::ParameterName)),
        (
            "x\r\nY: z",
            WriteError::Extensions(ExtensionError::UnexpectedByte(b'\r')),
        ),
    ] {
        assert_eq!(
            accept.extensions(other).write(&mut out).unwrap_err(),
            expected,
            "{other}"
        );
    }
}

#[test]
fn headers_of_the_caller_cannot_break_out_or_override() {
    let bytes = start("GET / HTTP/1.1");
    let accept = upgrade(&bytes).accept();
    let good = Header::new("X", "y");
    let mut out = [0xa5; 512];
    let mut try_header = |header: Header<'_>, is_refusal: bool| {
        let headers = [good, header];
        if is_refusal {
            Refusal::new(400).headers(&headers).write(&mut out)
        } else {
            accept.headers(&headers).write(&mut out)
        }
    };
    for is_refusal in [false, true] {
        for value in ["a\r\nb", "a\rb", "a\nb", "a\0b", "a\x7f"] {
            assert_eq!(
                try_header(Header::new("A", value), is_refusal),
                Err(WriteError::HeaderValue { index: 1 }),
            );
        }
        for name in ["", "a b", "a:", "a\r\n", "\u{e9}"] {
            assert_eq!(
                try_header(Header::new(name, "a"), is_refusal),
                Err(WriteError::HeaderName { index: 1 }),
            );
        }
        for name in ["connection", "Content-Length", "TRANSFER-ENCODING"] {
            assert_eq!(
                try_header(Header::new(name, "a"), is_refusal),
                Err(WriteError::ReservedHeader { index: 1 }),
            );
        }
        for name in [
            "upgrade",
            "host",
            "sec-websocket-accept",
            "Sec-WebSocket-Whatever",
        ] {
            assert_eq!(
                try_header(Header::new(name, "a"), is_refusal).is_ok(),
                is_refusal,
                "{name}"
            );
        }
    }
}

#[test]
fn a_buffer_that_is_too_small_is_told_how_much_it_takes() {
    let request = upgrade(RFC_REQUEST);
    let accept = request.accept().subprotocol("chat");
    let refusal = RequestError::Version.refusal();
    let mut out = [0xa5; 512];
    let (accept_len, refusal_len) = (
        accept.write(&mut out).unwrap(),
        refusal.write(&mut out).unwrap(),
    );
    for len in 0..512 {
        let too_small = |needed| Err(WriteError::BufferTooSmall { needed });
        let expected = if len < accept_len {
            too_small(accept_len)
        } else {
            Ok(accept_len)
        };
        assert_eq!(accept.write(&mut out[..len]), expected);
        let expected = if len < refusal_len {
            too_small(refusal_len)
        } else {
            Ok(refusal_len)
        };
        assert_eq!(refusal.write(&mut out[..len]), expected);
    }
}
