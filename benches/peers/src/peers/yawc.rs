//! yawc.

use bytes::Bytes;
use futures_util::SinkExt as _;
use yawc::{Frame, OpCode, Options, WebSocket};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::memory::Memory;
use crate::poll;
use crate::role::Role;
use crate::tally::Tally;

/// `WebSocket` with the buffers of its own benchmarks.
pub const CONTESTANT: Contestant = Contestant {
    name: "yawc",
    package: "yawc",
    how: "`WebSocket::next_frame`; `feed` and `flush`; feature `simd`; `with_utf8` (validation is off by default), limits of 64 MiB, and the buffers of its own benchmark: 128 KiB to read, 64 KiB to write",
    receiver: Some(|memory, role| Box::new(connection(memory, role))),
    sender: Some(|memory, role| Box::new(connection(memory, role))),
};

/// Returns the options for all workloads without compression.
#[must_use]
pub fn options() -> Options {
    Options::default()
        .with_utf8()
        .with_limits(64 << 20, 64 << 20)
        .with_read_buffer_capacity(128 << 10)
        .with_backpressure_boundary(64 << 10)
}

fn connection(memory: Memory, role: Role) -> WebSocket<Memory> {
    let role = match role {
        Role::Server => yawc::Role::Server,
        Role::Client => yawc::Role::Client,
    };
    WebSocket::from_stream(memory, role, options()).expect("no extension to agree on")
}

impl Receiver for WebSocket<Memory> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        poll::now(async {
            for _ in 0..messages {
                let frame = self.next_frame().await.expect("a message");
                match frame.opcode() {
                    OpCode::Text => tally.take(true, frame.payload()),
                    OpCode::Binary => tally.take(false, frame.payload()),
                    other => panic!("received {other:?}"),
                }
            }
        });
    }
}

impl Sender for WebSocket<Memory> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        poll::now(async {
            for batch in payloads.chunks(batch) {
                for payload in batch {
                    self.feed(Frame::binary(payload.clone())).await.expect("the sink takes all");
                }
                self.flush().await.expect("the sink takes all");
            }
        });
    }
}
