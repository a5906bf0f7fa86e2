//! The transport and the clock that an asynchronous adapter supplies.

use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice, Read};

use crate::websocket::Incoming;

/// A byte stream and a clock of an asynchronous runtime.
///
/// An adapter implements this trait for a type of its own that holds the byte stream. Everything
/// else of an adapter is in [`WebSocketStream`](super::WebSocketStream), which is the same for all
/// runtimes. The methods follow the rules of [`Future::poll`]: a method that returns `Pending` has
/// arranged that the task of the context is woken.
pub trait Transport {
    /// The byte stream of the runtime, such as a TCP connection.
    type Stream;

    /// Creates a transport over `stream`.
    fn new(stream: Self::Stream) -> Self;

    /// Returns the byte stream.
    fn stream(&self) -> &Self::Stream;

    /// Returns the byte stream.
    fn stream_mut(&mut self) -> &mut Self::Stream;

    /// Returns the byte stream, without the clock.
    fn into_stream(self) -> Self::Stream;

    /// Reads bytes into `buffer`, and returns their number. 0 means the end of the stream.
    fn poll_read(
        &mut self,
        buffer: &mut [u8],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>>;

    /// Reads bytes into the read buffer of a WebSocket, and returns their number. 0 means the end
    /// of the stream. If the stream has no bytes, an empty read buffer is freed.
    ///
    /// The default implementation calls [`poll_read`](Self::poll_read).
    fn poll_fill(
        &mut self,
        mut input: Incoming<'_>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match input.read_from(&mut PollRead { transport: self, context }) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                input.release_memory();
                Poll::Pending
            }
            read => Poll::Ready(read),
        }
    }

    /// Writes bytes from the front of `slices`, and returns their number. There is at least one
    /// slice, and no slice is empty.
    fn poll_write(
        &mut self,
        slices: &[IoSlice<'_>],
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>>;

    /// Flushes the bytes that were written.
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Shuts down the sending side of the stream.
    fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Returns the time since a fixed moment. The moment must not be after the first call.
    fn now(&mut self) -> Duration;

    /// Waits until the clock of [`now`](Self::now) reaches `deadline`. A transport without a timer
    /// returns `Pending` and never wakes the task.
    ///
    /// # Errors
    /// Returns an error if the timer cannot be used here. The error ends the connection.
    fn poll_until(&mut self, deadline: Duration, context: &mut Context<'_>)
    -> Poll<io::Result<()>>;
}

/// Reads from a transport as from a [`Read`] that returns `WouldBlock`.
struct PollRead<'t, 'c, 'w, T: ?Sized> {
    transport: &'t mut T,
    context: &'c mut Context<'w>,
}

impl<T: Transport + ?Sized> Read for PollRead<'_, '_, '_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.transport.poll_read(buffer, self.context) {
            Poll::Ready(read) => read,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}
