//! The opening handshake in the tokio adapter, of both roles.

use std::io::ErrorKind;
use std::time::Duration;
use support::closed;

use support::transport::{run, transport, within};
use support::{Frame, SEED, Side};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};
use websocket_proto::connection::{Client, Server};
use websocket_proto::handshake::{Incoming, Opened, Request, RequestError};
use websocket_proto::http1::{HeadError, HeadLimits};
use websocket_proto::io::{AcceptError, ConnectError, ConnectOptions, Error, Reply, UrlErrorKind};
use websocket_proto::tokio::{Acceptor, Connector, WebSocketStream, connect};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, ProtocolError};

const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

const PAGE_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

fn options() -> ConnectOptions {
    ConnectOptions::new("ws://example.com/chat").expect("a good url")
}

#[tokio::test]
async fn a_client_and_a_server_agree_over_a_pipe() {
    let (near, far) = duplex(16);
    let options = options().subprotocol("chat.v1").expect("a token");
    let options = options.subprotocol("chat.v2").expect("another");
    let options = options.header("Cookie", "a=b").expect("a header");
    let mut connector = Connector::new(near, options).expect("a good request");
    let mut seen = None;
    let connecting = connector.connect_with(|response| {
        let theirs = response.headers().first("X-Served-By").map(<[u8]>::to_vec);
        seen = Some((theirs, response.subprotocol().map(str::to_owned)));
    });
    let accepting = WebSocketStream::accept_with(far, Config::new(), |request| {
        assert_eq!(request.path(), "/chat");
        assert_eq!(request.headers().first("Cookie"), Some(&b"a=b"[..]));
        Reply::accept().subprotocol("chat.v2").header("X-Served-By", "a test")
    });
    let (client, server) = within(async { tokio::join!(connecting, accepting) }).await;
    let (mut client, mut server) = (client.expect("accepted"), server.expect("well asked"));
    assert_eq!(client.subprotocol(), Some("chat.v2"));
    assert_eq!(server.subprotocol(), Some("chat.v2"));
    assert_eq!(seen, Some((Some(b"a test".to_vec()), Some("chat.v2".to_owned()))));

    let talk = async {
        tokio::join!(client.send("from the client"), async {
            assert_eq!(next(&mut server).await, Message::text("from the client"));
        })
    };
    within(talk).await.0.expect("it is open");
    let answer = client.opened().answer().expect("a client has the response");
    assert_eq!((answer.status, answer.header("X-Served-By")), (101, Some(&b"a test"[..])));
    assert_eq!(server.opened().answer(), None);
    let opened = client.opened().clone();
    let (reader, writer) = client.into_split();
    assert_eq!((reader.subprotocol(), writer.subprotocol()), (Some("chat.v2"), Some("chat.v2")));
    assert_eq!(*reader.reunite(writer).expect("they belong together").opened(), opened);

    let error = within(connector.connect()).await.expect_err("it has been done");
    assert!(matches!(error, ConnectError::Finished));
}

async fn next<S, R>(socket: &mut WebSocketStream<S, R>) -> Message
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    R: websocket_proto::connection::Role,
{
    socket.next().await.expect("it is open").expect("a good peer")
}

#[tokio::test]
async fn a_url_is_connected_to_over_tcp() {
    for host in ["127.0.0.1", "localhost"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        let serve = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("somebody connects");
            let mut asked = None;
            let answer = |request: &Request<'_>| {
                asked = Some((request.path().to_owned(), request.host().to_owned()));
                Reply::accept()
            };
            let mut server = WebSocketStream::accept_with(stream, Config::new(), answer)
                .await
                .expect("a good request");
            assert_eq!(next(&mut server).await, Message::text("Hello"));
            assert!(matches!(next(&mut server).await, Message::Close(Some(_))));
            assert!(server.next().await.is_none());
            asked
        });
        within(async {
            let mut client =
                connect(&format!("ws://{host}:{port}/chat")).await.expect("it is there");
            assert!(client.stream().tcp().nodelay().expect("a socket"));
            client.send("Hello").await.expect("it is open");
            closed(&mut client, CloseCode::NORMAL, "").await.expect("a good server");
        })
        .await;
        let asked = within(serve).await.expect("it does not panic");
        assert_eq!(asked, Some(("/chat".to_owned(), format!("{host}:{port}"))));
    }
}

#[tokio::test]
async fn a_refusal_comes_with_its_status_headers_and_body() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let url = format!("ws://{}/secret", listener.local_addr().expect("bound"));
    let serve = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody connects");
        let mut acceptor = Acceptor::new(stream);
        let answer = |_: &Request<'_>| {
            Reply::refuse(401).header("WWW-Authenticate", "Basic").body("who are you?")
        };
        let error = acceptor.accept_with(answer).await.expect_err("it was refused");
        assert!(matches!(error, AcceptError::Refused { status: 401 }), "{error:?}");
        acceptor.finish(Duration::from_secs(20)).await.expect("the client goes away");
    });
    let error = within(connect(&url)).await.expect_err("it was refused");
    let ConnectError::Refused { answer, .. } = error else { panic!("{error:?}") };
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), Some(&b"Basic"[..]));
    assert_eq!(answer.header("content-length"), Some(&b"12"[..]));
    assert_eq!(&answer.body[..], b"who are you?");
    within(serve).await.expect("it does not panic");
}

#[tokio::test]
async fn a_page_is_served_on_the_port_of_the_websocket() {
    let answer = |incoming: &Incoming<'_>| match incoming {
        Incoming::WebSocket(_) => Reply::accept(),
        Incoming::Http(request) => {
            assert_eq!(request.target, "/");
            Reply::refuse(200).header("Content-Type", "text/html").body("<h1>a page</h1>")
        }
    };
    for asks_for_page in [true, false] {
        let (mut near, far) = duplex(1024);
        let mut acceptor = Acceptor::new(far);
        assert!(acceptor.stream().is_some());
        let serve = async {
            let outcome = acceptor.accept_or_serve(answer).await;
            if outcome.is_err() {
                acceptor.finish(Duration::from_secs(20)).await.expect("the client goes away");
            }
            outcome
        };
        let ask = async {
            near.write_all(if asks_for_page { PAGE_REQUEST } else { REQUEST }).await.expect("read");
            let mut heard = vec![0; 12];
            near.read_exact(&mut heard).await.expect("a response");
            if asks_for_page {
                near.read_to_end(&mut heard).await.expect("the end of the page");
                near.shutdown().await.expect("a pipe");
            }
            String::from_utf8(heard).expect("ASCII")
        };
        let (outcome, heard) = within(async { tokio::join!(serve, ask) }).await;
        if asks_for_page {
            let error = outcome.expect_err("it asked for a page");
            assert!(matches!(error, AcceptError::NotWebSocket { status: 200 }), "{error:?}");
            assert!(heard.starts_with("HTTP/1.1 200 ") && heard.ends_with("<h1>a page</h1>"));
        } else {
            outcome.expect("it asked for a WebSocket");
            assert_eq!(heard, "HTTP/1.1 101");
        }
    }
}

#[test]
fn a_request_that_opens_nothing_is_answered_with_what_is_wrong() {
    let dawdled = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 20_000]].concat();
    let no_version =
        String::from_utf8(REQUEST.to_vec()).expect("ASCII").replace("Version: 13", "Version: 12");
    for (request, status) in [
        (PAGE_REQUEST, 426),
        (b"POST / HTTP/1.1\r\n\r\n", 426),
        (b"nonsense\r\n\r\n", 400),
        (no_version.as_bytes(), 426),
        (&dawdled, 431),
    ] {
        let (transport, peer) = transport();
        peer.give(request);
        let error = run(WebSocketStream::accept(transport)).expect("at once");
        error.expect_err("it is not a good request");
        let response = String::from_utf8(peer.take_written()).expect("ASCII");
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    }
}

#[test]
fn the_limits_of_an_acceptor_are_those_it_was_given() {
    let (transport, peer) = transport();
    peer.give(REQUEST);
    let limits = HeadLimits { bytes: 100, headers: 100 };
    let mut acceptor = Acceptor::new(transport).head_limits(limits);
    let error = run(acceptor.accept()).expect("at once").expect_err("it is longer");
    let AcceptError::Request(RequestError::Head(HeadError::TooLarge { .. })) = error else {
        panic!("{error:?}");
    };

    let (transport, peer) = self::transport();
    peer.give(REQUEST);
    peer.give(Frame::binary([7; 11]).bytes(Side::Server));
    peer.end();
    let mut acceptor = Acceptor::new(transport).config(Config::new().max_message_size(10));
    let mut socket = run(acceptor.accept()).expect("at once").expect("a good request");
    let error = run(socket.next()).expect("it came").expect("open").expect_err("it is longer");
    assert!(matches!(error, Error::Protocol(ProtocolError::MessageTooLarge { .. })));
}

#[tokio::test(start_paused = true)]
async fn connecting_takes_no_longer_than_is_configured() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let url = format!("ws://{}", listener.local_addr().expect("bound"));
    let limits = [
        (ConnectOptions::new(&url).expect("a good url"), 30),
        (ConnectOptions::new(&url).expect("a good url").connect_timeout(Duration::from_secs(3)), 3),
    ];
    for (options, seconds) in limits {
        let begin = Instant::now();
        // Nobody ever answers.
        let error = within(connect(options)).await.expect_err("nobody answers");
        assert!(matches!(error, ConnectError::TimedOut { .. }));
        assert_eq!(begin.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn finishing_takes_no_longer_than_its_limit() {
    let (near, _far) = duplex(1024);
    let begin = Instant::now();
    let error =
        within(Acceptor::new(near).finish(Duration::from_secs(5))).await.expect_err("it stays");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(begin.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_url_that_cannot_be_connected_to_is_an_error_at_once() {
    let wrong = [
        ("http://example.com/", UrlErrorKind::Scheme),
        ("ws://example.com/#top", UrlErrorKind::Fragment),
        ("ws://us%er@example.com/", UrlErrorKind::Credentials),
    ];
    for (url, expected) in wrong {
        let error = within(connect(url)).await.expect_err("not such a url");
        assert!(
            matches!(&error, ConnectError::Url(error) if error.kind() == expected),
            "{url}: {error:?}"
        );
    }
    // A port that was just free.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("loopback").local_addr();
    let url = format!("ws://{}", free.expect("bound"));
    let error = within(connect(&url)).await.expect_err("nobody listens");
    assert!(
        matches!(error, ConnectError::Io { error, .. } if error.kind() == ErrorKind::ConnectionRefused)
    );
}

#[test]
fn a_websocket_of_any_handshake_begins_with_what_was_read() {
    let (transport, peer) = transport();
    let early = Frame::text("early").bytes(Side::Server);
    let mut server = WebSocketStream::from_parts(
        transport,
        Server,
        Config::new(),
        Opened::new(),
        early[..].into(),
    );
    let message = run(server.next()).expect("at once").expect("open").expect("a good peer");
    assert_eq!(message, Message::text("early"));
    run(server.send("late")).expect("there is room").expect("it is open");
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text("late")]);
    assert_eq!(server.subprotocol(), None);
    drop(server.into_parts().stream);
    assert!(peer.state().dropped);
}

#[test]
fn what_somebody_elses_handshake_has_left_in_the_transport_is_flushed() {
    let (transport, peer) = transport();
    peer.state().unflushed = 100;
    let mut server = WebSocketStream::from_parts(
        transport,
        Server,
        Config::new(),
        Opened::new(),
        bytes::BytesMut::new(),
    );
    assert!(run(server.next()).is_none());
    assert_eq!(peer.state().unflushed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_silent_or_drips_gets_408_after_ten_seconds() {
    for drips in [false, true] {
        let (mut client, server) = duplex(1024);
        let begin = Instant::now();
        let accepting = tokio::spawn(async move {
            let mut acceptor = Acceptor::new(server);
            let error = acceptor.accept().await.map(drop).expect_err("no request came");
            assert!(
                matches!(error, AcceptError::TimedOut { limit } if limit == Duration::from_secs(10)),
                "{error:?}"
            );
        });
        let mut response = vec![0; 12];
        loop {
            let read = timeout(Duration::from_secs(1), client.read_exact(&mut response)).await;
            match read {
                Ok(read) => break assert_eq!(read.expect("a response"), 12),
                Err(_) if drips => client.write_all(b"G").await.expect("it reads"),
                Err(_) => {}
            }
        }
        assert_eq!(response, b"HTTP/1.1 408");
        accepting.await.expect("it does not panic");
        assert_eq!(begin.elapsed().as_secs(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_without_time_is_over_at_once_and_one_with_all_the_time_never() {
    let (_client, server) = duplex(1024);
    let mut acceptor = Acceptor::new(server).handshake_timeout(Duration::ZERO);
    let error = acceptor.accept().await.map(drop).expect_err("there is no time");
    assert!(matches!(error, AcceptError::TimedOut { limit: Duration::ZERO }), "{error:?}");
    let error = acceptor.finish(Duration::ZERO).await.expect_err("the client stays");
    assert_eq!(error.kind(), ErrorKind::TimedOut);

    for never in [Duration::MAX, Duration::MAX - Duration::from_nanos(1), Duration::MAX / 2] {
        let (_client, server) = duplex(1024);
        let mut acceptor = Acceptor::new(server).handshake_timeout(never);
        let year = Duration::from_secs(365 * 24 * 3600);
        timeout(year, acceptor.accept()).await.map(drop).expect_err("it waits");
        timeout(year, acceptor.finish(never)).await.expect_err("it waits");
    }
}
