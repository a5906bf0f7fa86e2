//! Receiving with `Connection` and with `WebSocket`, beside a memcpy of the same bytes.
//!
//! The bytes come as from a socket: in reads of at most 64 KiB, copied into the buffer that the
//! connection unmasks in place. That copy is in each figure, and `memcpy` is it alone.

use std::hint::black_box;

use benches::workload::{READ, Workload};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::connection::{Connection, ConnectionConfig, Event, Input, Server};
use websocket_proto::handshake::Opened;
use websocket_proto::{WebSocket, websocket};

fn receive(criterion: &mut Criterion) {
    for workload in Workload::to_a_server() {
        let mut group = criterion.benchmark_group(format!("receive/{}", workload.name));
        group.throughput(Throughput::Elements(workload.messages as u64));
        let mut buffer = vec![0; READ];

        group.bench_function("memcpy", |b| {
            b.iter(|| {
                for read in workload.stream.chunks(READ) {
                    let buffer = &mut buffer[..read.len()];
                    buffer.copy_from_slice(read);
                    black_box(buffer);
                }
            });
        });
        group.bench_function("Connection", |b| {
            let config = ConnectionConfig::new().max_message_size(1 << 30);
            let mut connection = Connection::new(Server, config);
            b.iter(|| {
                let (mut messages, mut bytes) = (0, 0);
                for read in workload.stream.chunks(READ) {
                    let buffer = &mut buffer[..read.len()];
                    buffer.copy_from_slice(read);
                    let mut input = Input::new(buffer);
                    while let Some(event) = connection.receive(&mut input).expect("valid") {
                        if let Event::Data(data) = event {
                            bytes += black_box(data.bytes).len();
                            messages += usize::from(data.last);
                        }
                    }
                }
                assert_eq!((messages, bytes), (workload.messages, workload.payload_bytes()));
            });
        });
        group.bench_function("WebSocket", |b| {
            let config = websocket::Config::new().max_message_size(1 << 30);
            let mut websocket = WebSocket::new(Server, config, Opened::new());
            b.iter(|| {
                let (mut messages, mut bytes) = (0, 0);
                for read in workload.stream.chunks(READ) {
                    let mut free = websocket.input().lend();
                    free.extend_from_slice(read);
                    websocket.input().give_back(free);
                    while let Some(message) = websocket.receive().expect("valid") {
                        bytes += black_box(message).payload().map_or(0, <[u8]>::len);
                        messages += 1;
                    }
                }
                assert_eq!((messages, bytes), (workload.messages, workload.payload_bytes()));
            });
        });
        group.bench_function("WebSocket, lent", |b| {
            let config = websocket::Config::new().max_message_size(1 << 30);
            let mut websocket = WebSocket::new(Server, config, Opened::new());
            b.iter(|| {
                let (mut messages, mut bytes) = (0, 0);
                for read in workload.stream.chunks(READ) {
                    let mut free = websocket.input().lend();
                    free.extend_from_slice(read);
                    websocket.input().give_back(free);
                    while let Some(message) = websocket.receive_ref().expect("valid") {
                        bytes += black_box(message).payload().map_or(0, <[u8]>::len);
                        messages += 1;
                    }
                }
                assert_eq!((messages, bytes), (workload.messages, workload.payload_bytes()));
            });
        });
        group.finish();
    }
}

criterion_group!(benches, receive);
criterion_main!(benches);
