//! The transport of one connection, which is silent most of the time.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};

use futures_util::io::{AsyncRead as FuturesRead, AsyncWrite as FuturesWrite};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wtx::stream::{StreamReader, StreamWriter};

/// A message as it arrives, and its echo.
pub struct Traffic {
    /// The frame of the client.
    pub request: Vec<u8>,
    /// The frame of the server, if there is only one that is right.
    pub reply: Option<Vec<u8>>,
}

/// What has arrived and what was written. It allocates nothing.
pub struct Slot {
    start: AtomicPtr<u8>,
    len: AtomicUsize,
    written: AtomicUsize,
    hash: AtomicU64,
}

/// The transport that a crate reads and writes.
#[derive(Clone, Copy)]
pub struct Wire(pub &'static Slot);

impl Slot {
    /// Creates a silent transport.
    pub const fn new() -> Self {
        Self {
            start: AtomicPtr::new(std::ptr::null_mut()),
            len: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
            hash: AtomicU64::new(EMPTY_HASH),
        }
    }

    /// Lets bytes arrive. All earlier ones must have been read.
    pub fn arrive(&self, bytes: &'static [u8]) {
        assert!(self.is_drained(), "the last message was not read");
        self.start.store(bytes.as_ptr().cast_mut(), Relaxed);
        self.len.store(bytes.len(), Relaxed);
        self.written.store(0, Relaxed);
        self.hash.store(EMPTY_HASH, Relaxed);
    }

    /// Returns whether everything was read.
    pub fn is_drained(&self) -> bool {
        self.len.load(Relaxed) == 0
    }

    /// Returns whether anything was written.
    pub fn has_reply(&self) -> bool {
        self.written.load(Relaxed) != 0
    }

    /// Checks that the echo was written. It compares the length and a hash of the bytes.
    pub fn check_reply(&self, traffic: &Traffic) {
        assert!(self.has_reply(), "no echo was written");
        if let Some(reply) = &traffic.reply {
            assert_eq!(self.written.load(Relaxed), reply.len(), "the echo has another length");
            assert_eq!(self.hash.load(Relaxed), hash(EMPTY_HASH, reply), "the echo differs");
        }
    }

    fn take(&self, max: usize) -> &'static [u8] {
        let (start, len) = (self.start.load(Relaxed), self.len.load(Relaxed));
        let taken = len.min(max);
        if taken == 0 {
            return &[];
        }
        // SAFETY: `arrive` was given `len` bytes that live for ever, and only the bytes before
        // `start` were taken.
        let bytes = unsafe { std::slice::from_raw_parts(start, taken) };
        self.start.store(start.wrapping_add(taken), Relaxed);
        self.len.store(len - taken, Relaxed);
        bytes
    }

    fn write(&self, bytes: &[u8]) -> usize {
        self.written.store(self.written.load(Relaxed) + bytes.len(), Relaxed);
        self.hash.store(hash(self.hash.load(Relaxed), bytes), Relaxed);
        bytes.len()
    }
}

const EMPTY_HASH: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of Fowler, Noll and Vo, which does not depend on how the bytes are cut.
fn hash(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.0.take(buffer.remaining()) {
            [] => Poll::Pending,
            bytes => {
                buffer.put_slice(bytes);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.0.write(bytes)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(pieces.iter().map(|piece| self.0.write(piece)).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl FuturesRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.0.take(buffer.len()) {
            [] => Poll::Pending,
            bytes => {
                buffer[..bytes.len()].copy_from_slice(bytes);
                Poll::Ready(Ok(bytes.len()))
            }
        }
    }
}

impl FuturesWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.0.write(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl StreamReader for Wire {
    async fn read(&mut self, buffer: &mut [u8]) -> wtx::Result<usize> {
        let bytes = std::future::poll_fn(|_| match self.0.take(buffer.len()) {
            [] => Poll::Pending,
            bytes => Poll::Ready(bytes),
        })
        .await;
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

impl StreamWriter for Wire {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.0.write(bytes);
        Ok(())
    }

    async fn write_all_vectored(&mut self, pieces: &[&[u8]]) -> wtx::Result<()> {
        pieces.iter().for_each(|piece| {
            self.0.write(piece);
        });
        Ok(())
    }
}
