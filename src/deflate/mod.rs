//! permessage-deflate (RFC 7692): compressed messages.
//!
//! A [`WebSocket`](crate::WebSocket) whose [`Config`](crate::websocket::Config) has been given a
//! [`DeflateConfig`] uses it by itself, once it has been negotiated; the adapters see to
//! that too. Who runs the opening handshake in another way negotiates by [`Preferences`], and hands
//! the [`Terms`] over.
//!
//! ```
//! use websocket_proto::deflate::{DeflateConfig, Preferences};
//! use websocket_proto::websocket;
//!
//! // Nothing is kept between two messages of the server, and messages under 1 KiB are sent as
//! // they are.
//! let preferences = Preferences::new().server_no_context_takeover(true);
//! let deflate = DeflateConfig::new().preferences(preferences).threshold(1024);
//! let config = websocket::Config::new().deflate(deflate);
//! ```
//!
//! [`Compressor`] and [`Decompressor`] are the pieces, for those who build on
//! [`Connection`](crate::connection::Connection).

#[cfg(feature = "deflate")]
mod coding;
mod compression;
mod negotiation;

#[cfg(feature = "deflate")]
pub use coding::{Compressor, Decompressor, DeflateConfig};
pub use compression::Compression;
pub use negotiation::{CoderTerms, DeflateError, PERMESSAGE_DEFLATE, Preferences, Terms};
