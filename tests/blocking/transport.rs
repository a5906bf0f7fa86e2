//! Transports that are not ready, accept nothing more, or end: the effect on a message and on an
//! answer, and the error that is reported.

use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use crate::pipe::{Mood, Transport, is_transient, resume};
use bytes::Bytes;
use support::messages::{From, TEXT};
use websocket_proto::blocking::{self, Connector, WebSocketStream};
use websocket_proto::connection::{Client, Role, Server, State};
use websocket_proto::frame::Kind;
use websocket_proto::handshake::Opened;
use websocket_proto::io::{ConnectError, ConnectOptions, Error, Unsent};
use websocket_proto::websocket::{Config, Keepalive, Prepared};
use websocket_proto::{CloseCode, Message, ProtocolError, SendError};

/// An open WebSocket over the first of two ends.
fn open<R: Role>(
    role: R,
    config: Config,
    mood: Mood,
) -> (WebSocketStream<Transport, R>, Transport) {
    let (ours, theirs) = Transport::pair(mood, Mood::Ready);
    (WebSocketStream::from_parts(ours, role, config, Opened::new(), Default::default()), theirs)
}

#[test]
fn a_message_that_finds_no_room_comes_back_and_is_taken_later() {
    let (mut socket, _theirs) = open(Server, Config::new().high_water_mark(10), Mood::Pending);
    let sent = socket.send(Message::binary(vec![1; 100]));
    assert!(matches!(&sent, Err(Error::Io(error)) if is_transient(error)), "{sent:?}");
    // The first is on its way; the second was not taken.
    let Err(Error::Rejected(rejected)) = socket.send("second") else { panic!() };
    assert!(matches!(rejected.error, SendError::QueueFull { .. }));
    assert_eq!(rejected.message, Message::text("second"));
    while let Err(error) = socket.flush() {
        assert!(error.is_would_block());
    }
    socket.feed(rejected.message).unwrap();
    while socket.flush().is_err() {}
    let sent = socket.stream().to.borrow().flushed.iter().copied().collect::<Vec<u8>>();
    assert_eq!(sent, [&[0x82, 100][..], &[1; 100], b"\x81\x06second"].concat());
}

/// Takes nothing more, for good.
#[derive(Debug)]
struct Full;

impl blocking::Transport for Full {}

impl Read for Full {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }
}

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Ok(0)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_had_no_room_before_the_transport_failed_comes_back() {
    let config = Config::new().high_water_mark(1);
    let mut socket =
        WebSocketStream::from_parts(Full, Server, config, Opened::new(), Default::default());
    socket.feed("first").unwrap();
    for sent in [socket.send("second"), socket.feed("second")] {
        let error = sent.unwrap_err();
        assert!(error.is_disconnected() && !error.is_would_block(), "{error:?}");
        assert_eq!(error.into_unsent(), Some(Unsent::Message(Message::text("second"))));
    }
    let error = socket.send_fragment(Kind::Binary, false, &b"third"[..]).unwrap_err();
    assert!(error.is_disconnected(), "{error:?}");
    assert_eq!(error.into_unsent(), Some(Unsent::Fragment(Bytes::from_static(b"third"))));
}

#[test]
fn a_transport_that_takes_nothing_more_is_an_error() {
    let mut socket =
        WebSocketStream::from_parts(Full, Server, Config::new(), Opened::new(), Default::default());
    let error = socket.send("x").unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::WriteZero));
    let options = ConnectOptions::new("ws://a/").unwrap();
    let error = Connector::new(Full, options).unwrap().connect().unwrap_err();
    assert!(
        matches!(&error, ConnectError::Io { error, .. } if error.kind() == ErrorKind::WriteZero)
    );
}

#[test]
fn a_pong_leaves_by_itself_when_reading_would_wait() {
    for mood in [Mood::Ready, Mood::Pending] {
        let (mut socket, mut theirs) = open(Server, Config::new(), mood);
        theirs.write_all(&[0x89, 0x81, 0, 0, 0, 0, b'?']).unwrap();
        theirs.flush().unwrap();
        let ping = loop {
            if let Some(message) = resume(socket.read()) {
                break message.unwrap();
            }
        };
        assert_eq!(ping, Some(Message::Ping(Bytes::from_static(b"?"))));
        let mut pong = [0; 3];
        for _ in 0..100 {
            assert!(resume(socket.read()).is_none());
        }
        theirs.read_exact(&mut pong).unwrap();
        assert_eq!(pong, [0x8a, 1, b'?']);
    }
}

#[test]
fn a_pong_that_found_the_queue_full_leaves_with_the_flush_that_empties_it() {
    let (mut socket, mut theirs) = open(Server, Config::new().high_water_mark(10), Mood::Ready);
    theirs.write_all(&[0x82, 0x80, 0, 0, 0, 0, 0x89, 0x81, 0, 0, 0, 0, b'?']).unwrap();
    theirs.flush().unwrap();
    assert_eq!(socket.read().unwrap(), Some(Message::binary("")));
    socket.feed(Message::binary(vec![1; 100])).unwrap();
    assert!(matches!(socket.read(), Ok(Some(Message::Ping(_)))));
    socket.flush().unwrap();
    let sent = socket.stream().to.borrow().flushed.iter().copied().collect::<Vec<u8>>();
    assert_eq!(sent, [&[0x82, 100][..], &[1; 100], b"\x8a\x01?"].concat());
}

#[test]
fn a_protocol_error_is_told_once_and_its_close_is_sent() {
    for mood in [Mood::Ready, Mood::Bytewise, Mood::Pending] {
        let (mut socket, mut theirs) = open(Server, Config::new(), mood);
        theirs.write_all(&[0x81, 0x01]).unwrap();
        theirs.flush().unwrap();
        let mut told = 0;
        for _ in 0..200 {
            match resume(socket.read()) {
                Some(Err(Error::Protocol(ProtocolError::UnmaskedFrame))) => told += 1,
                Some(Ok(None)) => assert_eq!(told, 1),
                Some(other) => panic!("{other:?}"),
                None => {}
            }
        }
        assert_eq!(socket.state(), State::Closed);
        let mut close = [0; 4];
        theirs.read_exact(&mut close).unwrap();
        assert_eq!((close[0], &close[2..]), (0x88, &1002_u16.to_be_bytes()[..]));
    }
}

#[test]
fn the_end_of_the_transport_is_told_with_what_it_means() {
    let (mut socket, theirs) = open(Client::new([1; 32]), Config::new(), Mood::Ready);
    drop(theirs);
    let error = socket.read().unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::UnexpectedEof)), "{error:?}");
    assert!(matches!(socket.read(), Ok(None)), "it is told once");
    let error = socket.send("x").unwrap_err();
    assert!(
        matches!(&error, Error::Rejected(rejected) if rejected.error == SendError::Closing),
        "{error:?}"
    );
    socket.close(CloseCode::NORMAL, "").unwrap();
}

#[test]
fn a_message_can_be_queued_without_a_write_or_comes_back() {
    let (mut socket, mut theirs) = open(Server, Config::new().high_water_mark(10), Mood::Ready);
    socket.try_send("0123456789").unwrap();
    let error = socket.try_send("more").unwrap_err();
    assert!(
        matches!(error.into_unsent(), Some(Unsent::Message(Message::Text(text))) if text == "more")
    );
    assert_eq!(theirs.read(&mut [0; 100]).unwrap_err().kind(), ErrorKind::WouldBlock);
    socket.ready().unwrap();
    socket.try_send("room").unwrap();
    socket.feed_prepared(&Prepared::text("prepared")).unwrap();
    socket.flush().unwrap();
    let mut sent = [0; 12 + 6 + 10];
    theirs.read_exact(&mut sent).unwrap();
    assert_eq!(&sent, b"\x81\x0a0123456789\x81\x04room\x81\x08prepared");
}

/// A transport that has bytes. Its read time-out can be set once, and cannot be restored.
#[derive(Debug)]
struct Unrestorable {
    bytes: io::Cursor<Vec<u8>>,
    is_set: Cell<bool>,
}

impl Read for Unrestorable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer)
    }
}

impl Write for Unrestorable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::Transport for Unrestorable {
    fn reads_while_writing(&self) -> bool {
        false
    }

    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(None)
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        if self.is_set.replace(true) { Err(ErrorKind::InvalidInput.into()) } else { Ok(()) }
    }
}

#[test]
fn the_bytes_of_a_read_are_not_lost_if_its_time_out_cannot_be_restored() {
    let minute = Duration::from_secs(60);
    let config = Config::new().keepalive(Keepalive { interval: minute, timeout: minute });
    let bytes = io::Cursor::new(From::Client.frame(TEXT, "Hello"));
    let stream = Unrestorable { bytes, is_set: Cell::new(false) };
    let mut socket =
        WebSocketStream::from_parts(stream, Server, config, Opened::new(), Default::default());
    assert_eq!(socket.read().unwrap(), Some(Message::text("Hello")));
    let error = socket.read().unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == ErrorKind::InvalidInput));
}
