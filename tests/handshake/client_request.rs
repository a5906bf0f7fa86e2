//! The request that a client writes (RFC 6455 4.1).

use support::handshake::{RFC_NONCE, request, upgrade, written};
use websocket_proto::deflate::Preferences;
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{ClientRequest, Scheme, WriteError};
use websocket_proto::http1::Header;

#[test]
fn the_host_has_its_port_and_its_brackets() {
    for (host, port, expected) in [
        ("example.com", None, "example.com"),
        ("example.com:81", None, "example.com:81"),
        ("example.com", Some((80, Scheme::Ws)), "example.com"),
        ("example.com", Some((443, Scheme::Wss)), "example.com"),
        ("example.com", Some((443, Scheme::Ws)), "example.com:443"),
        ("example.com", Some((80, Scheme::Wss)), "example.com:80"),
        ("127.0.0.1", Some((65535, Scheme::Ws)), "127.0.0.1:65535"),
        ("::1", None, "[::1]"),
        ("::1", Some((80, Scheme::Ws)), "[::1]"),
        ("::1", Some((8080, Scheme::Ws)), "[::1]:8080"),
        ("[fe80::1]", Some((8080, Scheme::Ws)), "[fe80::1]:8080"),
        ("[fe80::1]:9", None, "[fe80::1]:9"),
    ] {
        let mut request = ClientRequest::new(host, "/", RFC_NONCE);
        if let Some((port, scheme)) = port {
            request = request.port(port, scheme);
        }
        let text = written(&request).unwrap();
        assert_eq!(text.lines().nth(1).unwrap(), format!("Host: {expected}"));
        assert_eq!(upgrade(text.as_bytes()).host(), expected);
    }
    for host in ["", "a b", "a\r\nX: y", "::::", "a/b", "a:b", "[::1", "u@a", "\u{e9}"] {
        let request = ClientRequest::new(host, "/", RFC_NONCE);
        assert_eq!(written(&request), Err(WriteError::Host), "{host}");
    }
    let twice = ClientRequest::new("a:1", "/", RFC_NONCE).port(2, Scheme::Ws);
    assert_eq!(written(&twice), Err(WriteError::Host));
}

#[test]
fn a_target_that_would_break_the_request_line_is_refused() {
    for target in ["", "chat", "*", "http://a/", "/a b", "/a\r\nX: y", "/\0", "/a#b", "/\u{e9}"] {
        let request = ClientRequest::new("a", target, RFC_NONCE);
        assert_eq!(written(&request), Err(WriteError::Target), "{target}");
    }
    assert!(written(&ClientRequest::new("a", "/a/b?c=%20", RFC_NONCE)).is_ok());
}

#[test]
fn permessage_deflate_is_offered_after_the_other_extensions() {
    let new = || ClientRequest::new("a", "/", RFC_NONCE);
    let wanted = Preferences::new().client_max_window_bits(9);
    let deflate = "permessage-deflate; client_max_window_bits=9";
    for (request, expected) in [
        (new().deflate(None), None),
        (new().deflate(wanted), Some(deflate.to_owned())),
        (new().deflate(wanted).deflate(None), None),
        (new().deflate(wanted).extensions("x; y, z"), Some(format!("x; y, z, {deflate}"))),
    ] {
        let text = written(&request).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
        assert_eq!(line, expected.as_deref());
    }
}

#[test]
fn offers_that_break_their_grammar_are_refused() {
    for (subprotocols, expected) in [
        (&["a", ""][..], WriteError::Subprotocol { index: 1 }),
        (&["a b"], WriteError::Subprotocol { index: 0 }),
        (&["a,b"], WriteError::Subprotocol { index: 0 }),
        (&["a\r\nX: y"], WriteError::Subprotocol { index: 0 }),
        (&["a", "b", "a"], WriteError::DuplicateSubprotocol { index: 2 }),
    ] {
        assert_eq!(written(&request().subprotocols(subprotocols)), Err(expected));
    }
    for (extensions, expected) in [
        ("", ExtensionError::EmptyList),
        ("a;", ExtensionError::ParameterName),
        ("a; b=", ExtensionError::ParameterValue),
        ("a; b=\"", ExtensionError::UnterminatedQuote),
        ("a\r\nX: y", ExtensionError::UnexpectedByte(b'\r')),
    ] {
        let expected = Err(WriteError::Extensions(expected));
        assert_eq!(written(&request().extensions(extensions)), expected);
    }
    for origin in ["", "a\r\nX: y", "\u{e9}"] {
        assert_eq!(written(&request().origin(origin)), Err(WriteError::Origin));
    }
    // No list at all is no header.
    let text = written(&request().subprotocols(&[])).unwrap();
    assert!(!text.contains("Sec-WebSocket-Protocol"));
}

#[test]
fn headers_of_the_caller_are_sent_unless_they_would_break_out_or_override() {
    let headers = [Header::new("Authorization", "Bearer x"), Header { name: "X", value: b"~" }];
    let text = written(&request().headers(&headers)).unwrap();
    assert!(text.ends_with("\r\nAuthorization: Bearer x\r\nX: ~\r\n\r\n"), "{text}");

    for (name, value, expected) in [
        ("A", "a\r\nB: c", WriteError::HeaderValue { index: 0 }),
        ("A", "a\n", WriteError::HeaderValue { index: 0 }),
        ("A", "a\0", WriteError::HeaderValue { index: 0 }),
        ("A\r\nB", "c", WriteError::HeaderName { index: 0 }),
        ("", "c", WriteError::HeaderName { index: 0 }),
        ("host", "a", WriteError::ReservedHeader { index: 0 }),
        ("Upgrade", "h2c", WriteError::ReservedHeader { index: 0 }),
        ("Connection", "close", WriteError::ReservedHeader { index: 0 }),
        ("Origin", "a", WriteError::ReservedHeader { index: 0 }),
        ("SEC-WEBSOCKET-KEY", "a", WriteError::ReservedHeader { index: 0 }),
        ("sec-websocket-x", "a", WriteError::ReservedHeader { index: 0 }),
        ("Content-Length", "1", WriteError::ReservedHeader { index: 0 }),
        ("Transfer-Encoding", "chunked", WriteError::ReservedHeader { index: 0 }),
    ] {
        let header = [Header::new(name, value)];
        assert_eq!(written(&request().headers(&header)), Err(expected), "{name}: {value:?}");
    }
}

#[test]
fn a_buffer_that_is_too_small_is_told_how_much_it_takes() {
    let needed = written(&request()).unwrap().len();
    let mut out = [0xa5; 512];
    for len in 0..512 {
        let too_small = Err(WriteError::BufferTooSmall { needed });
        let expected = if len < needed { too_small } else { Ok(needed) };
        assert_eq!(request().write(&mut out[..len]), expected);
    }
}

#[test]
fn a_scheme_reads_in_any_case_and_is_written_in_lower_case() {
    for (text, scheme) in
        [("ws", Scheme::Ws), ("wss", Scheme::Wss), ("WS", Scheme::Ws), ("wSS", Scheme::Wss)]
    {
        assert_eq!(text.parse(), Ok(scheme));
        assert_eq!(scheme.to_string(), text.to_lowercase());
        assert_eq!(scheme.as_str(), text.to_lowercase());
        assert_eq!(format!("{scheme:>4}").len(), 4, "it is padded as text is");
    }
    for text in ["", "w", "wsss", "http", "https", " ws", "ws:", "wss://", "w\u{17f}"] {
        let error = text.parse::<Scheme>().unwrap_err();
        assert_eq!(error.to_string(), "the scheme is neither ws nor wss");
        let _: &dyn std::error::Error = &error;
    }
}
