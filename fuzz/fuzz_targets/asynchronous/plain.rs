//! A scripted byte stream as the transport of an adapter.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};
use std::time::Duration;

use websocket_proto::asynchronous::Transport;

use crate::scripted::Stream;

#[derive(Debug)]
pub struct Plain(Stream, Refusal);

/// Checks that nothing is written or flushed after an error.
#[derive(Debug, Default)]
pub struct Refusal(bool);

impl Refusal {
    /// Calls `write`, which is a write or a flush.
    pub fn check<T: PartialEq>(
        &mut self,
        write: impl FnOnce() -> Poll<io::Result<T>>,
        refused: Option<T>,
    ) -> Poll<io::Result<T>> {
        assert!(!self.0, "a transport is written to after an error");
        let written = write();
        if let Poll::Ready(written) = &written {
            self.0 = written.as_ref().map_or(true, |written| Some(written) == refused.as_ref());
        }
        written
    }
}

impl Transport for Plain {
    type Stream = Stream;

    fn new(stream: Stream) -> Self {
        Self(stream, Refusal::default())
    }

    fn stream(&self) -> &Stream {
        &self.0
    }

    fn stream_mut(&mut self) -> &mut Stream {
        &mut self.0
    }

    fn into_stream(self) -> Stream {
        self.0
    }

    fn poll_read(
        &mut self,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.0.poll_read(buffer, context)
    }

    fn poll_write(
        &mut self,
        slices: &[IoSlice<'_>],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        assert!(!slices.is_empty() && slices.iter().all(|slice| !slice.is_empty()));
        let Self(stream, refusal) = self;
        refusal.check(|| stream.poll_write(slices, context), Some(0))
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self(stream, refusal) = self;
        refusal.check(|| stream.poll_flush(context), None)
    }

    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_shutdown(context)
    }

    fn now(&mut self) -> Duration {
        self.0.world.borrow().now
    }

    fn poll_until(
        &mut self,
        deadline: Duration,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.world.borrow_mut().poll_until(self.0.side, deadline, context)
    }
}
