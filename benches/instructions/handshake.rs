//! The opening handshake of a server.

use std::hint::black_box;

use websocket_proto::handshake::{Incoming, ServerHandshake};

use super::Row;

const HANDSHAKES: usize = 16;

/// A request as a browser sends it.
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

/// Returns the workload.
pub(super) fn rows() -> Vec<Row> {
    vec![Row {
        name: "handshake/server".to_owned(),
        items: HANDSHAKES,
        create: Box::new(|| Box::new(server)),
    }]
}

fn server() {
    let mut out = [0; 512];
    for _ in 0..HANDSHAKES {
        let mut handshake = ServerHandshake::new();
        let incoming = handshake.receive(black_box(REQUEST));
        let Ok(Some(Incoming::WebSocket(request))) = incoming else { panic!("{incoming:?}") };
        let len = request.accept().subprotocol("chat").write(&mut out);
        assert!(len.is_ok_and(|len| black_box(&out[..len]).starts_with(b"HTTP/1.1 101 ")));
    }
}
