//! A WebSocket library ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)) whose protocol does no
//! I/O: a strict state machine that turns bytes into messages and messages into bytes. Thin adapters
//! on top of it do the I/O for tokio, axum, `std` and the traits of `futures-io`.
//!
//! It is for applications that want a WebSocket server or client which ends connections properly,
//! answers Pings and Closes by itself, and limits memory and time. It is also for authors of HTTP
//! servers, proxies, runtimes and firmware who want the protocol and do the I/O themselves.
//!
//! Bytes, time and entropy are arguments, so the same inputs always give the same outputs.
//!
//! # A server
//!
//! ```toml
//! tokio = { version = "1", features = ["macros", "net", "rt-multi-thread", "time"] }
//! websocket-proto = { version = "0.1", features = ["tokio"] }
//! ```
//!
#![cfg_attr(feature = "tokio", doc = "```no_run")]
#![cfg_attr(not(feature = "tokio"), doc = "```ignore")]
//! use std::time::Duration;
//!
//! use tokio::net::{TcpListener, TcpStream};
//! use tokio::time::sleep;
//! use websocket_proto::tokio::{Message, WebSocketStream};
//!
//! type Failure = Box<dyn std::error::Error + Send + Sync>;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Failure> {
//!     let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
//!     let listener = TcpListener::bind(address).await?;
//!     println!("listening on ws://{}", listener.local_addr()?);
//!     loop {
//!         match listener.accept().await {
//!             Ok((stream, _)) => drop(tokio::spawn(report(serve(stream)))),
//!             // The process may have no file descriptor left until a connection ends.
//!             Err(error) => {
//!                 eprintln!("{error}");
//!                 sleep(Duration::from_millis(100)).await;
//!             }
//!         }
//!     }
//! }
//!
//! async fn report(served: impl Future<Output = Result<(), Failure>>) {
//!     if let Err(error) = served.await {
//!         eprintln!("{error}");
//!     }
//! }
//!
//! async fn serve(stream: TcpStream) -> Result<(), Failure> {
//!     stream.set_nodelay(true)?; // small messages leave at once
//!     let mut socket = WebSocketStream::accept(stream).await?;
//!     // `next` also answers Pings and the Close of the client. After `None` the connection is over.
//!     while let Some(message) = socket.next().await {
//!         match message? {
//!             Message::Text(text) => socket.send(format!("You said: {text}")).await?,
//!             Message::Binary(bytes) => socket.send(bytes).await?,
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # A client
//!
//! A client needs the same dependencies. `wss://` needs the feature `webpki-roots` or
//! `rustls-native-certs`.
//!
#![cfg_attr(feature = "tokio", doc = "```no_run")]
#![cfg_attr(not(feature = "tokio"), doc = "```ignore")]
//! use websocket_proto::tokio::{CloseCode, connect};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let url = std::env::args().nth(1).unwrap_or("ws://127.0.0.1:9001".into());
//!     let mut socket = connect(url).await?;
//!     socket.send("Hello").await?;
//!     if let Some(message) = socket.next().await {
//!         println!("{}", message?.as_text().unwrap_or("no text"));
//!     }
//!     socket.close(CloseCode::NORMAL, "").await?;
//!     socket.finish().await?; // waits for the Close of the server
//!     Ok(())
//! }
//! ```
//!
//! # A server with threads
//!
//! ```toml
//! websocket-proto = "0.1"
//! ```
//!
#![cfg_attr(feature = "std", doc = "```no_run")]
#![cfg_attr(not(feature = "std"), doc = "```ignore")]
//! use std::net::{TcpListener, TcpStream};
//! use std::thread;
//! use std::time::Duration;
//!
//! use websocket_proto::blocking::WebSocketStream;
//!
//! type Failure = Box<dyn std::error::Error + Send + Sync>;
//!
//! fn main() -> Result<(), Failure> {
//!     let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into());
//!     let listener = TcpListener::bind(address)?;
//!     println!("listening on ws://{}", listener.local_addr()?);
//!     for stream in listener.incoming() {
//!         let stream = match stream {
//!             Ok(stream) => stream,
//!             // The process may have no file descriptor left until a connection ends.
//!             Err(error) => {
//!                 eprintln!("{error}");
//!                 thread::sleep(Duration::from_millis(100));
//!                 continue;
//!             }
//!         };
//!         thread::spawn(move || {
//!             if let Err(error) = serve(stream) {
//!                 eprintln!("{error}");
//!             }
//!         });
//!     }
//!     Ok(())
//! }
//!
//! fn serve(stream: TcpStream) -> Result<(), Failure> {
//!     let mut socket = WebSocketStream::accept(stream)?;
//!     while let Some(message) = socket.read()? {
//!         if message.is_data() {
//!             socket.send(message)?;
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The module `guide` has a short page with a whole program for each common question:
//! authentication, broadcast, closing, keepalive, metrics and logs, reconnecting, compression, tests,
//! TLS, proxies, and how to port a program from tungstenite.
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
//! | feature | brings | contains | crates |
//! |---|---|---|---|
//! | `alloc` | whole messages (`websocket`) over `bytes`, and counters for metrics (`stats`) | | `bytes` |
//! | `simd` | masking with AVX2, which is detected at run time. It needs no `std` | | `cpufeatures` |
//! | `std` (the default) | the `blocking` adapter, `io`, random keys | `alloc`, `simd` | `getrandom`, `http`, `percent-encoding` |
//! | `deflate` | compressor and decompressor for permessage-deflate | `std` | `flate2` on `zlib-rs` |
//! | `http` | the opening handshake over the types of the `http` crate, for HTTP/1.1, HTTP/2 and HTTP/3 | `std` | |
//! | `tokio` | the `tokio` adapter | `std` | `tokio`, `futures-core`, `futures-sink` |
//! | `axum` | the extractor for axum, over HTTP/1.1 and HTTP/2 | `http`, `tokio` | `axum-core`, `hyper` |
//! | `futures-io` | the `futures_io` adapter | `std` | `futures-core`, `futures-io`, `futures-sink` |
//! | `tls` | `wss://` in the `tokio` adapter. The caller chooses the trusted certificates | `tokio` | `tokio-rustls` |
//! | `tracing` | spans and events for the crate `tracing`: handshakes, connections, closes, errors. Never payloads, headers or credentials | `std` | `tracing` |
//! | `webpki-roots` | trust in the roots of Mozilla's programme, compiled in | `tls` | `webpki-roots` |
//! | `rustls-native-certs` | trust in the roots of the operating system | `tls` | `rustls-native-certs` |
//!
//! Without any feature the crate needs neither `std` nor an allocator. The core always contains
//! `base64`, `chacha20`, `httparse`, `memchr`, `sha1` and `simdutf8`.
//!
//! # Beside other crates
//!
//! As of November 2026, from the documentation and the source of each version:
//!
//! | | websocket-proto 0.1 | [tungstenite 0.30](https://docs.rs/tungstenite/0.30.0) | [fastwebsockets 0.10](https://docs.rs/fastwebsockets/0.10.0) | [tokio-websockets 0.13.3](https://docs.rs/tokio-websockets/0.13.3) | [yawc 0.5](https://docs.rs/yawc/0.5.0) | [sockudo-ws 3.1](https://docs.rs/sockudo-ws/3.1.0) |
//! |---|---|---|---|---|---|---|
//! | protocol without I/O | yes | no, over `Read` and `Write` | no | no | frames (`codec`) | yes (`protocol`) |
//! | without `std` and an allocator | yes | no | no | no | no | no |
//! | blocking I/O | yes | yes | no | no | no | no |
//! | tokio | yes | with tokio-tungstenite 0.30 | yes | yes | yes | yes |
//! | other runtimes | `futures-io`; a trait for others | with other crates | no | no | smol, WebAssembly | compio, tokio-uring |
//! | permessage-deflate | yes | no | no | no | yes | yes |
//! | WebSockets over HTTP/2 | yes | no | no | no | yes | yes |
//! | WebSockets over HTTP/3 | the opening handshake | no | no | no | no | yes |
//! | extractor for axum | yes | in axum itself | yes | no | yes | yes |
//! | Pings of its own for a silent peer | yes | no | no | no | no | yes |
//! | minimum Rust version | 1.88 | 1.85 | not stated | 1.89 | 1.82 | not stated (edition 2024) |
//! | licence | MIT or Apache-2.0 | MIT or Apache-2.0 | Apache-2.0 | MIT | MPL-2.0 | MIT |
//!
//! # Versions and stability
//!
//! The minimum Rust version is 1.88. A release may raise it to a version that is at least six months
//! old, and the changelog says so. Before 1.0, a release 0.x may break programs. Enums that may grow
//! are `#[non_exhaustive]`.
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
// Documentation only. Its programs need these features.
#[cfg(all(
    any(doc, doctest),
    feature = "deflate",
    feature = "http",
    feature = "tls",
    feature = "tokio"
))]
pub mod guide;
#[cfg(feature = "http")]
pub mod http;
pub mod http1;
#[cfg(feature = "std")]
pub mod io;
pub mod mask;
#[cfg(feature = "alloc")]
mod message;
#[cfg(feature = "std")]
mod sync;
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
