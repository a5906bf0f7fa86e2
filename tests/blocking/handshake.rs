//! The opening handshake over TCP: what a server answers, and what of it reaches the client.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::loopback::*;
use support::messages::{self, close_code, decode};
use websocket_proto::Message;
use websocket_proto::blocking::{self, Acceptor, Connector, WebSocketStream};
use websocket_proto::handshake::{Incoming, RequestError, WriteError};
use websocket_proto::http1::{HeadError, HeadLimits};
use websocket_proto::io::{AcceptError, ConnectError, ConnectOptions, Reply};
use websocket_proto::websocket::Config;

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
        let error = blocking::connect(url(address)).unwrap_err();
        let at_server = server.join().unwrap();
        let ConnectError::Refused { answer, .. } = &error else { panic!("{error:?}") };
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
            .unwrap()
            .subprotocol("v2")
            .unwrap()
            .origin("http://a.example")
            .unwrap()
            .header("Authorization", "Bearer 1")
            .unwrap();
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
        let answer = socket.opened().answer().expect("a client has the response");
        assert_eq!((answer.status, answer.header("Set-Cookie")), (101, Some(&b"seen=1"[..])));
        let opened = socket.opened().clone();
        let (reader, writer) = socket.into_split().unwrap();
        assert_eq!((reader.subprotocol(), writer.subprotocol()), (Some("v2"), Some("v2")));
        assert_eq!(*reader.reunite(writer).unwrap().opened(), opened);
        assert_eq!(server.join().unwrap().as_deref(), Some("v2"));
    });
}

#[test]
fn a_refusal_reaches_the_client_with_status_headers_and_body() {
    let error = refused_with(|| {
        Reply::refuse(401).header("WWW-Authenticate", "Basic realm=\"x\"").body("who are you?")
    });
    let ConnectError::Refused { answer, .. } = &error else { panic!("{error:?}") };
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), Some(&b"Basic realm=\"x\""[..]));
    assert_eq!(&answer.body[..], b"who are you?");
    let text = "refused the WebSocket with status 401, WWW-Authenticate: Basic realm=\"x\"";
    assert!(error.to_string().ends_with(text), "{error}");
}

#[test]
fn any_status_with_a_body_can_refuse() {
    for status in [200, 301, 400, 403, 404, 429, 500, 503, 599] {
        let error = refused_with(move || Reply::refuse(status).header("Location", "/there"));
        let ConnectError::Refused { answer, .. } = error else { panic!("{error:?}") };
        assert_eq!((answer.status, answer.body.len()), (status, 0));
        assert_eq!(answer.header("Location"), Some(&b"/there"[..]));
    }
}

#[test]
fn a_long_refusal_comes_whole_up_to_what_is_kept() {
    for (sent, kept) in [(10_000, 10_000), (65_536, 65_536), (300_000, 65_536)] {
        let error = refused_with(move || Reply::refuse(403).body(vec![b'x'; sent]));
        let ConnectError::Refused { answer, .. } = error else { panic!("{error:?}") };
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
            let error = blocking::connect(url(address)).unwrap_err();
            assert!(matches!(&error, ConnectError::Refused { answer, .. } if answer.status == 500));
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
            "the request asked for no WebSocket and was answered with status 426"
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
        let mut socket = blocking::connect(url(address)).unwrap();
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
            blocking::connect(options(address).header("X", "x".repeat(100)).unwrap()).unwrap_err();
        assert!(matches!(&error, ConnectError::Refused { answer, .. } if answer.status == 431));
        let error = server.join().unwrap();
        let expected = RequestError::Head(HeadError::TooLarge { limit: 200 });
        assert!(matches!(error, AcceptError::Request(error) if error == expected), "{error:?}");
    });
}

/// A transport without time-outs that returns a whole request when the time limit is over.
#[derive(Debug)]
struct Late {
    request: &'static [u8],
    written: Vec<u8>,
}

const LATE: Duration = Duration::from_millis(20);

impl Read for Late {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        thread::sleep(2 * LATE);
        self.request.read(buffer)
    }
}

impl Write for Late {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::Transport for Late {}

#[test]
fn a_whole_request_that_comes_late_is_accepted_and_a_part_of_one_is_not() {
    let stream = Late { request: REQUEST.as_bytes(), written: Vec::new() };
    let socket = Acceptor::new(stream).handshake_timeout(LATE).accept().unwrap();
    assert!(socket.into_parts().stream.written.starts_with(b"HTTP/1.1 101 "));

    let stream = Late { request: &REQUEST.as_bytes()[..50], written: Vec::new() };
    let error = Acceptor::new(stream).handshake_timeout(LATE).accept().unwrap_err();
    assert!(matches!(error, AcceptError::TimedOut { .. }), "{error:?}");
}
