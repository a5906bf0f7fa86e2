//! The opening handshake of HTTP/1.1 over the types of the `http` crate (RFC 6455 4.2): each
//! request is judged over bytes too, and the two verdicts are one.

use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use support::handshake::{self, LINES, receive};
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{Incoming, RequestError, WriteError};
use websocket_proto::http::{Offer, OfferError, asks_for_websocket};
use websocket_proto::http1::HeadError;

type Lines = Vec<(String, Vec<u8>)>;

/// The base request, as lines.
fn base() -> Lines {
    LINES
        .iter()
        .map(|line| line.split_once(": ").expect("a header line"))
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .collect()
}

/// The base request with these values for that name: none, one, or several.
fn valued<V: AsRef<[u8]>>(name: &str, values: &[V]) -> Lines {
    let mut lines = base();
    lines.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    lines.extend(values.iter().map(|value| (name.to_owned(), value.as_ref().to_vec())));
    lines
}

/// A request as an HTTP library hands it over.
fn request(method: &str, target: &str, version: Version, lines: &Lines) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method.parse::<Method>().expect("a method");
    *request.uri_mut() = target.parse::<Uri>().expect("a target");
    *request.version_mut() = version;
    for (name, value) in lines {
        let name: HeaderName = name.parse().expect("a name");
        // What a parser of HTTP/1.1 leaves of the line (RFC 9112 5).
        let value = HeaderValue::from_bytes(value.trim_ascii()).expect("a value");
        request.headers_mut().append(name, value);
    }
    request
}

fn get(lines: &Lines) -> Request<()> {
    request("GET", "/", Version::HTTP_11, lines)
}

/// What is made of a request.
#[derive(Debug, PartialEq)]
enum Verdict {
    WebSocket { origin: Option<String>, subprotocols: Vec<String>, extensions: String },
    Http,
    Refused(RequestError),
}

/// What is made of a request and of its parts, which is the same.
fn offer_of(request: &Request<()>) -> Result<Option<Offer>, OfferError> {
    let (parts, ()) = request.clone().into_parts();
    let offer = Offer::from_request(request, None);
    assert_eq!(format!("{offer:?}"), format!("{:?}", Offer::from_parts(&parts, None)));
    // There is none in HTTP/1.1.
    assert_eq!(format!("{offer:?}"), format!("{:?}", Offer::from_parts(&parts, Some("x"))));
    assert!(asks_for_websocket(request.headers()) || matches!(offer, Ok(None)));
    offer
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

fn offer(lines: &Lines) -> Offer {
    offer_of(&get(lines)).expect("a good request").expect("a request for a websocket")
}

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
fn the_accept_header_answers_the_text_of_the_key() {
    // Of the text, not of what it decodes to: two spellings of one nonce.
    let accept = |key| {
        let response = offer(&valued("Sec-WebSocket-Key", &[key])).accept().open().0;
        response.headers()["sec-websocket-accept"].clone()
    };
    assert_ne!(accept("AQIDBAUGBwgJCgsMDQ4PEC=="), accept("AQIDBAUGBwgJCgsMDQ4PEA=="));
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
