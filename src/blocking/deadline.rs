//! Reads and writes that end at a deadline.

use alloc::format;
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use bytes::{Buf, BytesMut};

use super::{read_head, retry};
use crate::io::{Step, is_would_block};

/// The clock of an opening handshake, and the way to limit the time of one call on its transport.
#[derive(Debug)]
pub(super) struct Calls<S> {
    begin: Instant,
    set_time_outs: SetTimeOuts<S>,
}

/// Limits the time of each call on a transport, or removes the limit with `None`.
pub(super) type SetTimeOuts<S> = fn(&S, Option<Duration>) -> io::Result<()>;

/// What became of one step of an opening handshake.
pub(super) enum Transferred<T> {
    /// Bytes were read or written, or the deadline has come.
    Some,
    /// The transport was flushed.
    Flushed,
    /// The transport has ended.
    End,
    /// The handshake is over.
    Done(T),
}

impl<S> Calls<S> {
    /// Starts the clock.
    pub(super) fn begin(set_time_outs: SetTimeOuts<S>) -> Self {
        Self { begin: Instant::now(), set_time_outs }
    }

    pub(super) fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Removes the time limit from the transport.
    pub(super) fn reset(&self, stream: &S) -> io::Result<()> {
        (self.set_time_outs)(stream, None)
    }
}

impl<S: Read + Write> Calls<S> {
    /// Does what a step asks for, by one call on the transport that ends at `end`.
    pub(super) fn transfer<T>(
        &self,
        stream: &mut S,
        end: Option<Duration>,
        step: Step<T>,
        input: &mut BytesMut,
        output: &mut BytesMut,
    ) -> io::Result<Transferred<T>> {
        let transferred = match step {
            Step::Done(outcome) => return Ok(Transferred::Done(outcome)),
            Step::Read => {
                self.limit(stream, end)?;
                read_head(stream, input).map(|len| match len {
                    0 => Transferred::End,
                    _ => Transferred::Some,
                })
            }
            Step::Write => {
                self.limit(stream, end)?;
                match &output[..] {
                    [] => retry(|| stream.flush()).map(|()| Transferred::Flushed),
                    bytes => match retry(|| stream.write(bytes)) {
                        Ok(0) => Err(ErrorKind::WriteZero.into()),
                        Ok(len) => {
                            output.advance(len);
                            Ok(Transferred::Some)
                        }
                        Err(error) => Err(error),
                    },
                }
            }
        };
        match transferred {
            // The next step does what is due at the deadline.
            Err(error) if is_would_block(&error) && end.is_some_and(|end| self.now() >= end) => {
                Ok(Transferred::Some)
            }
            transferred => transferred,
        }
    }

    fn limit(&self, stream: &S, end: Option<Duration>) -> io::Result<()> {
        // A socket refuses a time-out of zero.
        let shortest = Duration::from_micros(1);
        let left = end.map(|end| end.saturating_sub(self.now()).max(shortest));
        (self.set_time_outs)(stream, left)
    }
}

/// Limits the time of each call on a TCP connection.
pub(super) fn set_time_outs(stream: &TcpStream, limit: Option<Duration>) -> io::Result<()> {
    stream.set_read_timeout(limit)?;
    stream.set_write_timeout(limit)
}

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
