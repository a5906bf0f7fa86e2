//! What our own clients share: the types of this package as types of the crate, and back.

use websocket_proto::deflate::DeflateConfig;
use websocket_proto::io::ConnectOptions;
use websocket_proto::websocket::{Config, Keepalive};
use websocket_proto::{CloseCode, CloseFrame, Message, frame, handshake};

use crate::{Event, Failure, Kind, Open, Opened};

/// What our clients can do.
pub const FEATURES: &str = "fragments ping bare-close deflate wait client-keepalive";

/// Returns what `open` asks for.
pub fn options(open: &Open) -> Result<ConnectOptions, Failure> {
    let mut config = Config::new();
    if open.compress {
        config = config.deflate(DeflateConfig::new());
    }
    if let Some(interval) = open.keepalive {
        config = config.keepalive(Keepalive { interval, timeout: 10 * interval });
    }
    let options = ConnectOptions::new(&open.url)?.config(config);
    Ok(options.subprotocols(open.subprotocols.iter().map(String::as_str))?)
}

/// Returns what the response of the server says.
pub fn opened(opened: &handshake::Opened) -> Opened {
    let extensions = opened.answer().and_then(|answer| answer.header("Sec-WebSocket-Extensions"));
    Opened {
        subprotocol: opened.subprotocol().map(String::from),
        extensions: extensions.map(|value| String::from_utf8_lossy(value).into_owned()),
    }
}

/// Returns a message of the crate.
pub fn message(kind: Kind, payload: Vec<u8>) -> Result<Message, Failure> {
    Ok(match kind {
        Kind::Text => String::from_utf8(payload)?.into(),
        Kind::Binary => payload.into(),
    })
}

/// Returns a Close of the crate.
pub fn close(close: Option<(u16, String)>) -> Result<Message, Failure> {
    let Some((code, reason)) = close else { return Ok(Message::Close(None)) };
    let frame = CloseFrame::new(CloseCode::from(code), &reason)?;
    Ok(Message::Close(Some(Box::new(frame))))
}

/// Returns a type of message of the crate.
pub const fn kind(kind: Kind) -> frame::Kind {
    match kind {
        Kind::Text => frame::Kind::Text,
        Kind::Binary => frame::Kind::Binary,
    }
}

/// Returns what has arrived, or `None` for a Ping, which is answered already.
pub fn event(message: Message) -> Option<Event> {
    match message {
        Message::Text(text) => Some(Event::Message(Kind::Text, text.as_bytes().to_vec())),
        Message::Binary(bytes) => Some(Event::Message(Kind::Binary, bytes.to_vec())),
        Message::Pong(bytes) => Some(Event::Pong(bytes.to_vec())),
        Message::Close(Some(close)) => {
            Some(Event::Close(close.code().into(), close.reason().into()))
        }
        Message::Close(None) => Some(Event::Close(1005, String::new())),
        Message::Ping(_) | Message::Oversized { .. } => None,
    }
}
