//! After a write or a flush that failed, nothing more is written, and every later call returns the
//! same error.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use support::transport::run;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::connection::Server;
use websocket_proto::handshake::Opened;
use websocket_proto::io::Error;
use websocket_proto::tokio::WebSocketStream;
use websocket_proto::websocket::{Config, Prepared};
use websocket_proto::{CloseCode, Message};

/// A transport whose first write or flush fails.
#[derive(Debug)]
struct Failing {
    error: Option<io::Error>,
    accepts: bool,
    /// Whether a write after the error succeeds. Otherwise there must be none.
    recovers: bool,
    incoming: &'static [u8],
}

impl Failing {
    fn call(&mut self) -> io::Result<()> {
        match self.error.take() {
            Some(error) => Err(error),
            None if self.recovers => Ok(()),
            None => panic!("the transport is used again"),
        }
    }
}

impl AsyncRead for Failing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.incoming.is_empty() {
            return Poll::Pending;
        }
        buffer.put_slice(std::mem::take(&mut self.incoming));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Failing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.accepts {
            self.call()?;
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.call())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn socket(failing: Failing) -> WebSocketStream<Failing, Server> {
    let config = Config::new().high_water_mark(1);
    WebSocketStream::from_parts(failing, Server, config, Opened::new(), BytesMut::new())
}

fn failing(error: io::Error, accepts: bool) -> Failing {
    Failing { error: Some(error), accepts, recovers: false, incoming: &[] }
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
fn assert_fails(result: Option<Result<(), Error>>, expected: &io::Error) {
    let error = result.expect("at once").expect_err("it has failed");
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
        let mut socket = socket(failing(error(), accepts));
        assert_fails(run(socket.send("first")), &expected);
        assert_fails(run(socket.flush()), &expected);
        if !accepts {
            assert_fails(run(socket.ready()), &expected);
            let sent = run(socket.send("second")).expect("at once").expect_err("it has failed");
            assert!(sent.into_unsent().is_some());
        }
        assert_fails(run(socket.send_prepared(&Prepared::text("third"))), &expected);
        assert_fails(run(socket.close(CloseCode::NORMAL, "")), &expected);
    }
}

#[test]
fn every_call_returns_the_error_of_a_write_that_failed_while_the_other_half_received() {
    for (error, accepts) in failures() {
        let expected = error();
        let (mut reader, mut writer) = socket(failing(error(), accepts)).into_split();
        run(writer.feed("first")).expect("there is room").expect("it is open");
        assert!(run(reader.next()).is_none(), "it writes what is queued");
        assert_fails(run(writer.flush()), &expected);
        assert_fails(run(writer.send("second")), &expected);
        assert_fails(run(writer.close(CloseCode::NORMAL, "")), &expected);
    }
}

#[test]
fn a_close_after_both_closes_succeeds_whatever_the_error_of_the_write_was() {
    for (error, accepts) in failures() {
        let mut failing = failing(error(), accepts);
        failing.incoming = &[0x88, 0x80, 0, 0, 0, 0];
        let mut socket = socket(failing);
        let received = run(socket.next()).expect("at once").expect("open").expect("a good peer");
        assert_eq!(received, Message::Close(None));
        run(socket.close(CloseCode::NORMAL, "")).expect("at once").expect("it is over");
    }
}

#[test]
fn a_write_that_timed_out_can_be_repeated() {
    for accepts in [false, true] {
        let mut failing = failing(ErrorKind::TimedOut.into(), accepts);
        failing.recovers = true;
        let mut socket = socket(failing);
        let error = run(socket.send("first")).expect("at once").expect_err("it has timed out");
        assert!(error.is_would_block(), "{error:?}");
        run(socket.flush()).expect("at once").expect("it is accepted now");
        run(socket.send("second")).expect("at once").expect("there is room");
    }
}
