//! What permessage-deflate holds on the heap: nothing before the first compressed message, nothing
//! between two where no context is taken over, little after a release, and a bounded amount
//! whatever a peer sends.
#![cfg(feature = "deflate")]
#![allow(unsafe_code, reason = "an allocator that counts")]

#[path = "common/deflated.rs"]
mod deflated;
#[path = "common/messages.rs"]
mod messages;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use bytes::{Buf, BytesMut};
use deflated::{Deflated, RSV1, bomb, deflated, json, unframe};
use messages::{BINARY, CONTINUATION, From, TEXT, client, drain, server};
use websocket_proto::connection::Role;
use websocket_proto::deflate::{self, Compress};
use websocket_proto::handshake::Extensions;
use websocket_proto::handshake::deflate::{Agreement, Preferences};
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{Message, ProtocolError, WebSocket};

/// Counts for each thread, so that tests that run at once do not count each other.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that ends frees what is none of our business.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps to the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller keeps to the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: the caller keeps to the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller keeps to the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that are held at once while `run` runs, beyond what is held before.
fn peak(run: impl FnOnce()) -> usize {
    let before = HELD.get();
    PEAK.set(before);
    run();
    (PEAK.get() - before) as usize
}

/// What `made` holds.
fn held<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    let made = make();
    (made, (HELD.get() - before) as usize)
}

/// A decompressor takes less than this, and a compressor of the largest window.
const DECODER: usize = 64 * 1024;
const ENCODER: usize = 512 * 1024;

fn takeover() -> Preferences {
    Preferences::new()
}

fn no_takeover() -> Preferences {
    Preferences::new().server_no_context_takeover(true).client_no_context_takeover(true)
}

fn agreement(preferences: Preferences) -> Agreement {
    let offer = Extensions::parse(b"permessage-deflate; client_max_window_bits");
    preferences.accept(offer.map_while(Result::ok)).expect("it can be met")
}

/// Connections that share coders through `deflate`.
fn config(preferences: Preferences, deflate: &deflate::Config) -> Config {
    Config::new().deflate(deflate.clone()).agreement(Some(agreement(preferences)))
}

fn alone(preferences: Preferences) -> Config {
    config(preferences, &deflate::Config::new().pool_size(0))
}

/// A compressed message in one frame, from a client.
fn compressed(payload: &[u8]) -> Vec<u8> {
    let mut frame = From::Client.frame(BINARY, payload);
    frame[0] |= RSV1;
    frame
}

/// The beginning of a compressed message in fragments, from a client.
fn compressed_part(payload: &[u8]) -> Vec<u8> {
    let mut frame = From::Client.part(BINARY, payload);
    frame[0] |= RSV1;
    frame
}

/// Bytes of no pattern.
fn noise() -> impl Iterator<Item = u8> {
    let mut state = 1_u32;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
}

/// Feeds `stream` in reads of 4 KiB, into the buffer that `receive` left.
fn feed<R: Role>(
    websocket: &mut WebSocket<R>,
    input: &mut BytesMut,
    stream: &[u8],
    mut each: impl FnMut(Message),
) -> Result<(), ProtocolError> {
    for read in stream.chunks(4096) {
        input.extend_from_slice(read);
        while let Some(message) = websocket.receive(input)? {
            each(message);
        }
    }
    Ok(())
}

/// Receives one message, and keeps nothing of it or of the buffer.
fn receive_one<R: Role>(websocket: &mut WebSocket<R>, stream: &[u8], expected: &Message) {
    let mut received = None;
    feed(websocket, &mut BytesMut::new(), stream, |message| received = Some(message)).unwrap();
    assert_eq!(received.as_ref(), Some(expected));
}

/// Sends one message, and keeps nothing of it; its frame.
fn send_one<R: Role>(websocket: &mut WebSocket<R>, message: Message) -> Vec<u8> {
    websocket.send(message).unwrap();
    let bytes = drain(websocket.output());
    websocket.output().release();
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
        let ((mut websocket, _input), bytes) = held(|| {
            let mut websocket = server(config);
            let mut input = BytesMut::new();
            let plain = From::Client.frame(BINARY, vec![7; 1000]);
            for _ in 0..10 {
                feed(&mut websocket, &mut input, &plain, drop).unwrap();
                // Too short to be compressed.
                send_one(&mut websocket, Message::binary(vec![7; 100]));
            }
            websocket.compress(Compress::No);
            send_one(&mut websocket, Message::binary(vec![7; 1000]));
            websocket.compress(Compress::Auto);
            (websocket, BytesMut::new())
        });
        assert!(bytes < 1024, "{bytes} bytes");

        // An empty message takes no coder either.
        let (_, bytes) = held(|| {
            websocket.compress(Compress::Yes);
            send_one(&mut websocket, Message::binary(""));
        });
        assert!(bytes < 64, "{bytes} bytes");

        // And the coders are as large as the other tests take them to be.
        websocket.compress(Compress::Yes);
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
    let deflate = deflate::Config::new().pool_size(pool_size);
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
    let deflate = deflate::Config::new().pool_size(1);
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
    fn check<R: Role>(mut websocket: WebSocket<R>, from: From, before: isize) {
        let mut peer = Deflated::new();
        // The second of them refers to the first, and so on.
        for round in 0..4 {
            for text in [json(1, 1000), json(2, 50_000), json(3, 20_000)] {
                let message = Message::text(text.clone());
                let payload = peer.message(&text);
                assert!(round == 0 || payload.len() < text.len() / 4);
                let mut frame = from.frame(TEXT, payload);
                frame[0] |= RSV1;
                receive_one(&mut websocket, &frame, &message);
                let sent = send_one(&mut websocket, message);
                drop(frame);
                assert_eq!(peer.read(&unframe(&sent)[0].payload), text.as_bytes());
                drop(sent);
                websocket.release();
                drop(text);
            }
        }
        drop(peer);
        let held = (HELD.get() - before) as usize;
        assert!(held < 33 * 1024, "{held} bytes");
        // That is the window, which is needed.
        assert!(held > 32 * 1024, "{held} bytes");
    }
    let before = HELD.get();
    check(server(alone(takeover())), From::Client, before);
    let before = HELD.get();
    check(client(alone(takeover())), From::Server, before);
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
            websocket.release();
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
    let (mut receiver, mut sender) = websocket.split();
    sender.release();
    let one = HELD.get() - before;
    assert!(both - one > 100_000, "{both}, {one}");
    receiver.release();
    let none = HELD.get() - before;
    assert!(one - none > 30_000, "{one}, {none}");
    assert!(none < 4096, "{none} bytes");
}

#[test]
fn a_bomb_takes_no_more_than_the_limit_its_bytes_and_the_decoder() {
    let limit = 1 << 20;
    let bomb = bomb(16 << 20);
    assert!(bomb.len() < 20_000);
    let len = bomb.len();
    // Whole, in fragments, and inside a read of its own.
    let whole = compressed(&bomb);
    let mut fragments = compressed_part(&bomb[..10]);
    for piece in bomb[10..].chunks(7) {
        fragments.extend(From::Client.part(CONTINUATION, piece));
    }
    for stream in [whole, fragments] {
        let mut websocket = server(alone(takeover()).max_message_size(limit));
        let mut error = None;
        let most = peak(|| {
            let mut input = BytesMut::new();
            error = feed(&mut websocket, &mut input, &stream, |_| panic!("too large")).err();
        });
        assert_eq!(error, Some(ProtocolError::InflatedTooLarge { limit }));
        // The buffer doubles as it fills: while it moves there are the old and the new one.
        let bound = limit as usize * 3 / 2 + 2 * len + DECODER;
        assert!(most < bound, "{most} bytes");
        assert!(drain(websocket.output()).starts_with(&[0x88]));
    }
}

#[test]
fn nothing_of_a_message_or_its_decoder_is_held_behind_the_end() {
    let begin = compressed_part(&Deflated::new().flushed(vec![0; 500_000]));
    for (stream, fails) in [
        (compressed(&bomb(16 << 20)), true),
        ([&begin[..], &From::Client.frame(CONTINUATION, b"\x07\x07")].concat(), true),
        // What is no fault of the compression.
        ([&begin[..], &[0xff, 0xff]].concat(), true),
        ([&begin[..], &From::Client.close(1000, "")].concat(), false),
    ] {
        let config = alone(takeover()).max_message_size(1 << 20);
        let (mut websocket, bytes) = held(|| {
            let mut websocket = server(config);
            let fed = feed(&mut websocket, &mut BytesMut::new(), &stream, drop);
            assert_eq!(fed.is_err(), fails);
            websocket
        });
        assert!(bytes < 1024, "{bytes} bytes");
        assert!(drain(websocket.output()).starts_with(&[0x88]));
    }
}

#[test]
fn a_thousand_messages_of_a_thousandfold_ratio_one_by_one_stay_flat() {
    for (preferences, count) in [(takeover(), 1000), (no_takeover(), 100)] {
        let frame = compressed(&bomb(1 << 20));
        assert!(frame.len() < 1100);
        let mut websocket = server(alone(preferences).max_message_size(1 << 20));
        let mut input = BytesMut::new();
        let mut received = 0;
        let mut round = |count| {
            peak(|| {
                for _ in 0..count {
                    feed(&mut websocket, &mut input, &frame, |message| {
                        assert_eq!(message.payload().map(<[u8]>::len), Some(1 << 20));
                        received += 1;
                    })
                    .unwrap();
                }
            })
        };
        let first = round(10);
        let rest = round(count - 10);
        assert!(rest <= first, "{first}, then {rest}");
        assert!(first < (3 << 20) / 2 + 2 * DECODER + 4096, "{first} bytes");
        assert_eq!(received, count);
    }
}

#[test]
fn messages_that_come_in_one_read_are_inflated_one_by_one() {
    // The peer's burst costs what is not consumed as bytes of the wire.
    let frame = compressed(&bomb(1 << 20));
    let burst = frame.repeat(100);
    let mut websocket = server(alone(no_takeover()).max_message_size(1 << 20));
    let most = peak(|| {
        let mut input = BytesMut::from(&burst[..]);
        while let Some(message) = websocket.receive(&mut input).unwrap() {
            assert_eq!(message.payload().map(<[u8]>::len), Some(1 << 20));
        }
    });
    assert!(most < (3 << 20) / 2 + 2 * DECODER + 2 * burst.len(), "{most} bytes");
}

#[test]
fn a_bomb_in_a_bomb_is_only_one_layer() {
    let inner = bomb(1 << 20);
    let frame = compressed(&deflated(&inner));
    let mut websocket = server(alone(takeover()).max_message_size(1 << 20));
    let expected = Message::binary(inner.clone());
    let most = peak(|| receive_one(&mut websocket, &frame, &expected));
    assert!(most < DECODER + 8 * inner.len() + 16 * 1024, "{most} bytes");
}

/// Blocks that say nothing: stored, fixed, and such as are the final one.
const EMPTY_BLOCKS: [&[u8]; 4] = [
    b"\x00\x00\x00\xff\xff",
    // A fixed block of nothing but its end is 10 bits long: four of them are five bytes.
    b"\x02\x08\x20\x80\x00",
    b"\x01\x00\x00\xff\xff",
    b"\x03\x00",
];

#[test]
fn endless_empty_blocks_in_one_message_take_no_memory_and_meet_the_limit_of_the_wire() {
    let limit: u64 = 100_000;
    for block in EMPTY_BLOCKS {
        for fragment_len in [1, 1000] {
            let mut websocket = server(alone(takeover()).max_message_size(limit));
            let mut input = BytesMut::with_capacity(64 * 1024);
            let blocks = block.repeat(fragment_len);
            feed(&mut websocket, &mut input, &compressed_part(&blocks), drop).unwrap();
            let more = From::Client.part(CONTINUATION, &blocks);
            let mut wire = blocks.len() as u64;
            let mut error = None;
            let most = peak(|| {
                while error.is_none() {
                    wire += blocks.len() as u64;
                    error = feed(&mut websocket, &mut input, &more, drop).err();
                    assert!(wire < 9 * limit, "there is no end");
                }
            });
            let error = error.unwrap();
            assert_eq!(error.close_code().0, 1009, "{error:?}");
            assert!(matches!(error, ProtocolError::MessageTooLarge { .. }), "{error:?}");
            assert!(most < 2 * DECODER + 4096, "{most} bytes for {}", block.escape_ascii());
        }
    }
}

#[test]
fn a_million_one_byte_fragments_take_no_more_than_their_message() {
    // Of a message that has more than a million bytes compressed.
    let noise: Vec<u8> = noise().take(1_000_000).collect();
    let payload = deflated(&noise);
    assert!(payload.len() > 1_000_000);

    let mut websocket = server(alone(takeover()));
    let mut input = BytesMut::new();
    let mut received = None;
    let most = peak(|| {
        feed(&mut websocket, &mut input, &compressed_part(&payload[..1]), drop).unwrap();
        for byte in payload[1..payload.len() - 1].chunks(1) {
            let mut frame = [0; 7];
            frame[1] = 0x81;
            frame[6] = byte[0];
            feed(&mut websocket, &mut input, &frame, |_| panic!("it has no end")).unwrap();
        }
        let last = From::Client.frame(CONTINUATION, &payload[payload.len() - 1..]);
        feed(&mut websocket, &mut input, &last, |message| received = Some(message)).unwrap();
    });
    assert_eq!(received, Some(Message::binary(noise)));
    // The message doubles as it grows: the old and the new one, for a moment.
    assert!(most < 3 * (1 << 20) + 2 * DECODER, "{most} bytes");
}

#[test]
fn a_message_that_inflates_to_little_holds_no_more_than_twice_that() {
    let text = json(0, 10_000);
    let mut frame = From::Client.frame(TEXT, deflated(&text));
    frame[0] |= RSV1;
    let mut websocket = server(alone(no_takeover()));
    let (message, bytes) = held(|| {
        let mut received = None;
        feed(&mut websocket, &mut BytesMut::new(), &frame, |message| received = Some(message))
            .unwrap();
        received
    });
    assert_eq!(message, Some(Message::text(text)));
    assert!(bytes < 2 * 10_000 + 4096, "{bytes} bytes");
}

#[test]
fn sending_takes_the_compressor_and_little_more_than_what_is_sent() {
    for (role, masked) in [("server", false), ("client", true)] {
        let text = json(0, 1 << 20);
        let message = Message::text(text);
        let config = alone(takeover()).high_water_mark(usize::MAX);
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
    let deflate = deflate::Config::new().pool_size(0);
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
