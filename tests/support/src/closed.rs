//! A connection of the tokio adapter, closed.

use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::CloseCode;
use websocket_proto::connection::Role;
use websocket_proto::io::Error;
use websocket_proto::tokio::WebSocketStream;

/// Begins the closing handshake and sees it through.
pub async fn closed<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    socket: &mut WebSocketStream<S, R>,
    code: CloseCode,
    reason: &str,
) -> Result<(), Error> {
    socket.close(code, reason).await?;
    socket.finish().await
}
