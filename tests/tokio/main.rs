//! The tokio adapter, over TCP and over a transport in memory.
#![cfg(feature = "tokio")]

mod answer_close;
mod cancel;
mod closing;
mod decision;
#[cfg(feature = "deflate")]
mod deflate;
#[cfg(feature = "deflate")]
mod deflate_cancel;
#[cfg(feature = "deflate")]
mod deflate_negotiation;
mod endings;
mod endings_at_random;
mod endless_refusal;
mod failed_write;
mod floods;
mod halves_methods;
mod handshake;
mod handshake_steps;
mod hostile;
mod keepalive;
mod sink;
mod split;
mod split_both_ways;
mod stats;
mod stream;
mod terminated;
mod time_limits;
mod vocabulary;
mod wakes;

// What these tests share.
mod dropped;
mod limits;
#[cfg(feature = "deflate")]
mod transport_deflate;
