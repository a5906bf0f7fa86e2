//! `Connection`, over slices of the application.

use bytes::Bytes;
use websocket_proto::connection::{
    Connection, ConnectionConfig, Data, Event, Input, Role, SliceOutput,
};
use websocket_proto::frame::{FrameHeader, Kind, Rsv};

use crate::contestant::{Receiver, Sender};
use crate::memory::{Memory, READ};
use crate::tally::Tally;

/// Receives from a slice of 64 KiB.
pub struct Receiving<R> {
    memory: Memory,
    connection: Connection<R>,
    read: Vec<u8>,
    /// The message in progress, if its bytes are not all in one piece.
    message: Vec<u8>,
}

impl<R: Role> Receiving<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        let connection = Connection::new(role, ConnectionConfig::new());
        Self { memory, connection, read: vec![0; READ], message: Vec::new() }
    }
}

impl<R: Role> Receiver for Receiving<R> {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        let end = tally.messages + messages;
        while tally.messages < end {
            let len = self.memory.read_into(&mut self.read);
            assert_ne!(len, 0, "the stream ended early");
            let mut input = Input::new(&mut self.read[..len]);
            while let Some(event) = self.connection.receive(&mut input).expect("valid") {
                match event {
                    Event::Data(Data { kind, bytes, first: true, last: true, .. }) => {
                        tally.take(kind == Kind::Text, bytes);
                    }
                    Event::Data(Data { kind, bytes, last, .. }) => {
                        self.message.extend_from_slice(bytes);
                        if last {
                            tally.take(kind == Kind::Text, &self.message);
                            self.message.clear();
                        }
                    }
                    other => panic!("received {other:?}"),
                }
            }
        }
    }
}

/// Sends from a slice.
pub struct Sending<R> {
    memory: Memory,
    connection: Connection<R>,
    output: Vec<u8>,
}

impl<R: Role> Sending<R> {
    /// Creates a connection over `memory`.
    pub fn new(memory: Memory, role: R) -> Self {
        let connection = Connection::new(role, ConnectionConfig::new());
        Self { memory, connection, output: Vec::new() }
    }

    /// Writes a header and the uncopied payload, which only a server can do.
    fn send_uncopied(&mut self, payload: &[u8]) {
        let len = payload.len() as u64;
        let start = self.connection.begin(Kind::Binary, len, Rsv::NONE).expect("open");
        self.memory.write_pieces([&start.header()[..], payload].into_iter());
    }

    fn send_gathered(&mut self, payloads: &[Bytes]) {
        let room = payloads.iter().map(|payload| payload.len() + FrameHeader::MAX_LEN).sum();
        if self.output.len() < room {
            self.output.resize(room, 0);
        }
        let mut out = SliceOutput::new(&mut self.output);
        for payload in payloads {
            self.connection.send_binary(payload, &mut out).expect("there is room");
        }
        self.memory.write_pieces([out.written()].into_iter());
    }
}

impl<R: Role> Sender for Sending<R> {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        for batch in payloads.chunks(batch) {
            match batch {
                [large] if !self.connection.is_client() => self.send_uncopied(large),
                batch => self.send_gathered(batch),
            }
        }
    }
}
