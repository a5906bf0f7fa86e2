//! The opening handshake of HTTP/1.1 over the types of the `http` crate (RFC 6455 4.2): each
//! request is judged over bytes too, and the two verdicts are one.

use http::{Request, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use support::handshake::receive;
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{Incoming, RequestError};
use websocket_proto::http::{Offer, OfferError, asks_for_websocket};
use websocket_proto::http1::HeadError;

use crate::requests::{Lines, base, get, offer, offer_of, request, valued};

/// What is made of a request.
#[derive(Debug, PartialEq)]
enum Verdict {
    WebSocket { origin: Option<String>, subprotocols: Vec<String>, extensions: String },
    Http,
    Refused(RequestError),
}

/// What the functions over `http` types make of it.
fn over_types(request: &Request<()>) -> Verdict {
    match offer_of(request) {
        Ok(Some(offer)) => Verdict::WebSocket {
            origin: offer.origin().map(str::to_owned),
            subprotocols: offer.subprotocols().map(str::to_owned).collect(),
            extensions: format!("{:?}", offer.extensions().collect::<Vec<_>>()),
        },
        Ok(None) => Verdict::Http,
        Err(OfferError::Upgrade(error)) => Verdict::Refused(error),
        Err(error) => panic!("{error:?} of a request of HTTP/1.1"),
    }
}

/// What the functions over bytes make of it.
fn over_bytes(start: &str, lines: &Lines) -> Verdict {
    let mut bytes = format!("{start}\r\n").into_bytes();
    for (name, value) in lines {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    match receive(&bytes) {
        Ok(Some(Incoming::WebSocket(request))) => Verdict::WebSocket {
            origin: request.origin().map(str::to_owned),
            subprotocols: request.subprotocols().map(str::to_owned).collect(),
            extensions: format!("{:?}", request.extensions().collect::<Vec<_>>()),
        },
        Ok(Some(Incoming::Http(_))) => Verdict::Http,
        Ok(None) => panic!("incomplete: {}", bytes.escape_ascii()),
        Err(error) => Verdict::Refused(error),
    }
}

/// The one verdict on a GET with these lines.
#[track_caller]
fn verdict(lines: &Lines) -> Verdict {
    let verdict = over_types(&get(lines));
    assert_eq!(verdict, over_bytes("GET / HTTP/1.1", lines), "{lines:?}");
    verdict
}

/// The base request with one of these values, or with all of them, for that name is refused so.
#[track_caller]
fn refused(name: &str, values: &[&[&str]], error: RequestError) {
    for values in values {
        assert_eq!(verdict(&valued(name, values)), Verdict::Refused(error), "{name}: {values:?}");
    }
}

/// It is accepted.
#[track_caller]
fn accepted(name: &str, values: &[&[&str]]) {
    for values in values {
        let verdict = verdict(&valued(name, values));
        assert!(matches!(verdict, Verdict::WebSocket { .. }), "{name}: {values:?}: {verdict:?}");
    }
}

#[test]
fn only_get_in_http_1_1_can_ask_for_a_websocket() {
    for (method, version, start, error) in [
        ("POST", Version::HTTP_11, "POST / HTTP/1.1", RequestError::Method),
        ("get", Version::HTTP_11, "get / HTTP/1.1", RequestError::Method),
        ("HEAD", Version::HTTP_11, "HEAD / HTTP/1.1", RequestError::Method),
        ("GET", Version::HTTP_10, "GET / HTTP/1.0", RequestError::HttpVersion),
    ] {
        assert_eq!(
            over_types(&request(method, "/", version, &base())),
            Verdict::Refused(error),
            "{start}"
        );
        assert_eq!(over_bytes(start, &base()), Verdict::Refused(error));
    }
}

#[test]
fn upgrade_has_no_meaning_in_later_versions() {
    for version in [Version::HTTP_2, Version::HTTP_3] {
        let request = request("GET", "/", version, &base());
        assert!(Offer::from_request(&request, None).expect("no fault").is_none());
    }
}

#[test]
fn a_request_asks_for_a_websocket_if_upgrade_lists_it() {
    for (values, asks) in [
        (&["websocket"][..], true),
        (&["h2c, WEBSOCKET"], true),
        (&["h2c", "\twebsocket ,"], true),
        (&["websocket/13"], true),
        (&["websocketx"], false),
        (&["web socket"], false),
        (&[""], false),
        (&[], false),
    ] {
        let request = get(&valued("Upgrade", values));
        assert_eq!(asks_for_websocket(request.headers()), asks, "{values:?}");
    }
}

#[test]
fn a_target_is_a_path_or_an_http_uri() {
    for target in ["/a/b?c=d", "/%20", "/{a}", "http://a/b?c", "https://[::1]:8080/"] {
        let verdict = over_types(&request("GET", target, Version::HTTP_11, &base()));
        assert!(matches!(verdict, Verdict::WebSocket { .. }), "{target}: {verdict:?}");
        assert_eq!(over_bytes(&format!("GET {target} HTTP/1.1"), &base()), verdict);
    }
    for target in ["ftp://a/", "http://u@a/", "*", "a:80", "a"] {
        let verdict = over_types(&request("GET", target, Version::HTTP_11, &base()));
        assert_eq!(verdict, Verdict::Refused(RequestError::Target), "{target}");
        assert_eq!(over_bytes(&format!("GET {target} HTTP/1.1"), &base()), verdict);
    }
    // Bytes beyond ASCII are no HTTP at all; an HTTP library may have let them through.
    let refused = over_types(&request("GET", "/\u{e9}", Version::HTTP_11, &base()));
    assert_eq!(refused, Verdict::Refused(RequestError::Target));
    let refused = over_bytes("GET /\u{e9} HTTP/1.1", &base());
    assert_eq!(refused, Verdict::Refused(RequestError::Head(HeadError::StartLine)));
}

#[test]
fn host_comes_once_and_is_a_host() {
    accepted("Host", &[&["a.example:65535"], &["127.0.0.1"], &["[::1]:8080"], &["a:"]]);
    refused("Host", &[&[""], &["a b"], &["a/b"], &["u@a"], &["[::g]"]], RequestError::Host);
    refused("Host", &[&[]], RequestError::MissingHeader("Host"));
    refused("Host", &[&["a", "a"]], RequestError::RepeatedHeader("Host"));
}

#[test]
fn upgrade_names_websocket_as_a_whole_element() {
    accepted("Upgrade", &[&["WebSocket"], &["h2c, websocket"], &["h2c", "websocket"]]);
    refused("Upgrade", &[&["websocket/13"], &["websocket, @"]], RequestError::Upgrade);
    for values in [&[][..], &[""], &["h2c"], &["websocketx"], &["web socket"]] {
        assert_eq!(verdict(&valued("Upgrade", values)), Verdict::Http, "{values:?}");
    }
}

#[test]
fn connection_names_upgrade_as_a_whole_element() {
    accepted("Connection", &[&["UPGRADE"], &["keep-alive, Upgrade"], &["keep-alive", "upgrade"]]);
    refused("Connection", &[&[]], RequestError::MissingHeader("Connection"));
    let odd: [&[&str]; 5] =
        [&[""], &["keep-alive"], &["No-Upgrade"], &["upgrade-insecure"], &["keep-alive Upgrade"]];
    refused("Connection", &odd, RequestError::Connection);
}

#[test]
fn the_key_comes_once_and_is_the_base64_of_16_bytes() {
    accepted(
        "Sec-WebSocket-Key",
        &[&["AQIDBAUGBwgJCgsMDQ4PEC=="], &["\tdGhlIHNhbXBsZSBub25jZQ== "]],
    );
    refused("Sec-WebSocket-Key", &[&[]], RequestError::MissingHeader("Sec-WebSocket-Key"));
    let twice = ["dGhlIHNhbXBsZSBub25jZQ=="; 2];
    refused("Sec-WebSocket-Key", &[&twice], RequestError::RepeatedHeader("Sec-WebSocket-Key"));
    let odd: [&[&str]; 4] = [
        &[""],
        &["YWFhYWFhYWFhYWFhYWFh"],
        &["dGhlIHNhbXBsZSBub25j-Q=="],
        &["dGhlIHNhbXBsZSBub25jZQ"],
    ];
    refused("Sec-WebSocket-Key", &odd, RequestError::Key);
}

#[test]
fn the_version_comes_once_and_is_13() {
    let odd: [&[&str]; 6] = [&[], &[""], &["12"], &["013"], &["13, 8"], &["+13"]];
    refused("Sec-WebSocket-Version", &odd, RequestError::Version);
    let twice = RequestError::RepeatedHeader("Sec-WebSocket-Version");
    refused("Sec-WebSocket-Version", &[&["13", "13"], &["13", "8"]], twice);
}

#[test]
fn another_version_is_answered_even_when_other_websocket_headers_are_odd() {
    let mut lines = valued("Sec-WebSocket-Version", &["14"]);
    lines.retain(|(name, _)| name != "Sec-WebSocket-Key");
    lines.push(("Sec-WebSocket-Extensions".to_owned(), b";".to_vec()));
    assert_eq!(verdict(&lines), Verdict::Refused(RequestError::Version));
}

#[test]
fn subprotocols_are_tokens_that_differ_over_all_lines() {
    let name = "Sec-WebSocket-Protocol";
    let offer = offer(&valued(name, &["a,b ,\tc", "D, d"]));
    assert!(offer.subprotocols().eq(["a", "b", "c", "D", "d"]));
    accepted(name, &[&[], &["a"], &[""], &[","], &["a,,b"], &["a", ""]]);
    refused(name, &[&["a b"], &["a/b"]], RequestError::Subprotocol);
    refused(name, &[&["a, a"], &["a", "b, a"]], RequestError::DuplicateSubprotocol);
    let many: Vec<String> = (0..65).map(|index| format!("p{index}")).collect();
    let many = many.join(",");
    refused(name, &[&[&many]], RequestError::TooManySubprotocols);
}

#[test]
fn extensions_follow_their_grammar_over_all_lines() {
    let name = "Sec-WebSocket-Extensions";
    let offer = offer(&valued(name, &["x-foo, permessage-deflate; a=\"1\\0\"; b", "", "x-foo"]));
    let names = offer.extensions().map(|extension| extension.name());
    assert!(names.eq(["x-foo", "permessage-deflate", "x-foo"]));
    let deflate = offer.extensions().nth(1).unwrap();
    assert_eq!(deflate.parameters().next().unwrap().value.unwrap(), "10");

    for (value, error) in [
        ("a; b=", ExtensionError::ParameterValue),
        ("a; b=\"c", ExtensionError::UnterminatedQuote),
        ("a;", ExtensionError::ParameterName),
        ("a b", ExtensionError::UnexpectedByte(b'b')),
    ] {
        refused(name, &[&[value]], RequestError::Extensions(error));
    }
}

#[test]
fn origin_comes_once_and_is_ascii() {
    accepted("Origin", &[&["null"], &["https://a.example:8443"], &["http://a http://b"]]);
    refused("Origin", &[&[""], &["http://\u{e9}"]], RequestError::Origin);
    refused("Origin", &[&["a", "a"]], RequestError::RepeatedHeader("Origin"));
}

#[test]
fn a_body_is_refused() {
    accepted("Content-Length", &[&["0"]]);
    refused("Content-Length", &[&["1"], &["x"], &["-0"], &[""], &["0", "0"]], RequestError::Body);
    refused("Transfer-Encoding", &[&["chunked"], &["identity"]], RequestError::Body);
}

#[test]
fn unknown_headers_of_any_bytes_are_ignored() {
    let lines = valued("X-A", &[&b"\xff\xfe\t\x80"[..], b"", b"\xe9"]);
    assert!(matches!(verdict(&lines), Verdict::WebSocket { .. }));
}

/// Lines of which most are good, some are missing, odd or repeated, and some hold any bytes.
fn lines() -> impl Strategy<Value = Lines> {
    let names = [
        "Host",
        "UPGRADE",
        "connection",
        "Sec-WebSocket-Key",
        "sec-websocket-version",
        "Sec-WebSocket-Protocol",
        "SEC-WEBSOCKET-EXTENSIONS",
        "origin",
        "Content-Length",
        "Transfer-Encoding",
        "X-Other",
    ];
    let values = [
        "",
        "a",
        "a, b",
        "a,,b",
        "13",
        "8",
        "0",
        "1",
        "websocket",
        "h2c, WebSocket",
        "websocket/13",
        "Upgrade",
        "keep-alive, UPGRADE",
        "dGhlIHNhbXBsZSBub25jZQ==",
        "x; y=\"z\"",
        "x; y=",
        "\tnull ",
    ];
    let value = prop_oneof![
        4 => select(values.to_vec()).prop_map(|value| value.as_bytes().to_vec()),
        1 => vec(prop_oneof![Just(b'\t'), 0x20..=0x7e_u8, 0x80..=0xff_u8], 0..8),
    ];
    let odd = (select(names.to_vec()), value).prop_map(|(name, value)| (name.to_owned(), value));
    let kept = prop_oneof![6 => Just(5_usize), 3 => Just(4), 1 => 0..4_usize];
    let kept = kept.prop_flat_map(|count| subsequence(base(), count));
    (kept, vec(odd, 0..4)).prop_map(|(kept, odd)| [kept, odd].concat()).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_over_types_is_that_over_bytes(lines in lines()) {
        prop_assert_eq!(over_types(&get(&lines)), over_bytes("GET / HTTP/1.1", &lines));
    }
}
