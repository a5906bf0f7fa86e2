//! Two halves for two tasks.

use alloc::sync::Arc;
use core::error::Error as StdError;
use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::tokio::io::{AsyncRead, AsyncWrite};
use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;

use super::WebSocketStream;
use crate::close::CloseCode;
use crate::connection::Role;
use crate::deflate::Compression;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::Error;
use crate::message::Message;
use crate::websocket::Prepared;

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
        let shared = SharedStream { stream: Arc::new(Mutex::new(self)), opened };
        (ReadHalf(shared.share()), WriteHalf(shared))
    }
}

/// The half that receives.
#[derive(Debug)]
pub struct ReadHalf<S, R>(SharedStream<S, R>);

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> ReadHalf<S, R> {
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

    /// Receives the next message, as [`WebSocketStream::next`] does. Call it until `None`, also
    /// when the other half has sent the Close.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`WebSocketStream::next`].
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|context| self.0.lock().poll_receive(context)).await
    }

    /// The WebSocket again, from both of its halves.
    ///
    /// # Errors
    /// The halves, when they are not of one WebSocket.
    pub fn reunite(
        self,
        writer: WriteHalf<S, R>,
    ) -> Result<WebSocketStream<S, R>, ReuniteError<S, R>> {
        if !Arc::ptr_eq(&self.0.stream, &writer.0.stream) {
            return Err(ReuniteError(self, writer));
        }
        drop(writer);
        let SharedStream { stream, opened } = self.0;
        match Arc::try_unwrap(stream) {
            Ok(mutex) => Ok(mutex.into_inner().unwrap_or_else(PoisonError::into_inner)),
            // There are two halves and no more.
            Err(stream) => {
                let shared = SharedStream { stream, opened };
                Err(ReuniteError(Self(shared.share()), WriteHalf(shared)))
            }
        }
    }
}

/// The half that sends.
#[derive(Debug)]
pub struct WriteHalf<S, R>(SharedStream<S, R>);

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
        poll_fn(|context| self.0.lock().poll_room(context)).await
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
        self.with_room(|stream| Ok(stream.websocket.send(message)?)).await
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
        self.with_room(|stream| stream.websocket.send_prepared(message).map_err(Error::Send))
            .await?;
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
        self.with_room(|stream| {
            let sent = stream.websocket.send_fragment(kind, fin, payload);
            sent.map_err(|rejected| Error::Send(rejected.error))
        })
        .await?;
        self.flush().await
    }

    /// Says whether the messages from the next one on are sent compressed, as
    /// [`WebSocketStream::set_compression`] does.
    pub fn set_compression(&mut self, choice: Compression) {
        self.0.lock().websocket.set_compression(choice);
    }

    /// Gives memory back, that of the other half too, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.0.lock().websocket.release_memory();
    }

    /// Writes all that is queued, and flushes the transport.
    ///
    /// Dropped, it has lost nothing.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.0.lock().poll_flush_sending(context)).await
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
        self.0.lock().websocket.close(code, reason).map_err(Error::Send)?;
        self.flush().await
    }

    /// Waits for room in the queue, and does `send` with it before anybody else can.
    async fn with_room(
        &self,
        send: impl FnOnce(&mut WebSocketStream<S, R>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut send = Some(send);
        poll_fn(|context| {
            let mut stream = self.0.lock();
            ready!(stream.poll_room(context))?;
            Poll::Ready(send.take().map_or(Ok(()), |send| send(&mut stream)))
        })
        .await
    }
}

/// Two halves that are not of one WebSocket, handed back.
pub struct ReuniteError<S, R>(pub ReadHalf<S, R>, pub WriteHalf<S, R>);

impl<S, R> fmt::Debug for ReuniteError<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<S, R> fmt::Display for ReuniteError<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of one websocket")
    }
}

impl<S, R> StdError for ReuniteError<S, R> {}

#[derive(Debug)]
struct SharedStream<S, R> {
    stream: Arc<Mutex<WebSocketStream<S, R>>>,
    /// A copy of what the stream has, to be read without the lock.
    opened: Opened,
}

impl<S, R> SharedStream<S, R> {
    fn share(&self) -> Self {
        Self { stream: Arc::clone(&self.stream), opened: self.opened.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, WebSocketStream<S, R>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The messages; see [`next`](ReadHalf::next).
impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> Stream for ReadHalf<S, R> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().poll_receive(context)
    }
}

/// Takes messages while the queue is under its high-water mark.
impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> Sink<Message> for WriteHalf<S, R> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.lock().poll_room(context)
    }

    /// The message is handed back when the answers of the other half have filled the queue since
    /// `poll_ready`.
    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Ok(self.0.lock().websocket.send(message)?)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.lock().poll_flush_sending(context)
    }

    /// Begins the closing handshake with code 1000 unless it has begun, and flushes.
    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.lock().poll_close_sending(context)
    }
}
