//! The half of a WebSocket that writes.

use alloc::sync::Arc;
use core::time::Duration;

use bytes::Bytes;

use crate::blocking::write_side::WriteSide;
#[cfg(doc)]
use crate::blocking::{ReadHalf, WebSocketStream};
use crate::close::CloseCode;
use crate::connection::{Role, State};
use crate::deflate::Compression;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::{Error, Unsent};
use crate::message::Message;
#[cfg(doc)]
use crate::websocket::Stats;
use crate::websocket::{MessageSender, Prepared, Traffic};

/// The half of a WebSocket that writes.
#[derive(Debug)]
pub struct WriteHalf<R> {
    pub(super) write_side: Arc<WriteSide<R>>,
    /// A copy that can be read without the lock of `write_side`.
    pub(super) opened: Opened,
}

impl<R: Role> WriteHalf<R> {
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

    /// Sends a message.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send`].
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message)?;
        self.flush()
    }

    /// Queues a message, as [`WebSocketStream::feed`] does. The message may be written at once.
    /// Call [`flush`](Self::flush) or [`send`](Self::send) to be sure that all of the queue is
    /// written.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::feed`].
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.write_side.feed(queue_message(message.into()))
    }

    /// Waits until a message can be queued, as [`WebSocketStream::ready`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::ready`].
    pub fn ready(&mut self) -> Result<(), Error> {
        self.write_side.ready()
    }

    /// Queues a message if there is room in the queue now, as [`WebSocketStream::try_send`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::try_send`].
    pub fn try_send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        Ok(self.write_side.with_sender(|sender| sender.send(message))?)
    }

    /// Returns the state of the connection, as [`WebSocketStream::state`] does.
    #[must_use]
    pub fn state(&self) -> State {
        self.write_side.with_sender(|sender| sender.state())
    }

    /// Returns what this half has sent so far, as [`Stats::sent`]. The other half counts what it
    /// has received.
    #[must_use]
    pub fn sent(&self) -> Traffic {
        self.write_side.with_sender(|sender| sender.sent())
    }

    /// Returns the round-trip time of the last answered Ping of the keepalive, as
    /// [`Stats::round_trip`].
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.write_side.with_sender(|sender| sender.round_trip())
    }

    /// Queues a prepared message if there is room in the queue now, as
    /// [`WebSocketStream::try_send_prepared`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::try_send_prepared`].
    pub fn try_send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.write_side.with_sender(|sender| sender.send_prepared(message)).map_err(Error::Send)
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send_prepared`].
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message)?;
        self.flush()
    }

    /// Queues a message that is sent to other connections too, as
    /// [`WebSocketStream::feed_prepared`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::feed_prepared`].
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.write_side.feed(|room| room?.send_prepared(message).map_err(Error::Send))
    }

    /// Sends the next fragment of a message, as [`WebSocketStream::send_fragment`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send_fragment`].
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let payload = payload.into();
        self.write_side.feed(|room| match room {
            Ok(sender) => Ok(sender.send_fragment(kind, fin, payload)?),
            Err(error) => Err(error.with_unsent(Unsent::Fragment(payload))),
        })?;
        self.flush()
    }

    /// Decides whether the next messages are sent compressed, as
    /// [`WebSocketStream::set_compression`] does.
    pub fn set_compression(&mut self, choice: Compression) {
        self.write_side.with_sender(|sender| sender.set_compression(choice));
    }

    /// Frees the memory of the compressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.write_side.with_sender(MessageSender::release_memory);
    }

    /// Begins the closing handshake, as [`WebSocketStream::close`] does. The half that reads
    /// completes it: call [`ReadHalf::read`] until it returns `None`, or [`ReadHalf::finish`].
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let begun = self.write_side.with_sender(|sender| {
            if sender.is_closed() { Ok(()) } else { sender.close(code, reason) }
        });
        begun.map_err(Error::Send)?;
        let flushed = self.flush();
        // After both endpoints have sent a Close, a failure of the transport is not an error.
        let is_clean = self
            .write_side
            .with_sender(|sender| sender.close_info().is_some_and(|info| info.is_clean));
        match flushed {
            Err(error) if !is_clean || error.is_would_block() => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes everything that is queued, as [`WebSocketStream::flush`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::flush`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.write_side.flush()
    }
}

/// Queues a message, or returns it with the reason why there is no room.
fn queue_message<R: Role>(
    message: Message,
) -> impl FnOnce(Result<&mut MessageSender<R>, Error>) -> Result<(), Error> {
    |room| match room {
        Ok(sender) => Ok(sender.send(message)?),
        Err(error) => Err(error.with_unsent(Unsent::Message(message))),
    }
}
