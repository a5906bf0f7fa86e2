//! Two endpoints that have agreed on permessage-deflate, on any terms, and talk by a list of
//! operations: what arrives is what was sent, and what is on the wire keeps to the terms.
//!
//! The input is what the client wants and what the server wants, five bytes each, and the
//! operations, four bytes each.
#![no_main]

#[path = "common/inflate.rs"]
mod inflate;

use std::collections::VecDeque;

use bytes::Buf;
use inflate::Inflater;
use libfuzzer_sys::fuzz_target;
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::deflate::{self, Compression, Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::frame::{FrameHeader, Kind, OpCode, Rsv};
use websocket_proto::handshake::Opened;
use websocket_proto::mask::Mask;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{Message, WebSocket};

fuzz_target!(|input: &[u8]| {
    let (wants, operations) = input.split_at(input.len().min(10));
    let Ok([client_wants, server_wants]): Result<[_; 2], _> =
        wants.chunks_exact(5).map(Wants::of).collect::<Vec<_>>().try_into()
    else {
        return;
    };
    let offer = client_wants.preferences.offer();
    let offer = Extensions::parse(offer.as_bytes()).map_while(Result::ok);
    let agreement = server_wants.preferences.accept(offer).expect("it can be met");
    let response = agreement.response();
    let response = Extensions::parse(response.as_bytes()).map_while(Result::ok);
    let agreed = client_wants.preferences.check(response);
    let agreed = agreed.expect("it fits").expect("it is there");

    let mut client = Endpoint::new(Client::new([7; 32]), &client_wants, agreed);
    let mut server = Endpoint::new(Server, &server_wants, agreement);
    // A few are enough, and quick.
    for operation in operations.as_chunks().0.iter().take(24) {
        let operation = Operation(*operation);
        if operation.by_client() {
            client.operate(operation, &mut server);
        } else {
            server.operate(operation, &mut client);
        }
    }
    client.deliver(usize::MAX, &mut server);
    server.deliver(usize::MAX, &mut client);
    assert!(client.said.is_empty() && server.said.is_empty(), "all was heard");
});

/// What one side wants.
struct Wants {
    preferences: Preferences,
    deflate: deflate::DeflateConfig,
    high_water_mark: u64,
}

impl Wants {
    fn of(bytes: &[u8]) -> Self {
        let [flags, windows, level, threshold, high_water_mark] = *bytes else {
            panic!("five bytes, not {bytes:?}");
        };
        let preferences = Preferences::new()
            .server_no_context_takeover(flags & 0x01 != 0)
            .client_no_context_takeover(flags & 0x02 != 0)
            .server_max_window_bits(8 + (windows & 0x07))
            .client_max_window_bits(8 + (windows >> 4 & 0x07));
        let deflate = deflate::DeflateConfig::new()
            .preferences(preferences)
            .level(level % 10)
            .threshold(threshold.into())
            .pool_size(usize::from(flags >> 2 & 0x03));
        Self { preferences, deflate, high_water_mark: u64::from(high_water_mark) << 10 }
    }
}

/// Something that one side does: what, by whom, and with what payload.
#[derive(Clone, Copy)]
struct Operation([u8; 4]);

impl Operation {
    fn by_client(self) -> bool {
        self.0[0] & 0x08 != 0
    }

    fn is_text(self) -> bool {
        self.0[0] & 0x10 != 0
    }

    /// Of a fragment, whether it is the last one; of a prepared message, whether it is compressed.
    fn flag(self) -> bool {
        self.0[0] & 0x20 != 0
    }

    fn number(self) -> usize {
        u16::from_be_bytes([self.0[1], self.0[2]]).into()
    }

    /// Little that comes twice in one payload, and much that comes again in the next.
    fn payload(self) -> Vec<u8> {
        let [what, x, y, z] = self.0;
        let [x, y, z] = [x, y, z].map(usize::from);
        // Now and then more than any window.
        let long = if y < 240 { 16 } else { 144 };
        match what >> 6 {
            // The noise is ASCII, and so can be text.
            0 => noise().skip(x * 16).take(y * 8 + z).collect(),
            1 => noise().skip(x * 16).take(y * long + z).collect::<Vec<_>>().repeat(2),
            2 => {
                format!("{x}, Grüße, κόσμε, 世界, 👩‍🚀").bytes().cycle().skip(z).take(y * 4).collect()
            }
            _ => vec![x as u8; y * z / 2],
        }
    }
}

fn noise() -> impl Iterator<Item = u8> {
    let mut state = 0x2545_f491_u32;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 25) as u8
    })
}

struct Endpoint<R> {
    websocket: WebSocket<R>,
    deflate: deflate::DeflateConfig,
    /// What was read and not yet received.
    /// What was written and is under way.
    wire: VecDeque<u8>,
    /// The messages that were sent and have not been heard.
    said: VecDeque<Message>,
    /// What was sent of a fragmented message, and of which kind it is.
    fragments: Vec<u8>,
    fragmenting: Option<Kind>,
    reader: StrictReader,
}

impl<R: Role> Endpoint<R> {
    fn new(role: R, wants: &Wants, agreement: Terms) -> Self {
        let deflate = wants.deflate.clone();
        let reader = StrictReader::new(role.is_client(), &agreement);
        let config = Config::new()
            .max_message_size(1 << 20)
            .high_water_mark(wants.high_water_mark)
            .deflate(deflate.clone());
        let opened = Opened::new().with_deflate_terms(agreement);
        Self {
            websocket: WebSocket::new(role, config, opened),
            deflate,
            wire: VecDeque::new(),
            said: VecDeque::new(),
            fragments: Vec::new(),
            fragmenting: None,
            reader,
        }
    }

    /// Does it. What is refused, because the queue is full or another message is under way, is as
    /// if it had never been.
    fn operate<P: Role>(&mut self, operation: Operation, peer: &mut Endpoint<P>) {
        let (text, flag) = (operation.is_text(), operation.flag());
        match operation.0[0] & 0x07 {
            0 | 1 => self.send(text, operation.payload()),
            2 => self.send_prepared(text, flag, operation.payload()),
            3 => self.send_fragment(text, flag, operation.payload()),
            4 => {
                let _ = self.websocket.send(Message::Ping(operation.payload().into()));
            }
            5 => self.websocket.set_compression(match operation.number() % 3 {
                0 => Compression::Auto,
                1 => Compression::Yes,
                _ => Compression::No,
            }),
            6 => self.websocket.release_memory(),
            _ => self.deliver(operation.number(), peer),
        }
    }

    fn send(&mut self, text: bool, payload: Vec<u8>) {
        let Some(message) = message(text, payload) else { return };
        if self.websocket.send(message.clone()).is_ok() {
            self.said.push_back(message);
        }
    }

    fn send_prepared(&mut self, text: bool, compressed: bool, payload: Vec<u8>) {
        let Some(message) = message(text, payload) else { return };
        let mut prepared = match &message {
            Message::Text(text) => Prepared::text(text.clone()),
            message => Prepared::binary(message.payload().unwrap_or_default().to_vec()),
        };
        if compressed {
            prepared = prepared.compressed(&self.deflate);
        }
        if self.websocket.send_prepared(&prepared).is_ok() {
            self.said.push_back(message);
        }
    }

    fn send_fragment(&mut self, text: bool, fin: bool, payload: Vec<u8>) {
        let asked = if text { Kind::Text } else { Kind::Binary };
        // Of the message under way, whatever was asked for.
        let kind = self.fragmenting.unwrap_or(asked);
        if self.websocket.send_fragment(kind, fin, payload.clone().into()).is_err() {
            return;
        }
        self.fragments.extend(payload);
        self.fragmenting = (!fin).then_some(kind);
        if fin {
            let joined = std::mem::take(&mut self.fragments);
            let text = kind == Kind::Text;
            self.said.push_back(message(text, joined).expect("text was checked"));
        }
    }

    /// Puts what is queued on the wire.
    fn write(&mut self) {
        let output = self.websocket.output();
        let bytes = output.copy_to_bytes(output.remaining());
        self.reader.read(&bytes);
        self.wire.extend(bytes);
    }

    /// Lets so many bytes arrive.
    fn deliver<P: Role>(&mut self, len: usize, peer: &mut Endpoint<P>) {
        self.write();
        let arrived: Vec<u8> = self.wire.drain(..len.min(self.wire.len())).collect();
        peer.websocket.input().extend_from_slice(&arrived);
        loop {
            match peer.websocket.receive() {
                Ok(Some(Message::Ping(_) | Message::Pong(_))) => {}
                Ok(Some(message)) => {
                    assert!(
                        self.said.pop_front() == Some(message),
                        "another message than was sent"
                    );
                }
                Ok(None) => break,
                Err(error) => panic!("{error}"),
            }
        }
        peer.write();
    }
}

/// `None` when it is no text.
fn message(text: bool, payload: Vec<u8>) -> Option<Message> {
    if text {
        String::from_utf8(payload).ok().map(Message::text)
    } else {
        Some(Message::binary(payload))
    }
}

/// Reads what one side writes with no more of a window than was agreed on.
struct StrictReader {
    no_context_takeover: bool,
    inflater: Inflater,
    unread: Vec<u8>,
    /// What has come of a compressed message.
    compressed: Option<Vec<u8>>,
}

impl StrictReader {
    fn new(is_client: bool, agreement: &Terms) -> Self {
        let (no_context_takeover, window_bits) = if is_client {
            (agreement.client_no_context_takeover(), agreement.client_max_window_bits())
        } else {
            (agreement.server_no_context_takeover(), agreement.server_max_window_bits())
        };
        let inflater = Inflater::new(1 << window_bits);
        Self { no_context_takeover, inflater, unread: Vec::new(), compressed: None }
    }

    fn read(&mut self, bytes: &[u8]) {
        self.unread.extend(bytes);
        while let Ok(Some((header, header_len))) = FrameHeader::parse(&self.unread) {
            let end = header_len + header.payload_len as usize;
            assert!(end <= self.unread.len(), "all that is queued was taken");
            let mut payload: Vec<u8> = self.unread.drain(..end).skip(header_len).collect();
            if let Some(key) = header.mask {
                Mask::new(key).apply(&mut payload);
            }
            match header.opcode {
                OpCode::Text | OpCode::Binary => {
                    self.compressed = (header.rsv == Rsv::RSV1).then(Vec::new);
                }
                // RFC 7692 6.1: RSV1 is in the first frame alone.
                _ => assert_eq!(header.rsv, Rsv::NONE),
            }
            if header.opcode.is_control() {
                continue;
            }
            if let Some(compressed) = &mut self.compressed {
                compressed.extend(payload);
                if header.fin {
                    compressed.extend([0x00, 0x00, 0xff, 0xff]);
                    self.inflater.read(compressed).expect("DEFLATE within the window");
                    if self.no_context_takeover {
                        self.inflater.out.clear();
                    }
                }
            }
        }
    }
}
