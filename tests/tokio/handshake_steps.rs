//! The opening handshake in the tokio adapter, when its futures are dropped and its transport
//! fails or ends at any step.

use std::future::Future;
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use support::transport::{Peer, Transport, drive, run, transport};
use support::{Frame, Side};
use tokio::time::advance;
use websocket_proto::Message;
use websocket_proto::handshake::{Incoming, Request, ResponseError, ServerHandshake};
use websocket_proto::io::{AcceptError, ConnectError, ConnectOptions, Reply};
use websocket_proto::tokio::{Acceptor, Connector, WebSocketStream};

const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

const LIMIT: Duration = Duration::from_secs(1);

/// More polls than any future in here needs when it is not dropped.
const ENOUGH: usize = 10_000;

fn options() -> ConnectOptions {
    ConnectOptions::new("ws://example.com/chat").expect("a good url")
}

fn connector(options: ConnectOptions) -> (Connector<Transport>, Peer) {
    let (transport, peer) = transport();
    (Connector::new(transport, options).expect("a good request"), peer)
}

/// What a server answers to the request that the connector has written.
#[track_caller]
fn accepted(peer: &Peer) -> Vec<u8> {
    assert_eq!(peer.state().unflushed, 0, "the request has been flushed");
    let request = peer.take_written();
    let mut out = [0; 512];
    match ServerHandshake::new().receive(&request).expect("a good request") {
        Some(Incoming::WebSocket(request)) => {
            let len = request.accept().write(&mut out).expect("there is room");
            out[..len].to_vec()
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn written_text(peer: &Peer) -> String {
    assert_eq!(peer.state().unflushed, 0, "the response has been flushed");
    String::from_utf8(peer.take_written()).expect("heads are ASCII")
}

#[test]
fn a_transport_that_ends_in_the_handshake_is_an_error() {
    for len in [0, 1, REQUEST.len() - 1] {
        let (transport, peer) = transport();
        peer.give(&REQUEST[..len]);
        peer.end();
        let error = run(WebSocketStream::accept(transport)).expect("at once").expect_err("cut");
        assert!(
            matches!(error, AcceptError::Io(error) if error.kind() == ErrorKind::UnexpectedEof)
        );
        assert_eq!(peer.take_written(), b"");
    }
    for len in [0, 1, 50] {
        let (mut connector, peer) = connector(options());
        assert!(run(connector.connect()).is_none());
        peer.give(&accepted(&peer)[..len]);
        peer.end();
        let error = run(connector.connect()).expect("at once").expect_err("cut");
        assert!(matches!(error, ConnectError::Ended { .. }));
    }
}

#[test]
fn an_acceptor_whose_futures_are_dropped_at_every_await_asks_once_and_answers_once() {
    for (patience, bite) in (1..=8).chain([ENOUGH]).zip([1, 10, usize::MAX].into_iter().cycle()) {
        for status in [101, 403] {
            let (transport, peer) = transport();
            peer.hesitate();
            peer.bite(bite);
            peer.give(REQUEST);
            peer.give(Frame::text("early").bytes(Side::Server));
            let mut asked = 0;
            let mut acceptor = Acceptor::new(transport);
            let outcome = drive(&mut acceptor, patience, async |acceptor| {
                let answer = |request: &Request<'_>| {
                    asked += 1;
                    assert_eq!(request.target(), "/chat?room=1");
                    if status == 101 { Reply::accept() } else { Reply::refuse(status) }
                };
                acceptor.accept_with(answer).await
            })
            .expect("the transport wakes whoever waits");
            assert_eq!(asked, 1);
            match outcome {
                Ok(mut server) => {
                    assert_eq!(status, 101);
                    let early = drive(&mut server, patience, async |server| server.next().await);
                    let early = early.expect("it came").expect("it is open");
                    assert_eq!(early.expect("a good peer"), Message::text("early"));
                    assert!(run(server.next()).is_none());
                }
                Err(AcceptError::Refused { status: refused }) => assert_eq!(refused, status),
                Err(error) => panic!("{error:?}"),
            }
            let response = written_text(&peer);
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
            assert_eq!(response.matches("HTTP/1.1").count(), 1, "{response}");
            assert!(response.ends_with("\r\n\r\n"), "{response}");
        }
    }
}

#[test]
fn an_acceptor_that_has_refused_a_request_is_finished() {
    let (transport, peer) = transport();
    peer.give(REQUEST);
    peer.give(REQUEST);
    let mut acceptor = Acceptor::new(transport);
    let refused = run(acceptor.accept_with(|_| Reply::refuse(403))).expect("at once");
    assert!(matches!(refused, Err(AcceptError::Refused { status: 403 })));
    peer.take_written();
    let again = run(acceptor.accept()).expect("at once");
    assert!(matches!(again, Err(AcceptError::Finished)), "{again:?}");
    assert_eq!(peer.take_written(), b"");
}

#[test]
fn a_connector_whose_futures_are_dropped_at_every_await_asks_once() {
    for (patience, bite) in (1..=8).chain([ENOUGH]).zip([1, 10, usize::MAX].into_iter().cycle()) {
        let (mut connector, peer) = connector(options());
        peer.hesitate();
        peer.bite(bite);
        let connect = async |connector: &mut Connector<_>| connector.connect().await;
        assert!(drive(&mut connector, patience, connect).is_none(), "there is no answer yet");
        peer.give(accepted(&peer));
        peer.give(Frame::text("early").bytes(Side::Client));
        let mut client =
            drive(&mut connector, patience, connect).expect("it wakes").expect("accepted");
        let early = drive(&mut client, patience, async |client| client.next().await);
        let early = early.expect("it came").expect("it is open").expect("a good peer");
        assert_eq!(early, Message::text("early"));
        assert_eq!(peer.take_written(), b"");
    }
}

#[test]
fn a_handshake_fails_with_its_transport_at_any_step() {
    for step in 1..=3 {
        let (transport, peer) = transport();
        peer.give(REQUEST);
        // Read, write, flush; write, flush, read.
        peer.fail_at(step, true);
        let error = run(WebSocketStream::accept(transport)).expect("at once").expect_err("fails");
        assert!(matches!(error, AcceptError::Io(_)), "step {step}: {error:?}");

        let (mut connector, peer) = connector(options());
        peer.fail_at(step, true);
        let error = run(connector.connect()).expect("at once").expect_err("fails");
        assert!(matches!(error, ConnectError::Io { .. }), "step {step}: {error:?}");
    }
}

#[test]
fn a_dropped_handshake_drops_its_transport() {
    let (transport, peer) = transport();
    assert!(run(WebSocketStream::accept(transport)).is_none());
    assert!(peer.state().dropped);

    let (transport, peer) = self::transport();
    let mut acceptor = Acceptor::new(transport);
    assert!(run(acceptor.accept()).is_none());
    assert!(!peer.state().dropped, "it can go on");
    drop(acceptor);
    assert!(peer.state().dropped);
}

#[test]
fn bytes_behind_a_head_belong_to_the_websocket() {
    let frame = Frame::text("early").bytes(Side::Server);
    for cut in 0..=frame.len() {
        let (transport, peer) = transport();
        peer.give(REQUEST);
        peer.give(&frame[..cut]);
        let mut server = run(WebSocketStream::accept(transport)).expect("at once").expect("good");
        peer.give(&frame[cut..]);
        let early = run(server.next()).expect("it came").expect("open").expect("a good peer");
        assert_eq!(early, Message::text("early"));
    }
    let frame = Frame::text("early").bytes(Side::Client);
    for cut in 0..=frame.len() {
        let (mut connector, peer) = connector(options());
        assert!(run(connector.connect()).is_none());
        peer.give([&accepted(&peer), &frame[..cut]].concat());
        let mut client = run(connector.connect()).expect("at once").expect("accepted");
        peer.give(&frame[cut..]);
        let early = run(client.next()).expect("it came").expect("open").expect("a good peer");
        assert_eq!(early, Message::text("early"));
    }
}

#[test]
fn a_wrong_answer_is_an_error_and_nothing_more_is_sent() {
    let (mut connector, peer) = connector(options());
    assert!(run(connector.connect()).is_none());
    let answer = String::from_utf8(accepted(&peer)).expect("ASCII");
    let (head, _) = answer.split_once("Sec-WebSocket-Accept").expect("it is in there");
    peer.give(format!("{head}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"));
    let error = run(connector.connect()).expect("at once").expect_err("another's key");
    assert!(
        matches!(error, ConnectError::Response { error: ResponseError::Accept, .. }),
        "{error:?}"
    );
    assert_eq!(peer.take_written(), b"");
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The bytes arrive, and the time limit passes, while another task keeps the executor busy.
#[tokio::test(start_paused = true)]
async fn a_request_that_has_arrived_is_accepted_although_the_task_runs_late() {
    let (transport, peer) = transport();
    let mut acceptor = Acceptor::new(transport).handshake_timeout(LIMIT);
    let mut accepting = pin!(acceptor.accept());
    assert!(poll(accepting.as_mut()).is_pending());
    peer.give(REQUEST);
    advance(2 * LIMIT).await;
    assert!(matches!(poll(accepting.as_mut()), Poll::Ready(Ok(_))));
    assert!(written_text(&peer).starts_with("HTTP/1.1 101 "));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_written_late_opens_the_websocket() {
    let (transport, peer) = transport();
    peer.room(0);
    peer.give(REQUEST);
    let mut acceptor = Acceptor::new(transport).handshake_timeout(LIMIT);
    let mut accepting = pin!(acceptor.accept());
    assert!(poll(accepting.as_mut()).is_pending());
    peer.open_room();
    advance(2 * LIMIT).await;
    assert!(matches!(poll(accepting.as_mut()), Poll::Ready(Ok(_))));
    assert!(written_text(&peer).starts_with("HTTP/1.1 101 "));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_has_arrived_opens_the_websocket_although_the_task_runs_late() {
    let (mut connector, peer) = connector(options().connect_timeout(LIMIT));
    let mut connecting = pin!(connector.connect());
    assert!(poll(connecting.as_mut()).is_pending());
    peer.give(accepted(&peer));
    advance(2 * LIMIT).await;
    assert!(matches!(poll(connecting.as_mut()), Poll::Ready(Ok(_))));
}
