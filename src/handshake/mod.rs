//! The opening handshake of both roles, over slices, without an allocator.
//!
//! A WebSocket begins as an HTTP/1.1 request. The client asks the server to switch to the WebSocket
//! protocol, and the server agrees with status 101. After that, both sides send frames
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4).
//!
//! This module reads and writes the heads of these two messages. It opens no socket: the caller
//! sends and receives the bytes. A client and a server follow the same pattern:
//!
//! - The caller collects the received bytes in a buffer and passes the whole buffer to each call of
//!   `receive`.
//! - `receive` returns `None` until the head is complete. The result then borrows from the buffer;
//!   nothing is copied.
//! - The work is linear in the number of bytes, even if they arrive one at a time. The search for
//!   the end of the head examines each byte once, and the complete head is parsed once.
//! - [`HeadLimits`](crate::http1::HeadLimits) limits the size of the head and the number of
//!   headers.
//!
//! # Server
//!
//! 1. Call [`ServerHandshake::receive`] with all bytes received so far, until it returns an
//!    [`Incoming`] or an error. Until then, [`ServerHandshake::received`] returns how many bytes
//!    have arrived. Use it to detect a client that is too slow.
//! 2. Answer the request:
//!    - [`Incoming::WebSocket`]: examine the [`Request`] (path, origin, subprotocols, extensions).
//!      Then write the answer from [`Request::accept`], or a [`Refusal`].
//!    - [`Incoming::Http`]: the client did not ask for a WebSocket. Answer it as an ordinary HTTP
//!      request, for example with a page.
//!    - An error: write the response that [`RequestError::refusal`] returns, and close the
//!      transport.
//! 3. After an accepted request, remove [`Request::head_len`] bytes from the front of the buffer.
//!    The remaining bytes belong to the WebSocket.
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
//!     panic!("this is a complete WebSocket request");
//! };
//! assert_eq!(request.path(), "/chat");
//! assert!(request.subprotocols().eq(["chat", "superchat"]));
//!
//! let chosen = request.choose_subprotocol(&["chat.v2", "chat"]);
//! let len = request.accept().subprotocol(chosen).write(&mut out)?;
//! assert!(out[..len].starts_with(b"HTTP/1.1 101 "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Client
//!
//! 1. Create a [`ClientRequest`] with a nonce of 16 new random bytes, and
//!    [`write`](ClientRequest::write) it.
//! 2. Call [`ClientHandshake::receive`] with this request and all bytes received so far, until it
//!    returns an [`Answer`] or an error. Send no further bytes before that (RFC 6455, section 4.1).
//! 3. Handle the result:
//!    - [`Answer::WebSocket`]: the connection is open. The [`Response`] contains the agreed
//!      subprotocol and extensions. Remove [`Response::head_len`] bytes from the front of the
//!      buffer. The remaining bytes belong to the WebSocket.
//!    - [`Answer::Http`]: the server answered with another status, such as a redirect or 401.
//!    - An error: drop the transport. The client sends no Close frame (RFC 6455, section 7.2.1).
//!
//! [`ClientRequest::deflate`] offers permessage-deflate, and the check of the response includes the
//! answer to this offer.
//!
//! A client may have only one connection to a server in this state at a time (RFC 6455,
//! section 4.1). This module does not enforce that rule. It applies to the code that opens the
//! connections.
//!
//! ```
//! use websocket_proto::handshake::{Answer, ClientHandshake, ClientRequest};
//!
//! let nonce = *b"the sample nonce"; // in real code: from the system's random generator
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
    feature = "alloc",
    doc = "\n# The result\n\n[`Accept::opened`] and [`Response::opened`] return what both sides agreed on as an [`Opened`], which\n[`WebSocket::new`](crate::WebSocket::new) takes."
)]
#![cfg_attr(
    feature = "http",
    doc = "\n# Over HTTP libraries\n\nThe module [`http`](crate::http) has both roles over the types of the `http` crate. It also supports\nextended CONNECT (RFC 8441, RFC 9220)."
)]

pub(crate) mod client;
mod error;
pub(crate) mod headers;
pub(crate) mod key;
#[cfg(feature = "alloc")]
mod opened;
pub(crate) mod server;

pub use client::{
    Answer, ClientHandshake, ClientRequest, ParseSchemeError, Response, ResponseError, Scheme,
};
pub use error::WriteError;
pub use headers::MAX_SUBPROTOCOLS;
pub use key::accept_key;
#[cfg(feature = "std")]
pub use key::random_nonce;
#[cfg(feature = "alloc")]
pub use opened::{HttpAnswer, Opened};
pub use server::{Accept, Incoming, Refusal, Request, RequestError, ServerHandshake};
