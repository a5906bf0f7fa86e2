//! The opening handshakes as steps, without a transport and with a clock of the test's own: the time
//! limit of a server, and what a client reports of a refusal.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::{Buf, BufMut};
use websocket_proto::Message;
use websocket_proto::connection::Client;
use websocket_proto::handshake::{HttpAnswer, Incoming};
use websocket_proto::http1::HeadLimits;
use websocket_proto::io::{
    AcceptError, Accepting, ConnectError, ConnectOptions, Connecting, ProxyError, Reply, Step,
    Tunneling,
};
use websocket_proto::websocket::Config;

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

const ACCEPTED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn accepting() -> Accepting {
    Accepting::new(HeadLimits::DEFAULT, None)
}

fn step(accepting: &mut Accepting) -> Step<Result<(), AcceptError>> {
    match accepting.step(|_| Reply::accept()) {
        Step::Read => Step::Read,
        Step::Write => Step::Write,
        Step::Done(outcome) => Step::Done(outcome.map(drop)),
    }
}

/// Takes the output, as a transport that writes and flushes all of it.
fn written(accepting: &mut Accepting) -> String {
    let output = accepting.output();
    let bytes = output.copy_to_bytes(output.remaining());
    accepting.flushed();
    String::from_utf8(bytes.to_vec()).expect("heads are ASCII")
}

#[track_caller]
fn assert_timed_out(accepting: &mut Accepting, expected: Duration) {
    match step(accepting) {
        Step::Done(Err(AcceptError::TimedOut { limit })) => assert_eq!(limit, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_that_drips_in_is_answered_with_408_when_the_time_is_over() {
    let mut accepting = accepting();
    let begin = seconds(1000);
    for (index, byte) in REQUEST.iter().take(10).enumerate() {
        let now = begin + seconds(index as u64);
        accepting.handle_deadline(now);
        assert!(matches!(step(&mut accepting), Step::Read));
        assert_eq!(accepting.deadline(now), Some(begin + seconds(10)));
        accepting.input().put_slice(&[*byte]);
    }
    let now = begin + seconds(10);
    accepting.handle_deadline(now);
    assert!(matches!(step(&mut accepting), Step::Write));
    let response = written(&mut accepting);
    assert!(response.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{response}");
    assert!(response.contains("Connection: close\r\n"), "{response}");
    assert_timed_out(&mut accepting, seconds(10));
    assert_eq!(accepting.deadline(now), None);
    assert!(accepting.into_websocket(Config::new()).is_none());
}

#[test]
fn a_request_that_comes_too_late_is_not_returned() {
    for step_to in [Accepting::step_to_request, Accepting::step_to_incoming] {
        for late in [&REQUEST[..10], REQUEST] {
            let mut accepting = accepting();
            accepting.handle_deadline(seconds(0));
            assert!(matches!(step_to(&mut accepting), Step::Read));
            accepting.input().put_slice(late);
            accepting.handle_deadline(seconds(10));
            assert!(matches!(step_to(&mut accepting), Step::Write));
            assert!(written(&mut accepting).starts_with("HTTP/1.1 408 "));
            let step = step_to(&mut accepting);
            assert!(matches!(step, Step::Done(Err(AcceptError::TimedOut { .. }))), "{step:?}");
        }
    }
}

#[test]
fn a_client_that_does_not_read_its_408_is_given_up_a_second_later() {
    let mut accepting = accepting().handshake_timeout(seconds(5));
    accepting.handle_deadline(seconds(0));
    accepting.handle_deadline(seconds(5));
    assert!(matches!(step(&mut accepting), Step::Write));
    assert_eq!(accepting.deadline(seconds(5)), Some(seconds(6)));
    accepting.handle_deadline(seconds(6));
    assert_timed_out(&mut accepting, seconds(5));
}

#[test]
fn a_client_that_does_not_read_its_response_is_given_up() {
    let mut accepting = accepting();
    assert_eq!(accepting.deadline(seconds(0)), Some(seconds(10)));
    accepting.input().put_slice(REQUEST);
    assert!(matches!(step(&mut accepting), Step::Write));
    accepting.output().advance(10);
    accepting.handle_deadline(seconds(10));
    assert_timed_out(&mut accepting, seconds(10));
    assert!(!accepting.output().has_remaining());
}

#[test]
fn the_time_of_the_application_does_not_count() {
    let mut accepting = accepting();
    accepting.handle_deadline(seconds(0));
    accepting.input().put_slice(REQUEST);
    assert!(matches!(accepting.step_to_request(), Step::Done(Ok(()))));
    assert_eq!(accepting.deadline(seconds(9)), None);
    accepting.handle_deadline(seconds(3600));
    assert!(matches!(accepting.incoming(), Some(Incoming::WebSocket(_))));
    accepting.reply(Reply::accept()).expect("the request is there");
    assert_eq!(accepting.deadline(seconds(3600)), Some(seconds(3610)));
    assert!(matches!(accepting.step_to_reply(), Step::Write));
    assert!(written(&mut accepting).starts_with("HTTP/1.1 101 "));
    assert!(matches!(accepting.step_to_reply(), Step::Done(Ok(_))));
}

#[test]
fn a_limit_of_duration_max_is_none_and_a_limit_of_zero_is_over_at_once() {
    for now in [Duration::ZERO, seconds(7), Duration::MAX] {
        let mut never = accepting().handshake_timeout(Duration::MAX);
        assert_eq!(never.deadline(now), None);
        never.handle_deadline(Duration::MAX);
        assert!(matches!(step(&mut never), Step::Read));

        let mut at_once = accepting().handshake_timeout(Duration::ZERO);
        at_once.handle_deadline(now);
        assert!(matches!(step(&mut at_once), Step::Write));
    }
}

#[test]
fn the_bytes_behind_a_request_are_in_the_websocket() {
    let mut accepting = accepting();
    accepting.input().put_slice(REQUEST);
    accepting.input().put_slice(&[0x81, 0x85, 0, 0, 0, 0]);
    assert!(matches!(step(&mut accepting), Step::Write));
    accepting.flushed();
    assert!(matches!(step(&mut accepting), Step::Write), "the output is not written yet");
    written(&mut accepting);
    assert!(matches!(step(&mut accepting), Step::Done(Ok(()))));
    accepting.input().put_slice(b"Hello");
    let mut websocket = accepting.into_websocket(Config::new()).expect("it is open");
    assert_eq!(websocket.receive(), Ok(Some(Message::text("Hello"))));
}

#[test]
fn a_request_that_ends_early_is_an_error() {
    let mut accepting = accepting();
    accepting.input().put_slice(&REQUEST[..20]);
    assert!(matches!(step(&mut accepting), Step::Read));
    accepting.receive_eof();
    match step(&mut accepting) {
        Step::Done(Err(AcceptError::Io(error))) => {
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(step(&mut accepting), Step::Done(Err(AcceptError::Finished))));
}

#[test]
fn debug_of_a_handshake_in_progress_shows_no_secret() {
    let mut accepting = accepting();
    accepting.input().put_slice(b"GET /?token=secret HTTP/1.1\r\nCookie: secret\r\n");
    let mut connecting = connecting(options());
    connecting.output().advance(100);
    connecting.flushed();
    for shown in [format!("{accepting:?}"), format!("{connecting:?}"), format!("{connecting:#?}")] {
        assert!(!shown.contains("secret") && !shown.contains("115"), "{shown}");
    }
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

#[test]
fn the_response_to_head_has_no_body() {
    let head = b"HEAD /chat HTTP/1.1\r\nHost: a\r\n";
    for rest in [&b"\r\n"[..], b"Upgrade: websocket\r\n\r\n", b"Upgrade: websocket/13\r\n\r\n"] {
        let mut accepting = accepting();
        accepting.input().put_slice(head);
        accepting.input().put_slice(rest);
        assert!(matches!(accepting.step(|_| Reply::refuse(403).body("no")), Step::Write));
        let response = written(&mut accepting);
        assert!(response.ends_with("\r\n\r\n"), "{response}");
        assert!(!response.contains("Content-Length: 0"), "{response}");
    }
}
