//! A pair of sockets that do not block, and which transports can be split.

use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use websocket_proto::blocking::{ReadHalf, Transport, WebSocketStream, WriteHalf};
use websocket_proto::connection::Role;

use crate::endpoint::Shape;
use crate::scripted::Scripted;

/// Two connected sockets. For the adapter a socket of another family is a TCP stream too, and it
/// needs no port.
pub fn pair() -> [TcpStream; 2] {
    let (one, other) = UnixStream::pair().expect("two sockets");
    [one, other].map(|socket| {
        socket.set_nonblocking(true).expect("a socket");
        TcpStream::from(OwnedFd::from(socket))
    })
}

pub trait Splits: Transport + Sized {
    fn split<R: Role>(whole: WebSocketStream<Self, R>) -> Shape<Self, R>;
    fn reunite<R: Role>(reader: ReadHalf<R>, writer: WriteHalf<R>) -> Shape<Self, R>;
    /// Ends the script of a transport that has one.
    fn release(&self) {}
    /// Asserts that the time-outs are those of the application.
    fn assert_own_timeouts(&self) {}
}

impl Splits for TcpStream {
    fn split<R: Role>(whole: WebSocketStream<Self, R>) -> Shape<Self, R> {
        let (reader, writer) = whole.into_split().expect("a socket");
        Shape::Halves(reader, writer)
    }

    fn reunite<R: Role>(reader: ReadHalf<R>, writer: WriteHalf<R>) -> Shape<Self, R> {
        Shape::Whole(reader.reunite(writer).expect("they belong together"))
    }

    fn assert_own_timeouts(&self) {
        let timeouts = (Self::read_timeout(self), Self::write_timeout(self));
        assert!(matches!(timeouts, (Ok(None), Ok(None))), "{timeouts:?}");
    }
}

impl Splits for Scripted {
    fn split<R: Role>(whole: WebSocketStream<Self, R>) -> Shape<Self, R> {
        Shape::Whole(whole)
    }

    fn reunite<R: Role>(_: ReadHalf<R>, _: WriteHalf<R>) -> Shape<Self, R> {
        unreachable!("only sockets are split")
    }

    fn release(&self) {
        self.end_script();
    }

    fn assert_own_timeouts(&self) {
        self.assert_timeouts();
    }
}
