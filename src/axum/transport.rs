//! A connection that hyper has handed over, with a timer of tokio.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, IoSlice};

use hyper::rt::{Read as _, ReadBuf, Write as _};
use hyper::upgrade::Upgraded;

use crate::asynchronous::Transport;
use crate::tokio::Timer;

/// A connection that hyper has handed over: an HTTP/1.1 connection after a 101 response, or a stream
/// of HTTP/2 after an extended CONNECT. Its timer is one of tokio.
///
/// The timer is created at the first wait that has a deadline. Outside of a tokio runtime such a
/// wait ends the connection with an error. In a runtime that was built without `enable_time`, tokio
/// panics.
#[derive(Debug)]
pub struct UpgradedTransport {
    stream: Upgraded,
    timer: Timer,
}

impl Transport for UpgradedTransport {
    type Stream = Upgraded;

    fn new(stream: Upgraded) -> Self {
        Self { stream, timer: Timer::default() }
    }

    fn stream(&self) -> &Upgraded {
        &self.stream
    }

    fn stream_mut(&mut self) -> &mut Upgraded {
        &mut self.stream
    }

    fn into_stream(self) -> Upgraded {
        self.stream
    }

    fn poll_read(
        &mut self,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer.unfilled()))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(
        &mut self,
        slices: &[IoSlice<'_>],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        match slices {
            [_, _, ..] if stream.is_write_vectored() => stream.poll_write_vectored(context, slices),
            [first, ..] => stream.poll_write(context, first),
            [] => Poll::Ready(Ok(0)),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Over HTTP/2 this sends END_STREAM (RFC 8441, section 5).
    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn now(&mut self) -> Duration {
        self.timer.now()
    }

    fn poll_until(
        &mut self,
        deadline: Duration,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.timer.poll_until(deadline, context)
    }
}
