//! A transport in memory that is always ready: reads take the bytes of a stream, writes are
//! counted.
//!
//! The traits of the ecosystems are in [`traits`].

mod traits;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The most bytes that one read returns.
pub const READ: usize = 64 * 1024;

/// The bytes that are read, at a place in memory that differs from repeat to repeat.
#[derive(Debug)]
pub struct Stream {
    memory: Vec<u8>,
    start: usize,
}

impl Stream {
    /// Copies `bytes` to a place `shift` bytes after the start of an allocation.
    #[must_use]
    pub fn shifted(bytes: &[u8], shift: usize) -> Self {
        let mut memory = vec![0; shift];
        memory.extend_from_slice(bytes);
        Self { memory, start: shift }
    }

    fn bytes(&self) -> &[u8] {
        &self.memory[self.start..]
    }
}

/// One end of a transport in memory. Clones are the same transport.
///
/// The counters are atomic because some crates ask for a transport that can be sent to another
/// thread. All of them are read and written without a locked instruction, so they cost what plain
/// integers cost.
#[derive(Clone, Debug)]
pub struct Memory {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    stream: Stream,
    position: AtomicUsize,
    reads: AtomicUsize,
    writes: AtomicUsize,
    written: AtomicUsize,
    records: AtomicBool,
    recorded: Mutex<Vec<u8>>,
}

impl Memory {
    /// Creates a transport that delivers `stream`.
    #[must_use]
    pub fn new(stream: Stream) -> Self {
        Self {
            shared: Arc::new(Shared {
                stream,
                position: AtomicUsize::new(0),
                reads: AtomicUsize::new(0),
                writes: AtomicUsize::new(0),
                written: AtomicUsize::new(0),
                records: AtomicBool::new(false),
                recorded: Mutex::default(),
            }),
        }
    }

    /// Delivers the stream once more from its start.
    pub fn rewind(&self) {
        self.shared.position.store(0, Relaxed);
    }

    /// Returns how many reads have returned bytes.
    #[must_use]
    pub fn reads(&self) -> usize {
        self.shared.reads.load(Relaxed)
    }

    /// Returns how many writes were made.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.shared.writes.load(Relaxed)
    }

    /// Returns how many bytes were written.
    #[must_use]
    pub fn written(&self) -> usize {
        self.shared.written.load(Relaxed)
    }

    /// Keeps the bytes that are written from now on.
    pub fn record(&self) {
        self.shared.records.store(true, Relaxed);
    }

    /// Returns the bytes that were kept, and keeps no more.
    pub fn take_record(&self) -> Vec<u8> {
        self.shared.records.store(false, Relaxed);
        std::mem::take(&mut *self.shared.recorded.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the bytes of the next read of up to `max` bytes. It is empty at the end of the
    /// stream, where a socket would have nothing to read yet.
    #[inline]
    pub fn next_read(&self, max: usize) -> &[u8] {
        let position = self.shared.position.load(Relaxed);
        let rest = &self.shared.stream.bytes()[position..];
        let len = rest.len().min(max).min(READ);
        self.shared.position.store(position + len, Relaxed);
        add(&self.shared.reads, usize::from(len != 0));
        &rest[..len]
    }

    /// Fills `buffer` with the next bytes, and returns how many there are.
    #[inline]
    pub fn read_into(&self, buffer: &mut [u8]) -> usize {
        let read = self.next_read(buffer.len());
        buffer[..read.len()].copy_from_slice(read);
        read.len()
    }

    /// Takes `pieces` in one write, and returns their length.
    #[inline]
    pub fn write_pieces<'p>(&self, pieces: impl Iterator<Item = &'p [u8]> + Clone) -> usize {
        let len = pieces.clone().map(<[u8]>::len).sum();
        add(&self.shared.writes, 1);
        add(&self.shared.written, len);
        if self.shared.records.load(Relaxed) {
            self.keep(pieces);
        }
        len
    }

    #[cold]
    fn keep<'p>(&self, pieces: impl Iterator<Item = &'p [u8]>) {
        let mut recorded = self.shared.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        pieces.for_each(|piece| recorded.extend_from_slice(piece));
    }
}

#[inline]
fn add(counter: &AtomicUsize, number: usize) {
    counter.store(counter.load(Relaxed) + number, Relaxed);
}
