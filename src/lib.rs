//! A sans-IO WebSocket protocol: RFC 6455 as a state machine over your bytes.
//!
//! It opens no socket, reads no clock and draws no randomness: bytes, time and entropy come in
//! as arguments, so the same inputs give the same outputs, always.
//!
//! Five layers, each public, complete, and built only on those above it in this list:
//!
//! | layer | modules | needs | what it is |
//! |---|---|---|---|
//! | wire | [`frame`], [`mask`], [`utf8`], [`close`] | `core` | frame headers, masking, incremental UTF-8, close codes |
//! | connection | [`connection`] | `core` | [`Connection`](connection::Connection): all of RFC 6455 after the handshake, over slices |
//! | handshake | [`handshake`] | `core` | the opening handshake of both roles, over slices |
#![cfg_attr(
    feature = "alloc",
    doc = "| websocket | [`websocket`] | `alloc` | [`WebSocket`]: whole messages in and out |"
)]
#![cfg_attr(
    feature = "std",
    doc = "| adapters | [`blocking`], [`io`] | `std` | [`WebSocketStream`](blocking::WebSocketStream): a `WebSocket` and a transport |"
)]
//!
//! In scope: RFC 6455, both roles. Not in scope, ever: an HTTP server, a choice of threads or
//! runtime, reconnection, and anything that runs over WebSockets.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(
    clippy::alloc_instead_of_core,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unreachable,
    clippy::unwrap_used
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
pub mod blocking;
pub mod close;
pub mod connection;
pub mod deflate;
mod error;
pub mod extension;
pub mod frame;
pub mod handshake;
#[cfg(feature = "http")]
pub mod http;
pub mod http1;
#[cfg(feature = "std")]
pub mod io;
pub mod mask;
#[cfg(feature = "alloc")]
mod message;
#[cfg(feature = "tokio")]
pub mod tokio;
pub mod utf8;
#[cfg(feature = "alloc")]
mod utf8_bytes;
#[cfg(feature = "alloc")]
pub mod websocket;

pub use close::{CloseCode, CloseFrame};
pub use error::{OutputFull, ProtocolError, SendError};
#[cfg(feature = "alloc")]
pub use message::Message;
#[cfg(feature = "alloc")]
pub use utf8_bytes::{FromUtf8Error, Utf8Bytes};
#[cfg(feature = "alloc")]
pub use websocket::WebSocket;
