//! The counters of a connection with permessage-deflate: lengths before and after compression.

use bytes::{Buf, Bytes};
use support::deflated::{json, unframe};
use support::{Frame, Side};
use websocket_proto::connection::{Oversized, Role};
use websocket_proto::deflate::{Compression, Compressor, DeflateConfig, Terms};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Begun, Config, Part, Prepared, Traffic};
use websocket_proto::{Message, WebSocket};

use crate::endpoint::{agreed, client, no_takeover, noise, server, takeover};

const LIMIT: u64 = 10_000;

fn counts(traffic: Traffic) -> [u64; 3] {
    [traffic.messages, traffic.bytes, traffic.compressed_bytes]
}

/// Messages in two fragments, some of them over the limit, and one that is not compressed.
fn conversation(terms: &Terms) -> (Vec<u8>, [u64; 3]) {
    let noise = noise(7, 20_000);
    let zeros = vec![0; 200_000];
    let mut compressor = Compressor::new(&DeflateConfig::new(), terms.client());
    let mut stream = Frame::text("not compressed").bytes(Side::Server);
    let mut expected = [1, 14, 14];
    for payload in [&noise[..300], &noise, &noise[..300], &zeros, &zeros[..100], &[], &noise[..1]] {
        let mut compressed = Vec::new();
        compressor.compress(payload, true, &mut compressed);
        let (start, end) = compressed.split_at(compressed.len() / 2);
        stream.extend(Frame::binary(start).rsv(0x40).more().bytes(Side::Server));
        stream.extend(Frame::ping("between").bytes(Side::Server));
        stream.extend(Frame::continuation(end).bytes(Side::Server));
        expected[0] += 1;
        expected[1] += payload.len() as u64;
        expected[2] += compressed.len() as u64;
    }
    (stream, expected)
}

/// Takes one item, or returns `false`.
fn take<R: Role>(websocket: &mut WebSocket<R>, way: &str) -> bool {
    match way {
        "owned" => websocket.receive().expect("a valid peer").is_some(),
        "lent" => websocket.receive_ref().expect("a valid peer").is_some(),
        "processed" => {
            websocket.process().expect("a valid peer")
                && websocket.receive().expect("a valid peer").is_some()
        }
        "parts" => websocket.receive_part().expect("a valid peer").is_some(),
        // The first part of each message is taken, and the rest is dropped.
        _ => match websocket.receive_part().expect("a valid peer") {
            Some(Part::Data { last: false, .. }) => {
                websocket.receive().expect("a valid peer").is_some()
            }
            part => part.is_some(),
        },
    }
}

#[test]
fn received_bytes_count_after_decompression_and_compressed_bytes_as_they_arrived() {
    for terms in [takeover(), no_takeover()] {
        let (stream, expected) = conversation(&terms);
        for way in ["owned", "lent", "processed", "parts", "dropped"] {
            for size in [1, 2, 3, 7, 100, 1000, stream.len()] {
                let config = Config::new().deflate(DeflateConfig::new()).max_message_size(LIMIT);
                let opened = Opened::new().with_deflate_terms(terms);
                let setup = (config.oversized(Oversized::Skip), opened);
                let mut server =
                    WebSocket::new(websocket_proto::connection::Server, setup.0, setup.1);
                for read in stream.chunks(size) {
                    server.input().extend_from_slice(read);
                    while take(&mut server, way) {}
                }
                let received = server.stats().received;
                assert_eq!(counts(received), expected, "{way} {size}");
                assert_eq!(received.pings, 7, "{way} {size}");
            }
        }
    }
}

#[test]
fn the_first_bytes_of_a_compressed_message_count_before_its_end() {
    let mut server = server(agreed(takeover()));
    let payload = json(1, 9000);
    let mut compressed = Vec::new();
    Compressor::new(&DeflateConfig::new(), takeover().client()).compress(
        payload.as_bytes(),
        true,
        &mut compressed,
    );
    let frame = Frame::text(&compressed).rsv(0x40).bytes(Side::Server);
    let (start, end) = frame.split_at(frame.len() / 2);
    server.input().extend_from_slice(start);
    assert_eq!(server.receive(), Ok(None));
    let before = server.stats().received;
    assert_eq!((before.messages, before.compressed_bytes), (0, start.len() as u64 - 8));
    assert!(before.bytes > before.compressed_bytes && before.bytes < 9000, "{before:?}");
    server.input().extend_from_slice(end);
    assert_eq!(server.receive(), Ok(Some(Message::text(payload))));
    assert_eq!(counts(server.stats().received), [1, 9000, compressed.len() as u64]);
}

/// Sends messages in every way, and returns their number and bytes.
fn send_in_every_way<R: Role>(websocket: &mut WebSocket<R>) -> [u64; 2] {
    let mut sent = [0; 2];
    for len in [0, 10, 300, 20_000, 300_000] {
        for text in [json(3, len), "x".repeat(len)] {
            let plain = Prepared::text(text.clone());
            let prepared = plain.clone().compressed(&DeflateConfig::new());
            for choice in [Compression::Auto, Compression::No, Compression::Yes] {
                websocket.set_compression(choice);
                websocket.send(Message::text(text.clone())).unwrap();
                websocket.send_prepared(&plain).unwrap();
                websocket.send_prepared(&prepared).unwrap();
                websocket.send_fragment(Kind::Text, false, Bytes::from(text.clone())).unwrap();
                websocket.send_fragment(Kind::Text, true, Bytes::from(text.clone())).unwrap();
                let sender = websocket.halves().1;
                let mut begun = sender.begin(Message::binary(noise(3, len))).unwrap();
                while let Begun::Encode(encoding) = begun {
                    begun = sender.finish(encoding.encode()).unwrap();
                }
                let mut begun = sender.begin_prepared(&prepared).unwrap();
                while let Begun::Encode(encoding) = begun {
                    begun = sender.finish(encoding.encode()).unwrap();
                }
                sent = [sent[0] + 6, sent[1] + 7 * len as u64];
            }
        }
    }
    sent
}

fn assert_sent_is_received<A: Role, B: Role>(mut from: WebSocket<A>, mut to: WebSocket<B>) {
    let [messages, bytes] = send_in_every_way(&mut from);
    let output = from.output();
    let output = output.copy_to_bytes(output.remaining());
    let in_frames: usize = unframe(&output).iter().map(|frame| frame.payload.len()).sum();
    let sent = from.stats().sent;
    assert_eq!(counts(sent), [messages, bytes, in_frames as u64]);
    assert!(sent.compressed_bytes < sent.bytes);
    to.input().extend_from_slice(&output);
    while to.receive().expect("a valid peer").is_some() {}
    assert_eq!(to.stats().received, sent);
}

#[test]
fn each_way_to_send_counts_what_the_peer_counts_as_received() {
    for fragment_size in [1000, 100_000, u64::MAX] {
        for terms in [takeover(), no_takeover()] {
            let setup = || {
                let mut setup = agreed(terms);
                setup.config = setup.config.high_water_mark(u64::MAX).fragment_size(fragment_size);
                setup
            };
            assert_sent_is_received(client(setup()), server(setup()));
            assert_sent_is_received(server(setup()), client(setup()));
        }
    }
}

#[test]
fn a_message_that_compression_makes_longer_has_more_compressed_bytes() {
    let mut server = server(agreed(takeover()));
    server.set_compression(Compression::Yes);
    server.send(Message::binary(noise(5, 1000))).unwrap();
    let sent = server.stats().sent;
    assert_eq!((sent.messages, sent.bytes), (1, 1000));
    assert!(sent.compressed_bytes > 1000, "{sent:?}");
}
