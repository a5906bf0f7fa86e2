//! A WebSocket that one task uses as a `Stream` and another task uses as a `Sink`. Both tasks take
//! a lock to poll it, as the halves of `StreamExt::split` in the crate `futures` do.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream as _;
use futures_sink::Sink as _;
use machine::{Mutex, block_on, thread};
use websocket_proto::Message;
use websocket_proto::connection::Server;
use websocket_proto::io::Error;
use websocket_proto::websocket::Config;

use super::{Asynchronous, WebSocketStream, whole};
use crate::adapter::Adapter as _;
use crate::peer::{CLOSE, Frame, PING, Peer, TEXT};

#[derive(Clone)]
struct Shared(Arc<Mutex<WebSocketStream<Server>>>);

impl Shared {
    fn new(capacity: usize) -> (Self, Peer) {
        let config = Config::new().close_timeout(Duration::MAX);
        let (whole, peer, _) = whole(Server, config, capacity);
        (Self(Arc::new(Mutex::new(whole))), peer)
    }

    fn with<T>(&self, act: impl FnOnce(Pin<&mut WebSocketStream<Server>>) -> T) -> T {
        act(Pin::new(&mut *self.0.lock().unwrap()))
    }

    fn next(&self) -> Option<Result<Message, Error>> {
        block_on(poll_fn(|context| self.with(|whole| whole.poll_next(context))))
    }

    fn send(&self, message: impl Into<Message>) -> Result<(), Error> {
        block_on(poll_fn(|context| self.with(|whole| whole.poll_ready(context))))?;
        self.with(|whole| whole.start_send(message.into()))?;
        block_on(poll_fn(|context| self.with(|whole| whole.poll_flush(context))))
    }

    fn close(&self) -> Result<(), Error> {
        block_on(poll_fn(|context| self.with(|whole| whole.poll_close(context))))
    }
}

#[test]
fn a_ping_is_answered_while_the_sink_is_stuck() {
    Asynchronous::explore("a Ping arrives while the sink is stuck", Some(2), || {
        let (stream, mut peer) = Shared::new(8);
        let sink = stream.clone();
        let sending = thread::spawn(move || sink.send("0123456789").unwrap());
        let peer = thread::spawn(move || {
            peer.send(Frame::new(PING, "p"));
            peer.expect_a_pong_and(Frame::new(TEXT, "0123456789"));
        });
        assert_eq!(stream.next().unwrap().unwrap(), Message::Ping("p".into()));
        stream.next().unwrap().unwrap_err();
        assert!(stream.next().is_none());
        sending.join().unwrap();
        peer.join().unwrap();
    });
}

/// The stream may already wait when the sink closes. Either the stream or the sink writes the rest
/// of the Close.
#[test]
fn a_stream_completes_the_closing_handshake_that_its_sink_begins() {
    Asynchronous::explore("a sink closes while its stream waits", Some(2), || {
        let (stream, mut peer) = Shared::new(3);
        let sink = stream.clone();
        let sending = thread::spawn(move || sink.close().unwrap());
        let peer = thread::spawn(move || {
            assert_eq!(peer.until_close(), []);
            peer.send(Frame::new(CLOSE, ""));
            assert_eq!(peer.rest(), []);
        });
        assert!(matches!(stream.next(), Some(Ok(Message::Close(None)))));
        assert!(stream.next().is_none());
        sending.join().unwrap();
        peer.join().unwrap();
    });
}
