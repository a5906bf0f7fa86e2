//! The futures of the tokio adapter may be dropped at every await, and the transport may fail at
//! every step: nothing is lost, doubled or reordered.

use std::io::ErrorKind;
use support::closed;

use crate::dropped::{self, ENOUGH};
use bytes::Bytes;
use support::echo::{echo_to_the_end, script};
use support::transport::{
    Peer, Transport, drive, messages, open, open_with, payload, poll_and_drop, run, whole_messages,
};
use support::{Frame, SEED, Side, stream};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::io::{Error, Unsent};
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

/// The data of `messages`, and whether a Close is the last of them.
fn data_and_close(messages: &[Message]) -> (Vec<Message>, bool) {
    let data = messages.iter().filter(|message| message.is_data()).cloned().collect();
    let close = messages.iter().position(|message| matches!(message, Message::Close(_)));
    assert!(close.is_none_or(|at| at + 1 == messages.len()), "nothing is behind the Close");
    (data, close.is_some())
}

/// The Pongs of `messages`, in their order.
fn pongs(messages: &[Message]) -> Vec<Bytes> {
    let pong = |message: &Message| match message {
        Message::Pong(payload) => Some(payload.clone()),
        _ => None,
    };
    messages.iter().filter_map(pong).collect()
}

fn echo_whatever_is_dropped<R: Role, F: Role>(
    role: impl Fn() -> R,
    far: impl Fn() -> F,
    side: Side,
) {
    let (frames, expected) = script();
    dropped::echo(
        || open(role()),
        &stream(side, &frames),
        &expected,
        |peer, patience| {
            let sent = peer.take_messages(far());
            let data = data_and_close(&expected).0;
            assert_eq!(data_and_close(&sent), (data, true), "dropped after {patience} polls");
            assert!(pongs(&sent).is_sorted() && pongs(&sent).ends_with(&["b".into()]), "{sent:?}");
        },
    );
}

#[test]
fn an_echo_loses_nothing_when_its_futures_are_dropped_at_every_await() {
    echo_whatever_is_dropped(|| Server, || Client::new(SEED), Side::Server);
    echo_whatever_is_dropped(|| Client::new(SEED), || Server, Side::Client);
}

#[test]
fn a_message_whose_send_is_dropped_leaves_once_with_the_next_flush() {
    type Send = fn(&mut WebSocketStream<Transport, Server>, usize) -> bool;
    let kinds: [Send; 3] = [
        |socket, polls| poll_and_drop(polls, socket.send("behind")).is_some(),
        |socket, polls| {
            poll_and_drop(polls, socket.send_prepared(&Prepared::text("behind"))).is_some()
        },
        |socket, polls| {
            poll_and_drop(polls, socket.send_fragment(Kind::Text, true, "behind")).is_some()
        },
    ];
    for send in kinds {
        let mut polls = 0;
        loop {
            polls += 1;
            let (mut socket, peer) = open(Server);
            peer.hesitate();
            peer.bite(7);
            run(socket.feed("before")).expect("there is room").expect("it is open");
            let done = send(&mut socket, polls);
            drive(&mut socket, 1, async |socket| socket.flush().await)
                .expect("it wakes")
                .expect("a good transport");
            let sent = peer.take_messages(Client::new(SEED));
            assert_eq!(sent, [Message::text("before"), Message::text("behind")]);
            if done {
                assert!(polls > 4, "it was dropped at {polls} awaits");
                break;
            }
        }
    }
}

#[test]
fn a_message_whose_send_is_dropped_for_want_of_room_was_not_sent_at_all() {
    type Send = fn(&mut WebSocketStream<Transport, Server>);
    let kinds: [Send; 4] = [
        |socket| assert!(run(socket.feed("dropped")).is_none()),
        |socket| assert!(run(socket.send("dropped")).is_none()),
        |socket| assert!(run(socket.send_prepared(&Prepared::text("dropped"))).is_none()),
        |socket| assert!(run(socket.send_fragment(Kind::Text, true, "dropped")).is_none()),
    ];
    for send in kinds {
        let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(10));
        peer.room(3);
        run(socket.feed("fills the queue")).expect("there is room").expect("it is open");
        send(&mut socket);
        assert!(run(socket.ready()).is_none(), "there is no room");
        peer.open_room();
        run(socket.ready()).expect("there is room").expect("a good transport");
        run(socket.send("kept")).expect("there is room").expect("it is open");
        let sent = peer.take_messages(Client::new(SEED));
        assert_eq!(sent, [Message::text("fills the queue"), Message::text("kept")]);
    }
}

#[test]
fn a_send_goes_on_when_the_queue_is_under_its_mark_again() {
    let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(1000));
    peer.room(0);
    run(socket.feed(payload(1200))).expect("there is room").expect("it is open");
    assert!(run(socket.feed("waits")).is_none());
    // Not all of it, but enough.
    peer.room(300);
    run(socket.feed("goes")).expect("there is room").expect("it is open");
    peer.open_room();
    run(socket.flush()).expect("there is room").expect("it is open");
    let sent = peer.take_messages(Client::new(SEED));
    assert_eq!(sent, [Message::Binary(payload(1200)), Message::text("goes")]);
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_dropped_at_any_await_is_sent_once_and_goes_on() {
    for patience in (1..=12).chain([ENOUGH]) {
        let (mut socket, peer) = open(Server);
        peer.hesitate();
        peer.bite(2);
        run(socket.feed("before")).expect("there is room").expect("it is open");
        peer.give(Frame::text("on its way").bytes(Side::Server));
        let close = async |socket: &mut WebSocketStream<_, _>| {
            closed(socket, CloseCode::GOING_AWAY, "bye").await
        };
        assert!(drive(&mut socket, patience, close).is_none(), "the peer has not answered");
        assert_eq!(socket.state(), State::LocalClosing);
        let bye = Message::close(CloseCode::GOING_AWAY, "bye").expect("sendable");
        assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text("before"), bye]);

        peer.give(Frame::close(1001, "").bytes(Side::Server));
        peer.end();
        drive(&mut socket, patience, close).expect("it wakes").expect("a good peer");
        assert!(peer.state().shut);
        assert_eq!(peer.take_written(), b"");
    }
}

fn echo_whatever_fails<R: Role, F: Role>(role: impl Fn() -> R, far: impl Fn() -> F, side: Side) {
    let (frames, expected) = script();
    let (expected_data, _) = data_and_close(&expected);
    for for_good in [true, false] {
        let mut failures = 0;
        for step in 1.. {
            let (mut socket, peer) = open(role());
            peer.hesitate();
            peer.bite(1000);
            peer.fail_at(step, for_good);
            peer.give(stream(side, &frames));
            peer.end();
            let (received, error) = echo_to_the_end(&mut socket);

            assert!(expected.starts_with(&received), "step {step}: {received:?}");
            let (sent, _) = whole_messages(far(), &peer.take_written());
            let (sent, _) = data_and_close(&sent);
            assert!(expected_data.starts_with(&sent), "step {step}: {sent:?}");
            let closed = matches!(received.last(), Some(Message::Close(_)));
            match error {
                Some(Error::Io(error)) => {
                    assert!(!closed);
                    assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
                    failures += 1;
                }
                Some(error) => panic!("step {step}: {error:?}"),
                None => assert_eq!(received, expected, "step {step}"),
            }
            if peer.state().steps < step {
                break;
            }
        }
        assert!(failures > 10, "{failures} steps have failed");
    }
}

#[test]
fn a_transport_that_fails_at_any_step_is_told_of_once_and_nothing_is_made_up() {
    echo_whatever_fails(|| Server, || Client::new(SEED), Side::Server);
    echo_whatever_fails(|| Client::new(SEED), || Server, Side::Client);
}

#[test]
fn a_transport_that_takes_nothing_any_more_still_gives_what_it_has() {
    let (mut socket, peer) = open(Server);
    peer.room(0);
    peer.give(stream(Side::Server, &[Frame::ping("a"), Frame::text("one")]));
    assert_eq!(received(&mut socket), Message::Ping("a".into()));
    assert_eq!(received(&mut socket), Message::text("one"));
    assert!(run(socket.next()).is_none());
    peer.give(Frame::text("two").bytes(Side::Server));
    assert_eq!(received(&mut socket), Message::text("two"));
    peer.open_room();
    assert!(run(socket.next()).is_none());
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::Pong("a".into())]);
}

#[track_caller]
fn received<R: Role>(socket: &mut WebSocketStream<Transport, R>) -> Message {
    run(socket.next()).expect("it has come").expect("it is open").expect("a good peer")
}

#[test]
fn what_came_before_a_fault_is_received_before_its_error() {
    for patience in [1, 2, 3, ENOUGH] {
        let (mut socket, peer) = open(Server);
        peer.hesitate();
        peer.give(stream(
            Side::Server,
            &[Frame::text("one"), Frame::text("two"), Frame::text("bad").unmasked()],
        ));
        peer.end();
        let mut next =
            || drive(&mut socket, patience, async |socket| socket.next().await).expect("it wakes");
        assert_eq!(next().expect("open").expect("good"), Message::text("one"));
        assert_eq!(next().expect("open").expect("good"), Message::text("two"));
        let error = next().expect("open").expect_err("it is not masked");
        assert!(matches!(error, Error::Protocol(ProtocolError::UnmaskedFrame)), "{error:?}");

        assert!(peer.state().shut, "there is nothing more to say");
        let sent = messages(Client::new(SEED), &peer.take_written());
        assert!(matches!(&sent[..], [Message::Close(Some(frame))] if frame.code().0 == 1002));
        assert!(matches!(run(socket.next()), Some(None)));
    }
}

#[test]
fn a_message_that_is_not_taken_is_handed_back() {
    let (mut socket, peer) = open(Server);
    peer.give(Frame::close(1000, "").bytes(Side::Server));
    received(&mut socket);
    let error = run(socket.send("too late")).expect("at once").expect_err("it is closed");
    let Error::Rejected(rejected) = error else { panic!("{error:?}") };
    assert_eq!(rejected.message, Message::text("too late"));
    assert_eq!(rejected.error, SendError::Closing);
    let error = run(socket.send_prepared(&Prepared::text("too late"))).expect("at once");
    assert!(matches!(error, Err(Error::Send(SendError::Closing))), "{error:?}");
    assert!(matches!(run(socket.next()), Some(None)));
    only_a_close(&peer);
}

#[track_caller]
fn only_a_close(peer: &Peer) {
    let sent = peer.take_messages(Client::new(SEED));
    assert!(matches!(&sent[..], [Message::Close(Some(_))]), "{sent:?}");
}

/// On the whole stream and on a half of it.
#[test]
fn what_had_no_room_before_the_transport_failed_comes_back() {
    let fragment = || Unsent::Fragment(Bytes::from_static(b"third"));
    let message = || Unsent::Message(Message::text("second"));
    let with_full_queue = || {
        let (mut socket, peer) = open_with(Server, Config::new().high_water_mark(1));
        run(socket.feed("first")).unwrap().unwrap();
        peer.fail_at(1, true);
        socket
    };
    let assert_comes_back = |sent: Option<Result<(), Error>>, expected| {
        let error = sent.expect("at once").expect_err("it has failed");
        assert!(error.is_disconnected(), "{error:?}");
        assert_eq!(error.into_unsent(), Some(expected));
    };

    let mut socket = with_full_queue();
    assert_comes_back(run(socket.send("second")), message());
    assert_comes_back(run(socket.feed("second")), message());
    let sent = run(socket.send_fragment(Kind::Binary, false, &b"third"[..]));
    assert_comes_back(sent, fragment());

    let (_reader, mut writer) = with_full_queue().into_split();
    assert_comes_back(run(writer.send("second")), message());
    assert_comes_back(run(writer.feed("second")), message());
    let sent = run(writer.send_fragment(Kind::Binary, false, &b"third"[..]));
    assert_comes_back(sent, fragment());
}
