//! The opening handshake over the types of the [`http`] crate, for whoever speaks HTTP already:
//! HTTP/1.1 (RFC 6455 4), HTTP/2 (RFC 8441) and HTTP/3 (RFC 9220).
//!
//! These are functions of a request or a response, by the same rules as those over bytes. What
//! becomes of the connection, or of the stream of an HTTP/2 or HTTP/3 connection, is the HTTP
//! library's to say; where it hands over the bytes behind the handshake, a WebSocket begins.
//!
//! # Server
//!
//! [`Offer::from_upgrade`] takes an HTTP/1.1 request and [`Offer::from_connect`] one of HTTP/2 or
//! HTTP/3. Each tells a request for a WebSocket from others, and checks it. Then
//! [`Offer::accept`] makes the response that opens the WebSocket. An error makes the response
//! that refuses it: [`RequestError::response`](crate::handshake::RequestError::response) and
//! [`ConnectRequestError::response`].
//!
//! ```
//! use websocket_proto::http::Offer;
//!
//! // In earnest an HTTP library has parsed it.
//! let request = http::Request::get("/chat")
//!     .header("host", "server.example.com")
//!     .header("upgrade", "websocket")
//!     .header("connection", "Upgrade")
//!     .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
//!     .header("sec-websocket-protocol", "chat, superchat")
//!     .header("sec-websocket-version", "13")
//!     .body(())?;
//!
//! let offer = Offer::from_upgrade(&request)?.expect("this asks for a WebSocket");
//! assert!(offer.subprotocols().eq(["chat", "superchat"]));
//!
//! let response = offer.accept().subprotocol("chat")?.response();
//! assert_eq!(response.status(), 101);
//! assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Client
//!
//! A [`ClientRequest`](crate::handshake::ClientRequest) makes the request, and checks the response to it:
//! [`upgrade_request`](crate::handshake::ClientRequest::upgrade_request) and
//! [`check_upgrade`](crate::handshake::ClientRequest::check_upgrade) for HTTP/1.1,
//! [`connect_request`](crate::handshake::ClientRequest::connect_request) and
//! [`check_connect`](crate::handshake::ClientRequest::check_connect) for HTTP/2 and HTTP/3.
//!
//! # permessage-deflate
//!
//! A server agrees on it by [`AcceptBuilder::deflate`], or by `websocket::Config::negotiate`, which hands
//! the terms to the `WebSocket` too. A client offers it by
//! [`ClientRequest::extensions`](crate::handshake::ClientRequest::extensions), and looks at what came of it
//! by [`Preferences::check`](crate::deflate::Preferences::check):
//!
//! ```
//! use websocket_proto::deflate::Preferences;
//! use websocket_proto::handshake::{ClientRequest, Scheme};
//!
//! let preferences = Preferences::new().server_max_window_bits(12);
//! let offer = preferences.offer();
//! let request = ClientRequest::new("server.example.com", "/chat", [0; 16]).extensions(&offer);
//! let sent = request.connect_request(Scheme::Wss)?;
//! assert_eq!(
//!     sent.headers()["sec-websocket-extensions"],
//!     "permessage-deflate; server_max_window_bits=12; client_max_window_bits",
//! );
//!
//! let received = http::Response::builder()
//!     .header("sec-websocket-extensions", "permessage-deflate; server_max_window_bits=10")
//!     .body(())?;
//! let opened = request.check_connect(&received)?.expect("the websocket is open");
//! let terms = preferences.check(opened.extensions())?.expect("it is to be used");
//! assert_eq!(terms.server_max_window_bits(), 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # HTTP/2 and HTTP/3
//!
//! There a WebSocket is one stream of a connection, asked for by an *extended* CONNECT: a CONNECT
//! with a `:protocol`, a scheme and a path. A server says that it takes them by the setting
//! `SETTINGS_ENABLE_CONNECT_PROTOCOL` (8) with the value 1, and a client sends none before it has
//! seen that (RFC 8441 3). Such a stream carries the very bytes that a TCP connection would carry
//! behind a 101: a client masks its frames there too, and the bounds of DATA frames mean nothing.
//! What is the end of TCP elsewhere is the end of the stream (END_STREAM, or FIN in HTTP/3), and
//! a reset is `CANCEL` or `H3_REQUEST_CANCELLED` (RFC 8441 5, RFC 9220 3).

mod accept;
mod client;
mod error;
mod offer;

use alloc::string::String;
use alloc::vec::Vec;

use ::http::HeaderMap;

pub use accept::AcceptBuilder;
pub use client::Accepted;
pub use error::ConnectRequestError;
pub use offer::Offer;

use crate::http1::{Header, Headers};

/// The value of `:protocol` in an extended CONNECT for a WebSocket (RFC 8441 5).
pub const PROTOCOL: &str = "websocket";

const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";
const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// The lines of a map, to be judged by the rules for lines.
fn lines(map: &HeaderMap) -> Vec<Header<'_>> {
    map.iter()
        .map(|(name, value)| Header { name: name.as_str(), value: value.as_bytes().trim_ascii() })
        .collect()
}

/// Several lines of one name are one list (RFC 9110 5.3, RFC 6455 9.1). Those that were checked
/// are ASCII.
fn joined(headers: Headers<'_>, name: &str) -> String {
    let values: Vec<&[u8]> = headers.all(name).collect();
    String::from_utf8(values.join(&b", "[..])).unwrap_or_default()
}
