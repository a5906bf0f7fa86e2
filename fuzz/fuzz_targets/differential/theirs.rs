//! The endpoint of `tungstenite`.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use support::Side;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use crate::plan::Limits;
use crate::strict::Heard;
use crate::{End, Outcome};

/// Bytes that come in pieces, and what was written.
#[derive(Debug, Default)]
pub struct Pipe {
    pub pieces: VecDeque<Vec<u8>>,
    pub written: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.pieces.front_mut() else {
            return Err(ErrorKind::WouldBlock.into());
        };
        let len = piece.len().min(buffer.len());
        buffer[..len].copy_from_slice(&piece[..len]);
        piece.drain(..len);
        if piece.is_empty() {
            self.pieces.pop_front();
        }
        Ok(len)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn endpoint(side: Side, limits: Limits) -> WebSocket<Pipe> {
    let limit = |bytes| usize::try_from(bytes).ok();
    let config = WebSocketConfig::default()
        .max_message_size(limit(limits.message))
        .max_frame_size(limit(limits.frame))
        .read_buffer_size(4096);
    let role = if side == Side::Server { Role::Server } else { Role::Client };
    WebSocket::from_raw_socket(Pipe::default(), role, Some(config))
}

/// Reads `stream` in pieces, and returns what was sent too.
pub fn read(
    stream: &[u8],
    side: Side,
    limits: Limits,
    close_first: bool,
    cuts: &[u8],
) -> (Outcome, Vec<u8>) {
    let mut websocket = endpoint(side, limits);
    if close_first {
        websocket.close(None).expect("an open connection");
    }
    let mut rest = stream;
    let mut cuts = cuts.iter().map(|&len| usize::from(len)).filter(|&len| len > 0);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(cuts.next().unwrap_or(rest.len()).min(rest.len()));
        websocket.get_mut().pieces.push_back(piece.to_vec());
        rest = after;
    }
    let outcome = receive_all(&mut websocket);
    (outcome, std::mem::take(&mut websocket.get_mut().written))
}

/// Receives until nothing is left, and writes the answers.
pub fn receive_all(websocket: &mut WebSocket<Pipe>) -> Outcome {
    let mut outcome = Outcome { heard: Vec::new(), end: End::Starved };
    outcome.end = loop {
        match websocket.read() {
            Ok(message) => {
                outcome.heard.push(heard(message));
                if matches!(outcome.heard.last(), Some(Heard::Close(_))) {
                    break End::Closed;
                }
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break End::Starved,
            Err(Error::Protocol(_)) => break End::Failed(1002),
            Err(Error::Utf8(_)) => break End::Failed(1007),
            Err(Error::Capacity(_)) => break End::Failed(1009),
            Err(error) => panic!("{error}"),
        }
    };
    // A server has then ended the connection.
    match websocket.flush() {
        Ok(()) | Err(Error::ConnectionClosed) => {}
        Err(error) => panic!("{error}"),
    }
    outcome
}

pub fn heard(message: Message) -> Heard {
    match message {
        Message::Text(text) => Heard::Text(text.to_string()),
        Message::Binary(bytes) => Heard::Binary(bytes.into()),
        Message::Ping(payload) => Heard::Ping(payload.into()),
        Message::Pong(payload) => Heard::Pong(payload.into()),
        Message::Close(frame) => {
            let parts = |frame: CloseFrame| (frame.code.into(), frame.reason.to_string());
            Heard::Close(frame.map(parts))
        }
        Message::Frame(frame) => panic!("{frame}"),
    }
}
