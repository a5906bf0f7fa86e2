//! Compressed messages over the limit that are skipped: `Config::oversized`.

use crate::endpoint::{no_takeover, noise, takeover};
use support::{Frame, Side};
use websocket_proto::connection::{Oversized, Server, State};
use websocket_proto::deflate::{Compressor, DeflateConfig, Terms};
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Answers, Config, Part};
use websocket_proto::{Message, WebSocket};

const LIMIT: u64 = 10_000;

fn skipping(terms: Terms) -> WebSocket<Server> {
    let config = Config::new().deflate(DeflateConfig::new()).max_message_size(LIMIT);
    let opened = Opened::new().with_deflate_terms(terms);
    WebSocket::new(Server, config.oversized(Oversized::Skip), opened)
}

/// Messages of which each refers to the one before, and what is received of them.
fn conversation(terms: &Terms) -> (Vec<u8>, Vec<Message>) {
    let noise = noise(7, 300_000);
    let mut compressor = Compressor::new(&DeflateConfig::new(), terms.client());
    let mut stream = Vec::new();
    let mut messages = Vec::new();
    let zeros = vec![0; 5_000_000];
    let payloads = [
        &noise[..9_000],
        &noise[..],
        &noise[299_000..],
        &noise[280_000..290_000],
        &noise[280_000..290_001],
        &zeros[..],
        &zeros[..100],
        &noise[..1],
    ];
    for payload in payloads {
        let mut compressed = Vec::new();
        compressor.compress(payload, true, &mut compressed);
        let (start, end) = compressed.split_at(compressed.len() / 2);
        for frame in [
            Frame::binary(start).rsv(0x40).more(),
            Frame::ping("between"),
            Frame::continuation(end),
        ] {
            stream.extend(frame.bytes(Side::Server));
        }
        messages.push(Message::ping("between"));
        messages.push(if payload.len() as u64 > LIMIT {
            Message::Oversized { len: payload.len() as u64 }
        } else {
            Message::binary(payload.to_vec())
        });
    }
    (stream, messages)
}

#[test]
fn a_compressed_message_over_the_limit_is_skipped_and_the_next_may_refer_to_it() {
    for terms in [takeover(), no_takeover()] {
        let (stream, messages) = conversation(&terms);
        for size in [700, 4096, 65_536, stream.len()] {
            let mut websocket = skipping(terms);
            let mut received = Vec::new();
            for read in stream.chunks(size) {
                websocket.input().extend_from_slice(read);
                while let Some(message) = websocket.receive().expect("a valid peer") {
                    received.push(message);
                }
            }
            assert!(received == messages, "{size}");
            assert_eq!(websocket.state(), State::Open);
        }
    }
}

#[test]
fn a_half_tells_how_much_it_has_decompressed_and_dropped() {
    let terms = takeover();
    let (stream, messages) = conversation(&terms);
    let mut receiver = skipping(terms).into_split().0;
    receiver.input().extend_from_slice(&stream);
    let (mut answers, mut dropped) = (Answers::new(), 0);
    for message in messages {
        assert_eq!(receiver.receive(&mut answers), Ok(Some(message.clone())));
        dropped += receiver.take_dropped() as u64;
        match message {
            Message::Oversized { len } => {
                assert!((len - LIMIT..=len).contains(&dropped), "{dropped} of {len}");
                dropped = 0;
            }
            Message::Binary(_) => assert_eq!(dropped, 0),
            // There is a Ping in the middle of each message.
            _ => {}
        }
    }
    assert_eq!(receiver.take_dropped(), 0);
}

#[test]
fn a_compressed_message_over_the_limit_is_skipped_in_parts_too() {
    let terms = takeover();
    let (stream, messages) = conversation(&terms);
    for size in [700, stream.len()] {
        let mut websocket = skipping(terms);
        let mut received = Vec::new();
        let mut joined = Vec::new();
        for read in stream.chunks(size) {
            websocket.input().extend_from_slice(read);
            while let Some(part) = websocket.receive_part().expect("a valid peer") {
                match part {
                    Part::Data { bytes, last, .. } => {
                        joined.extend_from_slice(bytes);
                        assert!(joined.len() as u64 <= LIMIT);
                        if last {
                            received.push(Message::binary(std::mem::take(&mut joined)));
                        }
                    }
                    Part::Oversized { len } => {
                        joined.clear();
                        received.push(Message::Oversized { len });
                    }
                    Part::Ping(payload) => received.push(Message::ping(payload.to_vec())),
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(received == messages, "{size}");
    }
}
