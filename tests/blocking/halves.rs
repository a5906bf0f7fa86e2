//! The halves of one end of a connection over the loopback interface, and the bare transport of the
//! other.

use std::io::Read;
use std::net::TcpStream;

use websocket_proto::blocking::{ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::connection::{Client, Role, Server};
use websocket_proto::websocket::Config;

use crate::loopback::{LIMIT, connected};
use support::messages::{self, decode_one};

/// More than the buffers of a connection over loopback hold.
pub(crate) const STUCK: usize = 32 << 20;

/// The halves of one end, and the bare transport of the other.
pub(crate) fn halves<R: Role>(
    open: impl FnOnce() -> (WebSocketStream<TcpStream, R>, TcpStream),
) -> (ReadHalf<R>, WriteHalf<R>, TcpStream) {
    let (socket, peer) = open();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    let (reader, writer) = socket.into_split().unwrap();
    (reader, writer, peer)
}

pub(crate) fn server() -> (WebSocketStream<TcpStream, Server>, TcpStream) {
    let (server, client) = connected(Config::new(), Config::new());
    (server, client.into_parts().stream)
}

pub(crate) fn client() -> (WebSocketStream<TcpStream, Client>, TcpStream) {
    let (server, client) = connected(Config::new(), Config::new());
    (client, server.into_parts().stream)
}

/// The next frame of the bare transport.
pub(crate) fn read_frame(stream: &mut TcpStream) -> messages::Frame {
    let mut bytes = Vec::new();
    loop {
        if let Some((frame, _)) = decode_one(&bytes) {
            return frame;
        }
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
}

/// Reads the header of a frame that is larger than the buffers, so that its writer is stuck.
pub(crate) fn read_large_header(stream: &mut TcpStream, masked: bool) {
    let mut header = [0; 14];
    stream.read_exact(&mut header[..if masked { 14 } else { 10 }]).unwrap();
    assert_eq!(header[2..10], (STUCK as u64).to_be_bytes());
}
