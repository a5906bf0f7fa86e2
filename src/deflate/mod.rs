//! The permessage-deflate extension, which compresses messages
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).
//!
//! [`Preferences`] describe what one side wants. The client sends [`Preferences::offer`], the
//! server answers with [`Preferences::accept`], and the client checks the response with
//! [`Preferences::check`]. Both sides get the [`Terms`] that they agreed on. This negotiation needs
//! no allocator. The compression itself needs the feature `deflate`.
//!
//! ```
//! use websocket_proto::{deflate::Preferences, extension::Extensions};
//!
//! // The client's offers, the preferred one first. The server takes the first that it can meet.
//! let offers = Extensions::parse(
//!     b"permessage-deflate; server_max_window_bits=10; x-unknown, \
//!       permessage-deflate; client_max_window_bits",
//! );
//! let server = Preferences::new().server_no_context_takeover(true).client_max_window_bits(12);
//! let terms = server.accept(offers.map_while(Result::ok)).expect("the second one will do");
//! assert_eq!(
//!     &*terms.response(),
//!     "permessage-deflate; server_no_context_takeover; client_max_window_bits=12",
//! );
//!
//! // The client checks the response.
//! let response = terms.response();
//! let agreed = Extensions::parse(response.as_bytes()).map_while(Result::ok);
//! let terms = Preferences::new().check(agreed)?.expect("the server has agreed");
//! assert!(terms.server_no_context_takeover());
//! assert_eq!((terms.server_max_window_bits(), terms.client_max_window_bits()), (15, 12));
//! # Ok::<(), websocket_proto::deflate::DeflateError>(())
//! ```
//!
#![cfg_attr(
    feature = "deflate",
    doc = "The adapters negotiate permessage-deflate if their [`Config`](crate::websocket::Config) \
        has a [`DeflateConfig`], and the [`WebSocket`](crate::WebSocket) then compresses and \
        decompresses messages. If your own code runs the opening handshake, negotiate with \
        [`Preferences`] and put the [`Terms`] into the \
        [`Opened`](crate::handshake::Opened) that the `WebSocket` is created with."
)]
//!
#![cfg_attr(
    feature = "deflate",
    doc = "[`Compressor`] and [`Decompressor`] compress and decompress without a `WebSocket`, for \
        code that uses [`Connection`](crate::connection::Connection) directly."
)]

#[cfg(feature = "deflate")]
mod coding;
mod compression;
mod negotiation;

#[cfg(feature = "deflate")]
pub use coding::{Compressor, Decompressor, DeflateConfig};
pub use compression::Compression;
pub use negotiation::{CoderTerms, DeflateError, PERMESSAGE_DEFLATE, Preferences, Terms};
