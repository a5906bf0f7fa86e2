//! The two halves of a WebSocket, for two tasks.

use alloc::sync::Arc;
use core::future::poll_fn;
use core::task::{Poll, ready};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::stream::{process, process_part};
use super::wire::{Access, Found, Turn, Wire, poll_receive};
use super::{Transport, WebSocketStream};
use crate::close::CloseCode;
use crate::connection::{Role, State};
use crate::deflate::Compression;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::{Error, Unsent};
use crate::message::Message;
use crate::utf8_bytes::Utf8Bytes;
use crate::websocket::{
    Answers, Begun, MessageReceiver, MessageRef, MessageSender, Part, Prepared, Rejected,
    ReuniteError, WebSocket,
};

impl<T: Transport, R: Role> WebSocketStream<T, R> {
    /// Splits the WebSocket into two halves, for a task that receives and a task that sends. The
    /// half that receives still answers Pings and a Close.
    ///
    /// The halves share the transport and the queue under a lock. The lock is never held across an
    /// await, and not while received messages are processed.
    ///
    /// ```no_run
    /// # async fn chat(
    /// #     socket: websocket_proto::tokio::ServerStream<tokio::net::TcpStream>,
    /// #     mut news: tokio::sync::mpsc::Receiver<String>,
    /// # ) {
    /// let (mut reader, mut writer) = socket.into_split();
    /// tokio::spawn(async move {
    ///     while let Some(text) = news.recv().await {
    ///         if writer.send(text).await.is_err() {
    ///             break;
    ///         }
    ///     }
    /// });
    /// while let Some(Ok(message)) = reader.next().await {
    ///     println!("{message:?}");
    /// }
    /// # }
    /// ```
    pub fn into_split(self) -> (ReadHalf<T, R>, WriteHalf<T, R>) {
        let opened = self.opened().clone();
        let Self { websocket, mut wire, turn } = self;
        let (receiver, sender) = websocket.into_split();
        wire.share();
        let shared = Arc::new(Mutex::new((sender, wire)));
        let reader = ReadHalf {
            receiver,
            turn,
            shared: SharedWire { shared: Arc::clone(&shared), opened: opened.clone() },
        };
        (reader, WriteHalf(SharedWire { shared, opened }))
    }
}

/// The half of a WebSocket that receives.
#[derive(Debug)]
pub struct ReadHalf<T, R> {
    pub(super) receiver: MessageReceiver<R>,
    pub(super) turn: Turn,
    pub(super) shared: SharedWire<T, R>,
}

impl<T: Transport, R: Role> ReadHalf<T, R> {
    /// Returns the result of the opening handshake: for a client, also the response of the server.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.shared.opened
    }

    /// Returns the subprotocol that both sides agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.opened().subprotocol()
    }

    /// Returns the next message, as [`WebSocketStream::next`] does. Call it until it returns
    /// `None`, also after the other half has sent a Close.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::next`].
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        let Self { receiver, turn, shared } = self;
        poll_fn(|context| poll_receive(receiver, shared, turn, context, MessageReceiver::receive))
            .await
    }

    /// Returns the next message, which borrows the read buffer, as [`WebSocketStream::next_ref`]
    /// does.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::next`].
    pub async fn next_ref(&mut self) -> Option<Result<MessageRef<'_>, Error>> {
        let Self { receiver, turn, shared } = self;
        match poll_fn(|context| poll_receive(receiver, shared, turn, context, process)).await? {
            Ok(Found(_)) => {
                let message = receiver.receive_ref(&mut Answers::new());
                Some(message.transpose()?.map_err(Error::from))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Returns the next part of a message, as [`WebSocketStream::next_part`] does.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::next`].
    pub async fn next_part(&mut self) -> Option<Result<Part<'_>, Error>> {
        let Self { receiver, turn, shared } = self;
        match poll_fn(|context| poll_receive(receiver, shared, turn, context, process_part)).await?
        {
            Ok(Found(_)) => {
                let part = receiver.receive_part(&mut Answers::new());
                Some(part.transpose()?.map_err(Error::from))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Returns the state of the connection, as [`WebSocketStream::state`] does.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.with(|sender, _| sender.state())
    }

    /// Completes the closing handshake and ends the transport, as [`WebSocketStream::finish`] does.
    /// Call it after the other half has sent a Close, after a Close of the peer, or after an error.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::finish`].
    pub async fn finish(&mut self) -> Result<(), Error> {
        self.shared.with(|sender, wire| {
            wire.await_end();
            wire.close(sender, CloseCode::NORMAL, "")
        })?;
        while let Some(received) = self.next().await {
            received?;
        }
        Ok(())
    }

    /// Frees the memory of the decompressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
    }

    /// Joins both halves of a WebSocket.
    ///
    /// # Errors
    /// Returns both halves if they belong to different WebSockets.
    pub fn reunite(
        self,
        writer: WriteHalf<T, R>,
    ) -> Result<WebSocketStream<T, R>, ReuniteError<Self, WriteHalf<T, R>>> {
        if !Arc::ptr_eq(&self.shared.shared, &writer.0.shared) {
            return Err(ReuniteError::new(self, writer));
        }
        let Self { receiver, turn, shared: SharedWire { shared: ours, .. } } = self;
        let SharedWire { shared, opened } = writer.0;
        let halves = |receiver, turn, shared: Arc<_>| {
            let ours = SharedWire { shared: Arc::clone(&shared), opened: opened.clone() };
            let writer = WriteHalf(SharedWire { shared, opened: opened.clone() });
            Err(ReuniteError::new(Self { receiver, turn, shared: ours }, writer))
        };
        drop(ours);
        let (sender, mut wire) = match Arc::try_unwrap(shared) {
            Ok(mutex) => mutex.into_inner().unwrap_or_else(PoisonError::into_inner),
            // This does not happen: there are only two halves, and the other reference was dropped
            // above.
            Err(shared) => return halves(receiver, turn, shared),
        };
        match WebSocket::reunite(receiver, sender) {
            Ok(websocket) => {
                wire.unshare();
                Ok(WebSocketStream { websocket, wire, turn })
            }
            // This does not happen: the halves of one stream hold the halves of one connection.
            Err(error) => {
                let (receiver, sender) = error.into_halves();
                halves(receiver, turn, Arc::new(Mutex::new((sender, wire))))
            }
        }
    }
}

/// The half of a WebSocket that sends.
#[derive(Debug)]
pub struct WriteHalf<T, R>(pub(super) SharedWire<T, R>);

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

    /// Waits until a message can be queued, as [`WebSocketStream::ready`] does.
    ///
    /// If the future is dropped, nothing is lost.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::ready`].
    pub async fn ready(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.0.with(|sender, wire| wire.poll_room(sender, context))).await
    }

    /// Queues a message, as [`WebSocketStream::feed`] does.
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
        let begun = self.0.with(|sender, wire| {
            let begun = sender.begin(message);
            wire.wake_if_closing(sender);
            begun
        })?;
        self.finish_message(begun)
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
        self.0.with(|sender, wire| wire.close(sender, code, reason))?;
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
                let begun = begin.take().map_or(Ok(Begun::Queued), |begin| begin(room));
                wire.wake_if_closing(sender);
                Poll::Ready(begun)
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

/// The sending half and the transport, which both halves share.
#[derive(Debug)]
pub(super) struct SharedWire<T, R> {
    shared: Arc<Mutex<(MessageSender<R>, Wire<T>)>>,
    /// A copy that can be read without the lock.
    opened: Opened,
}

impl<T, R> SharedWire<T, R> {
    /// Calls `act` with both, under the lock.
    pub(super) fn with<O>(&self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<T>) -> O) -> O {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, wire) = &mut *shared;
        act(sender, wire)
    }
}

impl<T, R> Access<T, R> for SharedWire<T, R> {
    fn with<O>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<T>) -> O) -> O {
        Self::with(self, act)
    }
}
