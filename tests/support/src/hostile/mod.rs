//! Hostile and odd input of a client, and what a server does with it. Each layer is tested with the
//! same tables.

#[cfg(feature = "alloc")]
mod checks;
mod compressed;
mod frames;
mod growing;
mod requests;

pub use compressed::compressed_messages;
pub use frames::{
    close_frames, control_frames, fragments, frames_after_close, headers, lengths_over_the_limit,
    odd_frames, streams, text,
};
#[cfg(feature = "deflate")]
pub use growing::growing_compressed_messages;
pub use growing::{
    Answered, Growing, growing_requests, growing_responses, growing_streams, growing_urls,
};
pub use requests::{Answer, Request, requests};

/// The limit on a message in these tests, in bytes: short, so that each cut of each stream is tried.
pub const MAX_MESSAGE_SIZE: u64 = 100;

/// What a client sends on an open connection, and what a server does with it.
#[derive(Clone, Debug)]
pub struct Stream {
    /// What is hostile or odd about it.
    pub name: &'static str,
    /// The bytes on the wire.
    pub bytes: Vec<u8>,
    /// What the server does.
    pub outcome: Outcome,
}

/// What a server does with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It fails the connection: one Close with this code, and then the end of its direction.
    Fails(u16),
    /// It answers the Close with this code (1005: with none), and drops what comes after it.
    Answers(u16),
    /// It receives these text messages, answers these Pings, and stays open.
    Receives {
        /// The text of each message, in order.
        texts: &'static [&'static str],
        /// The payload of each Ping, in order.
        pings: &'static [&'static str],
    },
}

impl Outcome {
    /// It receives these text messages, and stays open.
    pub const fn receives(texts: &'static [&'static str]) -> Self {
        Self::Receives { texts, pings: &[] }
    }
}
