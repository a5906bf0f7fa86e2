//! The transport of a WebSocket, and the byte stream in it.

use support::transport::{run, transport};
use support::{Frame, Side};
use websocket_proto::asynchronous::Transport as _;
use websocket_proto::connection::Server;
use websocket_proto::futures_io::{FuturesTransport, Stats};
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
fn a_websocket_counts_what_it_receives_and_sends() {
    let (stream, peer) = transport();
    let mut socket = untimed(stream, Server, Config::new());
    peer.give(
        [Frame::text("Hello").bytes(Side::Server), Frame::ping("").bytes(Side::Server)].concat(),
    );
    for _ in 0..2 {
        run(socket.next()).expect("it is there").expect("it is open").expect("a good peer");
    }
    run(socket.send("Hi")).expect("there is room").expect("it is open");
    let Stats { received, sent, round_trip, .. } = socket.stats();
    assert_eq!((received.messages, received.bytes, received.pings), (1, 5, 1));
    assert_eq!((sent.messages, sent.bytes, sent.pings), (1, 2, 0));
    assert_eq!(round_trip, None);
}

#[test]
fn a_transport_shows_its_byte_stream_and_not_its_timer() {
    let (stream, _peer) = transport();
    let transport = FuturesTransport::new(Compat(stream)).timer(|_| async {});
    let shown = format!("{transport:?}");
    assert!(shown.starts_with("FuturesTransport { stream: Compat("), "{shown}");
}
