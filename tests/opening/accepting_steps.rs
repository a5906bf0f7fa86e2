//! The opening handshake of a server as steps, without a transport and with a clock of the test's
//! own: its time limit, and what becomes of the bytes.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::{Buf, BufMut};
use websocket_proto::Message;
use websocket_proto::handshake::Incoming;
use websocket_proto::http1::HeadLimits;
use websocket_proto::io::{AcceptError, Accepting, Reply, Step};
use websocket_proto::websocket::Config;

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

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
    let asked = || {
        let mut accepting = accepting();
        accepting.handle_deadline(seconds(0));
        accepting.input().put_slice(REQUEST);
        assert!(matches!(accepting.step_to_request(), Step::Done(Ok(()))));
        accepting
    };
    let mut accepting = asked();
    assert_eq!(accepting.deadline(seconds(9)), None);
    accepting.handle_deadline(seconds(3600));
    assert!(matches!(accepting.incoming(), Some(Incoming::WebSocket(_))));
    // A closure may answer it too.
    let mut later = asked();
    assert!(matches!(step(&mut later), Step::Write));
    assert_eq!(later.deadline(seconds(3600)), Some(seconds(3610)));

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

#[test]
fn a_refusal_has_a_body_or_none_however_the_request_is_cut() {
    let begins = [&b"\rHEAD / HTTP/1.1\r\n"[..], b" HEAD / HTTP/1.1\r\n", b"\r\nHEAD / \n"];
    for (request, has_body) in begins.into_iter().zip([true, true, false]) {
        let mut whole = accepting();
        whole.input().put_slice(request);
        assert!(matches!(step(&mut whole), Step::Write), "{}", request.escape_ascii());
        let response = written(&mut whole);
        assert_eq!(!response.ends_with("\r\n\r\n"), has_body, "{response}");
        let mut dripping = accepting();
        let mut bytes = request.iter();
        while matches!(step(&mut dripping), Step::Read) {
            dripping.input().put_slice(&[*bytes.next().expect("another byte")]);
        }
        assert_eq!(written(&mut dripping), response);
    }
}

#[test]
fn a_request_with_head_that_comes_too_late_gets_no_body() {
    let mut accepting = accepting();
    accepting.handle_deadline(seconds(0));
    accepting.input().put_slice(b"HEAD /chat HTTP/1.1\r\n");
    assert!(matches!(step(&mut accepting), Step::Read));
    accepting.handle_deadline(seconds(10));
    assert!(matches!(step(&mut accepting), Step::Write));
    let response = written(&mut accepting);
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(response.ends_with("\r\n\r\n"), "{response}");
}
