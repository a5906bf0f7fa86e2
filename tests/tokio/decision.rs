//! A server that decides on a request between two calls, and may wait meanwhile.

use support::transport::{Peer, Transport, drive, poll_and_drop, run, transport, within};
use support::{Frame, Side};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::sync::oneshot;
use websocket_proto::Message;
use websocket_proto::handshake::{Incoming, RequestError, WriteError};
use websocket_proto::io::{AcceptError, Reply};
use websocket_proto::tokio::Acceptor;

const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\n\
    Host: example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Cookie: a=b\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

const PAGE_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

/// More polls than any future in here needs when it is not dropped.
const ENOUGH: usize = 10_000;

fn acceptor(request: &[u8]) -> (Acceptor<Transport>, Peer) {
    let (transport, peer) = transport();
    peer.give(request);
    (Acceptor::new(transport), peer)
}

#[track_caller]
fn written_text(peer: &Peer) -> String {
    assert_eq!(peer.state().unflushed, 0, "the response has been flushed");
    String::from_utf8(peer.take_written()).expect("heads are ASCII")
}

#[tokio::test]
async fn a_decision_may_wait_while_the_client_sends_its_first_frames() {
    let (mut near, far) = duplex(1024);
    let (decide, decided) = oneshot::channel();
    let serve = async {
        let mut acceptor = Acceptor::new(far);
        let request = acceptor.request().await.expect("a good request");
        assert_eq!((request.path(), request.target()), ("/chat", "/chat?room=1"));
        assert_eq!(request.headers().first("Cookie"), Some(&b"a=b"[..]));
        let subprotocol = decided.await.expect("a decision");
        let reply = Reply::accept().subprotocol(request.choose_subprotocol(&[subprotocol]));
        let mut socket = acceptor.reply(reply).await.expect("it is accepted");
        let mut received = Vec::new();
        for _ in 0..2 {
            received.push(socket.next().await.expect("it is open").expect("a good peer"));
        }
        (received, socket.subprotocol().map(str::to_owned))
    };
    let ask = async {
        // The first frame is read together with the request, the second one comes later.
        let first = Frame::text("first").bytes(Side::Server);
        near.write_all(&[REQUEST, &first].concat()).await.expect("a pipe");
        tokio::task::yield_now().await;
        near.write_all(&Frame::text("second").bytes(Side::Server)).await.expect("a pipe");
        decide.send("chat.v2").expect("somebody waits for it");
        let mut heard = [0; 12];
        near.read_exact(&mut heard).await.expect("a response");
        assert_eq!(&heard, b"HTTP/1.1 101");
    };
    let ((received, subprotocol), ()) = within(async { tokio::join!(serve, ask) }).await;
    assert_eq!(received, [Message::text("first"), Message::text("second")]);
    assert_eq!(subprotocol.as_deref(), Some("chat.v2"));
}

#[test]
fn nothing_is_answered_before_the_reply() {
    let (mut acceptor, peer) = acceptor(REQUEST);
    run(acceptor.request()).expect("at once").expect("a good request");
    assert_eq!(peer.take_written(), b"");
    run(acceptor.reply(Reply::accept())).expect("at once").expect("it is accepted");
    assert!(written_text(&peer).starts_with("HTTP/1.1 101 "));
}

#[test]
fn a_request_that_is_asked_for_again_is_the_same_one() {
    let (mut acceptor, peer) = acceptor(REQUEST);
    for _ in 0..2 {
        let request = run(acceptor.request()).expect("at once").expect("a good request");
        assert_eq!(request.path(), "/chat");
        let incoming = run(acceptor.incoming()).expect("at once").expect("a good request");
        assert!(matches!(incoming, Incoming::WebSocket(request) if request.path() == "/chat"));
    }
    assert_eq!(peer.take_written(), b"");
}

#[test]
fn a_refusal_is_sent_and_ends_the_handshake() {
    let (mut acceptor, peer) = acceptor(REQUEST);
    run(acceptor.request()).expect("at once").expect("a good request");
    let refused = run(acceptor.reply(Reply::refuse(403))).expect("at once");
    assert!(matches!(refused, Err(AcceptError::Refused { status: 403 })), "{refused:?}");
    assert!(written_text(&peer).starts_with("HTTP/1.1 403 "));

    let again = run(acceptor.request()).expect("at once");
    assert!(matches!(again, Err(AcceptError::Finished)), "{again:?}");
    let again = run(acceptor.reply(Reply::accept())).expect("at once");
    assert!(matches!(again, Err(AcceptError::Finished)), "{again:?}");
    assert_eq!(peer.take_written(), b"");
}

#[test]
fn a_request_for_no_websocket_is_answered_for_a_server_that_wants_none() {
    let (mut acceptor, peer) = acceptor(PAGE_REQUEST);
    let error = run(acceptor.request()).expect("at once").expect_err("it asks for a page");
    assert!(matches!(error, AcceptError::NotWebSocket { status: 426 }), "{error:?}");
    assert!(written_text(&peer).starts_with("HTTP/1.1 426 "));
    let again = run(acceptor.reply(Reply::accept())).expect("at once");
    assert!(matches!(again, Err(AcceptError::Finished)), "{again:?}");
}

#[test]
fn a_request_for_no_websocket_is_given_to_a_server_that_serves_pages() {
    let (mut acceptor, peer) = acceptor(PAGE_REQUEST);
    let incoming = run(acceptor.incoming()).expect("at once").expect("a good request");
    assert!(matches!(incoming, Incoming::Http(request) if request.target == "/"));
    assert_eq!(peer.take_written(), b"");
    let outcome = run(acceptor.reply(Reply::refuse(200).body("a page"))).expect("at once");
    assert!(matches!(outcome, Err(AcceptError::NotWebSocket { status: 200 })), "{outcome:?}");
    assert!(written_text(&peer).ends_with("\r\n\r\na page"));
}

#[test]
fn a_wrong_request_is_answered_without_the_application() {
    let malformed = b"nonsense\r\n\r\n";
    let (mut acceptor, peer) = acceptor(malformed);
    let error = run(acceptor.request()).expect("at once").expect_err("it is no request");
    assert!(matches!(error, AcceptError::Request(RequestError::Head(_))), "{error:?}");
    assert!(written_text(&peer).starts_with("HTTP/1.1 400 "));

    let (mut acceptor, peer) = self::acceptor(malformed);
    let error = run(acceptor.incoming()).expect("at once").expect_err("it is no request");
    assert!(matches!(error, AcceptError::Request(RequestError::Head(_))), "{error:?}");
    assert!(written_text(&peer).starts_with("HTTP/1.1 400 "));
}

#[test]
fn a_reply_before_the_request_is_an_error_and_changes_nothing() {
    let (mut acceptor, peer) = acceptor(b"");
    let early = run(acceptor.reply(Reply::refuse(403))).expect("at once");
    assert!(matches!(early, Err(AcceptError::NoRequest)), "{early:?}");
    peer.give(&REQUEST[..50]);
    assert!(run(acceptor.request()).is_none());
    let early = run(acceptor.reply(Reply::refuse(403))).expect("at once");
    assert!(matches!(early, Err(AcceptError::NoRequest)), "{early:?}");

    peer.give(&REQUEST[50..]);
    run(acceptor.request()).expect("at once").expect("a good request");
    run(acceptor.reply(Reply::accept())).expect("at once").expect("it is accepted");
    assert!(written_text(&peer).starts_with("HTTP/1.1 101 "));
}

#[test]
fn a_reply_that_cannot_be_sent_becomes_a_500() {
    let (mut acceptor, peer) = acceptor(REQUEST);
    run(acceptor.request()).expect("at once").expect("a good request");
    let reply = Reply::accept().subprotocol("chat.v3");
    let error = run(acceptor.reply(reply)).expect("at once").expect_err("nobody offered it");
    assert!(matches!(error, AcceptError::Reply(WriteError::SubprotocolNotOffered)), "{error:?}");
    assert!(written_text(&peer).starts_with("HTTP/1.1 500 "));
}

#[test]
fn the_first_reply_stays_when_its_future_was_dropped() {
    let (mut acceptor, peer) = acceptor(REQUEST);
    peer.room(0);
    run(acceptor.request()).expect("at once").expect("a good request");
    assert!(run(acceptor.reply(Reply::refuse(403))).is_none());
    // The request can still be read.
    let request = run(acceptor.request()).expect("at once").expect("a good request");
    assert_eq!(request.path(), "/chat");
    peer.open_room();
    let outcome = run(acceptor.reply(Reply::accept())).expect("at once");
    assert!(matches!(outcome, Err(AcceptError::Refused { status: 403 })), "{outcome:?}");
    assert!(written_text(&peer).starts_with("HTTP/1.1 403 "));
}

#[test]
fn a_reply_that_was_never_polled_is_not_given() {
    let (mut acceptor, peer) = acceptor(REQUEST);
    run(acceptor.request()).expect("at once").expect("a good request");
    assert!(poll_and_drop(0, acceptor.reply(Reply::refuse(403))).is_none());
    run(acceptor.reply(Reply::accept())).expect("at once").expect("it is accepted");
    assert!(written_text(&peer).starts_with("HTTP/1.1 101 "));
}

#[test]
fn the_closure_may_decide_on_a_request_that_was_looked_at() {
    let (mut acceptor, peer) = acceptor(REQUEST);
    run(acceptor.request()).expect("at once").expect("a good request");
    run(acceptor.accept_with(|request| {
        assert_eq!(request.path(), "/chat");
        Reply::accept()
    }))
    .expect("at once")
    .expect("it is accepted");
    assert!(written_text(&peer).starts_with("HTTP/1.1 101 "));
}

#[test]
fn a_request_and_a_reply_whose_futures_are_dropped_at_every_await_lose_nothing() {
    for (patience, bite) in (1..=8).chain([ENOUGH]).zip([1, 10, usize::MAX].into_iter().cycle()) {
        for status in [101, 403] {
            let (mut acceptor, peer) = acceptor(REQUEST);
            peer.hesitate();
            peer.bite(bite);
            peer.give(Frame::text("early").bytes(Side::Server));
            let target = drive(&mut acceptor, patience, async |acceptor| {
                let request = acceptor.request().await.expect("a good request");
                request.target().to_owned()
            });
            assert_eq!(target.as_deref(), Some("/chat?room=1"));
            let outcome = drive(&mut acceptor, patience, async |acceptor| {
                let reply = if status == 101 { Reply::accept() } else { Reply::refuse(status) };
                acceptor.reply(reply).await
            })
            .expect("the transport wakes whoever waits");
            match outcome {
                Ok(mut server) => {
                    assert_eq!(status, 101);
                    let early = drive(&mut server, patience, async |server| server.next().await);
                    let early = early.expect("it came").expect("it is open");
                    assert_eq!(early.expect("a good peer"), Message::text("early"));
                }
                Err(AcceptError::Refused { status: refused }) => assert_eq!(refused, status),
                Err(error) => panic!("{error:?}"),
            }
            let response = written_text(&peer);
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
            assert_eq!(response.matches("HTTP/1.1").count(), 1, "{response}");
        }
    }
}

#[test]
fn a_refusal_by_the_acceptor_itself_is_finished_when_its_future_was_dropped() {
    for patience in 1..=4 {
        let (mut acceptor, peer) = acceptor(PAGE_REQUEST);
        peer.hesitate();
        peer.bite(1);
        let outcome = drive(&mut acceptor, patience, async |acceptor| {
            acceptor.request().await.map(|request| request.head_len())
        })
        .expect("the transport wakes whoever waits");
        assert!(matches!(outcome, Err(AcceptError::NotWebSocket { status: 426 })), "{outcome:?}");
        assert_eq!(written_text(&peer).matches("HTTP/1.1 426").count(), 1);
    }
}

/// A future that a server can spawn.
#[test]
fn a_decision_that_waits_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    is_send(async {
        let (transport, _peer) = duplex(16);
        let mut acceptor = Acceptor::new(transport);
        let request = acceptor.request().await?;
        tokio::task::yield_now().await;
        let reply = Reply::accept().subprotocol(request.choose_subprotocol(&["chat.v2"]));
        acceptor.reply(reply).await.map(drop)
    });
}
