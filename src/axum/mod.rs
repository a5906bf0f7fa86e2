//! WebSockets for [axum](https://docs.rs/axum): an extractor of this crate with the names of the
//! one in axum (`axum::extract::ws`). It opens a WebSocket over HTTP/1.1
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)) and over HTTP/2
//! ([RFC 8441](https://www.rfc-editor.org/rfc/rfc8441)).
//!
//! The guide has a page with a program for each of these questions: [stopping a
//! server](../guide/stopping/index.html), [authentication and
//! origins](../guide/authentication/index.html), [broadcast and slow
//! readers](../guide/broadcast/index.html), [closing](../guide/closing/index.html),
//! [compression](../guide/compression/index.html).
//!
//! ```no_run
//! use axum::{Router, response::Response, routing::any};
//! use websocket_proto::axum::{WebSocket, WebSocketUpgrade};
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let router = Router::new().route("/ws", any(handler));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
//!     axum::serve(listener, router).await
//! }
//!
//! async fn handler(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(echo)
//! }
//!
//! async fn echo(mut socket: WebSocket) {
//!     // `recv` also answers Pings and the Close of the client.
//!     while let Some(Ok(message)) = socket.recv().await {
//!         if message.is_data() && socket.send(message).await.is_err() {
//!             return;
//!         }
//!     }
//! }
//! ```
//!
//! Route with `any`: a client asks for a WebSocket with `GET` over HTTP/1.1, and with `CONNECT`
//! over HTTP/2. The server has to enable extended CONNECT. `axum::serve` does so if axum has its
//! feature `http2`.
//!
//! A handler with a `WebSocketUpgrade` refuses other requests with the status for their error
//! ([`rejection`]). With an `Option<WebSocketUpgrade>` it gets `None` for a request that does not ask
//! for a WebSocket, so a page and its WebSocket can have the same path.
//!
//! # Compression
//!
//! [`WebSocketUpgrade::config`] takes the limits, the time limits and, with the feature `deflate`,
//! permessage-deflate ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)). A connection is
//! compressed if the client offers it too, as browsers do:
//!
#![cfg_attr(feature = "deflate", doc = "```")]
#![cfg_attr(not(feature = "deflate"), doc = "```ignore")]
//! use axum::response::Response;
//! use websocket_proto::axum::{Config, DeflateConfig, WebSocketUpgrade};
//!
//! async fn handler(upgrade: WebSocketUpgrade) -> Response {
//!     let config = Config::new().max_message_size(64 * 1024).deflate(DeflateConfig::new());
//!     upgrade.config(config).on_upgrade(async |mut socket| {
//!         let _ = socket.send("Hello".into()).await;
//!     })
//! }
//! # let _: axum::Router = axum::Router::new().route("/", axum::routing::any(handler));
//! ```
//!
//! # From `axum::extract::ws`
//!
//! Replace `axum::extract::ws` in the `use` line with `websocket_proto::axum`. A program needs other
//! changes only where this table has a line for it:
//!
//! | `axum::extract::ws` | this module |
//! |---|---|
//! | `CloseFrame { code, reason }` in a message to send | [`Message::close(code, reason)?`](Message::close), which checks both |
//! | `frame.code`, `frame.reason` of a received Close | `frame.code()`, `frame.reason()` |
//! | `close_code::NORMAL`, a `u16` | [`CloseCode::NORMAL`]. A `CloseCode` can be compared with a `u16` |
//! | a `match` on all variants of `Message` | one more: [`Message::Oversized`], which only `Config::oversized` turns on |
//! | `Message::into_data`, `to_text`, `Vec::from(message)` | [`Message::into_payload`], [`as_text`](Message::as_text) |
//! | the error of `Message::into_text` | the [`Message`] itself, which is not lost |
//! | `axum::Error` from `recv`, `send`, `Stream` and `Sink` | [`Error`], which becomes an `axum::Error` by `?` or `into` |
//! | `axum::Error` in `on_failed_upgrade`, and the trait `OnFailedUpgrade` | [`UpgradeError`], and any closure that takes it |
//! | `HeaderValue` for a subprotocol | `&str` |
//! | `set_selected_protocol(name)` | `protocols([name])`, which selects only what the client offers |
//! | a variant of `WebSocketUpgradeRejection` for each header | [`OfferError`], which names the header |
//! | `max_write_buffer_size(bytes)` | `Config::high_water_mark(bytes)` |
//! | `read_buffer_size`, `write_buffer_size` | nothing: the size of reads follows the traffic, and [`send`](WebSocket::send) flushes |
//! | `accept_unmasked_frames(true)` | nothing: RFC 6455, section 5.1, forbids such frames |
//!
//! These differences need no change, but a client or a program may notice them:
//!
//! - The size of a message is limited to 16 MiB and not to 64 MiB. A frame has no limit of its own.
//! - The request is checked in full, so a server refuses requests that axum accepts: with a key that
//!   is not 16 bytes in base64, with a body, or with a malformed list of subprotocols or extensions.
//! - A request that does not ask for a WebSocket, and one for another version of WebSocket, get
//!   status 426 over HTTP/1.1 and not 400. HTTP/1.0 gets 505.
//! - A connection that hyper does not hand over gets status 500 and not 426.
//! - After a Close of the client `recv` returns the Close and then `None`. An error of the client
//!   is reported to it in a Close, and `recv` returns it after the end of the transport.
//!
//! # Crates in public types
//!
//! The module implements the traits of `axum-core` 0.5, so it works with axum 0.8. Another major
//! version of `axum-core` needs a new version of this crate. The byte stream is
//! [`Upgraded`](hyper::upgrade::Upgraded) of hyper 1.
//!
//! # The end of a connection
//!
//! The WebSocket is open until the callback of `on_upgrade` drops it. If the callback ends with a
//! [`close`](asynchronous::WebSocketStream::close), call
//! [`finish`](asynchronous::WebSocketStream::finish) after it. `finish` waits for the Close of the
//! client, at most for the [`close_timeout`](Config::close_timeout). Without `finish` the transport
//! ends at once, and the Close may be lost. Over HTTP/2 the stream may also be reset (RFC 8441,
//! section 5).
//!
//! The graceful shutdown of axum does not wait for WebSockets over HTTP/1.1. Over HTTP/2 it waits
//! for every stream. If a client stops reading, a [`write_timeout`](Config::write_timeout) ends the
//! WebSocket. But hyper cannot reset the stream while data for the client waits in hyper. The
//! stream stays, with up to `max_send_buf_size` bytes, until the client reads or the connection
//! ends. So set a time limit for the graceful shutdown.
//!
//! Nagle's algorithm is a setting of the listener.
//! `listener.tap_io(|stream| drop(stream.set_nodelay(true)))` of `axum::serve::ListenerExt` switches
//! it off, so that small messages leave at once.

mod error;
mod extract;
pub mod rejection;
mod socket;
mod transport;
mod upgrade;

pub use error::UpgradeError;
pub use socket::WebSocket;
pub use transport::UpgradedTransport;
pub use upgrade::WebSocketUpgrade;

use crate::asynchronous;

#[doc(no_inline)]
pub use crate::connection::{CloseInfo, Endpoint, Oversized, Server, State};
#[cfg(feature = "deflate")]
#[doc(no_inline)]
pub use crate::deflate::DeflateConfig;
#[doc(no_inline)]
pub use crate::deflate::{Compression, Preferences, Terms};
#[doc(no_inline)]
pub use crate::frame::Kind;
#[doc(no_inline)]
pub use crate::handshake::{Opened, RequestError};
#[doc(no_inline)]
pub use crate::http::{Offer, OfferError};
#[doc(no_inline)]
pub use crate::io::{Error, Parts, Unsent};
#[doc(no_inline)]
pub use crate::websocket::{
    Config, Keepalive, MessageRef, Part, Prepared, Rejected, ReuniteError, Stats, Traffic,
};
#[doc(no_inline)]
pub use crate::{
    CloseCode, CloseFrame, FromUtf8Error, Message, ProtocolError, SendError, Utf8Bytes,
};

/// A WebSocket of a server over a connection that hyper has handed over. [`WebSocket`] derefs to it.
pub type ServerStream = asynchronous::WebSocketStream<UpgradedTransport, Server>;

/// The half of a [`ServerStream`] that receives.
pub type ReadHalf = asynchronous::ReadHalf<UpgradedTransport, Server>;

/// The half of a [`ServerStream`] that sends.
pub type WriteHalf = asynchronous::WriteHalf<UpgradedTransport, Server>;
