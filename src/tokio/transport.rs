//! A byte stream of tokio, with a timer of tokio.

use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, IoSlice};

use ::tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use super::timer::Timer;
use crate::asynchronous::Transport;
use crate::websocket::Incoming;

/// A byte stream that implements [`AsyncRead`] and [`AsyncWrite`], with a timer of tokio.
///
/// The timer is created at the first wait that has a deadline. Outside of a tokio runtime such a
/// wait ends the connection with an error. In a runtime that was built without `enable_time`, tokio
/// panics.
#[derive(Debug)]
pub struct TokioTransport<S> {
    stream: S,
    timer: Timer,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for TokioTransport<S> {
    type Stream = S;

    fn new(stream: S) -> Self {
        Self { stream, timer: Timer::default() }
    }

    fn stream(&self) -> &S {
        &self.stream
    }

    fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    fn into_stream(self) -> S {
        self.stream
    }

    fn poll_read(
        &mut self,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Reads without initialising the memory first.
    fn poll_fill(
        &mut self,
        mut input: Incoming<'_>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut free = input.lend();
        let filled = pin!(self.stream.read_buf(&mut free)).as_mut().poll(context);
        if filled.is_pending() {
            input.take_back(free);
            input.release_memory();
        } else {
            input.give_back(free);
        }
        filled
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
