//! The transport of the blocking adapter, and calls that are limited in time.

use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};

/// A byte stream that blocks.
///
/// A byte stream of your own needs only `impl Transport for MyStream {}`. But then the adapter
/// cannot limit its waits:
/// - Set time-outs on the byte stream yourself.
/// - A keepalive and a write time-out are checked only between two calls.
/// - The adapter does not wait for the peer to end the transport.
///
/// If the byte stream has time-outs, and its directions are independent, it should return `false`
/// from [`reads_while_writing`](Self::reads_while_writing). By default each limited write changes
/// the time-out for reads too.
///
/// One call of a TLS stream can read or write several times, and each of these reads and writes may
/// last for the whole limit. So a peer that sends single bytes of a TLS record can prolong a call
/// beyond the limits of the configuration. A read of a `rustls` stream first writes everything that
/// is left to write. So if the transports of both peers accept no more bytes, both peers wait until
/// the [`write_timeout`](crate::websocket::Config::write_timeout) ends the connection. The
/// asynchronous adapters do not have these weaknesses.
///
/// For TLS over TCP, [`OverTcp`] implements all methods. The methods for time-outs do the same as
/// those of [`TcpStream`] with these names.
pub trait Transport: Read + Write {
    /// Returns the longest time that a read may block, or `None` if there is no limit.
    ///
    /// # Errors
    /// Returns [`Unsupported`](ErrorKind::Unsupported) if reads cannot be limited, or another error
    /// of the transport.
    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Sets the longest time that a read may block. The time is not zero.
    ///
    /// # Errors
    /// Returns the same errors as [`read_timeout`](Self::read_timeout).
    fn set_read_timeout(&self, _timeout: Option<Duration>) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Returns the longest time that a write may block, or `None` if there is no limit.
    ///
    /// # Errors
    /// Returns [`Unsupported`](ErrorKind::Unsupported) if writes cannot be limited, or another
    /// error of the transport.
    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Sets the longest time that a write may block. The time is not zero.
    ///
    /// # Errors
    /// Returns the same errors as [`write_timeout`](Self::write_timeout).
    fn set_write_timeout(&self, _timeout: Option<Duration>) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Returns whether a write may also read and a read may also write, as in TLS. If so, the
    /// adapter limits the time of both directions in each call. A TLS stream reads in a write
    /// during its handshake. Some TLS libraries also do so after a write that did not complete in
    /// time.
    ///
    /// The default is `true`. A byte stream whose directions are independent can return `false`,
    /// which saves system calls.
    fn reads_while_writing(&self) -> bool {
        true
    }

    /// Makes small writes leave at once (`TCP_NODELAY`). Otherwise the second of two small messages
    /// waits until the peer has acknowledged the first, which can take 40 ms. A byte stream that is
    /// not TCP does nothing.
    ///
    /// # Errors
    /// Returns the error of the transport.
    fn set_nodelay(&self) -> io::Result<()> {
        Ok(())
    }

    /// Shuts down the sending side.
    ///
    /// # Errors
    /// Returns [`Unsupported`](ErrorKind::Unsupported) if the sending side ends only when the
    /// transport is dropped, or another error of the transport.
    fn shutdown_write(&mut self) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }
}

impl Transport for TcpStream {
    fn reads_while_writing(&self) -> bool {
        false
    }

    fn set_nodelay(&self) -> io::Result<()> {
        Self::set_nodelay(self, true)
    }

    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Self::read_timeout(self)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_read_timeout(self, timeout)
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Self::write_timeout(self)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_write_timeout(self, timeout)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

#[cfg(unix)]
impl Transport for std::os::unix::net::UnixStream {
    fn reads_while_writing(&self) -> bool {
        false
    }

    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Self::read_timeout(self)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_read_timeout(self, timeout)
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Self::write_timeout(self)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_write_timeout(self, timeout)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Bytes in memory.
impl Transport for io::Cursor<alloc::vec::Vec<u8>> {}

/// A byte stream over a TCP connection, such as a TLS stream.
#[derive(Debug)]
pub struct OverTcp<S> {
    stream: S,
    tcp: TcpStream,
}

impl<S> OverTcp<S> {
    /// Combines a byte stream with a second handle of its TCP connection, from
    /// [`TcpStream::try_clone`].
    pub const fn new(stream: S, tcp: TcpStream) -> Self {
        Self { stream, tcp }
    }

    /// Returns the byte stream.
    pub const fn stream(&self) -> &S {
        &self.stream
    }

    /// Returns the byte stream, as [`stream`](Self::stream) does.
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Returns the byte stream.
    pub fn into_stream(self) -> S {
        self.stream
    }
}

impl<S: Read> Read for OverTcp<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl<S: Write> Write for OverTcp<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.stream.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The `close_notify` of TLS is not sent. The WebSocket has its own closing handshake, which shows
/// whether bytes were cut off.
impl<S: Read + Write> Transport for OverTcp<S> {
    fn set_nodelay(&self) -> io::Result<()> {
        self.tcp.set_nodelay(true)
    }

    fn read_timeout(&self) -> io::Result<Option<Duration>> {
        self.tcp.read_timeout()
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.tcp.set_read_timeout(timeout)
    }

    fn write_timeout(&self) -> io::Result<Option<Duration>> {
        self.tcp.write_timeout()
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.tcp.set_write_timeout(timeout)
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Write)
    }
}

/// The longest time that a reader waits for the transport to accept bytes. The reader must go on
/// reading, even if the peer reads nothing.
pub(super) const BRIEF: Duration = Duration::from_millis(1);

/// How long a reader waits for bytes before it tries again to write.
pub(super) const SHORT: Duration = Duration::from_millis(20);

/// The largest read buffer that a connection keeps while its peer is silent, in bytes.
pub(super) const LARGE: usize = 64 * 1024;

/// The shortest time-out that a socket accepts.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);

/// Reads with `read`, which may block for at most `limit`. A shorter time-out of the transport
/// applies too, and is the same afterwards. If the reads of the transport cannot be limited,
/// `limit` has no effect.
fn read_within<S: Transport + ?Sized, T>(
    stream: &mut S,
    limit: Option<Duration>,
    read: impl FnOnce(&mut S) -> io::Result<T>,
) -> io::Result<T> {
    let Some(limit) = limit.map(|limit| limit.max(SHORTEST)) else {
        return read(stream);
    };
    let own = match stream.read_timeout() {
        Ok(own) if own.is_none_or(|own| own > limit) => own,
        Err(error) if error.kind() != ErrorKind::Unsupported => return Err(error),
        _ => return read(stream),
    };
    stream.set_read_timeout(Some(limit))?;
    let result = read(stream);
    // The result must not be lost. If this call fails, a later call of the transport fails too.
    let _ = stream.set_read_timeout(own);
    result
}

/// The write time-out of a transport. It stays as it is after a write, because the next write has
/// mostly the same limit, and each change is a call of the system.
#[derive(Debug)]
pub(super) struct WriteTimeout {
    known: Option<Known>,
    /// Whether the application may have changed the time-out.
    is_stale: AtomicBool,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    /// The time-out that the application has set.
    own: Option<Duration>,
    now: Option<Duration>,
}

impl WriteTimeout {
    pub(super) const fn new() -> Self {
        Self { known: None, is_stale: AtomicBool::new(false) }
    }

    /// Writes with `write`, which may block for at most `limit`. If the transport may read in a
    /// write, such a read may block for at most `limit` too. A shorter time-out of the application
    /// applies too.
    pub(super) fn write_within<S: Transport + ?Sized, T>(
        &mut self,
        stream: &mut S,
        limit: Option<Duration>,
        write: impl FnOnce(&mut S) -> io::Result<T>,
    ) -> io::Result<T> {
        let read_limit = if stream.reads_while_writing() { limit } else { None };
        read_within(stream, read_limit, |stream| self.only_write_within(stream, limit, write))
    }

    /// Reads with `read`, which may block for at most `limit`. If the transport may write in a
    /// read, such a write may block for at most `limit` too.
    pub(super) fn read_within<S: Transport + ?Sized, T>(
        &mut self,
        stream: &mut S,
        limit: Option<Duration>,
        read: impl FnOnce(&mut S) -> io::Result<T>,
    ) -> io::Result<T> {
        if stream.reads_while_writing() {
            self.write_within(stream, limit, read)
        } else {
            read_within(stream, limit, read)
        }
    }

    fn only_write_within<S: Transport + ?Sized, T>(
        &mut self,
        stream: &mut S,
        limit: Option<Duration>,
        write: impl FnOnce(&mut S) -> io::Result<T>,
    ) -> io::Result<T> {
        if mem::take(self.is_stale.get_mut()) {
            self.known = None;
        }
        let limit = limit.map(|limit| limit.max(SHORTEST));
        let known = match (self.known, limit) {
            // The application has set the time-out.
            (None, None) => return write(stream),
            (Some(known), _) => known,
            (None, Some(_)) => match stream.write_timeout() {
                Ok(own) => Known { own, now: own },
                Err(error) if error.kind() == ErrorKind::Unsupported => return write(stream),
                Err(error) => return Err(error),
            },
        };
        let now = match (known.own, limit) {
            (Some(own), Some(limit)) => Some(own.min(limit)),
            (own, limit) => own.or(limit),
        };
        if now != known.now {
            stream.set_write_timeout(now)?;
        }
        self.known = Some(Known { now, ..known });
        write(stream)
    }

    /// Gives the transport to the application, which may look at the time-out and change it.
    pub(super) fn restore<S: Transport + ?Sized>(&self, stream: &S) {
        if self.is_stale.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(known) = self.known.filter(|known| known.now != known.own) {
            // An error is found again by the next write.
            let _ = stream.set_write_timeout(known.own);
        }
    }
}
