//! The opening handshake over TCP: what a client asks for, and what it makes of the answers of
//! servers that are made by hand.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::JoinHandle;
use support::messages;

use crate::loopback::*;
use websocket_proto::blocking::{self, WebSocketStream};
use websocket_proto::handshake::{Incoming, ResponseError, ServerHandshake};
use websocket_proto::http1::{HeadError, HeadLimits};
use websocket_proto::io::{ConnectError, ConnectOptions, Reply, UrlErrorKind};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message};

/// A server that answers with these bytes, in two pieces, whatever it is asked, and waits for the
/// client to go. `KEY` stands for the right `Sec-WebSocket-Accept`.
fn canned(answer: &str, cut: usize, then_fin: bool) -> (SocketAddr, JoinHandle<()>) {
    let answer = answer.to_owned();
    canned_bytes(move |key| answer.replace("KEY", key).into_bytes(), cut, then_fin)
}

fn canned_bytes(
    answer: impl FnOnce(&str) -> Vec<u8> + Send + 'static,
    cut: usize,
    then_fin: bool,
) -> (SocketAddr, JoinHandle<()>) {
    serve(move |mut stream| {
        stream.set_nodelay(true).unwrap();
        let request = read_head(&mut stream);
        let mut handshake = ServerHandshake::new();
        let Ok(Some(Incoming::WebSocket(asked))) = handshake.receive(request.as_bytes()) else {
            panic!("{request}")
        };
        let mut good = [0; 512];
        let len = asked.accept().write(&mut good).unwrap();
        let good = str::from_utf8(&good[..len]).unwrap();
        let key = good.split_once("Accept: ").unwrap().1.split_once("\r\n").unwrap().0;
        let answer = answer(key);
        let (first, second) = answer.split_at(cut.min(answer.len()));
        stream.write_all(first).unwrap();
        stream.write_all(second).unwrap();
        if then_fin {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        read_to_end(stream);
    })
}

/// Until the client has gone, one way or another.
fn read_to_end(mut stream: TcpStream) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: KEY\r\n\r\n";

#[test]
fn a_response_may_be_cut_anywhere_and_frames_may_follow_at_once() {
    let answer = |key: &str| {
        let hints = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
        let frame = messages::From::Server.frame(messages::TEXT, "Hello");
        [hints.as_bytes(), GOOD.replace("KEY", key).as_bytes(), &frame].concat()
    };
    for cut in 0..=answer(&"x".repeat(28)).len() {
        bounded(move || {
            let (address, server) = canned_bytes(answer, cut, false);
            let mut socket = blocking::connect(url(address)).unwrap();
            assert_eq!(socket.read().unwrap(), Some(Message::text("Hello")), "cut at {cut}");
            drop(socket);
            server.join().unwrap();
        });
    }
}

#[test]
fn interim_responses_are_passed_over() {
    bounded(|| {
        let (address, server) = canned(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\
             HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
            usize::MAX,
            false,
        );
        let error = blocking::connect(url(address)).unwrap_err();
        let ConnectError::Refused { answer, .. } = error else { panic!("{error:?}") };
        assert_eq!((answer.status, &answer.body[..]), (404, &b"gone"[..]));
        server.join().unwrap();
    });
}

#[test]
fn a_redirect_is_the_callers_to_follow() {
    bounded(|| {
        let (address, server) = canned(
            "HTTP/1.1 302 Found\r\nLocation: ws://elsewhere.example/\r\nContent-Length: 0\r\n\r\n",
            usize::MAX,
            false,
        );
        let error = blocking::connect(url(address)).unwrap_err();
        let ConnectError::Refused { answer, .. } = error else { panic!("{error:?}") };
        assert_eq!(answer.header("location"), Some(&b"ws://elsewhere.example/"[..]));
        server.join().unwrap();
    });
}

#[test]
fn the_body_of_a_refusal_ends_where_its_head_says() {
    // A server that keeps the connection open must not keep the client waiting.
    let answers = [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabcdef", "abc"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", ""),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
        (
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "abc",
        ),
        ("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""),
    ];
    for (answer, body) in answers {
        bounded(move || {
            let (address, server) = canned(answer, usize::MAX, false);
            let error = blocking::connect(url(address)).unwrap_err();
            let ConnectError::Refused { answer: got, .. } = error else { panic!("{error:?}") };
            assert_eq!(&got.body[..], body.as_bytes(), "{answer}");
            server.join().unwrap();
        });
    }
}

#[test]
fn the_body_of_a_refusal_without_a_length_ends_with_the_connection() {
    bounded(|| {
        let (address, server) = canned("HTTP/1.1 500 Oh\r\n\r\nall of it", 20, true);
        let error = blocking::connect(url(address)).unwrap_err();
        let ConnectError::Refused { answer, .. } = error else { panic!("{error:?}") };
        assert_eq!((answer.status, &answer.body[..]), (500, &b"all of it"[..]));
        server.join().unwrap();
    });
}

#[test]
fn a_response_that_is_not_rfc_6455s_fails() {
    let bad = [
        ("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "Accept missing"),
        (
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            "Accept of another key",
        ),
        (
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: KEY\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
            "a subprotocol that was not offered",
        ),
        (
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: KEY\r\nSec-WebSocket-Extensions: x-foo\r\n\r\n",
            "an extension that was not offered",
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n", "another protocol"),
    ];
    for (answer, why) in bad {
        bounded(move || {
            let (address, server) = canned(answer, usize::MAX, false);
            let error = blocking::connect(url(address)).unwrap_err();
            assert!(matches!(error, ConnectError::Response { .. }), "{why}: {error:?}");
            server.join().unwrap();
        });
    }
}

#[test]
fn a_server_that_chooses_no_subprotocol_fails_where_one_is_required() {
    bounded(|| {
        let (address, server) = canned(GOOD, usize::MAX, false);
        let socket = blocking::connect(options(address).subprotocol("chat").unwrap()).unwrap();
        assert_eq!(socket.subprotocol(), None);
        drop(socket);
        server.join().unwrap();

        let (address, server) = canned(GOOD, usize::MAX, false);
        let strict = options(address).subprotocol("chat").unwrap().require_subprotocol(true);
        let error = blocking::connect(strict).unwrap_err();
        assert!(matches!(error, ConnectError::Response { .. }), "{error:?}");
        server.join().unwrap();
    });
}

#[test]
fn an_endless_response_fails_at_the_limit() {
    bounded(|| {
        let (address, server) = serve(|mut stream| {
            read_head(&mut stream);
            stream.write_all(b"HTTP/1.1 101 x\r\n").unwrap();
            // Until the client hangs up.
            while stream.write_all(b"X-Header: value\r\n").is_ok() {}
        });
        let limits = HeadLimits { bytes: 1000, ..HeadLimits::default() };
        let error = blocking::connect(options(address).head_limits(limits)).unwrap_err();
        let expected = ResponseError::Head(HeadError::TooLarge { limit: 1000 });
        assert!(
            matches!(error, ConnectError::Response { error, .. } if error == expected),
            "{error:?}"
        );
        server.join().unwrap();
    });
}

#[test]
fn a_server_that_goes_away_is_the_end_of_the_transport() {
    for answer in ["", "HTTP/1.1 101 Swi", "HTTP/1.1 100 Continue\r\n\r\n"] {
        bounded(move || {
            let (address, server) = canned(answer, usize::MAX, true);
            let error = blocking::connect(url(address)).unwrap_err();
            assert!(matches!(&error, ConnectError::Ended { .. }), "{error:?}");
            server.join().unwrap();
        });
    }
}

#[test]
fn a_url_is_ws_or_wss_with_a_host_and_no_more() {
    for (url, expected) in [
        ("http://a/", UrlErrorKind::Scheme),
        ("a.example", UrlErrorKind::Scheme),
        ("/path", UrlErrorKind::Scheme),
        ("ws://", UrlErrorKind::Invalid),
        ("ws:///path", UrlErrorKind::Invalid),
        ("ws://a b/", UrlErrorKind::Host),
        ("ws://:80/", UrlErrorKind::Host),
        ("ws://a/#", UrlErrorKind::Fragment),
        ("ws://a/b#c", UrlErrorKind::Fragment),
        ("ws://us%er@a/", UrlErrorKind::Credentials),
        // Not the default port for want of a better one.
        ("ws://a:65536/", UrlErrorKind::Port),
        ("ws://a:99999999/", UrlErrorKind::Port),
        ("ws://a:+80/", UrlErrorKind::Port),
        ("ws://a:x/", UrlErrorKind::Port),
    ] {
        let error = ConnectOptions::new(url).unwrap_err();
        assert_eq!(error.kind(), expected, "{url}");
    }
    let refused = blocking::connect("wss://127.0.0.1/");
    let Err(ConnectError::Url(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.kind(), UrlErrorKind::Tls);
}

#[test]
fn a_url_says_where_to_connect() {
    for (url, host, port) in [
        ("ws://a.example", "a.example", 80),
        ("wss://a.example", "a.example", 443),
        ("ws://a.example:", "a.example", 80),
        ("ws://a.example:8080?x=1", "a.example", 8080),
        ("ws://[::1]/", "::1", 80),
        ("ws://[::1]:9001/", "::1", 9001),
        ("ws://127.0.0.1:65535/a", "127.0.0.1", 65535),
        // RFC 3986 3.1: schemes are compared without regard to case.
        ("WS://a.example", "a.example", 80),
        ("wSs://a.example", "a.example", 443),
    ] {
        let options = ConnectOptions::new(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!((options.host(), options.port()), (host, port), "{url}");
    }
}

#[test]
fn a_url_is_what_the_request_asks_for() {
    for (path, target) in
        [("", "/"), ("/", "/"), ("?q=1", "/?q=1"), ("/a%20b?c=d&e", "/a%20b?c=d&e")]
    {
        bounded(move || {
            let (address, server) = serve(|mut stream| read_head(&mut stream));
            let error = blocking::connect(format!("ws://{address}{path}")).unwrap_err();
            assert!(matches!(error, ConnectError::Ended { .. }), "{error:?}");
            let request = server.join().unwrap();
            assert!(request.starts_with(&format!("GET {target} HTTP/1.1\r\n")), "{request}");
            assert!(request.contains(&format!("\r\nHost: {address}\r\n")), "{request}");
        });
    }
}

#[test]
fn each_connection_has_a_key_of_its_own() {
    let key = || {
        bounded(|| {
            let (address, server) = serve(|mut stream| read_head(&mut stream));
            blocking::connect(url(address)).unwrap_err();
            let request = server.join().unwrap();
            request.split_once("Sec-WebSocket-Key: ").unwrap().1[..24].to_owned()
        })
    };
    assert_ne!(key(), key());
}

#[test]
fn nobody_to_connect_to_is_an_error_of_the_transport() {
    // Bound and dropped again: nobody listens there.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = blocking::connect(url(address)).unwrap_err();
    assert!(
        matches!(&error, ConnectError::Io { error, .. } if error.kind() == ErrorKind::ConnectionRefused),
        "{error:?}"
    );
}

#[test]
fn a_connection_over_ipv6_names_its_host_in_brackets() {
    // Not every machine has IPv6.
    let Ok(listener) = std::net::TcpListener::bind("[::1]:0") else { return };
    bounded(move || {
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut host = None;
            let mut socket = WebSocketStream::accept_with(stream, Config::new(), |request| {
                host = Some(request.host().to_owned());
                Reply::accept()
            })
            .unwrap();
            while socket.read().unwrap().is_some() {}
            socket.finish().unwrap();
            host
        });
        let mut socket = blocking::connect(format!("ws://{address}/")).unwrap();
        socket.close(CloseCode::NORMAL, "").unwrap();
        while socket.read().unwrap().is_some() {}
        socket.finish().unwrap();
        assert_eq!(server.join().unwrap(), Some(address.to_string()));
    });
}
