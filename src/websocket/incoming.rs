//! The place for the bytes from the transport.

#[cfg(feature = "std")]
use std::io::{self, Read};

use bytes::BytesMut;

use super::read_buffer::ReadBuffer;

/// The bytes that a [`WebSocket`](super::WebSocket) has received and not processed yet.
///
/// The code that reads from the transport puts the bytes here, in one of three ways:
/// - [`read_from`](Self::read_from) reads once from any [`std::io::Read`].
/// - [`lend`](Self::lend) returns an empty buffer for readiness-based or completion-based I/O to
///   fill, and [`give_back`](Self::give_back) takes it back.
/// - [`extend_from_slice`](Self::extend_from_slice) copies bytes that are in another buffer.
///
/// The caller cannot reach the bytes of a message in progress. The lent buffer is only the free
/// space after them, so `give_back` copies no bytes. `lend` copies them only if it has to make more
/// room.
///
/// ```
/// use bytes::BufMut;
/// use websocket_proto::connection::Client;
/// use websocket_proto::{Message, WebSocket, handshake::Opened, websocket::Config};
///
/// let mut websocket = WebSocket::new(Client::new([7; 32]), Config::new(), Opened::new());
/// let mut free = websocket.input().lend();
/// free.put_slice(b"\x81\x05Hello"); // in real code, the transport fills it
/// websocket.input().give_back(free);
/// assert_eq!(websocket.receive()?, Some(Message::text("Hello")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "the bytes from the transport go in here"]
pub struct Incoming<'w> {
    buffer: &'w mut ReadBuffer,
}

impl<'w> Incoming<'w> {
    pub(super) const fn new(buffer: &'w mut ReadBuffer) -> Self {
        Self { buffer }
    }

    /// Reads once from `reader`, and returns the number of bytes that were read. 0 means the end of
    /// the reader.
    ///
    /// The size of the read adapts to the traffic. Memory that an earlier read has initialised is
    /// not initialised again.
    ///
    /// # Errors
    /// Returns the error of the reader. No bytes are lost, and the call can be repeated.
    #[cfg(feature = "std")]
    pub fn read_from(&mut self, reader: &mut (impl Read + ?Sized)) -> io::Result<usize> {
        self.buffer.read_from(reader)
    }

    /// Returns an empty buffer with room for the next read: at least 8 KiB. While a large frame
    /// arrives, the room grows with the number of its bytes that have arrived. With
    /// permessage-deflate the room is at most 32 KiB.
    ///
    /// Pass the buffer to [`give_back`](Self::give_back) after the transport has filled it. If the
    /// buffer is dropped instead, only its memory is lost.
    #[must_use = "the buffer must be given back"]
    pub fn lend(&mut self) -> BytesMut {
        self.buffer.lend()
    }

    /// Takes back a buffer from [`lend`](Self::lend), with the bytes from the transport.
    pub fn give_back(&mut self, filled: BytesMut) {
        self.buffer.give_back(filled);
    }

    /// Takes back a buffer from [`lend`](Self::lend) into which the transport has put no bytes.
    pub fn take_back(&mut self, unfilled: BytesMut) {
        self.buffer.take_back(unfilled);
    }

    /// Copies `bytes` to the end of the buffer.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Appends bytes that other code has read, such as the bytes after an opening handshake. If the
    /// read buffer is empty, nothing is copied.
    pub fn append(&mut self, bytes: BytesMut) {
        self.buffer.adopt(bytes);
    }

    /// Returns how many bytes the buffer holds, including those of a message in progress.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Returns whether the buffer holds no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Returns how much memory the buffer holds, in bytes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Frees the memory of an empty buffer. Call this while the transport has no bytes, so that an
    /// idle connection holds no buffer. With `std`, each thread keeps one buffer of at most 64 KiB
    /// for the next connection that needs one.
    pub fn release_memory(&mut self) {
        self.buffer.release_memory();
    }
}
