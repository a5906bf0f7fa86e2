//! Masking: a client masks every frame, each with a key of its own, and a server none (RFC 6455
//! 5.3, 10.3).

use std::collections::HashSet;

use support::{Entry, Pair, SEED, Wire, client, server};
use websocket_proto::connection::{Client, Connection, ConnectionConfig, Role};
use websocket_proto::frame::Kind;

#[test]
fn a_client_masks_every_frame_and_a_server_none() {
    fn first_two_bytes<R: Role>(mut connection: Connection<R>) -> Vec<[u8; 2]> {
        let mut seen = Vec::new();
        for what in 0..7 {
            let mut out = Wire::default();
            match what {
                0 => connection.send_text("", &mut out),
                1 => connection.send_binary(b"x", &mut out),
                2 => connection.send_fragment(Kind::Text, false, b"", &mut out),
                3 => connection.send_fragment(Kind::Text, true, b"x", &mut out),
                4 => connection.ping(b"", &mut out),
                5 => connection.pong(b"", &mut out),
                _ => connection.close_with(None, &mut out),
            }
            .expect("open");
            seen.push([out.0[0], out.0[1]]);
        }
        seen
    }
    let lens = [0, 1, 0, 1, 0, 0, 0];
    let firsts = [0x81, 0x82, 0x01, 0x80, 0x89, 0x8a, 0x88];
    let expected = |mask: u8| -> Vec<[u8; 2]> {
        firsts.iter().zip(lens).map(|(&first, len)| [first, mask | len]).collect()
    };
    assert_eq!(first_two_bytes(client()), expected(0x80));
    assert_eq!(first_two_bytes(server()), expected(0x00));
}

fn keys(seed: [u8; 32], count: usize) -> Vec<[u8; 4]> {
    let mut connection = Connection::new(Client::new(seed), ConnectionConfig::new());
    let mut keys = Vec::new();
    for _ in 0..count {
        let mut out = Wire::default();
        connection.send_binary(b"", &mut out).expect("open");
        keys.push(out.0[2..].try_into().expect("a key"));
    }
    keys
}

#[test]
fn every_frame_has_a_key_of_its_own() {
    // 32 bits each: among 1000 the chance of an accidental pair is one in 8000, and the seed is
    // fixed.
    let keys = keys(SEED, 1000);
    let distinct: HashSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
}

#[test]
fn the_keys_of_a_seed_are_the_same_every_time_and_of_no_other() {
    assert_eq!(keys(SEED, 100), keys(SEED, 100));
    let mut other = SEED;
    other[31] ^= 1;
    let theirs: HashSet<_> = keys(other, 100).into_iter().collect();
    assert!(keys(SEED, 100).iter().all(|key| !theirs.contains(key)));
}

#[test]
fn the_bits_of_the_keys_are_balanced() {
    let keys = keys(SEED, 4096);
    for bit in 0..32 {
        let ones = keys.iter().filter(|key| u32::from_be_bytes(**key) >> bit & 1 == 1).count();
        // Eight standard deviations of a fair coin.
        assert!((2048 - 256..=2048 + 256).contains(&ones), "bit {bit}: {ones} of 4096");
    }
}

#[test]
fn the_seed_is_not_shown() {
    let shown = format!("{:?}", Client::new(*b"secret-secret-secret-secret-1234"));
    assert_eq!(shown, "Client { .. }");
}

#[test]
fn an_automatic_answer_has_a_key_of_its_own() {
    let mut pair = Pair::new();
    for _ in 0..20 {
        pair.server.connection.ping(b"", &mut pair.server.out).expect("open");
    }
    pair.settle();
    let sent: HashSet<_> = pair
        .client
        .recorder
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Sent(bytes) => Some(bytes.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(sent.len(), 20, "empty pongs differ by their keys alone");
}
