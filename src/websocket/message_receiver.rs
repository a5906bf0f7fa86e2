//! The receiving half of a `WebSocket`
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use alloc::sync::Arc;

#[cfg(doc)]
use super::MessageSender;
use super::answers::Answers;
use super::incoming::Incoming;
use super::receive::{Half, Received, Receiving};
use super::{MessageRef, Part, Traffic};
use crate::connection::{Receiver, Role, WholeMessage};
use crate::error::ProtocolError;
use crate::handshake::Opened;
use crate::message::Message;

/// The receiving half of a [`WebSocket`](super::WebSocket).
///
/// It sends no answers. Every method that receives adds its answers to [`Answers`], and the caller
/// passes them to [`MessageSender::settle`].
pub struct MessageReceiver<R> {
    pub(super) receiver: Receiver<R>,
    pub(super) receiving: Receiving,
    pub(super) opened: Opened,
    /// Identifies the sending half of the same connection.
    pub(super) pair: Option<Arc<()>>,
}

impl<R: Role> MessageReceiver<R> {
    /// Returns the result of the opening handshake.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Returns the read buffer, as [`WebSocket::input`](super::WebSocket::input) does.
    pub const fn input(&mut self) -> Incoming<'_> {
        Incoming::new(&mut self.receiving.buffer)
    }

    /// Returns the next message, as [`WebSocket::receive`](super::WebSocket::receive) does.
    ///
    /// # Errors
    /// Returns the fault of the peer. Every later call returns the same error.
    // The message stays in registers if this code is inlined into the caller.
    #[inline(always)]
    pub fn receive(&mut self, answers: &mut Answers) -> Result<Option<Message>, ProtocolError> {
        match self.take_whole() {
            Some(found) => Ok(Some(self.receiving.whole_message(found))),
            None => self.receive_other(answers),
        }
    }

    #[inline(never)]
    fn receive_other(&mut self, answers: &mut Answers) -> Result<Option<Message>, ProtocolError> {
        let received = self.take_message(answers)?;
        Ok(self.receiving.message(received))
    }

    /// Returns the next message, which borrows the read buffer, as
    /// [`WebSocket::receive_ref`](super::WebSocket::receive_ref) does.
    ///
    /// # Errors
    /// Returns the same errors as [`receive`](Self::receive).
    // The message stays in registers if this code is inlined into the caller.
    #[inline(always)]
    pub fn receive_ref(
        &mut self,
        answers: &mut Answers,
    ) -> Result<Option<MessageRef<'_>>, ProtocolError> {
        match self.take_whole() {
            Some(found) => Ok(Some(self.receiving.whole_message_ref(found))),
            None => self.receive_other_ref(answers),
        }
    }

    #[inline(never)]
    fn receive_other_ref(
        &mut self,
        answers: &mut Answers,
    ) -> Result<Option<MessageRef<'_>>, ProtocolError> {
        let received = self.take_message(answers)?;
        Ok(self.receiving.message_ref(received))
    }

    /// Returns the next part of a message, which borrows the read buffer, as
    /// [`WebSocket::receive_part`](super::WebSocket::receive_part) does.
    ///
    /// # Errors
    /// Returns the same errors as [`receive`](Self::receive).
    pub fn receive_part(
        &mut self,
        answers: &mut Answers,
    ) -> Result<Option<Part<'_>>, ProtocolError> {
        let received = self.take_part(answers)?;
        Ok(self.receiving.part(received))
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.receiver.is_client()
    }

    /// Processes the input until a message is ready, as
    /// [`WebSocket::process`](super::WebSocket::process) does.
    ///
    /// # Errors
    /// Returns the same errors as [`receive`](Self::receive).
    pub fn process(&mut self, answers: &mut Answers) -> Result<bool, ProtocolError> {
        self.receiving.process(&mut Half { receiver: &mut self.receiver, answers })
    }

    /// Processes the input until a part of a message is ready, as
    /// [`WebSocket::process_part`](super::WebSocket::process_part) does.
    ///
    /// # Errors
    /// Returns the same errors as [`receive`](Self::receive).
    pub fn process_part(&mut self, answers: &mut Answers) -> Result<bool, ProtocolError> {
        self.receiving.process_part(&mut Half { receiver: &mut self.receiver, answers })
    }

    /// Returns the length of the message or part that [`process`](Self::process) or
    /// [`process_part`](Self::process_part) has found and that has not been taken, in bytes. It
    /// is 0 for a control frame, for the end of a skipped message, and if nothing is ready.
    ///
    /// A program that serves other connections too can limit its work in one turn by it. A
    /// compressed message may be a thousand times as long as what arrived.
    #[must_use]
    pub fn ready_len(&self) -> usize {
        self.receiving.ready_len()
    }

    /// Takes the next message, if it needs no other step than this one.
    #[inline(always)]
    pub(super) fn take_whole(&mut self) -> Option<WholeMessage> {
        self.receiving.take_whole(&self.receiver)
    }

    #[inline(always)]
    pub(super) fn take_message(
        &mut self,
        answers: &mut Answers,
    ) -> Result<Received, ProtocolError> {
        self.receiving.take_message(&mut Half { receiver: &mut self.receiver, answers })
    }

    pub(super) fn take_part(&mut self, answers: &mut Answers) -> Result<Received, ProtocolError> {
        self.receiving.take_part(&mut Half { receiver: &mut self.receiver, answers })
    }

    /// Records that the transport has ended. Pass the result to [`MessageSender::receive_eof`].
    ///
    /// # Errors
    /// - [`UnexpectedEof`](ProtocolError::UnexpectedEof): no Close has arrived (RFC 6455, section
    ///   7.1.5).
    /// - The earlier error, if the connection had already failed.
    pub fn receive_eof(&mut self) -> Result<(), ProtocolError> {
        self.receiver.receive_eof()
    }

    /// Fails the receiving direction with an error of the other half, such as
    /// [`KeepaliveTimeout`](ProtocolError::KeepaliveTimeout). Every later call returns this error.
    /// An earlier end of this direction is kept.
    pub fn fail(&mut self, error: ProtocolError) {
        self.receiver.fail_silent(error);
    }

    /// Frees memory, as [`WebSocket::release_memory`](super::WebSocket::release_memory) does.
    pub fn release_memory(&mut self) {
        self.receiving.release_memory();
    }

    /// Returns a number of the message that has arrived in part, or `None` between messages. Pass it to
    /// [`MessageSender::deadline`] in [`Waiting`](super::Waiting).
    #[must_use]
    pub const fn message_in_progress(&self) -> Option<u16> {
        self.receiver.message_in_progress()
    }

    /// Returns how many bytes were decompressed and dropped since the last call: those of messages
    /// that were [skipped](crate::connection::Oversized::Skip), and the rest of a message that was
    /// received in parts. They took time, so a caller that shares its thread pauses after many of
    /// them.
    #[must_use]
    pub fn take_dropped(&mut self) -> usize {
        self.receiving.take_dropped()
    }

    /// Returns what this half has received so far, as [`Stats::received`](super::Stats::received).
    #[must_use]
    pub const fn received(&self) -> Traffic {
        self.receiving.counters.traffic()
    }

    /// Returns how many bytes of the current data frame have not arrived: a hint for the size of
    /// the next read.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        self.receiver.frame_remaining()
    }
}
