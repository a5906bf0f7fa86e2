//! An adapter: `Messages` over a pipe in memory, after the opening handshake.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use websocket_proto::ProtocolError;
use websocket_proto::connection::{Role, TransportAction};
use websocket_proto::handshake::{
    Answer, ClientHandshake, ClientRequest, Incoming, ServerHandshake,
};

use crate::messages::{Message, Messages};
use crate::rotate::Rotate;

/// One end of a pipe, which takes and gives only a few bytes at a time.
#[derive(Debug)]
pub struct End {
    incoming: Rc<RefCell<Direction>>,
    outgoing: Rc<RefCell<Direction>>,
}

#[derive(Debug, Default)]
struct Direction {
    bytes: VecDeque<u8>,
    is_shut: bool,
}

/// The result of a read.
pub enum Read {
    /// Some bytes have arrived.
    Bytes(Vec<u8>),
    /// Nothing has arrived yet.
    WouldBlock,
    Eof,
}

/// The capacity of a pipe in bytes.
const CAPACITY: usize = 50;
/// How many bytes a read returns at most.
const READ: usize = 7;

/// Creates the two ends of a pipe.
pub fn pipe() -> (End, End) {
    let (up, down) = <(Rc<RefCell<Direction>>, Rc<RefCell<Direction>>)>::default();
    let client = End { incoming: Rc::clone(&down), outgoing: Rc::clone(&up) };
    (client, End { incoming: up, outgoing: down })
}

impl End {
    /// Reads what has arrived, up to a few bytes.
    pub fn read(&self) -> Read {
        let mut incoming = self.incoming.borrow_mut();
        let len = incoming.bytes.len().min(READ);
        match len {
            0 if incoming.is_shut => Read::Eof,
            0 => Read::WouldBlock,
            len => Read::Bytes(incoming.bytes.drain(..len).collect()),
        }
    }

    /// Writes what the pipe takes, and returns how many bytes that are.
    pub fn write(&self, bytes: &[u8]) -> usize {
        let mut outgoing = self.outgoing.borrow_mut();
        let len = bytes.len().min(CAPACITY - outgoing.bytes.len());
        outgoing.bytes.extend(&bytes[..len]);
        len
    }

    fn shut(&self) {
        self.outgoing.borrow_mut().is_shut = true;
    }
}

/// An open WebSocket on one end of a pipe.
#[derive(Debug)]
pub struct Socket<R> {
    end: End,
    /// The message layer.
    pub messages: Messages<R>,
    /// Bytes after the head of the opening handshake.
    early: Vec<u8>,
    is_over: bool,
}

impl<R: Role> Socket<R> {
    fn new(end: End, role: R, rotate: Option<Rotate>, early: Vec<u8>) -> Self {
        Self { end, messages: Messages::new(role, rotate), early, is_over: false }
    }

    /// Writes what the pipe takes and reads what has arrived. Returns the messages.
    pub fn run(&mut self) -> Result<Vec<Message>, ProtocolError> {
        loop {
            let written = self.end.write(self.messages.output().chunk());
            if written == 0 {
                break;
            }
            self.messages.output().advance(written);
        }
        let is_flushed = self.messages.output().chunk().is_empty();
        match self.messages.transport_action() {
            TransportAction::Keep => {}
            _ if !is_flushed => {}
            TransportAction::ShutdownWrite => self.end.shut(),
            TransportAction::Drop => {
                self.end.shut();
                self.is_over = true;
            }
        }
        let mut bytes = std::mem::take(&mut self.early);
        match self.end.read() {
            Read::Bytes(read) => bytes.extend(read),
            Read::Eof if bytes.is_empty() => {
                self.messages.receive_eof()?;
                return Ok(Vec::new());
            }
            Read::Eof | Read::WouldBlock => {}
        }
        self.messages.receive(&mut bytes)
    }

    /// Returns whether the transport is dropped.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }
}

/// Opens a WebSocket over both ends of a pipe. The client offers the extension, and the server
/// agrees if `agrees`.
pub fn open<C: Role, S: Role>(
    (client, server): (End, End),
    roles: (C, S),
    offer: Rotate,
    agrees: bool,
) -> (Socket<C>, Socket<S>) {
    let offered = offer.text();
    let nonce = [7; 16]; // in real code: from the system's random generator
    let request = ClientRequest::new("example.com", "/", nonce).extensions(&offered);
    let mut head = [0; 512];
    let mut to_server = head_bytes(&mut head, |head| request.write(head));

    let mut handshake = ServerHandshake::new();
    let mut received = Vec::new();
    let (to_client, server_rotate) = loop {
        transfer(&client, &mut to_server, &server, &mut received);
        match handshake.receive(&received).expect("a valid request") {
            Some(Incoming::WebSocket(incoming)) => {
                let agreed = Rotate::find(incoming.extensions()).filter(|_| agrees);
                let text = agreed.map(Rotate::text);
                let accept = incoming.accept();
                let accept = match &text {
                    Some(text) => accept.extensions(text),
                    None => accept,
                };
                let mut head = [0; 512];
                let bytes = head_bytes(&mut head, |head| accept.write(head));
                assert_eq!(incoming.head_len(), received.len(), "the client waits");
                break (bytes, agreed);
            }
            Some(_) => panic!("this request asks for a WebSocket"),
            None => {}
        }
    };

    let mut to_client = to_client;
    let mut handshake = ClientHandshake::new();
    let mut received = Vec::new();
    loop {
        transfer(&server, &mut to_client, &client, &mut received);
        match handshake.receive(&request, &received).expect("a valid answer") {
            Some(Answer::WebSocket(response)) => {
                let client_rotate = Rotate::find(response.extensions());
                assert_eq!(client_rotate, server_rotate);
                let early = received[response.head_len()..].to_vec();
                return (
                    Socket::new(client, roles.0, client_rotate, early),
                    Socket::new(server, roles.1, server_rotate, Vec::new()),
                );
            }
            Some(_) => panic!("this server agrees"),
            None => {}
        }
    }
}

fn head_bytes<E: std::fmt::Debug>(
    head: &mut [u8],
    write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Vec<u8> {
    let len = write(head).expect("it fits");
    head[..len].to_vec()
}

fn transfer(from: &End, bytes: &mut Vec<u8>, to: &End, received: &mut Vec<u8>) {
    let written = from.write(bytes);
    bytes.drain(..written);
    if let Read::Bytes(read) = to.read() {
        received.extend(read);
    }
}
