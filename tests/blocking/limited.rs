//! A configuration with a short close time-out, a server over loopback, and calls that must end soon.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use websocket_proto::ProtocolError;
use websocket_proto::blocking::{Error, WebSocketStream};
use websocket_proto::connection::Server;
use websocket_proto::websocket::Config;

use crate::loopback::{bounded, connected};

/// The close time-out of [`limited`].
pub(crate) const LIMIT: Duration = Duration::from_millis(500);

/// Longer than any wait may last in these tests, also on a slow machine, and shorter than the close
/// time-out of [`Config::new`].
pub(crate) const LONG: Duration = Duration::from_secs(8);

pub(crate) fn limited() -> Config {
    Config::new().close_timeout(LIMIT)
}

pub(crate) fn protocol(error: Error) -> ProtocolError {
    let Error::Protocol(error) = error else { panic!("{error:?}") };
    error
}

/// Opens a connection, and returns its server with this configuration and the bare transport of its
/// peer.
pub(crate) fn server(config: Config) -> (WebSocketStream<TcpStream, Server>, TcpStream) {
    let (server, client) = connected(config, Config::new());
    (server, client.into_parts().stream)
}

/// Runs `act`, which must end before [`LONG`] is over.
#[track_caller]
pub(crate) fn soon<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let begin = Instant::now();
    let result = bounded(act);
    assert!(begin.elapsed() < LONG, "it took {:?}", begin.elapsed());
    result
}
