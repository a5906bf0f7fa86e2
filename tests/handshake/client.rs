//! The client's half of the opening handshake (RFC 6455 4.1).

use support::handshake::{RFC_NONCE, RFC_REQUEST, RFC_RESPONSE, head, request, written};
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{Answer, ClientHandshake, ClientRequest, ResponseError};
use websocket_proto::http1::{HeadError, HeadLimits};

/// The lines of a response that the request above can accept.
const LINES: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

/// That response without the line that begins so, and these behind it.
fn replace(start: &str, lines: &[&str]) -> Vec<u8> {
    let kept = LINES.iter().copied().filter(|line| start.is_empty() || !line.starts_with(start));
    head(&kept.chain(lines.iter().copied()).collect::<Vec<_>>())
}

/// That response with another status line.
fn status(line: &str) -> Vec<u8> {
    let mut lines = LINES;
    lines[0] = line;
    head(&lines)
}

/// What a client makes of these bytes, all at once.
fn receive(bytes: &[u8]) -> Result<Option<Answer<'_>>, ResponseError> {
    ClientHandshake::new().receive(&request(), bytes)
}

#[track_caller]
fn error(bytes: &[u8]) -> ResponseError {
    match receive(bytes) {
        Err(error) => error,
        other => panic!("{}: {other:?}", bytes.escape_ascii()),
    }
}

#[test]
fn the_example_of_the_rfc_is_written_and_its_answer_accepted() {
    let request = ClientRequest::new("server.example.com", "/chat", RFC_NONCE)
        .origin("http://example.com")
        .subprotocols(&["chat", "superchat"]);
    assert_eq!(written(&request).unwrap().as_bytes(), RFC_REQUEST);

    let mut handshake = ClientHandshake::new();
    let Ok(Some(Answer::WebSocket(response))) = handshake.receive(&request, RFC_RESPONSE) else {
        panic!()
    };
    assert_eq!(response.subprotocol(), Some("chat"));
    assert_eq!(response.extensions().count(), 0);
    assert_eq!(response.headers().iter().count(), 4);
    assert_eq!(response.head_len(), RFC_RESPONSE.len());
}

#[test]
fn each_answer_that_the_rfc_allows_opens_the_websocket() {
    for (bytes, subprotocol, extensions) in [
        (replace("", &[]), None, &[][..]),
        (replace("Upgrade", &["upgrade:  WebSocket  "]), None, &[]),
        (replace("Connection", &["Connection: keep-alive, upgrade"]), None, &[]),
        (replace("", &["Connection: keep-alive"]), None, &[]),
        (replace("", &["Sec-WebSocket-Protocol: superchat"]), Some("superchat"), &[]),
        (replace("", &["Sec-WebSocket-Extensions: x-foo"]), None, &["x-foo"]),
        (
            replace("", &["Sec-WebSocket-Extensions: x-foo, permessage-deflate; a=\"1\""]),
            None,
            &["x-foo", "permessage-deflate"],
        ),
        (
            replace(
                "",
                &[
                    "Sec-WebSocket-Extensions: x-foo",
                    "Sec-WebSocket-Extensions: permessage-deflate",
                ],
            ),
            None,
            &["x-foo", "permessage-deflate"],
        ),
        (status("HTTP/1.1 101"), None, &[]),
        (status("HTTP/1.1 101 "), None, &[]),
        (status("HTTP/1.1 101 \u{e9}t\u{e9}"), None, &[]),
    ] {
        let Ok(Some(Answer::WebSocket(response))) = receive(&bytes) else {
            panic!("{}", bytes.escape_ascii())
        };
        assert_eq!(response.subprotocol(), subprotocol);
        assert!(
            response.extensions().map(|extension| extension.name()).eq(extensions.iter().copied())
        );
    }
}

#[test]
fn each_answer_that_the_rfc_forbids_fails_with_its_reason() {
    use ResponseError as E;
    let extension = |value: &str| replace("", &[&format!("Sec-WebSocket-Extensions: {value}")]);
    let subprotocol = |value: &str| replace("", &[&format!("Sec-WebSocket-Protocol:{value}")]);
    let accept =
        |value: &str| replace("Sec-WebSocket-Accept", &[&format!("Sec-WebSocket-Accept:{value}")]);
    for (bytes, expected) in [
        (status("HTTP/1.0 101 Switching Protocols"), E::HttpVersion),
        (status("HTTP/1.2 101 Switching Protocols"), E::HttpVersion),
        (status("HTTP/2.0 200 OK"), E::HttpVersion),
        (status("HTTP/1.1 1O1 Switching Protocols"), E::Head(HeadError::StartLine)),
        (status("HTTP/1.1 0101 Switching"), E::Head(HeadError::StartLine)),
        (status("HTTP/1.1 099 Low"), E::Head(HeadError::StartLine)),
        (status("HTTP/1.1  101 Spaces"), E::Head(HeadError::StartLine)),
        (status("HTTP/1.1"), E::Head(HeadError::StartLine)),
        (status("HTTP/1.x 101 Letters"), E::Head(HeadError::StartLine)),
        (status("HTTP/11 101 No dot"), E::Head(HeadError::StartLine)),
        (status("HTTPS/1.1 101 No"), E::Head(HeadError::NotHttp(b'S'))),
        (status("\u{1}"), E::Head(HeadError::NotHttp(1))),
        (b"\x15\x03\x01\0\x02\x02\x50".to_vec(), E::Head(HeadError::Tls)), // a TLS alert
        // The SETTINGS frame of an HTTP/2 server.
        (b"\0\0\x12\x04\0\0\0\0\0".to_vec(), E::Head(HeadError::Http2)),
        (b"\0\0\x12\x05\0\0\0\0\0".to_vec(), E::Head(HeadError::NotHttp(0))),
        (b"ICY 200 OK\r\n".to_vec(), E::Head(HeadError::NotHttp(b'I'))),
        (b"\r\nHTTP/1.1".to_vec(), E::Head(HeadError::NotHttp(b'\r'))),
        (replace("Upgrade", &[]), E::MissingHeader("Upgrade")),
        (replace("Upgrade", &["Upgrade: foo"]), E::Upgrade),
        (replace("Upgrade", &["Upgrade: foo, websocket"]), E::Upgrade),
        (replace("Upgrade", &["Upgrade: websocket/13"]), E::Upgrade),
        (replace("", &["Upgrade: websocket"]), E::RepeatedHeader("Upgrade")),
        (replace("Connection", &[]), E::MissingHeader("Connection")),
        (replace("Connection", &["Connection: close"]), E::Connection),
        (replace("Connection", &["Connection: Upgrades"]), E::Connection),
        (replace("Sec-WebSocket-Accept", &[]), E::MissingHeader("Sec-WebSocket-Accept")),
        (replace("", &[LINES[3]]), E::RepeatedHeader("Sec-WebSocket-Accept")),
        (accept(""), E::Accept),
        (accept(" s3pPLMBiTxaQ9kYGzzhZRbK+xO0="), E::Accept),
        (accept(" S3pPLMBiTxaQ9kYGzzhZRbK+xOo="), E::Accept),
        (accept(" s3pPLMBiTxaQ9kYGzzhZRbK+xOo=,"), E::Accept),
        (accept(" s3pPLMBiTxaQ9kYGzzhZRbK+xOo"), E::Accept),
        (accept(" dGhlIHNhbXBsZSBub25jZQ=="), E::Accept),
        (subprotocol(" other"), E::SubprotocolNotOffered),
        (subprotocol(" Chat"), E::SubprotocolNotOffered),
        (subprotocol(" chat, superchat"), E::SubprotocolNotOffered),
        (subprotocol(""), E::SubprotocolNotOffered),
        (
            replace("", &["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"]),
            E::RepeatedHeader("Sec-WebSocket-Protocol"),
        ),
        (extension("x-bar"), E::ExtensionNotOffered),
        (extension("X-Foo"), E::ExtensionNotOffered),
        (extension("client_max_window_bits"), E::ExtensionNotOffered),
        (extension("x-foo, x-foo"), E::RepeatedExtension),
        (
            replace("", &["Sec-WebSocket-Extensions: x-foo", "Sec-WebSocket-Extensions: x-foo"]),
            E::RepeatedExtension,
        ),
        (extension("x-foo;"), E::Extensions(ExtensionError::ParameterName)),
        (extension("x-foo; a="), E::Extensions(ExtensionError::ParameterValue)),
        (extension("x-foo; a=\"1"), E::Extensions(ExtensionError::UnterminatedQuote)),
        (extension("x-foo x"), E::Extensions(ExtensionError::UnexpectedByte(b'x'))),
        (replace("", &["X: a\r\n b"]), E::Head(HeadError::FoldedLine)),
        (replace("", &["X: a\nY: b"]), E::Head(HeadError::BareLineFeed)),
        (replace("", &["X: a\rb"]), E::Head(HeadError::BareCarriageReturn)),
        (replace("", &["X: \0"]), E::Head(HeadError::HeaderValue)),
        (replace("", &["X : a"]), E::Head(HeadError::HeaderName)),
    ] {
        assert_eq!(error(&bytes), expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn no_subprotocol_is_an_error_only_if_one_is_required_and_offered() {
    let without = replace("", &[]);
    let required = request().require_subprotocol(true);
    let receive = |request: ClientRequest<'_>| ClientHandshake::new().receive(&request, &without);
    assert!(matches!(receive(request()), Ok(Some(Answer::WebSocket(_)))));
    assert_eq!(receive(required).unwrap_err(), ResponseError::NoSubprotocol);
    let none_offered = required.subprotocols(&[]);
    assert!(matches!(receive(none_offered), Ok(Some(Answer::WebSocket(_)))));
    // And one that nobody asked for is refused however it is set.
    let with = replace("", &["Sec-WebSocket-Protocol: chat"]);
    assert_eq!(
        ClientHandshake::new().receive(&none_offered, &with).unwrap_err(),
        ResponseError::SubprotocolNotOffered,
    );
}

#[test]
fn another_status_is_handed_over_with_its_headers_and_body() {
    let bytes = b"HTTP/1.1 401 Who Are You\r\n\
        WWW-Authenticate: Basic\r\nWWW-Authenticate: Digest\r\nContent-Length: 9\r\n\r\nsorr";
    let Ok(Some(Answer::Http(response))) = receive(bytes) else { panic!() };
    assert_eq!((response.status, response.reason), (401, &b"Who Are You"[..]));
    assert!(response.headers.all("www-authenticate").eq([&b"Basic"[..], b"Digest"]));
    assert_eq!((response.content_length(), response.body), (Some(9), &b"sorr"[..]));
    assert_eq!(&bytes[response.head_len..], b"sorr");

    for (bytes, status, content_length) in [
        (&b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"[..], 302, None),
        (b"HTTP/1.0 404\r\nContent-Length: 0\r\n\r\n", 404, Some(0)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", 200, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", 200, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 200, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 200, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 200, None),
        (b"HTTP/1.1 999 \r\n\r\n", 999, None),
    ] {
        let Ok(Some(Answer::Http(response))) = receive(bytes) else {
            panic!("{}", bytes.escape_ascii())
        };
        assert_eq!((response.status, response.content_length()), (status, content_length));
    }
}

#[test]
fn interim_responses_are_skipped() {
    let interim: &[u8] =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
    let bytes = [interim, RFC_RESPONSE, b"\x81\0"].concat();
    let mut handshake = ClientHandshake::new();
    assert!(matches!(handshake.receive(&request(), interim), Ok(None)));
    let Ok(Some(Answer::WebSocket(response))) = handshake.receive(&request(), &bytes) else {
        panic!()
    };
    assert_eq!(&bytes[response.head_len()..], b"\x81\0");
    assert_eq!(response.headers().first("link"), None);

    // As many as there are, they count towards the one limit.
    let endless = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000);
    assert_eq!(error(&endless), ResponseError::Head(HeadError::TooLarge { limit: 16 * 1024 }));
    // And the headers of each are counted by themselves.
    let many = replace("", &vec!["X: y"; 97]);
    let bytes = [interim, &many].concat();
    assert!(matches!(receive(&bytes), Ok(Some(Answer::WebSocket(_)))));
}

#[test]
fn limits_are_inclusive_and_named() {
    let bytes = replace("", &[]);
    let with_limits = |len, headers| {
        let limits = HeadLimits { bytes: len, headers };
        ClientHandshake::with_limits(limits).receive(&request(), &bytes)
    };
    assert!(matches!(with_limits(bytes.len(), 3), Ok(Some(_))));
    assert_eq!(
        with_limits(bytes.len() - 1, 3).unwrap_err(),
        ResponseError::Head(HeadError::TooLarge { limit: bytes.len() - 1 }),
    );
    assert_eq!(
        with_limits(bytes.len(), 2).unwrap_err(),
        ResponseError::Head(HeadError::TooManyHeaders { limit: 2 }),
    );
    assert_eq!(
        error(&replace("", &vec!["X: y"; 98])),
        ResponseError::Head(HeadError::TooManyHeaders { limit: 100 }),
    );
}

#[test]
fn any_split_gives_the_same_and_every_prefix_is_incomplete() {
    let interim = [b"HTTP/1.1 100 Continue\r\n\r\n", RFC_RESPONSE].concat();
    let refused = b"HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\n".to_vec();
    let malformed = replace("", &["X: \0"]);
    for bytes in [RFC_RESPONSE.to_vec(), interim, refused, replace("Upgrade", &[]), malformed] {
        let whole = format!("{:?}", receive(&bytes));
        let mut dripped = ClientHandshake::new();
        let end = (0..=bytes.len())
            .find(|&end| !matches!(dripped.receive(&request(), &bytes[..end]), Ok(None)))
            .expect("it ends");
        assert_eq!(format!("{:?}", dripped.receive(&request(), &bytes)), whole);
        for cut in 0..bytes.len() {
            let mut handshake = ClientHandshake::new();
            let first = handshake.receive(&request(), &bytes[..cut]);
            assert_eq!(matches!(first, Ok(None)), cut < end, "{cut}");
            if cut < end {
                assert_eq!(handshake.received(), cut);
            }
            let again = format!("{:?}", handshake.receive(&request(), &bytes));
            assert_eq!(again, whole, "cut at {cut}");
        }
    }
}

#[test]
fn each_byte_is_looked_at_once_however_slowly_it_comes() {
    // As in `handshake_server`, an interim response included.
    let filler = format!("X: {}", "x".repeat(15_000));
    let interim = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
    let bytes = [interim, &replace("", &[&filler])[..]].concat();
    let mut poisoned = vec![b'\n'; bytes.len()];
    poisoned[..interim.len()].copy_from_slice(interim);
    let mut handshake = ClientHandshake::new();
    for end in 0..bytes.len() - 1 {
        poisoned[end] = bytes[end];
        let answer = handshake.receive(&request(), &poisoned[..=end]);
        assert!(matches!(answer, Ok(None)), "{end}: {answer:?}");
        // The interim response is parsed when it is whole, and never looked at again.
        if end >= interim.len() {
            poisoned[end] = b'\n';
        }
        if end + 1 == interim.len() {
            poisoned[..interim.len()].fill(b'\n');
        }
    }
    assert!(matches!(handshake.receive(&request(), &bytes), Ok(Some(Answer::WebSocket(_)))));
}

/// RFC 9112, section 5.2: a client replaces obsolete line folding by spaces. In this layer the bytes
/// are the caller's, who has to let them be changed.
#[test]
fn a_folded_line_of_a_response_is_unfolded_however_it_is_split() {
    let folded = b"HTTP/1.1 103 \r\nLink: a\r\n b\r\n\r\n\
        HTTP/1.1 101 Switching Protocols\r\nUpgrade:\r\n websocket\r\n\
        Connection: keep-alive,\r\n\t \r\n  Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\
        \r\nSec-WebSocket-Extensions: x-foo;\r\n a=1\r\n\r\n";
    let frames = b"\x81\x03\r\n ";
    for cut in 0..folded.len() {
        let mut bytes = [&folded[..], frames].concat();
        let mut handshake = ClientHandshake::new();
        let mut mend = |bytes: &mut [u8]| {
            while let Err(error) = handshake.receive(&request(), bytes) {
                assert_eq!(error, ResponseError::Head(HeadError::FoldedLine));
                handshake.unfold(bytes);
            }
            matches!(handshake.receive(&request(), bytes), Ok(Some(_)))
        };
        assert!(!mend(&mut bytes[..cut]));
        assert!(mend(&mut bytes));
        let Ok(Some(Answer::WebSocket(response))) = handshake.receive(&request(), &bytes) else {
            panic!("cut at {cut}");
        };
        assert_eq!(response.head_len(), folded.len());
        assert_eq!(response.headers().first("Upgrade"), Some(&b"websocket"[..]));
        let connection = &b"keep-alive,        Upgrade"[..];
        assert_eq!(response.headers().first("Connection"), Some(connection));
        assert_eq!(&bytes[folded.len()..], frames, "the bytes behind the head stay");
    }
}

#[test]
fn whitespace_behind_the_start_line_continues_nothing() {
    let mut bytes = *b"HTTP/1.1 403 \r\n a: b\r\nc: d\r\n\r\n";
    let error = ClientHandshake::new().receive(&request(), &bytes).unwrap_err();
    assert_eq!(error, ResponseError::Head(HeadError::HeaderName));
    let mut handshake = ClientHandshake::new();
    let _ = handshake.receive(&request(), &bytes);
    handshake.unfold(&mut bytes);
    assert_eq!(bytes, *b"HTTP/1.1 403 \r\n a: b\r\nc: d\r\n\r\n");
}

/// It agrees to nothing, as Firefox reads it too.
#[test]
fn a_list_of_extensions_without_an_element_agrees_to_nothing() {
    for list in ["", " ", ",", " ,\t,"] {
        let bytes = [
            &RFC_RESPONSE[..RFC_RESPONSE.len() - 2],
            b"Sec-WebSocket-Extensions:",
            list.as_bytes(),
            b"\r\n\r\n",
        ]
        .concat();
        let mut handshake = ClientHandshake::new();
        let answer = handshake.receive(&request().subprotocols(&["chat"]), &bytes);
        let Ok(Some(Answer::WebSocket(response))) = answer else { panic!("{list:?}") };
        assert_eq!(response.extensions().count(), 0);
    }
}
