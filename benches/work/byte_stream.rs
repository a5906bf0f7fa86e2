//! A transport in memory, whose peer has sent all its bytes and has ended its direction.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::blocking::Transport;

/// The end of the transport that the library uses.
#[derive(Debug)]
pub(crate) struct ByteStream {
    bytes: Vec<u8>,
    position: usize,
    bite: usize,
    /// The number of bytes that were written.
    pub(crate) written: usize,
}

impl ByteStream {
    /// One read gives at most `bite` bytes, and one write takes at most as many.
    pub(crate) const fn new(bytes: Vec<u8>, bite: usize) -> Self {
        Self { bytes, position: 0, bite, written: 0 }
    }

    fn give(&mut self, room: &mut [u8]) -> usize {
        let rest = &self.bytes[self.position..];
        let len = rest.len().min(room.len()).min(self.bite);
        room[..len].copy_from_slice(&rest[..len]);
        self.position += len;
        len
    }

    fn accept(&mut self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(self.bite);
        self.written += len;
        len
    }
}

impl Read for ByteStream {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Ok(self.give(room))
    }
}

impl Write for ByteStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.accept(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The methods for the read time-out do not fail. Otherwise the adapter would not read what the
/// peer sends after the end of the connection.
impl Transport for ByteStream {
    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(None)
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining().min(self.bite);
        let len = self.give(buffer.initialize_unfilled_to(room));
        buffer.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.accept(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
