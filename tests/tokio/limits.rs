//! Configurations with time limits, the errors of these limits, and a server with such a
//! configuration.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::ProtocolError;
use websocket_proto::connection::Server;
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::{Config, Keepalive};

pub(crate) const LIMIT: Duration = Duration::from_secs(10);
pub(crate) const INTERVAL: Duration = Duration::from_secs(20);
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) fn keepalive() -> Config {
    Config::new().keepalive(Keepalive { interval: INTERVAL, timeout: TIMEOUT })
}

/// Configurations with which the transport may be stuck for 25 s.
pub(crate) fn impatient() -> [Config; 2] {
    [keepalive(), Config::new().write_timeout(INTERVAL + TIMEOUT)]
}

pub(crate) const STUCK: ProtocolError =
    ProtocolError::WriteTimeout { timeout: Duration::from_secs(25) };
pub(crate) const SILENT: ProtocolError = ProtocolError::KeepaliveTimeout { timeout: TIMEOUT };
pub(crate) const UNANSWERED: ProtocolError = ProtocolError::CloseTimeout { timeout: LIMIT };

#[track_caller]
pub(crate) fn protocol(error: Error) -> ProtocolError {
    let Error::Protocol(error) = error else { panic!("{error:?}") };
    error
}

pub(crate) fn over<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: Config,
) -> WebSocketStream<S, Server> {
    WebSocketStream::from_parts(stream, Server, config, Opened::new(), BytesMut::new())
}
