//! The response of a server to a request of HTTP/1.1, over the types of the `http` crate (RFC 6455
//! 4.2.2): an acceptance with what was agreed on, or a refusal.

use http::{HeaderValue, Response, Version};
use support::handshake;
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{RequestError, WriteError};
use websocket_proto::http::{Offer, OfferError};
use websocket_proto::http1::HeadError;

use crate::requests::{base, offer, request, valued};

#[test]
fn the_example_of_the_rfc_is_accepted() {
    let mut lines = base();
    lines.push(("Origin".to_owned(), b"http://example.com".to_vec()));
    lines.push(("Sec-WebSocket-Protocol".to_owned(), b"chat, superchat".to_vec()));
    let offer = offer(&lines);
    assert_eq!(offer.origin(), Some("http://example.com"));
    assert!(offer.subprotocols().eq(["chat", "superchat"]));
    assert_eq!(offer.extensions().count(), 0);

    let response = offer.accept().subprotocol("chat").expect("it was offered").open().0;
    assert_eq!((response.status().as_u16(), response.version()), (101, Version::HTTP_11));
    let mut headers: Vec<_> =
        response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    headers.sort_unstable();
    let expected: [(&str, &[u8]); 4] = [
        ("connection", b"Upgrade"),
        ("sec-websocket-accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("sec-websocket-protocol", b"chat"),
        ("upgrade", b"websocket"),
    ];
    assert_eq!(headers, expected);
}

#[test]
fn the_server_prefers_among_the_subprotocols_that_are_offered() {
    let lines = valued("Sec-WebSocket-Protocol", &["v1, v2", "V3"]);
    let offer = offer(&lines);
    for (supported, chosen) in [
        (&["v2", "v1"][..], Some("v2")),
        (&["v1", "v2"], Some("v1")),
        (&["v3", "V3"], Some("V3")),
        (&["", "v1, v2", "v"], None),
        (&[], None),
    ] {
        assert_eq!(offer.choose_subprotocol(supported), chosen);
        let accept = offer.accept().subprotocol(offer.choose_subprotocol(supported));
        let (response, opened) = accept.expect("it was offered").open();
        assert_eq!(opened.subprotocol(), chosen);
        let same = offer.accept().choose_subprotocol(supported).open();
        assert_eq!(same.1, opened);
        let header = response.headers().get("sec-websocket-protocol");
        assert_eq!(header.map(|value| value.to_str().unwrap()), chosen);
    }
}

#[test]
fn the_accept_header_answers_the_text_of_the_key() {
    // Of the text, not of what it decodes to: two spellings of one nonce.
    let accept = |key| {
        let response = offer(&valued("Sec-WebSocket-Key", &[key])).accept().open().0;
        response.headers()["sec-websocket-accept"].clone()
    };
    assert_ne!(accept("AQIDBAUGBwgJCgsMDQ4PEC=="), accept("AQIDBAUGBwgJCgsMDQ4PEA=="));
}

#[test]
fn an_acceptance_agrees_only_on_what_was_offered() {
    let mut lines = valued("Sec-WebSocket-Protocol", &["chat"]);
    lines.push(("Sec-WebSocket-Extensions".to_owned(), b"x-foo; a=1, x-bar".to_vec()));
    let offer = offer(&lines);

    let response = offer.accept().extensions("x-bar, x-foo; b").unwrap().open().0;
    assert_eq!(response.headers()["sec-websocket-extensions"], "x-bar, x-foo; b");
    assert!(!response.headers().contains_key("sec-websocket-protocol"));

    for subprotocol in ["Chat", "", "chat, chat", "chat\r\nX: y"] {
        let error = offer.accept().subprotocol(subprotocol).unwrap_err();
        assert_eq!(error, WriteError::SubprotocolNotOffered, "{subprotocol:?}");
    }
    let error = offer.accept().extensions("x-baz").unwrap_err();
    assert_eq!(error, WriteError::ExtensionNotOffered);
    let error = offer.accept().extensions("x-foo\r\n").unwrap_err();
    assert_eq!(error, WriteError::Extensions(ExtensionError::UnexpectedByte(b'\r')));
    let error = offer.accept().extensions("").unwrap_err();
    assert_eq!(error, WriteError::Extensions(ExtensionError::EmptyList));
}

#[test]
fn a_refusal_is_the_same_as_over_bytes() {
    for error in [
        RequestError::Head(HeadError::TooLarge { limit: 5 }),
        RequestError::Method,
        RequestError::HttpVersion,
        RequestError::Target,
        RequestError::MissingHeader("Host"),
        RequestError::RepeatedHeader("Origin"),
        RequestError::Host,
        RequestError::Upgrade,
        RequestError::Connection,
        RequestError::Version,
        RequestError::Key,
        RequestError::Origin,
        RequestError::Subprotocol,
        RequestError::DuplicateSubprotocol,
        RequestError::TooManySubprotocols,
        RequestError::Extensions(ExtensionError::Name),
        RequestError::Body,
    ] {
        let offer = OfferError::Upgrade(error);
        assert_eq!(offer.status(), error.status());
        assert_eq!(parts(&offer.response()), parsed(&handshake::refusal(error)), "{error}");
    }
}

#[test]
fn a_request_for_a_page_can_be_refused_where_there_are_only_websockets() {
    let refuse = |version| {
        let page = request("GET", "/", version, &vec![("Host".into(), b"a".to_vec())]);
        assert!(matches!(Offer::from_request(&page, None), Ok(None)));
        let error = OfferError::NotWebSocket(page.version());
        let (status, headers, body) = parts(&error.response());
        assert_eq!((status, body), (error.status(), format!("{error}\n")));
        (status, headers)
    };
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let text = header("content-type", "text/plain; charset=utf-8");
    let upgrade = [header("connection", "Upgrade"), text.clone(), header("upgrade", "websocket")];
    assert_eq!(refuse(Version::HTTP_11), (426, upgrade.to_vec()));
    // Not 426 there, which has to have an `Upgrade`.
    assert_eq!(refuse(Version::HTTP_2), (400, vec![text.clone()]));
    assert_eq!(refuse(Version::HTTP_3), (400, vec![text]));
}

/// Status, headers in order of name, and body.
type Parts = (u16, Vec<(String, String)>, String);

fn parts(response: &Response<String>) -> Parts {
    let lines = response.headers().iter();
    let text = |value: &HeaderValue| value.to_str().expect("ASCII").to_owned();
    let mut lines: Vec<_> = lines.map(|(name, value)| (name.to_string(), text(value))).collect();
    lines.sort();
    (response.status().as_u16(), lines, response.body().clone())
}

fn parsed(text: &str) -> Parts {
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines();
    let status = lines.next().expect("a status line")["HTTP/1.1 ".len()..][..3].parse();
    let lines = lines.map(|line| line.split_once(": ").expect("a header line"));
    let mut lines: Vec<_> =
        lines.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    lines.sort();
    (status.expect("a status"), lines, body.to_owned())
}
