//! The end of a TCP connection, within a time limit.

use core::time::Duration;
use std::io::{self, ErrorKind, Read as _};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use super::{is_transient, retry, write_some};
use crate::websocket::Outgoing;

/// When all of it must be over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The time that is left, or `TimedOut`.
    pub(super) fn left(self) -> io::Result<Duration> {
        let left = self.0.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// Writes all of `output`.
pub(super) fn write_out(
    mut stream: &TcpStream,
    output: &mut Outgoing,
    deadline: Deadline,
) -> io::Result<()> {
    while !output.is_empty() {
        stream.set_write_timeout(Some(deadline.left()?))?;
        unless_transient(write_some(&mut stream, output))?;
    }
    Ok(())
}

/// Shuts the sending side down if that is wanted, and reads until the end, into nowhere
/// (RFC 6455 7.1.1).
pub(super) fn see_out(
    mut stream: &TcpStream,
    shutdown: bool,
    deadline: Deadline,
) -> io::Result<()> {
    if shutdown {
        match stream.shutdown(Shutdown::Write) {
            // The peer was faster.
            Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
            shut => shut?,
        }
    }
    let mut nowhere = [0; 4096];
    loop {
        stream.set_read_timeout(Some(deadline.left()?))?;
        if unless_transient(retry(|| stream.read(&mut nowhere)))? == Some(0) {
            return Ok(());
        }
    }
}

/// `None` for a time-out, whichever of its two names the system has for it: whether the time has
/// run out is the deadline's to say.
fn unless_transient<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(error) if is_transient(&error) => Ok(None),
        done => done.map(Some),
    }
}
