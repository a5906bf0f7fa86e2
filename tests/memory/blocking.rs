//! What the blocking adapter holds on the heap while its peer is silent.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::counting::held_by;
use support::{Frame, Side};
use websocket_proto::blocking::{Config, Message, ServerStream, WebSocketStream};
use websocket_proto::connection::Server;

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("bound");
    let peer = TcpStream::connect(address).expect("it listens");
    (listener.accept().expect("it connects").0, peer)
}

fn open(stream: TcpStream) -> ServerStream<TcpStream> {
    // With it the test sees when the connection waits.
    stream.set_read_timeout(Some(Duration::from_millis(1500))).expect("a socket");
    WebSocketStream::from_parts(
        stream,
        Server,
        Config::new(),
        Default::default(),
        Default::default(),
    )
}

#[test]
fn a_large_read_buffer_is_given_back_while_the_peer_is_silent() {
    const LEN: usize = 16 << 20;
    for split in [false, true] {
        let (stream, mut peer) = pair();
        let mut socket = open(stream);
        let writing = thread::spawn(move || {
            let frame = Frame::binary(vec![7; LEN]).bytes(Side::Server);
            peer.write_all(&frame).expect("it reads");
            peer
        });
        let message = socket.read().expect("a good peer");
        assert!(matches!(message, Some(Message::Binary(bytes)) if bytes.len() == LEN));
        let peer = writing.join().expect("it is written");
        let held = if split {
            let (mut reader, writer) = socket.into_split().expect("a socket");
            assert!(reader.read().expect_err("silence").is_would_block());
            held_by((reader, writer))
        } else {
            assert!(socket.read().expect_err("silence").is_would_block());
            held_by(socket)
        };
        assert!(held < 128 * 1024, "{held} bytes");
        drop(peer);
    }
}
