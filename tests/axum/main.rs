//! The extractor for axum, on routers that serve over TCP, with clients of this crate, clients that
//! send bytes, and a client of HTTP/2.
#![cfg(feature = "axum")]

#[cfg(feature = "deflate")]
mod compression;
mod conversation;
mod endings;
mod examples;
mod extractors;
mod failed_upgrade;
mod hostile;
mod http2;
mod parts;
mod refusals;
mod subprotocols;
mod time_limits;
mod vocabulary;

// Code that these tests share.
mod http2_client;
mod server;
