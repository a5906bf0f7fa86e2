//! Frames for the tests of whole messages: encoded and decoded by the book, with nothing of the
//! crate's own code, and a log of what an endpoint made of them.

use bytes::{Buf, BytesMut};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::websocket::{Answers, MessageReceiver, Outgoing};
use websocket_proto::{Message, ProtocolError, WebSocket};

use crate::Setup;

/// The opcode of a fragment that is not the first.
pub const CONTINUATION: u8 = 0x0;
/// The opcode of a text frame.
pub const TEXT: u8 = 0x1;
/// The opcode of a binary frame.
pub const BINARY: u8 = 0x2;
/// The opcode of a Close.
pub const CLOSE: u8 = 0x8;
/// The opcode of a Ping.
pub const PING: u8 = 0x9;
/// The opcode of a Pong.
pub const PONG: u8 = 0xa;

/// The key of the example in RFC 6455 5.7.
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// More than is gathered into one buffer with its header.
pub const LARGE: usize = 20_000;

/// Who sends a frame: a client masks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The client, which masks.
    Client,
    /// The server, which does not.
    Server,
}

/// A frame, as RFC 6455 5.2 draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether it is the last of its message.
    pub fin: bool,
    /// The opcode, of which the constants have the names.
    pub opcode: u8,
    /// The key, if it is masked.
    pub key: Option<[u8; 4]>,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

impl From {
    /// A whole frame.
    pub fn frame(self, opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
        self.encode(0x80 | opcode, payload.as_ref())
    }

    /// A frame that is not the last of its message.
    pub fn part(self, opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
        self.encode(opcode, payload.as_ref())
    }

    /// A Close frame with a code.
    pub fn close(self, code: u16, reason: &str) -> Vec<u8> {
        self.frame(CLOSE, [&code.to_be_bytes(), reason.as_bytes()].concat())
    }

    /// The header of a frame with a payload of `len` bytes.
    pub fn header(self, first: u8, len: u64) -> Vec<u8> {
        let mask_bit = if self == Self::Client { 0x80 } else { 0 };
        let mut bytes = vec![first];
        match len {
            0..126 => bytes.push(mask_bit | len as u8),
            126..0x1_0000 => {
                bytes.push(mask_bit | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask_bit | 127);
                bytes.extend(len.to_be_bytes());
            }
        }
        if self == Self::Client {
            bytes.extend(KEY);
        }
        bytes
    }

    fn encode(self, first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = self.header(first, payload.len() as u64);
        let key = if self == Self::Client { KEY } else { [0; 4] };
        bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        bytes
    }
}

/// The frames in `bytes`, unmasked.
///
/// # Panics
/// When they are not whole frames.
#[track_caller]
pub fn decode(bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (frame, len) = decode_one(rest).expect("the last frame is whole");
        frames.push(frame);
        rest = &rest[len..];
    }
    frames
}

/// The frame at the start of `bytes`, and its length on the wire; `None` when it is not whole.
pub fn decode_one(bytes: &[u8]) -> Option<(Frame, usize)> {
    let [first, second] = *bytes.first_chunk()?;
    assert_eq!(first & 0x70, 0, "reserved bits are set");
    let mut at = 2;
    let len = match second & 0x7f {
        126 => {
            at += 2;
            let len = u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?));
            assert!(len > 125, "the length is not minimal");
            len
        }
        127 => {
            at += 8;
            let len = u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
            assert!(len > 0xffff, "the length is not minimal");
            len
        }
        len => u64::from(len),
    };
    let key = if second & 0x80 == 0 {
        None
    } else {
        at += 4;
        Some(*bytes.get(at - 4..)?.first_chunk()?)
    };
    let payload = bytes.get(at..at + len as usize)?;
    let mask = key.unwrap_or_default();
    let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    let frame = Frame { fin: first & 0x80 != 0, opcode: first & 0x0f, key, payload };
    Some((frame, at + len as usize))
}

/// The code of a Close frame.
pub fn close_code(frame: &Frame) -> Option<u16> {
    assert_eq!(frame.opcode, CLOSE, "{frame:?}");
    frame.payload.first_chunk().map(|code| u16::from_be_bytes(*code))
}

/// All that waits to be written.
pub fn drain(output: &mut impl Buf) -> Vec<u8> {
    output.copy_to_bytes(output.remaining()).to_vec()
}

/// The frames that wait to be written.
pub fn frames(output: &mut Outgoing) -> Vec<Frame> {
    decode(&drain(output))
}

/// The opcodes of the frames that wait to be written.
pub fn opcodes(output: &mut Outgoing) -> Vec<u8> {
    frames(output).into_iter().map(|frame| frame.opcode).collect()
}

/// An open WebSocket of a server.
pub fn server(setup: impl Into<Setup>) -> WebSocket<Server> {
    let Setup { config, opened } = setup.into();
    WebSocket::new(Server, config, opened)
}

/// An open WebSocket of a client.
pub fn client(setup: impl Into<Setup>) -> WebSocket<Client> {
    let Setup { config, opened } = setup.into();
    WebSocket::new(Client::new([7; 32]), config, opened)
}

/// A read buffer with these bytes.
pub fn input(bytes: impl AsRef<[u8]>) -> BytesMut {
    BytesMut::from(bytes.as_ref())
}

/// What came out of an endpoint.
#[derive(Debug, PartialEq, Eq)]
pub struct Log {
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// The error that came after the messages, if there was one.
    pub error: Option<ProtocolError>,
    /// All that the endpoint wants to send.
    pub output: Vec<u8>,
}

impl Log {
    /// Feeds `stream` in the pieces that `cuts` make of it.
    pub fn of<R: Role>(mut websocket: WebSocket<R>, stream: &[u8], cuts: &[usize]) -> Self {
        let mut input = BytesMut::new();
        let mut log = Self { messages: Vec::new(), error: None, output: Vec::new() };
        let ends = cuts.iter().copied().chain([stream.len()]);
        let mut start = 0;
        for end in ends {
            input.extend_from_slice(&stream[start..end]);
            start = end;
            loop {
                match websocket.receive_from(&mut input) {
                    Ok(Some(message)) => log.messages.push(message),
                    Ok(None) => break,
                    Err(error) => {
                        assert!(log.error.is_none_or(|before| before == error), "errors stay");
                        log.error = Some(error);
                        break;
                    }
                }
            }
        }
        log.output = drain(websocket.output());
        log
    }
}

/// Receives from a buffer as if the transport had given its bytes.
pub trait ReceiveFrom {
    /// Moves all of `input` into the read buffer, and receives the next message.
    fn receive_from(&mut self, input: &mut BytesMut) -> Result<Option<Message>, ProtocolError>;
}

impl<R: Role> ReceiveFrom for WebSocket<R> {
    fn receive_from(&mut self, input: &mut BytesMut) -> Result<Option<Message>, ProtocolError> {
        self.input().append(input.split());
        self.receive()
    }
}

impl<R: Role> ReceiveFrom for MessageReceiver<R> {
    fn receive_from(&mut self, input: &mut BytesMut) -> Result<Option<Message>, ProtocolError> {
        self.input().append(input.split());
        self.receive(&mut Answers::new())
    }
}
