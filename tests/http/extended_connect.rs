//! The opening handshake of HTTP/2 and HTTP/3 over the types of the `http` crate: an extended
//! CONNECT without a key (RFC 8441 4 and 5, RFC 9220 3).

use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use websocket_proto::extension::ExtensionError;
use websocket_proto::handshake::{RequestError, WriteError};
use websocket_proto::http::{Offer, OfferError};

/// An extended CONNECT as an HTTP library hands it over, with these headers.
fn connect<V: AsRef<[u8]>>(headers: &[(&str, V)]) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = Uri::from_static("https://server.example.com/chat?room=1");
    *request.version_mut() = Version::HTTP_2;
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a name");
        request
            .headers_mut()
            .append(name, HeaderValue::from_bytes(value.as_ref()).expect("a value"));
    }
    request
}

const VERSION: (&str, &str) = ("sec-websocket-version", "13");

/// What is made of a request with version 13 and these headers.
fn check(headers: &[(&str, &str)]) -> Result<Offer, OfferError> {
    from_connect(&connect(&[&[VERSION], headers].concat()))
}

fn from_connect(request: &Request<()>) -> Result<Offer, OfferError> {
    Offer::from_request(request, Some("websocket")).map(|offer| offer.expect("it has a :protocol"))
}

#[track_caller]
fn refused(headers: &[(&str, &str)], error: RequestError) {
    let error = OfferError::Connect(error);
    assert_eq!(check(headers).expect_err("a fault"), error, "{headers:?}");
}

fn headers(response: &Response<impl Sized>) -> Vec<(&str, &str)> {
    let lines = response.headers().iter();
    lines.map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII"))).collect()
}

#[test]
fn an_offer_is_accepted_with_200_and_without_what_http_1_1_needs() {
    for version in [Version::HTTP_2, Version::HTTP_3] {
        let mut request = connect(&[
            VERSION,
            ("origin", "https://example.com"),
            ("sec-websocket-protocol", "chat, superchat"),
            ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
        ]);
        *request.version_mut() = version;
        let offer = from_connect(&request).expect("a good request");
        assert_eq!(offer.origin(), Some("https://example.com"));
        assert!(offer.subprotocols().eq(["chat", "superchat"]));
        assert!(offer.extensions().map(|offered| offered.name()).eq(["permessage-deflate"]));

        let response = offer.accept().open().0;
        assert_eq!((response.status().as_u16(), response.version()), (200, version));
        assert_eq!(headers(&response), []);

        let accept = offer.accept().subprotocol("superchat").expect("it was offered");
        let response = accept.extensions("permessage-deflate").expect("it was offered").open().0;
        let agreed = [
            ("sec-websocket-protocol", "superchat"),
            ("sec-websocket-extensions", "permessage-deflate"),
        ];
        assert_eq!(headers(&response), agreed);
    }
}

#[test]
fn only_what_was_offered_is_agreed_on() {
    let offer = check(&[("sec-websocket-protocol", "chat")]).expect("a good request");
    let error = offer.accept().subprotocol("soap").unwrap_err();
    assert_eq!(error, WriteError::SubprotocolNotOffered);
    let error = offer.accept().extensions("permessage-deflate").unwrap_err();
    assert_eq!(error, WriteError::ExtensionNotOffered);
}

#[test]
fn a_request_without_a_protocol_is_none_for_a_websocket() {
    // A plain CONNECT, or a page.
    for method in [Method::CONNECT, Method::GET] {
        let mut request = connect(&[VERSION]);
        *request.method_mut() = method;
        assert!(Offer::from_request(&request, None).expect("no fault").is_none());
    }
}

#[test]
fn another_protocol_is_not_implemented() {
    for protocol in ["connect-udp", "foo", "", "WebSocket", "websocket ", "websocket/13"] {
        let made = Offer::from_request(&connect(&[VERSION]), Some(protocol));
        assert_eq!(made.unwrap_err(), OfferError::Protocol, "{protocol}");
    }
    let response = OfferError::Protocol.response();
    assert_eq!(response.status(), 501);
    assert_eq!(headers(&response), [("content-type", "text/plain; charset=utf-8")]);
    assert_eq!(response.body(), "the :protocol of the extended CONNECT is not websocket\n");
}

#[test]
fn the_method_is_connect() {
    let mut request = connect(&[VERSION]);
    for method in [Method::GET, Method::POST] {
        *request.method_mut() = method;
        assert_eq!(from_connect(&request).unwrap_err(), OfferError::Method);
    }
}

#[test]
fn the_scheme_the_authority_and_the_path_are_there() {
    let mut request = connect(&[VERSION]);
    for uri in ["http://a/", "https://[::1]:8443/chat", "https://a:/?b", "https://a"] {
        *request.uri_mut() = Uri::from_static(uri);
        assert!(from_connect(&request).is_ok(), "{uri}");
    }
    // A CONNECT for a tunnel has only the authority; the others are for no WebSocket.
    for uri in ["a.example:443", "/chat", "*", "wss://a/", "ftp://a/", "https://u@a/"] {
        *request.uri_mut() = Uri::from_static(uri);
        let error = from_connect(&request).unwrap_err();
        assert_eq!((error, error.status()), (OfferError::Target, 400), "{uri}");
    }
    *request.uri_mut() = "https://a/\u{e9}".parse().expect("a URI, to the http crate");
    assert_eq!(from_connect(&request).unwrap_err(), OfferError::Target);
}

/// hyper drops the scheme of a request without `:authority`.
#[test]
fn a_host_header_takes_the_place_of_the_authority() {
    let with_host = |host: &[&str]| {
        let headers: Vec<_> = host.iter().map(|host| ("host", *host)).chain([VERSION]).collect();
        let mut request = connect(&headers);
        *request.uri_mut() = Uri::from_static("/echo?x");
        from_connect(&request).map(drop)
    };
    assert_eq!(with_host(&["server.example.com"]), Ok(()));
    assert_eq!(with_host(&["[::1]:8443"]), Ok(()));
    assert_eq!(with_host(&[]), Err(OfferError::Target));
    for host in ["", "a b", "https://a", "a:b", "u@a"] {
        assert_eq!(with_host(&[host]), Err(OfferError::Connect(RequestError::Host)), "{host}");
    }
    let twice = OfferError::Connect(RequestError::RepeatedHeader("Host"));
    assert_eq!(with_host(&["a", "a"]), Err(twice));
}

#[test]
fn a_host_header_says_the_same_as_the_authority() {
    assert!(check(&[("host", "Server.example.com")]).is_ok());
    refused(&[("host", "other.example.com")], RequestError::Host);
    let twice = [("host", "server.example.com"), ("host", "server.example.com")];
    refused(&twice, RequestError::RepeatedHeader("Host"));
}

#[test]
fn a_key_is_not_needed_and_not_looked_at() {
    for key in ["dGhlIHNhbXBsZSBub25jZQ==", "odd", ""] {
        let offer = check(&[("sec-websocket-key", key), ("sec-websocket-key", "again")]);
        let response = offer.expect("a good request").accept().open().0;
        assert_eq!(headers(&response), [], "nothing answers it");
    }
}

#[test]
fn headers_about_a_connection_are_refused() {
    for (name, value) in [
        ("Connection", "Upgrade"),
        ("Connection", ""),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "websocket"),
    ] {
        let error = check(&[(name, value)]).expect_err("a fault");
        assert_eq!(error, OfferError::ConnectionHeader(name), "{value:?}");
    }
}

#[test]
fn another_version_learns_which_one_is_spoken() {
    let versions: [&[(&str, &str)]; 4] = [
        &[],
        &[("sec-websocket-version", "8")],
        &[("sec-websocket-version", "013")],
        // Even when the rest is odd (RFC 6455 4.4).
        &[("sec-websocket-version", "14"), ("connection", "x"), ("sec-websocket-protocol", "")],
    ];
    for headers in versions {
        let error = from_connect(&connect(headers)).unwrap_err();
        assert_eq!(error, OfferError::Connect(RequestError::Version), "{headers:?}");
    }
    refused(&[VERSION], RequestError::RepeatedHeader("Sec-WebSocket-Version"));

    // Not 426, which has to have an `Upgrade`.
    let response = OfferError::Connect(RequestError::Version).response();
    assert_eq!(response.status(), 400);
    let expected = [("content-type", "text/plain; charset=utf-8"), ("sec-websocket-version", "13")];
    assert_eq!(headers(&response), expected);
}

#[test]
fn the_rules_for_other_headers_are_those_of_http_1_1() {
    refused(&[("origin", "a"), ("origin", "a")], RequestError::RepeatedHeader("Origin"));
    refused(&[("origin", "")], RequestError::Origin);
    refused(&[("content-length", "1")], RequestError::Body);
    refused(&[("sec-websocket-protocol", "a,b c")], RequestError::Subprotocol);
    refused(&[("sec-websocket-protocol", "a, a")], RequestError::DuplicateSubprotocol);
    let error = RequestError::Extensions(ExtensionError::ParameterValue);
    refused(&[("sec-websocket-extensions", "a; b=")], error);

    let many: Vec<String> = (0..65).map(|index| format!("p{index}")).collect();
    let error = check(&[("sec-websocket-protocol", &many.join(","))]).unwrap_err();
    assert_eq!(
        (error, error.status()),
        (OfferError::Connect(RequestError::TooManySubprotocols), 431)
    );
}

#[test]
fn lines_of_one_name_are_one_list() {
    let offer = check(&[
        ("sec-websocket-protocol", "a, b"),
        ("sec-websocket-extensions", "x-foo"),
        ("sec-websocket-protocol", "c"),
        ("sec-websocket-extensions", ""),
        ("sec-websocket-extensions", "x-bar; a=\"1\""),
    ]);
    let offer = offer.expect("a good request");
    assert!(offer.subprotocols().eq(["a", "b", "c"]));
    assert!(offer.extensions().map(|offered| offered.name()).eq(["x-foo", "x-bar"]));
    refused(
        &[("sec-websocket-protocol", "a"), ("sec-websocket-protocol", "b, a")],
        RequestError::DuplicateSubprotocol,
    );
}

#[test]
fn a_refusal_has_no_header_about_a_connection() {
    for error in [
        OfferError::Protocol,
        OfferError::Method,
        OfferError::Target,
        OfferError::ConnectionHeader("Upgrade"),
        OfferError::Connect(RequestError::Version),
        OfferError::Connect(RequestError::Body),
        OfferError::Connect(RequestError::TooManySubprotocols),
    ] {
        let response = error.response();
        assert_eq!(response.status(), error.status());
        assert!((400..600).contains(&error.status()), "{error}");
        for name in ["connection", "upgrade", "transfer-encoding", "content-length"] {
            assert!(!response.headers().contains_key(name), "{error}: {name}");
        }
        assert_eq!(*response.body(), format!("{error}\n"));
    }
}

/// The headers that HTTP/1.1 adds to those of an extended CONNECT.
const OF_HTTP_1_1: [(&str, &str); 4] = [
    ("host", "server.example.com"),
    ("upgrade", "websocket"),
    ("connection", "Upgrade"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// Headers that both ways of asking share, good and odd.
fn shared() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let names = vec![
        "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
        "origin",
        "content-length",
        "x-other",
    ];
    let values = vec!["", "a", "a, b", "a,,b", "13", "0", "x; y=\"z\"", "x; y=", "null"];
    let value = prop_oneof![
        4 => select(values).prop_map(|value| value.as_bytes().to_vec()),
        1 => vec(prop_oneof![0x21..=0x7e_u8, 0x80..=0xff_u8], 0..8),
    ];
    (any::<bool>(), vec((select(names), value), 0..4)).prop_map(|(has_version, mut odd)| {
        if has_version {
            odd.push((VERSION.0, VERSION.1.as_bytes().to_vec()));
        }
        odd
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_that_of_http_1_1_on_what_both_share(shared in shared()) {
        let made = from_connect(&connect(&shared));

        let mut request = connect(&shared);
        *request.method_mut() = Method::GET;
        *request.version_mut() = Version::HTTP_11;
        for (name, value) in OF_HTTP_1_1 {
            request.headers_mut().append(name, HeaderValue::from_static(value));
        }
        match (made, Offer::from_request(&request, None)) {
            (Ok(made), Ok(Some(expected))) => {
                prop_assert_eq!(made.origin(), expected.origin());
                prop_assert!(made.subprotocols().eq(expected.subprotocols()));
                prop_assert!(made.extensions().eq(expected.extensions()));
            }
            (Err(OfferError::Connect(made)), Err(OfferError::Upgrade(expected))) => {
                prop_assert_eq!(made, expected);
            }
            (made, expected) => prop_assert!(false, "{:?}, but {:?}", made, expected),
        }
    }
}
