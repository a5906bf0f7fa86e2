//! One direction of a connection.
//!
//! A pipe wakes only the tasks that a transport must wake. A read or a write that is ready ends an
//! earlier wait, so no task is woken for this wait any more. A task that waits for room is woken a
//! moment after there is room. If another task takes the room in this moment, no task is woken.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::clock;
use crate::lock::{Condvar, Mutex, MutexGuard};

/// A call waits only if its time-out is at least this long. A call with a shorter time-out times
/// out at once if the pipe is not ready, because a short wait that succeeds has the same effect as
/// a later call.
const LONG: Duration = Duration::from_millis(500);

/// One direction of a connection: a queue of bytes with a limited size.
#[derive(Debug)]
pub struct Pipe {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    bytes: VecDeque<u8>,
    /// How many bytes the pipe holds at most.
    capacity: usize,
    is_ended: bool,
    is_broken: bool,
    /// Whether calls with long time-outs time out at once, too.
    is_slow: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    /// Creates a pipe that holds at most `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::new(State {
                bytes: VecDeque::new(),
                capacity,
                is_ended: false,
                is_broken: false,
                is_slow: false,
                reader: None,
                writer: None,
            }),
            changed: Condvar::new(),
        }
    }

    /// Ends the pipe: after the bytes in it, the reader reads the end. A task that writes is not
    /// woken, because a transport need not wake it when its own end is shut down.
    pub fn end(&self) {
        let mut state = self.lock();
        state.is_ended = true;
        let reader = state.reader.take();
        self.notify(state, reader);
    }

    /// Breaks the pipe: the bytes in it are lost, and each call fails.
    pub fn break_off(&self) {
        let mut state = self.lock();
        state.is_broken = true;
        state.bytes.clear();
        let tasks = [state.reader.take(), state.writer.take()];
        self.notify(state, tasks.into_iter().flatten());
    }

    /// From now on, each call with a time-out times out if the pipe is not ready. Before, calls
    /// with long time-outs wait without a limit, so a model shows what happens without a time-out.
    pub fn slow_down(&self) {
        let mut state = self.lock();
        state.is_slow = true;
        self.notify(state, None);
    }

    /// Wakes the threads that wait for the pipe, and these tasks. Wakers are called without the lock.
    fn notify(&self, state: MutexGuard<'_, State>, tasks: impl IntoIterator<Item = Waker>) {
        self.changed.notify_all();
        drop(state);
        for task in tasks {
            task.wake();
        }
    }

    /// Wakes the threads that wait for the pipe. A moment later, wakes the task that writes, if it
    /// still waits.
    fn after_read(&self, state: MutexGuard<'_, State>) {
        let is_awaited = state.writer.is_some();
        self.notify(state, None);
        if is_awaited {
            let mut state = self.lock();
            let writer = state.writer.take();
            self.notify(state, writer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Reads bytes, waiting for at most `timeout`.
    ///
    /// # Errors
    /// `WouldBlock` after the time-out, `ConnectionReset` if the pipe is broken.
    pub fn read(&self, buffer: &mut [u8], timeout: Option<Duration>) -> io::Result<usize> {
        let mut state = self.lock();
        loop {
            if let Some(read) = state.read(buffer) {
                self.after_read(state);
                return read;
            }
            state = self.wait(state, timeout)?;
        }
    }

    /// Writes bytes, waiting for at most `timeout`.
    ///
    /// # Errors
    /// `WouldBlock` after the time-out, `BrokenPipe` if the pipe is broken or has ended.
    pub fn write(&self, bytes: &[u8], timeout: Option<Duration>) -> io::Result<usize> {
        let mut state = self.lock();
        loop {
            if let Some(written) = state.write(bytes) {
                let reader = state.reader.take();
                self.notify(state, reader);
                return written;
            }
            state = self.wait(state, timeout)?;
        }
    }

    /// Waits for a change of the pipe.
    fn wait<'s>(
        &'s self,
        state: MutexGuard<'s, State>,
        timeout: Option<Duration>,
    ) -> io::Result<MutexGuard<'s, State>> {
        match timeout {
            Some(timeout) if timeout < LONG || state.is_slow => {
                drop(state);
                clock::sleep(timeout);
                Err(ErrorKind::WouldBlock.into())
            }
            _ => Ok(self.changed.wait(state).unwrap()),
        }
    }

    /// Reads bytes, or registers the task to be woken.
    ///
    /// # Errors
    /// `ConnectionReset` if the pipe is broken.
    pub fn poll_read(&self, buffer: &mut [u8], context: &Context<'_>) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        let Some(read) = state.read(buffer) else {
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        state.reader = None;
        self.after_read(state);
        Poll::Ready(read)
    }

    /// Writes bytes, or registers the task to be woken.
    ///
    /// # Errors
    /// `BrokenPipe` if the pipe is broken or has ended.
    pub fn poll_write(&self, bytes: &[u8], context: &Context<'_>) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        let Some(written) = state.write(bytes) else {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        };
        state.writer = None;
        let reader = state.reader.take();
        self.notify(state, reader);
        Poll::Ready(written)
    }
}

impl State {
    /// Reads bytes, unless there are none yet.
    fn read(&mut self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        if self.is_broken {
            return Some(Err(ErrorKind::ConnectionReset.into()));
        }
        let count = self.bytes.len().min(buffer.len());
        for (to, byte) in buffer.iter_mut().zip(self.bytes.drain(..count)) {
            *to = byte;
        }
        (count > 0 || self.is_ended).then_some(Ok(count))
    }

    /// Writes as many bytes as there is room for, unless there is none.
    fn write(&mut self, bytes: &[u8]) -> Option<io::Result<usize>> {
        if self.is_broken || self.is_ended {
            return Some(Err(ErrorKind::BrokenPipe.into()));
        }
        let count = bytes.len().min(self.capacity - self.bytes.len());
        self.bytes.extend(&bytes[..count]);
        (count > 0).then_some(Ok(count))
    }
}
