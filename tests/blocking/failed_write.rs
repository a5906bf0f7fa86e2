//! After a write or a flush that failed, nothing more is written, and every later call returns the
//! same error.

use std::io::{self, ErrorKind, Read, Write};

use bytes::BytesMut;
use websocket_proto::blocking::{Transport, WebSocketStream};
use websocket_proto::connection::Server;
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message};

/// A transport whose first write or flush fails. It must not be written to again.
#[derive(Debug)]
struct Failing {
    error: Option<io::Error>,
    accepts: bool,
    incoming: &'static [u8],
}

impl Failing {
    fn fail<T>(&mut self) -> io::Result<T> {
        Err(self.error.take().expect("the transport is not used again"))
    }
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.incoming.read(buffer)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.accepts { Ok(bytes.len()) } else { self.fail() }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.fail()
    }
}

impl Transport for Failing {}

fn socket(
    error: fn() -> io::Error,
    accepts: bool,
    incoming: &'static [u8],
) -> WebSocketStream<Failing, Server> {
    let failing = Failing { error: Some(error()), accepts, incoming };
    let config = Config::new().high_water_mark(1);
    WebSocketStream::from_parts(failing, Server, config, Opened::new(), BytesMut::new())
}

/// The errors, and whether the write or the flush fails.
fn failures() -> impl Iterator<Item = (fn() -> io::Error, bool)> {
    let errors: [fn() -> io::Error; 3] = [
        || ErrorKind::BrokenPipe.into(),
        || io::Error::new(ErrorKind::InvalidData, "a fatal alert"),
        // TCP has given up the connection. A time-out of the transport has the same kind.
        || io::Error::from_raw_os_error(ETIMEDOUT),
    ];
    errors.into_iter().flat_map(|error| [(error, false), (error, true)])
}

const ETIMEDOUT: i32 = if cfg!(target_os = "linux") { 110 } else { 60 };

#[track_caller]
fn assert_fails(result: Result<(), Error>, expected: &io::Error) {
    let error = result.unwrap_err();
    assert!(!error.is_would_block(), "{error:?}");
    assert_eq!(error.close_code(), Some(CloseCode::ABNORMAL));
    let (Error::Io(inner) | Error::Unsent { error: inner, .. }) = error else { panic!() };
    assert_eq!((inner.kind(), inner.to_string()), (expected.kind(), expected.to_string()));
    assert_eq!(inner.raw_os_error(), expected.raw_os_error());
}

#[test]
fn every_call_returns_the_error_of_a_write_that_failed() {
    for (error, accepts) in failures() {
        let expected = error();
        let mut socket = socket(error, accepts, &[]);
        assert_fails(socket.send("first"), &expected);
        assert_fails(socket.flush(), &expected);
        if !accepts {
            assert_fails(socket.ready(), &expected);
            assert!(socket.send("second").unwrap_err().into_unsent().is_some());
        }
        assert_fails(socket.send_prepared(&Prepared::text("third")), &expected);
        assert_fails(socket.close(CloseCode::NORMAL, ""), &expected);
    }
}

#[test]
fn every_call_returns_the_error_of_a_write_that_failed_in_a_read() {
    for (error, accepts) in failures() {
        let expected = error();
        let mut socket = socket(error, accepts, &[]);
        socket.feed("first").unwrap();
        assert!(socket.read().unwrap_err().is_would_block(), "nothing has arrived");
        assert_fails(socket.flush(), &expected);
        assert_fails(socket.send("second"), &expected);
        assert_fails(socket.close(CloseCode::NORMAL, ""), &expected);
    }
}

#[test]
fn a_close_after_both_closes_succeeds_whatever_the_error_of_the_write_was() {
    for (error, accepts) in failures() {
        let mut socket = socket(error, accepts, &[0x88, 0x80, 0, 0, 0, 0]);
        assert_eq!(socket.read().unwrap(), Some(Message::Close(None)));
        socket.close(CloseCode::NORMAL, "").unwrap();
    }
}
