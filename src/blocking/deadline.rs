//! A TCP connection whose reads and writes end at a deadline.

use alloc::format;
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// The time at which a wait ends, or `None` if it is beyond the range of the clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    end: Option<Instant>,
    /// For the text of the error.
    limit: Duration,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self { end: Instant::now().checked_add(limit), limit }
    }

    /// Returns the time that is left, or `None` if there is no deadline. Returns `TimedOut` if no
    /// time is left.
    pub(super) fn left(self) -> io::Result<Option<Duration>> {
        let left = self.end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(self.timed_out());
        }
        Ok(left)
    }

    /// On Unix it is `WouldBlock` when the time-out of a socket has run out.
    fn as_timed_out(self, error: io::Error) -> io::Error {
        if error.kind() == ErrorKind::WouldBlock { self.timed_out() } else { error }
    }

    fn timed_out(self) -> io::Error {
        let text = format!("the time limit of {:?} ran out", self.limit);
        io::Error::new(ErrorKind::TimedOut, text)
    }
}

/// A connection that returns `TimedOut` at the deadline. It sets the time-outs of the socket and
/// does not reset them.
#[derive(Debug)]
pub(super) struct TimedStream<'a> {
    pub(super) stream: &'a TcpStream,
    pub(super) deadline: Deadline,
}

impl Read for TimedStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.deadline.left()?)?;
        self.stream.read(buffer).map_err(|error| self.deadline.as_timed_out(error))
    }
}

impl Write for TimedStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.deadline.left()?)?;
        self.stream.write(bytes).map_err(|error| self.deadline.as_timed_out(error))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.deadline.left()?)?;
        self.stream.write_vectored(slices).map_err(|error| self.deadline.as_timed_out(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
