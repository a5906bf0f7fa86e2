//! What permessage-deflate holds on the heap: nothing before the first compressed message, nothing
//! between two where no context is taken over, and little after a release.

use std::hint::black_box;

use crate::coders::{
    DECODER, ENCODER, alone, compressed, config, feed, no_takeover, noise, receive_one, takeover,
};
use crate::counting::{HELD, held, held_by, peak};
use bytes::{Buf, BytesMut};
use support::deflated::{Deflated, RSV1, deflated, json, unframe};
use support::messages::{BINARY, CONTINUATION, From, TEXT, client, drain, server};
use websocket_proto::connection::Role;
use websocket_proto::deflate::{self, Compression};
use websocket_proto::websocket::Prepared;
use websocket_proto::{Message, WebSocket};

/// Sends one message, and keeps nothing of it; its frame.
fn send_one<R: Role>(websocket: &mut WebSocket<R>, message: Message) -> Vec<u8> {
    websocket.send(message).unwrap();
    let bytes = drain(websocket.output());
    websocket.output().release_memory();
    bytes
}

#[test]
fn the_allocator_counts() {
    let (kept, bytes) = held(|| black_box(vec![0_u8; 10_000]));
    assert_eq!(bytes, 10_000);
    drop(kept);
    assert_eq!(peak(|| drop(black_box(vec![0_u8; 10_000]))), 10_000);
}

#[test]
fn nothing_is_held_for_coders_before_the_first_compressed_message() {
    for preferences in [takeover(), no_takeover()] {
        let config = alone(preferences);
        let make = || {
            let mut websocket = server(config.clone());
            let mut input = BytesMut::new();
            let plain = From::Client.frame(BINARY, vec![7; 1000]);
            for _ in 0..10 {
                feed(&mut websocket, &mut input, &plain, drop).unwrap();
                // Too short to be compressed.
                send_one(&mut websocket, Message::binary(vec![7; 100]));
            }
            websocket.set_compression(Compression::No);
            send_one(&mut websocket, Message::binary(vec![7; 1000]));
            websocket.set_compression(Compression::Auto);
            websocket
        };
        // The first connection leaves its buffers to its thread.
        drop(make());
        let (mut websocket, bytes) = held(make);
        assert!(bytes < 1024, "{bytes} bytes");

        // An empty message takes no coder either.
        let (_, bytes) = held(|| {
            websocket.set_compression(Compression::Yes);
            send_one(&mut websocket, Message::binary(""));
        });
        assert!(bytes < 64, "{bytes} bytes");

        // And the coders are as large as the other tests take them to be.
        websocket.set_compression(Compression::Yes);
        let most = peak(|| drop(send_one(&mut websocket, Message::binary(vec![7; 1000]))));
        assert!((100_000..ENCODER).contains(&most), "{most} bytes");
        let frame = compressed(&deflated([7; 1000]));
        let most = peak(|| receive_one(&mut websocket, &frame, &Message::binary(vec![7; 1000])));
        assert!((32 * 1024..DECODER).contains(&most), "{most} bytes");
    }
}

#[test]
fn idle_connections_without_takeover_hold_nothing_beyond_the_pool() {
    const CONNECTIONS: usize = 1000;
    let pool_size = 3;
    let deflate = deflate::DeflateConfig::new().pool_size(pool_size);
    let text = json(0, 2000);
    let message = Message::text(text.clone());
    let mut frame = From::Client.frame(TEXT, deflated(&text));
    frame[0] |= RSV1;

    let mut room = Vec::with_capacity(CONNECTIONS);
    let ((), bytes) = held(|| {
        for _ in 0..CONNECTIONS {
            let mut websocket = server(config(no_takeover(), &deflate));
            receive_one(&mut websocket, &frame, &message);
            let sent = send_one(&mut websocket, message.clone());
            assert_eq!(sent[0], 0xc1);
            room.push(websocket);
        }
    });
    // One after the other: they have shared one pair of coders.
    assert!(bytes < ENCODER + DECODER + CONNECTIONS * 1024, "{bytes} bytes");
    let one = bytes;

    // Many at once, in the middle of messages.
    let (begin, end) = text.split_at(1000);
    let mut parts = Deflated::new();
    let mut first = From::Client.part(TEXT, parts.flushed(begin));
    first[0] |= RSV1;
    let last = From::Client.frame(CONTINUATION, parts.message(end));
    let ((), bytes) = held(|| {
        let mut inputs: Vec<_> = room.iter().map(|_| BytesMut::new()).collect();
        for (websocket, input) in room.iter_mut().zip(&mut inputs) {
            feed(websocket, input, &first, |_| panic!("it has no end")).unwrap();
        }
        for (websocket, input) in room.iter_mut().zip(&mut inputs) {
            let mut received = None;
            feed(websocket, input, &last, |message| received = Some(message)).unwrap();
            assert_eq!(received.as_ref(), Some(&message));
        }
    });
    assert!(bytes < pool_size * DECODER, "{bytes} bytes");

    // The pool goes with the last of those that share it.
    let before = HELD.get();
    drop((room, deflate));
    assert!((before - HELD.get()) as usize >= one.min(ENCODER / 2));
}

#[test]
fn coders_that_are_shared_by_turns_know_nothing_of_each_other() {
    let deflate = deflate::DeflateConfig::new().pool_size(1);
    let preferences = no_takeover().server_max_window_bits(9);
    let mut room: Vec<_> = (0..10).map(|_| server(config(preferences, &deflate))).collect();
    for round in 0..3 {
        for (number, websocket) in room.iter_mut().enumerate() {
            let text = json(number * 10 + round, 1000);
            let sent = send_one(websocket, Message::text(text.clone()));
            assert_eq!(Deflated::new().read(&unframe(&sent)[0].payload), text.as_bytes());
            let mut frame = From::Client.frame(TEXT, deflated(&text));
            frame[0] |= RSV1;
            receive_one(websocket, &frame, &Message::text(text));
        }
    }
}

#[test]
fn a_release_leaves_the_window_of_the_peer_and_both_ways_go_on() {
    fn check<R: Role>(mut websocket: WebSocket<R>, from: From, bits: u8) {
        let mut peer = Deflated::with_window_bits(bits);
        // The second of them refers to the first, and so on.
        for round in 0..4 {
            for text in [json(1, 1000), json(2, 50_000), json(3, 20_000)] {
                let message = Message::text(text.clone());
                let payload = peer.message(&text);
                assert!(bits < 15 || round == 0 || payload.len() < text.len() / 4);
                let mut frame = from.frame(TEXT, payload);
                frame[0] |= RSV1;
                receive_one(&mut websocket, &frame, &message);
                let sent = send_one(&mut websocket, message);
                drop(frame);
                assert_eq!(peer.read(&unframe(&sent)[0].payload), text.as_bytes());
                drop(sent);
                websocket.release_memory();
                drop(text);
            }
        }
        let held = held_by(websocket);
        let window = 1 << bits;
        assert!(held < window + 1024, "{held} bytes");
        // It is needed.
        assert!(held > window, "{held} bytes");
    }
    for bits in [9, 12, 15] {
        let preferences = takeover().server_max_window_bits(bits).client_max_window_bits(bits);
        check(server(alone(preferences)), From::Client, bits);
        check(client(alone(preferences)), From::Server, bits);
    }
}

#[test]
fn a_release_after_short_messages_leaves_no_more_than_those() {
    let config = alone(takeover());
    let (_websocket, bytes) = held(|| {
        let mut websocket = server(config);
        let mut peer = Deflated::new();
        for _ in 0..5 {
            receive_one(
                &mut websocket,
                &compressed(&peer.message([7; 100])),
                &Message::binary(vec![7; 100]),
            );
            websocket.release_memory();
        }
        websocket
    });
    assert!(bytes < 2048, "{bytes} bytes");
}

#[test]
fn halves_release_each_what_is_its_own() {
    let before = HELD.get();
    let mut websocket = server(alone(takeover()));
    let mut peer = Deflated::new();
    let frame = compressed(&peer.message([7; 1000]));
    receive_one(&mut websocket, &frame, &Message::binary(vec![7; 1000]));
    send_one(&mut websocket, Message::binary(vec![7; 1000]));
    drop((peer, frame));
    let both = HELD.get() - before;
    let (mut receiver, mut sender) = websocket.into_split();
    sender.release_memory();
    let one = HELD.get() - before;
    assert!(both - one > 100_000, "{both}, {one}");
    receiver.release_memory();
    let none = HELD.get() - before;
    assert!(one - none > 30_000, "{one}, {none}");
    assert!(none < 4096, "{none} bytes");
}

#[test]
fn sending_takes_the_compressor_and_little_more_than_what_is_sent() {
    for (role, masked) in [("server", false), ("client", true)] {
        let text = json(0, 1 << 20);
        let message = Message::text(text);
        let config = alone(takeover()).high_water_mark(u64::MAX);
        let (mut as_server, mut as_client) = (server(config.clone()), client(config));
        let mut sent = 0;
        let most = peak(|| {
            for _ in 0..3 {
                let output = if masked {
                    as_client.send(message.clone()).unwrap();
                    as_client.output()
                } else {
                    as_server.send(message.clone()).unwrap();
                    as_server.output()
                };
                sent = output.remaining();
                output.advance(sent);
            }
        });
        assert!(sent > 10_000 && sent < 400_000, "{sent} bytes");
        assert!(most < ENCODER + (1 << 20), "{role}: {most} bytes for {sent}");
    }
}

#[test]
fn a_broadcast_is_compressed_once_and_its_payload_shared() {
    let deflate = deflate::DeflateConfig::new().pool_size(0);
    // It does not compress well, so that its payload is one that is not copied.
    let text: String = noise().take(40_000).map(|byte| char::from(b' ' + byte % 64)).collect();
    let news = Prepared::text(text).compressed(&deflate);
    let mut room: Vec<_> = (0..100).map(|_| server(config(takeover(), &deflate))).collect();
    let most = peak(|| {
        for member in &mut room {
            member.send_prepared(&news).unwrap();
        }
    });
    assert!(room[0].output().remaining() > 10_000);
    assert!(most < 100 * 1024, "{most} bytes for 100 connections");
}

#[test]
fn a_compressed_message_that_waits_holds_what_it_is() {
    for len in [100_000, 16 << 20] {
        let mut websocket = server(alone(takeover()).high_water_mark(u64::MAX));
        websocket.send(Message::binary(noise().take(100_000).collect::<Vec<u8>>())).unwrap();
        drain(websocket.output());
        websocket.output().release_memory();
        let before = HELD.get();
        for _ in 0..9 {
            websocket.send(Message::binary(vec![0; len])).unwrap();
            websocket.send(Message::binary(noise().take(30_000).collect::<Vec<u8>>())).unwrap();
        }
        let (held, queued) = (HELD.get() - before, websocket.output().len() as isize);
        assert!(held < 2 * queued + 4096, "{held} bytes for {queued}");
    }
}
