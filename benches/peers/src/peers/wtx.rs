//! wtx.

use bytes::Bytes;
use wtx::collection::Vector;
use wtx::rng::{Xorshift64, simple_seed};
use wtx::web_socket::compression::NegotiatedCompression;
use wtx::web_socket::{Frame, OpCode, WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::memory::Memory;
use crate::poll;
use crate::role::Role;
use crate::tally::Tally;

/// `WebSocket` whose payloads borrow its network buffer where they can.
pub const CONTESTANT: Contestant = Contestant {
    name: "wtx",
    package: "wtx",
    how: "`WebSocket::read_frame` with `Adaptive`: the payload borrows a network buffer of 64 KiB; `write_frame`, vectored, and never batched; feature `optimization`; a client masks a copy of the payload",
    receiver: Some(|memory, role| match role {
        Role::Server => Box::new(Connection::<_, false>::new(memory, ())),
        Role::Client => Box::new(Connection::<_, true>::new(memory, ())),
    }),
    sender: Some(|memory, role| match role {
        Role::Server => Box::new(Connection::<_, false>::new(memory, ())),
        Role::Client => Box::new(Connection::<_, true>::new(memory, ())),
    }),
};

/// A connection that compresses or does not.
pub struct Connection<C, const IS_CLIENT: bool> {
    socket: WebSocketOwned<C, Xorshift64, Memory, IS_CLIENT>,
    message: Vector<u8>,
    /// The payloads as the type of a frame asks for them. A server does not touch them, so the
    /// application may keep them as they are.
    mutable: Vec<Vec<u8>>,
}

impl<C: NegotiatedCompression, const IS_CLIENT: bool> Connection<C, IS_CLIENT> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, compression: C) -> Self {
        let buffer = WebSocketBuffer::with_capacity(64 << 10, 0, 0).expect("there is memory");
        let rng = Xorshift64::from(simple_seed());
        let socket = WebSocketOwned::new(compression, false, rng, memory, buffer);
        Self { socket, message: Vector::new(), mutable: Vec::new() }
    }
}

impl<C: NegotiatedCompression, const IS_CLIENT: bool> Receiver for Connection<C, IS_CLIENT> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        let Self { socket, message, .. } = self;
        poll::now(async {
            for _ in 0..messages {
                let frame = socket
                    .read_frame(message, WebSocketPayloadOrigin::Adaptive)
                    .await
                    .expect("a message");
                match frame.op_code() {
                    OpCode::Text => tally.take(true, frame.payload()),
                    OpCode::Binary => tally.take(false, frame.payload()),
                    other => panic!("received {other:?}"),
                }
            }
        });
    }
}

impl<C: NegotiatedCompression, const IS_CLIENT: bool> Sender for Connection<C, IS_CLIENT> {
    fn send(&mut self, payloads: &[Bytes], _: usize) {
        let Self { socket, message, mutable } = self;
        if !IS_CLIENT && mutable.len() != payloads.len() {
            // Once, in the pass that warms up.
            *mutable = payloads.iter().map(|payload| payload.to_vec()).collect();
        }
        poll::now(async {
            if IS_CLIENT {
                for payload in payloads {
                    message.clear();
                    message.extend_from_copyable_slice(payload).expect("there is memory");
                    let mut frame = Frame::new_fin(OpCode::Binary, message.as_slice_mut());
                    socket.write_frame(&mut frame).await.expect("the sink takes all");
                }
            } else {
                for payload in mutable {
                    let mut frame = Frame::new_fin(OpCode::Binary, payload.as_mut_slice());
                    socket.write_frame(&mut frame).await.expect("the sink takes all");
                }
            }
        });
    }
}
