//! fastwebsockets.

use bytes::Bytes;
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, WebSocket};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::memory::Memory;
use crate::poll;
use crate::role::Role;
use crate::tally::Tally;

/// `FragmentCollector`, which returns whole messages.
pub const CONTESTANT: Contestant = Contestant {
    name: "fastwebsockets",
    package: "fastwebsockets",
    how: "`FragmentCollector::read_frame`; `write_frame`, vectored above 1 KiB, and never batched",
    receiver: Some(|memory, role| Box::new(connection(memory, role))),
    sender: Some(|memory, role| Box::new(connection(memory, role))),
};

fn connection(memory: Memory, role: Role) -> FragmentCollector<Memory> {
    let role = match role {
        Role::Server => fastwebsockets::Role::Server,
        Role::Client => fastwebsockets::Role::Client,
    };
    FragmentCollector::new(WebSocket::after_handshake(memory, role))
}

impl Receiver for FragmentCollector<Memory> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        poll::now(async {
            for _ in 0..messages {
                let frame = self.read_frame().await.expect("a message");
                match frame.opcode {
                    OpCode::Text => tally.take(true, &frame.payload),
                    OpCode::Binary => tally.take(false, &frame.payload),
                    _ => panic!("received a control frame"),
                }
            }
        });
    }
}

impl Sender for FragmentCollector<Memory> {
    fn send(&mut self, payloads: &[Bytes], _: usize) {
        poll::now(async {
            for payload in payloads {
                // A client masks its own copy of a borrowed payload.
                let frame = Frame::binary(Payload::Borrowed(payload));
                self.write_frame(frame).await.expect("the sink takes all");
            }
        });
    }
}
