//! A WebSocket of the tokio adapter as a `Stream` and as a `Sink` of the `futures` crates.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use futures_sink::Sink;
use support::transport::{Task, Transport, open, open_with, run};
use support::{Frame, SEED, Side, stream};
use websocket_proto::connection::{Client, Server};
use websocket_proto::io::Error;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, SendError};

#[test]
fn poll_ready_waits_at_the_high_water_mark_and_is_woken_below_it() {
    let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(100));
    let mut socket = Pin::new(&mut socket);
    let (task, waker) = Task::new();
    let mut context = Context::from_waker(&waker);
    peer.room(0);
    let mut taken = 0;
    while let Poll::Ready(ready) = socket.as_mut().poll_ready(&mut context) {
        ready.expect("a good transport");
        socket.as_mut().start_send(Message::text("1234567890")).expect("there is room");
        taken += 1;
    }
    assert_eq!(taken, 9, "nine of 12 bytes reach 100");
    let error = socket.as_mut().start_send(Message::text("too many")).expect_err("no room");
    let Error::Rejected(rejected) = error else { panic!("{error:?}") };
    assert_eq!(rejected.message, Message::text("too many"));
    assert_eq!(rejected.error, SendError::QueueFull { queued: 108, high_water_mark: 100 });

    assert!(!task.take_woken());
    peer.room(9);
    assert!(task.take_woken());
    assert!(socket.as_mut().poll_ready(&mut context).is_ready(), "99 bytes are queued");
}

#[test]
fn start_send_accepts_what_poll_ready_promised_though_pings_are_answered_in_between() {
    for mark in [0, 10, 100] {
        let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(mark));
        let mut socket = Pin::new(&mut socket);
        let mut context = Context::from_waker(Waker::noop());
        peer.room(0);
        assert!(socket.as_mut().poll_ready(&mut context).is_ready());
        for _ in 0..10 {
            peer.give(Frame::ping("a Ping in between").bytes(Side::Server));
            assert!(socket.as_mut().poll_next(&mut context).is_ready());
        }
        socket.as_mut().start_send(Message::text("promised")).expect("there is room");
        peer.open_room();
        assert!(socket.as_mut().poll_flush(&mut context).is_ready());
        let sent = peer.take_messages(Client::new(SEED));
        assert!(sent.contains(&Message::text("promised")));
    }
}

#[test]
fn it_is_a_stream_and_a_sink() {
    let (mut socket, peer) = open(Server);
    let mut socket = Pin::new(&mut socket);
    peer.give(stream(Side::Server, &[Frame::text("one"), Frame::binary("two")]));
    let mut echoed = 0;
    let next = |socket: &mut Pin<&mut WebSocketStream<Transport, Server>>| {
        run(poll_fn(|context| Stream::poll_next(socket.as_mut(), context)))
    };
    while let Some(message) = next(&mut socket) {
        let message = message.expect("it is open").expect("a good peer");
        run(poll_fn(|context| socket.as_mut().poll_ready(context)))
            .expect("there is room")
            .expect("a good transport");
        socket.as_mut().start_send(message).expect("there is room");
        echoed += 1;
    }
    assert_eq!(echoed, 2);

    socket.as_mut().start_send(Message::text("three")).expect("there is room");
    for _ in 0..2 {
        run(poll_fn(|context| socket.as_mut().poll_close(context)))
            .expect("it does not wait for the peer")
            .expect("a good transport");
    }
    let close = Message::close(CloseCode::NORMAL, "").expect("sendable");
    let expected = [
        Message::text("one"),
        Message::binary("two".as_bytes()),
        Message::text("three"),
        close.clone(),
    ];
    assert_eq!(peer.take_messages(Client::new(SEED)), expected);

    peer.give(stream(Side::Server, &[Frame::text("late"), Frame::close(1000, "")]));
    let late = next(&mut socket).expect("it came").expect("it is open").expect("good");
    assert_eq!(late, Message::text("late"));
    assert_eq!(next(&mut socket).expect("it came").expect("it is open").expect("good"), close);
    assert!(matches!(next(&mut socket), Some(None)));
}

#[test]
fn flush_of_a_sink_writes_all_and_flushes_the_transport() {
    let (mut socket, peer) = open(Server);
    peer.hesitate();
    peer.bite(3);
    let mut socket = Pin::new(&mut socket);
    socket.as_mut().start_send(Message::text("a message")).expect("there is room");
    assert_eq!(peer.take_written(), b"");
    run(poll_fn(|context| socket.as_mut().poll_flush(context))).expect("it wakes").expect("good");
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text("a message")]);
}
