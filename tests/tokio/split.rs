//! Two halves of a WebSocket for two tasks: both are woken, what the protocol wants answered is,
//! and they make one again.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use futures_sink::Sink;
use support::transport::{self, Peer, Task, Transport, drive, open, open_with, run};
use support::{Frame, SEED, Side, stream};
use websocket_proto::connection::{Client, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::tokio::{ReadHalf, WriteHalf};
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

type Halves = (ReadHalf<Transport, Server>, WriteHalf<Transport, Server>, Peer);

fn halves() -> Halves {
    halves_with(Config::new())
}

fn halves_with(config: Config) -> Halves {
    let (socket, peer) = open_with(Server, config);
    let (reader, writer) = socket.into_split();
    (reader, writer, peer)
}

fn close_message(code: u16, reason: &str) -> Message {
    Message::close(CloseCode(code), reason).expect("sendable")
}

/// Polls once, for the task of that waker.
fn poll<T>(waker: &Waker, future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

#[track_caller]
fn received(reader: &mut ReadHalf<Transport, Server>) -> Message {
    run(reader.next()).expect("it has come").expect("it is open").expect("a good peer")
}

/// Neither task may be forgotten when the transport, which keeps one waker, takes bytes again.
#[test]
fn both_tasks_are_woken_when_the_transport_takes_bytes_whichever_asked_last() {
    for reader_asks_last in [true, false] {
        let (mut reader, mut writer, peer) = halves();
        let (reading, reader_waker) = Task::new();
        let (writing, writer_waker) = Task::new();
        peer.room(0);
        peer.give(Frame::ping("a").bytes(Side::Server));
        assert!(poll(&reader_waker, reader.next()).is_ready());
        assert!(run(writer.feed("text")).is_some_and(|fed| fed.is_ok()));
        if reader_asks_last {
            assert!(poll(&writer_waker, writer.flush()).is_pending());
            assert!(poll(&reader_waker, reader.next()).is_pending());
        } else {
            assert!(poll(&reader_waker, reader.next()).is_pending());
            assert!(poll(&writer_waker, writer.flush()).is_pending());
        }
        assert!(!reading.take_woken() && !writing.take_woken());
        peer.open_room();
        assert!(reading.take_woken(), "it has a Pong to write");
        assert!(writing.take_woken(), "it waits for its flush");

        // Either of them can do what both wait for.
        if reader_asks_last {
            assert!(poll(&reader_waker, reader.next()).is_pending());
        } else {
            assert!(poll(&writer_waker, writer.flush()).is_ready());
        }
        let sent = peer.take_messages(Client::new(SEED));
        assert_eq!(sent, [Message::Pong("a".into()), Message::text("text")]);
        assert!(poll(&writer_waker, writer.flush()).is_ready());
    }
}

#[test]
fn a_task_that_waits_for_room_is_woken_though_the_other_asked_behind_it() {
    let (mut reader, mut writer, peer) = halves_with(Config::new().high_water_mark(10));
    let (writing, writer_waker) = Task::new();
    let (_reading, reader_waker) = Task::new();
    peer.room(0);
    run(writer.feed("fills the queue")).expect("there is room").expect("it is open");
    assert!(poll(&writer_waker, writer.feed("waits")).is_pending());
    assert!(poll(&reader_waker, reader.next()).is_pending());
    peer.open_room();
    assert!(writing.take_woken());
}

#[test]
fn the_reader_keeps_its_waker_for_reading_whatever_the_writer_does() {
    let (mut reader, mut writer, peer) = halves();
    let (reading, reader_waker) = Task::new();
    let (_writing, writer_waker) = Task::new();
    assert!(poll(&reader_waker, reader.next()).is_pending());
    assert!(poll(&writer_waker, writer.send("text")).is_ready());
    peer.room(0);
    assert!(poll(&writer_waker, writer.send("waits")).is_pending());
    assert!(!reading.take_woken());
    peer.give(Frame::text("text").bytes(Side::Server));
    assert!(reading.take_woken());
}

#[test]
fn a_task_that_takes_over_a_half_is_woken_in_place_of_the_first() {
    let (_reader, mut writer, peer) = halves();
    let (first, first_waker) = Task::new();
    let (second, second_waker) = Task::new();
    peer.room(0);
    assert!(poll(&first_waker, writer.send("waits")).is_pending());
    assert!(poll(&second_waker, writer.flush()).is_pending());
    peer.open_room();
    assert!(second.take_woken());
    assert!(!first.take_woken());
}

#[test]
fn pings_and_a_close_are_answered_by_the_half_that_receives() {
    let (mut reader, mut writer, peer) = halves();
    peer.give(stream(Side::Server, &[Frame::ping("a"), Frame::close(3000, "bye")]));
    assert_eq!(received(&mut reader), Message::Ping("a".into()));
    run(writer.feed("queued")).expect("there is room").expect("it is open");
    assert_eq!(received(&mut reader), close_message(3000, "bye"));
    assert!(matches!(run(reader.next()), Some(None)));
    let sent = peer.take_messages(Client::new(SEED));
    assert_eq!(
        sent,
        [Message::Pong("a".into()), Message::text("queued"), close_message(3000, "bye")]
    );
    assert!(peer.state().shut);
    let error = run(writer.send("too late")).expect("at once").expect_err("it is closed");
    assert!(matches!(&error, Error::Rejected(rejected) if rejected.error == SendError::Closing));
}

#[test]
fn the_half_that_sends_begins_to_close_and_the_other_sees_it_through() {
    let (mut reader, mut writer, peer) = halves();
    run(writer.feed("queued")).expect("there is room").expect("it is open");
    run(writer.close(CloseCode::NORMAL, "done")).expect("it is taken").expect("it is open");
    let sent = peer.take_messages(Client::new(SEED));
    assert_eq!(sent, [Message::text("queued"), close_message(1000, "done")]);
    run(writer.close(CloseCode::NORMAL, "")).expect("at once").expect("it has begun already");

    peer.give(stream(Side::Server, &[Frame::text("last"), Frame::close(1000, "")]));
    assert_eq!(received(&mut reader), Message::text("last"));
    assert_eq!(received(&mut reader), close_message(1000, ""));
    assert!(!peer.state().shut);
    assert!(matches!(run(reader.next()), Some(None)));
    assert!(peer.state().shut);
    assert!(!peer.state().dropped, "the other half has it yet");
    drop((reader, writer));
    assert!(peer.state().dropped);
}

#[test]
fn the_half_that_receives_goes_on_without_the_other() {
    let (mut reader, writer, peer) = halves();
    drop(writer);
    peer.give(stream(Side::Server, &[Frame::ping("a"), Frame::text("text")]));
    assert_eq!(received(&mut reader), Message::Ping("a".into()));
    assert_eq!(received(&mut reader), Message::text("text"));
    assert!(run(reader.next()).is_none());
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::Pong("a".into())]);
    peer.end();
    let error = run(reader.next()).expect("it ended").expect("once").expect_err("no Close");
    assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)));
    assert!(matches!(run(reader.next()), Some(None)));
}

#[test]
fn a_send_of_a_half_that_is_dropped_at_any_await_is_sent_once() {
    for polls in 1..10 {
        let (_reader, mut writer, peer) = halves();
        peer.hesitate();
        peer.bite(3);
        run(writer.feed("before")).expect("there is room").expect("it is open");
        transport::poll_and_drop(polls, writer.send("behind"));
        drive(&mut writer, 1, async |writer| writer.flush().await)
            .expect("it wakes")
            .expect("good");
        let sent = peer.take_messages(Client::new(SEED));
        assert_eq!(sent, [Message::text("before"), Message::text("behind")]);
    }
    let (_reader, mut writer, peer) = halves_with(Config::new().high_water_mark(10));
    peer.room(0);
    run(writer.feed("fills the queue")).expect("there is room").expect("it is open");
    assert!(run(writer.feed("dropped")).is_none());
    assert!(run(writer.send("dropped")).is_none());
    assert!(run(writer.send_prepared(&Prepared::text("dropped"))).is_none());
    assert!(run(writer.send_fragment(Kind::Text, true, "dropped")).is_none());
    peer.open_room();
    run(writer.send_prepared(&Prepared::text("prepared"))).expect("room").expect("it is open");
    run(writer.send_fragment(Kind::Text, true, "fragment")).expect("room").expect("it is open");
    let expected = ["fills the queue", "prepared", "fragment"].map(Message::text);
    assert_eq!(peer.take_messages(Client::new(SEED)), expected);
}

#[test]
fn the_halves_are_a_stream_and_a_sink() {
    let (mut reader, mut writer, peer) = halves_with(Config::new().high_water_mark(10));
    let (mut reader, mut writer) = (Pin::new(&mut reader), Pin::new(&mut writer));
    peer.give(Frame::text("text").bytes(Side::Server));
    let next = run(poll_fn(|context| reader.as_mut().poll_next(context)));
    assert_eq!(next.expect("it came").expect("open").expect("good"), Message::text("text"));

    peer.room(0);
    let mut context = Context::from_waker(Waker::noop());
    assert!(writer.as_mut().poll_ready(&mut context).is_ready());
    writer.as_mut().start_send(Message::text("fills the queue")).expect("there is room");
    assert!(writer.as_mut().poll_ready(&mut context).is_pending());
    assert!(writer.as_mut().poll_flush(&mut context).is_pending());
    peer.open_room();
    assert!(writer.as_mut().poll_flush(&mut context).is_ready());
    assert!(writer.as_mut().poll_close(&mut context).is_ready());
    assert!(writer.as_mut().poll_close(&mut context).is_ready());
    let sent = peer.take_messages(Client::new(SEED));
    assert_eq!(sent, [Message::text("fills the queue"), close_message(1000, "")]);
}

#[test]
fn start_send_of_a_half_accepts_what_poll_ready_promised() {
    let (mut reader, mut writer, peer) = halves_with(Config::new().high_water_mark(10));
    let (mut reader, mut writer) = (Pin::new(&mut reader), Pin::new(&mut writer));
    let mut context = Context::from_waker(Waker::noop());
    peer.room(0);
    assert!(writer.as_mut().poll_ready(&mut context).is_ready());
    for _ in 0..10 {
        peer.give(Frame::ping("a Ping in between").bytes(Side::Server));
        assert!(reader.as_mut().poll_next(&mut context).is_ready());
    }
    writer.as_mut().start_send(Message::text("promised")).expect("there is room");
}

/// As `StreamExt::split` of the `futures` crate does: one lock, which each half takes to poll the
/// `Stream` or the `Sink` of the whole, each with its own task.
#[test]
fn a_split_by_stream_and_sink_wakes_both_tasks_too() {
    for stream_asks_last in [true, false] {
        let (socket, peer) = open(Server);
        let socket = Arc::new(Mutex::new(socket));
        let next = |context: &mut Context<'_>| {
            Pin::new(&mut *socket.lock().expect("sound")).poll_next(context).is_ready()
        };
        let flush = |context: &mut Context<'_>| {
            Pin::new(&mut *socket.lock().expect("sound")).poll_flush(context).is_ready()
        };
        let (reading, waker) = Task::new();
        let (writing, writer_waker) = Task::new();
        let mut reader = Context::from_waker(&waker);
        let mut writer = Context::from_waker(&writer_waker);
        peer.room(0);
        peer.give(Frame::ping("a").bytes(Side::Server));
        assert!(next(&mut reader));
        Pin::new(&mut *socket.lock().expect("sound"))
            .start_send(Message::text("text"))
            .expect("there is room");
        if stream_asks_last {
            assert!(!flush(&mut writer) && !next(&mut reader));
        } else {
            assert!(!next(&mut reader) && !flush(&mut writer));
        }
        peer.open_room();
        assert!(reading.take_woken() && writing.take_woken());
    }
}

#[test]
fn halves_of_one_websocket_make_it_again_with_all_that_was_under_way() {
    let (mut reader, mut writer, peer) = halves();
    let frames = stream(Side::Server, &[Frame::text("one"), Frame::text("two")]);
    peer.give(&frames[..frames.len() - 2]);
    assert_eq!(received(&mut reader), Message::text("one"));
    assert!(run(reader.next()).is_none());
    run(writer.feed("queued")).expect("there is room").expect("it is open");

    let mut socket = reader.reunite(writer).expect("they are of one");
    peer.give(&frames[frames.len() - 2..]);
    let two = run(socket.next()).expect("it came").expect("open").expect("a good peer");
    assert_eq!(two, Message::text("two"));
    assert!(run(socket.next()).is_none());
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text("queued")]);
    assert_eq!(socket.state(), State::Open);
}

#[test]
fn halves_of_two_websockets_are_handed_back() {
    let (reader, mut other_writer, peer) = halves();
    let (mut other_reader, writer, other_peer) = halves();
    let error = reader.reunite(writer).expect_err("they are of two");
    assert_eq!(
        error.to_string(),
        "cannot reunite the halves: they belong to different connections"
    );
    let (mut reader, mut writer) = error.into_halves();

    peer.give(Frame::text("text").bytes(Side::Server));
    assert_eq!(received(&mut reader), Message::text("text"));
    run(writer.send("text")).expect("there is room").expect("it is open");
    assert_eq!(other_peer.take_messages(Client::new(SEED)), [Message::text("text")]);
    assert!(run(other_reader.next()).is_none());
    run(other_writer.flush()).expect("at once").expect("it is open");
    reader.reunite(other_writer).expect("they are of one");
    other_reader.reunite(writer).expect("they are of one");
}
