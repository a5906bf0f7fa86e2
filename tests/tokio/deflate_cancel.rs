//! Compressed messages in the tokio adapter whose futures are dropped at every await: nothing is
//! lost or doubled, and the peer's window is the one that it should be.

use crate::dropped::{self, ENOUGH};
use crate::transport_deflate::{open, open_server, read_texts, take_frames};
use support::compressing::compressed;
use support::deflated::{Deflated, RSV1, Unframed, bomb, deflated, json};
use support::transport::{Transport, drive, poll_and_drop, run};
use support::{Frame, SEED, Side, stream};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::deflate;
use websocket_proto::deflate::Preferences;
use websocket_proto::frame::Kind;
use websocket_proto::io::Error;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{Message, ProtocolError};

/// What a peer sends in these tests, and the messages that come of it: the third refers to the
/// first, the fragments to what is before and between them.
fn script() -> (Vec<Frame>, Vec<Message>) {
    let mut peer = Deflated::new();
    let large = json(1, 10_000);
    let again = json(1, 4000);
    let (begin, end) = again.split_at(1500);
    let frames = vec![
        compressed(peer.message(&large)),
        Frame::ping("a"),
        Frame::text("plain"),
        compressed(peer.flushed(begin)).more(),
        Frame::ping("b"),
        Frame::continuation(peer.flushed("")).more(),
        Frame::continuation(peer.message(end)),
        compressed(peer.message(&again)),
        Frame::close(1000, "done"),
    ];
    let messages = vec![
        Message::text(large),
        Message::Ping("a".into()),
        Message::text("plain"),
        Message::Ping("b".into()),
        Message::text(again.clone()),
        Message::text(again),
        Message::close(websocket_proto::CloseCode::NORMAL, "done").expect("sendable"),
    ];
    (frames, messages)
}

fn texts(messages: &[Message]) -> Vec<String> {
    let text = |message: &Message| message.as_text().map(str::to_owned);
    messages.iter().filter_map(text).collect()
}

fn echo_whatever_is_dropped<R: Role>(role: impl Fn() -> R, side: Side, preferences: Preferences) {
    let (frames, expected) = script();
    dropped::echo(
        || open(role(), Config::new(), preferences),
        &stream(side, &frames),
        &expected,
        |peer, patience| {
            let (sent, pongs) = read_texts(&mut Deflated::new(), &take_frames(peer));
            assert_eq!(sent, texts(&expected), "dropped after {patience} polls");
            assert_eq!(pongs.last().map(Vec::as_slice), Some(&b"b"[..]));
        },
    );
}

#[test]
fn an_echo_loses_nothing_when_its_futures_are_dropped_at_every_await() {
    let none = Preferences::new().server_no_context_takeover(true).client_no_context_takeover(true);
    echo_whatever_is_dropped(|| Server, Side::Server, Preferences::new());
    echo_whatever_is_dropped(|| Client::new(SEED), Side::Client, Preferences::new());
    echo_whatever_is_dropped(
        || Server,
        Side::Server,
        none.client_no_context_takeover(false).server_max_window_bits(9),
    );
}

/// The peer's window moves with what is sent: it must be sent once, and nothing else.
#[test]
fn a_message_whose_send_is_dropped_leaves_once_with_the_next_flush() {
    type Send = fn(&mut WebSocketStream<Transport, Server>, usize) -> bool;
    let kinds: [Send; 3] = [
        |socket, polls| poll_and_drop(polls, socket.send(json(7, 1000))).is_some(),
        |socket, polls| {
            let prepared = Prepared::text(json(7, 1000)).compressed(&deflate::DeflateConfig::new());
            poll_and_drop(polls, socket.send_prepared(&prepared)).is_some()
        },
        |socket, polls| {
            poll_and_drop(polls, socket.send_fragment(Kind::Text, true, json(7, 1000))).is_some()
        },
    ];
    for send in kinds {
        let mut polls = 0;
        loop {
            polls += 1;
            let (mut socket, peer) = open_server();
            peer.hesitate();
            peer.bite(70);
            run(socket.feed(json(6, 1000))).expect("there is room").expect("it is open");
            let done = send(&mut socket, polls);
            // It refers to both.
            run(socket.feed(json(6, 1000))).expect("there is room").expect("it is open");
            drive(&mut socket, 1, async |socket| socket.flush().await)
                .expect("it wakes")
                .expect("a good transport");
            let (sent, _) = read_texts(&mut Deflated::new(), &take_frames(&peer));
            assert_eq!(sent, [json(6, 1000), json(7, 1000), json(6, 1000)]);
            if done {
                assert!(polls > 4, "it was dropped at {polls} awaits");
                break;
            }
        }
    }
}

#[test]
fn a_message_whose_send_is_dropped_for_want_of_room_was_not_compressed_either() {
    type Send = fn(&mut WebSocketStream<Transport, Server>);
    let kinds: [Send; 4] = [
        |socket| assert!(run(socket.feed(json(9, 1000))).is_none()),
        |socket| assert!(run(socket.send(json(9, 1000))).is_none()),
        |socket| {
            let prepared = Prepared::text(json(9, 1000)).compressed(&deflate::DeflateConfig::new());
            assert!(run(socket.send_prepared(&prepared)).is_none());
        },
        |socket| assert!(run(socket.send_fragment(Kind::Text, true, json(9, 1000))).is_none()),
    ];
    for send in kinds {
        let config = Config::new().high_water_mark(10);
        let (mut socket, peer) = open(Server, config, Preferences::new());
        peer.room(3);
        run(socket.feed(json(8, 1000))).expect("there is room").expect("it is open");
        send(&mut socket);
        peer.open_room();
        run(socket.ready()).expect("there is room").expect("a good transport");
        // Had it been, this one would refer to it.
        run(socket.send(json(9, 1000))).expect("there is room").expect("it is open");
        let (sent, _) = read_texts(&mut Deflated::new(), &take_frames(&peer));
        assert_eq!(sent, [json(8, 1000), json(9, 1000)]);
    }
}

#[test]
fn what_came_before_a_fault_is_received_before_its_error_and_the_close_arrives() {
    let good = || compressed(deflated(json(0, 500)));
    let limit = 100_000;
    let cases = [
        (compressed(b"\x00\x05\x00\x00\x00Hello"), ProtocolError::InvalidDeflate, 1007_u16),
        (compressed(b"\xf2\x00\x11\x00\x00"), ProtocolError::InvalidDeflate, 1007),
        (compressed(deflated([0xff])), ProtocolError::InvalidUtf8 { offset: 0 }, 1007),
        (Frame::binary(bomb(16 << 20)).rsv(RSV1), ProtocolError::InflatedTooLarge { limit }, 1009),
        (
            Frame::ping("?").rsv(RSV1),
            ProtocolError::ReservedBits { rsv: websocket_proto::frame::Rsv::RSV1 },
            1002,
        ),
    ];
    for (bad, expected, code) in cases {
        for patience in [1, 2, 3, ENOUGH] {
            // No context, so that each may be compressed by itself.
            let preferences = Preferences::new().client_no_context_takeover(true);
            let config = Config::new().max_message_size(limit);
            let (mut socket, peer) = open(Server, config, preferences);
            peer.hesitate();
            peer.give(stream(
                Side::Server,
                &[good(), Frame::text("plain"), bad.clone(), Frame::text("behind")],
            ));
            peer.end();
            let mut next = || {
                drive(&mut socket, patience, async |socket| socket.next().await).expect("it wakes")
            };
            assert_eq!(next().expect("open").expect("good"), Message::text(json(0, 500)));
            assert_eq!(next().expect("open").expect("good"), Message::text("plain"));
            let Error::Protocol(error) = next().expect("open").expect_err("bad") else { panic!() };
            assert_eq!(error, expected);

            assert!(peer.state().shut, "there is nothing more to say");
            let frames = take_frames(&peer);
            let [Unframed { first: 0x88, payload }] = &frames[..] else { panic!("{frames:?}") };
            assert_eq!(payload[..2], code.to_be_bytes());
            assert!(matches!(run(socket.next()), Some(None)));
        }
    }
}
