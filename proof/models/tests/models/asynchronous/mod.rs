//! The halves that the asynchronous adapters share.

mod answers;
mod both;
mod closing;
mod deadlines;
mod endings;
mod shared;
mod transport;
mod wakers;

use std::time::Duration;

use bytes::BytesMut;
use machine::block_on;
use websocket_proto::asynchronous;
use websocket_proto::connection::{Role, State};
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message};

use crate::adapter::{Adapter, Reader, Whole, Writer};
use crate::peer::Peer;
use transport::{PipeTransport, Timer};

type ReadHalf<R> = asynchronous::ReadHalf<PipeTransport, R>;
type WebSocketStream<R> = asynchronous::WebSocketStream<PipeTransport, R>;
type WriteHalf<R> = asynchronous::WriteHalf<PipeTransport, R>;

struct Asynchronous;

impl Adapter for Asynchronous {
    const NAME: &'static str = "async";
    type Reader<R: Role + 'static> = ReadHalf<R>;
    type Writer<R: Role + 'static> = WriteHalf<R>;

    fn halves<R: Role + 'static>(
        role: R,
        config: Config,
        capacity: usize,
    ) -> (ReadHalf<R>, WriteHalf<R>, Peer) {
        let (reader, writer, peer, _) =
            halves_with_timer(role, config.close_timeout(Duration::MAX), capacity);
        (reader, writer, peer)
    }
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

impl<R: Role + 'static> Reader for ReadHalf<R> {
    type Writer = WriteHalf<R>;

    fn receive(&mut self) -> Option<Result<Message, Error>> {
        block_on(self.next())
    }

    fn finish(&mut self) -> Result<(), Error> {
        block_on(self.finish())
    }

    fn state(&self) -> State {
        self.state()
    }

    fn join_and_flush(self, writer: WriteHalf<R>) -> Whole {
        let mut whole = self.reunite(writer).unwrap();
        block_on(whole.flush()).unwrap();
        Box::new(move || block_on(whole.next()))
    }
}

impl<R: Role + 'static> Writer for WriteHalf<R> {
    fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        block_on(self.feed(message))
    }

    fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        block_on(self.send(message))
    }

    fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        block_on(self.send_prepared(message))
    }

    fn close(&mut self, code: CloseCode) -> Result<(), Error> {
        block_on(self.close(code, ""))
    }
}
