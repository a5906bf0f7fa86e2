//! The blocking adapter, over TCP and over transports in memory.
#![cfg(feature = "std")]

mod answer_close;
mod closing;
mod conversation;
mod decision;
#[cfg(feature = "deflate")]
mod deflate;
#[cfg(feature = "deflate")]
mod deflate_errors;
#[cfg(feature = "deflate")]
mod deflate_negotiation;
#[cfg(feature = "deflate")]
mod deflate_split;
#[cfg(feature = "deflate")]
mod deflate_transport;
mod driver;
mod endings;
mod failed_write;
mod handshake;
mod handshake_client;
mod hostile;
mod room;
mod split;
mod split_both_ways;
mod split_reunite;
mod stats;
mod stream;
mod stuck_writer;
mod time_limit;
mod time_limit_ends;
mod time_limit_handshake;
mod time_limit_message;
mod transport;
mod transport_tls;
mod vocabulary;

// What these tests share.
mod halves;
mod halves_methods;
mod limited;
mod loopback;
#[cfg(feature = "deflate")]
mod loopback_deflate;
mod pipe;
