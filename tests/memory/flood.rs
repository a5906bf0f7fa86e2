//! A transport whose client floods the server. It makes its bytes as they are read, so that it
//! holds none itself.

use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::blocking;

/// What the client sends: `first`, `unit` so many times, and `last`.
#[derive(Clone, Debug)]
pub(crate) struct Flood {
    first: Vec<u8>,
    unit: Vec<u8>,
    times: usize,
    last: Vec<u8>,
    /// Whether the client reads what the server sends.
    pub(crate) reads: bool,
    /// The most that one read gives, in bytes.
    pub(crate) bite: usize,
    /// How many bytes have been read.
    pub(crate) given: usize,
    /// How many bytes have been written.
    pub(crate) taken: usize,
}

impl Flood {
    pub(crate) fn new(first: Vec<u8>, unit: Vec<u8>, times: usize, last: Vec<u8>) -> Self {
        Self { first, unit, times, last, reads: true, bite: usize::MAX, given: 0, taken: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.unit.len() * self.times + self.last.len()
    }

    /// The next bytes, as many as are at hand in one piece; none at the end.
    fn next(&self) -> &[u8] {
        let Some(behind) = self.given.checked_sub(self.first.len()) else {
            return &self.first[self.given..];
        };
        match behind.checked_sub(self.unit.len() * self.times) {
            None => &self.unit[behind % self.unit.len()..],
            Some(behind) => &self.last[behind..],
        }
    }

    fn give(&mut self, room: &mut [u8]) -> usize {
        let most = room.len().min(self.bite);
        let mut len = 0;
        while len < most {
            let next = self.next();
            let piece = next.len().min(most - len);
            if piece == 0 {
                break;
            }
            room[len..len + piece].copy_from_slice(&next[..piece]);
            len += piece;
            self.given += piece;
        }
        len
    }

    /// How many of so many bytes the client accepts, if it reads.
    fn accept(&mut self, len: usize) -> Option<usize> {
        self.reads.then(|| {
            self.taken += len;
            len
        })
    }
}

impl Read for Flood {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Ok(self.give(room))
    }
}

impl Write for Flood {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.accept(bytes.len()).ok_or(ErrorKind::WouldBlock.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Without a time limit on reads, the adapter would not read on after the end.
impl blocking::Transport for Flood {
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

impl AsyncRead for Flood {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = self.give(buffer.initialize_unfilled());
        buffer.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.accept(bytes.len()).map_or(Poll::Pending, |len| Poll::Ready(Ok(len)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
