//! The other end of a client's handshake: it answers the request that is written to it.

use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::io::{AsyncRead as FuturesRead, AsyncWrite as FuturesWrite};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::blocking::Transport;
use websocket_proto::handshake::accept_key;
use wtx::stream::{StreamReader, StreamWriter};

/// A server in memory. Clones are the same server.
#[derive(Clone, Debug)]
pub struct Responder {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    request: Vec<u8>,
    response: Vec<u8>,
    read: usize,
}

impl Responder {
    /// Creates a server that waits for a request.
    #[must_use]
    pub fn new() -> Self {
        let state =
            State { request: Vec::with_capacity(512), response: Vec::with_capacity(256), read: 0 };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Returns the request.
    pub fn request(&self) -> String {
        String::from_utf8(self.state().request.clone()).expect("a request is text")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a part of the request. The response is ready once the request is whole.
    pub fn put(&self, bytes: &[u8]) -> usize {
        let mut state = self.state();
        state.request.extend_from_slice(bytes);
        if state.request.ends_with(b"\r\n\r\n") {
            state.response = response(&state.request);
        }
        bytes.len()
    }

    /// Fills `buffer` with the next bytes of the response, and returns how many there are.
    pub fn fetch(&self, buffer: &mut [u8]) -> usize {
        let mut state = self.state();
        let rest = &state.response[state.read..];
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        state.read += len;
        len
    }
}

fn response(request: &[u8]) -> Vec<u8> {
    let key = request
        .split(|byte| *byte == b'\n')
        .find_map(|line| {
            let (name, value) = line.split_at_checked(18)?;
            name.eq_ignore_ascii_case(b"Sec-WebSocket-Key:").then_some(value.trim_ascii())
        })
        .expect("a request has a key");
    let mut response = b"HTTP/1.1 101 Switching Protocols\r\n\
        Upgrade: websocket\r\n\
        Connection: Upgrade\r\n\
        Sec-WebSocket-Accept: "
        .to_vec();
    response.extend_from_slice(&accept_key(key));
    response.extend_from_slice(b"\r\n\r\n");
    response
}

impl Read for Responder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.fetch(buffer) {
            0 => Err(ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Responder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.put(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Responder {}

impl AsyncRead for Responder {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut bytes = [0; 512];
        let max = buffer.remaining().min(bytes.len());
        match self.fetch(&mut bytes[..max]) {
            0 => Poll::Pending,
            len => {
                buffer.put_slice(&bytes[..len]);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Responder {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.put(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl FuturesRead for Responder {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.fetch(buffer) {
            0 => Poll::Pending,
            len => Poll::Ready(Ok(len)),
        }
    }
}

impl FuturesWrite for Responder {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.put(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl StreamReader for Responder {
    async fn read(&mut self, bytes: &mut [u8]) -> wtx::Result<usize> {
        Ok(self.fetch(bytes))
    }
}

impl StreamWriter for Responder {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.put(bytes);
        Ok(())
    }

    async fn write_all_vectored(&mut self, pieces: &[&[u8]]) -> wtx::Result<()> {
        pieces.iter().for_each(|piece| {
            self.put(piece);
        });
        Ok(())
    }
}
