//! What a client's options say is done, by every adapter: credentials, headers, refusals that come
//! back whole, and which URLs are taken.

use std::collections::HashSet;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener};

use http::{HeaderValue, Request, Uri, Version};

use crate::peers::{self, Peer, by_each_adapter, read_head};
use websocket_proto::blocking::Connector;
use websocket_proto::handshake::{WriteError, accept_key};
use websocket_proto::io::{ConnectError, ConnectOptions, UrlErrorKind};

#[test]
fn a_user_and_password_in_the_url_are_sent_as_basic_authentication() {
    let server = Peer::echo();
    for (user_info, expected) in [
        // RFC 7617 2, the example.
        ("Aladdin:open%20sesame@", Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
        // RFC 7617 2.1: "test" and "123£" in UTF-8.
        ("test:123%C2%A3@", Some("Basic dGVzdDoxMjPCow==")),
        ("test:123\u{a3}@", Some("Basic dGVzdDoxMjPCow==")),
        ("alice@", Some("Basic YWxpY2U6")),
        (":secret@", Some("Basic OnNlY3JldA==")),
        ("alice:a:b@", Some("Basic YWxpY2U6YTpi")),
        ("alice:a%40b%25@", Some("Basic YWxpY2U6YUBiJQ==")),
        (":@", None),
        ("@", None),
        ("", None),
    ] {
        let url = format!("ws://{user_info}{}/", server.address);
        for (adapter, connected) in by_each_adapter(&ConnectOptions::new(&url).unwrap()) {
            assert!(connected.is_ok(), "{adapter}: {connected:?}");
            let head = server.head();
            let sent = head.lines().find_map(|line| line.strip_prefix("Authorization: "));
            assert_eq!(sent, expected, "{adapter}, {user_info:?}");
            assert!(head.contains(&format!("Host: {}\r\n", server.address)), "{head}");
        }
    }
}

#[test]
fn an_authorization_of_the_callers_own_takes_the_place_of_the_urls() {
    let server = Peer::echo();
    let url = format!("ws://alice:secret@{}/", server.address);
    let options = ConnectOptions::new(&url).unwrap();
    let options = options.header("authorization", "Bearer 1234").unwrap();
    for (adapter, connected) in by_each_adapter(&options) {
        assert!(connected.is_ok(), "{adapter}: {connected:?}");
        let head = server.head().to_lowercase();
        assert!(head.contains("authorization: bearer 1234\r\n"), "{adapter}: {head}");
        assert_eq!(head.matches("authorization:").count(), 1, "{adapter}: {head}");
    }
}

#[test]
fn debug_shows_no_credential() {
    let options = ConnectOptions::new("ws://alice:opensesame@example.com/chat")
        .unwrap()
        .header("Cookie", "session=opensesame")
        .unwrap()
        .proxy("http://bob:opensesame@proxy.example.com:3128")
        .unwrap();
    let connector = Connector::new(io::Cursor::new(Vec::new()), options.clone()).unwrap();
    for shown in [format!("{options:?}"), format!("{options:#?}"), format!("{connector:?}")] {
        for secret in ["opensesame", "Basic", "YWxpY2U6b3BlbnNlc2FtZQ", "Ym9iOm9wZW5zZXNhbWU"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("example.com") && shown.contains("Cookie"), "{shown}");
    }
}

#[test]
fn headers_subprotocols_and_origin_reach_the_server() {
    let server = Peer::echo();
    let options = ConnectOptions::new(&format!("{}chat?room=1", server.ws()))
        .unwrap()
        .subprotocol("chat.v2")
        .unwrap()
        .subprotocols(["chat.v1", "chat.v0"])
        .unwrap()
        .origin("https://example.com")
        .unwrap()
        .header("X-Trace", "7")
        .unwrap();
    for (adapter, connected) in by_each_adapter(&options) {
        assert_eq!(connected.unwrap().as_deref(), Some("chat.v2"), "{adapter}");
        let head = server.head();
        for line in [
            "GET /chat?room=1\r\n",
            "Sec-WebSocket-Protocol: chat.v2, chat.v1, chat.v0\r\n",
            "Origin: https://example.com\r\n",
            "X-Trace: 7\r\n",
        ] {
            assert!(head.contains(line), "{adapter}: {line:?} is not in {head:?}");
        }
    }
}

#[test]
fn what_cannot_be_sent_is_refused_when_the_options_are_built() {
    let options = || ConnectOptions::new("ws://a.example/").unwrap();
    let with_header = || options().header("x", "y").unwrap();
    for name in ["", "a b", "a:", "a\r\n", "\u{e9}"] {
        let error = with_header().header(name, "z").unwrap_err();
        assert_eq!(error, WriteError::HeaderName { index: 1 }, "{name:?}");
    }
    for value in ["a\r\nb", "a\rb", "a\nb", "a\0b", "\x7f"] {
        let error = with_header().header("a", value).unwrap_err();
        assert_eq!(error, WriteError::HeaderValue { index: 1 }, "{value:?}");
    }
    for name in [
        "Host",
        "upgrade",
        "CONNECTION",
        "Content-Length",
        "Transfer-Encoding",
        "Origin",
        "Sec-WebSocket-Key",
        "sec-websocket-protocol",
        "Sec-WebSocket-Anything",
    ] {
        let error = with_header().header(name, "a").unwrap_err();
        assert_eq!(error, WriteError::ReservedHeader { index: 1 }, "{name}");
    }
    let with_subprotocol = || options().subprotocol("chat").unwrap();
    for name in ["", "a,b", "a b", "a\r\nb", "\u{e9}"] {
        let error = with_subprotocol().subprotocol(name).unwrap_err();
        assert_eq!(error, WriteError::Subprotocol { index: 1 }, "{name:?}");
    }
    let error = with_subprotocol().subprotocol("chat").unwrap_err();
    assert_eq!(error, WriteError::DuplicateSubprotocol { index: 1 });
    let error = options().subprotocols(["chat", "soap", "chat"]).unwrap_err();
    assert_eq!(error, WriteError::DuplicateSubprotocol { index: 2 });
    assert!(with_subprotocol().subprotocol("Chat").is_ok());
    for origin in ["", "a\nb", "http://\u{e9}", "a  b"] {
        assert_eq!(options().origin(origin).unwrap_err(), WriteError::Origin, "{origin:?}");
    }
}

#[test]
fn urls_and_requests_become_options() {
    fn takes<O: TryInto<ConnectOptions, Error: Into<ConnectError>>>(options: O) {
        let options = options.try_into().map_err(Into::into).unwrap();
        assert_eq!((options.host(), options.port()), ("a.example", 81));
    }
    let url = "ws://a.example:81/chat";
    takes(url);
    let owned = url.to_owned();
    takes(&owned);
    takes(owned);
    takes(url.parse::<Uri>().unwrap());
    takes(Request::get(url).body(()).unwrap());
    takes(ConnectOptions::new(url).unwrap());
}

#[test]
fn a_request_says_with_what_to_connect() {
    let server = Peer::echo();
    let request = Request::get(format!("{}chat?room=1", server.ws()))
        .header("origin", "https://example.com")
        .header("sec-websocket-protocol", "v3, v2")
        .header("sec-websocket-protocol", "v1")
        .header("x-bytes", HeaderValue::from_bytes(b"caf\xe9").unwrap())
        .body(())
        .unwrap();
    let options = ConnectOptions::try_from(request).unwrap();
    for (adapter, connected) in by_each_adapter(&options) {
        assert_eq!(connected.unwrap().as_deref(), Some("v3"), "{adapter}");
        let head = server.head();
        for line in [
            "GET /chat?room=1\r\n",
            "Sec-WebSocket-Protocol: v3, v2, v1\r\n",
            "Origin: https://example.com\r\n",
            r"x-bytes: caf\xe9",
        ] {
            assert!(head.contains(line), "{adapter}: {line:?} is not in {head:?}");
        }
    }
}

#[test]
fn a_request_that_cannot_be_sent_becomes_no_options() {
    let get = || Request::get("ws://a.example/");
    for (request, expected) in [
        (get().method("POST"), WriteError::Method),
        (get().version(Version::HTTP_2), WriteError::HttpVersion),
        (get().header("host", "b"), WriteError::ReservedHeader { index: 0 }),
        (
            get().header("x", "y").header("upgrade", "websocket"),
            WriteError::ReservedHeader { index: 1 },
        ),
        (get().header("origin", "a").header("origin", "a"), WriteError::Origin),
        (get().header("origin", "\u{e9}"), WriteError::Origin),
        (get().header("sec-websocket-protocol", "a,,b"), WriteError::Subprotocol { index: 1 }),
        (get().header("sec-websocket-protocol", "\u{e9}"), WriteError::Subprotocol { index: 0 }),
        (
            get().header("sec-websocket-protocol", "a").header("sec-websocket-protocol", "b, a"),
            WriteError::DuplicateSubprotocol { index: 2 },
        ),
    ] {
        let error = ConnectOptions::try_from(request.body(()).unwrap()).unwrap_err();
        assert!(matches!(error, ConnectError::Request(error) if error == expected), "{error:?}");
    }
    for uri in ["/chat", "http://a.example/"] {
        let request = Request::get(uri).body(()).unwrap();
        let error = ConnectOptions::try_from(request).unwrap_err();
        assert!(
            matches!(&error, ConnectError::Url(error) if error.kind() == UrlErrorKind::Scheme),
            "{uri}: {error:?}"
        );
    }
}

#[test]
fn a_refusal_carries_status_headers_and_body() {
    for (answer, status, header, body) in [
        (
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"chat\"\r\n\
             Content-Length: 9\r\n\r\nwho's it?",
            401,
            ("www-authenticate", "Basic realm=\"chat\""),
            "who's it?",
        ),
        (
            "HTTP/1.1 301 Moved Permanently\r\nLocation: ws://elsewhere.test/\r\n\
             Content-Length: 0\r\n\r\n",
            301,
            ("location", "ws://elsewhere.test/"),
            "",
        ),
        // The body ends with the connection.
        (
            "HTTP/1.0 503 Busy\r\nRetry-After: 120\r\n\r\nlater",
            503,
            ("retry-after", "120"),
            "later",
        ),
        // Without its transfer coding.
        (
            "HTTP/1.1 403 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
            403,
            ("transfer-encoding", "chunked"),
            "no",
        ),
        // Cut short.
        ("HTTP/1.1 500 \r\nContent-Length: 9\r\n\r\noh", 500, ("content-length", "9"), "oh"),
    ] {
        let server = Peer::answering(answer);
        for (adapter, refused) in by_each_adapter(&ConnectOptions::new(&server.ws()).unwrap()) {
            let Err(ConnectError::Refused { answer, .. }) = refused else {
                panic!("{adapter}: {refused:?}");
            };
            assert_eq!((answer.status, &answer.body[..]), (status, body.as_bytes()), "{adapter}");
            assert_eq!(answer.header(header.0), Some(header.1.as_bytes()), "{adapter}");
        }
    }
}

#[test]
fn wss_says_what_is_missing_where_nothing_does_tls() {
    let options = || ConnectOptions::new("wss://localhost:1/").unwrap();
    let refused = websocket_proto::blocking::connect(options());
    assert!(
        matches!(&refused, Err(ConnectError::Url(error)) if error.kind() == UrlErrorKind::Tls),
        "{refused:?}"
    );

    #[cfg(all(feature = "tokio", not(feature = "tls")))]
    {
        let refused = peers::run(websocket_proto::tokio::connect(options()));
        assert!(
            matches!(&refused, Err(ConnectError::Url(error)) if error.kind() == UrlErrorKind::Tls),
            "{refused:?}"
        );
    }
    #[cfg(all(
        feature = "tls",
        not(any(feature = "webpki-roots", feature = "rustls-native-certs"))
    ))]
    {
        let refused = peers::run(websocket_proto::tokio::connect(options()));
        assert!(matches!(refused, Err(ConnectError::NoRoots)), "{refused:?}");
    }
}

#[test]
fn an_ipv6_address_in_brackets_is_connected_to() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        eprintln!("this machine has no IPv6 on its loopback interface");
        return;
    };
    let server = Peer::listen(listener, peers::echo);
    for (adapter, connected) in by_each_adapter(&ConnectOptions::new(&server.ws()).unwrap()) {
        assert!(connected.is_ok(), "{adapter}: {connected:?}");
        let host = format!("Host: [::1]:{}\r\n", server.address.port());
        assert!(server.head().contains(&host), "{adapter}");
    }
}

/// RFC 6455, sections 4.1 and 10.3: the nonce and the masking keys cannot be predicted, so those of
/// two connections differ.
#[test]
fn each_connection_has_a_nonce_and_mask_keys_of_its_own() {
    let server = Peer::start(|mut stream, seen| {
        let head = read_head(&mut stream);
        let (_, key) = head.split_once("Sec-WebSocket-Key: ").unwrap();
        let nonce = &key[..24];
        let accept = String::from_utf8(accept_key(nonce.as_bytes()).to_vec()).unwrap();
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).unwrap();
        let mut frame = [0; 11];
        stream.read_exact(&mut frame).unwrap();
        let [0x81, 0x85, mask @ .., _, _, _, _, _] = frame else { panic!("{frame:x?}") };
        seen.send(format!("{nonce} {mask:x?}")).unwrap();
        stream.write_all(b"\x81\x05Hello\x88\x00").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = io::copy(&mut stream, &mut io::sink());
    });
    let options = ConnectOptions::new(&server.ws()).unwrap();
    let (mut nonces, mut masks) = (HashSet::new(), HashSet::new());
    for _ in 0..4 {
        for (adapter, connected) in by_each_adapter(&options) {
            connected.unwrap();
            let seen = server.head();
            let (nonce, mask) = seen.split_once(' ').unwrap();
            assert!(nonces.insert(nonce.to_owned()), "{adapter}: {nonce}");
            assert!(masks.insert(mask.to_owned()), "{adapter}: {mask}");
        }
    }
}
