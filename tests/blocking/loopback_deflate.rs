//! Peers over the loopback interface that are made by hand and have agreed on permessage-deflate
//! with a server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use websocket_proto::blocking::{Acceptor, WebSocketStream};
use websocket_proto::connection::Server;
use websocket_proto::websocket::Config;

use crate::loopback::{REQUEST, raw, read_head, serve};
use support::deflated::{Unframed, unframe_one};
use support::{Frame, Side};

/// A client's transport whose WebSocket a server has opened, and the head of its answer.
pub(crate) fn open_by_hand(address: SocketAddr, offer: &str) -> (TcpStream, String) {
    let mut stream = raw(address);
    let end = format!("\r\nSec-WebSocket-Extensions: {offer}\r\n\r\n");
    stream.write_all(REQUEST.replace("\r\n\r\n", &end).as_bytes()).unwrap();
    let head = read_head(&mut stream);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    (stream, head)
}

/// A server that has accepted, and the transport of a client that is made by hand.
pub(crate) fn server_and_raw(config: Config) -> (WebSocketStream<TcpStream, Server>, TcpStream) {
    let (address, accepted) = serve(|stream| {
        stream.set_nodelay(true).unwrap();
        Acceptor::new(stream).config(config).accept().unwrap()
    });
    let (stream, head) = open_by_hand(address, "permessage-deflate; client_max_window_bits");
    assert!(head.contains("\r\nSec-WebSocket-Extensions: permessage-deflate"), "{head}");
    (accepted.join().unwrap(), stream)
}

/// The next frame.
pub(crate) fn read_frame(stream: &mut TcpStream) -> Unframed {
    let mut bytes = Vec::new();
    loop {
        if let Some((frame, _)) = unframe_one(&bytes) {
            return frame;
        }
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
}

pub(crate) fn give(stream: &mut TcpStream, frame: Frame) {
    stream.write_all(&frame.bytes(Side::Server)).unwrap();
}
