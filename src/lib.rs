//! A strict WebSocket protocol ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)) that does no
//! I/O: a state machine that turns bytes into messages and messages into bytes. Thin adapters on
//! top of it do the I/O for `std`, tokio, axum and the traits of `futures-io`.
//!
//! Bytes, time and entropy are arguments, so the same inputs always give the same outputs.
//!
//! # A server
//!
#![cfg_attr(feature = "std", doc = "```no_run")]
#![cfg_attr(not(feature = "std"), doc = "```ignore")]
//! use std::{error::Error, net::TcpListener, thread};
//! use websocket_proto::blocking::Acceptor;
//!
//! fn main() -> Result<(), Box<dyn Error>> {
//!     for stream in TcpListener::bind("127.0.0.1:9001")?.incoming() {
//!         thread::spawn(move || {
//!             // The whole opening handshake may take 10 s.
//!             let mut socket = Acceptor::new(stream?).accept()?;
//!             // `read` also answers Pings and the Close of the client.
//!             while let Some(message) = socket.read()? {
//!                 if message.is_data() {
//!                     socket.send(message)?;
//!                 }
//!             }
//!             Ok::<_, Box<dyn Error + Send + Sync>>(())
//!         });
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # A client
//!
#![cfg_attr(feature = "std", doc = "```no_run")]
#![cfg_attr(not(feature = "std"), doc = "```ignore")]
//! use websocket_proto::blocking::{CloseCode, connect};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut socket = connect("ws://127.0.0.1:9001")?;
//!     socket.send("Hello")?;
//!     println!("{:?}", socket.read()?);
//!     socket.close(CloseCode::NORMAL, "")?;
//!     while socket.read()?.is_some() {}
//!     Ok(())
//! }
//! ```
//!
//! # Which layer do I want?
//!
//! Every layer is public. Find your case in the first column.
//!
//! | you have | use | feature |
//! |---|---|---|
//! | tokio | [`tokio`]: a `WebSocketStream` over `AsyncRead` and `AsyncWrite` | `tokio` |
//! | threads | [`blocking`]: a `WebSocketStream` over `Read` and `Write` | `std` |
//! | smol, async-std, libp2p | [`futures_io`]: the same over the traits of `futures-io` | `futures-io` |
//! | one of these adapters | also [`io`]: the options, replies and errors that the adapters share | `std` |
//! | another async runtime | [`asynchronous`]: implement its `Transport` | `futures-io` or `tokio` |
//! | axum | [`axum`]: an extractor with the names of axum's own | `axum` |
//! | hyper or another HTTP library | [`http`] for the opening handshake, then an adapter or `WebSocket` | `http` |
//! | another way to do I/O | [`WebSocket`]: whole messages over `bytes`, an outgoing queue, deadlines. With `std`, [`io::Driver`] tells what to do with the transport | `alloc` |
//! | no allocator | [`Connection`](connection::Connection): all of RFC 6455 after the opening handshake, over slices | |
//! | bytes of an opening handshake | [`handshake`]: both roles over slices. It uses the parsers in [`http1`] and [`extension`] | |
//! | compressed messages | [`deflate`]: permessage-deflate (RFC 7692) for every layer. Its negotiation needs no feature | `deflate` |
//! | single frames | [`frame`], [`mask`], [`utf8`], [`close`] | |
//!
//! # Features
//!
//! Features only add items: no feature changes how another part behaves.
//!
//! | feature | brings | contains |
//! |---|---|---|
//! | `alloc` | whole messages (`websocket`) over `bytes` | |
//! | `simd` | masking with AVX2, which is detected at run time. It needs no `std` | |
//! | `std` (the default) | the `blocking` adapter, `io`, random keys | `alloc`, `simd` |
//! | `deflate` | compressor and decompressor for permessage-deflate, by flate2 on zlib-rs | `std` |
//! | `http` | the opening handshake over the types of the `http` crate, for HTTP/1.1, HTTP/2 and HTTP/3 | `std` |
//! | `tokio` | the `tokio` adapter | `std` |
//! | `axum` | the extractor for axum, over HTTP/1.1 and HTTP/2 | `http`, `tokio` |
//! | `futures-io` | the `futures_io` adapter | `std` |
//! | `tls` | `wss://` in the `tokio` adapter, by rustls. The caller chooses the trusted certificates | `tokio` |
//! | `webpki-roots` | trust in the roots of Mozilla's programme, compiled in | `tls` |
//! | `rustls-native-certs` | trust in the roots of the operating system | `tls` |
//!
//! Without any feature the crate needs neither `std` nor an allocator.
//!
//! # Scope
//!
//! In scope: both roles of RFC 6455, the opening handshake over HTTP/1.1, HTTP/2 (RFC 8441) and
//! HTTP/3 (RFC 9220), and permessage-deflate (RFC 7692).
//!
//! Out of scope: an HTTP server, threads and async runtimes, reconnection, and protocols on top of
//! WebSocket.
//!
#![cfg_attr(not(feature = "alloc"), doc = "[`WebSocket`]: https://docs.rs/websocket-proto")]
#![cfg_attr(not(feature = "std"), doc = "[`blocking`]: https://docs.rs/websocket-proto")]
#![cfg_attr(not(feature = "std"), doc = "[`io`]: https://docs.rs/websocket-proto")]
#![cfg_attr(not(feature = "std"), doc = "[`io::Driver`]: https://docs.rs/websocket-proto")]
#![cfg_attr(not(feature = "http"), doc = "[`http`]: https://docs.rs/websocket-proto")]
#![cfg_attr(not(feature = "axum"), doc = "[`axum`]: https://docs.rs/websocket-proto")]
#![cfg_attr(not(feature = "tokio"), doc = "[`tokio`]: https://docs.rs/websocket-proto")]
#![cfg_attr(not(feature = "futures-io"), doc = "[`futures_io`]: https://docs.rs/websocket-proto")]
#![cfg_attr(
    not(any(feature = "futures-io", feature = "tokio")),
    doc = "[`asynchronous`]: https://docs.rs/websocket-proto"
)]
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

#[cfg(any(feature = "futures-io", feature = "tokio"))]
pub mod asynchronous;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "std")]
pub mod blocking;
pub mod close;
pub mod connection;
pub mod deflate;
mod error;
pub mod extension;
pub mod frame;
#[cfg(feature = "futures-io")]
pub mod futures_io;
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
