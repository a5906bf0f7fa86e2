//! The halves of the `blocking` adapter.

mod answers;
mod both;
mod closing;
mod endings;

use std::time::Duration;

use machine::TcpStream;
use websocket_proto::blocking::{ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::connection::{Role, State};
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message, WebSocket};

use crate::adapter::{Adapter, Reader, Whole, Writer};
use crate::peer::Peer;

struct Blocking;

impl Adapter for Blocking {
    const NAME: &'static str = "blocking";
    type Reader<R: Role + 'static> = ReadHalf<R>;
    type Writer<R: Role + 'static> = WriteHalf<R>;

    fn halves<R: Role + 'static>(
        role: R,
        config: Config,
        capacity: usize,
    ) -> (ReadHalf<R>, WriteHalf<R>, Peer) {
        halves(role, config.close_timeout(Duration::MAX), capacity)
    }
}

fn halves<R: Role>(role: R, config: Config, capacity: usize) -> (ReadHalf<R>, WriteHalf<R>, Peer) {
    let (ours, peer) = TcpStream::pair(capacity);
    let websocket = WebSocket::new(role, config, Opened::new());
    let (reader, writer) = WebSocketStream::from_websocket(ours, websocket).into_split().unwrap();
    (reader, writer, Peer::new(peer))
}

impl<R: Role + 'static> Reader for ReadHalf<R> {
    type Writer = WriteHalf<R>;

    fn receive(&mut self) -> Option<Result<Message, Error>> {
        self.read().transpose()
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.finish()
    }

    fn state(&self) -> State {
        self.state()
    }

    fn join_and_flush(self, writer: WriteHalf<R>) -> Whole {
        let mut whole = self.reunite(writer).unwrap();
        whole.flush().unwrap();
        Box::new(move || whole.read().transpose())
    }
}

impl<R: Role + 'static> Writer for WriteHalf<R> {
    fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message)
    }

    fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.send(message)
    }

    fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.send_prepared(message)
    }

    fn close(&mut self, code: CloseCode) -> Result<(), Error> {
        self.close(code, "")
    }
}
