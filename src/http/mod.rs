//! The opening handshake over the types of the [`http`] crate, for programs that already use an
//! HTTP library.
//!
//! It supports HTTP/1.1 ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4), HTTP/2
//! ([RFC 8441](https://www.rfc-editor.org/rfc/rfc8441)) and HTTP/3
//! ([RFC 9220](https://www.rfc-editor.org/rfc/rfc9220)).
//!
//! These functions take and return requests and responses. They follow the same rules as
//! [`handshake`](crate::handshake), which works on bytes. The HTTP library owns the connection, or
//! the stream of an HTTP/2 or HTTP/3 connection. Once it hands over the byte stream after the
//! handshake, create a [`WebSocket`](crate::WebSocket) on it.
//!
//! # Server
//!
//! [`Offer::from_request`] detects a request for a WebSocket, over every version of HTTP, and checks
//! it. [`Offer::accept`] then makes the response that opens the WebSocket, and the
//! [`Opened`](crate::handshake::Opened) with which to create the `WebSocket`. After an error,
//! [`OfferError::response`] makes the response that refuses the request.
//! [`OfferError::NotWebSocket`] refuses a request for a page where there are only WebSockets.
//!
//! ```
//! use websocket_proto::http::Offer;
//!
//! // In real code an HTTP library parses the request.
//! let request = http::Request::get("/chat")
//!     .header("host", "server.example.com")
//!     .header("upgrade", "websocket")
//!     .header("connection", "Upgrade")
//!     .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
//!     .header("sec-websocket-protocol", "chat, superchat")
//!     .header("sec-websocket-version", "13")
//!     .body(())?;
//!
//! let offer = Offer::from_request(&request, None)?.expect("this asks for a WebSocket");
//! assert!(offer.subprotocols().eq(["chat", "superchat"]));
//!
//! let (response, opened) = offer.accept().subprotocol("chat")?.open();
//! assert_eq!(response.status(), 101);
//! assert_eq!(opened.subprotocol(), Some("chat"));
//! assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Client
//!
//! A [`ClientRequest`](crate::handshake::ClientRequest) makes the request and checks the response:
//! [`upgrade_request`](crate::handshake::ClientRequest::upgrade_request) and
//! [`check_upgrade`](crate::handshake::ClientRequest::check_upgrade) for HTTP/1.1,
//! [`connect_request`](crate::handshake::ClientRequest::connect_request) and
//! [`check_connect`](crate::handshake::ClientRequest::check_connect) for HTTP/2 and HTTP/3.
//!
//! # permessage-deflate
//!
//! A server accepts permessage-deflate with [`AcceptBuilder::deflate`]. A client offers it with
//! [`ClientRequest::deflate`](crate::handshake::ClientRequest::deflate), and the check of the
//! response compares the answer with that offer:
//!
//! ```
//! use websocket_proto::deflate::Preferences;
//! use websocket_proto::handshake::{ClientRequest, Scheme};
//!
//! let preferences = Preferences::new().server_max_window_bits(12);
//! let request = ClientRequest::new("server.example.com", "/chat", [0; 16]).deflate(preferences);
//! let sent = request.connect_request(Scheme::Wss)?;
//! assert_eq!(
//!     sent.headers()["sec-websocket-extensions"],
//!     "permessage-deflate; server_max_window_bits=12; client_max_window_bits",
//! );
//!
//! let received = http::Response::builder()
//!     .header("sec-websocket-extensions", "permessage-deflate; server_max_window_bits=10")
//!     .body(())?;
//! let opened = request.check_connect(&received)?.expect("the server opens the WebSocket");
//! let terms = opened.deflate_terms().expect("the server accepts it");
//! assert_eq!(terms.server_max_window_bits(), 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # HTTP/2 and HTTP/3
//!
//! In HTTP/2 and HTTP/3 a WebSocket is one stream of a connection. The client opens it with an
//! *extended* CONNECT: a CONNECT request with a `:protocol`, a scheme and a path. A server
//! announces its support with the setting `SETTINGS_ENABLE_CONNECT_PROTOCOL` (8) and the value 1. A
//! client must not send an extended CONNECT before it has received this setting (RFC 8441,
//! section 3).
//!
//! The stream carries the same bytes that a TCP connection carries after a 101 response. A client
//! masks its frames here too, and the boundaries of DATA frames have no meaning. The end of the
//! stream (END_STREAM, or FIN in HTTP/3) takes the place of the end of the TCP connection. A reset
//! with `CANCEL` or `H3_REQUEST_CANCELLED` takes the place of a TCP reset (RFC 8441, section 5, and
//! RFC 9220, section 3).

mod accept;
mod client;
mod error;
mod offer;

use alloc::string::String;
use alloc::vec::Vec;

use ::http::HeaderMap;
use ::http::header::{HeaderValue, UPGRADE};

pub use accept::AcceptBuilder;
pub use error::OfferError;
pub use offer::Offer;

use crate::handshake::server::request::names_websocket;
use crate::http1::{Header, Headers};

/// The value of `:protocol` in an extended CONNECT for a WebSocket (RFC 8441, section 5).
pub const PROTOCOL: &str = "websocket";

const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";
const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// The headers that belong to an HTTP/1.1 connection. HTTP/2 and HTTP/3 do not allow them (RFC 9113,
/// section 8.2.2, and RFC 9114, section 4.2).
const CONNECTION_HEADERS: [&str; 5] =
    ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"];

/// Returns whether an HTTP/1.1 request asks for a WebSocket: whether `Upgrade` lists `websocket`.
///
/// The request may still break the rules. [`Offer::from_request`] checks it.
///
/// ```
/// let request = http::Request::get("/").header("upgrade", "h2c, WebSocket").body(())?;
/// assert!(websocket_proto::http::asks_for_websocket(request.headers()));
/// # Ok::<(), http::Error>(())
/// ```
#[must_use]
pub fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let elements = |value: &HeaderValue| {
        value.as_bytes().split(|&byte| byte == b',').any(|name| names_websocket(name.trim_ascii()))
    };
    headers.get_all(UPGRADE).iter().any(elements)
}

/// Returns the headers of a map as a list, so that the checks of the other modules apply to them.
fn lines(map: &HeaderMap) -> Vec<Header<'_>> {
    map.iter()
        .map(|(name, value)| Header { name: name.as_str(), value: value.as_bytes().trim_ascii() })
        .collect()
}

/// Joins the values of all headers of one name into one list (RFC 9110, section 5.3, and RFC 6455,
/// section 9.1). Checked values are ASCII, so the conversion does not fail.
fn joined(headers: Headers<'_>, name: &str) -> String {
    let values: Vec<&[u8]> = headers.all(name).collect();
    String::from_utf8(values.join(&b", "[..])).unwrap_or_default()
}
