//! The half of a WebSocket that reads.

use alloc::sync::Arc;
use core::mem;
use core::time::Duration;
use std::io::{self, ErrorKind, Read as _};
use std::net::Shutdown;

#[cfg(doc)]
use crate::blocking::WebSocketStream;
use crate::blocking::retry;
use crate::blocking::transport::{SHORT, SHORTEST};
use crate::blocking::write_side::{SLICE, WriteSide, Writer};
use crate::connection::{Role, State};
use crate::error::ProtocolError;
use crate::handshake::Opened;
use crate::io::{Error, ReadTo, is_would_block};
use crate::message::Message;
use crate::sync::{Instant, sleep};
#[cfg(doc)]
use crate::websocket::Stats;
use crate::websocket::{Answers, MessageReceiver, MessageRef, Part, Traffic};

/// The half of a WebSocket that reads.
#[derive(Debug)]
pub struct ReadHalf<R> {
    pub(super) receiver: MessageReceiver<R>,
    /// Whether bytes have arrived that the sending half does not know of.
    pub(super) heard: bool,
    /// The last look at the deadlines.
    pub(super) look: Look,
    /// The read time-out of the socket now.
    pub(super) timeout: Option<Duration>,
    /// The read time-out that the application has set on the socket.
    pub(super) own_timeout: Option<Duration>,
    pub(super) opened: Opened,
    pub(super) write_side: Arc<WriteSide<R>>,
}

/// The last look of the half that reads at the deadlines. The write side has the deadlines, under
/// its lock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// The message that was in progress at the last look.
    message: Option<u16>,
    /// The latest time for the next look. At this time this half waits for the lock. Otherwise a
    /// half that writes for long could delay what is due at a deadline.
    next: Option<Duration>,
}

impl<R: Role> ReadHalf<R> {
    /// Returns the next message, as [`WebSocketStream::read`] does. Call it until it returns
    /// `None`, also after the other half has sent a Close.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        if self.take(MessageReceiver::process)? {
            Ok(self.receiver.receive(&mut Answers::new())?)
        } else {
            Ok(None)
        }
    }

    /// Returns the next message, which borrows the read buffer, as [`WebSocketStream::read_ref`]
    /// does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read_ref(&mut self) -> Result<Option<MessageRef<'_>>, Error> {
        if self.take(MessageReceiver::process)? {
            Ok(self.receiver.receive_ref(&mut Answers::new())?)
        } else {
            Ok(None)
        }
    }

    /// Returns the next part of a message, as [`WebSocketStream::read_part`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read_part(&mut self) -> Result<Option<Part<'_>>, Error> {
        if self.take(MessageReceiver::process_part)? {
            Ok(self.receiver.receive_part(&mut Answers::new())?)
        } else {
            Ok(None)
        }
    }

    /// Reads from the transport until `process` finds a message or a part of one. Returns `false`
    /// when the connection is over.
    fn take(
        &mut self,
        process: fn(&mut MessageReceiver<R>, &mut Answers) -> Result<bool, ProtocolError>,
    ) -> Result<bool, Error> {
        let mut begin = None;
        loop {
            let mut answers = Answers::new();
            let found = process(&mut self.receiver, &mut answers);
            if !answers.is_empty() {
                self.write_side.owe(&mut answers);
            }
            if found == Ok(true) {
                return Ok(true);
            }
            // The driver keeps an error until the Close that reports it has reached the peer.
            let has_read = begin.is_some();
            if !self.wait(*begin.get_or_insert_with(Instant::now), has_read)? {
                return Ok(false);
            }
        }
    }

    /// Does the next thing that the driver wants. Returns `false` when the connection is over.
    /// `begin` is the time at which the application began to wait, and `has_read` tells whether
    /// there was a read since then. Before the first read, `handle_deadline` is not called: the
    /// time that the application took must not count as silence of the peer.
    fn wait(&mut self, begin: Instant, has_read: bool) -> Result<bool, Error> {
        let mut to = ReadTo::Input;
        let mut limit = SLICE;
        // The other half may be writing, for at most a slice of time.
        let is_due = self.is_due();
        let turn = || is_due.then(|| self.write_side.writer());
        if let Some(mut writer) = turn().or_else(|| self.write_side.try_writer()) {
            self.write_side.write_briefly(&mut writer);
            let Writer { sender, driver, .. } = &mut *writer;
            let heard = mem::take(&mut self.heard);
            if heard {
                sender.handle_received();
            }
            let now = self.write_side.now();
            if has_read {
                driver.handle_deadline(now, sender, Some(&self.receiver));
            } else if heard {
                driver.handle_busy(now, sender, &self.receiver);
            }
            let deadline = driver.deadline(now, sender, Some(&self.receiver));
            self.look = Look { message: self.receiver.message_in_progress(), next: deadline };
            if let Some(deadline) = deadline {
                limit = limit.min(deadline.saturating_sub(now));
            }
            let wants = driver.wants(sender);
            if wants.write || sender.state() == State::RemoteClosing {
                // The transport may soon accept more bytes, or the application answers a Close.
                limit = limit.min(SHORT);
            }
            if wants.shutdown_write {
                driver.handle_shutdown(&self.write_side.shutdown_write());
            }
            if driver.wants(sender).read == Some(ReadTo::NowhereIfReady) {
                driver.handle_discarded(&Err(ErrorKind::WouldBlock.into()));
            }
            let wants = driver.wants(sender);
            let error = if wants.done { driver.take_error(sender) } else { None };
            self.write_side.release(writer);
            if wants.done {
                // A write of the other half that is in progress ends now.
                let _ = self.write_side.stream.shutdown(Shutdown::Both);
                return error.map_or(Ok(false), Err);
            }
            match wants.read {
                Some(read) => to = read,
                None => {
                    // The other half may still answer the Close of the peer.
                    sleep(limit);
                    if self.is_out_of_time(begin) {
                        return Err(io::Error::from(ErrorKind::TimedOut).into());
                    }
                    return Ok(true);
                }
            }
        } else if let message @ Some(_) = self.receiver.message_in_progress()
            && message != self.look.message
        {
            // A message has begun, and its time limit begins with the next look. So the next look
            // must come soon.
            let latest = self.write_side.now() + SLICE;
            self.look.next = Some(self.look.next.map_or(latest, |next| next.min(latest)));
        }
        self.read_once(to, limit, begin)?;
        Ok(true)
    }

    /// Reads once, within `limit`, without a lock.
    fn read_once(&mut self, to: ReadTo, limit: Duration, begin: Instant) -> Result<(), Error> {
        let timeout = Some(self.own_timeout.map_or(limit, |own| own.min(limit)).max(SHORTEST));
        if self.timeout != timeout {
            self.write_side.stream.set_read_timeout(timeout)?;
            self.timeout = timeout;
        }
        let asked = Instant::now();
        let mut stream = &self.write_side.stream;
        let read = match to {
            ReadTo::Input => retry(|| self.receiver.input().read_from(&mut stream)),
            _ => retry(|| stream.read(&mut [0; 4096])),
        };
        match (read, to) {
            (Err(error), _) if is_would_block(&error) => {
                self.receiver.input().release_memory();
                let is_early = asked.elapsed() + SHORTEST < limit;
                if is_early || self.is_out_of_time(begin) {
                    // The socket does not block, or for no longer than the application wants.
                    return Err(error.into());
                }
            }
            (Ok(1..), ReadTo::Input) => self.heard = true,
            (read, to) => {
                let mut writer = self.write_side.writer();
                let Writer { sender, driver, .. } = &mut *writer;
                match to {
                    ReadTo::Input => driver.handle_read(read, &mut self.receiver, sender),
                    _ => driver.handle_discarded(&read),
                }
                self.write_side.release(writer);
            }
        }
        Ok(())
    }

    /// Returns whether a deadline has passed since the last look.
    fn is_due(&self) -> bool {
        self.look.next.is_some_and(|next| self.write_side.now() >= next)
    }

    /// Returns whether a call that began at `begin` must return, because the read time-out that the
    /// application has set on the socket has passed. If a deadline has passed too, the call first
    /// calls `handle_deadline`. Otherwise a call that returns after its first read would never do
    /// so.
    fn is_out_of_time(&self, begin: Instant) -> bool {
        !self.is_due() && self.own_timeout.is_some_and(|own| begin.elapsed() >= own)
    }

    /// Returns the result of the opening handshake: for a client, also the response of the server.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Returns the subprotocol that both sides agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.opened().subprotocol()
    }

    /// Returns the state of the connection, as [`WebSocketStream::state`] does.
    #[must_use]
    pub fn state(&self) -> State {
        self.write_side.with_sender(|sender| sender.state())
    }

    /// Returns what this half has received so far, as [`Stats::received`]. The other half counts
    /// what it has sent.
    #[must_use]
    pub const fn received(&self) -> Traffic {
        self.receiver.received()
    }

    /// Frees the memory of the decompressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
    }

    /// Completes the closing handshake and ends the transport, as [`WebSocketStream::finish`] does.
    /// Call it after the other half has sent a Close, after a Close of the peer, or after an error.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::finish`].
    pub fn finish(&mut self) -> Result<(), Error> {
        let begun = self.write_side.with_writer(|writer| {
            writer.driver.await_end();
            if writer.sender.is_closed() {
                return Ok(());
            }
            writer.sender.close_or_answer()
        });
        begun.map_err(Error::Send)?;
        while self.read()?.is_some() {}
        Ok(())
    }
}
