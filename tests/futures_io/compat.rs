//! Byte streams of tokio with the traits of `futures-io`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use futures_io::{AsyncRead, AsyncWrite};
use support::transport::{self, Peer, transport};
use tokio::io::ReadBuf;
use websocket_proto::asynchronous::Transport as _;
use websocket_proto::connection::Role;
use websocket_proto::futures_io::{FuturesTransport, WebSocketStream};
use websocket_proto::handshake::Opened;
use websocket_proto::websocket::Config;

/// A byte stream of tokio.
#[derive(Debug)]
pub(crate) struct Compat<S>(pub(crate) S);

impl<S: tokio::io::AsyncRead + Unpin> AsyncRead for Compat<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        let read = Pin::new(&mut self.0).poll_read(context, &mut buffer);
        read.map_ok(|()| buffer.filled().len())
    }
}

impl<S: tokio::io::AsyncWrite + Unpin> AsyncWrite for Compat<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// A WebSocket over that byte stream, with the timer of tokio.
pub(crate) fn timed<S, R>(stream: S, role: R, config: Config) -> WebSocketStream<Compat<S>, R>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    R: Role,
{
    let transport = FuturesTransport::new(Compat(stream)).timer(tokio::time::sleep);
    WebSocketStream::from_transport(transport, role, config, Opened::new(), BytesMut::new())
}

/// A WebSocket over that byte stream, without a timer.
pub(crate) fn untimed<S, R>(stream: S, role: R, config: Config) -> WebSocketStream<Compat<S>, R>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    R: Role,
{
    WebSocketStream::from_parts(Compat(stream), role, config, Opened::new(), BytesMut::new())
}

/// A WebSocket over a transport in memory, and the other end of that transport.
pub(crate) fn open<R: Role>(
    role: R,
    config: Config,
) -> (WebSocketStream<Compat<transport::Transport>, R>, Peer) {
    let (transport, peer) = transport();
    (timed(transport, role, config), peer)
}

/// The outcome of a future that must not hang. A clock that stands still does not tell, so this one
/// is real.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(3600), future).await.expect("it does not hang")
}
