//! The opening handshake over TCP: what a server answers, and what a client makes of it.
#![cfg(feature = "std")]

#[path = "common/loopback.rs"]
mod loopback;
#[path = "common/messages.rs"]
mod messages;

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::JoinHandle;

use loopback::*;
use messages::{close_code, decode};
use websocket_proto::adapter::{AcceptError, ConnectError, ConnectOptions, Reply, UrlError};
use websocket_proto::blocking::{self, Acceptor, Connector, WebSocketStream};
use websocket_proto::handshake::{
    HeadError, HeadLimits, Incoming, RequestError, ResponseError, ServerHandshake, WriteError,
};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message};

fn options(address: SocketAddr) -> ConnectOptions {
    ConnectOptions::new(&url(address)).unwrap()
}

/// What a client gets from a server that answers like this.
fn refused_with(reply: impl FnOnce() -> Reply + Send + 'static) -> ConnectError {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let mut acceptor = Acceptor::new(stream);
            let error = acceptor.accept_with(|_| reply()).unwrap_err();
            // A client that keeps no more of the body resets the rest.
            let _ = acceptor.finish();
            error
        });
        let error = blocking::connect(&url(address)).unwrap_err();
        let at_server = server.join().unwrap();
        let ConnectError::Refused(answer) = &error else { panic!("{error:?}") };
        assert!(
            matches!(at_server, AcceptError::Refused { status } if status == answer.status),
            "{at_server:?}"
        );
        error
    })
}

#[test]
fn a_subprotocol_and_headers_are_agreed_on() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let socket = WebSocketStream::accept_with(stream, Config::new(), |request| {
                assert_eq!((request.path(), request.origin()), ("/chat", Some("http://a.example")));
                let auth = request.headers().first("authorization").map(<[u8]>::to_vec);
                assert_eq!(auth.as_deref(), Some(&b"Bearer 1"[..]));
                let chosen = request.subprotocols().find(|name| *name == "v2").unwrap();
                Reply::accept().subprotocol(chosen).header("Set-Cookie", "seen=1")
            });
            socket.unwrap().subprotocol().map(str::to_owned)
        });
        let options = ConnectOptions::new(&format!("ws://{address}/chat?room=1"))
            .unwrap()
            .subprotocol("v3")
            .subprotocol("v2")
            .origin("http://a.example")
            .header("Authorization", "Bearer 1");
        let stream = TcpStream::connect(address).unwrap();
        let mut cookie = None;
        let socket = Connector::new(stream, options)
            .unwrap()
            .connect_with(|response| {
                cookie = response.headers().first("set-cookie").map(<[u8]>::to_vec);
            })
            .unwrap();
        assert_eq!(socket.subprotocol(), Some("v2"));
        assert_eq!(cookie.as_deref(), Some(&b"seen=1"[..]));
        assert_eq!(server.join().unwrap().as_deref(), Some("v2"));
    });
}

#[test]
fn a_refusal_reaches_the_client_with_status_headers_and_body() {
    let error = refused_with(|| {
        Reply::refuse(401).header("WWW-Authenticate", "Basic realm=\"x\"").body("who are you?")
    });
    let ConnectError::Refused(answer) = &error else { panic!("{error:?}") };
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), Some(&b"Basic realm=\"x\""[..]));
    assert_eq!(&answer.body[..], b"who are you?");
    assert_eq!(error.to_string(), "the server answered with status 401 and no WebSocket");
}

#[test]
fn any_status_with_a_body_can_refuse() {
    for status in [200, 301, 400, 403, 404, 429, 500, 503, 599] {
        let error = refused_with(move || Reply::refuse(status).header("Location", "/there"));
        let ConnectError::Refused(answer) = error else { panic!("{error:?}") };
        assert_eq!((answer.status, answer.body.len()), (status, 0));
        assert_eq!(answer.header("Location"), Some(&b"/there"[..]));
    }
}

#[test]
fn a_long_refusal_comes_whole_up_to_what_is_kept() {
    for (sent, kept) in [(10_000, 10_000), (65_536, 65_536), (300_000, 65_536)] {
        let error = refused_with(move || Reply::refuse(403).body(vec![b'x'; sent]));
        let ConnectError::Refused(answer) = error else { panic!("{error:?}") };
        assert_eq!(answer.body.len(), kept);
    }
}

#[test]
fn an_answer_that_cannot_be_sent_is_a_500_and_the_callers_fault() {
    let bad: [(fn() -> Reply, WriteError); 4] = [
        (|| Reply::accept().subprotocol("not offered"), WriteError::SubprotocolNotOffered),
        (|| Reply::accept().header("a", "b\r\nc: d"), WriteError::HeaderValue { index: 0 }),
        (
            || Reply::refuse(403).header("Content-Length", "1"),
            WriteError::ReservedHeader { index: 0 },
        ),
        (|| Reply::refuse(101), WriteError::Status { status: 101 }),
    ];
    for (reply, expected) in bad {
        bounded(move || {
            let (address, server) = serve(move |stream| {
                let mut acceptor = Acceptor::new(stream);
                let error = acceptor.accept_with(|_| reply()).unwrap_err();
                acceptor.finish().unwrap();
                error
            });
            let error = blocking::connect(&url(address)).unwrap_err();
            assert!(matches!(&error, ConnectError::Refused(answer) if answer.status == 500));
            let error = server.join().unwrap();
            assert!(matches!(error, AcceptError::Reply(error) if error == expected), "{error:?}");
        });
    }
}

#[test]
fn a_plain_request_is_told_to_upgrade() {
    bounded(|| {
        let (address, server) = echo_server(Config::new());
        let mut stream = raw(address);
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let response = String::from_utf8(read_to_fin(&mut stream)).unwrap();
        assert!(response.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{response}");
        assert!(response.contains("\r\nUpgrade: websocket\r\n"), "{response}");
        assert!(response.ends_with("ask for an upgrade\n"), "{response}");
        drop(stream);
        let error = server.join().unwrap().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the request asked for no WebSocket and was answered with 426"
        );
    });
}

/// A port that serves a page too.
fn page_and_socket(stream: TcpStream) -> Result<(), AnyError> {
    let mut acceptor = Acceptor::new(stream);
    let accepted = acceptor.accept_or_serve(|incoming| match incoming {
        Incoming::WebSocket(_) => Reply::accept(),
        Incoming::Http(request) if request.target == "/" => {
            Reply::refuse(200).header("Content-Type", "text/html").body("<p>hello")
        }
        Incoming::Http(_) => Reply::refuse(404),
    });
    match accepted {
        Ok(mut socket) => {
            socket.send("hello")?;
            Ok(())
        }
        Err(error) => {
            acceptor.finish()?;
            Err(error.into())
        }
    }
}

#[test]
fn one_port_serves_pages_and_sockets() {
    for (target, status, body) in [("/", 200, "<p>hello"), ("/favicon.ico", 404, "")] {
        bounded(move || {
            let (address, server) = serve(page_and_socket);
            let mut stream = raw(address);
            write!(stream, "GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
            let response = String::from_utf8(read_to_fin(&mut stream)).unwrap();
            let (head, got) = response.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            assert_eq!(got, body);
            drop(stream);
            assert!(server.join().unwrap().is_err());
        });
    }
    bounded(|| {
        let (address, server) = serve(page_and_socket);
        let mut socket = blocking::connect(&url(address)).unwrap();
        assert_eq!(socket.read().unwrap(), Some(Message::text("hello")));
        server.join().unwrap().unwrap();
    });
}

#[test]
fn a_handshake_that_is_over_says_so() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let mut acceptor = Acceptor::new(stream);
            let first = acceptor.accept().unwrap();
            assert!(acceptor.stream().is_none());
            assert!(matches!(acceptor.accept(), Err(AcceptError::Finished)));
            acceptor.finish().unwrap();
            first
        });
        let stream = TcpStream::connect(address).unwrap();
        let mut connector = Connector::new(stream, options(address)).unwrap();
        let _socket = connector.connect().unwrap();
        assert!(matches!(connector.connect(), Err(ConnectError::Finished)));
        server.join().unwrap();
    });
}

#[test]
fn a_handshake_that_was_refused_is_over_too() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let mut acceptor = Acceptor::new(stream);
            let refused = acceptor.accept_with(|_| Reply::refuse(403));
            assert!(matches!(refused, Err(AcceptError::Refused { status: 403 })), "{refused:?}");
            // The request behind it is not looked at: its answer would not be read.
            for _ in 0..2 {
                let again = acceptor.accept();
                assert!(matches!(again, Err(AcceptError::Finished)), "{again:?}");
            }
            acceptor.finish().unwrap();
        });
        let mut stream = raw(address);
        stream.write_all(REQUEST.repeat(2).as_bytes()).unwrap();
        let response = String::from_utf8(read_to_fin(&mut stream)).unwrap();
        assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{response}");
        drop(stream);
        server.join().unwrap();
    });
}

#[test]
fn a_client_that_goes_away_is_the_end_of_the_transport() {
    for sent in ["", "GET / HT", &REQUEST[..REQUEST.len() - 1]].map(str::to_owned) {
        bounded(move || {
            let (address, server) = echo_server(Config::new());
            let mut stream = raw(address);
            stream.write_all(sent.as_bytes()).unwrap();
            drop(stream);
            let error = server.join().unwrap().unwrap_err();
            let error = error.downcast::<AcceptError>().unwrap();
            assert!(
                matches!(&*error, AcceptError::Io(error) if error.kind() == ErrorKind::UnexpectedEof),
                "{error:?}"
            );
        });
    }
}

#[test]
fn a_head_that_comes_byte_by_byte_is_one_like_any_other() {
    bounded(|| {
        let (address, server) = echo_server(Config::new());
        let mut stream = raw(address);
        for byte in REQUEST.as_bytes() {
            stream.write_all(&[*byte]).unwrap();
        }
        assert!(read_head(&mut stream).starts_with("HTTP/1.1 101 "));
        drop(stream);
        server.join().unwrap().unwrap_err();
    });
}

#[test]
fn frames_behind_the_request_belong_to_the_websocket() {
    bounded(|| {
        let (address, server) = echo_server(Config::new());
        let mut stream = raw(address);
        let frames = [
            messages::From::Client.frame(messages::TEXT, "early"),
            messages::From::Client.close(1000, ""),
        ]
        .concat();
        stream.write_all(&[REQUEST.as_bytes(), &frames].concat()).unwrap();
        assert!(read_head(&mut stream).starts_with("HTTP/1.1 101 "));
        let answers = decode(&read_to_fin(&mut stream));
        assert_eq!(answers[0].payload, b"early");
        assert_eq!(close_code(&answers[1]), Some(1000));
        drop(stream);
        server.join().unwrap().unwrap();
    });
}

#[test]
fn the_limits_of_the_head_are_the_callers() {
    bounded(|| {
        let (address, server) = serve(|stream| {
            let limits = HeadLimits { bytes: 200, ..HeadLimits::default() };
            let mut acceptor = Acceptor::new(stream).head_limits(limits);
            let error = acceptor.accept().unwrap_err();
            acceptor.finish().unwrap();
            error
        });
        let error =
            blocking::connect_with(options(address).header("X", "x".repeat(100))).unwrap_err();
        assert!(matches!(&error, ConnectError::Refused(answer) if answer.status == 431));
        let error = server.join().unwrap();
        let expected = RequestError::Head(HeadError::TooLarge { limit: 200 });
        assert!(matches!(error, AcceptError::Request(error) if error == expected), "{error:?}");
    });
}

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
            let mut socket = blocking::connect(&url(address)).unwrap();
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
        let error = blocking::connect(&url(address)).unwrap_err();
        let ConnectError::Refused(answer) = error else { panic!("{error:?}") };
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
        let error = blocking::connect(&url(address)).unwrap_err();
        let ConnectError::Refused(answer) = error else { panic!("{error:?}") };
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
            "3\r\nabc\r\n0\r\n\r\n",
        ),
        ("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
    ];
    for (answer, body) in answers {
        bounded(move || {
            let (address, server) = canned(answer, usize::MAX, false);
            let error = blocking::connect(&url(address)).unwrap_err();
            let ConnectError::Refused(got) = error else { panic!("{error:?}") };
            assert_eq!(&got.body[..], body.as_bytes(), "{answer}");
            server.join().unwrap();
        });
    }
}

#[test]
fn the_body_of_a_refusal_without_a_length_ends_with_the_connection() {
    bounded(|| {
        let (address, server) = canned("HTTP/1.1 500 Oh\r\n\r\nall of it", 20, true);
        let error = blocking::connect(&url(address)).unwrap_err();
        let ConnectError::Refused(answer) = error else { panic!("{error:?}") };
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
            let error = blocking::connect(&url(address)).unwrap_err();
            assert!(matches!(error, ConnectError::Response(_)), "{why}: {error:?}");
            server.join().unwrap();
        });
    }
}

#[test]
fn a_server_that_chooses_no_subprotocol_fails_where_one_is_required() {
    bounded(|| {
        let (address, server) = canned(GOOD, usize::MAX, false);
        let socket = blocking::connect_with(options(address).subprotocol("chat")).unwrap();
        assert_eq!(socket.subprotocol(), None);
        drop(socket);
        server.join().unwrap();

        let (address, server) = canned(GOOD, usize::MAX, false);
        let strict = options(address).subprotocol("chat").require_subprotocol(true);
        let error = blocking::connect_with(strict).unwrap_err();
        assert!(matches!(error, ConnectError::Response(_)), "{error:?}");
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
        let error = blocking::connect_with(options(address).head_limits(limits)).unwrap_err();
        let expected = ResponseError::Head(HeadError::TooLarge { limit: 1000 });
        assert!(matches!(error, ConnectError::Response(error) if error == expected), "{error:?}");
        server.join().unwrap();
    });
}

#[test]
fn a_server_that_goes_away_is_the_end_of_the_transport() {
    for answer in ["", "HTTP/1.1 101 Swi", "HTTP/1.1 100 Continue\r\n\r\n"] {
        bounded(move || {
            let (address, server) = canned(answer, usize::MAX, true);
            let error = blocking::connect(&url(address)).unwrap_err();
            assert!(
                matches!(&error, ConnectError::Io(error) if error.kind() == ErrorKind::UnexpectedEof),
                "{error:?}"
            );
            server.join().unwrap();
        });
    }
}

#[test]
fn a_url_is_ws_or_wss_with_a_host_and_no_more() {
    for (url, expected) in [
        ("http://a/", UrlError::Scheme),
        ("a.example", UrlError::Scheme),
        ("/path", UrlError::Scheme),
        ("ws://", UrlError::Invalid),
        ("ws:///path", UrlError::Invalid),
        ("ws://a b/", UrlError::Invalid),
        ("ws://:80/", UrlError::Invalid),
        ("ws://a/#", UrlError::Fragment),
        ("ws://a/b#c", UrlError::Fragment),
        ("ws://us%er@a/", UrlError::Credentials),
        // Not the default port for want of a better one.
        ("ws://a:65536/", UrlError::Invalid),
        ("ws://a:99999999/", UrlError::Invalid),
        ("ws://a:+80/", UrlError::Invalid),
        ("ws://a:x/", UrlError::Invalid),
    ] {
        assert_eq!(ConnectOptions::new(url).map(drop), Err(expected), "{url}");
    }
    assert!(matches!(blocking::connect("wss://127.0.0.1/"), Err(ConnectError::Url(UrlError::Tls))));
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
            let error = blocking::connect(&format!("ws://{address}{path}")).unwrap_err();
            assert!(matches!(error, ConnectError::Io(_)), "{error:?}");
            let request = server.join().unwrap();
            assert!(request.starts_with(&format!("GET {target} HTTP/1.1\r\n")), "{request}");
            assert!(request.contains(&format!("\r\nHost: {address}\r\n")), "{request}");
        });
    }
}

#[test]
fn a_request_that_cannot_be_written_fails_before_a_byte_is_sent() {
    let options = || ConnectOptions::new("ws://a.example/").unwrap();
    for (options, expected) in [
        (options().header("a b", ""), WriteError::HeaderName { index: 0 }),
        (options().header("a", "b\r\nc"), WriteError::HeaderValue { index: 0 }),
        (options().header("Host", "b"), WriteError::ReservedHeader { index: 0 }),
        (options().subprotocol("a,b"), WriteError::Subprotocol { index: 0 }),
        (
            options().subprotocol("a").subprotocol("a"),
            WriteError::DuplicateSubprotocol { index: 1 },
        ),
        (options().origin("a\nb"), WriteError::Origin),
    ] {
        let nowhere = std::io::Cursor::new(Vec::new());
        let error = Connector::new(nowhere, options).unwrap_err();
        assert!(matches!(error, ConnectError::Request(error) if error == expected), "{error:?}");
    }
}

#[test]
fn each_connection_has_a_key_of_its_own() {
    let key = || {
        bounded(|| {
            let (address, server) = serve(|mut stream| read_head(&mut stream));
            blocking::connect(&url(address)).unwrap_err();
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
    let error = blocking::connect(&url(address)).unwrap_err();
    assert!(
        matches!(&error, ConnectError::Io(error) if error.kind() == ErrorKind::ConnectionRefused),
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
        let mut socket = blocking::connect(&format!("ws://{address}/")).unwrap();
        socket.close(CloseCode::NORMAL, "").unwrap();
        while socket.read().unwrap().is_some() {}
        socket.finish().unwrap();
        assert_eq!(server.join().unwrap(), Some(address.to_string()));
    });
}
