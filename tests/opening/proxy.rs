//! A client goes through an HTTP proxy by CONNECT: what the proxy gets to see, what of its answers
//! opens the way, and what comes back when none does.

use std::io::{Read, Write};

use crate::peers::{self, Peer, by_each_adapter};
use websocket_proto::handshake::ResponseError;
use websocket_proto::http1::{HeadError, HeadLimits};
use websocket_proto::io::{ConnectError, ConnectOptions, ProxyError, UrlErrorKind};

const OPEN: &str = "HTTP/1.1 200 OK\r\n\r\n";

/// Options for a server whose name only the proxy knows.
fn through(proxy: &Peer) -> ConnectOptions {
    let options = ConnectOptions::new("ws://server.test:8080/chat").unwrap();
    options.proxy(&format!("http://{}", proxy.address)).unwrap()
}

#[test]
fn a_websocket_is_opened_through_a_proxy_that_looks_the_name_up() {
    let server = Peer::echo();
    let proxy = Peer::proxy_to(server.address, OPEN);
    for (adapter, connected) in by_each_adapter(&through(&proxy)) {
        assert!(connected.is_ok(), "{adapter}: {connected:?}");
        let expected = "CONNECT server.test:8080 HTTP/1.1\r\nHost: server.test:8080\r\n\r\n";
        assert_eq!(proxy.head(), expected, "{adapter}");
        let head = server.head();
        assert!(head.starts_with("GET /chat\r\nHost: server.test:8080\r\n"), "{adapter}: {head}");
    }
}

#[test]
fn the_target_always_has_a_port_and_an_address_its_brackets() {
    let proxy = Peer::proxy_to(Peer::echo().address, OPEN);
    for (url, target) in [
        ("ws://server.test/", "server.test:80"),
        ("ws://192.0.2.1/", "192.0.2.1:80"),
        ("ws://[2001:db8::1]:81/", "[2001:db8::1]:81"),
    ] {
        let options = ConnectOptions::new(url).unwrap();
        let options = options.proxy(&format!("http://{}/", proxy.address)).unwrap();
        for (adapter, connected) in by_each_adapter(&options) {
            assert!(connected.is_ok(), "{adapter}: {connected:?}");
            let head = proxy.head();
            assert_eq!(head, format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"));
        }
    }
}

#[test]
fn proxy_and_server_each_get_their_own_credentials_only() {
    let server = Peer::echo();
    let proxy = Peer::proxy_to(server.address, OPEN);
    let options = ConnectOptions::new("ws://alice:secret@server.test/")
        .unwrap()
        .header("Cookie", "a=1")
        .unwrap()
        .proxy(&format!("http://bob:p%40ss@{}", proxy.address))
        .unwrap();
    for (adapter, connected) in by_each_adapter(&options) {
        assert!(connected.is_ok(), "{adapter}: {connected:?}");
        let expected = "CONNECT server.test:80 HTTP/1.1\r\nHost: server.test:80\r\n\
             Proxy-Authorization: Basic Ym9iOnBAc3M=\r\n\r\n";
        assert_eq!(proxy.head(), expected, "{adapter}");
        let head = server.head();
        assert!(head.contains("Authorization: Basic YWxpY2U6c2VjcmV0\r\n"), "{adapter}: {head}");
        assert!(!head.contains("Proxy-") && head.contains("Cookie: a=1\r\n"), "{adapter}: {head}");
    }
}

#[test]
fn any_2xx_opens_the_way() {
    for answer in [
        "HTTP/1.0 200 Connection established\r\n\r\n",
        "HTTP/1.1 200\r\nVia: proxy\r\n\r\n",
        "HTTP/1.1 299 Why not\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        // RFC 9110 9.3.6: neither has a meaning here.
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        let proxy = Peer::proxy_to(Peer::echo().address, answer);
        for (adapter, connected) in by_each_adapter(&through(&proxy)) {
            assert!(connected.is_ok(), "{adapter}, {answer:?}: {connected:?}");
        }
    }
}

#[test]
fn an_answer_that_drips_in_opens_the_way() {
    let server = Peer::echo().address;
    let proxy = Peer::start(move |mut client, _| {
        peers::read_head(&mut client);
        client.set_nodelay(true).unwrap();
        for byte in OPEN.bytes() {
            client.write_all(&[byte]).unwrap();
            std::thread::yield_now();
        }
        peers::relay(client, std::net::TcpStream::connect(server).unwrap());
    });
    for (adapter, connected) in by_each_adapter(&through(&proxy)) {
        assert!(connected.is_ok(), "{adapter}: {connected:?}");
    }
}

#[test]
fn a_refusal_of_the_proxy_carries_status_headers_and_body() {
    for (answer, status, header, body) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n\
             Content-Length: 6\r\n\r\nwho?\r\n",
            407,
            ("proxy-authenticate", "Basic realm=\"p\""),
            "who?\r\n",
        ),
        (
            "HTTP/1.0 502 Bad Gateway\r\nVia: p\r\n\r\nno such host",
            502,
            ("via", "p"),
            "no such host",
        ),
        ("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", 302, ("location", "/login"), ""),
        // It was not asked for another protocol.
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 101, ("upgrade", "x"), ""),
    ] {
        let proxy = Peer::answering(answer);
        for (adapter, refused) in by_each_adapter(&through(&proxy)) {
            let Err(ConnectError::Proxy { error: ProxyError::Refused(answer), .. }) = refused
            else {
                panic!("{adapter}: {refused:?}");
            };
            assert_eq!((answer.status, &answer.body[..]), (status, body.as_bytes()), "{adapter}");
            assert_eq!(answer.header(header.0), Some(header.1.as_bytes()), "{adapter}");
        }
    }
}

#[test]
fn a_proxy_that_wants_credentials_opens_the_way_to_who_has_them() {
    let server = Peer::echo().address;
    let proxy = Peer::start(move |mut client, _| {
        let head = peers::read_head(&mut client);
        if head.contains("Proxy-Authorization: Basic Ym9iOnNlY3JldA==\r\n") {
            client.write_all(OPEN.as_bytes()).unwrap();
            peers::relay(client, std::net::TcpStream::connect(server).unwrap());
        } else {
            let _ = client.write_all(b"HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let url = |user_info| format!("http://{user_info}{}", proxy.address);
    let options = || ConnectOptions::new("ws://server.test/").unwrap();
    for (adapter, connected) in by_each_adapter(&options().proxy(&url("bob:secret@")).unwrap()) {
        assert!(connected.is_ok(), "{adapter}: {connected:?}");
    }
    for user_info in ["", "bob:wrong@"] {
        for (adapter, refused) in by_each_adapter(&options().proxy(&url(user_info)).unwrap()) {
            let Err(ConnectError::Proxy { error: ProxyError::Refused(answer), .. }) = refused
            else {
                panic!("{adapter}: {refused:?}");
            };
            assert_eq!(answer.status, 407, "{adapter}");
        }
    }
}

#[test]
fn an_answer_that_is_none_is_the_proxys_fault() {
    fn assert_fails(answer: &str, is_expected: impl Fn(&ConnectError) -> bool) {
        let proxy = Peer::answering(answer);
        let options = through(&proxy).head_limits(HeadLimits { bytes: 100, headers: 2 });
        for (adapter, failed) in by_each_adapter(&options) {
            let error = failed.expect_err("there is no way");
            assert!(is_expected(&error), "{adapter}, {answer:?}: {error:?}");
        }
    }
    let is_head_error = |expected| {
        move |error: &ConnectError| match error {
            ConnectError::Proxy {
                error: ProxyError::Response(ResponseError::Head(found)), ..
            } => *found == expected,
            _ => false,
        }
    };
    let is_eof = |error: &ConnectError| matches!(error, ConnectError::Ended { .. });
    let is_early = |error: &ConnectError| {
        matches!(error, ConnectError::Proxy { error: ProxyError::EarlyBytes, .. })
    };

    assert_fails("SSH-2.0-OpenSSH\r\n", is_head_error(HeadError::NotHttp(b'S')));
    let long = format!("HTTP/1.1 200 {}", "O".repeat(100));
    assert_fails(&long, is_head_error(HeadError::TooLarge { limit: 100 }));
    let many = "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n";
    assert_fails(many, is_head_error(HeadError::TooManyHeaders { limit: 2 }));
    assert_fails("", is_eof);
    assert_fails("HTTP/1.1 200 OK\r\n", is_eof);
    assert_fails("HTTP/1.1 200 OK\r\n\r\nwelcome", is_early);
}

/// It is the server's refusal, not the proxy's.
#[test]
fn a_refusal_of_the_server_behind_a_proxy_is_the_servers() {
    let server = Peer::answering("HTTP/1.1 401 Who?\r\nContent-Length: 0\r\n\r\n");
    let proxy = Peer::proxy_to(server.address, OPEN);
    for (adapter, refused) in by_each_adapter(&through(&proxy)) {
        assert!(matches!(refused, Err(ConnectError::Refused { .. })), "{adapter}: {refused:?}");
    }
}

#[test]
fn a_proxy_is_a_host_and_a_port_by_http() {
    let options = || ConnectOptions::new("ws://server.test/").unwrap();
    for url in [
        "http://proxy.test",
        "HTTP://proxy.test/",
        "http://proxy.test:3128",
        "http://[::1]:3128/",
        "http://bob:secret@proxy.test",
    ] {
        assert!(options().proxy(url).is_ok(), "{url}");
    }
    for (url, error) in [
        ("", UrlErrorKind::Proxy),
        ("proxy.test:3128", UrlErrorKind::Proxy),
        ("https://proxy.test", UrlErrorKind::Proxy),
        ("socks5://proxy.test", UrlErrorKind::Proxy),
        ("http://", UrlErrorKind::Proxy),
        ("http://proxy.test:port", UrlErrorKind::Proxy),
        ("http://proxy.test/proxy.pac", UrlErrorKind::Proxy),
        ("http://proxy.test/?x", UrlErrorKind::Proxy),
        ("http://proxy.test/#x", UrlErrorKind::Proxy),
        ("http://b%3Aob:secret@proxy.test", UrlErrorKind::Credentials),
    ] {
        let refused = options().proxy(url).expect_err(url);
        assert_eq!(refused.kind(), error, "{url}");
    }
}

/// For a TLS of one's own: the connection is the server's, and nothing has been said on it.
#[test]
fn a_tcp_connection_through_a_proxy_is_to_be_had_alone() {
    let server = Peer::start(|mut stream, _| {
        let mut greeting = [0; 5];
        stream.read_exact(&mut greeting).unwrap();
        stream.write_all(&greeting).unwrap();
    });
    let proxy = Peer::proxy_to(server.address, OPEN);
    let options = ConnectOptions::new("wss://server.test/").unwrap();
    let options = options.proxy(&format!("http://{}", proxy.address)).unwrap();

    let mut stream = websocket_proto::blocking::connect_tcp(&options).unwrap();
    assert!(proxy.head().starts_with("CONNECT server.test:443 "));
    assert_eq!(stream.read_timeout().unwrap(), None);
    stream.write_all(b"hello").unwrap();
    let mut echoed = [0; 5];
    stream.read_exact(&mut echoed).unwrap();
    assert_eq!(&echoed, b"hello");

    #[cfg(feature = "tokio")]
    peers::run(async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = websocket_proto::tokio::connect_tcp(&options).await.unwrap();
        assert!(proxy.head().starts_with("CONNECT server.test:443 "));
        stream.write_all(b"hello").await.unwrap();
        let mut echoed = [0; 5];
        stream.read_exact(&mut echoed).await.unwrap();
        assert_eq!(&echoed, b"hello");
    });
}
