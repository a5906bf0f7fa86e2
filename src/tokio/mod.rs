//! The tokio adapter: a [`WebSocket`] over a transport that implements [`AsyncRead`] and
//! [`AsyncWrite`] ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).
//!
//! The guide has a page with a program for each of these questions:
//! [closing](../guide/closing/index.html), [two tasks](../guide/halves/index.html), [broadcast and
//! slow readers](../guide/broadcast/index.html), [keepalive](../guide/keepalive/index.html),
//! [reconnecting](../guide/reconnecting/index.html), [stopping a
//! server](../guide/stopping/index.html), [authentication](../guide/authentication/index.html),
//! [tests](../guide/testing/index.html).
//!
//! ```no_run
//! use websocket_proto::tokio::WebSocketStream;
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
//! loop {
//!     let (stream, _) = listener.accept().await?;
//!     tokio::spawn(async move {
//!         let mut socket = WebSocketStream::accept(stream).await?;
//!         while let Some(message) = socket.next().await {
//!             let message = message?;
//!             if message.is_data() {
//!                 socket.feed(message).await?;
//!             }
//!         }
//!         Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
//!     });
//! }
//! # }
//! ```
//!
//! This module also exports what an application needs of the rest of the crate, so that one `use`
//! line is enough: messages, close codes, roles, options, replies and errors.
//!
//! [`tokio`]: ::tokio
//! [`AsyncRead`]: ::tokio::io::AsyncRead
//! [`AsyncWrite`]: ::tokio::io::AsyncWrite
//! [`WebSocket`]: crate::WebSocket

mod connect;
mod maybe_tls;
mod timer;
#[cfg(feature = "tls")]
mod tls;
mod transport;

#[cfg(feature = "tls")]
pub use ::tokio_rustls;
#[cfg(feature = "tls")]
pub use connect::connect_with_tls;
pub use connect::{connect, connect_tcp};
pub use maybe_tls::MaybeTlsStream;
pub use transport::TokioTransport;

#[cfg(feature = "axum")]
pub(crate) use timer::Timer;

use crate::asynchronous;

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

/// A WebSocket over a byte stream of tokio.
pub type WebSocketStream<S, R> = asynchronous::WebSocketStream<TokioTransport<S>, R>;

/// The half of a [`WebSocketStream`] that receives.
pub type ReadHalf<S, R> = asynchronous::ReadHalf<TokioTransport<S>, R>;

/// The half of a [`WebSocketStream`] that sends.
pub type WriteHalf<S, R> = asynchronous::WriteHalf<TokioTransport<S>, R>;

/// The opening handshake of a server over a byte stream of tokio.
pub type Acceptor<S> = asynchronous::Acceptor<TokioTransport<S>>;

/// The opening handshake of a client over a byte stream of tokio.
pub type Connector<S> = asynchronous::Connector<TokioTransport<S>>;

/// A [`WebSocketStream`] in the role of the server.
pub type ServerStream<S> = WebSocketStream<S, Server>;

/// A [`WebSocketStream`] in the role of the client. The stream that [`connect()`] opens is a
/// `ClientStream<MaybeTlsStream>`.
pub type ClientStream<S> = WebSocketStream<S, Client>;
