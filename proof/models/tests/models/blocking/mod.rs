//! The halves of the `blocking` adapter.

mod answers;
mod closing;
mod endings;
mod halves;

use std::time::Duration;

use machine::TcpStream;
use websocket_proto::blocking::{ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::connection::{Role, Server};
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;
use websocket_proto::{ProtocolError, WebSocket};

use crate::peer::Peer;

/// Enough room for everything that a model sends.
const ROOMY: usize = 256;

/// The halves of a server, and their peer. The transport holds `capacity` bytes in each direction.
fn server(capacity: usize) -> (ReadHalf<Server>, WriteHalf<Server>, Peer) {
    halves(Server, Config::new(), capacity)
}

/// The halves of an endpoint without a limit on the time of its end, and their peer.
fn halves<R: Role>(role: R, config: Config, capacity: usize) -> (ReadHalf<R>, WriteHalf<R>, Peer) {
    let (ours, peer) = TcpStream::pair(capacity);
    let (reader, writer) = split(ours, role, config.close_timeout(Duration::MAX));
    (reader, writer, Peer::new(peer))
}

fn split<R: Role>(stream: TcpStream, role: R, config: Config) -> (ReadHalf<R>, WriteHalf<R>) {
    let websocket = WebSocket::new(role, config, Opened::new());
    WebSocketStream::from_websocket(stream, websocket).into_split().unwrap()
}

/// Reads the end of a transport that has ended without a Close.
fn expect_the_end<R: Role>(reader: &mut ReadHalf<R>) {
    let error = reader.read().unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)), "{error:?}");
    assert_eq!(reader.read().unwrap(), None, "the error is returned once");
}
