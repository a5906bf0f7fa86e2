//! Sending with `Connection` and with `WebSocket`, in both roles, beside a memcpy of the same
//! bytes.
//!
//! `Connection` writes into a slice. `WebSocket` queues, and the queue is written to a transport
//! that takes all and costs nothing after every 16 messages, or after each from 16 KiB on.

use std::hint::black_box;

use benches::workload::binary;
use bytes::{Buf, Bytes};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Role, Server, SliceOutput,
};
use websocket_proto::handshake::Opened;
use websocket_proto::{Message, WebSocket, websocket};

type Group<'c> = BenchmarkGroup<'c, criterion::measurement::WallTime>;

fn send(criterion: &mut Criterion) {
    for (size, name) in [(16, "16B"), (125, "125B"), (16 << 10, "16KiB"), (1 << 20, "1MiB")] {
        let mut group = criterion.benchmark_group(format!("send/binary-{name}"));
        group.throughput(Throughput::Elements(16));
        let payload = binary(size);

        group.bench_function("memcpy", |b| {
            let mut buffer = vec![0; size];
            b.iter(|| {
                for _ in 0..16 {
                    buffer.copy_from_slice(black_box(&payload));
                    black_box(&mut buffer);
                }
            });
        });
        connection(&mut group, "Connection-server", || Server, &payload);
        connection(&mut group, "Connection-client", || Client::new([7; 32]), &payload);
        websocket(&mut group, "WebSocket-server", || Server, &payload);
        websocket(&mut group, "WebSocket-client", || Client::new([7; 32]), &payload);
        group.finish();
    }
}

fn connection<R: Role>(group: &mut Group<'_>, name: &str, role: fn() -> R, payload: &[u8]) {
    let mut connection = Connection::new(role(), ConnectionConfig::new());
    let mut buffer = vec![0; payload.len() + 14];
    group.bench_function(name, |b| {
        b.iter(|| {
            let mut sent = 0;
            for _ in 0..16 {
                let mut out = SliceOutput::new(&mut buffer);
                connection.send_binary(black_box(payload), &mut out).expect("there is room");
                sent += black_box(out.written()).len();
            }
            assert!(sent >= 16 * (payload.len() + 2));
        });
    });
}

fn websocket<R: Role>(group: &mut Group<'_>, name: &str, role: fn() -> R, payload: &[u8]) {
    let config = websocket::Config::new().high_water_mark(u64::MAX);
    let mut websocket = WebSocket::new(role(), config, Opened::new());
    let payload = Bytes::copy_from_slice(payload);
    group.bench_function(name, |b| {
        b.iter(|| {
            let mut sent = 0;
            for _ in 0..16 {
                let message = Message::Binary(black_box(&payload).clone());
                websocket.send(message).expect("there is room");
                if payload.len() >= 16 << 10 {
                    sent += drain(&mut websocket);
                }
            }
            sent += drain(&mut websocket);
            assert!(sent >= 16 * (payload.len() + 2));
        });
    });
}

fn drain<R: Role>(websocket: &mut WebSocket<R>) -> usize {
    let output = websocket.output();
    let len = output.remaining();
    black_box(output.chunk());
    output.advance(len);
    len
}

criterion_group!(benches, send);
criterion_main!(benches);
