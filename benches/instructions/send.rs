//! Both roles that send, with `Connection` and with `WebSocket`.

use std::hint::black_box;

use benches::workload::{binary, multilingual};
use bytes::Buf;
use websocket_proto::connection::{
    Client, Connection, ConnectionConfig, Role, Server, SliceOutput,
};
use websocket_proto::frame::FrameHeader;
use websocket_proto::handshake::Opened;
use websocket_proto::{Message, Utf8Bytes, WebSocket, websocket};

use super::{Pass, Row};

/// The number of messages in one pass. Small ones are written together.
const MESSAGES: usize = 64;
const BATCH: usize = 16;

/// Returns the workloads.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (size, size_name) in [(16, "16B"), (125, "125B"), (1 << 10, "1KiB"), (16 << 10, "16KiB")] {
        let text = String::from_utf8(multilingual(size)).expect("it is text");
        let messages = [
            ("binary", Message::binary(binary(size))),
            ("text", Message::Text(Utf8Bytes::from(text))),
        ];
        for (kind, message) in messages {
            let name = format!("{kind}-{size_name}");
            rows.extend(role_rows("server", &name, &message, || Server));
            rows.extend(role_rows("client", &name, &message, || Client::new([7; 32])));
        }
    }
    rows
}

fn role_rows<R: Role>(
    role_name: &str,
    workload: &str,
    message: &Message,
    role: fn() -> R,
) -> [Row; 2] {
    let row = |way: &str, create: fn(R, Message) -> Pass| {
        let message = message.clone();
        Row {
            name: format!("send/{way}-{role_name}/{workload}"),
            items: MESSAGES,
            create: Box::new(move || create(role(), message.clone())),
        }
    };
    [row("connection", connection), row("websocket", websocket)]
}

fn connection<R: Role>(role: R, message: Message) -> Pass {
    let mut connection = Connection::new(role, ConnectionConfig::new());
    let mut buffer = vec![0; message.len() + FrameHeader::MAX_LEN];
    Box::new(move || {
        let mut sent = 0;
        for _ in 0..MESSAGES {
            let mut out = SliceOutput::new(&mut buffer);
            match black_box(&message) {
                Message::Text(text) => connection.send_text(text, &mut out),
                other => connection.send_binary(other.payload().unwrap_or_default(), &mut out),
            }
            .expect("there is room");
            sent += black_box(out.written()).len();
        }
        assert!(sent >= MESSAGES * (message.len() + 2));
    })
}

fn websocket<R: Role>(role: R, message: Message) -> Pass {
    let config = websocket::Config::new();
    let mut websocket = WebSocket::new(role, config, Opened::new());
    let batch = if message.len() >= 16 << 10 { 1 } else { BATCH };
    Box::new(move || {
        let mut sent = 0;
        for _ in 0..MESSAGES / batch {
            for _ in 0..batch {
                websocket.send(black_box(&message).clone()).expect("there is room");
            }
            let output = websocket.output();
            let len = output.remaining();
            black_box(output.chunk());
            output.advance(len);
            sent += len;
        }
        assert!(sent >= MESSAGES * (message.len() + 2));
    })
}
