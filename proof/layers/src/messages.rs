//! A message layer: whole messages in and out, over `Connection`.

use std::collections::VecDeque;
use std::sync::Arc;

use websocket_proto::connection::{
    Connection, ConnectionConfig, Event, FrameStart, Input, Output, Role, TransportAction,
};
use websocket_proto::frame::{Kind, Rsv};
use websocket_proto::utf8::Utf8Validator;
use websocket_proto::{CloseCode, ProtocolError, SendError};

use crate::rotate::Rotate;

/// A received message.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// A whole text message.
    Text(String),
    /// A whole binary message.
    Binary(Vec<u8>),
    /// A Pong and its payload.
    Pong(Vec<u8>),
    /// The Close of the peer, and its code.
    Close(Option<CloseCode>),
}

/// One endpoint that sends and receives whole messages.
#[derive(Debug)]
pub struct Messages<R> {
    connection: Connection<R>,
    rotate: Option<Rotate>,
    /// The message in progress.
    message: Vec<u8>,
    /// The validator of a text that arrives transformed.
    utf8: Utf8Validator,
    queue: Queue,
}

impl<R: Role> Messages<R> {
    /// Creates an endpoint on the terms that the opening handshake agreed on.
    pub fn new(role: R, rotate: Option<Rotate>) -> Self {
        let config = ConnectionConfig::new().max_message_size(1024 * 1024);
        let config = if rotate.is_some() { Rotate::configure(config) } else { config };
        Self {
            connection: Connection::new(role, config),
            rotate,
            message: Vec::new(),
            utf8: Utf8Validator::new(),
            queue: Queue::default(),
        }
    }

    /// Receives `bytes`, and returns the messages that end in them.
    pub fn receive(&mut self, bytes: &mut [u8]) -> Result<Vec<Message>, ProtocolError> {
        let mut messages = Vec::new();
        let mut input = Input::new(bytes);
        loop {
            let received = match self.connection.receive(&mut input) {
                Ok(None) => return Ok(messages),
                Ok(Some(event)) => self.message(event).map_err(|error| {
                    // An error that only this layer can find.
                    self.connection.fail(error)
                }),
                Err(error) => Err(error),
            };
            self.connection.poll_transmit(&mut self.queue).expect("the queue grows");
            match received {
                Ok(message) => messages.extend(message),
                // The connection returns the error again at the next call.
                Err(_) if !messages.is_empty() => return Ok(messages),
                Err(error) => return Err(error),
            }
        }
    }

    /// Records that the transport has ended.
    pub fn receive_eof(&mut self) -> Result<(), ProtocolError> {
        self.connection.receive_eof()
    }

    fn message(&mut self, event: Event<'_>) -> Result<Option<Message>, ProtocolError> {
        let data = match event {
            Event::Data(data) => data,
            Event::Pong => {
                let payload = self.connection.control_payload().to_vec();
                return Ok(Some(Message::Pong(payload)));
            }
            Event::Close => {
                let code = self.connection.peer_close().map(|frame| frame.code());
                return Ok(Some(Message::Close(code)));
            }
            _ => return Ok(None),
        };
        if let Some(rotate) = self.rotate.filter(|_| data.rsv == Rotate::BIT) {
            rotate.decode(data.bytes);
        }
        if data.transformed && data.kind == Kind::Text {
            let offset = self.message.len();
            let invalid = |at| ProtocolError::InvalidUtf8 { offset: (offset + at) as u64 };
            self.utf8.feed(data.bytes).map_err(|error| invalid(error.valid_up_to))?;
            if data.last {
                self.utf8.finish().map_err(|_| invalid(data.bytes.len()))?;
            }
        }
        self.message.extend_from_slice(data.bytes);
        if !data.last {
            return Ok(None);
        }
        let message = std::mem::take(&mut self.message);
        Ok(Some(match data.kind {
            Kind::Text => Message::Text(String::from_utf8(message).expect("it was validated")),
            Kind::Binary => Message::Binary(message),
        }))
    }

    /// Queues a text message, transformed if the extension was agreed on.
    pub fn send_text(&mut self, text: &str) -> Result<(), SendError> {
        // A `str` is UTF-8, so it needs no check.
        self.send(Kind::Text, text.as_bytes())
    }

    /// Queues a binary message, transformed if the extension was agreed on.
    pub fn send_binary(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.send(Kind::Binary, bytes)
    }

    fn send(&mut self, kind: Kind, payload: &[u8]) -> Result<(), SendError> {
        let start = self.connection.begin(kind, payload.len() as u64, self.bits())?;
        self.stream(start, payload);
        Ok(())
    }

    /// Queues a binary message whose length is not known at its start, a fragment for each piece.
    pub fn send_pieces<'p>(
        &mut self,
        pieces: impl IntoIterator<Item = &'p [u8]>,
    ) -> Result<(), SendError> {
        for piece in pieces {
            let len = piece.len() as u64;
            let start = self.connection.begin_fragment(Kind::Binary, false, len, self.bits())?;
            self.stream(start, piece);
        }
        let start = self.connection.begin_fragment(Kind::Binary, true, 0, self.bits())?;
        self.stream(start, &[]);
        Ok(())
    }

    /// Queues a binary message, not transformed. A server queues the payload itself, without a
    /// copy.
    pub fn send_shared(&mut self, payload: Arc<[u8]>) -> Result<(), SendError> {
        let start = self.connection.begin(Kind::Binary, payload.len() as u64, Rsv::NONE)?;
        match start.mask() {
            None => {
                self.queue.put(&start.header());
                self.queue.push_shared(payload);
            }
            Some(mut mask) => {
                self.queue.put(&start.header());
                self.queue.put_masked(&payload, &mut mask);
            }
        }
        Ok(())
    }

    /// Queues a Ping.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.connection.ping(payload, &mut self.queue)
    }

    /// Begins the closing handshake.
    pub fn close(&mut self, code: CloseCode) -> Result<(), SendError> {
        self.connection.close(code, "", &mut self.queue)
    }

    fn bits(&self) -> Rsv {
        if self.rotate.is_some() { Rotate::BIT } else { Rsv::NONE }
    }

    /// Queues a frame, and transforms and masks its payload piece by piece.
    fn stream(&mut self, start: FrameStart, payload: &[u8]) {
        self.queue.put(&start.header());
        let mut mask = start.mask();
        let mut piece = [0; 64];
        for from in payload.chunks(piece.len()) {
            let piece = &mut piece[..from.len()];
            piece.copy_from_slice(from);
            if let Some(rotate) = self.rotate {
                rotate.encode(piece);
            }
            if let Some(mask) = &mut mask {
                mask.apply(piece);
            }
            self.queue.put(piece);
        }
    }

    /// Returns the bytes to send.
    pub fn output(&mut self) -> &mut Queue {
        &mut self.queue
    }

    /// Returns what to do with the transport after all output has been written.
    pub fn transport_action(&self) -> TransportAction {
        self.connection.transport_action()
    }
}

/// The bytes to send, in pieces.
#[derive(Debug, Default)]
pub struct Queue {
    pieces: VecDeque<Piece>,
    /// How many bytes of the first piece have been written.
    written: usize,
}

#[derive(Debug)]
enum Piece {
    Owned(Vec<u8>),
    Shared(Arc<[u8]>),
}

impl Queue {
    fn push_shared(&mut self, payload: Arc<[u8]>) {
        self.pieces.push_back(Piece::Shared(payload));
    }

    /// Returns the next bytes to write, which are empty when nothing is queued.
    pub fn chunk(&self) -> &[u8] {
        match self.pieces.front() {
            Some(Piece::Owned(bytes)) => &bytes[self.written..],
            Some(Piece::Shared(bytes)) => &bytes[self.written..],
            None => &[],
        }
    }

    /// Records that `len` bytes of the chunk have been written.
    pub fn advance(&mut self, len: usize) {
        self.written += len;
        while !self.pieces.is_empty() && self.chunk().is_empty() {
            self.pieces.pop_front();
            self.written = 0;
        }
    }
}

impl Output for Queue {
    fn room(&self) -> usize {
        usize::MAX
    }

    fn put(&mut self, bytes: &[u8]) {
        if let Some(Piece::Owned(last)) = self.pieces.back_mut() {
            last.extend_from_slice(bytes);
        } else if !bytes.is_empty() {
            self.pieces.push_back(Piece::Owned(bytes.to_vec()));
        }
    }
}
