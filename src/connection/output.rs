//! The outputs that frames are written to.

use crate::error::OutputFull;
use crate::mask::Mask;

/// A buffer for the bytes to send.
///
/// [`SliceOutput`] (for a slice), `Vec<u8>` and `BytesMut` are outputs. A caller can implement the
/// trait for its own buffer.
///
/// A connection calls [`room`](Self::room) before it writes. It writes a whole frame or nothing.
///
/// A reference to an output is an output too, and `&mut dyn Output` chooses the output at run time.
///
/// ```
/// use websocket_proto::connection::{Connection, ConnectionConfig, Output, Server, SliceOutput};
///
/// fn greet(connection: &mut Connection<Server>, out: &mut dyn Output) {
///     connection.send_text("Hello", out).expect("the output has room");
/// }
///
/// let mut connection = Connection::new(Server, ConnectionConfig::new());
/// let mut buffer = [0; 64];
/// let mut out = SliceOutput::new(&mut buffer);
/// greet(&mut connection, &mut out);
/// assert_eq!(out.written(), b"\x81\x05Hello");
/// ```
pub trait Output {
    /// Returns how many more bytes can be written.
    fn room(&self) -> usize;

    /// Appends `bytes`. A connection never passes more bytes than [`room`](Self::room) returns.
    fn put(&mut self, bytes: &[u8]);

    /// Masks `bytes` and appends the result. A connection never passes more bytes than
    /// [`room`](Self::room) returns.
    fn put_masked(&mut self, bytes: &[u8], mask: &mut Mask) {
        let mut masked = [0; 512];
        for piece in bytes.chunks(masked.len()) {
            let len = mask.copy(piece, &mut masked);
            self.put(masked.get(..len).unwrap_or_default());
        }
    }
}

impl<O: Output + ?Sized> Output for &mut O {
    #[inline]
    fn room(&self) -> usize {
        (**self).room()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        (**self).put(bytes);
    }

    #[inline]
    fn put_masked(&mut self, bytes: &[u8], mask: &mut Mask) {
        (**self).put_masked(bytes, mask);
    }
}

/// An [`Output`] that writes to a slice.
///
/// ```
/// use websocket_proto::connection::{Connection, ConnectionConfig, Server, SliceOutput};
///
/// let mut connection = Connection::new(Server, ConnectionConfig::new());
/// let mut buffer = [0; 64];
/// let mut out = SliceOutput::new(&mut buffer);
/// connection.send_text("Hello", &mut out)?;
/// assert_eq!(out.written(), b"\x81\x05Hello");
/// # Ok::<(), websocket_proto::SendError>(())
/// ```
#[derive(Debug)]
pub struct SliceOutput<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl<'b> SliceOutput<'b> {
    /// Creates an output at the start of `buffer`.
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// Returns the bytes that have been written so far.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }

    /// Moves back to the start of the slice, so that the next write replaces the written bytes.
    pub const fn clear(&mut self) {
        self.len = 0;
    }

    fn free(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.len..).unwrap_or_default()
    }
}

impl Output for SliceOutput<'_> {
    #[inline]
    fn room(&self) -> usize {
        self.buffer.len() - self.len
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if let Some(to) = self.free().get_mut(..bytes.len()) {
            to.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    #[inline]
    fn put_masked(&mut self, bytes: &[u8], mask: &mut Mask) {
        self.len += mask.copy(bytes, self.free());
    }
}

/// The vector grows as needed.
#[cfg(feature = "alloc")]
impl Output for alloc::vec::Vec<u8> {
    fn room(&self) -> usize {
        isize::MAX as usize - self.len()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn put_masked(&mut self, bytes: &[u8], mask: &mut Mask) {
        mask.append(bytes, self);
    }
}

/// The buffer grows as needed.
#[cfg(feature = "alloc")]
impl Output for bytes::BytesMut {
    fn room(&self) -> usize {
        isize::MAX as usize - self.len()
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn put_masked(&mut self, bytes: &[u8], mask: &mut Mask) {
        self.reserve(bytes.len());
        // Each block is masked while it is in the cache.
        for block in bytes.chunks(CACHE_BLOCK) {
            let start = self.len();
            self.extend_from_slice(block);
            mask.apply(self.get_mut(start..).unwrap_or_default());
        }
    }
}

/// The size of a block, in bytes, for code that masks bytes and then uses them again.
///
/// A block is small enough to stay in the first-level cache.
pub(super) const CACHE_BLOCK: usize = 8 * 1024;

/// An output that counts the bytes written to another output.
pub(super) struct Counted<'o, O: ?Sized> {
    out: &'o mut O,
    pub(super) written: usize,
}

impl<'o, O: Output + ?Sized> Counted<'o, O> {
    pub(super) const fn new(out: &'o mut O) -> Self {
        Self { out, written: 0 }
    }
}

impl<O: Output + ?Sized> Output for Counted<'_, O> {
    fn room(&self) -> usize {
        self.out.room()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out.put(bytes);
        self.written += bytes.len();
    }

    fn put_masked(&mut self, bytes: &[u8], mask: &mut Mask) {
        self.out.put_masked(bytes, mask);
        self.written += bytes.len();
    }
}

/// Checks that `out` has room for a frame of `needed` bytes.
#[inline]
pub(super) fn require_room(out: &(impl Output + ?Sized), needed: usize) -> Result<(), OutputFull> {
    let available = out.room();
    if needed <= available { Ok(()) } else { Err(OutputFull { needed, available }) }
}
