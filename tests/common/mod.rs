//! What the tests share: a frame builder that can also build what no peer should send, a log of
//! what a connection made of its input, every way to cut that input, a naive model of a
//! connection, and two connections joined by byte queues that talk.
#![allow(dead_code, unused_imports, reason = "each test file uses some of it")]

mod conversation;
mod frame;
mod log;
mod model;
mod pair;
mod split;
mod state;

use websocket_proto::connection::{Client, Config, Connection, Server};

pub(crate) use conversation::{Conversation, Operation};
pub(crate) use frame::{Frame, KEY, Side, stream};
pub(crate) use log::{Entry, Log, Recorder, Wire, unmask_frames};
pub(crate) use model::Model;
pub(crate) use pair::{Endpoint, Pair};
pub(crate) use split::{every_split, every_split_from};
pub(crate) use state::{assert_at, assert_sends_nothing};

/// The bytes that `text` spells in hexadecimal; blanks are free.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| character.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    assert!(digits.len().is_multiple_of(2), "half a byte in {text}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The seed of every client in these tests.
pub(crate) const SEED: [u8; 32] = *b"a seed that only tests ever use.";

pub(crate) fn server() -> Connection<Server> {
    Connection::new(Server, Config::new())
}

pub(crate) fn client() -> Connection<Client> {
    Connection::new(Client::new(SEED), Config::new())
}
