//! A connection with calls that block.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::pipe::Pipe;

/// One end of a connection, with the methods of [`std::net::TcpStream`] that the halves use.
#[derive(Debug)]
pub struct TcpStream {
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
    // Only the thread that reads uses the first time-out, and only the thread that writes uses the
    // second. So the time-outs do not need a lock of loom, which would only add orders.
    read_timeout: Mutex<Option<Duration>>,
    write_timeout: Mutex<Option<Duration>>,
    is_writing: AtomicBool,
}

impl TcpStream {
    /// Creates one end of a connection.
    #[must_use]
    pub const fn new(incoming: Arc<Pipe>, outgoing: Arc<Pipe>) -> Self {
        Self {
            incoming,
            outgoing,
            read_timeout: Mutex::new(None),
            write_timeout: Mutex::new(None),
            is_writing: AtomicBool::new(false),
        }
    }

    /// Creates both ends of a connection. Each pipe holds at most `capacity` bytes.
    #[must_use]
    pub fn pair(capacity: usize) -> (Self, Self) {
        let [one, other] = [(); 2].map(|()| Arc::new(Pipe::new(capacity)));
        (Self::new(Arc::clone(&one), Arc::clone(&other)), Self::new(other, one))
    }

    /// Breaks the connection in both directions.
    pub fn break_off(&self) {
        self.incoming.break_off();
        self.outgoing.break_off();
    }

    /// Breaks the direction that this end writes to. The writes of the other end may still wait.
    pub fn break_off_writes(&self) {
        self.outgoing.break_off();
    }

    /// Breaks the direction that this end reads from. The reads of the other end go on.
    pub fn break_off_reads(&self) {
        self.incoming.break_off();
    }

    /// Makes the reads and writes of the other end time out, from now on.
    pub fn slow_down(&self) {
        self.incoming.slow_down();
        self.outgoing.slow_down();
    }

    /// Makes only the reads of the other end time out, from now on.
    pub fn slow_down_writes(&self) {
        self.outgoing.slow_down();
    }

    /// Returns the longest time that a read may block.
    ///
    /// # Errors
    /// Never, but [`std::net::TcpStream`] can.
    pub fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(*self.read_timeout.lock().unwrap())
    }

    /// Sets the longest time that a read may block.
    ///
    /// # Errors
    /// Never, but [`std::net::TcpStream`] can.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        *self.read_timeout.lock().unwrap() = timeout;
        Ok(())
    }

    /// Returns the longest time that a write may block.
    ///
    /// # Errors
    /// Never, but [`std::net::TcpStream`] can.
    pub fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(*self.write_timeout.lock().unwrap())
    }

    /// Sets the longest time that a write may block.
    ///
    /// # Errors
    /// Never, but [`std::net::TcpStream`] can.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        *self.write_timeout.lock().unwrap() = timeout;
        Ok(())
    }

    /// Ends one or both directions.
    ///
    /// # Errors
    /// Never, but [`std::net::TcpStream`] can.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if how != Shutdown::Read {
            self.outgoing.end();
        }
        if how != Shutdown::Write {
            self.incoming.end();
        }
        Ok(())
    }
}

impl Read for &TcpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.incoming.read(buffer, self.read_timeout()?)
    }
}

impl Write for &TcpStream {
    /// Writes bytes.
    ///
    /// # Panics
    /// Panics if another thread is writing: their bytes would be mixed.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.is_writing.swap(true, Ordering::Relaxed), "two threads write at once");
        let written = self.outgoing.write(bytes, self.write_timeout()?);
        self.is_writing.store(false, Ordering::Relaxed);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for TcpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }
}

impl Write for TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
