//! permessage-deflate: compressing and decompressing 64 messages that differ, with and without
//! context takeover, and one message to 100 connections.
//!
//! The pieces alone, without frames: what a `WebSocket` adds to them is in `send` and `receive`.

use std::hint::black_box;

use benches::workload::json;
use bytes::Buf;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::connection::Server;
use websocket_proto::deflate::{self, Compressor, Decompressor, Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{Message, WebSocket};

type Group<'c> = BenchmarkGroup<'c, criterion::measurement::WallTime>;

const MESSAGES: usize = 64;
const MEMBERS: usize = 100;

const SIZES: [(usize, &str); 3] = [(125, "125B"), (1 << 10, "1KiB"), (16 << 10, "16KiB")];

fn agreement(takeover: bool) -> Terms {
    let preferences = Preferences::new()
        .server_no_context_takeover(!takeover)
        .client_no_context_takeover(!takeover);
    let offers = Extensions::parse(b"permessage-deflate").map_while(Result::ok);
    preferences.accept(offers).expect("it can be met")
}

fn deflate(criterion: &mut Criterion) {
    for (size, name) in SIZES {
        let messages: Vec<String> = (0..MESSAGES).map(|number| json(number, size)).collect();
        for level in [1, 6] {
            for takeover in [true, false] {
                let terms = if takeover { "takeover" } else { "no-takeover" };
                let name = format!("json-{name}/level-{level}/{terms}");
                let config = deflate::DeflateConfig::new().level(level);
                let mut group = criterion.benchmark_group(format!("deflate/{name}"));
                group.throughput(Throughput::Elements(MESSAGES as u64));
                compress(&mut group, &config, &agreement(takeover), &messages);
                decompress(&mut group, &config, &agreement(takeover), &messages);
                group.finish();
            }
        }
    }
}

fn compress(
    group: &mut Group<'_>,
    config: &deflate::DeflateConfig,
    agreement: &Terms,
    messages: &[String],
) {
    let mut compressor = Compressor::new(config, agreement.server());
    let mut out = Vec::new();
    let bytes: usize = messages.iter().map(String::len).sum();
    group.bench_function("compress", |b| {
        b.iter(|| {
            let mut compressed = 0;
            for message in messages {
                out.clear();
                compressor.compress(black_box(message.as_bytes()), true, &mut out);
                compressed += black_box(&out).len();
            }
            assert!((MESSAGES..bytes).contains(&compressed), "{compressed} of {bytes}");
        });
    });
}

fn decompress(
    group: &mut Group<'_>,
    config: &deflate::DeflateConfig,
    agreement: &Terms,
    messages: &[String],
) {
    // Each begins with what refers to nothing, so that the same ones can come again and again.
    let mut compressor = Compressor::new(config, agreement.server());
    let payloads: Vec<Vec<u8>> = messages
        .iter()
        .map(|message| {
            let mut payload = Vec::new();
            compressor.compress(message.as_bytes(), true, &mut payload);
            payload
        })
        .collect();
    let mut decompressor = Decompressor::new(config, agreement.server());
    let bytes: usize = messages.iter().map(String::len).sum();
    group.bench_function("decompress", |b| {
        b.iter(|| {
            let mut decompressed = 0;
            for payload in &payloads {
                let mut message = Vec::new();
                decompressor
                    .decompress(black_box(payload), true, 1 << 20, &mut message)
                    .expect("valid");
                decompressed += black_box(message).len();
            }
            assert_eq!(decompressed, bytes);
        });
    });
}

/// One message to all, prepared once or compressed by each connection for itself.
fn broadcast(criterion: &mut Criterion) {
    let shared = deflate::DeflateConfig::new();
    for (size, name) in SIZES {
        let mut group = criterion.benchmark_group(format!("broadcast/json-{name}"));
        group.throughput(Throughput::Elements(MEMBERS as u64));
        let text = json(1, size);
        let config = Config::new().deflate(shared.clone());

        let mut room = room(&config);
        group.bench_function("prepared", |b| {
            b.iter(|| {
                let deflate = shared.clone().threshold(0);
                let news = Prepared::text(black_box(&text).clone()).compressed(&deflate);
                let sent: usize = room
                    .iter_mut()
                    .map(|member| {
                        member.send_prepared(&news).expect("there is room");
                        drain(member)
                    })
                    .sum();
                assert!((MEMBERS * 3..MEMBERS * (size + 2)).contains(&sent), "{sent} bytes");
            });
        });

        let mut room = self::room(&config);
        group.bench_function("each", |b| {
            b.iter(|| {
                let sent: usize = room
                    .iter_mut()
                    .map(|member| {
                        member.set_compression(deflate::Compression::Yes);
                        member.send(Message::text(black_box(&text).clone())).expect("room");
                        drain(member)
                    })
                    .sum();
                assert!((MEMBERS * 3..MEMBERS * (size + 2)).contains(&sent), "{sent} bytes");
            });
        });
        group.finish();
    }
}

fn room(config: &Config) -> Vec<WebSocket<Server>> {
    let opened = Opened::new().with_deflate_terms(agreement(true));
    (0..MEMBERS).map(|_| WebSocket::new(Server, config.clone(), opened.clone())).collect()
}

fn drain(websocket: &mut WebSocket<Server>) -> usize {
    let output = websocket.output();
    let len = output.remaining();
    black_box(output.chunk());
    output.advance(len);
    len
}

criterion_group!(benches, deflate, broadcast);
criterion_main!(benches);
