//! permessage-deflate at a [`WebSocket`]: agreements out of their text, frames with RSV1, and every
//! way to cut what is received.

use bytes::{Buf, Bytes, BytesMut};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::deflate::{Compression, Preferences, Terms};
use websocket_proto::extension::Extensions;
use websocket_proto::websocket::Config;
use websocket_proto::{Message, ProtocolError, WebSocket, deflate};

use support::messages::ReceiveFrom;
use support::{SEED, Setup, Side};

/// What a response says, as a client sees it that offered everything.
pub(crate) fn agreement(response: &str) -> Terms {
    let agreed = Extensions::parse(response.as_bytes()).map(|agreed| agreed.expect("it parses"));
    Preferences::new().check(agreed).expect("it is valid").expect("it is permessage-deflate")
}

/// Both sides take over the context, with the largest windows.
pub(crate) fn takeover() -> Terms {
    agreement("permessage-deflate")
}

/// No message refers to another.
pub(crate) fn no_takeover() -> Terms {
    agreement("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
}

/// With this agreement, and everything else as it is when it is not set.
pub(crate) fn agreed(agreement: Terms) -> Setup {
    Setup::agreed(Config::new().deflate(deflate::DeflateConfig::new()), agreement)
}

pub(crate) fn server(setup: impl Into<Setup>) -> WebSocket<Server> {
    let Setup { config, opened } = setup.into();
    WebSocket::new(Server, config, opened)
}

pub(crate) fn client(setup: impl Into<Setup>) -> WebSocket<Client> {
    let Setup { config, opened } = setup.into();
    WebSocket::new(Client::new(SEED), config, opened)
}

/// What an endpoint made of its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) messages: Vec<Message>,
    pub(crate) error: Option<ProtocolError>,
    /// The code of the Close that is queued.
    pub(crate) close_code: Option<u16>,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn assert(&self, messages: &[Message], error: impl Into<Option<ProtocolError>>) {
        let error = error.into();
        assert_eq!(self.error, error, "behind {} messages", self.messages.len());
        for (index, (message, expected)) in self.messages.iter().zip(messages).enumerate() {
            assert_eq!(short(message), short(expected), "message {index}");
            assert!(message == expected, "message {index} is another");
        }
        assert_eq!(self.messages.len(), messages.len());
        assert_eq!(self.close_code, error.map(|error| error.close_code().0));
    }
}

/// What a failure tells of a message.
fn short(message: &Message) -> String {
    format!("{message:?}").chars().take(200).collect()
}

/// Feeds the pieces of `stream` that end at `ends` to an endpoint.
pub(crate) fn outcome<R: Role>(
    mut websocket: WebSocket<R>,
    stream: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> Outcome {
    let mut input = BytesMut::new();
    let (mut messages, mut error) = (Vec::new(), None);
    let mut start = 0;
    for end in ends.into_iter().chain([stream.len()]) {
        input.extend_from_slice(&stream[start..end]);
        start = end;
        loop {
            match websocket.receive_from(&mut input) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(found) => {
                    assert!(error.is_none_or(|before| before == found), "errors stay");
                    error = Some(found);
                    break;
                }
            }
        }
    }
    let output = websocket.output();
    let output = output.copy_to_bytes(output.remaining());
    let close = frames(&output).into_iter().find(|frame| frame.opcode == 0x8);
    let close_code = close.map(|frame| u16::from_be_bytes([frame.payload[0], frame.payload[1]]));
    Outcome { messages, error, close_code }
}

/// Up to this length every pair of cuts is tried; a longer input is cut at a sample of them.
const EVERY_PAIR_UP_TO: usize = 72;

/// From this length on a stream is cut once at a time.
const LONG: usize = 4096;

/// Feeds `stream` to an endpoint of `side`: whole, in pieces of a few sizes, and cut at every pair
/// of positions. Asserts that the outcome is one and the same, and returns it.
pub(crate) fn every_split(side: Side, setup: &Setup, stream: &[u8]) -> Outcome {
    let of = |ends: &[usize]| match side {
        Side::Server => outcome(server(setup.clone()), stream, ends.iter().copied()),
        Side::Client => outcome(client(setup.clone()), stream, ends.iter().copied()),
    };
    let whole = of(&[]);
    for size in [1, 2, 3, 5, 7, 13, 64, 4096, 65_537] {
        let ends: Vec<usize> = (size..stream.len()).step_by(size).collect();
        assert!(of(&ends) == whole, "{side:?} in pieces of {size}");
    }
    let cuts: Vec<usize> = if stream.len() <= EVERY_PAIR_UP_TO {
        (0..=stream.len()).collect()
    } else {
        let stride = (stream.len() / 7) | 1;
        let between = (11..stream.len() - 6).step_by(stride);
        (0..=10).chain(between).chain(stream.len() - 6..=stream.len()).collect()
    };
    for (index, &first) in cuts.iter().enumerate() {
        let seconds = &cuts[index..];
        // A long stream once for each cut: it takes its time.
        let count = if stream.len() > LONG { 1 } else { seconds.len() };
        for &second in &seconds[..count] {
            assert!(of(&[first, second]) == whole, "{side:?} cut at {first} and {second}");
        }
    }
    whole
}

/// A frame on the wire, its payload unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    pub(crate) rsv: u8,
    pub(crate) opcode: u8,
    pub(crate) is_masked: bool,
    pub(crate) payload: Vec<u8>,
}

/// The frames in `bytes`, which are whole.
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (first, second) = (bytes.get_u8(), bytes.get_u8());
        let len = match second & 0x7f {
            126 => usize::from(bytes.get_u16()),
            127 => bytes.get_u64() as usize,
            len => usize::from(len),
        };
        let is_masked = second & 0x80 != 0;
        let key = if is_masked { bytes.get_u32().to_be_bytes() } else { [0; 4] };
        let payload = bytes[..len].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        let payload = payload.collect();
        bytes.advance(len);
        let (fin, rsv, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
        frames.push(Frame { fin, rsv, opcode, is_masked, payload });
    }
    frames
}

/// What waits to be written.
pub(crate) fn output<R: Role>(websocket: &mut WebSocket<R>) -> Vec<u8> {
    let output = websocket.output();
    output.copy_to_bytes(output.remaining()).to_vec()
}

/// The same bytes at every run, in which nothing repeats that is worth a word.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len);
    for _ in 0..len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.push((state >> 32) as u8);
    }
    bytes
}

/// The payload of a whole compressed message.
#[track_caller]
pub(crate) fn compressed(frame: &Frame) -> &[u8] {
    assert_eq!((frame.fin, frame.rsv), (true, 0x40));
    &frame.payload
}

/// The frames of one message, from the first that is its.
#[track_caller]
pub(crate) fn send<R: Role>(websocket: &mut WebSocket<R>, message: impl Into<Bytes>) -> Frame {
    websocket.send(Message::binary(message)).unwrap();
    let [frame] = &frames(&output(websocket))[..] else { panic!("one frame") };
    frame.clone()
}

/// A server that compresses everything.
pub(crate) fn compressing(agreement: Terms) -> WebSocket<Server> {
    let mut websocket = server(agreed(agreement));
    websocket.set_compression(Compression::Yes);
    websocket
}

/// What is said over and over, with something new in each.
pub(crate) fn news(n: usize) -> Vec<u8> {
    format!("{{\"type\": \"news\", \"number\": {n}, \"text\": \"all that happened today\"}}").into()
}

#[test]
fn the_configuration_of_a_websocket_has_the_preferences_of_its_deflate_configuration() {
    let preferences =
        Preferences::new().server_max_window_bits(11).client_no_context_takeover(true);
    assert_eq!(Config::new().deflate_preferences(), None);
    let config = Config::new().deflate(deflate::DeflateConfig::new().preferences(preferences));
    assert_eq!(config.deflate_preferences(), Some(preferences));
}
