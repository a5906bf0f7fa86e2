//! The end of a TCP connection, within a time limit
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 7.1.1).

use std::io::{self, ErrorKind, Read as _};
use std::net::{Shutdown, TcpStream};

use super::deadline::{Deadline, TimedStream};
use super::retry;

/// Shuts down the sending side if `shutdown` is set. Then reads until the end and drops the bytes
/// (RFC 6455, section 7.1.1).
pub(super) fn see_out(stream: &TcpStream, shutdown: bool, deadline: Deadline) -> io::Result<()> {
    if shutdown {
        match stream.shutdown(Shutdown::Write) {
            // The peer has already ended the connection.
            Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
            shut => shut?,
        }
    }
    let mut timed = TimedStream { stream, deadline };
    let mut nowhere = [0; 4096];
    while retry(|| timed.read(&mut nowhere))? > 0 {}
    Ok(())
}
