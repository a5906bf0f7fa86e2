//! What a server writes: the answer that opens a WebSocket, and those that do not.

use support::handshake::{RFC_REQUEST, refusal, start, upgrade, with};
use websocket_proto::deflate::Preferences;
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{Refusal, RequestError, WriteError};
use websocket_proto::http1::{HeadError, Header};

#[test]
fn an_error_is_its_own_refusal() {
    assert_eq!(
        refusal(RequestError::Version),
        "HTTP/1.1 426 Upgrade Required\r\n\
         Upgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Length: 32\r\n\
         Connection: Upgrade, close\r\n\r\n\
         the WebSocket version is not 13\n",
    );
    for (error, start) in [
        (RequestError::Method, "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n"),
        (RequestError::Key, "HTTP/1.1 400 Bad Request\r\n"),
        (RequestError::HttpVersion, "HTTP/1.1 505 HTTP Version Not Supported\r\n"),
        (
            RequestError::Head(HeadError::TooLarge { limit: 16384 }),
            "HTTP/1.1 431 Request Header Fields Too Large\r\n",
        ),
    ] {
        let text = refusal(error);
        assert!(text.starts_with(start), "{text}");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, format!("{error}\n"));
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{text}");
        assert!(head.ends_with("Connection: close"), "{text}");
    }
}

#[test]
fn a_refusal_says_what_the_caller_wants() {
    let headers = [Header::new("Location", "/b"), Header { name: "X", value: b"\xff\t." }];
    let mut out = [0xa5; 256];
    let len = Refusal::new(302).headers(&headers).body(b"over there").write(&mut out).unwrap();
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
fn a_refusal_has_the_reason_phrase_of_its_status() {
    // RFC 9110, section 15, and RFC 6585.
    for line in [
        "200 OK",
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "408 Request Timeout",
        "410 Gone",
        "421 Misdirected Request",
        "426 Upgrade Required",
        "429 Too Many Requests",
        "431 Request Header Fields Too Large",
        "500 Internal Server Error",
        "501 Not Implemented",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
        "505 HTTP Version Not Supported",
    ] {
        let mut out = [0xa5; 256];
        let status = line[..3].parse().unwrap();
        let len = Refusal::new(status).write(&mut out).unwrap();
        let start = format!("HTTP/1.1 {line}\r\n");
        assert!(out[..len].starts_with(start.as_bytes()), "{}", out[..len].escape_ascii());
    }
}

#[test]
fn an_acceptance_agrees_only_on_what_was_offered() {
    let bytes = with(&[b"Sec-WebSocket-Protocol: a, b", b"Sec-WebSocket-Extensions: x; y, z"]);
    let accept = upgrade(&bytes).accept();
    let mut out = [0xa5; 512];
    let len = accept.subprotocol("b").extensions("z; q=1, x").write(&mut out).unwrap();
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
        ("x\r\nY: z", WriteError::Extensions(ExtensionError::UnexpectedByte(b'\r'))),
    ] {
        assert_eq!(accept.extensions(other).write(&mut out).unwrap_err(), expected, "{other}");
    }
}

#[test]
fn the_server_prefers_among_the_subprotocols_that_are_offered() {
    let bytes = with(&[b"Sec-WebSocket-Protocol: v1, v2", b"Sec-WebSocket-Protocol: V3"]);
    let request = upgrade(&bytes);
    for (supported, chosen) in [
        (&["v2", "v1"][..], Some("v2")),
        (&["v1", "v2"], Some("v1")),
        (&["v3", "V3"], Some("V3")),
        (&["", "v1, v2", "v"], None),
        (&[], None),
    ] {
        assert_eq!(request.choose_subprotocol(supported), chosen);
        let accept = request.accept().subprotocol(request.choose_subprotocol(supported));
        let mut out = [0xa5; 512];
        let len = accept.write(&mut out).unwrap();
        let text = str::from_utf8(&out[..len]).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Protocol: "));
        assert_eq!(line, chosen);
    }
}

#[test]
fn an_acceptance_says_on_which_terms_it_compresses() {
    let bytes = with(&[b"Sec-WebSocket-Extensions: permessage-deflate, x"]);
    let accept = upgrade(&bytes).accept().extensions("x");
    assert_eq!(accept.deflate(None).deflate_terms(), None);
    let limited = Preferences::new().client_max_window_bits(9);
    assert_eq!(accept.deflate(limited).deflate_terms(), None);
    let accept = accept.deflate(Preferences::new().server_max_window_bits(9));
    assert_eq!(accept.deflate_terms().unwrap().server_max_window_bits(), 9);
    let mut out = [0xa5; 512];
    let len = accept.write(&mut out).unwrap();
    let agreed =
        "Sec-WebSocket-Extensions: x, permessage-deflate; server_max_window_bits=9\r\n\r\n";
    assert!(out[..len].ends_with(agreed.as_bytes()));
    #[cfg(feature = "alloc")]
    assert_eq!(accept.opened().deflate_terms(), accept.deflate_terms());
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
        for name in ["upgrade", "host", "sec-websocket-accept", "Sec-WebSocket-Whatever"] {
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
    let (accept_len, refusal_len) =
        (accept.write(&mut out).unwrap(), refusal.write(&mut out).unwrap());
    for len in 0..512 {
        let too_small = |needed| Err(WriteError::BufferTooSmall { needed });
        let expected = if len < accept_len { too_small(accept_len) } else { Ok(accept_len) };
        assert_eq!(accept.write(&mut out[..len]), expected);
        let expected = if len < refusal_len { too_small(refusal_len) } else { Ok(refusal_len) };
        assert_eq!(refusal.write(&mut out[..len]), expected);
    }
}
