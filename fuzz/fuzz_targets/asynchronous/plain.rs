//! A scripted byte stream as the transport of an adapter.

use std::io::{self, IoSlice};
use std::task::{Context, Poll};
use std::time::Duration;

use websocket_proto::asynchronous::Transport;

use crate::scripted::Stream;

#[derive(Debug)]
pub struct Plain(Stream);

impl Transport for Plain {
    type Stream = Stream;

    fn new(stream: Stream) -> Self {
        Self(stream)
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
        self.0.poll_write(slices, context)
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(context)
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
