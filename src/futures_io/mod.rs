//! The adapter for the traits of `futures-io`: a [`WebSocket`] over a transport that implements
//! [`AsyncRead`] and [`AsyncWrite`], for smol, async-std and libp2p
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).
//!
//! The guide has a page with a program for each of these questions:
//! [closing](../guide/closing/index.html), [two tasks](../guide/halves/index.html), [broadcast and
//! slow readers](../guide/broadcast/index.html), [keepalive](../guide/keepalive/index.html),
//! [reconnecting](../guide/reconnecting/index.html), [stopping a
//! server](../guide/stopping/index.html), [authentication](../guide/authentication/index.html),
//! [tests](../guide/testing/index.html).
//!
//! ```
//! use futures_io::{AsyncRead, AsyncWrite};
//! use websocket_proto::futures_io::{Error, ServerStream, WebSocketStream};
//!
//! async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut socket: ServerStream<S>) -> Result<(), Error> {
//!     while let Some(message) = socket.next().await {
//!         let message = message?;
//!         if message.is_data() {
//!             socket.feed(message).await?;
//!         }
//!     }
//!     Ok(())
//! }
//!
//! async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
//!     stream: S,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     Ok(echo(WebSocketStream::accept(stream).await?).await?)
//! }
//! ```
//!
//! The types have the same names and the same guarantees as those of the `tokio` adapter, with one
//! exception: this adapter has no timer of its own. Without a timer no wait has a limit. Pass a
//! timer of the runtime to [`FuturesTransport::timer`]. Then pass the transport to
//! [`Acceptor::from_transport`], [`Connector::from_transport`] or
//! [`WebSocketStream::from_transport`].
//!
//! A client opens its TCP connection, and TLS for `wss`, with the functions of its runtime. Then
//! [`Connector`] runs the opening handshake.
//!
//! [`WebSocket`]: crate::WebSocket
//! [`AsyncRead`]: ::futures_io::AsyncRead
//! [`AsyncWrite`]: ::futures_io::AsyncWrite
//! [`Acceptor::from_transport`]: asynchronous::Acceptor::from_transport
//! [`Connector::from_transport`]: asynchronous::Connector::from_transport
//! [`WebSocketStream::from_transport`]: asynchronous::WebSocketStream::from_transport

mod transport;

use crate::asynchronous;

pub use transport::FuturesTransport;

#[doc(no_inline)]
pub use crate::connection::{AnyRole, Client, CloseInfo, Endpoint, Oversized, Role, Server, State};
#[cfg(feature = "deflate")]
#[doc(no_inline)]
pub use crate::deflate::DeflateConfig;
#[doc(no_inline)]
pub use crate::deflate::{Compression, Preferences, Terms};
#[doc(no_inline)]
pub use crate::frame::Kind;
#[doc(no_inline)]
pub use crate::handshake::{
    HttpAnswer, Incoming, Opened, Request, RequestError, Response, ResponseError, Scheme,
    WriteError,
};
#[doc(no_inline)]
pub use crate::http1::{HeadLimits, Headers, HttpRequest};
#[doc(no_inline)]
pub use crate::io::{
    AcceptError, ConnectError, ConnectOptions, ConnectPhase, ConnectStep, Error, Parts, ProxyError,
    Reply, Unsent, UrlError, UrlErrorKind,
};
#[doc(no_inline)]
pub use crate::websocket::{
    Config, Keepalive, MessageRef, Part, Prepared, Rejected, ReuniteError, Stats, Traffic,
};
#[doc(no_inline)]
pub use crate::{
    CloseCode, CloseFrame, FromUtf8Error, Message, ProtocolError, SendError, Utf8Bytes,
};

/// A WebSocket over a byte stream of `futures-io`.
pub type WebSocketStream<S, R> = asynchronous::WebSocketStream<FuturesTransport<S>, R>;

/// The half of a [`WebSocketStream`] that receives.
pub type ReadHalf<S, R> = asynchronous::ReadHalf<FuturesTransport<S>, R>;

/// The half of a [`WebSocketStream`] that sends.
pub type WriteHalf<S, R> = asynchronous::WriteHalf<FuturesTransport<S>, R>;

/// The opening handshake of a server over a byte stream of `futures-io`.
pub type Acceptor<S> = asynchronous::Acceptor<FuturesTransport<S>>;

/// The opening handshake of a client over a byte stream of `futures-io`.
pub type Connector<S> = asynchronous::Connector<FuturesTransport<S>>;

/// A [`WebSocketStream`] in the role of the server.
pub type ServerStream<S> = WebSocketStream<S, Server>;

/// A [`WebSocketStream`] in the role of the client.
pub type ClientStream<S> = WebSocketStream<S, Client>;
