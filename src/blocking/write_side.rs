//! The state that two halves share: the transport, the sending half, and the owed answers.

use core::time::Duration;
use std::io::{self, ErrorKind, Write as _};
use std::net::Shutdown;
use std::sync::{PoisonError, TryLockError};

use super::transport::BRIEF;
use super::{retry, write_some};
use crate::connection::Role;
use crate::io::{Driver, Error, is_would_block};
use crate::sync::{Condvar, Instant, Mutex, MutexGuard, TcpStream};
use crate::websocket::{Answers, MessageSender};

/// The longest time that a call of the system blocks. After it, the half looks at the deadlines and
/// at what the other half has done.
pub(super) const SLICE: Duration = Duration::from_millis(500);

/// The state that the halves share.
#[derive(Debug)]
pub(super) struct WriteSide<R> {
    pub(super) stream: TcpStream,
    /// Locked during a write, for at most a [`SLICE`] at a time.
    writer: Mutex<Writer<R>>,
    /// Locked only for moments, so that the half that reads never waits for a slow write.
    due: Mutex<Due>,
    /// Notified, while `due` is locked, after the writer was released or locked.
    changed: Condvar,
    /// The moment of the creation of the connection, from which all times count.
    start: Instant,
    /// The write time-out that the application has set on the socket.
    own_timeout: Option<Duration>,
}

/// The part of the state through which a half asks the other half for something.
#[derive(Debug)]
struct Due {
    answers: Answers,
    /// Whether a half could not write the queued frames, because the other half had the writer. The
    /// other half then writes these frames.
    is_left: bool,
    /// Whether a half waits for the writer. A half that writes for long then gives it a turn.
    is_wanted: bool,
}

/// The sending half of the WebSocket, and the state of writing.
#[derive(Debug)]
pub(super) struct Writer<R> {
    pub(super) sender: MessageSender<R>,
    pub(super) driver: Driver,
    /// Whether the transport accepted no bytes at the last attempt of the half that reads.
    stuck: bool,
    /// The write time-out of the socket now.
    timeout: Option<Duration>,
}

impl<R: Role> WriteSide<R> {
    pub(super) fn new(
        stream: TcpStream,
        sender: MessageSender<R>,
        driver: Driver,
        start: Instant,
    ) -> io::Result<Self> {
        let own_timeout = stream.write_timeout()?;
        Ok(Self { own_timeout, ..Self::rejoin(stream, sender, driver, start) })
    }

    /// Does what [`new`](Self::new) does for a socket without time-outs.
    pub(super) fn rejoin(
        stream: TcpStream,
        sender: MessageSender<R>,
        driver: Driver,
        start: Instant,
    ) -> Self {
        Self {
            stream,
            writer: Mutex::new(Writer { sender, driver, stuck: false, timeout: None }),
            due: Mutex::new(Due { answers: Answers::new(), is_left: false, is_wanted: false }),
            changed: Condvar::new(),
            start,
            own_timeout: None,
        }
    }

    /// Returns the parts, with all owed answers in the queue.
    pub(super) fn into_parts(self) -> (TcpStream, MessageSender<R>, Driver, Instant) {
        let mut writer = self.writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut due = self.due.into_inner().unwrap_or_else(PoisonError::into_inner);
        writer.sender.settle(&mut due.answers);
        // An error is found again by the next write.
        let _ = self.stream.set_write_timeout(self.own_timeout);
        (self.stream, writer.sender, writer.driver, self.start)
    }

    /// Returns the time since the creation of the connection.
    pub(super) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Records owed answers, and tries to send them. If the other half is writing, it sends them
    /// after its write.
    pub(super) fn owe(&self, answers: &mut Answers) {
        let has_pong = answers.has_pong();
        lock(&self.due).answers.append(answers);
        if let Some(mut writer) = self.try_writer() {
            if has_pong {
                // The round trip ends now, and not after the application has processed the Pong.
                let Writer { sender, driver, .. } = &mut *writer;
                driver.deadline(self.now(), sender, None);
            }
            // One attempt for each read is enough: a peer may send many Pings and not read.
            if !writer.stuck {
                self.write_briefly(&mut writer);
            }
            self.release(writer);
        }
    }

    /// Tries to write the frames that the other half could not write, because this half had the
    /// writer.
    fn send_due(&self) {
        let due = lock(&self.due);
        let is_due = due.is_left || !due.answers.is_empty();
        drop(due);
        if is_due && let Some(mut writer) = self.try_writer() {
            self.write_briefly(&mut writer);
            self.release(writer);
        }
    }

    /// Returns the writer with all owed answers, or `None` if the other half has the writer. The
    /// other half then writes everything that is queued, after it has released the writer.
    pub(super) fn try_writer(&self) -> Option<MutexGuard<'_, Writer<R>>> {
        let mut due = lock(&self.due);
        let writer = self.lock_writer(&mut due);
        due.is_left = writer.is_none();
        writer
    }

    /// Returns the sending half with all owed answers, as soon as the other half is not writing.
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer<R>> {
        let mut due = lock(&self.due);
        loop {
            if let Some(writer) = self.lock_writer(&mut due) {
                due.is_wanted = false;
                self.changed.notify_all();
                return writer;
            }
            due.is_wanted = true;
            due = self.wait_for_change(due);
        }
    }

    /// Locks the writer and queues all owed answers, or returns `None` if the other half has the
    /// writer.
    fn lock_writer(&self, due: &mut Due) -> Option<MutexGuard<'_, Writer<R>>> {
        let mut writer = match self.writer.try_lock() {
            Ok(writer) => writer,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        writer.sender.settle(&mut due.answers);
        Some(writer)
    }

    /// Releases the sending half, and notifies a half that waits for it.
    pub(super) fn release(&self, writer: MutexGuard<'_, Writer<R>>) {
        drop(writer);
        let _due = lock(&self.due);
        self.changed.notify_all();
    }

    /// Releases the sending half, and locks it again. If the other half waits, the other half gets
    /// it first. Without this turn, the half that writes would get it each time.
    fn give_turn<'w>(&'w self, writer: MutexGuard<'w, Writer<R>>) -> MutexGuard<'w, Writer<R>> {
        self.release(writer);
        let mut due = lock(&self.due);
        while due.is_wanted {
            due = self.wait_for_change(due);
        }
        drop(due);
        self.writer()
    }

    fn wait_for_change<'d>(&self, due: MutexGuard<'d, Due>) -> MutexGuard<'d, Due> {
        // The time limit is only a precaution: each change is notified.
        self.changed.wait_timeout(due, SLICE).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Writes what the transport accepts at once.
    pub(super) fn write_briefly(&self, writer: &mut Writer<R>) {
        writer.stuck = false;
        while writer.driver.wants(&mut writer.sender).write {
            match self.write_some(writer, BRIEF) {
                Ok(()) => {}
                Err(error) if is_would_block(&error) => {
                    writer.stuck = true;
                    return;
                }
                Err(error) => writer.driver.handle_written(&Err(error), &mut writer.sender),
            }
        }
    }

    /// Writes once, within `limit`.
    fn write_some(&self, writer: &mut Writer<R>, limit: Duration) -> io::Result<()> {
        if let Some(error) = writer.driver.write_error() {
            return Err(error);
        }
        let timeout = Some(self.own_timeout.map_or(limit, |own| own.min(limit)).max(BRIEF));
        if writer.timeout != timeout {
            self.stream.set_write_timeout(timeout)?;
            writer.timeout = timeout;
        }
        let mut stream = &self.stream;
        let output = writer.sender.output();
        if output.is_empty() {
            retry(|| stream.flush())?;
            writer.driver.handle_written(&Ok(()), &mut writer.sender);
        } else {
            write_some(&mut stream, output)?;
            writer.driver.handle_accepted();
        }
        Ok(())
    }

    /// Calls `act`, which writes nothing. Then writes what the transport accepts at once, which
    /// includes the answers that became due in the meantime.
    pub(super) fn with_sender<T>(&self, act: impl FnOnce(&mut MessageSender<R>) -> T) -> T {
        self.with_writer(|writer| act(&mut writer.sender))
    }

    /// Calls `act` as [`with_sender`](Self::with_sender) does.
    pub(super) fn with_writer<T>(&self, act: impl FnOnce(&mut Writer<R>) -> T) -> T {
        let mut writer = self.writer();
        let result = act(&mut writer);
        self.release(writer);
        self.send_due();
        result
    }

    /// Calls `feed` as soon as there is room, or with the reason why there will be none. Then
    /// writes what the transport accepts at once.
    pub(super) fn feed<T>(
        &self,
        feed: impl FnOnce(Result<&mut MessageSender<R>, Error>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (mut writer, room) = self.make_room();
        let fed = match room {
            // The caller then gets `QueueFull` and the message. If it got the error of this write,
            // it would believe that the message was queued.
            Err(error) if !is_would_block(&error) => feed(Err(error.into())),
            _ => feed(Ok(&mut writer.sender)),
        };
        self.release(writer);
        self.send_due();
        fed
    }

    /// Waits until a message can be queued, or until no message can be queued any more.
    pub(super) fn ready(&self) -> Result<(), Error> {
        let (writer, room) = self.make_room();
        self.release(writer);
        self.send_due();
        Ok(room?)
    }

    /// Writes everything that is queued if the queue is full. Stops at a Close of this endpoint,
    /// because then no message can be queued.
    fn make_room(&self) -> (MutexGuard<'_, Writer<R>>, io::Result<()>) {
        let writer = self.writer();
        if writer.sender.is_ready() {
            return (writer, Ok(()));
        }
        self.write_out(writer, MessageSender::is_closed)
    }

    /// Writes everything that is queued.
    pub(super) fn flush(&self) -> Result<(), Error> {
        let (writer, written) = self.write_out(self.writer(), |_| false);
        let lost = Driver::output_lost(&writer.sender);
        self.release(writer);
        self.send_due();
        written?;
        lost.map_or(Ok(()), Err)
    }

    /// Writes everything that is queued, and the answers that become due in the meantime. Stops
    /// early if `is_enough` returns `true`. The sending half is released after each write.
    fn write_out<'w>(
        &'w self,
        mut writer: MutexGuard<'w, Writer<R>>,
        is_enough: fn(&MessageSender<R>) -> bool,
    ) -> (MutexGuard<'w, Writer<R>>, io::Result<()>) {
        let begin = Instant::now();
        loop {
            let Writer { sender, driver, .. } = &mut *writer;
            let is_written = sender.output().is_empty() && !driver.is_unflushed();
            if is_written || sender.is_cut() || is_enough(sender) {
                return (writer, Ok(()));
            }
            let now = self.now();
            let deadline = driver.deadline(now, sender, None);
            let left = deadline.map_or(SLICE, |deadline| deadline.saturating_sub(now).min(SLICE));
            let asked = Instant::now();
            match self.write_some(&mut writer, left) {
                Ok(()) => writer.stuck = false,
                Err(error) if is_would_block(&error) => {
                    let now = self.now();
                    if deadline.is_some_and(|deadline| now >= deadline) {
                        let Writer { sender, driver, .. } = &mut *writer;
                        driver.handle_deadline(now, sender, None);
                    } else if asked.elapsed() + BRIEF < left
                        || self.own_timeout.is_some_and(|own| begin.elapsed() >= own)
                    {
                        // The socket does not block, or for no longer than the application wants.
                        return (writer, Err(error));
                    }
                }
                Err(error) => {
                    let failed = Err(error);
                    let Writer { sender, driver, .. } = &mut *writer;
                    driver.handle_written(&failed, sender);
                    return (writer, failed);
                }
            }
            writer = self.give_turn(writer);
        }
    }

    /// Shuts down the sending side.
    pub(super) fn shutdown_write(&self) -> io::Result<()> {
        match self.stream.shutdown(Shutdown::Write) {
            // The peer has already ended the connection.
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(()),
            shut => shut,
        }
    }
}

/// Locks `mutex`. A poisoned lock is used too, because no code under these locks leaves a state
/// half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
