//! The end of a TCP connection, within a time limit.

use std::io::{self, ErrorKind, Read as _};
use std::net::{Shutdown, TcpStream};

use super::deadline::{Deadline, TimedStream};
use super::{retry, write_some};
use crate::websocket::Outgoing;

/// Writes all of `output`.
pub(super) fn write_out(
    stream: &TcpStream,
    output: &mut Outgoing,
    deadline: Deadline,
) -> io::Result<()> {
    let mut timed = TimedStream { stream, deadline };
    while !output.is_empty() {
        write_some(&mut timed, output)?;
    }
    Ok(())
}

/// Shuts the sending side down if that is wanted, and reads until the end, into nowhere
/// (RFC 6455 7.1.1).
pub(super) fn see_out(stream: &TcpStream, shutdown: bool, deadline: Deadline) -> io::Result<()> {
    if shutdown {
        match stream.shutdown(Shutdown::Write) {
            // The peer was faster.
            Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
            shut => shut?,
        }
    }
    let mut timed = TimedStream { stream, deadline };
    let mut nowhere = [0; 4096];
    while retry(|| timed.read(&mut nowhere))? > 0 {}
    Ok(())
}
