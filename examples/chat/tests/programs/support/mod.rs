//! The programs of these tests and a client of the chat.

mod client;
mod process;
mod redis;
mod server;

use std::time::Duration;

pub(crate) use client::{Client, connect, options, with_subprotocols};
#[cfg(feature = "browsers")]
pub(crate) use process::start;
pub(crate) use redis::Redis;
pub(crate) use server::Server;

/// How long a step may take. It takes much less, unless something hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Returns the outcome of a future, and fails if the future hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("it does not hang")
}
