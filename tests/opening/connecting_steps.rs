//! The opening handshake of a client as steps, without a transport and with a clock of the test's
//! own: what it reports of a refusal, and when.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::{Buf, BufMut};
use websocket_proto::Message;
use websocket_proto::connection::Client;
use websocket_proto::handshake::HttpAnswer;
use websocket_proto::http1::HeadLimits;
use websocket_proto::io::{ConnectError, ConnectOptions, Connecting, ProxyError, Step, Tunneling};

const ACCEPTED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn options() -> ConnectOptions {
    let options = ConnectOptions::new("ws://example.com/chat").expect("a good url");
    options.proxy("http://bob:secret@proxy.test:3128").expect("a good url")
}

fn connecting(options: ConnectOptions) -> Connecting {
    Connecting::new(options, *b"the sample nonce").expect("a good request")
}

/// Writes the request.
fn ask(connecting: &mut Connecting) {
    assert!(matches!(connecting.step(|_| ()), Step::Write));
    let len = connecting.output().remaining();
    connecting.output().advance(len);
    connecting.flushed();
}

/// A client of a server, and one of a proxy, that have written their requests.
enum Asking {
    Server(Box<Connecting>),
    Proxy(Box<Tunneling>),
}

impl Asking {
    fn both(options: &ConnectOptions) -> [Self; 2] {
        let mut connecting = connecting(options.clone());
        ask(&mut connecting);
        let mut tunneling = options.tunnel().expect("there is a proxy");
        let len = tunneling.output().remaining();
        tunneling.output().advance(len);
        tunneling.flushed();
        [Self::Server(Box::new(connecting)), Self::Proxy(Box::new(tunneling))]
    }

    fn give(&mut self, bytes: &[u8]) {
        match self {
            Self::Server(connecting) => connecting.input().put_slice(bytes),
            Self::Proxy(tunneling) => tunneling.input().put_slice(bytes),
        }
    }

    fn end(&mut self) {
        match self {
            Self::Server(connecting) => connecting.receive_eof(),
            Self::Proxy(tunneling) => tunneling.receive_eof(),
        }
    }

    fn expire_at(&mut self, end: Duration) {
        match self {
            Self::Server(connecting) => connecting.expire_at(end),
            Self::Proxy(tunneling) => tunneling.expire_at(end),
        }
    }

    fn deadline(&mut self, now: Duration) -> Option<Duration> {
        match self {
            Self::Server(connecting) => connecting.deadline(now),
            Self::Proxy(tunneling) => tunneling.deadline(now),
        }
    }

    fn handle_deadline(&mut self, now: Duration) {
        match self {
            Self::Server(connecting) => connecting.handle_deadline(now),
            Self::Proxy(tunneling) => tunneling.handle_deadline(now),
        }
    }

    fn reset(&mut self) -> ConnectError {
        match self {
            Self::Server(connecting) => connecting.failed(ErrorKind::ConnectionReset.into()),
            Self::Proxy(tunneling) => tunneling.failed(ErrorKind::ConnectionReset.into()),
        }
    }

    /// The error, or `None` while more bytes are awaited.
    fn error(&mut self) -> Option<ConnectError> {
        match self {
            Self::Server(connecting) => match connecting.step(|_| ()) {
                Step::Read => None,
                Step::Done(outcome) => Some(outcome.expect_err("it is no 101")),
                Step::Write => panic!("the request is written"),
            },
            Self::Proxy(tunneling) => match tunneling.step() {
                Step::Read => None,
                Step::Done(outcome) => Some(outcome.expect_err("it is no 2xx")),
                Step::Write => panic!("the request is written"),
            },
        }
    }

    /// The refusal, or `None` while more bytes are awaited.
    fn refusal(&mut self) -> Option<HttpAnswer> {
        self.error().map(refusal)
    }
}

#[track_caller]
fn refusal(error: ConnectError) -> HttpAnswer {
    match error {
        ConnectError::Refused { answer, .. }
        | ConnectError::Proxy { error: ProxyError::Refused(answer), .. } => *answer,
        error => panic!("{error:?}"),
    }
}

#[test]
fn a_refusal_without_a_length_is_reported_a_second_after_its_head() {
    for mut client in Asking::both(&options()) {
        client.give(b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\n");
        assert!(client.refusal().is_none());
        assert_eq!(client.deadline(seconds(100)), None);
        client.give(b"\r\nwho");
        assert!(client.refusal().is_none());
        assert_eq!(client.deadline(seconds(200)), Some(seconds(201)));
        client.give(b"?");
        client.handle_deadline(seconds(201) - Duration::from_nanos(1));
        assert!(client.refusal().is_none());
        assert_eq!(client.deadline(seconds(200)), Some(seconds(201)), "each byte is no new start");
        client.handle_deadline(seconds(201));
        let answer = client.refusal().expect("the time is over");
        assert_eq!((answer.status, &answer.body[..]), (407, &b"who?"[..]));
        assert_eq!(answer.header("proxy-authenticate"), Some(&b"Basic"[..]));
        assert_eq!(client.deadline(seconds(201)), None);
        assert!(matches!(client.error(), Some(ConnectError::Finished)));
    }
}

#[test]
fn a_refusal_is_reported_at_the_end_of_its_body_however_it_is_split() {
    for (response, body) in [
        ("HTTP/1.1 403 \r\nContent-Length: 5\r\n\r\nhello", "hello"),
        ("HTTP/1.1 403 \r\nContent-Length: 0\r\n\r\n", ""),
        (
            "HTTP/1.1 503 \r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n\
             2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n",
            "hello",
        ),
        (
            "HTTP/1.1 503 \r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n\
             5\r\nhello\r\n0\r\n\r\n",
            "hello",
        ),
        ("HTTP/1.1 103 \r\n\r\nHTTP/1.1 403 \r\nContent-Length: 2\r\n\r\nhi", "hi"),
        ("HTTP/1.1 304 \r\nContent-Length: 5\r\n\r\n", ""),
    ] {
        for first in 0..response.len() {
            for second in first..response.len() {
                for mut client in Asking::both(&options()) {
                    for piece in [&response[..first], &response[first..second]] {
                        client.give(piece.as_bytes());
                        assert!(client.refusal().is_none(), "{response:?}, {first}, {second}");
                    }
                    client.give(&response.as_bytes()[second..]);
                    let answer = client.refusal().expect("it is whole");
                    assert_eq!(answer.body, body.as_bytes(), "{response:?}, {first}, {second}");
                }
            }
        }
    }
}

#[test]
fn what_came_of_a_body_is_reported_when_the_rest_is_lost() {
    let chunked = "HTTP/1.1 503 \r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe";
    for response in ["HTTP/1.1 503 \r\n\r\nhe", chunked] {
        for mut client in Asking::both(&options()) {
            client.give(response.as_bytes());
            assert!(client.refusal().is_none());
            client.end();
            assert_eq!(client.refusal().expect("it is over").body, "he");
        }
        for mut client in Asking::both(&options()) {
            client.give(response.as_bytes());
            assert!(client.refusal().is_none());
            assert_eq!(refusal(client.reset()).body, "he");
        }
    }
    for mut client in Asking::both(&options()) {
        client.give(format!("{chunked}llo\r\nzz").as_bytes());
        assert_eq!(client.refusal().expect("that is no chunk").body, "hello");
    }
}

#[test]
fn the_body_of_a_refusal_has_a_limit_that_may_be_0() {
    for (limit, body) in [(0, ""), (1, "h"), (5, "hello"), (6, "hello!")] {
        for mut client in Asking::both(&options().max_refusal_body(limit)) {
            client.give(b"HTTP/1.1 403 Forbidden\r\n\r\nhello!");
            let answer = client.refusal().expect("there is no need to wait");
            assert_eq!(answer.body, body);
        }
    }
    for mut client in Asking::both(&options().max_refusal_body(u64::MAX)) {
        client.give(b"HTTP/1.1 403 Forbidden\r\n\r\nhello!");
        assert!(client.refusal().is_none());
    }
}

#[test]
fn the_body_of_a_refusal_has_a_time_that_may_be_0_or_never_over() {
    for mut client in Asking::both(&options().refusal_body_timeout(Duration::ZERO)) {
        client.give(b"HTTP/1.1 403 Forbidden\r\n\r\nhe");
        assert!(client.refusal().is_none());
        client.handle_deadline(seconds(3));
        assert_eq!(client.refusal().expect("it is over").body, "he");
    }
    for mut client in Asking::both(&options().refusal_body_timeout(Duration::MAX)) {
        client.give(b"HTTP/1.1 403 Forbidden\r\n\r\nhe");
        assert!(client.refusal().is_none());
        client.handle_deadline(Duration::MAX);
        assert!(client.refusal().is_none());
    }
}

#[test]
fn the_end_of_all_connecting_loses_no_status() {
    for mut client in Asking::both(&options()) {
        client.expire_at(seconds(30));
        assert_eq!(client.deadline(seconds(1)), Some(seconds(30)));
        client.give(b"HTTP/1.1 403 Forbidden\r\n\r\n");
        assert!(client.refusal().is_none());
        let now = seconds(30) - Duration::from_millis(1);
        assert_eq!(client.deadline(now), Some(seconds(30)));
        client.handle_deadline(seconds(30));
        assert_eq!(client.refusal().expect("it is over").status, 403);
    }
    for mut client in Asking::both(&options().connect_timeout(seconds(30))) {
        client.expire_at(seconds(40));
        client.give(b"HTTP/1.1 403 Forbid");
        assert!(client.refusal().is_none());
        client.handle_deadline(seconds(40));
        match client.error() {
            Some(ConnectError::TimedOut { limit, .. }) => assert_eq!(limit, seconds(30)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_client_whose_time_is_over_before_it_has_written_its_request_has_timed_out() {
    let mut connecting = connecting(options());
    connecting.expire_at(seconds(30));
    connecting.handle_deadline(seconds(30));
    let step = connecting.step(|_| ());
    assert!(matches!(step, Step::Done(Err(ConnectError::TimedOut { .. }))), "{step:?}");
}

#[test]
fn the_bytes_behind_a_response_are_in_the_websocket() {
    let mut connecting = connecting(options());
    ask(&mut connecting);
    connecting.input().put_slice(ACCEPTED);
    connecting.input().put_slice(b"\x81\x05He");
    assert!(matches!(connecting.step(|_| ()), Step::Done(Ok(_))));
    connecting.input().put_slice(b"llo");
    let client = Client::new([7; 32]);
    let mut websocket = connecting.into_websocket(client).expect("it is open");
    assert_eq!(websocket.receive(), Ok(Some(Message::text("Hello"))));
}

#[test]
fn a_folded_line_of_a_response_is_read_with_spaces() {
    let folded =
        b"HTTP/1.1 403 Forbidden\r\nX-Why:\r\n you\r\n\tknow\r\nContent-Length:\r\n 0\r\n\r\n";
    for mut client in Asking::both(&options()) {
        client.give(folded);
        let answer = client.refusal().expect("it is whole");
        assert_eq!(answer.header("x-why"), Some(&b"you   know"[..]));
    }
    let mut connecting = connecting(options());
    ask(&mut connecting);
    let accepted = String::from_utf8(ACCEPTED.to_vec()).expect("ASCII");
    connecting.input().put_slice(accepted.replace("Connection: ", "Connection:\r\n ").as_bytes());
    connecting.input().put_slice(b"\x81\x03\r\n ");
    assert!(matches!(connecting.step(|_| ()), Step::Done(Ok(_))));
    let mut websocket = connecting.into_websocket(Client::new([7; 32])).expect("it is open");
    assert_eq!(websocket.receive(), Ok(Some(Message::text("\r\n "))));
}

/// A server or a proxy must not be able to exhaust the stack.
#[test]
fn a_folded_line_in_each_of_many_interim_responses_costs_no_stack() {
    let interim = b"HTTP/1.1 103 \r\nLink: a\r\n b\r\n\r\n".repeat(30_000);
    let limits = HeadLimits { bytes: 1 << 20, headers: 100 };
    for mut client in Asking::both(&options().head_limits(limits)) {
        client.give(&interim);
        client.give(b"HTTP/1.1 403 \r\nLink: a\r\n b\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(client.refusal().expect("it is whole").status, 403);
    }
}
