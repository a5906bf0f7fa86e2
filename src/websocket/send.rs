//! Sending: messages become frames in the queue.

use core::error::Error;
use core::fmt;

use bytes::Bytes;

use super::{Prepared, WebSocket};
use crate::connection::{HeaderBytes, Output, Role};
use crate::error::SendError;
use crate::frame::{FrameHeader, Kind};
use crate::mask::Mask;
use crate::message::Message;

/// From how many bytes on a payload is queued as it is. Below, copying it behind its header so
/// that many messages leave in one write costs less than another piece for the write.
const LARGE: usize = 4 * 1024;

impl<R: Role> WebSocket<R> {
    /// Queues a message.
    ///
    /// Ping and Pong go ahead of the messages that wait, between frames; a Close goes behind all,
    /// and is taken however full the queue is.
    ///
    /// A large payload is queued without a copy: a server's as it is, a client's when nobody else
    /// holds it, so that it can be masked where it is.
    ///
    /// # Errors
    /// The message, and why it was not taken: [`QueueFull`](SendError::QueueFull),
    /// [`Closing`](SendError::Closing), [`MessageUnderWay`](SendError::MessageUnderWay),
    /// [`ControlPayloadTooLong`](SendError::ControlPayloadTooLong).
    #[inline]
    pub fn send(&mut self, message: Message) -> Result<(), Rejected> {
        if !self.is_ready() && !matches!(message, Message::Close(_)) {
            return Err(Rejected { message, error: self.queue_full() });
        }
        let sent = match &message {
            Message::Text(text) => self.connection.sender().begin(Kind::Text, text.len()),
            Message::Binary(bytes) => self.connection.sender().begin(Kind::Binary, bytes.len()),
            _ => return self.send_control(message),
        };
        match (sent, message) {
            (Ok(header), Message::Text(text)) => self.queue(header, text.into_bytes()),
            (Ok(header), Message::Binary(bytes)) => self.queue(header, bytes),
            (Ok(_), _) => {}
            (Err(error), message) => return Err(Rejected { message, error }),
        }
        Ok(())
    }

    /// Queues a message that is sent to other connections too.
    ///
    /// # Errors
    /// As of [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        if !self.is_ready() {
            return Err(self.queue_full());
        }
        let header = self.connection.sender().begin(message.kind, message.payload.len())?;
        if header.mask.is_some() {
            self.queue(header, message.payload.clone());
        } else if message.payload.len() < LARGE {
            self.outgoing.data().put(&message.header);
            self.outgoing.data().put(&message.payload);
        } else {
            self.outgoing.push(&message.header, message.payload.clone());
        }
        Ok(())
    }

    /// Queues the next fragment of a message, the last one with `fin` (RFC 6455 5.4): for a
    /// message that is not all there yet, or is larger than memory. Fragments of text may be cut
    /// inside a character.
    ///
    /// # Errors
    /// The payload, and why it was not taken: as of [`send`](Self::send), with
    /// `MessageUnderWay` when the message under way is of another kind, and
    /// [`InvalidUtf8`](SendError::InvalidUtf8).
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<(), Rejected<Bytes>> {
        if !self.is_ready() {
            return Err(Rejected { message: payload, error: self.queue_full() });
        }
        match self.connection.sender().begin_fragment(kind, fin, &payload) {
            Ok(header) => self.queue(header, payload),
            Err(error) => return Err(Rejected { message: payload, error }),
        }
        Ok(())
    }

    fn send_control(&mut self, message: Message) -> Result<(), Rejected> {
        let sent = match &message {
            Message::Ping(payload) => self.connection.ping(payload, self.outgoing.control()),
            Message::Pong(payload) => self.connection.pong(payload, self.outgoing.control()),
            Message::Close(frame) => {
                self.connection.close_with(frame.as_deref(), self.outgoing.data())
            }
            Message::Text(_) | Message::Binary(_) => Ok(()),
        };
        sent.map_err(|error| Rejected { message, error })
    }

    #[inline]
    fn queue(&mut self, header: FrameHeader, payload: Bytes) {
        let header_bytes = HeaderBytes::new(&header);
        let small = payload.len() < LARGE;
        match header.mask.map(Mask::new) {
            None if small => {
                self.outgoing.data().put(&header_bytes);
                self.outgoing.data().put(&payload);
            }
            None => self.outgoing.push(&header_bytes, payload),
            Some(mut mask) if small => {
                self.outgoing.data().put(&header_bytes);
                self.outgoing.data().put_masked(&payload, &mut mask);
            }
            Some(mut mask) => match payload.try_into_mut() {
                Ok(mut unique) => {
                    mask.apply(&mut unique);
                    self.outgoing.push(&header_bytes, unique.freeze());
                }
                Err(shared) => {
                    self.outgoing.data().put(&header_bytes);
                    self.outgoing.data().put_masked(&shared, &mut mask);
                }
            },
        }
    }

    #[cold]
    fn queue_full(&self) -> SendError {
        SendError::QueueFull { queued: self.outgoing.len(), high_water_mark: self.high_water_mark }
    }
}

/// A message that was not taken, handed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected<M = Message> {
    /// The message, as it was.
    pub message: M,
    /// Why it was not taken.
    pub error: SendError,
}

impl<M> fmt::Display for Rejected<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<M: fmt::Debug> Error for Rejected<M> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

impl<M> From<Rejected<M>> for SendError {
    fn from(rejected: Rejected<M>) -> Self {
        rejected.error
    }
}
