//! The crates without I/O, in a loop of the application on tokio.

use bytes::BytesMut;
use sockudo_ws::protocol::Protocol;
use sockudo_ws::{Message, Role};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use websocket_sans_io::{
    FrameInfo, Opcode, WebsocketFrameDecoder, WebsocketFrameEncoder, WebsocketFrameEvent,
};

use crate::e2e::serve::Stream;
use crate::memory::READ;
use crate::peers::sockudo;

/// Echoes frames with websocket-sans-io. A reply begins while its message is still being read,
/// because this crate gives out the pieces of a payload as they come, and knows its length before.
pub async fn frames(mut stream: Stream) {
    let mut decoder = WebsocketFrameDecoder::new();
    let mut encoder = WebsocketFrameEncoder::new();
    let (mut read, mut reply) = (vec![0; READ], Vec::with_capacity(READ));
    while let Ok(len @ 1..) = stream.read(&mut read).await {
        let mut rest = &mut read[..len];
        loop {
            let added = decoder.add_data(rest).expect("it decodes everything");
            let (piece, after) = rest.split_at_mut(added.consumed_bytes);
            rest = after;
            match added.event {
                None if piece.is_empty() => break,
                Some(WebsocketFrameEvent::Start { frame_info, .. }) => {
                    let valid = frame_info.is_reasonable()
                        && frame_info.mask.is_some()
                        && frame_info.opcode == Opcode::Binary;
                    assert!(valid, "received {frame_info:?}");
                    let header = FrameInfo { mask: None, ..frame_info };
                    reply.extend_from_slice(&encoder.start_frame(&header));
                }
                Some(WebsocketFrameEvent::PayloadChunk { .. }) => reply.extend_from_slice(piece),
                Some(WebsocketFrameEvent::End { .. }) | None => {}
            }
        }
        if stream.write_all(&reply).await.is_err() {
            return;
        }
        reply.clear();
    }
}

/// Echoes messages with the protocol of sockudo-ws.
pub async fn sockudo(mut stream: Stream) {
    let config = sockudo::config();
    let mut protocol = Protocol::new(Role::Server, config.max_frame_size, config.max_message_size);
    let mut read = BytesMut::with_capacity(READ);
    let (mut reply, mut messages) = (BytesMut::with_capacity(READ), Vec::<Message>::new());
    while let Ok(1..) = stream.read_buf(&mut read).await {
        protocol.process_into(&mut read, &mut messages).expect("valid");
        for message in messages.drain(..) {
            protocol.encode_message(&message, &mut reply).expect("it has a form");
        }
        if stream.write_all(&reply).await.is_err() {
            return;
        }
        reply.clear();
        // A read must not be as small as the room that happens to be left.
        read.reserve(READ);
    }
}
