//! The code that the asynchronous adapters share: a [`WebSocket`](crate::WebSocket) over a
//! [`Transport`], for any runtime ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).
//!
//! An application uses one of the adapters, `websocket_proto::tokio` or
//! `websocket_proto::futures_io`. Both have the same types, over the byte streams of their
//! runtimes. `websocket_proto::axum` has these types over a connection of hyper. An adapter for
//! another runtime implements [`Transport`].

mod accept;
mod compression;
mod connect;
mod opening;
mod receive;
mod split;
mod stream;
mod traits;
mod transport;
mod wakers;
mod wire;

pub use accept::Acceptor;
pub use connect::Connector;
pub use split::{ReadHalf, WriteHalf};
pub use stream::WebSocketStream;
pub use transport::Transport;

#[cfg(feature = "tokio")]
pub(crate) use opening::drive;
