//! The opening handshake of both roles (RFC 6455 4), over slices, without an allocator.
//!
//! Neither role reads or writes a socket. The caller collects what the peer sent in a buffer of
//! its own and shows all of it at each call; nothing is copied out, and what comes back borrows
//! that buffer. However slowly the head arrives, each byte is looked at once for the head's end,
//! and the head is parsed once, when it is whole; what may arrive is bounded by [`HeadLimits`](crate::http1::HeadLimits).
//!
//! # Server
//!
//! 1. [`ServerHandshake::receive`] with the bytes so far, until it returns an [`Incoming`].
//!    While it returns `None` the head is incomplete: [`ServerHandshake::received`] says how much
//!    has come, for a time limit of the caller's.
//! 2. [`Incoming::WebSocket`]: look at the [`Request`] (path, origin, subprotocols, extensions)
//!    and write [`Request::accept`], or a [`Refusal`]. [`Incoming::Http`]: an ordinary request
//!    for a page. An error: [`RequestError::refusal`] is the answer, ready to be written.
//! 3. Drop [`Request::head_len`] bytes from the front of the buffer. The rest belongs to the
//!    WebSocket.
//!
//! ```
//! use websocket_proto::handshake::{Incoming, ServerHandshake};
//!
//! let received = b"GET /chat HTTP/1.1\r\n\
//!     Host: server.example.com\r\n\
//!     Upgrade: websocket\r\n\
//!     Connection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
//!     Sec-WebSocket-Protocol: chat, superchat\r\n\
//!     Sec-WebSocket-Version: 13\r\n\r\n";
//! let mut out = [0; 512];
//!
//! let mut handshake = ServerHandshake::new();
//! assert!(handshake.receive(&received[..100])?.is_none());
//! assert_eq!(handshake.received(), 100);
//!
//! let Some(Incoming::WebSocket(request)) = handshake.receive(received)? else {
//!     panic!("this is a whole WebSocket request");
//! };
//! assert_eq!(request.path(), "/chat");
//! assert!(request.subprotocols().eq(["chat", "superchat"]));
//!
//! let len = request.accept().subprotocol("chat").write(&mut out)?;
//! assert!(out[..len].starts_with(b"HTTP/1.1 101 "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Client
//!
//! 1. Describe the request as a [`ClientRequest`], with 16 fresh random bytes as the nonce, and
//!    [`write`](ClientRequest::write) it.
//! 2. [`ClientHandshake::receive`] with that request and the bytes so far, until it returns an [`Answer`]. Send
//!    nothing meanwhile (RFC 6455 4.1).
//! 3. [`Answer::WebSocket`]: the connection is open; [`Response`] says what was agreed. Drop
//!    [`Response::head_len`] bytes from the front of the buffer; the rest belongs to the
//!    WebSocket. [`Answer::Http`]: the server answered with something else, such as a redirect or
//!    401. An error: drop the transport; no Close frame is sent (RFC 6455 7.2.1).
//!
//! A client has at most one connection to a server in this state at a time (RFC 6455 4.1); that
//! is for whoever opens connections to see to.
//!
//! ```
//! use websocket_proto::handshake::{Answer, ClientHandshake, ClientRequest};
//!
//! let nonce = *b"the sample nonce"; // from the system's random generator, in earnest
//! let request = ClientRequest::new("server.example.com", "/chat", nonce).subprotocols(&["chat"]);
//!
//! let mut out = [0; 512];
//! let len = request.write(&mut out)?;
//! assert!(out[..len].starts_with(b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\n"));
//!
//! let received = b"HTTP/1.1 101 Switching Protocols\r\n\
//!     Upgrade: websocket\r\n\
//!     Connection: Upgrade\r\n\
//!     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
//!     Sec-WebSocket-Protocol: chat\r\n\r\n";
//! let mut handshake = ClientHandshake::new();
//! let Some(Answer::WebSocket(response)) = handshake.receive(&request, received)? else {
//!     panic!("this server agrees");
//! };
//! assert_eq!(response.subprotocol(), Some("chat"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(
    feature = "http",
    doc = "\n# Over HTTP libraries\n\nThe module [`http`](crate::http) has both roles over the types of the `http` crate, and extended CONNECT\n(RFC 8441, RFC 9220)."
)]

pub(crate) mod client;
mod error;
pub(crate) mod headers;
pub(crate) mod key;
pub(crate) mod server;

pub use client::{Answer, ClientHandshake, ClientRequest, Response, ResponseError, Scheme};
pub use error::WriteError;
pub use headers::MAX_SUBPROTOCOLS;
pub use key::accept_key;
pub use server::{Accept, Incoming, Refusal, Request, RequestError, ServerHandshake};
