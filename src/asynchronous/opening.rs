//! The transport of an opening handshake
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4).

use core::future::poll_fn;
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind, IoSlice};

use bytes::Buf as _;

use super::Transport;
use super::receive::Turn;
use crate::io::{Handshake, Step};

/// Calls `step`, and reads or writes as it asks, until it returns the result. If the future is
/// dropped, nothing is lost.
///
/// # Errors
/// Returns the error of the transport or of its timer.
pub(crate) async fn drive<T: Transport, H: Handshake, O>(
    transport: &mut T,
    handshake: &mut H,
    mut step: impl FnMut(&mut H) -> Step<O>,
) -> io::Result<O> {
    let mut turn = Turn::default();
    loop {
        let writes = match step(handshake) {
            Step::Read => false,
            Step::Write => true,
            Step::Done(outcome) => return Ok(outcome),
        };
        // The step has processed the bytes that arrived before a late task runs, and a late answer is
        // still written if the transport accepts it at once. But a peer that never stops sending must
        // not keep the task from its deadline.
        let now = transport.now();
        if !writes && handshake.deadline(now).is_some_and(|deadline| deadline <= now) {
            handshake.handle_deadline(now);
            continue;
        }
        poll_fn(|context| {
            ready!(turn.poll_step(context));
            let moved = if writes {
                poll_write(transport, handshake, context)
            } else {
                poll_read(transport, handshake, context)
            };
            if moved.is_ready() {
                return moved;
            }
            turn.end();
            let Some(deadline) = handshake.deadline(transport.now()) else {
                return Poll::Pending;
            };
            ready!(transport.poll_until(deadline, context))?;
            handshake.handle_deadline(transport.now());
            Poll::Ready(Ok(()))
        })
        .await?;
    }
}

fn poll_read<T: Transport>(
    transport: &mut T,
    handshake: &mut impl Handshake,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let mut buffer = [0; 4096];
    match ready!(transport.poll_read(&mut buffer, context)) {
        Ok(0) => handshake.receive_eof(),
        Ok(read) => handshake.receive(buffer.get(..read).unwrap_or_default()),
        // A TLS stream reports in this way that it was cut off.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => handshake.receive_eof(),
        Err(error) => return Poll::Ready(Err(error)),
    }
    Poll::Ready(Ok(()))
}

fn poll_write<T: Transport>(
    transport: &mut T,
    handshake: &mut impl Handshake,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let mut output = handshake.output();
    while output.has_remaining() {
        let written = ready!(transport.poll_write(&[IoSlice::new(output.chunk())], context))?;
        if written == 0 {
            return Poll::Ready(Err(ErrorKind::WriteZero.into()));
        }
        output.advance(written);
    }
    drop(output);
    ready!(transport.poll_flush(context))?;
    handshake.flushed();
    Poll::Ready(Ok(()))
}
