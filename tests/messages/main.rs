//! Whole messages: how a `WebSocket` receives and sends them, without I/O.
#![cfg(feature = "alloc")]

mod hostile;
#[cfg(feature = "std")]
mod incoming;
mod keepalive;
mod lengths;
mod message;
mod opened;
#[cfg(feature = "std")]
mod orders;
#[cfg(feature = "std")]
mod outgoing;
mod oversized;
#[cfg(feature = "std")]
mod parts;
#[cfg(feature = "std")]
mod random_orders;
#[cfg(feature = "std")]
mod read_sizes;
mod receive;
mod receive_errors;
mod receive_halves;
mod send;
mod send_copies;
mod send_encoding;
mod send_fragmented;
mod send_fragments;
mod send_halves;
mod short_paths;
mod stats;
mod text;
mod time_limits;
