//! The short paths give the same results as the general ones.

use support::Random;
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
                Ok(Some(event)) => {
                    let payload = connection.control_payload().to_vec();
                    let close = connection.peer_close();
                    items.push(Item::Other(format!("{event:?} {payload:?} {close:?}")));
                }
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

fn config(random: &mut Random) -> ConnectionConfig {
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
        let mut random = Random::new(seed);
        let is_client = random.next(2) == 0;
        let mut bytes = Vec::new();
        for _ in 0..1 + random.next(5) {
            let first = [0x81, 0x82, 0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0xc1, 0x83]
                [random.next(12)];
            let lens =
                [0, 1, 2, 5, 124, 125, 126, 127, 128, 500, 8191, 8192, 8193, 8200, 65_535, 65_536];
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
    for (kind, start) in
        [(HeadKind::Request, &b"G /"[..]), (HeadKind::Response, b"HTTP/"), (HeadKind::Request, b"")]
    {
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
