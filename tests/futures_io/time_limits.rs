//! Every wait has a limit if the caller gives a timer. The clock of these timers is virtual.

use std::io::ErrorKind;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use support::transport::{Task, run, transport};
use support::{Frame, SEED, Side};
use tokio::time::{Instant, sleep};
use websocket_proto::asynchronous::Transport as _;
use websocket_proto::connection::{Client, Server};
use websocket_proto::futures_io::{Acceptor, Error, FuturesTransport};
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

use crate::compat::{Compat, open, untimed, within};

const TIMEOUT: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(10);

fn watched() -> Config {
    Config::new().keepalive(Keepalive { interval: Duration::from_secs(20), timeout: TIMEOUT })
}

#[track_caller]
fn protocol(error: Error) -> ProtocolError {
    let Error::Protocol(error) = error else { panic!("{error:?}") };
    error
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_a_close_is_given_up() {
    let (mut socket, _peer) = open(Server, Config::new());
    let begin = Instant::now();
    within(socket.close(CloseCode::NORMAL, "")).await.expect("it is sent");
    let error = within(socket.finish()).await.expect_err("no Close comes");
    assert_eq!(protocol(error), ProtocolError::CloseTimeout { timeout: LIMIT });
    assert!((9..=11).contains(&begin.elapsed().as_secs()));
    within(socket.finish()).await.expect("it is told once");
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up_and_the_other_half_learns_it() {
    let (socket, peer) = open(Server, watched().high_water_mark(1));
    let (mut reader, mut writer) = socket.into_split();
    let begin = Instant::now();
    let error = within(reader.next()).await.expect("once").expect_err("it is silent");
    assert_eq!(protocol(error), ProtocolError::KeepaliveTimeout { timeout: TIMEOUT });
    assert!((24..=26).contains(&begin.elapsed().as_secs()));
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::Ping(Vec::new().into())]);
    let error = within(writer.send("late")).await.expect_err("it is over");
    assert!(matches!(error, Error::Rejected(rejected) if rejected.error == SendError::Closing));
    within(writer.close(CloseCode::NORMAL, "")).await.expect("it is over");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_only_sends_gives_a_stuck_peer_up() {
    for config in [watched(), Config::new().write_timeout(Duration::from_secs(25))] {
        let (socket, peer) = open(Server, config);
        let (_reader, mut writer) = socket.into_split();
        peer.room(3);
        let begin = Instant::now();
        let error = within(writer.send("a text")).await.expect_err("it takes nothing");
        let timeout = Duration::from_secs(25);
        assert_eq!(protocol(error), ProtocolError::WriteTimeout { timeout });
        assert!((24..=26).contains(&begin.elapsed().as_secs()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_of_a_server_that_keeps_the_transport_open_is_done_in_time() {
    let (mut socket, peer) = open(Client::new(SEED), Config::new());
    peer.give(Frame::close(1000, "").bytes(Side::Client));
    let begin = Instant::now();
    within(socket.next()).await.expect("a Close").expect("a good peer");
    assert!(within(socket.next()).await.is_none());
    assert!((9..=11).contains(&begin.elapsed().as_secs()));
    within(socket.close(CloseCode::NORMAL, "")).await.expect("it is over");
    within(socket.finish()).await.expect("it is over");
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_that_stays_is_given_up() {
    let (stream, _peer) = transport();
    let transport = FuturesTransport::new(Compat(stream)).timer(sleep);
    let acceptor = Acceptor::from_transport(transport);
    let error = within(acceptor.finish(LIMIT)).await.expect_err("it stays");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

/// A timer that is early must not keep the task busy until the time has come.
#[test]
fn a_timer_that_is_early_is_believed() {
    let (stream, _peer) = transport();
    let transport = FuturesTransport::new(Compat(stream)).timer(|_| async {});
    let acceptor = Acceptor::from_transport(transport);
    let (_task, waker) = Task::new();
    let finished =
        pin!(acceptor.finish(Duration::from_secs(3600))).poll(&mut Context::from_waker(&waker));
    let Poll::Ready(Err(error)) = finished else { panic!("{finished:?}") };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn no_time_limit_of_any_length_panics() {
    for time in [Duration::ZERO, Duration::MAX, Duration::MAX - Duration::from_secs(1)] {
        let config = Config::new()
            .close_timeout(time)
            .write_timeout(time)
            .keepalive(Keepalive { interval: time, timeout: time });
        let (stream, peer) = transport();
        peer.room(1);
        let mut timed = crate::compat::timed(stream, Server, config.clone());
        let (stream, peer) = transport();
        peer.room(1);
        let mut untimed = untimed(stream, Server, config);
        let _runtime = support::transport::enter();
        for socket in [&mut timed, &mut untimed] {
            let (_task, waker) = Task::new();
            let mut context = Context::from_waker(&waker);
            let _ = pin!(socket.send("text")).poll(&mut context);
            let _ = pin!(socket.next()).poll(&mut context);
            let _ = pin!(socket.finish()).poll(&mut context);
        }
    }
}

/// The peer never stops sending, so the half that receives finds without a timer that the close
/// time-out has passed.
#[test]
fn a_half_that_waits_without_a_timer_is_woken_at_the_end_of_the_connection() {
    let config = Config::new().close_timeout(Duration::ZERO);
    let (transport, peer) = transport();
    let (mut reader, mut writer) = untimed(transport, Server, config).into_split();
    let (sending, waker) = Task::new();
    peer.room(0);
    let mut context = Context::from_waker(&waker);
    assert!(pin!(writer.close(CloseCode::NORMAL, "")).poll(&mut context).is_pending());
    let _ = sending.take_woken();
    peer.bite(1);
    peer.give(Frame::ping("flood").bytes(Side::Server));
    let end = run(reader.next()).expect("it is over").expect("once").expect_err("no Close");
    assert!(matches!(protocol(end), ProtocolError::CloseTimeout { .. }));
    assert!(sending.take_woken());
    assert!(run(writer.flush()).expect("at once").is_err(), "the Close is lost");
}
