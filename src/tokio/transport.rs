//! Reading from a transport and writing to it.

use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind, IoSlice};

use ::tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use bytes::{Buf as _, BufMut as _, BytesMut};

use crate::io::ReadSize;
use crate::websocket::Outgoing;

/// Writes all of `output` and flushes the transport.
pub(super) fn poll_write_all<S: AsyncWrite + Unpin>(
    stream: &mut S,
    output: &mut Outgoing,
    unflushed: &mut bool,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while !output.is_empty() {
        let stream = Pin::new(&mut *stream);
        let written = ready!(if stream.is_write_vectored() {
            let mut slices = [IoSlice::new(&[]); 16];
            let filled = output.chunks_vectored(&mut slices);
            stream.poll_write_vectored(context, slices.get(..filled).unwrap_or_default())
        } else {
            stream.poll_write(context, output.chunk())
        })?;
        if written == 0 {
            return Poll::Ready(Err(ErrorKind::WriteZero.into()));
        }
        *unflushed = true;
        output.advance(written);
    }
    if *unflushed {
        ready!(Pin::new(stream).poll_flush(context))?;
        *unflushed = false;
    }
    Poll::Ready(Ok(()))
}

/// Reads more behind what `input` holds; 0 at the end of the transport. While there is nothing to
/// read and nothing was held, no buffer is.
pub(super) fn poll_fill<S: AsyncRead + Unpin>(
    stream: &mut S,
    input: &mut BytesMut,
    read_size: &mut ReadSize,
    frame_remaining: u64,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let size = read_size.next(input, frame_remaining);
    input.reserve(size);
    let filled = {
        let mut free = input.limit(size);
        pin!(stream.read_buf(&mut free)).as_mut().poll(context)
    };
    match filled {
        Poll::Ready(Ok(read)) => {
            read_size.learn(size, read);
            Poll::Ready(Ok(read))
        }
        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
        Poll::Pending => {
            if input.is_empty() {
                *input = BytesMut::new();
            }
            Poll::Pending
        }
    }
}
