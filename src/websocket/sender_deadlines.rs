//! The time limits of the sending half of a `WebSocket`: when the next one is reached, and what the
//! half does then ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.5.2 and 7.1.1).

use core::time::Duration;

#[cfg(doc)]
use super::MessageReceiver;
use super::deadlines::{DeadlineAction, Situation, Waiting};
use super::message_sender::{MessageSender, PeerEnd};
use super::outgoing::Outgoing;
use crate::connection::{Role, State, TransportAction};
use crate::error::ProtocolError;

impl<R: Role> MessageSender<R> {
    /// Returns the time at which to call [`handle_deadline`](Self::handle_deadline), as
    /// [`WebSocket::deadline`](super::WebSocket::deadline) does. Call it before each wait.
    /// `waiting` tells what the program waits for.
    pub fn deadline(&mut self, now: Duration, waiting: Waiting) -> Option<Duration> {
        let situation = self.situation(waiting)?;
        self.deadlines.next(now, situation)
    }

    /// Does what is due at `now`, as
    /// [`WebSocket::handle_deadline`](super::WebSocket::handle_deadline) does. Returns whether a
    /// time limit has ended the connection. Drop the transport then.
    ///
    /// If the connection fails, [`error`](Self::error) returns the error. Pass it to
    /// [`MessageReceiver::fail`].
    pub fn handle_deadline(&mut self, now: Duration, waiting: Waiting) -> bool {
        let Some(situation) = self.situation(waiting) else {
            return false;
        };
        match self.deadlines.due(now, situation) {
            None => return false,
            Some(DeadlineAction::Ping) => {
                self.queue.ping(&mut self.sender);
                return false;
            }
            Some(DeadlineAction::Report(error)) => {
                self.peer = PeerEnd::Failed(error);
                self.report(error);
                return false;
            }
            Some(DeadlineAction::Fail(error)) => self.end(Some(error), situation.has_output),
            Some(DeadlineAction::End) => {
                // Only the Close of the peer ends the closing handshake without an error.
                let timeout = self.deadlines.close_timeout();
                let is_open = matches!(self.peer, PeerEnd::Open);
                let error = is_open.then_some(ProtocolError::CloseTimeout { timeout });
                self.end(error, situation.has_output);
            }
        }
        true
    }

    /// Ends a connection whose peer has sent a Close, as the close time-out does.
    #[cfg(feature = "std")]
    pub(crate) fn expire(&mut self) {
        let has_output = !self.output().is_empty();
        self.end(None, has_output);
    }

    /// Records that a deadline has ended the connection while the transport held bytes that were
    /// not flushed.
    #[cfg(feature = "std")]
    pub(crate) const fn cut(&mut self) {
        self.cut = true;
    }

    /// Returns whether a deadline has ended the connection while bytes waited to be written. These
    /// bytes are lost.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Records that bytes arrived. This call is needed only for a [`Keepalive`](super::Keepalive).
    #[inline]
    pub const fn handle_received(&mut self) {
        self.deadlines.receive();
    }

    /// Records that the transport has flushed all bytes that it has accepted. This call is needed
    /// only for a transport that holds bytes back ([`Waiting::to_flush`]).
    #[inline]
    pub const fn handle_flushed(&mut self) {
        self.queue.outgoing.note_written();
    }

    /// Ends the connection at a deadline. Nothing more is written.
    fn end(&mut self, error: Option<ProtocolError>, has_output: bool) {
        self.cut = has_output;
        if let Some(error) = error {
            self.peer = PeerEnd::Failed(error);
        }
        self.sender.close_silent();
        self.waiting = None;
        self.queue.outgoing = Outgoing::new();
        self.eof = true;
    }

    /// Returns what the deadlines depend on, or `None` if the connection is over.
    fn situation(&mut self, waiting: Waiting) -> Option<Situation> {
        let output = self.output();
        let has_output = waiting.to_flush || !output.is_empty();
        let has_written = output.take_written();
        let is_over = self.transport_action() == TransportAction::Drop && !has_output;
        let is_open = self.state() == State::Open;
        let (receives, message) = (waiting.to_receive, waiting.message);
        (!is_over).then_some(Situation { is_open, has_output, has_written, receives, message })
    }
}
