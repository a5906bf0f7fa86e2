//! The keepalive of the tokio adapter, in virtual time.

use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use support::transport::{Peer, Task, Transport, open_with, run, within};
use support::{Frame, SEED, Side};
use tokio::time::{Instant, advance, sleep, timeout};
use websocket_proto::connection::{Client, Server};
use websocket_proto::io::Error;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError};

const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(5);

fn watched() -> (WebSocketStream<Transport, Server>, Peer) {
    let keepalive = Keepalive { interval: INTERVAL, timeout: TIMEOUT };
    open_with(Server, Config::new().keepalive(keepalive))
}

fn ping() -> Message {
    Message::Ping(Vec::new().into())
}

fn assert_timed_out(next: Option<Result<Message, Error>>) {
    let error = next.expect("once").expect_err("the peer is silent");
    let Error::Protocol(error) = error else { panic!("{error:?}") };
    assert_eq!(error, ProtocolError::KeepaliveTimeout { timeout: TIMEOUT });
    assert_eq!(error.close_code(), CloseCode::ABNORMAL);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_asked_after_the_interval_and_given_up_after_the_time_out() {
    let (mut socket, peer) = watched();
    let begin = Instant::now();
    timeout(INTERVAL - Duration::from_millis(1), socket.next()).await.expect_err("silence");
    assert_eq!(peer.take_written(), b"");
    timeout(Duration::from_millis(2), socket.next()).await.expect_err("silence");
    assert_eq!(peer.take_messages(Client::new(SEED)), [ping()]);

    assert_timed_out(within(socket.next()).await);
    assert_eq!(begin.elapsed().as_secs(), (INTERVAL + TIMEOUT).as_secs());
    assert!(within(socket.next()).await.is_none(), "it is told once");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_is_asked_again_and_again() {
    let (mut socket, peer) = watched();
    for _ in 0..3 {
        // Its answer comes at the last moment.
        let asked = INTERVAL + TIMEOUT - Duration::from_millis(2);
        timeout(asked, socket.next()).await.expect_err("silence");
        assert_eq!(peer.take_messages(Client::new(SEED)), [ping()]);
        peer.give(Frame::pong("").bytes(Side::Server));
        let pong = within(socket.next()).await.expect("open").expect("a good peer");
        assert_eq!(pong, Message::Pong(Vec::new().into()));
    }
}

#[tokio::test(start_paused = true)]
async fn any_bytes_are_a_sign_of_life() {
    let (mut socket, peer) = watched();
    // A message that trickles in, a byte each 20 s, is not done before two intervals are over.
    let bytes = Frame::text("hello").bytes(Side::Server);
    let (last, first) = bytes.split_last().expect("some");
    for byte in first {
        timeout(Duration::from_secs(20), socket.next()).await.expect_err("it is not whole");
        peer.give([*byte]);
    }
    timeout(Duration::from_secs(20), socket.next()).await.expect_err("it is not whole");
    assert_eq!(peer.take_written(), b"");
    peer.give([*last]);
    let hello = within(socket.next()).await.expect("open").expect("a good peer");
    assert_eq!(hello, Message::text("hello"));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_slowly_has_not_gone() {
    let (mut socket, peer) = watched();
    within(socket.feed("x".repeat(100))).await.expect("there is room");
    for _ in 0..50 {
        peer.room(1);
        let next = timeout(INTERVAL, socket.next()).await;
        next.expect_err("the Ping has not been written");
    }
    peer.open_room();
    let begin = Instant::now();
    assert_timed_out(within(socket.next()).await);
    assert_eq!(begin.elapsed().as_secs(), TIMEOUT.as_secs());
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text("x".repeat(100)), ping()]);
}

#[tokio::test(start_paused = true)]
async fn the_receiving_half_waits_for_the_answer_to_a_ping_that_the_other_half_wrote() {
    let (socket, peer) = watched();
    let (mut reader, mut writer) = socket.into_split();
    peer.room(0);
    let (reading, waker) = Task::new();
    let mut context = Context::from_waker(&waker);
    let mut next = pin!(reader.next());
    assert!(next.as_mut().poll(&mut context).is_pending());
    advance(INTERVAL).await;
    assert!(reading.take_woken());
    assert!(next.as_mut().poll(&mut context).is_pending(), "the Ping waits to be written");

    assert!(run(writer.flush()).is_none());
    peer.open_room();
    assert!(reading.take_woken(), "whoever writes it, it has to set its clock");
    within(writer.flush()).await.expect("a good transport");
    assert_eq!(peer.take_messages(Client::new(SEED)), [ping()]);
    assert!(next.as_mut().poll(&mut context).is_pending());
    advance(TIMEOUT).await;
    assert!(reading.take_woken());
    let Poll::Ready(next) = next.as_mut().poll(&mut context) else { panic!("it waits on") };
    assert_timed_out(next);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_closes_is_not_watched() {
    let (mut socket, peer) = watched();
    let close = Message::close(CloseCode::NORMAL, "").expect("sendable");
    within(socket.send(close.clone())).await.expect("it is open");
    timeout(Duration::from_secs(9), socket.next()).await.expect_err("silence");
    assert_eq!(peer.take_messages(Client::new(SEED)), [close]);
}

#[tokio::test(start_paused = true)]
async fn without_a_keepalive_a_silent_peer_is_waited_for() {
    let (mut socket, peer) = open_with(Server, Config::new());
    timeout(Duration::from_secs(1_000_000), socket.next()).await.expect_err("silence");
    assert_eq!(peer.take_written(), b"");
}

#[tokio::test(start_paused = true)]
async fn time_that_the_application_takes_is_not_silence_of_the_peer() {
    let (mut socket, peer) = watched();
    timeout(Duration::from_secs(1), socket.next()).await.expect_err("silence");
    // What has come meanwhile is looked at before any deadline.
    peer.give(Frame::text("hello").bytes(Side::Server));
    sleep(10 * INTERVAL).await;
    let hello = within(socket.next()).await.expect("open").expect("a good peer");
    assert_eq!(hello, Message::text("hello"));
    timeout(Duration::from_secs(1), socket.next()).await.expect_err("silence");
    assert_eq!(peer.take_written(), b"", "it was heard a second ago");
}
