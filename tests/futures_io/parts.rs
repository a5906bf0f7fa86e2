//! The transport of a WebSocket, and the byte stream in it.

use support::transport::transport;
use websocket_proto::asynchronous::Transport as _;
use websocket_proto::connection::Server;
use websocket_proto::futures_io::FuturesTransport;
use websocket_proto::websocket::Config;

use crate::compat::{Compat, untimed};

#[test]
fn the_byte_stream_of_a_websocket_can_be_seen_and_taken() {
    let (stream, peer) = transport();
    let mut socket = untimed(stream, Server, Config::new());
    let _: &Compat<_> = socket.stream();
    let _: &mut Compat<_> = socket.stream_mut();
    let parts = socket.into_parts();
    assert!(parts.input.is_empty());
    peer.give("bytes");
    drop(parts.stream);
}

#[test]
fn a_transport_shows_its_byte_stream_and_not_its_timer() {
    let (stream, _peer) = transport();
    let transport = FuturesTransport::new(Compat(stream)).timer(|_| async {});
    let shown = format!("{transport:?}");
    assert!(shown.starts_with("FuturesTransport { stream: Compat("), "{shown}");
}
