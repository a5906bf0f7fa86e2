//! Random orders of calls: every message is received once, and every answer is sent once.

use bytes::{Buf as _, BufMut as _, BytesMut};
use support::Random;
use support::messages::*;
use websocket_proto::connection::{Oversized, Server};
use websocket_proto::websocket::{Config, MessageRef, Part};
use websocket_proto::{CloseCode, Message, WebSocket};

const LIMIT: usize = 70_000;

fn payload(random: &mut Random, is_text: bool) -> Vec<u8> {
    let lens = [0, 1, 5, 124, 125, 126, 127, 300, 8191, 8192, 8193, 20_000, 65_535, 65_536, 69_000];
    let len = match random.next(10) {
        0..=5 => random.next(20),
        6 => lens[random.next(lens.len())],
        7 if random.next(10) == 0 => LIMIT + random.next(2000),
        _ => random.next(3000),
    };
    let seed = random.next(200);
    if is_text {
        let mut text = String::new();
        while text.len() < len {
            let rest = len - text.len();
            text.push(match (text.len() + seed) % 7 {
                0 if rest >= 3 => '\u{20ac}',
                1 if rest >= 4 => '\u{1f600}',
                _ => (b'a' + ((text.len() + seed) % 26) as u8) as char,
            });
        }
        text.into_bytes()
    } else {
        (0..len).map(|at| (at * 7 + seed) as u8).collect()
    }
}

/// The messages of a stream, in order: (opcode, payload).
fn stream(
    random: &mut Random,
    mut compress: impl FnMut(&mut Random, &[u8]) -> Option<Vec<u8>>,
) -> (Vec<u8>, Vec<(u8, Vec<u8>)>) {
    let from = From::Client;
    let (mut bytes, mut expected) = (Vec::new(), Vec::new());
    for number in 0..1 + random.next(20) {
        let ping = |bytes: &mut Vec<u8>, expected: &mut Vec<(u8, Vec<u8>)>, at: usize| {
            let opcode = if at.is_multiple_of(3) { PONG } else { PING };
            let payload = format!("{number}-{at}").repeat(at % 5).into_bytes();
            bytes.extend(from.frame(opcode, &payload));
            expected.push((opcode, payload));
        };
        if random.next(4) == 0 {
            let at = random.next(9);
            ping(&mut bytes, &mut expected, at);
        }
        let opcode = if random.next(2) == 0 { TEXT } else { BINARY };
        let payload = payload(random, opcode == TEXT);
        let compressed = compress(random, &payload);
        let wire = compressed.as_ref().unwrap_or(&payload);
        let first = if compressed.is_some() { 0x40 | opcode } else { opcode };
        if random.next(3) > 0 {
            bytes.extend(from.frame(first, wire));
        } else {
            let mut rest = &wire[..];
            let mut next = first;
            let mut between = Vec::new();
            loop {
                let cut = random.next(rest.len() + 1);
                let (now, later) = rest.split_at(cut);
                rest = later;
                if rest.is_empty() && random.next(2) == 0 {
                    bytes.extend(from.frame(next, now));
                    break;
                }
                bytes.extend(from.part(next, now));
                next = CONTINUATION;
                if random.next(4) == 0 {
                    ping(&mut bytes, &mut between, random.next(9));
                }
            }
            expected.extend(between);
        }
        expected.push((if payload.len() > LIMIT { 0xff } else { opcode }, payload));
    }
    if random.next(2) == 0 {
        bytes.extend(from.close(1000, "bye"));
        expected.push((CLOSE, Vec::new()));
    }
    (bytes, expected)
}

struct Run {
    websocket: WebSocket<Server>,
    got: Vec<(u8, Vec<u8>)>,
    /// The parts of the message that is received in parts.
    parts: Option<Vec<u8>>,
    output: Vec<u8>,
    lent: Option<BytesMut>,
    kept: Vec<(Message, Vec<u8>)>,
}

impl Run {
    fn push(&mut self, message: Message, keeps: bool) {
        let item = match &message {
            Message::Text(text) => {
                assert!(std::str::from_utf8(text.as_bytes()).is_ok());
                (TEXT, text.as_bytes().to_vec())
            }
            Message::Binary(bytes) => (BINARY, bytes.to_vec()),
            Message::Ping(bytes) => (PING, bytes.to_vec()),
            Message::Pong(bytes) => (PONG, bytes.to_vec()),
            Message::Close(_) => (CLOSE, Vec::new()),
            Message::Oversized { len } => {
                self.parts = None;
                (0xff, len.to_be_bytes().to_vec())
            }
        };
        if keeps {
            self.kept.push((message, item.1.clone()));
        }
        self.got.push(item);
    }

    fn part(&mut self) -> bool {
        let part = self.websocket.receive_part().expect("valid");
        let message = match part {
            None => return false,
            Some(Part::Data { kind, bytes, first, last }) => {
                assert_eq!(first, self.parts.is_none());
                let mut all = self.parts.take().unwrap_or_default();
                all.extend_from_slice(bytes);
                if last {
                    let is_text = kind == websocket_proto::frame::Kind::Text;
                    self.got.push((if is_text { TEXT } else { BINARY }, all));
                } else {
                    self.parts = Some(all);
                }
                return true;
            }
            Some(Part::Ping(payload)) => MessageRef::Ping(payload).into(),
            Some(Part::Pong(payload)) => MessageRef::Pong(payload).into(),
            Some(Part::Close(frame)) => MessageRef::Close(frame).into(),
            Some(Part::Oversized { len }) => Message::Oversized { len },
        };
        self.push(message, false);
        true
    }

    fn whole(&mut self, random: &mut Random) -> bool {
        let keeps = random.next(8) == 0;
        let message = match random.next(2) {
            0 => self.websocket.receive().expect("valid"),
            _ => self.websocket.receive_ref().expect("valid").map(Message::from),
        };
        let is_some = message.is_some();
        if let Some(message) = message {
            self.push(message, keeps);
        }
        is_some
    }

    fn step(&mut self, random: &mut Random, rest: &mut &[u8]) -> bool {
        let take = |random: &mut Random, rest: &mut &[u8]| -> Vec<u8> {
            let most = [1, 3, 10, 200, 9000, 100_000][random.next(6)];
            let (now, later) = rest.split_at(rest.len().min(random.next(most) + 1));
            *rest = later;
            now.to_vec()
        };
        match random.next(18) {
            0 | 1 => {
                let bytes = take(random, rest);
                self.websocket.input().extend_from_slice(&bytes);
            }
            2 => {
                let bytes = take(random, rest);
                let mut memory = BytesMut::with_capacity(bytes.len() + random.next(3000));
                memory.extend_from_slice(&bytes);
                self.websocket.input().append(memory);
            }
            3 | 4 => {
                let bytes = take(random, rest);
                let mut bytes = &bytes[..];
                while !bytes.is_empty() {
                    self.websocket.input().read_from(&mut bytes).expect("a slice");
                }
            }
            5 => self.lent = Some(self.websocket.input().lend()),
            6 => {
                if let Some(mut lent) = self.lent.take() {
                    if random.next(4) == 0 {
                        lent.put_slice(b"\xffnothing");
                        self.websocket.input().take_back(lent);
                    } else {
                        lent.put_slice(&take(random, rest));
                        self.websocket.input().give_back(lent);
                    }
                }
            }
            7 => self.websocket.release_memory(),
            8 => self.websocket.input().release_memory(),
            9 => {
                let rest = self.websocket.take_unprocessed();
                self.websocket.input().append(rest);
            }
            10 => {
                self.output.extend(drain(self.websocket.output()));
                self.websocket.output().release_memory();
            }
            11 => {
                let (receiver, sender) =
                    std::mem::replace(&mut self.websocket, server(Config::new())).into_split();
                self.websocket = WebSocket::reunite(receiver, sender).expect("a pair");
            }
            12 => {
                if self.parts.is_none() {
                    let _ = self.websocket.process().expect("valid");
                } else {
                    let _ = self.websocket.process_part().expect("valid");
                }
            }
            13 => {
                let _ = self.websocket.process_part().expect("valid");
            }
            14 => return self.part(),
            _ if self.parts.is_some() => return self.part(),
            15 => while self.whole(random) {},
            _ => return self.whole(random),
        }
        false
    }
}

#[test]
fn no_order_of_calls_loses_or_changes_a_message() {
    run_all(server, || |_: &mut Random, _: &[u8]| None);
}

#[cfg(feature = "deflate")]
#[test]
fn no_order_of_calls_loses_or_changes_a_compressed_message() {
    use support::Setup;
    use support::deflated::Deflated;
    use websocket_proto::deflate::{DeflateConfig, Preferences};
    use websocket_proto::extension::Extensions;

    let agreed = Extensions::parse(b"permessage-deflate").map(|agreed| agreed.expect("it parses"));
    let terms = Preferences::new().check(agreed).expect("valid").expect("permessage-deflate");
    let endpoint =
        |config: Config| server(Setup::agreed(config.deflate(DeflateConfig::new()), terms));
    run_all(endpoint, || {
        let mut peer = Deflated::new();
        move |random: &mut Random, payload: &[u8]| {
            (random.next(2) == 0 && !payload.is_empty()).then(|| peer.message(payload))
        }
    });
}

fn run_all<C: FnMut(&mut Random, &[u8]) -> Option<Vec<u8>>>(
    endpoint: impl Fn(Config) -> WebSocket<Server>,
    compress: impl Fn() -> C,
) {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(300);
    for seed in 1..=seeds {
        let mut random = Random::new(seed);
        let (bytes, expected) = stream(&mut random, compress());
        let config = Config::new()
            .max_message_size(LIMIT as u64)
            .oversized(Oversized::Skip)
            .high_water_mark(1 << 30);
        let mut run = Run {
            websocket: endpoint(config),
            got: Vec::new(),
            parts: None,
            output: Vec::new(),
            lent: None,
            kept: Vec::new(),
        };
        let mut rest = &bytes[..];
        let mut idle = 0;
        while idle < 300 {
            let received = run.step(&mut random, &mut rest);
            idle = if rest.is_empty() && !received { idle + 1 } else { 0 };
        }
        run.output.extend(drain(run.websocket.output()));
        let wanted: Vec<(u8, Vec<u8>)> = expected
            .iter()
            .map(|(opcode, payload)| match *opcode {
                0xff => (0xff, (payload.len() as u64).to_be_bytes().to_vec()),
                opcode => (opcode, payload.clone()),
            })
            .collect();
        assert_eq!(run.got.len(), wanted.len(), "seed {seed}");
        for (at, (got, wanted)) in run.got.iter().zip(&wanted).enumerate() {
            assert!(got == wanted, "seed {seed}, message {at}: {} {}", got.0, wanted.0);
        }
        for (message, payload) in &run.kept {
            if let Some(bytes) = message.payload() {
                assert!(bytes == payload, "seed {seed}: a kept message changed");
            }
        }
        let pongs: Vec<Vec<u8>> = decode(&run.output)
            .into_iter()
            .filter(|frame| frame.opcode == PONG)
            .map(|frame| frame.payload)
            .collect();
        let pings: Vec<Vec<u8>> =
            wanted.iter().filter(|item| item.0 == PING).map(|item| item.1.clone()).collect();
        assert_eq!(pongs, pings, "seed {seed}");
        let closes = decode(&run.output).iter().filter(|frame| frame.opcode == CLOSE).count();
        let expected = wanted.iter().filter(|item| item.0 == CLOSE).count();
        assert_eq!(closes, expected, "seed {seed}");
    }
}

/// A newer Pong may replace one that waits. No frame is sent twice, and no frame that is owed is
/// lost.
#[test]
fn answers_are_sent_once_however_the_queue_is_written() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(2000);
    for seed in 1..=seeds {
        let mut random = Random::new(seed);
        let mark = [0, 1, 10, 200, 100_000][random.next(5)];
        let repeats = random.next(2) == 0;
        let mut websocket =
            server(Config::new().high_water_mark(mark).repeat_close_reason(repeats));
        let from = From::Client;
        let mut written = Vec::new();
        let (mut pings, mut sent) = (Vec::new(), Vec::new());
        let mut closes = (false, false);
        for number in 0..60 {
            match random.next(9) {
                0..=2 if !closes.1 => {
                    let payload = format!("{number}");
                    websocket.input().extend_from_slice(&from.frame(PING, &payload));
                    if !closes.0 {
                        pings.push(payload.into_bytes());
                    }
                    assert!(websocket.receive().expect("valid").is_some());
                }
                3 | 4 => {
                    let len = [3, 300, 20_000][random.next(3)];
                    let message = vec![number as u8; len];
                    if websocket.send(Message::binary(message.clone())).is_ok() {
                        sent.push(message);
                    }
                }
                5 | 6 => {
                    let output = websocket.output();
                    let most = [1, 5, 100, 30_000][random.next(4)];
                    let len = random.next(most).min(output.len());
                    if random.next(2) == 0 {
                        let mut slices = [std::io::IoSlice::new(&[]); 16];
                        let filled = output.chunks_vectored(&mut slices);
                        let all: Vec<u8> =
                            slices[..filled].iter().flat_map(|s| s.to_vec()).collect();
                        let len = len.min(all.len());
                        written.extend(&all[..len]);
                        output.advance(len);
                    } else {
                        written.extend(output.copy_to_bytes(len));
                    }
                }
                7 => {
                    websocket.output().release_memory();
                    websocket.release_memory();
                }
                _ if random.next(8) == 0 && !closes.0 => {
                    closes.0 = websocket.close(CloseCode::NORMAL, "").is_ok();
                }
                _ if random.next(8) == 0 && !closes.1 => {
                    websocket.input().extend_from_slice(&from.close(1001, "away"));
                    assert!(websocket.receive().expect("valid").is_some());
                    closes = (true, true);
                }
                _ => {}
            }
        }
        while !websocket.output().is_empty() {
            written.extend(drain(websocket.output()));
        }
        let frames = decode(&written);
        let of = |opcode| -> Vec<Vec<u8>> {
            let frames = frames.iter().filter(|frame| frame.opcode == opcode);
            frames.map(|frame| frame.payload.clone()).collect()
        };
        assert!(of(BINARY) == sent, "seed {seed}");
        let pongs = of(PONG);
        let mut rest = pings.iter();
        assert!(pongs.iter().all(|pong| rest.any(|ping| ping == pong)), "seed {seed}");
        assert_eq!(pongs.last(), pings.last(), "seed {seed}");
        assert_eq!(of(CLOSE).len(), usize::from(closes.0), "seed {seed}");
        if closes.0 {
            assert_eq!(frames.last().map(|frame| frame.opcode), Some(CLOSE), "seed {seed}");
        }
    }
}
