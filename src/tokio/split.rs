//! Two halves for two tasks.

use alloc::sync::Arc;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::{Mutex, PoisonError};

use ::tokio::io::{AsyncRead, AsyncWrite};
use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;

use super::WebSocketStream;
use super::stream::{process, process_part};
use super::wire::{Access, Wire, poll_receive};
use crate::close::CloseCode;
use crate::connection::Role;
use crate::deflate::Compression;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::{Error, Unsent};
use crate::message::Message;
use crate::websocket::{
    Answers, MessageReceiver, MessageRef, MessageSender, Part, Prepared, ReuniteError, WebSocket,
};

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WebSocketStream<S, R> {
    /// Two halves, for a task that receives and one that sends. Pings and a Close are answered as
    /// before, by the half that receives.
    ///
    /// What they share is locked while one of them is polled, and never across an await.
    ///
    /// ```no_run
    /// # async fn chat(
    /// #     socket: websocket_proto::tokio::WebSocketStream<
    /// #         tokio::net::TcpStream, websocket_proto::connection::Server>,
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
    pub fn into_split(self) -> (ReadHalf<S, R>, WriteHalf<S, R>) {
        let opened = self.opened().clone();
        let (receiver, sender) = self.websocket.into_split();
        let shared = Arc::new(Mutex::new((sender, self.wire)));
        let reader = ReadHalf {
            receiver,
            shared: SharedWire { shared: Arc::clone(&shared), opened: opened.clone() },
        };
        (reader, WriteHalf(SharedWire { shared, opened }))
    }
}

/// The half that receives.
#[derive(Debug)]
pub struct ReadHalf<S, R> {
    receiver: MessageReceiver<R>,
    shared: SharedWire<S, R>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> ReadHalf<S, R> {
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

    /// Receives the next message, as [`WebSocketStream::next`] does. Call it until `None`, also
    /// when the other half has sent the Close.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`WebSocketStream::next`].
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|context| {
            poll_receive(&mut self.receiver, &mut self.shared, context, MessageReceiver::receive)
        })
        .await
    }

    /// Receives the next message, lent out of the read buffer, as [`WebSocketStream::next_ref`]
    /// does.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`WebSocketStream::next`].
    pub async fn next_ref(&mut self) -> Option<Result<MessageRef<'_>, Error>> {
        let Self { receiver, shared } = self;
        match poll_fn(|context| poll_receive(receiver, shared, context, process)).await? {
            Ok(()) => {
                let message = receiver.receive_ref(&mut Answers::new());
                Some(message.transpose()?.map_err(Error::from))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Receives the next part of a message, as [`WebSocketStream::next_part`] does.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`WebSocketStream::next`].
    pub async fn next_part(&mut self) -> Option<Result<Part<'_>, Error>> {
        let Self { receiver, shared } = self;
        match poll_fn(|context| poll_receive(receiver, shared, context, process_part)).await? {
            Ok(()) => {
                let part = receiver.receive_part(&mut Answers::new());
                Some(part.transpose()?.map_err(Error::from))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Frees the memory of the decompressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
    }

    /// The WebSocket again, from both of its halves.
    ///
    /// # Errors
    /// The halves, when they are not of one WebSocket.
    pub fn reunite(
        self,
        writer: WriteHalf<S, R>,
    ) -> Result<WebSocketStream<S, R>, ReuniteError<Self, WriteHalf<S, R>>> {
        if !Arc::ptr_eq(&self.shared.shared, &writer.0.shared) {
            return Err(ReuniteError::new(self, writer));
        }
        let Self { receiver, shared: SharedWire { shared: ours, .. } } = self;
        let SharedWire { shared, opened } = writer.0;
        let halves = |receiver, shared: Arc<_>| {
            let ours = SharedWire { shared: Arc::clone(&shared), opened: opened.clone() };
            let writer = WriteHalf(SharedWire { shared, opened: opened.clone() });
            Err(ReuniteError::new(Self { receiver, shared: ours }, writer))
        };
        drop(ours);
        let (sender, wire) = match Arc::try_unwrap(shared) {
            Ok(mutex) => mutex.into_inner().unwrap_or_else(PoisonError::into_inner),
            // There are two halves and no more.
            Err(shared) => return halves(receiver, shared),
        };
        match WebSocket::reunite(receiver, sender) {
            Ok(websocket) => Ok(WebSocketStream { websocket, wire }),
            // The halves of one stream hold the halves of one connection.
            Err(error) => {
                let (receiver, sender) = error.into_halves();
                halves(receiver, Arc::new(Mutex::new((sender, wire))))
            }
        }
    }
}

/// The half that sends.
#[derive(Debug)]
pub struct WriteHalf<S, R>(SharedWire<S, R>);

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WriteHalf<S, R> {
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

    /// Waits until a message can be queued, as [`WebSocketStream::ready`] does.
    ///
    /// Dropped, it has lost nothing.
    ///
    /// # Errors
    /// As of [`WebSocketStream::ready`].
    pub async fn ready(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.0.with(|sender, wire| wire.poll_room(sender, context))).await
    }

    /// Queues a message, as [`WebSocketStream::feed`] does.
    ///
    /// Dropped while it waits for room, it drops the message, of which nothing was sent. Once
    /// there is room it does not wait.
    ///
    /// # Errors
    /// As of [`WebSocketStream::feed`].
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        self.with_room(|room| match room {
            Ok(sender) => Ok(sender.send(message)?),
            Err(error) => Err(error.with_unsent(Unsent::Message(message))),
        })
        .await
    }

    /// Sends a message, as [`WebSocketStream::send`] does.
    ///
    /// Dropped while it waits for room, it drops the message; dropped later, the message is queued
    /// and leaves with the next flush, or when the other half would wait.
    ///
    /// # Errors
    /// As of [`WebSocketStream::send`].
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// Dropped, as of [`send`](Self::send).
    ///
    /// # Errors
    /// As of [`WebSocketStream::send_prepared`].
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.with_room(|room| room?.send_prepared(message).map_err(Error::Send)).await?;
        self.flush().await
    }

    /// Sends the next fragment of a message, as [`WebSocketStream::send_fragment`] does.
    ///
    /// Dropped, as of [`send`](Self::send).
    ///
    /// # Errors
    /// As of [`WebSocketStream::send_fragment`].
    pub async fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let payload = payload.into();
        self.with_room(|room| match room {
            Ok(sender) => Ok(sender.send_fragment(kind, fin, payload)?),
            Err(error) => Err(error.with_unsent(Unsent::Fragment(payload))),
        })
        .await?;
        self.flush().await
    }

    /// Says whether the messages from the next one on are sent compressed, as
    /// [`WebSocketStream::set_compression`] does.
    pub fn set_compression(&mut self, choice: Compression) {
        self.0.with(|sender, _| sender.set_compression(choice));
    }

    /// Frees the memory of the compressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.0.with(|sender, _| sender.release_memory());
    }

    /// Writes all that is queued, and flushes the transport.
    ///
    /// Dropped, it has lost nothing.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.0.with(|sender, wire| wire.poll_flush_sending(sender, context)))
            .await
    }

    /// Begins the closing handshake behind all that is queued. The other half sees it through:
    /// call [`ReadHalf::next`] until `None`.
    ///
    /// Dropped, it has queued the Close.
    ///
    /// # Errors
    /// [`Send`](Error::Send): a code or reason that cannot be sent, or a connection that is closing
    /// already. [`Io`](Error::Io): the transport failed.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.0.with(|sender, _| sender.close(code, reason)).map_err(Error::Send)?;
        self.flush().await
    }

    /// Waits for room in the queue, and does `send` with it before anybody else can. `send` gets the
    /// reason if there will be no room.
    async fn with_room(
        &self,
        send: impl FnOnce(Result<&mut MessageSender<R>, Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut send = Some(send);
        poll_fn(|context| {
            self.0.with(|sender, wire| {
                let room = ready!(wire.poll_room(sender, context)).map(|()| sender);
                Poll::Ready(send.take().map_or(Ok(()), |send| send(room)))
            })
        })
        .await
    }
}

/// The sending half and the transport, which both halves use.
#[derive(Debug)]
struct SharedWire<S, R> {
    shared: Arc<Mutex<(MessageSender<R>, Wire<S>)>>,
    /// A copy of what the connection has, to be read without the lock.
    opened: Opened,
}

impl<S, R> SharedWire<S, R> {
    /// Does something with both, under the lock.
    fn with<T>(&self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<S>) -> T) -> T {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, wire) = &mut *shared;
        act(sender, wire)
    }
}

impl<S, R> Access<S, R> for SharedWire<S, R> {
    fn with<T>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<S>) -> T) -> T {
        Self::with(self, act)
    }
}

/// The messages; see [`next`](ReadHalf::next).
impl<S: AsyncRead + AsyncWrite + Unpin, R: Role + Unpin> Stream for ReadHalf<S, R> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { receiver, shared } = self.get_mut();
        poll_receive(receiver, shared, context, MessageReceiver::receive)
    }
}

/// Takes messages while the queue is under its high-water mark.
impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> Sink<Message> for WriteHalf<S, R> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.with(|sender, wire| wire.poll_room(sender, context))
    }

    /// The message is handed back when the answers of the other half have filled the queue since
    /// `poll_ready`.
    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Ok(self.0.with(|sender, _| sender.send(message))?)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.with(|sender, wire| wire.poll_flush_sending(sender, context))
    }

    /// Begins the closing handshake with code 1000 unless it has begun, and flushes.
    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.with(|sender, wire| wire.poll_close_sending(sender, context))
    }
}
