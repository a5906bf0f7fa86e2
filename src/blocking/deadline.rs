//! A TCP connection whose reads and writes end when a time has run out.

use alloc::format;
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// When time runs out: never, when it is further away than the clock goes.
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

    /// How long it is until then, or that it is over; `None` when there is no end.
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

/// A connection that says `TimedOut` when its time has run out. It sets the connection's own
/// time-outs, and leaves them set.
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
