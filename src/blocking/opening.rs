//! The transport of an opening handshake
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4).

use core::time::Duration;
use std::io::{self, ErrorKind};
use std::time::Instant;

use bytes::Buf as _;

use super::transport::WriteTimeout;
use super::{Transport, retry, write_or_flush};
use crate::io::{Handshake, Step, is_would_block};

/// Calls `step`, and reads or writes as it asks, until it returns the result. Times count from
/// `begin`.
///
/// # Errors
/// Returns the error of the transport. After `WouldBlock` or `TimedOut`, call again.
pub(super) fn drive<S: Transport, H: Handshake, O>(
    stream: &mut S,
    begin: Instant,
    handshake: &mut H,
    mut step: impl FnMut(&mut H) -> Step<O>,
) -> io::Result<O> {
    let mut timeout = WriteTimeout::new();
    let outcome = loop {
        let writes = match step(handshake) {
            Step::Read => false,
            Step::Write => true,
            Step::Done(outcome) => break Ok(outcome),
        };
        // The step has processed the bytes that came late, and a late answer is still written if the
        // transport accepts it at once.
        let now = begin.elapsed();
        let deadline = handshake.deadline(now);
        if !writes && deadline.is_some_and(|deadline| deadline <= now) {
            handshake.handle_deadline(now);
            continue;
        }
        let limit = deadline.map(|deadline| deadline.saturating_sub(now));
        let moved = if writes {
            write_once(stream, &mut timeout, limit, handshake)
        } else {
            read_once(stream, &mut timeout, limit, handshake)
        };
        match moved {
            Err(error)
                if is_would_block(&error)
                    && deadline.is_some_and(|deadline| begin.elapsed() >= deadline) =>
            {
                handshake.handle_deadline(begin.elapsed());
            }
            Err(error) => break Err(error),
            Ok(()) => {}
        }
    };
    timeout.restore(stream);
    outcome
}

fn read_once<S: Transport>(
    stream: &mut S,
    timeout: &mut WriteTimeout,
    limit: Option<Duration>,
    handshake: &mut impl Handshake,
) -> io::Result<()> {
    let mut buffer = [0; 4096];
    match timeout.read_within(stream, limit, |stream| retry(|| stream.read(&mut buffer))) {
        Ok(0) => handshake.receive_eof(),
        Ok(read) => handshake.receive(buffer.get(..read).unwrap_or_default()),
        // A TLS stream reports in this way that it was cut off.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => handshake.receive_eof(),
        Err(error) => return Err(error),
    }
    Ok(())
}

fn write_once<S: Transport>(
    stream: &mut S,
    timeout: &mut WriteTimeout,
    limit: Option<Duration>,
    handshake: &mut impl Handshake,
) -> io::Result<()> {
    let mut output = handshake.output();
    if output.has_remaining() {
        let write = |stream: &mut S| write_or_flush(stream, |stream| stream.write(output.chunk()));
        let written = timeout.write_within(stream, limit, write)?;
        output.advance(written);
        return Ok(());
    }
    drop(output);
    timeout.write_within(stream, limit, |stream| retry(|| stream.flush()))?;
    handshake.flushed();
    Ok(())
}

/// Shuts down the sending side, and reads to the end within `limit`, so that the last response is
/// not lost. If the transport cannot shut down its sending side, there is no wait.
///
/// # Errors
/// Returns the error of the transport, or `TimedOut` at the end of the limit.
pub(super) fn see_out<S: Transport>(stream: &mut S, limit: Duration) -> io::Result<()> {
    match stream.shutdown_write() {
        // The peer has already ended the connection.
        Err(error) if error.kind() == ErrorKind::NotConnected => return Ok(()),
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(()),
        shut => shut?,
    }
    if stream.read_timeout().is_err() {
        return Ok(());
    }
    let begin = Instant::now();
    let mut timeout = WriteTimeout::new();
    loop {
        let left = limit.saturating_sub(begin.elapsed());
        let read = |stream: &mut S| retry(|| stream.read(&mut [0; 4096]));
        let read = timeout.read_within(stream, Some(left), read);
        match read {
            Ok(0) => return Ok(()),
            Err(error) if !is_would_block(&error) => return Err(error),
            Ok(_) | Err(_) if begin.elapsed() >= limit => {
                let text = alloc::format!("the time limit of {limit:?} ran out");
                return Err(io::Error::new(ErrorKind::TimedOut, text));
            }
            Ok(_) => {}
            Err(error) => return Err(error),
        }
    }
}
