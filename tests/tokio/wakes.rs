//! Two tasks use one transport, and both write. One task may complete the write that the other task
//! waits for. The transport wakes no task for a write that is ready, so the first task wakes the
//! other.

use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use support::transport::{Peer, Task, Transport, enter, open, open_with, run, within};
use support::{Frame, SEED, Side};
use tokio::time::{Instant, advance};
use websocket_proto::connection::{Client, Server};
use websocket_proto::io::Error;
use websocket_proto::tokio::{ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

type Halves = (ReadHalf<Transport, Server>, WriteHalf<Transport, Server>, Peer);

fn halves(config: Config) -> Halves {
    let (socket, peer) = open_with(Server, config);
    let (reader, writer) = socket.into_split();
    (reader, writer, peer)
}

fn close() -> Message {
    Message::close(CloseCode::NORMAL, "").expect("sendable")
}

/// Polls once, for the task of that waker.
fn poll<T>(waker: &Waker, future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

#[test]
fn a_flush_that_the_receiving_task_completes_wakes_the_sending_task() {
    let (mut reader, mut writer, peer) = halves(Config::new());
    let (writing, writer_waker) = Task::new();
    let (_, reader_waker) = Task::new();
    peer.room(0);
    assert!(poll(&writer_waker, writer.send("text")).is_pending());
    peer.room_unannounced(None);
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert!(writing.take_woken());
    assert!(poll(&writer_waker, writer.flush()).is_ready());
}

#[test]
fn a_close_that_the_receiving_task_writes_wakes_the_sending_task() {
    let _runtime = enter();
    let (mut reader, mut writer, peer) = halves(Config::new());
    let (writing, writer_waker) = Task::new();
    let (_, reader_waker) = Task::new();
    peer.room(0);
    assert!(poll(&writer_waker, writer.close(CloseCode::NORMAL, "")).is_pending());
    peer.room_unannounced(None);
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert!(writing.take_woken());
    assert!(poll(&writer_waker, writer.close(CloseCode::NORMAL, "")).is_ready());
}

#[test]
fn a_sink_is_woken_when_the_stream_has_completed_its_flush() {
    let _runtime = enter();
    let (mut socket, peer) = open(Server);
    let (sending, sink_waker) = Task::new();
    let (_, stream_waker) = Task::new();
    let mut sink_context = Context::from_waker(&sink_waker);
    peer.room(0);
    assert!(Pin::new(&mut socket).poll_close(&mut sink_context).is_pending());
    peer.room_unannounced(None);
    assert!(Pin::new(&mut socket).poll_next(&mut Context::from_waker(&stream_waker)).is_pending());
    assert!(sending.take_woken());
    assert!(Pin::new(&mut socket).poll_close(&mut sink_context).is_ready());
}

#[test]
fn room_that_the_receiving_task_makes_wakes_the_sending_task() {
    let (mut reader, mut writer, peer) = halves(Config::new().high_water_mark(10));
    let (writing, writer_waker) = Task::new();
    let (_, reader_waker) = Task::new();
    peer.room(0);
    run(writer.feed("fills the queue")).expect("there is room").expect("it is open");
    assert!(poll(&writer_waker, writer.ready()).is_pending());
    peer.room_unannounced(Some(5));
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert!(!writing.take_woken(), "12 bytes are left");
    peer.room_unannounced(Some(5));
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert!(writing.take_woken(), "7 bytes are left");
    assert!(poll(&writer_waker, writer.ready()).is_ready());
}

#[test]
fn a_write_of_the_receiving_task_that_fails_wakes_the_sending_task() {
    let (mut reader, mut writer, peer) = halves(Config::new());
    let (writing, writer_waker) = Task::new();
    let (_, reader_waker) = Task::new();
    peer.room(0);
    assert!(poll(&writer_waker, writer.send("text")).is_pending());
    let next_step = peer.state().steps + 1;
    peer.fail_at(next_step, true);
    assert!(poll(&reader_waker, reader.next()).is_ready());
    assert!(writing.take_woken());
    assert!(matches!(poll(&writer_waker, writer.flush()), Poll::Ready(Err(_))));
}

#[test]
fn a_flush_of_the_receiving_task_that_fails_fails_the_send_that_waits_for_it() {
    let (mut reader, mut writer, peer) = halves(Config::new());
    let (writing, writer_waker) = Task::new();
    let (_, reader_waker) = Task::new();
    peer.hesitate();
    assert!(poll(&writer_waker, writer.send("text")).is_pending(), "the write");
    assert!(poll(&writer_waker, writer.flush()).is_pending(), "the flush");
    assert!(writing.take_woken());
    assert_eq!(peer.take_written().len(), 6);
    let next_step = peer.state().steps + 1;
    peer.fail_at(next_step, true);
    let _ = poll(&reader_waker, reader.next());
    assert!(matches!(run(writer.flush()), Some(Err(_))));
    assert!(matches!(run(writer.flush()), Some(Err(_))));
}

/// Tasks that share a whole stream may use its methods instead of the trait `Sink`.
#[test]
fn a_close_that_is_queued_by_a_method_of_the_whole_stream_wakes_the_task_that_receives() {
    let _runtime = enter();
    let (mut socket, _peer) = open(Server);
    let (receiving, stream_waker) = Task::new();
    let mut stream_context = Context::from_waker(&stream_waker);
    assert!(Pin::new(&mut socket).poll_next(&mut stream_context).is_pending());
    socket.try_send(close()).unwrap();
    assert!(receiving.take_woken());

    let (mut socket, _peer) = open(Server);
    assert!(Pin::new(&mut socket).poll_next(&mut stream_context).is_pending());
    run(socket.feed(close())).unwrap().unwrap();
    assert!(receiving.take_woken());
}

/// Halves whose receiving task waits until its answer to a Close is written.
fn with_an_unwritten_answer(reader_waker: &Waker) -> Halves {
    let (mut reader, writer, peer) = halves(Config::new());
    peer.room(0);
    peer.give(Frame::close(1000, "").bytes(Side::Server));
    assert!(poll(reader_waker, reader.next()).is_ready(), "the Close");
    assert!(poll(reader_waker, reader.next()).is_pending(), "its answer is not written");
    (reader, writer, peer)
}

#[test]
fn an_answer_that_the_sending_task_writes_wakes_the_receiving_task() {
    let _runtime = enter();
    let (_, writer_waker) = Task::new();
    let (reading, reader_waker) = Task::new();
    let (mut reader, mut writer, peer) = with_an_unwritten_answer(&reader_waker);
    peer.room_unannounced(None);
    assert!(poll(&writer_waker, writer.flush()).is_ready());
    assert!(reading.take_woken());
    assert!(matches!(poll(&reader_waker, reader.next()), Poll::Ready(None)));
    assert!(peer.state().shut);
}

#[test]
fn a_write_of_the_sending_task_that_fails_wakes_a_receiving_task_that_closes() {
    let _runtime = enter();
    let (_, writer_waker) = Task::new();
    let (reading, reader_waker) = Task::new();
    let (mut reader, mut writer, peer) = with_an_unwritten_answer(&reader_waker);
    peer.fail_reads(ErrorKind::ConnectionReset);
    let _ = reading.take_woken();
    let next_step = peer.state().steps + 1;
    peer.fail_at(next_step, true);
    assert!(poll(&writer_waker, writer.flush()).is_ready());
    assert!(reading.take_woken());
    assert!(matches!(poll(&reader_waker, reader.next()), Poll::Ready(None)));
}

#[test]
fn a_flush_of_the_sending_task_wakes_nobody_while_the_connection_is_open() {
    let (mut reader, mut writer, peer) = halves(Config::new());
    let (writing, writer_waker) = Task::new();
    let (reading, reader_waker) = Task::new();
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert!(poll(&writer_waker, writer.send("text")).is_ready());
    assert!(!reading.take_woken() && !writing.take_woken());
    assert_eq!(peer.take_messages(Client::new(SEED)).len(), 1);
}

/// A stream that only one task uses keeps no wakers.
#[test]
fn one_task_is_not_woken_by_its_own_write() {
    let (mut socket, peer): (WebSocketStream<_, _>, _) = open(Server);
    let (task, waker) = Task::new();
    peer.room(0);
    assert!(poll(&waker, socket.send("text")).is_pending());
    peer.room_unannounced(None);
    assert!(poll(&waker, socket.next()).is_pending());
    assert!(!task.take_woken());
}

/// Fills the queue. Then the sending task waits for room, and the receiving task waits too.
fn waiting_for_room(config: Config) -> (Halves, [Arc<Task>; 2], [Waker; 2]) {
    let (mut reader, mut writer, peer) = halves(config.high_water_mark(1));
    let (reading, reader_waker) = Task::new();
    let (writing, writer_waker) = Task::new();
    peer.room(0);
    run(writer.feed("fills the queue")).expect("there is room").expect("it is open");
    assert!(poll(&writer_waker, writer.send("text")).is_pending());
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert!(!reading.take_woken() && !writing.take_woken());
    ((reader, writer, peer), [reading, writing], [reader_waker, writer_waker])
}

#[track_caller]
fn assert_refused(writer: &mut WriteHalf<Transport, Server>, waker: &Waker) {
    let Poll::Ready(Err(Error::Rejected(rejected))) = poll(waker, writer.send("text")) else {
        panic!("it waits for room that does not help")
    };
    assert_eq!(rejected.error, SendError::Closing);
}

/// More room would not help: nothing can be sent any more.
#[test]
fn a_task_that_waits_for_room_is_woken_when_the_other_half_closes() {
    let _runtime = enter();
    let ((mut reader, mut writer, _peer), [_, writing], [reader_waker, writer_waker]) =
        waiting_for_room(Config::new());
    assert!(poll(&reader_waker, reader.finish()).is_pending());
    assert!(writing.take_woken());
    assert_refused(&mut writer, &writer_waker);
}

#[test]
fn a_task_that_waits_for_room_is_woken_when_the_peer_has_ended_the_transport() {
    let _runtime = enter();
    let ((mut reader, mut writer, peer), [_, writing], [reader_waker, writer_waker]) =
        waiting_for_room(Config::new());
    peer.end();
    assert!(poll(&reader_waker, reader.next()).is_pending(), "the queue may still be written");
    assert!(writing.take_woken());
    assert_refused(&mut writer, &writer_waker);
}

/// The peer never stops sending, so the timer of the receiving task is never asked.
#[test]
fn a_task_that_waits_for_room_is_woken_when_a_message_has_taken_too_long() {
    let _runtime = enter();
    let ((mut reader, mut writer, peer), [_, writing], [reader_waker, writer_waker]) =
        waiting_for_room(Config::new().message_timeout(Duration::ZERO));
    let bytes = Frame::text("text").bytes(Side::Server);
    peer.bite(1);
    peer.give(&bytes[..bytes.len() - 1]);
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert!(writing.take_woken());
    assert_refused(&mut writer, &writer_waker);
}

/// The time limit of the keepalive begins when the Ping is written, whichever task writes it.
#[tokio::test(start_paused = true)]
async fn a_ping_that_the_sending_task_writes_wakes_the_receiving_task() {
    let (interval, timeout) = (Duration::from_secs(30), Duration::from_secs(5));
    let config = Config::new().keepalive(Keepalive { interval, timeout });
    let (mut reader, mut writer, peer) = halves(config);
    let (_, writer_waker) = Task::new();
    let (reading, reader_waker) = Task::new();
    peer.room(0);
    assert!(poll(&reader_waker, reader.next()).is_pending());
    advance(interval).await;
    assert!(reading.take_woken());
    assert!(poll(&reader_waker, reader.next()).is_pending(), "the Ping is not written");
    peer.room_unannounced(None);
    assert!(poll(&writer_waker, writer.flush()).is_ready());
    assert!(reading.take_woken());
    assert!(poll(&reader_waker, reader.next()).is_pending());
    advance(timeout).await;
    assert!(reading.take_woken());
    let Poll::Ready(Some(Err(error))) = poll(&reader_waker, reader.next()) else {
        panic!("the peer is given up")
    };
    assert!(matches!(error, Error::Protocol(ProtocolError::KeepaliveTimeout { .. })), "{error:?}");
}

#[test]
fn after_a_split_only_the_tasks_of_the_halves_are_woken() {
    let (mut socket, peer) = open(Server);
    let (before, waker) = Task::new();
    let (reading, reader_waker) = Task::new();
    peer.room(0);
    assert!(poll(&waker, socket.send("text")).is_pending());
    let (mut reader, _writer) = socket.into_split();
    assert!(poll(&reader_waker, reader.next()).is_pending());
    peer.open_room();
    assert!(reading.take_woken() && !before.take_woken());
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert_eq!(peer.take_messages(Client::new(SEED)).len(), 1);
}

#[test]
fn after_a_reunion_only_the_task_of_the_whole_is_woken() {
    let (mut reader, mut writer, peer) = halves(Config::new());
    let (reading, reader_waker) = Task::new();
    let (writing, writer_waker) = Task::new();
    let (after, waker) = Task::new();
    peer.room(0);
    assert!(poll(&writer_waker, writer.send("text")).is_pending());
    assert!(poll(&reader_waker, reader.next()).is_pending());
    let mut socket = reader.reunite(writer).expect("one connection");
    assert!(poll(&waker, socket.next()).is_pending());
    peer.open_room();
    assert!(after.take_woken() && !reading.take_woken() && !writing.take_woken());
    assert!(poll(&waker, socket.next()).is_pending());
    assert_eq!(peer.take_messages(Client::new(SEED)).len(), 1);
}

/// The timer is set to the deadline of a task that no longer waits, and then to the deadline of the
/// other task.
#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_task_that_stopped_waiting_does_not_hide_that_of_the_other() {
    let (interval, timeout) = (Duration::from_secs(30), Duration::from_secs(5));
    let config = Config::new().keepalive(Keepalive { interval, timeout });
    for drops_half in [false, true] {
        let (mut reader, mut writer, peer) = halves(config.clone());
        let (_, reader_waker) = Task::new();
        peer.room(0);
        assert!(poll(&reader_waker, reader.next()).is_pending());
        let reader = (!drops_half).then_some(reader);
        let begin = Instant::now();
        let error = within(writer.send("text")).await.expect_err("nothing is taken");
        assert!(matches!(error, Error::Protocol(ProtocolError::WriteTimeout { .. })), "{error:?}");
        assert_eq!(begin.elapsed().as_secs(), (interval + timeout).as_secs());
        drop(reader);
    }
}
