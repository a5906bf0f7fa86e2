//! Compressed messages in the tokio adapter: halves, prepared messages and keepalives, over a
//! transport whose other end is made by hand.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use crate::transport_deflate::{open, open_server, read_texts, take_frames};
use bytes::Bytes;
use support::compressing::compressed;
use support::deflated::{Deflated, RSV1, bomb, deflated, json};
use support::transport::{Peer, Task, open_with, run, within};
use support::{Frame, SEED, Side};
use websocket_proto::connection::{Client, Oversized, Server};
use websocket_proto::deflate::{self, Compression, Preferences};
use websocket_proto::frame::Kind;
use websocket_proto::io::{Error, Unsent};
use websocket_proto::websocket::{Config, Keepalive, Prepared};
use websocket_proto::{Message, ProtocolError};

#[test]
fn one_poll_pauses_after_about_a_mebibyte_of_decompressed_payload() {
    let (mut socket, far) = open_server();
    let message = compressed(bomb(300_000)).bytes(Side::Server);
    assert!(message.len() < 1000);
    far.give(message.repeat(50));
    let (task, waker) = Task::new();
    let received = Cell::new(0);
    let mut receive_all = pin!(async {
        while let Some(next) = socket.next().await {
            received.set(received.get() + next.expect("good").len());
        }
    });
    assert!(receive_all.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(task.take_woken(), "it goes on afterwards");
    assert_eq!(received.get(), 1_200_000);
}

#[test]
fn one_poll_pauses_after_about_a_mebibyte_of_decompressed_payload_that_is_skipped() {
    let config = Config::new().max_message_size(1000).oversized(Oversized::Skip);
    let (mut socket, far) = open(Server, config, Preferences::new());
    far.give(compressed(bomb(300_000)).bytes(Side::Server).repeat(50));
    let (task, waker) = Task::new();
    let received = Cell::new(0);
    let mut receive_all = pin!(async {
        while let Some(next) = socket.next().await {
            assert_eq!(next.expect("good"), Message::Oversized { len: 300_000 });
            received.set(received.get() + 1);
        }
    });
    let mut polls = 0;
    while received.get() < 50 {
        let before = received.get();
        assert!(receive_all.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(received.get() - before <= 4, "{before} {}", received.get());
        polls += 1;
        assert!(received.get() == 50 || task.take_woken(), "it goes on afterwards");
    }
    assert!(polls >= 13);
}

#[test]
fn one_poll_pauses_within_a_message_that_is_skipped() {
    let config = Config::new().max_message_size(1000).oversized(Oversized::Skip);
    let (mut socket, far) = open(Server, config, Preferences::new());
    let bytes = compressed(bomb(1 << 27)).bytes(Side::Server);
    assert!(bytes.len() > 120_000);
    let end = bytes.len() - 1;
    let (task, waker) = Task::new();
    let mut receive = pin!(socket.next());
    far.give(&bytes[..end]);
    let mut polls = 0;
    loop {
        assert!(receive.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        if !task.take_woken() {
            break;
        }
        polls += 1;
    }
    // It is read in pieces of 8 to 32 KiB, and each of them is more than the work of one poll.
    assert!(polls > 4, "{polls}");
    far.give(&bytes[end..]);
    let Poll::Ready(Some(Ok(message))) = receive.as_mut().poll(&mut Context::from_waker(&waker))
    else {
        panic!("it is reported");
    };
    assert_eq!(message, Message::Oversized { len: 1 << 27 });
}

#[test]
fn reads_stay_small_when_each_byte_may_become_a_thousand() {
    let (mut socket, far) = open_server();
    far.give(compressed(deflated(json(0, 100_000))).bytes(Side::Server).repeat(100));
    let (mut plain, plain_far) = open_with(Server, Config::new());
    plain_far.give(Frame::text(json(0, 100_000)).bytes(Side::Server).repeat(100));
    run(async {
        for _ in 0..100 {
            socket.next().await.expect("it came").expect("good");
            plain.next().await.expect("it came").expect("good");
        }
    })
    .expect("all of it is there");
    let most = |far: &Peer| far.state().reads.iter().map(|read| read.asked).max();
    // The free space may be twice the room that a read wants.
    assert!(most(&far) <= Some(64 * 1024), "{:?}", most(&far));
    assert!(most(&plain_far) >= Some(256 * 1024), "{:?}", most(&plain_far));
}

#[test]
fn halves_choose_release_and_reunite_with_what_they_know() {
    let (socket, far) = open_server();
    let mut peer = Deflated::new();
    let (mut reader, mut writer) = socket.into_split();
    let text = json(0, 3000);
    let mut sent = |first| {
        let frames = take_frames(&far);
        let [frame] = &frames[..] else { panic!("{frames:?}") };
        assert_eq!(frame.first, first);
        if first & RSV1 != 0 {
            assert_eq!(peer.read(&frame.payload), text.as_bytes());
        }
        frame.payload.len()
    };
    let send = |writer: &mut websocket_proto::tokio::WriteHalf<_, _>| {
        run(writer.send(text.clone())).expect("room").expect("open");
    };
    send(&mut writer);
    assert!(sent(0xc1) > 100);
    send(&mut writer);
    assert!(sent(0xc1) < 60);
    writer.set_compression(Compression::No);
    send(&mut writer);
    assert_eq!(sent(0x81), 3000);
    writer.set_compression(Compression::Auto);
    writer.release_memory();
    send(&mut writer);
    assert!(sent(0xc1) > 100);

    let mut from = Deflated::new();
    for round in 0..3 {
        let payload = from.message(&text);
        assert_eq!(payload.len() < 60, round > 0);
        far.give(compressed(payload).bytes(Side::Server));
        let received = run(reader.next()).expect("it came").expect("open").expect("good");
        assert_eq!(received, Message::text(text.clone()));
        // Also what the other half has.
        writer.release_memory();
    }
    send(&mut writer);
    assert!(sent(0xc1) > 100);
    let mut socket = reader.reunite(writer).expect("they belong together");
    assert!(socket.deflate_terms().is_some());
    run(socket.send(text.clone())).expect("room").expect("open");
    assert!(sent(0xc1) < 60);
    far.give(compressed(from.message(&text)).bytes(Side::Server));
    let received = run(socket.next()).expect("it came").expect("open").expect("good");
    assert_eq!(received, Message::text(text.clone()));
}

#[test]
fn a_prepared_message_is_sent_to_each_on_its_terms() {
    let text = json(1, 3000) + &json(1, 3000);
    let prepared = Prepared::text(text.clone()).compressed(&deflate::DeflateConfig::new());
    let new = Preferences::new;
    let mut as_prepared = None;
    let other = json(2, 1500);
    for (preferences, same) in [
        (new(), true),
        (new().server_no_context_takeover(true), true),
        (new().server_max_window_bits(13), true),
        (new().server_max_window_bits(12), false),
        (new().server_max_window_bits(8), false),
    ] {
        let (mut socket, peer) = open(Server, Config::new(), preferences);
        for _ in 0..3 {
            // Between others, which refer to what is before them.
            run(socket.send(other.clone())).expect("room").expect("open");
            run(socket.send_prepared(&prepared)).expect("room").expect("open");
        }
        let frames = take_frames(&peer);
        let (sent, _) = read_texts(&mut Deflated::new(), &frames);
        assert_eq!(sent, [&other[..], &text].repeat(3));
        for frame in frames.into_iter().skip(1).step_by(2) {
            let as_prepared = as_prepared.get_or_insert(frame.payload.clone());
            assert_eq!(*as_prepared == frame.payload, same, "{preferences:?}");
        }
    }

    let (mut socket, peer) = open_with(Server, Config::new());
    run(socket.send_prepared(&prepared)).expect("room").expect("open");
    assert_eq!(peer.take_messages(Client::new(SEED)), [Message::text(text)]);
}

#[test]
fn a_client_sends_a_prepared_message_masked() {
    let text = json(1, 3000);
    let prepared = Prepared::text(text.clone()).compressed(&deflate::DeflateConfig::new());
    let (mut socket, peer) = open(Client::new(SEED), Config::new(), Preferences::new());
    for _ in 0..2 {
        run(socket.send_prepared(&prepared)).expect("room").expect("open");
        run(socket.send(text.clone())).expect("room").expect("open");
    }
    let frames = take_frames(&peer);
    assert!(frames.iter().all(|frame| frame.first == 0xc1));
    assert_eq!(read_texts(&mut Deflated::new(), &frames).0, vec![text; 4]);
}

#[tokio::test(start_paused = true)]
async fn a_keepalive_goes_between_the_fragments_of_a_compressed_message() {
    let (interval, timeout) = (Duration::from_secs(30), Duration::from_secs(5));
    let config = Config::new().keepalive(Keepalive { interval, timeout });
    let (mut socket, far) = open(Server, config, Preferences::new());
    let mut peer = Deflated::new();
    let text = json(2, 3000);
    let (begin, end) = text.split_at(1500);

    // In the middle of one each way.
    within(socket.send_fragment(Kind::Text, false, begin.to_owned())).await.expect("open");
    let payload = peer.message(&text);
    let cut = payload.len() / 2;
    far.give(compressed(&payload[..cut]).more().bytes(Side::Server));
    let silence = interval + Duration::from_secs(1);
    tokio::time::timeout(silence, socket.next()).await.expect_err("half a message");
    // What is idle may give its memory back.
    socket.release_memory();
    far.give(Frame::pong("").bytes(Side::Server));
    far.give(Frame::ping("?").bytes(Side::Server));
    far.give(Frame::continuation(&payload[cut..]).bytes(Side::Server));
    let mut received = Vec::new();
    for _ in 0..3 {
        received.push(within(socket.next()).await.expect("open").expect("good"));
    }
    let expected =
        [Message::Pong(Bytes::new()), Message::Ping("?".into()), Message::text(text.clone())];
    assert_eq!(received, expected);
    within(socket.send_fragment(Kind::Text, true, end.to_owned())).await.expect("open");

    let frames = take_frames(&far);
    let firsts: Vec<_> = frames.iter().map(|frame| frame.first).collect();
    assert_eq!(firsts, [0x41, 0x89, 0x8a, 0x80]);
    let read = peer.read(&[&frames[0].payload[..], &frames[3].payload].concat());
    assert_eq!(read, text.as_bytes());

    // A peer that says nothing in the middle of one has gone.
    far.give(compressed(peer.flushed(begin)).more().bytes(Side::Server));
    let error = within(socket.next()).await.expect("once").expect_err("it is silent");
    assert!(matches!(error, Error::Protocol(ProtocolError::KeepaliveTimeout { .. })), "{error:?}");
}

#[test]
fn the_receiving_half_works_while_the_other_compresses_a_message() {
    let (socket, _far) = open_server();
    let (mut reader, mut writer) = socket.into_split();
    let (begun, ended) = (AtomicBool::new(false), AtomicBool::new(false));
    let long = json(0, 4 * 1024 * 1024);
    let mut polls = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            begun.store(true, Ordering::SeqCst);
            run(writer.feed(long)).expect("room").expect("open");
            ended.store(true, Ordering::SeqCst);
        });
        while !ended.load(Ordering::SeqCst) {
            let is_compressing = begun.load(Ordering::SeqCst);
            assert!(run(reader.next()).is_none(), "the peer sends nothing");
            // A poll that waits for the end of the compression does not count.
            if is_compressing && !ended.load(Ordering::SeqCst) {
                polls += 1;
            }
        }
    });
    assert!(polls > 100, "{polls} polls while the message was compressed");
}

#[test]
fn a_message_that_is_compressed_when_the_peer_closes_comes_back() {
    for fragment in [false, true] {
        let (socket, far) = open_server();
        let (mut reader, mut writer) = socket.into_split();
        far.give(Frame::close(1000, "").bytes(Side::Server));
        while !matches!(run(reader.next()), Some(Some(Ok(Message::Close(_))))) {}
        let error = if fragment {
            run(writer.send_fragment(Kind::Text, true, json(0, 3000)))
                .expect("no wait")
                .unwrap_err()
        } else {
            run(writer.feed(json(0, 3000))).expect("no wait").unwrap_err()
        };
        let unsent = error.into_unsent().expect("it comes back");
        match unsent {
            Unsent::Message(message) => assert_eq!(message, Message::text(json(0, 3000))),
            Unsent::Fragment(payload) => assert_eq!(payload, json(0, 3000).as_bytes()),
        }
    }
}
