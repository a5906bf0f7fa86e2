//! The endpoint of this crate.

use bytes::Buf;
use support::{SEED, Side};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, WebSocket};

use crate::plan::Limits;
use crate::strict::Heard;
use crate::{End, Outcome};

/// Reads `stream` in pieces, and returns what was sent too.
pub fn read(
    stream: &[u8],
    side: Side,
    limits: Limits,
    close_first: bool,
    cuts: &[u8],
) -> (Outcome, Vec<u8>) {
    let config = Config::new().max_message_size(limits.message).max_frame_size(limits.frame);
    match side {
        Side::Server => {
            read_with(WebSocket::new(Server, config, Opened::new()), stream, close_first, cuts)
        }
        Side::Client => {
            let client = WebSocket::new(Client::new(SEED), config, Opened::new());
            read_with(client, stream, close_first, cuts)
        }
    }
}

fn read_with<R: Role>(
    mut websocket: WebSocket<R>,
    stream: &[u8],
    close_first: bool,
    cuts: &[u8],
) -> (Outcome, Vec<u8>) {
    if close_first {
        websocket.send(Message::Close(None)).expect("an open connection");
    }
    let mut sent = drain(&mut websocket);
    let mut outcome = Outcome { heard: Vec::new(), end: End::Starved };
    let mut rest = stream;
    let mut cuts = cuts.iter().map(|&len| usize::from(len));
    'pieces: while !rest.is_empty() {
        let (piece, after) = rest.split_at(cuts.next().unwrap_or(rest.len()).min(rest.len()));
        rest = after;
        websocket.input().extend_from_slice(piece);
        loop {
            let received = websocket.receive();
            sent.append(&mut drain(&mut websocket));
            match received {
                Ok(None) => break,
                Ok(Some(message)) => {
                    outcome.heard.push(heard(message));
                    if matches!(outcome.heard.last(), Some(Heard::Close(_))) {
                        outcome.end = End::Closed;
                        break 'pieces;
                    }
                }
                Err(error) => {
                    assert_eq!(websocket.receive(), Err(error), "errors stay");
                    outcome.end = End::Failed(error.close_code().0);
                    break 'pieces;
                }
            }
        }
    }
    (outcome, sent)
}

pub fn drain<R: Role>(websocket: &mut WebSocket<R>) -> Vec<u8> {
    let output = websocket.output();
    output.copy_to_bytes(output.remaining()).into()
}

pub fn heard(message: Message) -> Heard {
    match message {
        Message::Text(text) => Heard::Text(text.to_string()),
        Message::Binary(bytes) => Heard::Binary(bytes.into()),
        Message::Ping(payload) => Heard::Ping(payload.into()),
        Message::Pong(payload) => Heard::Pong(payload.into()),
        Message::Close(frame) => {
            let parts =
                |(code, reason): (websocket_proto::CloseCode, &str)| (code.0, reason.into());
            Heard::Close(frame.map(|frame| parts(frame.parts())))
        }
        Message::Oversized { len } => panic!("nothing is skipped, but {len} bytes were"),
    }
}
