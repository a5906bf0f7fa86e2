//! An echo server of each crate. A connection begins after the opening handshake, and ends with the
//! process.

mod ours;
mod peers;
mod raw;

use std::pin::Pin;

use super::serve::{BlockingEcho, Stream};
use crate::report::Side;

/// The task of a connection.
pub type Future = Pin<Box<dyn std::future::Future<Output = ()>>>;

/// How a server runs its connections.
#[derive(Clone, Copy)]
pub enum Serve {
    /// A thread for each connection.
    Blocking(BlockingEcho),
    /// A task for each connection, all on one thread.
    Tokio(fn(Stream) -> Future),
}

/// An echo server.
#[derive(Clone, Copy)]
pub struct Echo {
    /// The name of the crate, and of the way if there are several.
    pub name: &'static str,
    /// Whether it is our crate, a peer or a limit.
    pub side: Side,
    /// How it is driven.
    pub how: &'static str,
    serve: Serve,
}

/// The names of the servers that echo bytes, with different buffers.
pub const RAW: [&str; 2] = ["raw-64k", "raw-256k"];

/// Returns all servers, ours first.
#[must_use]
pub fn all() -> Vec<Echo> {
    ours::servers().into_iter().chain(peers::servers()).collect()
}

/// Returns the server with this name.
#[must_use]
pub fn find(name: &str) -> Option<Serve> {
    match RAW.iter().position(|raw| *raw == name) {
        Some(0) => Some(Serve::Tokio(|stream| Box::pin(raw::echo(stream, 64 << 10)))),
        Some(_) => Some(Serve::Tokio(|stream| Box::pin(raw::echo(stream, 256 << 10)))),
        None => all().into_iter().find(|echo| echo.name == name).map(|echo| echo.serve),
    }
}

const fn echo(name: &'static str, side: Side, how: &'static str, serve: Serve) -> Echo {
    Echo { name, side, how, serve }
}
