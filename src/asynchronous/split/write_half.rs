//! The half of a WebSocket that sends.

use core::future::poll_fn;
use core::task::{Poll, ready};
use core::time::Duration;

use bytes::Bytes;

use super::SharedWire;
use crate::asynchronous::Transport;
use crate::asynchronous::wire::close;
#[cfg(doc)]
use crate::asynchronous::{ReadHalf, WebSocketStream};
use crate::close::CloseCode;
use crate::connection::{Role, State};
use crate::deflate::Compression;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::{Error, Unsent};
use crate::message::Message;
use crate::utf8_bytes::Utf8Bytes;
#[cfg(doc)]
use crate::websocket::Stats;
use crate::websocket::{Begun, MessageSender, Prepared, Rejected, Traffic};

/// The half of a WebSocket that sends.
///
/// An error of this half, such as [`Closing`](crate::SendError::Closing), is not the end of the
/// connection. The other half completes the closing handshake, so call [`ReadHalf::next`] until it
/// returns `None`. If both halves are dropped before that, the peer may see a reset.
#[derive(Debug)]
pub struct WriteHalf<T, R>(pub(in crate::asynchronous) SharedWire<T, R>);

impl<T: Transport, R: Role> WriteHalf<T, R> {
    /// Returns the result of the opening handshake: for a client, also the response of the server.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.0.opened
    }

    /// Returns the subprotocol that both sides agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.opened().subprotocol()
    }

    /// Returns the state of the connection, as [`WebSocketStream::state`] does.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.with(|sender, _| sender.state())
    }

    /// Returns what this half has sent so far, as [`Stats::sent`]. The other half counts what it
    /// has received.
    #[must_use]
    pub fn sent(&self) -> Traffic {
        self.0.with(|sender, _| sender.sent())
    }

    /// Returns the round-trip time of the last answered Ping of the keepalive, as
    /// [`Stats::round_trip`].
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.0.with(|sender, _| sender.round_trip())
    }

    /// Waits until a message can be queued, as [`WebSocketStream::ready`] does.
    ///
    /// If the future is dropped, nothing is lost.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::ready`].
    pub async fn ready(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.0.with(|sender, wire| wire.poll_room(sender, context))).await
    }

    /// Queues a message, as [`WebSocketStream::feed`] does. The next [`flush`](Self::flush) writes it,
    /// or the other half before it waits. A half that already waits in [`ReadHalf::next`] does not.
    ///
    /// If the future is dropped while it waits for room, the message is dropped and no part of it
    /// is sent. If the queue has room, this method does not wait.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::feed`].
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        let begun = self.with_room(|room| match room {
            Ok(sender) => Ok(sender.begin(message)?),
            Err(error) => Err(error.with_unsent(Unsent::Message(message))),
        });
        self.finish_message(begun.await?)
    }

    /// Sends a message, as [`WebSocketStream::send`] does.
    ///
    /// If the future is dropped while it waits for room, the message is dropped. If it is dropped
    /// later, the message stays queued. The next flush writes it, or the other half before it
    /// waits.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send`].
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message if there is room in the queue now, as [`WebSocketStream::try_send`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::try_send`].
    pub fn try_send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        let begun = self.0.with(|sender, _| sender.begin(message))?;
        self.finish_message(begun)
    }

    /// Queues a prepared message if there is room in the queue now, as
    /// [`WebSocketStream::try_send_prepared`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::try_send_prepared`].
    pub fn try_send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let begun = self.0.with(|sender, _| sender.begin_prepared(message));
        let finished = self.finish(begun.map_err(Error::Send)?);
        finished.map_err(|rejected| Error::Send(rejected.error))
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// If the future is dropped, the same happens as for [`send`](Self::send).
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send_prepared`].
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message).await?;
        self.flush().await
    }

    /// Queues a message that is sent to other connections too, as
    /// [`WebSocketStream::feed_prepared`] does.
    ///
    /// If the future is dropped while it waits for room, the message is not sent.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::feed_prepared`].
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let begun = self.with_room(|room| room?.begin_prepared(message).map_err(Error::Send));
        self.finish(begun.await?).map_err(|rejected| Error::Send(rejected.error))
    }

    /// Sends the next fragment of a message, as [`WebSocketStream::send_fragment`] does.
    ///
    /// If the future is dropped, the same happens as for [`send`](Self::send).
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send_fragment`].
    pub async fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let payload = payload.into();
        let begun = self.with_room(|room| match room {
            Ok(sender) => Ok(sender.begin_fragment(kind, fin, payload)?),
            Err(error) => Err(error.with_unsent(Unsent::Fragment(payload))),
        });
        self.finish(begun.await?)?;
        self.flush().await
    }

    /// Decides whether the next messages are sent compressed, as
    /// [`WebSocketStream::set_compression`] does.
    pub fn set_compression(&mut self, choice: Compression) {
        self.0.with(|sender, _| sender.set_compression(choice));
    }

    /// Frees the memory of the compressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.0.with(|sender, _| sender.release_memory());
    }

    /// Writes everything that is queued, and flushes the transport.
    ///
    /// If the future is dropped, nothing is lost.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::flush`].
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.0.with(|sender, wire| wire.poll_flush(sender, context))).await
    }

    /// Begins the closing handshake, as [`WebSocketStream::close`] does. The other half completes the
    /// closing handshake: call [`ReadHalf::next`] until it returns `None`, or
    /// [`ReadHalf::finish`].
    ///
    /// If the future is dropped, the Close stays queued, and the next flush writes it.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::close`].
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.0.with(|sender, _| close(sender, code, reason))?;
        poll_fn(|context| self.0.with(|sender, wire| wire.poll_close(sender, context))).await
    }

    /// Waits for room in the queue, and calls `begin` under the same lock, so that the other half
    /// cannot take the room. If there will be no room, `begin` gets the reason.
    async fn with_room(
        &self,
        begin: impl FnOnce(Result<&mut MessageSender<R>, Error>) -> Result<Begun, Error>,
    ) -> Result<Begun, Error> {
        let mut begin = Some(begin);
        poll_fn(|context| {
            self.0.with(|sender, wire| {
                let room = ready!(wire.poll_room(sender, context)).map(|()| &mut *sender);
                Poll::Ready(begin.take().map_or(Ok(Begun::Queued), |begin| begin(room)))
            })
        })
        .await
    }
}

impl<T, R: Role> WriteHalf<T, R> {
    /// Compresses and masks without the lock, and queues the result.
    fn finish(&self, mut begun: Begun) -> Result<(), Rejected<Bytes>> {
        while let Begun::Encode(encoding) = begun {
            let encoded = encoding.encode();
            begun = self.0.with(|sender, _| sender.finish(encoded))?;
        }
        Ok(())
    }

    fn finish_message(&self, begun: Begun) -> Result<(), Error> {
        let kind = match &begun {
            Begun::Queued => return Ok(()),
            Begun::Encode(encoding) => encoding.kind(),
        };
        self.finish(begun).map_err(|Rejected { message: payload, error }| {
            let message = match kind {
                Kind::Text => Utf8Bytes::try_from(payload)
                    .map_or_else(|error| Message::Binary(error.into_bytes()), Message::Text),
                Kind::Binary => Message::Binary(payload),
            };
            Error::from(Rejected { message, error })
        })
    }
}
