//! The loop between a WebSocket and its transport
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 7.1.1).

use core::time::Duration;
use std::io::{self, ErrorKind};

use super::transport::{BRIEF, LARGE, SHORT, SHORTEST};
use super::{Transport, WebSocketStream, retry, write_some};
use crate::connection::{Role, State};
use crate::error::ProtocolError;
use crate::io::{Error, ReadTo, is_would_block};
use crate::sync::sleep;
use crate::websocket::{Answers, MessageReceiver};

/// The loop between the WebSocket and its transport.
impl<S: Transport, R: Role> WebSocketStream<S, R> {
    /// Reads from the transport until `process` finds a message or a part of one. Returns `false`
    /// when the connection is over.
    #[inline]
    pub(super) fn take(
        &mut self,
        process: fn(&mut MessageReceiver<R>, &mut Answers) -> Result<bool, ProtocolError>,
    ) -> Result<bool, Error> {
        let mut begin = None;
        loop {
            let (receiver, sender) = self.websocket.halves();
            let mut answers = Answers::new();
            let found = process(receiver, &mut answers);
            if !answers.is_empty() {
                let has_pong = answers.has_pong();
                sender.settle(&mut answers);
                if has_pong {
                    // The round trip ends now, and not after the application has processed the
                    // Pong.
                    self.driver.deadline(self.start.elapsed(), sender, None);
                }
                // The answers leave before the message that caused them is returned. An error is
                // found again by the next read.
                let _ = self.write_briefly();
            }
            if found == Ok(true) {
                return Ok(true);
            }
            // The driver keeps an error until the Close that reports it has reached the peer.
            let begin = *begin.get_or_insert_with(|| self.start.elapsed());
            if !self.wait(begin)? {
                return Ok(false);
            }
        }
    }

    /// Does the next thing that the driver wants. Returns `false` when the connection is over.
    /// `begin` is the time at which the application began to wait.
    pub(super) fn wait(&mut self, begin: Duration) -> Result<bool, Error> {
        // An error of this write does not stop the read. A transport that accepts no bytes may still
        // have bytes to read, and a read reports a transport that has failed.
        let _ = self.write_briefly();
        let (receiver, sender) = self.websocket.halves();
        let wants = self.driver.wants(sender);
        if wants.done {
            if !self.driver.is_reported() {
                // The peer learns that this endpoint has ended, even if the application keeps the
                // WebSocket. After an error of the transport this fails, which has no meaning.
                let _ = self.stream.shutdown_write();
            }
            return self.driver.take_error(sender).map_or(Ok(false), Err);
        }
        if wants.shutdown_write {
            self.driver.handle_shutdown(&self.stream.shutdown_write());
            return Ok(true);
        }
        let now = self.start.elapsed();
        let deadline = self.driver.deadline(now, sender, Some(receiver));
        let mut limit = deadline.map(|deadline| deadline.saturating_sub(now));
        // While bytes wait to be written, a read is short: the transport may soon accept them. A read
        // into a large buffer is short too: if the peer is silent, the buffer is freed.
        let input = receiver.input();
        let is_large = input.is_empty() && input.capacity() > LARGE;
        let own = if wants.write || is_large { self.stream.read_timeout().ok() } else { None };
        let is_short = own.is_some_and(|own| own.is_none_or(|own| own > SHORT));
        if is_short {
            limit = Some(limit.map_or(SHORT, |limit| limit.min(SHORT)));
        }
        let read = match wants.read {
            Some(ReadTo::Input) => {
                self.write_timeout.read_within(&mut self.stream, limit, |stream| {
                    retry(|| receiver.input().read_from(stream))
                })
            }
            Some(ReadTo::NowhereIfReady) => {
                self.driver.handle_discarded(&Err(ErrorKind::WouldBlock.into()));
                return Ok(true);
            }
            Some(ReadTo::Nowhere) if self.stream.read_timeout().is_err() => Ok(0),
            Some(ReadTo::Nowhere) => {
                self.write_timeout.read_within(&mut self.stream, limit, |stream| {
                    retry(|| stream.read(&mut [0; 4096]))
                })
            }
            // Nothing can be read any more, so this write waits as long as a read would.
            None if wants.write => {
                let limit = [limit, own.flatten()].into_iter().flatten().min();
                match self.write_some(limit) {
                    Err(error) if is_would_block(&error) => Err(error),
                    // `write_some` has reported any other result to the driver.
                    _ => return Ok(true),
                }
            }
            // The peer has sent a Close and ended the transport, and the application has not
            // answered. The answer may come after this call if the call has a time-out.
            None => match self.stream.read_timeout() {
                Ok(Some(own)) => {
                    sleep(limit.map_or(own, |limit| limit.min(own)));
                    Err(ErrorKind::TimedOut.into())
                }
                _ => {
                    self.driver.expire(sender);
                    return Ok(true);
                }
            },
        };
        let asked = now;
        let now = self.start.elapsed();
        let (receiver, sender) = self.websocket.halves();
        match (read, wants.read) {
            (Err(error), _) if is_would_block(&error) => {
                receiver.input().release_memory();
                if deadline.is_none_or(|deadline| now < deadline) {
                    let was_short = is_short && now - asked + SHORTEST >= limit.unwrap_or_default();
                    let is_out_of_time = own.flatten().is_some_and(|own| now - begin >= own);
                    if !was_short || is_out_of_time {
                        return Err(error.into());
                    }
                }
                self.driver.handle_deadline(now, sender, Some(receiver));
                return Ok(true);
            }
            (read, Some(ReadTo::Nowhere)) => self.driver.handle_discarded(&read),
            (read, _) => self.driver.handle_read(read, receiver, sender),
        }
        let in_message = receiver.message_in_progress().is_some();
        if wants.write || in_message || sender.state() != State::Open {
            self.driver.handle_busy(now, sender, receiver);
        }
        Ok(true)
    }

    /// Writes what the transport accepts at once.
    pub(super) fn write_briefly(&mut self) -> io::Result<()> {
        // `output` queues a Pong that waited for room, so it is called again after each write.
        while self.has_output() {
            self.write_some(Some(BRIEF))?;
        }
        Ok(())
    }

    /// Writes everything that is queued, and flushes the transport.
    pub(super) fn write_out(&mut self) -> io::Result<()> {
        while self.has_output() {
            let sender = self.websocket.halves().1;
            let now = self.start.elapsed();
            let deadline = self.driver.deadline(now, sender, None);
            let limit = deadline.map(|deadline| deadline.saturating_sub(now));
            match self.write_some(limit) {
                Err(error) if is_would_block(&error) => {
                    let now = self.start.elapsed();
                    if deadline.is_none_or(|deadline| now < deadline) {
                        return Err(error);
                    }
                    let sender = self.websocket.halves().1;
                    self.driver.handle_deadline(now, sender, None);
                }
                written => written?,
            }
        }
        Ok(())
    }

    /// Returns whether bytes wait to be written or flushed.
    pub(super) fn has_output(&mut self) -> bool {
        // After a deadline has ended the connection, nothing is written or flushed, even if the
        // transport (such as a TLS stream) still holds bytes that it has accepted.
        let is_cut = self.websocket.halves().1.is_cut();
        !is_cut && (self.driver.is_unflushed() || !self.websocket.output().is_empty())
    }

    /// Writes or flushes once, within `limit`.
    pub(super) fn write_some(&mut self, limit: Option<Duration>) -> io::Result<()> {
        if let Some(error) = self.driver.write_error() {
            return Err(error);
        }
        let output = self.websocket.output();
        let is_flush = output.is_empty();
        let written = self.write_timeout.write_within(&mut self.stream, limit, |stream| {
            if is_flush { retry(|| stream.flush()) } else { write_some(stream, output) }
        });
        match &written {
            Ok(()) if !is_flush => self.driver.handle_accepted(),
            Err(error) if is_would_block(error) => {}
            _ => self.driver.handle_written(&written, self.websocket.halves().1),
        }
        written
    }

    /// Writes everything that is queued if the queue is full. Does nothing after a Close of this
    /// endpoint, because then no message can be queued.
    pub(super) fn wait_for_room(&mut self) -> io::Result<()> {
        if self.websocket.is_ready() || self.websocket.halves().1.is_closed() {
            return Ok(());
        }
        self.write_out()
    }

    /// Waits for room for a message that the caller then queues.
    pub(super) fn make_room(&mut self) -> Result<(), Error> {
        match self.wait_for_room() {
            // The caller then gets `QueueFull` and the message. If it got the error of this write,
            // it would believe that the message was queued.
            Err(error) if is_would_block(&error) => Ok(()),
            written => Ok(written?),
        }
    }
}
