//! The opening handshake: what a server and a client spend on a connection before its first
//! frame. Each run asserts what it produced.

use core::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, Incoming, ServerHandshake, accept_key,
};

/// What a browser sends, near enough.
const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Upgrade: websocket\r\n\
    Origin: https://server.example.com\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\r\n";

const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\
    Sec-WebSocket-Extensions: permessage-deflate\r\n\
    Server: example\r\n\
    Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n";

fn server(c: &mut Criterion) {
    let mut group = c.benchmark_group("handshake/server");
    group.throughput(Throughput::Bytes(REQUEST.len() as u64));
    group.bench_function("receive", |b| {
        b.iter(|| {
            let mut handshake = ServerHandshake::new();
            let incoming = handshake.receive(black_box(REQUEST));
            let Ok(Some(Incoming::WebSocket(request))) = incoming else { panic!("{incoming:?}") };
            assert_eq!(request.path(), "/chat");
        });
    });
    let mut out = [0; 512];
    group.bench_function("receive and accept", |b| {
        b.iter(|| {
            let mut handshake = ServerHandshake::new();
            let incoming = handshake.receive(black_box(REQUEST));
            let Ok(Some(Incoming::WebSocket(request))) = incoming else { panic!("{incoming:?}") };
            let accept = request.accept().subprotocol("chat");
            let len = accept.extensions("permessage-deflate").write(&mut out);
            assert_eq!(len, Ok(205));
        });
    });
    group.bench_function("a byte at a time", |b| {
        b.iter(|| {
            let mut handshake = ServerHandshake::new();
            for end in 0..REQUEST.len() {
                assert!(matches!(handshake.receive(black_box(&REQUEST[..end])), Ok(None)));
            }
            assert!(matches!(handshake.receive(REQUEST), Ok(Some(_))));
        });
    });
    group.finish();
}

fn client(c: &mut Criterion) {
    let request = ClientRequest::new("server.example.com", "/chat", *b"the sample nonce")
        .subprotocols(&["chat", "superchat"])
        .extensions("permessage-deflate; client_max_window_bits");
    let mut out = [0; 512];
    let mut group = c.benchmark_group("handshake/client");
    group.bench_function("write", |b| {
        b.iter(|| assert_eq!(black_box(&request).write(&mut out), Ok(272)));
    });
    group.throughput(Throughput::Bytes(RESPONSE.len() as u64));
    group.bench_function("receive", |b| {
        b.iter(|| {
            let mut handshake = ClientHandshake::new();
            let answer = handshake.receive(black_box(&request), black_box(RESPONSE));
            let Ok(Some(Answer::WebSocket(response))) = answer else { panic!("{answer:?}") };
            assert_eq!(response.subprotocol(), Some("chat"));
        });
    });
    group.finish();
}

fn key(c: &mut Criterion) {
    c.bench_function("handshake/accept_key", |b| {
        b.iter(|| {
            let accept = accept_key(black_box(b"dGhlIHNhbXBsZSBub25jZQ=="));
            assert_eq!(&accept, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        });
    });
}

criterion_group!(benches, server, client, key);
criterion_main!(benches);
