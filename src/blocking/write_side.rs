//! What two halves share: the transport to write to, and what is due on it.

use core::time::Duration;
use std::io;
use std::net::TcpStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use super::write_some;
use crate::connection::Role;
use crate::io::{Error, is_would_block};
use crate::websocket::{Answers, MessageSender, Outgoing};

/// What the halves share.
#[derive(Debug)]
pub(super) struct WriteSide<R> {
    /// Held while the transport is written to, for as long as that takes.
    writer: Mutex<Writer<R>>,
    /// Held for moments only: so the reader never waits for a slow write.
    due: Mutex<Answers>,
    /// Told, with `due` held, whenever the writer has been let go.
    written: Condvar,
}

#[derive(Debug)]
pub(super) struct Writer<R> {
    stream: TcpStream,
    sender: MessageSender<R>,
}

impl<R: Role> WriteSide<R> {
    pub(super) const fn new(stream: TcpStream, sender: MessageSender<R>) -> Self {
        Self {
            writer: Mutex::new(Writer { stream, sender }),
            due: Mutex::new(Answers::new()),
            written: Condvar::new(),
        }
    }

    /// The transport, and what sends with all that is due.
    pub(super) fn into_parts(self) -> (TcpStream, MessageSender<R>) {
        let mut writer = self.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut due = self.due.into_inner().unwrap_or_else(PoisonError::into_inner);
        writer.sender.settle(&mut due);
        (writer.stream, writer.sender)
    }

    /// Notes what is owed, and sees to it that somebody sends it.
    pub(super) fn owe(&self, answers: &mut Answers) {
        lock(&self.due).append(answers);
        self.settle();
    }

    /// Sends what is due, unless somebody is writing, who does this when it has written.
    fn settle(&self) {
        while !lock(&self.due).is_empty() {
            let Some(mut writer) = self.try_writer() else {
                return;
            };
            // When the transport takes nothing now, the next write takes it along; when it has
            // failed, who reads from it will see.
            if writer.flush(&self.due).is_err() {
                break;
            }
        }
        let _due = lock(&self.due);
        self.written.notify_one();
    }

    /// The writer, unless it is in use.
    fn try_writer(&self) -> Option<MutexGuard<'_, Writer<R>>> {
        match self.writer.try_lock() {
            Ok(writer) => Some(writer),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The writer, as soon as it is not in use; `None` when it is for all of `limit`.
    pub(super) fn writer_within(&self, limit: Duration) -> Option<MutexGuard<'_, Writer<R>>> {
        let deadline = Instant::now() + limit;
        let mut due = lock(&self.due);
        loop {
            let writer = self.try_writer();
            let left = deadline.saturating_duration_since(Instant::now());
            if writer.is_some() || left.is_zero() {
                return writer;
            }
            let waited = self.written.wait_timeout(due, left);
            due = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Does what writes nothing, and what became due meanwhile.
    pub(super) fn with_sender(&self, act: impl FnOnce(&mut MessageSender<R>)) {
        act(&mut lock(&self.writer).sender);
        self.settle();
    }

    /// Does `feed` and writes all that is queued. `feed` gets the reason if there is no room for
    /// it.
    pub(super) fn send(
        &self,
        feed: impl FnOnce(Result<&mut MessageSender<R>, Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sent = {
            let mut writer = lock(&self.writer);
            writer.feed(feed, &self.due).and_then(|()| Ok(writer.flush(&self.due)?))
        };
        self.settle();
        sent
    }

    /// As [`send`](Self::send), and writes only what makes room.
    pub(super) fn feed(
        &self,
        feed: impl FnOnce(Result<&mut MessageSender<R>, Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let fed = lock(&self.writer).feed(feed, &self.due);
        self.settle();
        fed
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        let flushed = lock(&self.writer).flush(&self.due);
        self.settle();
        flushed
    }

    /// All that is to be written, with what is due.
    pub(super) fn output<'w>(&self, writer: &'w mut Writer<R>) -> &'w mut Outgoing {
        writer.sender.settle(&mut lock(&self.due));
        writer.sender.output()
    }
}

impl<R: Role> Writer<R> {
    fn feed(
        &mut self,
        feed: impl FnOnce(Result<&mut MessageSender<R>, Error>) -> Result<(), Error>,
        due: &Mutex<Answers>,
    ) -> Result<(), Error> {
        match self.make_room(due) {
            Ok(()) => feed(Ok(&mut self.sender)),
            Err(error) => feed(Err(error)),
        }
    }

    /// Writes what is queued if nothing more can be queued.
    fn make_room(&mut self, due: &Mutex<Answers>) -> Result<(), Error> {
        if self.sender.is_ready() {
            return Ok(());
        }
        match self.flush(due) {
            // The message itself is told apart from what was queued before it.
            Err(error) if is_would_block(&error) => Ok(()),
            flushed => Ok(flushed?),
        }
    }

    /// Writes all that is queued, and what becomes due meanwhile.
    fn flush(&mut self, due: &Mutex<Answers>) -> io::Result<()> {
        loop {
            self.sender.settle(&mut lock(due));
            if self.sender.output().is_empty() {
                return Ok(());
            }
            write_some(&mut self.stream, self.sender.output())?;
        }
    }
}

/// A thread that panicked has left nothing half done in here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
