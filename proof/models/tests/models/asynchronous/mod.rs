//! The halves that the asynchronous adapters share.

mod answers;
mod closing;
mod deadlines;
mod endings;
mod halves;
mod shared;
mod transport;
mod wakers;

use std::time::Duration;

use bytes::BytesMut;
use machine::block_on;
use websocket_proto::ProtocolError;
use websocket_proto::asynchronous;
use websocket_proto::connection::{Role, Server};
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;

use crate::peer::Peer;
use transport::{PipeTransport, Timer};

type ReadHalf<R> = asynchronous::ReadHalf<PipeTransport, R>;
type WebSocketStream<R> = asynchronous::WebSocketStream<PipeTransport, R>;
type WriteHalf<R> = asynchronous::WriteHalf<PipeTransport, R>;

/// Enough room for everything that a model sends, except large messages.
const ROOMY: usize = 256;

/// The halves of a server, and their peer. The transport holds `capacity` bytes in each direction.
fn server(capacity: usize) -> (ReadHalf<Server>, WriteHalf<Server>, Peer) {
    halves(Server, Config::new(), capacity)
}

/// The halves of an endpoint without a limit on the time of its end, and their peer.
fn halves<R: Role>(role: R, config: Config, capacity: usize) -> (ReadHalf<R>, WriteHalf<R>, Peer) {
    let (reader, writer, peer, _) =
        halves_with_timer(role, config.close_timeout(Duration::MAX), capacity);
    (reader, writer, peer)
}

fn halves_with_timer<R: Role>(
    role: R,
    config: Config,
    capacity: usize,
) -> (ReadHalf<R>, WriteHalf<R>, Peer, Timer) {
    let (whole, peer, timer) = whole(role, config, capacity);
    let (reader, writer) = whole.into_split();
    (reader, writer, peer, timer)
}

fn whole<R: Role>(role: R, config: Config, capacity: usize) -> (WebSocketStream<R>, Peer, Timer) {
    let (transport, peer) = PipeTransport::pair(capacity);
    let timer = transport.timer();
    let whole =
        WebSocketStream::from_transport(transport, role, config, Opened::new(), BytesMut::new());
    (whole, Peer::new(peer), timer)
}

/// Reads the end of a transport that has ended without a Close.
fn expect_the_end<R: Role>(reader: &mut ReadHalf<R>) {
    let error = block_on(reader.next()).unwrap().unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)), "{error:?}");
    assert!(block_on(reader.next()).is_none(), "the error is returned once");
}
