//! A server that receives, with each way to take messages.

use std::hint::black_box;
use std::rc::Rc;

use benches::workload::{READ, Workload, binary, multilingual};
use websocket_proto::connection::{Connection, ConnectionConfig, Event, Input, Server};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::{WebSocket, websocket};

use super::{Pass, Row};

/// Returns the workloads.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (size, size_name) in [(16, "16B"), (125, "125B"), (1 << 10, "1KiB"), (16 << 10, "16KiB")] {
        let workloads = [
            Workload::new(format!("binary-{size_name}"), Kind::Binary, binary(size), true),
            Workload::new(format!("text-{size_name}"), Kind::Text, multilingual(size), true),
        ];
        for workload in workloads {
            let workload = Rc::new(workload);
            rows.push(row(&workload, "connection", connection));
            rows.push(row(&workload, "websocket", owned));
            rows.push(row(&workload, "websocket-lent", lent));
            rows.push(row(&workload, "websocket-lent-read-from", read_from));
        }
    }
    rows
}

fn row(workload: &Rc<Workload>, way: &str, create: fn(Rc<Workload>) -> Pass) -> Row {
    let name = format!("receive/{way}/{}", workload.name);
    let (items, workload) = (workload.messages, Rc::clone(workload));
    Row { name, items, create: Box::new(move || create(Rc::clone(&workload))) }
}

fn connection(workload: Rc<Workload>) -> Pass {
    let mut connection = Connection::new(Server, ConnectionConfig::new());
    let mut buffer = vec![0; READ];
    Box::new(move || {
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
    })
}

fn owned(workload: Rc<Workload>) -> Pass {
    let mut websocket = WebSocket::new(Server, websocket::Config::new(), Opened::new());
    Box::new(move || {
        let (mut messages, mut bytes) = (0, 0);
        for read in workload.stream.chunks(READ) {
            put(&mut websocket, read);
            while let Some(message) = websocket.receive().expect("valid") {
                bytes += black_box(message).payload().map_or(0, <[u8]>::len);
                messages += 1;
            }
        }
        assert_eq!((messages, bytes), (workload.messages, workload.payload_bytes()));
    })
}

fn lent(workload: Rc<Workload>) -> Pass {
    let mut websocket = WebSocket::new(Server, websocket::Config::new(), Opened::new());
    Box::new(move || {
        let (mut messages, mut bytes) = (0, 0);
        for read in workload.stream.chunks(READ) {
            put(&mut websocket, read);
            while let Some(message) = websocket.receive_ref().expect("valid") {
                bytes += black_box(message).payload().map_or(0, <[u8]>::len);
                messages += 1;
            }
        }
        assert_eq!((messages, bytes), (workload.messages, workload.payload_bytes()));
    })
}

/// Reads as a transport that fills the lent buffer does.
fn put(websocket: &mut WebSocket<Server>, read: &[u8]) {
    let mut free = websocket.input().lend();
    free.extend_from_slice(read);
    websocket.input().give_back(free);
}

/// Reads as a blocking transport does, which cannot fill memory that is not initialised.
fn read_from(workload: Rc<Workload>) -> Pass {
    let mut websocket = WebSocket::new(Server, websocket::Config::new(), Opened::new());
    Box::new(move || {
        let (mut messages, mut bytes) = (0, 0);
        for mut read in workload.stream.chunks(READ) {
            while !read.is_empty() {
                websocket.input().read_from(&mut read).expect("a slice can be read");
                while let Some(message) = websocket.receive_ref().expect("valid") {
                    bytes += black_box(message).payload().map_or(0, <[u8]>::len);
                    messages += 1;
                }
            }
        }
        assert_eq!((messages, bytes), (workload.messages, workload.payload_bytes()));
    })
}
