//! The order of calls: a message that is ready does not change if more bytes arrive before it is
//! taken, and idle connections keep no memory that should be freed.

use std::io::Read;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use support::messages::*;
use websocket_proto::connection::Server;
use websocket_proto::websocket::{Config, MessageRef, Part};
use websocket_proto::{CloseCode, Message, WebSocket};

/// The name of a way in which more bytes get into the buffer, and the function for it.
type Way = (&'static str, fn(&mut WebSocket<Server>, &[u8]));

fn more_ways() -> Vec<Way> {
    vec![
        ("extend_from_slice", |websocket, bytes| websocket.input().extend_from_slice(bytes)),
        ("append", |websocket, bytes| websocket.input().append(BytesMut::from(bytes))),
        ("lend", |websocket, bytes| {
            let mut lent = websocket.input().lend();
            lent.put_slice(bytes);
            websocket.input().give_back(lent);
        }),
        ("read_from", |websocket, mut bytes| {
            while !bytes.is_empty() {
                websocket.input().read_from(&mut bytes).expect("a slice");
            }
        }),
        ("release_memory", |websocket, bytes| {
            websocket.release_memory();
            websocket.input().release_memory();
            websocket.input().extend_from_slice(bytes);
        }),
        ("take_unprocessed", |websocket, bytes| {
            let mut rest = websocket.take_unprocessed();
            rest.extend_from_slice(bytes);
            websocket.input().append(rest);
        }),
    ]
}

/// Otherwise other bytes could take the place of the validated bytes, and a `str` would not be
/// UTF-8.
#[test]
fn a_message_that_is_ready_stays_the_same_when_more_bytes_come_in() {
    let from = From::Client;
    let firsts = [from.frame(PING, "a ping"), from.frame(TEXT, "lent before")];
    for first in firsts {
        for (way, more) in more_ways() {
            let mut websocket = server(Config::new());
            websocket
                .input()
                .extend_from_slice(&[first.clone(), from.frame(TEXT, "Hello")].concat());
            assert!(websocket.receive_ref().expect("valid").is_some());
            assert_eq!(websocket.process(), Ok(true));
            more(&mut websocket, &from.frame(BINARY, [0xff; 9000]));
            let received = websocket.receive().expect("valid").expect("it is ready");
            // The messages are compared as bytes, because a faulty text may not be UTF-8.
            assert_eq!(received.payload(), Some(&b"Hello"[..]), "{way}");
            assert_eq!(websocket.receive(), Ok(Some(Message::binary(vec![0xff; 9000]))), "{way}");
        }
    }
}

#[test]
fn a_part_that_is_ready_stays_the_same_when_more_bytes_come_in() {
    let from = From::Client;
    for (way, more) in more_ways() {
        let mut websocket = server(Config::new());
        let bytes = [from.frame(PING, "a ping"), from.part(TEXT, "Hello")].concat();
        websocket.input().extend_from_slice(&bytes);
        assert_eq!(websocket.receive_part(), Ok(Some(Part::Ping(b"a ping"))));
        assert_eq!(websocket.process_part(), Ok(true));
        more(&mut websocket, &from.frame(CONTINUATION, " you"));
        let Ok(Some(Part::Data { bytes, .. })) = websocket.receive_part() else { panic!("{way}") };
        assert_eq!(bytes, b"Hello", "{way}");
        let Ok(Some(Part::Data { bytes, .. })) = websocket.receive_part() else { panic!("{way}") };
        assert_eq!(bytes, b" you", "{way}");
    }
}

/// A thread keeps one buffer of at most 64 KiB. A small piece of large memory would keep all of it.
#[test]
fn memory_of_the_application_is_not_kept_as_the_spare_buffer_of_the_thread() {
    std::thread::spawn(|| {
        let mut arena = BytesMut::zeroed(4 * 1024 * 1024);
        let frame = From::Client.frame(TEXT, "Hello");
        let at = arena.len() - frame.len() - 1000;
        arena[at..at + frame.len()].copy_from_slice(&frame);
        let mut piece = arena.split_off(at);
        piece.truncate(frame.len());
        let arena = arena.freeze();
        assert!(!arena.is_unique(), "the piece shares the memory");
        let mut websocket = server(Config::new());
        websocket.input().append(piece);
        assert_eq!(websocket.receive_ref(), Ok(Some(MessageRef::Text("Hello"))));
        assert_eq!(websocket.receive(), Ok(None));
        websocket.input().release_memory();
        assert_eq!(websocket.input().capacity(), 0);
        assert!(arena.is_unique(), "the piece is freed");
    })
    .join()
    .expect("the test passes");
}

/// A buffer is not kept while the application holds a message in its memory. Otherwise the spare
/// buffer would keep all of this memory after the application has dropped the message.
#[test]
fn the_rest_of_the_memory_of_a_message_is_not_kept_as_the_spare_buffer_of_the_thread() {
    for len in (100_000..500_000).step_by(1000) {
        let test = std::thread::spawn(move || {
            let mut websocket = server(Config::new());
            let bytes = From::Client.frame(BINARY, vec![7; len]);
            let mut rest = &bytes[..];
            let mut message = None;
            while !rest.is_empty() {
                let mut segment = Read::take(&mut rest, 4000);
                assert!(websocket.input().read_from(&mut segment).expect("a slice") > 0);
                message = websocket.receive().expect("valid");
            }
            let Some(Message::Binary(message)) = message else { panic!() };
            assert_eq!(websocket.receive(), Ok(None));
            // A read that finds nothing.
            let lent = websocket.input().lend();
            websocket.input().take_back(lent);
            websocket.input().release_memory();
            assert_eq!(websocket.input().capacity(), 0);
            assert!(Bytes::is_unique(&message), "{len}: nothing else has this memory");
        });
        test.join().expect("the test passes");
    }
}

/// With permessage-deflate a read has at most 32 KiB, also if the transport fills the whole lent
/// buffer, as the transport of tokio does.
#[cfg(feature = "deflate")]
#[test]
fn a_compressed_connection_lends_at_most_32_kib_after_another_connection_of_the_thread() {
    use support::Setup;
    use websocket_proto::deflate::{DeflateConfig, Preferences};
    use websocket_proto::extension::Extensions;

    std::thread::spawn(|| {
        let agreed =
            Extensions::parse(b"permessage-deflate").map(|agreed| agreed.expect("it parses"));
        let terms = Preferences::new().check(agreed).expect("valid").expect("permessage-deflate");
        let mut plain = server(Config::new());
        let frame = From::Client.frame(BINARY, "");
        let mut stream = frame.iter().cycle();
        for _ in 0..4 {
            let mut free = plain.input().lend();
            let room = free.capacity();
            free.extend(stream.by_ref().take(room));
            plain.input().give_back(free);
            while plain.receive_ref().expect("valid").is_some() {}
        }
        let deflate = Config::new().deflate(DeflateConfig::new());
        let mut compressed = server(Setup::agreed(deflate, terms));
        assert_eq!(plain.input().capacity(), 64 * 1024);
        plain.input().release_memory();
        let room = compressed.input().lend().capacity();
        assert!(room <= 32 * 1024, "{room} bytes may be read and inflated at once");
    })
    .join()
    .expect("the test passes");
}

mod random {
    use super::*;
    use websocket_proto::connection::Oversized;

    struct Random(u64);

    impl Random {
        fn next(&mut self, below: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % below
        }
    }

    const LIMIT: usize = 70_000;

    fn payload(random: &mut Random, is_text: bool) -> Vec<u8> {
        let lens =
            [0, 1, 5, 124, 125, 126, 127, 300, 8191, 8192, 8193, 20_000, 65_535, 65_536, 69_000];
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

        let agreed =
            Extensions::parse(b"permessage-deflate").map(|agreed| agreed.expect("it parses"));
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
            let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
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
}

/// A newer Pong may replace one that waits. No frame is sent twice, and no frame that is owed is
/// lost.
#[test]
fn answers_are_sent_once_however_the_queue_is_written() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(2000);
    for seed in 1..=seeds {
        let mut random = random_bytes::Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
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

mod core_paths {
    use super::random_bytes;
    use websocket_proto::connection::{
        Client, Connection, ConnectionConfig, Event, Input, Oversized, Role, Server,
    };
    use websocket_proto::http1::{HeadKind, HeadScanner};

    #[derive(Debug, PartialEq, Eq, Clone)]
    enum Item {
        Data(bool, Vec<u8>, bool),
        Other(String),
    }

    fn log<R: Role>(
        role: R,
        config: ConnectionConfig,
        bytes: &[u8],
        cut: usize,
    ) -> (Vec<Item>, Vec<u8>) {
        let mut connection = Connection::new(role, config);
        let mut items: Vec<Item> = Vec::new();
        let mut out = Vec::new();
        let mut buffer = bytes.to_vec();
        'all: for piece in buffer.chunks_mut(cut) {
            let mut input = Input::new(piece);
            loop {
                match connection.receive(&mut input) {
                    Ok(Some(Event::Data(data))) => {
                        let kind = data.kind == websocket_proto::frame::Kind::Text;
                        match items.last_mut() {
                            Some(Item::Data(_, all, last)) if !*last && !data.first => {
                                all.extend_from_slice(data.bytes);
                                *last = data.last;
                            }
                            _ => items.push(Item::Data(kind, data.bytes.to_vec(), data.last)),
                        }
                    }
                    Ok(Some(event)) => items.push(Item::Other(format!("{event:?}"))),
                    Ok(None) => break,
                    Err(error) => {
                        items.push(Item::Other(format!("{error:?}")));
                        break 'all;
                    }
                }
                let _ = connection.poll_transmit(&mut out);
            }
            let _ = connection.poll_transmit(&mut out);
        }
        let _ = connection.poll_transmit(&mut out);
        // Pieces of one message between control frames are joined, and empty ones dropped.
        let mut joined: Vec<Item> = Vec::new();
        for item in items {
            if matches!(&item, Item::Data(_, bytes, false) if bytes.is_empty()) {
                continue;
            }
            joined.push(item);
        }
        (joined, out)
    }

    fn config(random: &mut random_bytes::Random) -> ConnectionConfig {
        let limits = [0, 1, 124, 125, 126, 127, 8191, 8192, 8193, 65_535, 65_536, u64::MAX];
        let mut config = ConnectionConfig::new();
        if random.next(2) == 0 {
            config = config.max_message_size(limits[random.next(limits.len())]);
        }
        if random.next(2) == 0 {
            config = config.max_frame_size(limits[random.next(limits.len())]);
        }
        if random.next(3) == 0 {
            config = config.oversized(Oversized::Skip);
        }
        config
    }

    #[test]
    fn a_frame_that_is_whole_is_received_as_one_that_arrives_byte_by_byte() {
        let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(4000);
        for seed in 1..=seeds {
            let mut random = random_bytes::Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let is_client = random.next(2) == 0;
            let mut bytes = Vec::new();
            for _ in 0..1 + random.next(5) {
                let first =
                    [0x81, 0x82, 0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0xc1, 0x83]
                        [random.next(12)];
                let lens = [
                    0, 1, 2, 5, 124, 125, 126, 127, 128, 500, 8191, 8192, 8193, 8200, 65_535,
                    65_536,
                ];
                let most = if random.next(4) == 0 { 16 } else { 10 };
                let mut len = lens[random.next(most)];
                if first & 8 != 0 && random.next(8) > 0 {
                    len = len.min(125);
                }
                let form = match (len, random.next(30)) {
                    (_, 0) => 127,
                    (_, 1) => 126,
                    (0..=125, _) => 0,
                    (126..=65_535, _) => 126,
                    _ => 127,
                };
                let masked = if random.next(40) == 0 { is_client } else { !is_client };
                let bit = if masked { 0x80 } else { 0 };
                bytes.push(first);
                match form {
                    0 => bytes.push(bit | len as u8),
                    126 => {
                        bytes.push(bit | 126);
                        bytes.extend((len as u16).to_be_bytes());
                    }
                    _ => {
                        bytes.push(bit | 127);
                        bytes.extend((len as u64).to_be_bytes());
                    }
                }
                let key = [1, 2, 3, random.next(256) as u8];
                if masked {
                    bytes.extend(key);
                }
                let mut payload = vec![b'a'; len];
                if len > 0 && random.next(2) == 0 {
                    let at = random.next(len);
                    let piece = [
                        &b"\xe2\x82\xac"[..],
                        b"\xff",
                        b"\xe2\x82",
                        b"\xf0\x9f\x98\x80",
                        b"\xed\xa0\x80",
                    ][random.next(5)];
                    let end = len.min(at + piece.len());
                    payload[at..end].copy_from_slice(&piece[..end - at]);
                }
                let key = if masked { key } else { [0; 4] };
                bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]));
            }
            let config = config(&mut random);
            let run = |cut| {
                if is_client {
                    log(Client::new([7; 32]), config.clone(), &bytes, cut)
                } else {
                    log(Server, config.clone(), &bytes, cut)
                }
            };
            let slow = run(1);
            for cut in [usize::MAX, 3, 7, 100, 130, 8192 + random.next(20)] {
                let fast = run(cut);
                assert!(
                    fast.0 == slow.0,
                    "seed {seed} cut {cut}\n{}\n{}",
                    show(&fast.0),
                    show(&slow.0)
                );
                assert_eq!(fast.1, slow.1, "seed {seed} cut {cut}");
            }
        }
    }

    fn show(items: &[Item]) -> String {
        items
            .iter()
            .map(|item| match item {
                Item::Data(kind, bytes, last) => format!("{kind} {} {last}; ", bytes.len()),
                Item::Other(text) => format!("{text}; "),
            })
            .collect()
    }

    #[test]
    fn a_head_that_is_whole_is_scanned_as_one_that_arrives_byte_by_byte() {
        let alphabet = *b"\r\n\r\na: \t\x80\0";
        for (kind, start) in [
            (HeadKind::Request, &b"G /"[..]),
            (HeadKind::Response, b"HTTP/"),
            (HeadKind::Request, b""),
        ] {
            for limit in [9, 1000] {
                for number in 0..alphabet.len().pow(5) {
                    let mut bytes = start.to_vec();
                    let mut rest = number;
                    for _ in 0..5 {
                        bytes.push(alphabet[rest % alphabet.len()]);
                        rest /= alphabet.len();
                    }
                    if number % 3 == 0 {
                        bytes.extend(b"\r\n\r\n");
                    }
                    let mut whole = HeadScanner::new(kind, limit);
                    let mut slow = HeadScanner::new(kind, limit);
                    let show = |scanned: Result<Option<websocket_proto::http1::Head<'_>>, _>| {
                        scanned.map(|head| head.map(|head| (head.bytes().to_vec(), head.end())))
                    };
                    let fast = show(whole.scan(&bytes));
                    let mut last = Ok(None);
                    for end in 1..=bytes.len() {
                        last = show(slow.scan(&bytes[..end]));
                        if last != Ok(None) {
                            break;
                        }
                    }
                    assert_eq!(fast, last, "{:?} {limit}", bytes.escape_ascii().to_string());
                    assert_eq!(
                        whole.position(),
                        slow.position(),
                        "{:?}",
                        bytes.escape_ascii().to_string()
                    );
                    // In two pieces.
                    let mut two = HeadScanner::new(kind, limit);
                    let cut = number % bytes.len();
                    let mut scanned = show(two.scan(&bytes[..cut]));
                    if scanned == Ok(None) {
                        scanned = show(two.scan(&bytes));
                    }
                    assert_eq!(scanned, fast, "{:?} {cut}", bytes.escape_ascii().to_string());
                }
            }
        }
    }
}

mod random_bytes {
    pub(super) struct Random(pub(super) u64);

    impl Random {
        pub(super) fn next(&mut self, below: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % below
        }
    }
}
