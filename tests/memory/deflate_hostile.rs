//! What a peer can make permessage-deflate hold on the heap: a bounded amount, whatever it sends.

use crate::coders::{DECODER, alone, compressed, feed, no_takeover, noise, receive_one, takeover};
use crate::counting::{allocations, held, peak};
use bytes::BytesMut;
use support::deflated::{Deflated, RSV1, bomb, deflated, json};
use support::messages::{BINARY, CONTINUATION, From, ReceiveFrom, TEXT, drain, server};
use websocket_proto::connection::Oversized;
use websocket_proto::deflate::{CoderTerms, Compressor, Decompressor, DeflateConfig};
use websocket_proto::{Message, ProtocolError};

/// The beginning of a compressed message in fragments, from a client.
fn compressed_part(payload: &[u8]) -> Vec<u8> {
    let mut frame = From::Client.part(BINARY, payload);
    frame[0] |= RSV1;
    frame
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
        while let Some(message) = websocket.receive_from(&mut input).unwrap() {
            assert_eq!(message.payload().map(<[u8]>::len), Some(1 << 20));
        }
    });
    assert!(most < (3 << 20) / 2 + 2 * DECODER + 2 * burst.len(), "{most} bytes");
}

#[test]
fn a_bomb_that_is_skipped_takes_little_more_than_the_limit() {
    let frame = compressed(&bomb(64 << 20));
    let config = alone(takeover()).max_message_size(1 << 20).oversized(Oversized::Skip);
    let mut websocket = server(config);
    let mut input = BytesMut::from(&frame[..]);
    let mut message = None;
    let most = peak(|| message = websocket.receive_from(&mut input).unwrap());
    assert_eq!(message, Some(Message::Oversized { len: 64 << 20 }));
    // The output grows by doubling, and by at most 256 bytes of input at a time.
    assert!(most < (2 << 20) + (1 << 19) + 2 * DECODER, "{most} bytes");
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

/// A copy of the window for each of these blocks would be 32 KiB for two bytes.
#[test]
fn blocks_that_end_and_produce_nothing_copy_no_window() {
    let terms = CoderTerms { no_context_takeover: false, window_bits: 15 };
    let config = DeflateConfig::new();
    let mut compressor = Compressor::new(&config, terms);
    let mut decompressor = Decompressor::new(&config, terms);
    let text: Vec<u8> = noise().take(40_000).collect();
    let (mut payload, mut message) = (Vec::new(), Vec::new());
    compressor.compress(&text, true, &mut payload);
    decompressor.decompress(&payload, true, u64::MAX, &mut message).unwrap();
    message.clear();
    for block in [&b"\x03\x00"[..], b"\x01\x00\x00\xff\xff"] {
        let blocks = block.repeat(10_000);
        // The first of them may make room for output.
        decompressor.decompress(block, false, u64::MAX, &mut message).unwrap();
        let count = allocations(|| {
            decompressor.decompress(&blocks, false, u64::MAX, &mut message).unwrap();
            for byte in &blocks {
                decompressor.decompress(&[*byte], false, u64::MAX, &mut message).unwrap();
            }
        });
        assert_eq!((count, message.len()), (0, 0));
    }
    // What follows finds the window all the same.
    payload.clear();
    compressor.compress(&text[20_000..], true, &mut payload);
    assert!(payload.len() < 1000, "it refers to the message before");
    decompressor.decompress(&payload, true, u64::MAX, &mut message).unwrap();
    assert!(message == text[20_000..]);
}
