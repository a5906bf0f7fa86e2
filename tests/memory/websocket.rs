//! What memory a peer can make us hold, and what a message costs in steady state: nothing.

use crate::counting::{HELD, allocations, peak};
use bytes::{Buf, Bytes, BytesMut};
use support::messages::*;
use websocket_proto::connection::{Oversized, Role};
use websocket_proto::websocket::Config;
use websocket_proto::{CloseCode, Message, ProtocolError, SendError, WebSocket};

/// Writes all that waits, to nowhere; the number of bytes.
fn write_all<R: Role>(websocket: &mut WebSocket<R>) -> usize {
    let output = websocket.output();
    let mut written = 0;
    while output.has_remaining() {
        let len = output.chunk().len();
        output.advance(len);
        written += len;
    }
    written
}

/// Feeds `stream` in reads of 4 KiB, into the buffer that `receive` left.
fn feed<R: Role>(
    websocket: &mut WebSocket<R>,
    input: &mut BytesMut,
    stream: &[u8],
    mut each: impl FnMut(&mut WebSocket<R>, Message),
) -> Result<(), ProtocolError> {
    for read in stream.chunks(4096) {
        input.extend_from_slice(read);
        while let Some(message) = websocket.receive_from(input)? {
            each(websocket, message);
        }
    }
    Ok(())
}

#[test]
fn the_allocator_counts() {
    let mut kept = Vec::new();
    assert_eq!(allocations(|| kept.reserve_exact(1000)), 1);
    assert_eq!(peak(|| drop(vec![0_u8; 5000])), 5000);
    drop::<Vec<u8>>(kept);
}

fn echoing_allocates_nothing<R: Role>(mut websocket: WebSocket<R>, from: From) {
    let batch: Vec<u8> = (0..20)
        .flat_map(|n| [from.frame(TEXT, "x".repeat(n)), from.frame(BINARY, vec![1; n * 7])])
        .flatten()
        .collect();
    let mut echoed = 0;
    let mut round = |websocket: &mut WebSocket<R>| {
        websocket.input().extend_from_slice(&batch);
        while let Some(message) = websocket.receive().unwrap() {
            websocket.send(message).unwrap();
            echoed += 1;
        }
        assert!(write_all(websocket) >= batch.len() / 2);
    };
    round(&mut websocket);
    assert_eq!(allocations(|| (0..100).for_each(|_| round(&mut websocket))), 0);
    assert_eq!(echoed, 101 * 40);
}

#[test]
fn a_server_echoes_small_messages_without_an_allocation() {
    echoing_allocates_nothing(server(Config::new()), From::Client);
}

#[test]
fn a_client_echoes_small_messages_without_an_allocation() {
    echoing_allocates_nothing(client(Config::new()), From::Server);
}

#[test]
fn fragments_are_joined_without_an_allocation() {
    let from = From::Client;
    let mut websocket = server(Config::new());
    let message = [
        from.part(TEXT, "some "),
        from.part(CONTINUATION, "pieces "),
        from.frame(CONTINUATION, "joined"),
    ]
    .concat();
    let mut round = || {
        for read in message.chunks(7) {
            websocket.input().extend_from_slice(read);
            if let Some(message) = websocket.receive().unwrap() {
                assert_eq!(message.as_text(), Some("some pieces joined"));
            }
        }
    };
    round();
    assert_eq!(allocations(|| (0..100).for_each(|_| round())), 0);
}

#[test]
fn an_idle_connection_holds_no_buffer() {
    let held = peak(|| drop((server(Config::new()), client(Config::new()))));
    assert_eq!(held, 0);
    assert!(size_of_val(&server(Config::new())) < 1280);
}

#[test]
fn what_is_queued_is_given_back_when_it_was_much() {
    let mut websocket = server(Config::new().high_water_mark(u64::MAX));
    let before = HELD.get();
    for _ in 0..1000 {
        websocket.send(Message::from(&[7; 1000][..])).unwrap();
    }
    assert!(HELD.get() - before > 1_000_000);
    write_all(&mut websocket);
    assert!(HELD.get() - before <= 64 * 1024, "{}", HELD.get() - before);
    websocket.output().release_memory();
    // The thread keeps the buffer for the next connection, if there are threads.
    assert!(HELD.get() - before <= if cfg!(feature = "std") { 64 * 1024 } else { 0 });
    let before = HELD.get();
    drop(websocket);
    assert_eq!(HELD.get(), before, "the connection itself holds nothing");
}

#[test]
fn control_frames_are_given_back_when_they_were_many() {
    let mut websocket = server(Config::new().high_water_mark(u64::MAX));
    let before = HELD.get();
    for _ in 0..1000 {
        websocket.send(Message::ping(&[7; 125][..])).unwrap();
    }
    assert!(HELD.get() - before > 125_000);
    write_all(&mut websocket);
    assert!(HELD.get() - before <= 64 * 1024, "{}", HELD.get() - before);
    websocket.send(Message::ping("few")).unwrap();
    write_all(&mut websocket);
    let allocated = allocations(|| {
        websocket.send(Message::ping("few")).unwrap();
        write_all(&mut websocket);
    });
    assert_eq!(allocated, 0, "the memory of a few is kept");
}

#[cfg(feature = "std")]
#[test]
fn a_read_buffer_that_is_released_is_taken_by_the_next_connection_of_the_thread() {
    let frame = From::Client.frame(PING, "?");
    let mut first = server(Config::new());
    first.input().read_from(&mut &frame[..]).unwrap();
    assert!(first.receive().unwrap().is_some());
    assert_eq!(first.receive(), Ok(None));
    first.input().release_memory();
    let mut second = server(Config::new());
    let allocated = allocations(|| {
        second.input().read_from(&mut &frame[..]).unwrap();
    });
    assert_eq!(allocated, 0);
}

#[test]
fn a_length_that_is_only_declared_costs_nothing() {
    // With a limit that lets it pass.
    let unlimited = Config::new().max_message_size(u64::MAX);
    let header = From::Client.header(0x82, 1 << 62);
    let peak_held = peak(|| {
        let mut websocket = server(unlimited);
        let mut input = BytesMut::new();
        feed(&mut websocket, &mut input, &header, |_, _| ()).unwrap();
        for _ in 0..2000 {
            feed(&mut websocket, &mut input, &[0], |_, _| ()).unwrap();
        }
    });
    assert!(peak_held < 4 * 2000 + 1024, "{peak_held}");

    // And as it is by default: at the header.
    let peak_held = peak(|| {
        let mut websocket = server(Config::new());
        let failed = feed(&mut websocket, &mut BytesMut::new(), &header, |_, _| ());
        assert_eq!(failed, Err(ProtocolError::MessageTooLarge { len: 1 << 62, limit: 16 << 20 }));
    });
    assert!(peak_held < 1024, "{peak_held}");
}

#[test]
fn a_kibibyte_of_a_frame_of_16_mebibytes_holds_a_few() {
    let stream = [From::Client.header(0x82, 16 << 20), vec![0; 1024]].concat();
    let peak_held = peak(|| {
        let mut websocket = server(Config::new());
        feed(&mut websocket, &mut BytesMut::new(), &stream, |_, _| ()).unwrap();
    });
    assert!(peak_held < 8 * 1024, "{peak_held}");
}

#[test]
fn fragments_without_end_hold_what_they_carry() {
    // One byte each, and none.
    for (count, payload) in [(200_000, &b"x"[..]), (200_000, b"")] {
        let fragment = From::Client.part(CONTINUATION, payload);
        let first = From::Client.part(BINARY, payload);
        let carried = count * payload.len();
        let peak_held = peak(|| {
            let mut websocket = server(Config::new());
            let mut input = BytesMut::new();
            feed(&mut websocket, &mut input, &first, |_, _| ()).unwrap();
            for _ in 1..count {
                input.extend_from_slice(&fragment);
                if input.len() > carried.min(1000) {
                    assert_eq!(websocket.receive_from(&mut input).unwrap(), None);
                }
            }
        });
        assert!(peak_held < 4 * carried + 16 * 1024, "{peak_held} for {carried}");
    }
}

#[test]
fn a_million_fragments_with_a_ping_between_each_are_one_message() {
    const COUNT: usize = 1_000_000;
    let from = From::Client;
    let pair = [from.part(CONTINUATION, "x"), from.frame(PING, "?")].concat();
    let many = pair.repeat(1000);
    let mut pongs = 0;
    let mut message = None;
    let peak_held = peak(|| {
        let mut websocket = server(Config::new());
        let mut input = BytesMut::new();
        feed(&mut websocket, &mut input, &from.part(BINARY, ""), |_, _| ()).unwrap();
        for _ in 0..COUNT / 1000 {
            feed(&mut websocket, &mut input, &many, |websocket, ping| {
                assert!(matches!(ping, Message::Ping(_)));
                pongs += write_all(websocket) / From::Server.frame(PONG, "?").len();
            })
            .unwrap();
        }
        input.extend_from_slice(&from.frame(CONTINUATION, ""));
        message = websocket.receive_from(&mut input).unwrap();
    });
    assert_eq!(pongs, COUNT);
    assert_eq!(message.unwrap().payload(), Some(&vec![b'x'; COUNT][..]));
    assert!(peak_held < 4 * COUNT, "{peak_held}");
}

#[test]
fn text_byte_by_byte_holds_what_has_come() {
    let text = "😀".repeat(50_000);
    let stream = From::Client.frame(TEXT, &text);
    let mut received = None;
    let peak_held = peak(|| {
        let mut websocket = server(Config::new());
        let mut input = BytesMut::new();
        for byte in &stream {
            assert_eq!(received, None);
            input.extend_from_slice(&[*byte]);
            received = websocket.receive_from(&mut input).unwrap();
        }
    });
    assert_eq!(received.unwrap().as_text(), Some(&text[..]));
    assert!(peak_held < 4 * text.len(), "{peak_held}");
}

#[test]
fn a_flood_of_pings_from_a_peer_that_does_not_read_is_bounded() {
    // 40 MiB of them.
    let pings = From::Client.frame(PING, [b'p'; 125]).repeat(1000);
    let mark = 64 * 1024;
    let peak_held = peak(|| {
        let mut websocket = server(Config::new().high_water_mark(mark as u64));
        let mut input = BytesMut::new();
        for _ in 0..(40 << 20) / pings.len() {
            feed(&mut websocket, &mut input, &pings, |_, _| ()).unwrap();
        }
        assert!(websocket.output().len() < mark + 127);
        // The connection is as good as it was.
        websocket.close(CloseCode::NORMAL, "").unwrap();
    });
    // A vector that grows has at most twice what it holds, and its last growth both.
    assert!(peak_held < 4 * mark, "{peak_held}");
}

#[test]
fn echoes_to_a_peer_that_does_not_read_are_bounded() {
    // Small ones, which are copied, and large ones, which are not.
    for len in [100, 10_000] {
        let stream = From::Client.frame(BINARY, vec![b'e'; len]).repeat(4 << 20 >> len.ilog2());
        let mark = 64 * 1024;
        let mut refused = 0;
        let peak_held = peak(|| {
            let mut websocket = server(Config::new().high_water_mark(mark as u64));
            let mut input = BytesMut::new();
            feed(&mut websocket, &mut input, &stream, |websocket, message| {
                if let Err(rejected) = websocket.send(message) {
                    assert!(matches!(rejected.error, SendError::QueueFull { .. }));
                    refused += 1;
                }
            })
            .unwrap();
            assert!(websocket.output().len() <= mark + len + 4);
        });
        assert!(refused > 100);
        assert!(peak_held < 6 * mark, "{peak_held}");
    }
}

#[test]
fn what_comes_after_the_end_is_not_kept() {
    // After a Close and after an error.
    for end in [From::Client.close(1000, ""), vec![0xff, 0xff]] {
        let flood = vec![0x82; 1 << 20];
        let peak_held = peak(|| {
            let mut websocket = server(Config::new());
            let mut input = BytesMut::new();
            input.extend_from_slice(&end);
            for read in flood.chunks(4096) {
                while let Ok(Some(_)) = websocket.receive_from(&mut input) {}
                input.extend_from_slice(read);
            }
        });
        assert!(peak_held < 32 * 1024, "{peak_held}");
    }
}

#[test]
fn slices_of_large_buffers_that_wait_hold_about_what_they_are() {
    fn check<R: Role>(mut websocket: WebSocket<R>, len: usize, most: isize) {
        let before = HELD.get();
        while websocket.is_ready() {
            let mut buffer = BytesMut::zeroed(256 * 1024);
            let payload = buffer.split_off(100 * 1024).split_to(len).freeze();
            drop(buffer);
            websocket.send(Message::Binary(payload)).unwrap();
        }
        let held = HELD.get() - before;
        assert!(held < most, "{held} for {}", websocket.output().len());
    }
    let mark = 128 * 1024;
    for len in [100, 4096, 16_000] {
        check(server(Config::new()), len, 3 * mark);
        check(client(Config::new()), len, 3 * mark);
    }
    // A payload that is not copied keeps its buffer, so there are few of them.
    check(server(Config::new()), 16 * 1024, 9 * 256 * 1024);
    // A client can see what a payload keeps, if nobody else holds it.
    check(client(Config::new()), 16 * 1024, 3 * mark);
    check(client(Config::new()), 50_000, 3 * mark);
}

#[test]
fn a_large_message_of_a_server_allocates_nothing_in_steady_state() {
    let mut websocket = server(Config::new());
    let payload = Bytes::from(vec![0; 1 << 20]);
    let mut round = || {
        websocket.send(Message::Binary(payload.clone())).unwrap();
        assert_eq!(write_all(&mut websocket), (1 << 20) + 10);
    };
    // The first clone moves the count of the owners to the heap.
    round();
    assert_eq!(allocations(|| (0..10).for_each(|_| round())), 0);
}

#[test]
fn a_queue_that_gives_its_memory_back_takes_the_spare_buffer_of_its_thread() {
    fn check<R: Role>(mut websocket: WebSocket<R>) {
        let payload = Bytes::from(vec![0; 125]);
        let mut round = |count| {
            for _ in 0..count {
                websocket.send(Message::Binary(payload.clone())).unwrap();
            }
            write_all(&mut websocket);
            websocket.output().release_memory();
        };
        for count in [1, 32] {
            (0..2).for_each(|_| round(count));
            let expected = if cfg!(feature = "std") { 0 } else { 10 };
            assert_eq!(allocations(|| (0..10).for_each(|_| round(count))), expected);
        }
    }
    check(server(Config::new()));
    check(client(Config::new()));
}

#[test]
fn a_message_that_is_skipped_takes_no_memory() {
    let config = Config::new().max_message_size(10_000).oversized(Oversized::Skip);
    let from = From::Client;
    let mut websocket = server(config);
    let whole = from.frame(BINARY, vec![7; 20 << 20]);
    let fragments = [
        from.part(BINARY, vec![7; 9_000]),
        from.part(CONTINUATION, vec![7; 9_000]).repeat(1000),
        from.frame(CONTINUATION, ""),
    ]
    .concat();
    for (stream, len) in [(whole, 20 << 20), (fragments, 9_000 + 9_000_000)] {
        let mut received = Vec::new();
        let most = peak(|| {
            for read in stream.chunks(4096) {
                websocket.input().extend_from_slice(read);
                while let Some(message) = websocket.receive().unwrap() {
                    received.push(message);
                }
            }
        });
        assert_eq!(received, [Message::Oversized { len }]);
        assert!(most <= 4 * 10_000, "{most} bytes");
    }
}
