//! What the tests share: a frame builder that can also build what no peer should send, a log of
//! what a connection made of its input, every way to cut that input, a naive model of a
//! connection, and two connections joined by byte queues that talk. The modules have the same for
//! the handshake, for whole messages, for compressed ones and for transports of the tokio adapter.

#[cfg(feature = "tokio")]
mod closed;
#[cfg(feature = "deflate")]
pub mod compressing;
mod conversation;
#[cfg(feature = "deflate")]
pub mod deflated;
#[cfg(feature = "tokio")]
pub mod echo;
mod frame;
pub mod handshake;
pub mod hostile;
mod log;
#[cfg(feature = "alloc")]
pub mod messages;
mod model;
mod pair;
mod random;
#[cfg(feature = "alloc")]
mod setup;
mod split;
mod state;
#[cfg(feature = "tokio")]
pub mod transport;

use websocket_proto::connection::{Client, Connection, ConnectionConfig, Server};

#[cfg(feature = "tokio")]
pub use closed::closed;
pub use conversation::{Conversation, Operation};
pub use frame::{Frame, KEY, Side, stream};
pub use log::{Entry, Log, Recorder, Wire, frames_of, unmask_frames};
pub use model::Model;
pub use pair::{Endpoint, Pair};
pub use random::Random;
#[cfg(feature = "alloc")]
pub use setup::Setup;
pub use split::{every_split, every_split_from};
pub use state::{assert_at, assert_sends_nothing};

/// The bytes that `text` spells in hexadecimal; blanks are free.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| character.to_digit(16).expect("a hexadecimal digit") as u8)
        .collect();
    assert!(digits.len().is_multiple_of(2), "half a byte in {text}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The seed of every client in these tests.
pub const SEED: [u8; 32] = *b"a seed that only tests ever use.";

/// An open connection of a server, configured as by default.
pub fn server() -> Connection<Server> {
    Connection::new(Server, ConnectionConfig::new())
}

/// An open connection of a client, configured as by default.
pub fn client() -> Connection<Client> {
    Connection::new(Client::new(SEED), ConnectionConfig::new())
}
