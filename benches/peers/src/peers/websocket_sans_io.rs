//! websocket-sans-io, in a loop as its examples show it.

use bytes::Bytes;
use websocket_sans_io::{
    FrameInfo, Opcode, WebsocketFrameDecoder, WebsocketFrameEncoder, WebsocketFrameEvent,
};

use crate::contestant::{Contestant, Receiver, Sender};
use crate::frame;
use crate::memory::{Memory, READ};
use crate::role::Role;
use crate::tally::Tally;

/// The decoder and the encoder of frames.
pub const CONTESTANT: Contestant = Contestant {
    name: "websocket-sans-io",
    package: "websocket-sans-io",
    how: "the frame decoder over reads of 64 KiB, where a payload that is whole in its read is borrowed, and the frame encoder, in a loop of the application, which also checks the frames, joins the pieces and validates text with simdutf8; a server writes large payloads uncopied",
    receiver: Some(|memory, role| Box::new(Receiving::new(memory, role))),
    sender: Some(|memory, role| Box::new(Sending::new(memory, role))),
};

struct Receiving {
    memory: Memory,
    decoder: WebsocketFrameDecoder,
    masked: bool,
    read: Vec<u8>,
    /// The message in progress, if its bytes are not all in one piece.
    message: Vec<u8>,
}

impl Receiving {
    fn new(memory: Memory, role: Role) -> Self {
        Self {
            memory,
            decoder: WebsocketFrameDecoder::new(),
            masked: !role.is_client(),
            read: vec![0; READ],
            message: Vec::new(),
        }
    }

    /// Decodes the first `len` bytes of the last read.
    fn decode(&mut self, len: usize, tally: &mut Tally<'_>) {
        let mut rest = &mut self.read[..len];
        let mut whole: Option<&[u8]> = None;
        loop {
            let added = self.decoder.add_data(rest).expect("it decodes everything");
            let (piece, after) = rest.split_at_mut(added.consumed_bytes);
            rest = after;
            match added.event {
                None if piece.is_empty() => break,
                None => {}
                Some(WebsocketFrameEvent::Start { frame_info, .. }) => {
                    let valid =
                        frame_info.is_reasonable() && frame_info.mask.is_some() == self.masked;
                    assert!(valid, "received {frame_info:?}");
                }
                Some(WebsocketFrameEvent::PayloadChunk { .. }) => {
                    if self.message.is_empty() && whole.is_none() {
                        whole = Some(piece);
                    } else {
                        self.message.extend_from_slice(whole.take().unwrap_or_default());
                        self.message.extend_from_slice(piece);
                    }
                }
                Some(WebsocketFrameEvent::End { frame_info, original_opcode })
                    if frame_info.fin =>
                {
                    finish(original_opcode, whole.take().unwrap_or(&self.message), tally);
                    self.message.clear();
                }
                Some(WebsocketFrameEvent::End { .. }) => {}
            }
        }
        self.message.extend_from_slice(whole.unwrap_or_default());
    }
}

fn finish(opcode: Opcode, message: &[u8], tally: &mut Tally<'_>) {
    match opcode {
        Opcode::Text => {
            let text = simdutf8::basic::from_utf8(message).expect("UTF-8");
            tally.take(true, text.as_bytes());
        }
        Opcode::Binary => tally.take(false, message),
        other => panic!("received {other:?}"),
    }
}

impl Receiver for Receiving {
    fn receive(&mut self, messages: usize, tally: &mut Tally<'_>) {
        let end = tally.messages + messages;
        while tally.messages < end {
            let len = self.memory.read_into(&mut self.read);
            assert_ne!(len, 0, "the stream ended early");
            self.decode(len, tally);
        }
    }
}

struct Sending {
    memory: Memory,
    encoder: WebsocketFrameEncoder,
    masked: bool,
    /// Advances with each frame of a client. The crate leaves the keys to the application.
    frames: usize,
    output: Vec<u8>,
}

impl Sending {
    fn new(memory: Memory, role: Role) -> Self {
        let encoder = WebsocketFrameEncoder::new();
        Self { memory, encoder, masked: role.is_client(), frames: 0, output: Vec::new() }
    }

    fn start(&mut self, len: usize) -> impl AsRef<[u8]> + use<> {
        self.frames += 1;
        self.encoder.start_frame(&FrameInfo {
            opcode: Opcode::Binary,
            payload_length: len as u64,
            mask: self.masked.then(|| frame::mask_key(self.frames)),
            fin: true,
            reserved: 0,
        })
    }

    fn push(&mut self, payload: &[u8]) {
        let header = self.start(payload.len());
        self.output.extend_from_slice(header.as_ref());
        let start = self.output.len();
        self.output.extend_from_slice(payload);
        self.encoder.transform_frame_payload(&mut self.output[start..]);
    }
}

impl Sender for Sending {
    fn send(&mut self, payloads: &[Bytes], batch: usize) {
        for batch in payloads.chunks(batch) {
            match batch {
                [large] if !self.masked => {
                    let header = self.start(large.len());
                    self.memory.write_pieces([header.as_ref(), &large[..]].into_iter());
                }
                small => {
                    self.output.clear();
                    small.iter().for_each(|payload| self.push(payload));
                    self.memory.write_pieces([&self.output[..]].into_iter());
                }
            }
        }
    }
}
