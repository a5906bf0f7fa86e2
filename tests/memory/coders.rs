//! Endpoints that compress and share coders or have them alone, and what is fed to them piece by
//! piece.

use bytes::BytesMut;
use websocket_proto::connection::Role;
use websocket_proto::deflate;
use websocket_proto::deflate::{Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, ProtocolError, WebSocket};

use support::Setup;
use support::deflated::RSV1;
use support::messages::{BINARY, From, ReceiveFrom};

/// A decompressor takes less than this, and a compressor of the largest window.
pub(crate) const DECODER: usize = 64 * 1024;
pub(crate) const ENCODER: usize = 512 * 1024;

pub(crate) fn takeover() -> Preferences {
    Preferences::new()
}

pub(crate) fn no_takeover() -> Preferences {
    Preferences::new().server_no_context_takeover(true).client_no_context_takeover(true)
}

fn agreement(preferences: Preferences) -> Terms {
    let offer = Extensions::parse(b"permessage-deflate; client_max_window_bits");
    preferences.accept(offer.map_while(Result::ok)).expect("it can be met")
}

/// Connections that share coders through `deflate`.
pub(crate) fn config(preferences: Preferences, deflate: &deflate::DeflateConfig) -> Setup {
    Setup::agreed(Config::new().deflate(deflate.clone()), agreement(preferences))
}

pub(crate) fn alone(preferences: Preferences) -> Setup {
    config(preferences, &deflate::DeflateConfig::new().pool_size(0))
}

/// A compressed message in one frame, from a client.
pub(crate) fn compressed(payload: &[u8]) -> Vec<u8> {
    let mut frame = From::Client.frame(BINARY, payload);
    frame[0] |= RSV1;
    frame
}

/// Feeds `stream` in reads of 4 KiB, into the buffer that `receive` left.
pub(crate) fn feed<R: Role>(
    websocket: &mut WebSocket<R>,
    input: &mut BytesMut,
    stream: &[u8],
    mut each: impl FnMut(Message),
) -> Result<(), ProtocolError> {
    for read in stream.chunks(4096) {
        input.extend_from_slice(read);
        while let Some(message) = websocket.receive_from(input)? {
            each(message);
        }
    }
    // As an adapter does when the transport has nothing to give.
    websocket.input().release_memory();
    Ok(())
}

/// Receives one message, and keeps nothing of it or of the buffer.
pub(crate) fn receive_one<R: Role>(
    websocket: &mut WebSocket<R>,
    stream: &[u8],
    expected: &Message,
) {
    let mut received = None;
    feed(websocket, &mut BytesMut::new(), stream, |message| received = Some(message)).unwrap();
    assert_eq!(received.as_ref(), Some(expected));
}

/// Bytes of no pattern.
pub(crate) fn noise() -> impl Iterator<Item = u8> {
    let mut state = 1_u32;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
}
