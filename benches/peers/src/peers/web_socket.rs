//! web-socket.

use bytes::Bytes;
use tokio::io::BufReader;
use web_socket::{DataType, Event, MessageType, Stream, WebSocket};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::memory::Memory;
use crate::poll;
use crate::role::Role;
use crate::tally::Tally;

/// `WebSocket` over a buffered reader, because the crate reads each header by itself.
pub const CONTESTANT: Contestant = Contestant {
    name: "web-socket",
    package: "web-socket",
    how: "`WebSocket::recv` over `BufReader`; the application joins fragments and validates text with simdutf8; `send`, never batched",
    receiver: Some(|memory, role| Box::new(connection(memory, role))),
    sender: Some(|memory, role| Box::new(connection(memory, role))),
};

fn connection(memory: Memory, role: Role) -> WebSocket<BufReader<Memory>> {
    let stream = BufReader::new(memory);
    match role {
        Role::Server => WebSocket::server(stream),
        Role::Client => WebSocket::client(stream),
    }
}

impl Receiver for WebSocket<BufReader<Memory>> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        poll::now(async {
            for _ in 0..messages {
                let (kind, bytes) = message(self).await;
                if kind.is_text() {
                    simdutf8::basic::from_utf8(&bytes).expect("UTF-8");
                }
                tally.take(kind.is_text(), &bytes);
            }
        });
    }
}

async fn message(socket: &mut WebSocket<BufReader<Memory>>) -> (MessageType, Box<[u8]>) {
    let mut message = Vec::new();
    loop {
        match socket.recv().await.expect("an event") {
            Event::Data { ty: DataType::Complete(kind), data } => return (kind, data),
            Event::Data { ty: DataType::Stream(stream), data } => {
                message.extend_from_slice(&data);
                if let Stream::End(kind) = stream {
                    return (kind, message.into());
                }
            }
            other => panic!("received {other:?}"),
        }
    }
}

impl Sender for WebSocket<BufReader<Memory>> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        poll::now(async {
            for batch in payloads.chunks(batch) {
                for payload in batch {
                    Self::send(self, &payload[..]).await.expect("the sink takes all");
                }
                self.flash().await.expect("the sink takes all");
            }
        });
    }
}
