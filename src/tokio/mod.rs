//! The tokio adapter: a [`WebSocket`] over a transport that implements [`AsyncRead`] and
//! [`AsyncWrite`] ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).
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
//! [`tokio`]: ::tokio
//! [`AsyncRead`]: ::tokio::io::AsyncRead
//! [`AsyncWrite`]: ::tokio::io::AsyncWrite
//! [`WebSocket`]: crate::WebSocket

mod accept;
mod compression;
mod connect;
mod maybe_tls;
mod split;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod wakers;
mod wire;

#[cfg(feature = "tls")]
pub use ::tokio_rustls;
pub use accept::Acceptor;
#[cfg(feature = "tls")]
pub use connect::connect_with_tls;
pub use connect::{Connector, connect, connect_tcp};
pub use maybe_tls::MaybeTlsStream;
pub use split::{ReadHalf, WriteHalf};
pub use stream::WebSocketStream;
