//! Endpoints that compress and share coders or have them alone, and what is fed to them piece by
//! piece.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part, as a module of its own")]

use bytes::BytesMut;
use websocket_proto::connection::Role;
use websocket_proto::deflate;
use websocket_proto::handshake::Extensions;
use websocket_proto::handshake::deflate::{Agreement, Preferences};
use websocket_proto::websocket::Config;
use websocket_proto::{Message, ProtocolError, WebSocket};

use super::deflated::RSV1;
use super::messages::{BINARY, From};

/// A decompressor takes less than this, and a compressor of the largest window.
pub const DECODER: usize = 64 * 1024;
pub const ENCODER: usize = 512 * 1024;

pub fn takeover() -> Preferences {
    Preferences::new()
}

pub fn no_takeover() -> Preferences {
    Preferences::new().server_no_context_takeover(true).client_no_context_takeover(true)
}

fn agreement(preferences: Preferences) -> Agreement {
    let offer = Extensions::parse(b"permessage-deflate; client_max_window_bits");
    preferences.accept(offer.map_while(Result::ok)).expect("it can be met")
}

/// Connections that share coders through `deflate`.
pub fn config(preferences: Preferences, deflate: &deflate::Config) -> Config {
    Config::new().deflate(deflate.clone()).agreement(Some(agreement(preferences)))
}

pub fn alone(preferences: Preferences) -> Config {
    config(preferences, &deflate::Config::new().pool_size(0))
}

/// A compressed message in one frame, from a client.
pub fn compressed(payload: &[u8]) -> Vec<u8> {
    let mut frame = From::Client.frame(BINARY, payload);
    frame[0] |= RSV1;
    frame
}

/// Feeds `stream` in reads of 4 KiB, into the buffer that `receive` left.
pub fn feed<R: Role>(
    websocket: &mut WebSocket<R>,
    input: &mut BytesMut,
    stream: &[u8],
    mut each: impl FnMut(Message),
) -> Result<(), ProtocolError> {
    for read in stream.chunks(4096) {
        input.extend_from_slice(read);
        while let Some(message) = websocket.receive(input)? {
            each(message);
        }
    }
    Ok(())
}

/// Receives one message, and keeps nothing of it or of the buffer.
pub fn receive_one<R: Role>(websocket: &mut WebSocket<R>, stream: &[u8], expected: &Message) {
    let mut received = None;
    feed(websocket, &mut BytesMut::new(), stream, |message| received = Some(message)).unwrap();
    assert_eq!(received.as_ref(), Some(expected));
}

/// Bytes of no pattern.
pub fn noise() -> impl Iterator<Item = u8> {
    let mut state = 1_u32;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
}
