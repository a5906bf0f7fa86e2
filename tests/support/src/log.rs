//! What a connection made of its input, in an order and form that do not depend on how the input
//! was cut.

use websocket_proto::ProtocolError;
use websocket_proto::connection::{
    AnyRole, Client, Connection, ConnectionConfig, Event, Input, Output, Role, Server, State,
    TransportAction,
};
use websocket_proto::frame::{FrameHeader, Kind, Rsv};

use crate::{SEED, Side};

/// Something that a connection told or sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Adjacent pieces of one message, joined.
    Data {
        /// Whether the message is text.
        kind: Kind,
        /// The reserved bits of the message.
        rsv: Rsv,
        /// Whether one of those bits means that its payload is transformed.
        transformed: bool,
        /// The payload, unmasked.
        bytes: Vec<u8>,
        /// Whether the message begins with it.
        first: bool,
        /// Whether the message ends with it.
        last: bool,
    },
    /// The length of a message that was skipped.
    Oversized(u64),
    /// A Ping and its payload.
    Ping(Vec<u8>),
    /// A Pong and its payload.
    Pong(Vec<u8>),
    /// A Close, with its code and reason unless it is empty.
    Close(Option<(u16, String)>),
    /// The error with which it failed.
    Error(ProtocolError),
    /// What `poll_transmit` wrote.
    Sent(Vec<u8>),
}

impl Entry {
    /// A whole text message.
    pub fn text(text: &str) -> Self {
        Self::message(Kind::Text, text)
    }

    /// A whole binary message.
    pub fn binary(bytes: impl AsRef<[u8]>) -> Self {
        Self::message(Kind::Binary, bytes)
    }

    /// A whole message.
    pub fn message(kind: Kind, bytes: impl AsRef<[u8]>) -> Self {
        Self::data(kind, bytes, true, true)
    }

    /// A part of a message, and whether it is the first and the last.
    pub fn data(kind: Kind, bytes: impl AsRef<[u8]>, first: bool, last: bool) -> Self {
        let (rsv, transformed) = (Rsv::NONE, false);
        Self::Data { kind, rsv, transformed, bytes: bytes.as_ref().to_vec(), first, last }
    }

    /// A Ping with this payload.
    pub fn ping(payload: impl AsRef<[u8]>) -> Self {
        Self::Ping(payload.as_ref().to_vec())
    }

    /// A Pong with this payload.
    pub fn pong(payload: impl AsRef<[u8]>) -> Self {
        Self::Pong(payload.as_ref().to_vec())
    }

    /// A Close with a code and a reason.
    pub fn close(code: u16, reason: &str) -> Self {
        Self::Close(Some((code, reason.to_owned())))
    }

    /// Bytes that were sent.
    pub fn sent(bytes: impl AsRef<[u8]>) -> Self {
        Self::Sent(bytes.as_ref().to_vec())
    }
}

/// All that a connection told and sent, and where that left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// What it told and sent, in order.
    pub entries: Vec<Entry>,
    /// The state after that.
    pub state: State,
    /// What is to be done with the transport after that.
    pub transport: TransportAction,
}

impl Log {
    /// The whole messages, fragments joined across what came between them.
    pub fn messages(&self) -> Vec<(Kind, Vec<u8>)> {
        let mut messages = Vec::new();
        let mut under_way = Vec::new();
        for entry in &self.entries {
            let Entry::Data { kind, bytes, last, .. } = entry else { continue };
            under_way.extend_from_slice(bytes);
            if *last {
                messages.push((*kind, std::mem::take(&mut under_way)));
            }
        }
        messages
    }

    /// The error with which it failed, if it did.
    pub fn error(&self) -> Option<ProtocolError> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Error(error) => Some(*error),
            _ => None,
        })
    }

    /// All that was sent, as one stream.
    pub fn sent(&self) -> Vec<u8> {
        self.entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Sent(bytes) => Some(bytes.as_slice()),
                _ => None,
            })
            .flatten()
            .copied()
            .collect()
    }

    /// The code of the Close that was sent last, 1005 if it had none.
    pub fn sent_close_code(&self) -> Option<u16> {
        let frames = split_frames(&self.sent());
        let (first, payload) = frames.last()?;
        (*first == 0x88).then(|| match payload[..] {
            [high, low, ..] => u16::from_be_bytes([high, low]),
            _ => 1005,
        })
    }

    /// The same log with every sent frame unmasked.
    pub fn with_sent_unmasked(mut self) -> Self {
        for entry in &mut self.entries {
            if let Entry::Sent(bytes) = entry {
                *bytes = unmask_frames(bytes);
            }
        }
        self
    }
}

/// The same frames without masks.
pub fn unmask_frames(bytes: &[u8]) -> Vec<u8> {
    let mut unmasked = Vec::new();
    for (first, payload) in split_frames(bytes) {
        unmasked.push(first);
        match payload.len() {
            len @ 0..=125 => unmasked.push(len as u8),
            len @ 126..=0xffff => {
                unmasked.push(126);
                unmasked.extend_from_slice(&(len as u16).to_be_bytes());
            }
            len => {
                unmasked.push(127);
                unmasked.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        unmasked.extend_from_slice(&payload);
    }
    unmasked
}

/// First byte and unmasked payload of each frame of a stream of whole frames.
fn split_frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        let (len, rest) = match second & 0x7f {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            127 => (u64::from_be_bytes(rest[..8].try_into().expect("8")) as usize, &rest[8..]),
            short => (usize::from(short), rest),
        };
        let (key, rest) = if second & 0x80 == 0 {
            ([0; 4], rest)
        } else {
            (rest[..4].try_into().expect("4"), &rest[4..])
        };
        let payload = rest[..len].iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]);
        frames.push((*first, payload.collect()));
        bytes = &rest[len..];
    }
    assert!(bytes.is_empty(), "half a frame was sent: {bytes:02x?}");
    frames
}

/// An output that always has room. It is the tests' own, so that they need no feature, and leaves
/// masking to the trait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire(pub Vec<u8>);

impl Output for Wire {
    fn room(&self) -> usize {
        usize::MAX - self.0.len()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// The frames of `bytes`, which must be whole.
pub fn frames_of(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (header, header_len) = FrameHeader::parse(bytes).expect("valid").expect("whole");
        let (frame, rest) = bytes.split_at(header_len + header.payload_len as usize);
        frames.push(frame);
        bytes = rest;
    }
    frames
}

/// Drives the receiving side of a connection and writes its log.
#[derive(Debug, Default)]
pub struct Recorder {
    /// What the connection has told and sent so far, in order.
    pub entries: Vec<Entry>,
    /// Whether a message has begun and not ended.
    open_message: bool,
}

impl Recorder {
    /// Feeds one piece of the input as a caller would: until `None`, and with everything that is
    /// due written after each call.
    pub fn feed<R: Role>(&mut self, connection: &mut Connection<R>, piece: &mut [u8]) {
        let mut input = Input::new(piece);
        loop {
            let received = connection.receive(&mut input);
            let more = match received {
                Ok(Some(event)) => {
                    self.event(event, connection);
                    true
                }
                Ok(None) => {
                    assert!(input.remaining().is_empty(), "None with bytes left");
                    false
                }
                Err(error) => {
                    self.error(error);
                    let consumed = input.consumed();
                    assert_eq!(connection.receive(&mut input), Err(error), "errors stick");
                    assert_eq!(input.consumed(), consumed, "a failed connection reads nothing");
                    false
                }
            };
            self.transmit(connection);
            if !more {
                return;
            }
        }
    }

    /// Ends the input.
    pub fn eof<R: Role>(&mut self, connection: &mut Connection<R>) {
        if let Err(error) = connection.receive_eof() {
            self.error(error);
        }
        self.transmit(connection);
    }

    /// Writes all that is due.
    pub fn transmit<R: Role>(&mut self, connection: &mut Connection<R>) {
        let mut out = Wire::default();
        let len = connection.poll_transmit(&mut out).expect("there is room");
        assert_eq!(len, out.0.len());
        if !out.0.is_empty() {
            self.entries.push(Entry::Sent(out.0));
        }
        assert_eq!(connection.poll_transmit(&mut Wire::default()), Ok(0), "all was written");
    }

    /// The log of all that was fed, to this connection.
    pub fn log<R: Role>(self, connection: &Connection<R>) -> Log {
        let Self { entries, .. } = self;
        Log { entries, state: connection.state(), transport: connection.transport_action() }
    }

    fn error(&mut self, error: ProtocolError) {
        match self.entries.iter().find(|entry| matches!(entry, Entry::Error(_))) {
            Some(earlier) => assert_eq!(*earlier, Entry::Error(error), "errors stick"),
            None => self.entries.push(Entry::Error(error)),
        }
    }

    fn event<R: Role>(&mut self, event: Event<'_>, connection: &Connection<R>) {
        assert!(
            !self.entries.iter().any(|entry| matches!(entry, Entry::Error(_) | Entry::Close(_))),
            "{event:?} after the end"
        );
        let entry = match event {
            Event::Data(data) => {
                assert_eq!(data.first, !self.open_message, "only the first piece is the first");
                self.open_message = !data.last;
                if let Some(Entry::Data { bytes, last, kind, rsv, transformed, .. }) =
                    self.entries.last_mut()
                    && !data.first
                {
                    assert_eq!(
                        (data.kind, data.rsv, data.transformed),
                        (*kind, *rsv, *transformed)
                    );
                    bytes.extend_from_slice(data.bytes);
                    *last = data.last;
                    return;
                }
                Entry::Data {
                    kind: data.kind,
                    rsv: data.rsv,
                    transformed: data.transformed,
                    bytes: data.bytes.to_vec(),
                    first: data.first,
                    last: data.last,
                }
            }
            Event::Oversized { len } => {
                self.open_message = false;
                Entry::Oversized(len)
            }
            Event::Ping => Entry::Ping(connection.control_payload().to_vec()),
            Event::Pong => Entry::Pong(connection.control_payload().to_vec()),
            Event::Close => {
                let frame = connection.peer_close();
                Entry::Close(frame.map(|frame| (frame.code().0, frame.reason().to_owned())))
            }
            other => panic!("an event that these tests do not know: {other:?}"),
        };
        self.entries.push(entry);
    }
}

/// Feeds `pieces` to a new connection of `side`.
pub(crate) fn record<'a>(
    side: Side,
    config: &ConnectionConfig,
    close_first: bool,
    pieces: impl Iterator<Item = &'a mut [u8]>,
) -> Log {
    match side {
        Side::Server => record_with(Server, config, close_first, pieces),
        Side::Client => record_with(Client::new(SEED), config, close_first, pieces),
    }
}

/// As [`record`], for a connection whose role is known only at run time.
pub(crate) fn record_any<'a>(
    side: Side,
    config: &ConnectionConfig,
    close_first: bool,
    pieces: impl Iterator<Item = &'a mut [u8]>,
) -> Log {
    let role = match side {
        Side::Server => AnyRole::from(Server),
        Side::Client => AnyRole::from(Client::new(SEED)),
    };
    record_with(role, config, close_first, pieces)
}

fn record_with<'a, R: Role>(
    role: R,
    config: &ConnectionConfig,
    close_first: bool,
    pieces: impl Iterator<Item = &'a mut [u8]>,
) -> Log {
    let mut connection = Connection::new(role, config.clone());
    if close_first {
        connection.close_with(None, &mut Wire::default()).expect("an open connection");
    }
    let mut recorder = Recorder::default();
    for piece in pieces {
        recorder.feed(&mut connection, piece);
    }
    recorder.log(&connection)
}
