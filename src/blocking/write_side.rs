//! The state that two halves share: the transport for writing, the sending half, and the owed
//! answers.

use std::io;
use std::net::TcpStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};

use super::deadline::Deadline;
use super::write_some;
use crate::connection::Role;
use crate::io::{Error, is_would_block};
use crate::websocket::{Answers, MessageSender, Outgoing};

/// The state that the halves share.
#[derive(Debug)]
pub(super) struct WriteSide<R> {
    /// Locked during a whole write, however long the write takes.
    writer: Mutex<Writer<R>>,
    /// Locked only for moments, so that the half that reads never waits for a slow write.
    due: Mutex<Answers>,
    /// Notified, while `due` is locked, after the writer was released.
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

    /// Returns the transport, and the sending half with all owed answers.
    pub(super) fn into_parts(self) -> (TcpStream, MessageSender<R>) {
        let mut writer = self.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut due = self.due.into_inner().unwrap_or_else(PoisonError::into_inner);
        writer.sender.settle(&mut due);
        (writer.stream, writer.sender)
    }

    /// Records owed answers, and makes sure that they are sent.
    pub(super) fn owe(&self, answers: &mut Answers) {
        lock(&self.due).append(answers);
        self.settle();
    }

    /// Sends the owed answers, unless another thread is writing. That thread sends them after its
    /// write.
    fn settle(&self) {
        while !lock(&self.due).is_empty() {
            let Some(mut writer) = self.try_writer() else {
                return;
            };
            // If the transport accepts no bytes now, the next write sends the answers. If it has
            // failed, the next read reports the error.
            if writer.flush(&self.due).is_err() {
                break;
            }
        }
        let _due = lock(&self.due);
        self.written.notify_one();
    }

    /// Returns the writer, unless it is in use.
    fn try_writer(&self) -> Option<MutexGuard<'_, Writer<R>>> {
        match self.writer.try_lock() {
            Ok(writer) => Some(writer),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Returns the writer as soon as it is not in use, or `TimedOut` if it is in use until
    /// `deadline`.
    pub(super) fn writer_by(&self, deadline: Deadline) -> io::Result<MutexGuard<'_, Writer<R>>> {
        let mut due = lock(&self.due);
        loop {
            if let Some(writer) = self.try_writer() {
                return Ok(writer);
            }
            due = match deadline.left()? {
                Some(left) => {
                    let waited = self.written.wait_timeout(due, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.written.wait(due).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Calls `act`, which writes nothing. Then sends the answers that became due in the meantime.
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

    /// Returns all bytes to write, including the owed answers.
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

    /// Writes everything that is queued if the queue is full.
    fn make_room(&mut self, due: &Mutex<Answers>) -> Result<(), Error> {
        if self.sender.is_ready() {
            return Ok(());
        }
        match self.flush(due) {
            // The caller then gets `QueueFull`, with the message. An error of this write would look
            // as if the message had been queued.
            Err(error) if is_would_block(&error) => Ok(()),
            flushed => Ok(flushed?),
        }
    }

    /// Writes everything that is queued, and the answers that become due in the meantime.
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

/// Locks `mutex`. A poisoned lock is used too, because no code under these locks leaves a state
/// half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
