//! The loop between a WebSocket and its transport
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 7.1.1).
//!
//! The whole stream and the two halves use the same loop.

use alloc::boxed::Box;
use core::mem;
use core::task::{Context, Poll, Waker, ready};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use bytes::Buf as _;

use super::Transport;
use super::wakers::{Side, Wakers};
use crate::close::CloseCode;
use crate::connection::{Role, State};
use crate::io::{Driver, Error, ReadTo, copy};
use crate::websocket::{Answers, MessageReceiver, MessageSender, Outgoing};

/// The transport and its state. Two halves share it, together with the sending half of the
/// WebSocket, under a lock.
#[derive(Debug)]
pub(super) struct Wire<T> {
    pub(super) transport: T,
    driver: Driver,
    /// `None` unless two tasks use the transport.
    wakers: Option<Box<Wakers>>,
    /// The sides whose tasks are woken when the lock is released. A waker may run any code, also
    /// code that takes the lock.
    woken: [bool; 2],
    /// Whether the task that receives waits until everything that is queued is written.
    is_write_awaited: bool,
    /// The deadlines of the two tasks, which share one timer.
    deadlines: [Option<Duration>; 2],
}

/// Access to the sending half and the transport: directly, or under a lock that is held during
/// `act`.
pub(super) trait Access<T, R> {
    fn with<O>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<T>) -> O) -> O;
}

impl<T, R: Role> Access<T, R> for (&mut MessageSender<R>, &mut Wire<T>) {
    fn with<O>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<T>) -> O) -> O {
        let (result, woken) = self.1.act(self.0, act);
        wake(woken);
        result
    }
}

/// Wakes tasks.
pub(super) fn wake(tasks: [Option<Waker>; 2]) {
    for task in tasks.into_iter().flatten() {
        task.wake();
    }
}

/// The result of a wait for the transport.
pub(super) enum Moved {
    /// Input was read, or the transport has ended.
    Read,
    /// The connection is over.
    Done(Option<Error>),
}

impl<T> Wire<T> {
    pub(super) const fn new(transport: T, driver: Driver) -> Self {
        Self {
            transport,
            driver,
            wakers: None,
            woken: [false; 2],
            is_write_awaited: false,
            deadlines: [None; 2],
        }
    }

    /// Prepares for two tasks that use the transport.
    pub(super) fn share(&mut self) {
        self.wakers.get_or_insert_with(|| Box::new(Wakers::new()));
    }

    /// Returns to one task that uses the transport.
    pub(super) fn unshare(&mut self) {
        self.wakers = None;
    }

    /// Returns whether there is nothing more to receive.
    pub(super) const fn is_over(&self) -> bool {
        self.driver.is_reported()
    }

    /// Marks the task of `side`. It is woken as soon as the lock is released.
    fn wake(&mut self, side: Side) {
        if let Some(woken) = self.woken.get_mut(side as usize) {
            *woken = true;
        }
    }

    /// Calls `act`, and returns its result and the tasks to wake. The caller holds the lock. It
    /// wakes the tasks after it has released the lock.
    pub(super) fn act<R: Role, O>(
        &mut self,
        sender: &mut MessageSender<R>,
        act: impl FnOnce(&mut MessageSender<R>, &mut Self) -> O,
    ) -> (O, [Option<Waker>; 2]) {
        let was_closed = sender.is_closed();
        let result = act(sender, self);
        if !was_closed && sender.is_closed() {
            // The task that sends may wait for room in the queue. It learns now that nothing more
            // can be sent. The task that receives has a time limit from now on.
            self.woken = [true; 2];
        }
        (result, self.take_woken())
    }

    fn take_woken(&mut self) -> [Option<Waker>; 2] {
        let [receiving, sending] = mem::take(&mut self.woken);
        let take = |side| self.wakers.as_ref().and_then(|wakers| wakers.take(side));
        [
            receiving.then_some(Side::Receiving).and_then(take),
            sending.then_some(Side::Sending).and_then(take),
        ]
    }
}

impl<T: Transport> Wire<T> {
    /// Queues answers to the peer, and tries once to write them, so that they leave before the
    /// application sees the message that caused them.
    pub(super) fn answer<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        answers: &mut Answers,
        context: &Context<'_>,
    ) {
        let has_pong = answers.has_pong();
        sender.settle(answers);
        if has_pong {
            // The round trip ends now, and not after the application has processed the Pong.
            let now = self.transport.now();
            self.driver.deadline(now, sender, None);
        }
        // An error is found again by the next read.
        let _ = self.poll_write(sender, Side::Receiving, context);
    }

    /// Does what the driver wants, until there is input or the connection is over.
    pub(super) fn poll_io<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        receiver: &mut MessageReceiver<R>,
        context: &mut Context<'_>,
    ) -> Poll<Moved> {
        loop {
            if self.driver.wants(sender).write {
                let _ = self.poll_write(sender, Side::Receiving, context);
            }
            let wants = self.driver.wants(sender);
            if wants.done {
                self.wake(Side::Sending);
                if !self.driver.is_reported() {
                    // The peer learns that this endpoint has ended, even if the application keeps
                    // the WebSocket. After an error of the transport this fails, which has no
                    // meaning.
                    let _ = self.transport.poll_shutdown(context);
                }
                return Poll::Ready(Moved::Done(self.driver.take_error(sender)));
            }
            if wants.shutdown_write
                && let Poll::Ready(shut) = self.transport.poll_shutdown(context)
            {
                self.driver.handle_shutdown(&shut);
            }
            match wants.read {
                Some(ReadTo::Input) => {
                    if let Poll::Ready(read) = self.transport.poll_fill(receiver.input(), context) {
                        self.driver.handle_read(read, receiver, sender);
                        let in_message = receiver.message_in_progress().is_some();
                        if wants.write || in_message || sender.state() != State::Open {
                            self.handle_busy(sender, receiver);
                        }
                        return Poll::Ready(Moved::Read);
                    }
                }
                Some(ReadTo::Nowhere | ReadTo::NowhereIfReady) => {
                    let read = poll_discard(&mut self.transport, context);
                    let is_pending = read.is_pending();
                    self.driver.handle_discarded(&match read {
                        Poll::Ready(read) => read,
                        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
                    });
                    if !is_pending {
                        self.handle_busy(sender, receiver);
                        return Poll::Ready(Moved::Read);
                    }
                }
                None => {}
            }
            let wants = self.driver.wants(sender);
            if wants.done {
                continue;
            }
            // The task that sends may stop before it has written everything. Then this task is
            // woken and writes the rest.
            self.is_write_awaited = wants.write;
            if let Some(wakers) = &self.wakers {
                wakers.register(Side::Receiving, context);
            }
            sender.output().release_memory();
            // The driver keeps the error.
            let _ = ready!(self.poll_deadline(sender, Some(receiver), context));
        }
    }

    /// Does what is due, although there was something to read.
    #[cold]
    fn handle_busy<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        receiver: &MessageReceiver<R>,
    ) {
        let now = self.transport.now();
        self.driver.handle_busy(now, sender, receiver);
    }

    /// Waits for the next deadline, and then does what is due. If there is no timer to wait with,
    /// the connection ends, and the task that receives gets the same error later.
    fn poll_deadline<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        receiver: Option<&MessageReceiver<R>>,
        context: &Context<'_>,
    ) -> Poll<io::Result<()>> {
        let side = if receiver.is_some() { Side::Receiving } else { Side::Sending };
        let now = self.transport.now();
        let deadline = self.driver.deadline(now, sender, receiver);
        if let Some(own) = self.deadlines.get_mut(side as usize) {
            *own = deadline;
        }
        let Some(earliest) = self.deadlines.iter().flatten().min() else {
            return Poll::Pending;
        };
        let mut context = Wakers::context(self.wakers.as_deref(), side, context);
        let reached = ready!(self.transport.poll_until(*earliest, &mut context));
        match &reached {
            Ok(()) => {
                let now = self.transport.now();
                self.driver.handle_deadline(now, sender, receiver);
                for deadline in &mut self.deadlines {
                    *deadline = deadline.filter(|deadline| *deadline > now);
                }
            }
            Err(error) => {
                self.driver.fail(copy(error), sender);
            }
        }
        // The other task does what is due for it, or learns that the connection has ended.
        self.wake(match side {
            Side::Receiving => Side::Sending,
            Side::Sending => Side::Receiving,
        });
        Poll::Ready(reached)
    }

    /// Writes everything that is queued, and flushes the transport. Wakes the other task if it
    /// waits for this write, because the transport wakes no task for a call that is ready.
    fn poll_write<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        side: Side,
        context: &Context<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(error) = self.driver.write_error() {
            return Poll::Ready(Err(error));
        }
        let was_ready = sender.is_ready();
        let mut written = Poll::Ready(Ok(()));
        // `output` queues a Pong that waited for room, so it is called again after each write.
        while matches!(written, Poll::Ready(Ok(())))
            && (self.driver.is_unflushed() || !sender.output().is_empty())
        {
            let Self { transport, driver, wakers, .. } = self;
            let mut context = Wakers::context(wakers.as_deref(), side, context);
            written = poll_write_all(transport, driver, sender.output(), &mut context);
            if let Poll::Ready(written) = &written {
                driver.handle_written(written, sender);
            }
            match side {
                Side::Receiving if written.is_ready() || !was_ready && sender.is_ready() => {
                    self.wake(Side::Sending);
                }
                // The closing handshake continues when the Close is written. The time limit of a
                // keepalive begins when the Ping is written.
                Side::Sending if written.is_ready() && mem::take(&mut self.is_write_awaited) => {
                    self.wake(Side::Receiving);
                }
                Side::Receiving | Side::Sending => {}
            }
        }
        written
    }

    /// Waits until everything that is queued is written and flushed.
    pub(super) fn poll_flush<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            if let Some(error) = Driver::output_lost(sender) {
                return Poll::Ready(Err(error));
            }
            if let Poll::Ready(written) = self.poll_write(sender, Side::Sending, context) {
                // The task that receives may already wait, and then only this call can free the
                // queue.
                sender.output().release_memory();
                return Poll::Ready(written.map_err(Error::Io));
            }
            ready!(self.poll_deadline(sender, None, context))?;
        }
    }

    /// Makes sure that the closing handshake has begun, for a half that completes it.
    pub(super) fn begin_to_finish<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
    ) -> Result<(), Error> {
        self.driver.await_end();
        if !sender.is_closed() {
            sender.close_or_answer().map_err(Error::Send)?;
        }
        Ok(())
    }

    /// Waits until a Close and everything before it is written and flushed.
    pub(super) fn poll_close<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let flushed = ready!(self.poll_flush(sender, context));
        // After both endpoints have sent a Close, a failure of the transport is not an error.
        let is_clean = sender.close_info().is_some_and(|info| info.is_clean);
        Poll::Ready(if is_clean && !sender.is_cut() { Ok(()) } else { flushed })
    }

    /// Waits until a message can be queued, or until no message can be queued any more.
    pub(super) fn poll_room<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            // On a closed connection, the attempt to queue returns the reason.
            if sender.is_ready() || sender.is_closed() {
                return Poll::Ready(Ok(()));
            }
            if let Poll::Ready(written) = self.poll_write(sender, Side::Sending, context) {
                return Poll::Ready(Ok(written?));
            }
            // A part of the queue may have been written.
            if !sender.is_ready() {
                ready!(self.poll_deadline(sender, None, context))?;
            }
        }
    }
}

/// Queues a Close, unless the connection is already closing.
pub(super) fn close<R: Role>(
    sender: &mut MessageSender<R>,
    code: CloseCode,
    reason: &str,
) -> Result<(), Error> {
    if !sender.is_closed() {
        sender.close(code, reason).map_err(Error::Send)?;
    }
    Ok(())
}

/// Writes all of `output`, and flushes the transport.
fn poll_write_all<T: Transport>(
    transport: &mut T,
    driver: &mut Driver,
    output: &mut Outgoing,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while !output.is_empty() {
        let mut slices = [IoSlice::new(&[]); 16];
        let filled = output.chunks_vectored(&mut slices);
        let slices = slices.get(..filled).unwrap_or_default();
        let written = ready!(transport.poll_write(slices, context))?;
        if written == 0 {
            return Poll::Ready(Err(ErrorKind::WriteZero.into()));
        }
        output.advance(written);
        driver.handle_accepted();
    }
    transport.poll_flush(context)
}

#[cold]
fn poll_discard<T: Transport>(
    transport: &mut T,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    transport.poll_read(&mut [0; 4096], context)
}
