//! The client's half of the opening handshake over the types of the `http` crate: HTTP/1.1
//! (RFC 6455 4.1), whose answers are judged over bytes too, and extended CONNECT (RFC 8441 5).

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use support::handshake::{self, RFC_NONCE, head, request};
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, Opened, ResponseError, Scheme, WriteError,
};
use websocket_proto::http::{Offer, PROTOCOL};
use websocket_proto::http1::Header;

/// The headers of a response of HTTP/1.1 that opens the WebSocket.
const GOOD: [(&str, &str); 3] = [
    ("upgrade", "websocket"),
    ("connection", "Upgrade"),
    ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
];

fn response(status: u16, version: Version, headers: &[(&str, &str)]) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    *response.version_mut() = version;
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a name");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        response.headers_mut().append(name, value);
    }
    response
}

/// What the base request makes of a 101 with these headers.
fn upgraded(headers: &[(&str, &str)]) -> Result<Option<Opened>, ResponseError> {
    request().check_upgrade(&response(101, Version::HTTP_11, headers))
}

/// What it makes of a 200 to its extended CONNECT.
fn connected(headers: &[(&str, &str)]) -> Result<Option<Opened>, ResponseError> {
    request().check_connect(&response(200, Version::HTTP_2, headers))
}

/// The extensions that were agreed on.
fn names(opened: &Opened) -> impl Iterator<Item = &str> {
    let answer = opened.answer().expect("a client has the response");
    answer.extensions().map(|extension| extension.name())
}

/// The headers, in order of name.
fn lines(map: &HeaderMap) -> Vec<(&str, &str)> {
    let lines = map.iter();
    let mut lines: Vec<_> =
        lines.map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII"))).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_request_of_http_1_1_is_what_is_written_as_bytes() {
    let headers = [Header::new("Authorization", "Bearer x"), Header::new("Cookie", "a=\"b\"")];
    let request = request().headers(&headers).port(8080, Scheme::Ws);
    let sent = request.upgrade_request().expect("a good request");
    let mut bytes = format!("{} {} {:?}\r\n", sent.method(), sent.uri(), sent.version());
    for (name, value) in lines(sent.headers()) {
        bytes += &format!("{name}: {value}\r\n");
    }
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_lowercase).collect();
        lines.sort();
        lines.retain(|line| !line.is_empty());
        lines
    };
    assert_eq!(sorted(&bytes), sorted(&handshake::written(&request).expect("it fits")));
}

#[test]
fn an_extended_connect_has_the_uri_and_neither_a_key_nor_what_is_of_http_1_1() {
    for (request, scheme, uri) in [
        (ClientRequest::new("a.example", "/", [0; 16]), Scheme::Wss, "https://a.example/"),
        (
            ClientRequest::new("::1", "/b?c=d", [0; 16]).port(8443, Scheme::Wss),
            Scheme::Wss,
            "https://[::1]:8443/b?c=d",
        ),
        (ClientRequest::new("a:81", "/{b}", [0; 16]), Scheme::Ws, "http://a:81/{b}"),
    ] {
        let sent = request.connect_request(scheme).expect("a good request");
        assert_eq!((sent.method().as_str(), sent.version()), ("CONNECT", Version::HTTP_2));
        assert_eq!(sent.uri().to_string(), uri);
        assert_eq!(lines(sent.headers()), [("sec-websocket-version", "13")]);
    }
    let headers = [
        Header::new("keep-alive", "timeout=5"),
        Header::new("Cookie", "a=1"),
        Header::new("Proxy-Connection", "keep-alive"),
        Header::new("Keep-Alive", "max=9"),
    ];
    let sent = request().headers(&headers).connect_request(Scheme::Wss).expect("a good request");
    let expected = [
        ("cookie", "a=1"),
        ("origin", "http://example.com"),
        ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits, x-foo"),
        ("sec-websocket-protocol", "chat, superchat"),
        ("sec-websocket-version", "13"),
    ];
    assert_eq!(lines(sent.headers()), expected);
}

#[test]
fn what_may_not_be_sent_is_refused_as_over_bytes() {
    let twice = &["a", "a"];
    let evil = [Header::new("X", "a\r\nY: b")];
    let host = [Header::new("Host", "b")];
    let new = |target| ClientRequest::new("a", target, RFC_NONCE);
    for (request, error) in [
        (new("/#b"), WriteError::Target),
        (new("/ b"), WriteError::Target),
        (ClientRequest::new("a/b", "/", RFC_NONCE), WriteError::Host),
        (new("/").subprotocols(twice), WriteError::DuplicateSubprotocol { index: 1 }),
        (new("/").subprotocols(&[""]), WriteError::Subprotocol { index: 0 }),
        (new("/").extensions(""), WriteError::Extensions(ExtensionError::EmptyList)),
        (new("/").origin("\u{e9}"), WriteError::Origin),
        (new("/").headers(&evil), WriteError::HeaderValue { index: 0 }),
        (new("/").headers(&host), WriteError::ReservedHeader { index: 0 }),
    ] {
        assert_eq!(request.upgrade_request().unwrap_err(), error);
        assert_eq!(request.connect_request(Scheme::Wss).unwrap_err(), error);
    }
    // A target that a URI of the `http` crate does not hold.
    assert_eq!(new("/<b>").upgrade_request().unwrap_err(), WriteError::Target);
}

#[test]
fn a_request_of_any_size_is_made() {
    let long = "x".repeat(5000);
    let header = [Header::new("X", &long)];
    let request = request().headers(&header);
    assert_eq!(request.upgrade_request().expect("a request").headers()["x"], long);
    // As many headers as a map has room for, and no panic beyond.
    let names: Vec<String> = (0..40_000).map(|index| format!("x{index}")).collect();
    let many: Vec<Header<'_>> = names.iter().map(|name| Header::new(name, "")).collect();
    let error = request.headers(&many).upgrade_request().unwrap_err();
    assert!(matches!(error, WriteError::HeaderName { .. }));
}

#[test]
fn an_answer_says_what_was_agreed_on() {
    let agreed = [
        ("sec-websocket-protocol", "superchat"),
        ("sec-websocket-extensions", "x-foo"),
        ("sec-websocket-extensions", "permessage-deflate; a=1"),
    ];
    for agreement in [upgraded(&[&GOOD[..], &agreed].concat()), connected(&agreed)] {
        let agreement = agreement.expect("a good answer").expect("the websocket is open");
        assert_eq!(agreement.subprotocol(), Some("superchat"));
        assert!(names(&agreement).eq(["x-foo", "permessage-deflate"]));
    }
    let agreement = connected(&[]).expect("a good answer").expect("the websocket is open");
    assert_eq!((agreement.subprotocol(), names(&agreement).count()), (None, 0));
}

#[test]
fn only_what_was_offered_may_be_agreed_on_and_once() {
    let twice = [("sec-websocket-protocol", "chat"), ("sec-websocket-protocol", "chat")];
    let rows: [(&[(&str, &str)], ResponseError); 7] = [
        (&[("sec-websocket-protocol", "soap")], ResponseError::SubprotocolNotOffered),
        (&[("sec-websocket-protocol", "chat, superchat")], ResponseError::SubprotocolNotOffered),
        (&[("sec-websocket-protocol", "")], ResponseError::SubprotocolNotOffered),
        (&twice, ResponseError::RepeatedHeader("Sec-WebSocket-Protocol")),
        (&[("sec-websocket-extensions", "x-bar")], ResponseError::ExtensionNotOffered),
        (&[("sec-websocket-extensions", "x-foo, x-foo")], ResponseError::RepeatedExtension),
        (
            &[("sec-websocket-extensions", "x-foo; a=")],
            ResponseError::Extensions(ExtensionError::ParameterValue),
        ),
    ];
    for (headers, error) in rows {
        assert_eq!(connected(headers).unwrap_err(), error, "{headers:?}");
        assert_eq!(upgraded(&[&GOOD[..], headers].concat()).unwrap_err(), error, "{headers:?}");
    }
}

#[test]
fn no_subprotocol_is_an_error_only_if_one_is_required() {
    let ok = response(200, Version::HTTP_2, &[]);
    let required = request().require_subprotocol(true);
    assert_eq!(required.check_connect(&ok).unwrap_err(), ResponseError::NoSubprotocol);
    assert!(request().check_connect(&ok).is_ok());
}

#[test]
fn another_status_is_left_to_the_caller() {
    for status in [100, 103, 200, 204, 301, 401, 404, 426, 500] {
        let answer = request().check_upgrade(&response(status, Version::HTTP_11, &GOOD));
        assert!(answer.expect("no fault").is_none(), "{status}");
    }
    for status in [100, 103, 301, 401, 404, 501] {
        let answer = request().check_connect(&response(status, Version::HTTP_2, &[]));
        assert!(answer.expect("no fault").is_none(), "{status}");
    }
}

#[test]
fn an_extended_connect_succeeds_with_any_2xx_and_fails_with_101() {
    for status in [200, 201, 204, 299] {
        let answer = request().check_connect(&response(status, Version::HTTP_3, &[]));
        assert!(answer.expect("no fault").is_some(), "{status}");
    }
    let answer = request().check_connect(&response(101, Version::HTTP_2, &GOOD));
    assert_eq!(answer.unwrap_err(), ResponseError::SwitchingProtocols);
}

#[test]
fn an_accept_header_over_http2_is_not_looked_at() {
    assert!(connected(&[("sec-websocket-accept", "odd")]).expect("no fault").is_some());
}

#[test]
fn an_upgrade_over_another_version_of_http_fails() {
    for version in [Version::HTTP_10, Version::HTTP_2] {
        let answer = request().check_upgrade(&response(101, version, &GOOD));
        assert_eq!(answer.unwrap_err(), ResponseError::HttpVersion);
    }
}

/// Headers of a response, most of them good, some missing, odd or repeated.
fn headers() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let odd = vec![
        ("upgrade", "websocket, h2c"),
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, upgrade"),
        ("connection", "close"),
        ("sec-websocket-accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("sec-websocket-protocol", "chat"),
        ("sec-websocket-protocol", "soap"),
        ("sec-websocket-extensions", "x-foo"),
        ("sec-websocket-extensions", "permessage-deflate; a=\"1\""),
        ("sec-websocket-extensions", ",;"),
        ("x-other", "\u{e9}"),
    ];
    let count = prop_oneof![4 => Just(3_usize), 1 => 0..3_usize];
    let kept = count.prop_flat_map(|count| subsequence(GOOD.to_vec(), count));
    (kept, vec(select(odd), 0..3)).prop_map(|(kept, odd)| [kept, odd].concat()).prop_shuffle()
}

/// Tokens that differ.
fn tokens() -> impl Strategy<Value = Vec<String>> {
    vec("[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,8}", 0..5).prop_map(|names| {
        let numbered = names.into_iter().enumerate();
        numbered.map(|(index, name)| format!("{index}{name}")).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_over_types_is_that_over_bytes(headers in headers()) {
        let mut bytes = vec!["HTTP/1.1 101 Switching Protocols".to_owned()];
        bytes.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let bytes = head(&bytes);
        match (upgraded(&headers), ClientHandshake::new().receive(&request(), &bytes)) {
            (Ok(Some(made)), Ok(Some(Answer::WebSocket(expected)))) => {
                prop_assert_eq!(made.subprotocol(), expected.subprotocol());
                prop_assert_eq!(made.deflate_terms(), expected.deflate_terms());
                let answer = made.answer().expect("a client has the response");
                prop_assert!(answer.extensions().eq(expected.extensions()));
            }
            (Err(made), Err(expected)) => prop_assert_eq!(made, expected),
            (made, expected) => prop_assert!(false, "{:?}, but {:?}", made, expected),
        }
    }

    #[test]
    fn what_a_client_offers_a_server_reads_and_the_client_takes_its_answer(
        nonce: [u8; 16],
        subprotocols in tokens(),
        extensions in tokens(),
    ) {
        let subprotocols: Vec<&str> = subprotocols.iter().map(String::as_str).collect();
        let list = extensions.join("; a=\"1\", ");
        let mut request =
            ClientRequest::new("a:81", "/b?c", nonce).subprotocols(&subprotocols);
        if !extensions.is_empty() {
            request = request.extensions(&list);
        }
        let sent = request.upgrade_request().expect("a request");
        let upgrade = Offer::from_request(&sent, None).expect("a good one").expect("an upgrade");
        let sent = request.connect_request(Scheme::Ws).expect("a request");
        let connect = Offer::from_request(&sent, Some(PROTOCOL)).expect("a good one");
        for offer in [upgrade, connect.expect("an extended CONNECT")] {
            prop_assert!(offer.subprotocols().eq(subprotocols.iter().copied()));
            prop_assert!(offer.extensions().map(|it| it.name()).eq(extensions.iter()));
            let accept = offer.accept().subprotocol(subprotocols.last().copied());
            let mut accept = accept.expect("it was offered");
            if let Some(last) = extensions.last() {
                accept = accept.extensions(last).expect("it was offered");
            }
            let response = accept.open().0;
            let agreement = match response.status().as_u16() {
                101 => request.check_upgrade(&response),
                _ => request.check_connect(&response),
            };
            let agreement = agreement.expect("no fault").expect("the websocket is open");
            prop_assert_eq!(agreement.subprotocol(), subprotocols.last().copied());
            prop_assert!(names(&agreement).eq(extensions.last()));
        }
    }
}
