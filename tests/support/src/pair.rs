//! A client and a server, joined by byte queues.

use websocket_proto::connection::{Client, Connection, ConnectionConfig, Role, Server};

use crate::{Recorder, SEED, Wire};

/// One end: a connection, what it has written that the other has not got, and what it was told.
#[derive(Debug)]
pub struct Endpoint<R> {
    /// The connection itself.
    pub connection: Connection<R>,
    /// Where the test's own sends go, and what waits to be delivered.
    pub out: Wire,
    /// What it was told.
    pub recorder: Recorder,
    /// All that was ever delivered to it.
    pub delivered: Vec<u8>,
}

impl<R: Role> Endpoint<R> {
    fn new(role: R, config: &ConnectionConfig) -> Self {
        Self {
            connection: Connection::new(role, config.clone()),
            out: Wire::default(),
            recorder: Recorder::default(),
            delivered: Vec::new(),
        }
    }

    /// Delivers `bytes`, and queues what is answered.
    pub fn deliver(&mut self, bytes: &[u8]) {
        self.delivered.extend_from_slice(bytes);
        let had = self.recorder.entries.len();
        self.recorder.feed(&mut self.connection, &mut bytes.to_vec());
        self.queue_answers(had);
    }

    /// Ends what comes to it.
    pub fn eof(&mut self) {
        let had = self.recorder.entries.len();
        self.recorder.eof(&mut self.connection);
        self.queue_answers(had);
    }

    fn queue_answers(&mut self, had: usize) {
        for entry in &self.recorder.entries[had..] {
            if let crate::Entry::Sent(bytes) = entry {
                self.out.0.extend_from_slice(bytes);
            }
        }
    }
}

/// Both ends of one connection.
#[derive(Debug)]
pub struct Pair {
    /// The client's end.
    pub client: Endpoint<Client>,
    /// The server's end.
    pub server: Endpoint<Server>,
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}

impl Pair {
    /// Both configured as by default.
    pub fn new() -> Self {
        Self::with(&ConnectionConfig::new())
    }

    /// Both configured as this says.
    pub fn with(config: &ConnectionConfig) -> Self {
        Self {
            client: Endpoint::new(Client::new(SEED), config),
            server: Endpoint::new(Server, config),
        }
    }

    /// Delivers up to `len` of the bytes that wait for the server.
    fn deliver_to_server(&mut self, len: usize) {
        let len = len.min(self.client.out.0.len());
        let bytes: Vec<u8> = self.client.out.0.drain(..len).collect();
        self.server.deliver(&bytes);
    }

    /// Delivers up to `len` of the bytes that wait for the client.
    fn deliver_to_client(&mut self, len: usize) {
        let len = len.min(self.server.out.0.len());
        let bytes: Vec<u8> = self.server.out.0.drain(..len).collect();
        self.client.deliver(&bytes);
    }

    /// Delivers all there is, to and fro, until neither has anything to say.
    pub fn settle(&mut self) {
        while !self.client.out.0.is_empty() || !self.server.out.0.is_empty() {
            self.deliver_to_server(usize::MAX);
            self.deliver_to_client(usize::MAX);
        }
    }
}
