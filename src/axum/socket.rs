//! The WebSocket of a handler ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::{ReadHalf, ServerStream, WriteHalf};
use crate::io::Error;
use crate::message::Message;

/// A WebSocket that [`on_upgrade`](super::WebSocketUpgrade::on_upgrade) has opened.
///
/// [`recv`](Self::recv), [`send`](Self::send) and [`protocol`](Self::protocol) have the names that
/// axum's WebSocket has. A `WebSocket` derefs to a [`ServerStream`], so it has all methods of one
/// too, such as [`next_ref`](ServerStream::next_ref),
/// [`send_prepared`](ServerStream::send_prepared), [`close_info`](ServerStream::close_info) and
/// [`finish`](ServerStream::finish). It is also a [`Stream`] and a [`Sink`] of messages, for `split`
/// and the other combinators of `futures_util`.
///
/// ```
/// use websocket_proto::axum::{CloseCode, Message, WebSocket};
///
/// async fn serve(mut socket: WebSocket) {
///     while let Some(Ok(message)) = socket.recv().await {
///         let Message::Text(text) = message else { continue };
///         if text == "bye" || socket.send(Message::Text(text)).await.is_err() {
///             break;
///         }
///     }
///     // If the client has left already, there is nobody to tell.
///     let _ = socket.close(CloseCode::NORMAL, "bye").await;
///     let _ = socket.finish().await;
/// }
/// ```
#[derive(Debug)]
pub struct WebSocket(ServerStream);

impl WebSocket {
    /// Returns the next message, as [`next`](ServerStream::next) does, or `None` when the connection
    /// is over.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the errors of [`next`](ServerStream::next), each of them once. After an error the
    /// connection is over.
    pub async fn recv(&mut self) -> Option<Result<Message, Error>> {
        self.0.next().await
    }

    /// Sends a message and flushes, as the [`send`](ServerStream::send) of `ServerStream` does. That
    /// method takes any value that becomes a message, and this one takes a [`Message`], so that
    /// `socket.send("text".into())` compiles.
    ///
    /// If the future is dropped while it waits for room, the message is dropped. If it is dropped
    /// later, the message stays queued, and the next flush writes it.
    ///
    /// # Errors
    /// Returns the errors of [`feed`](ServerStream::feed) and [`flush`](ServerStream::flush).
    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.0.send(message).await
    }

    /// Returns the subprotocol that the server has selected among the offers of the client.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.0.subprotocol()
    }

    /// Splits the WebSocket into two halves for two tasks, as
    /// [`into_split`](ServerStream::into_split) does. They cost less than those of `split` in
    /// `futures_util`, and have all methods.
    pub fn into_split(self) -> (ReadHalf, WriteHalf) {
        self.0.into_split()
    }

    /// Returns the WebSocket of the asynchronous adapters, which this type wraps.
    pub fn into_inner(self) -> ServerStream {
        self.0
    }
}

impl From<ServerStream> for WebSocket {
    fn from(stream: ServerStream) -> Self {
        Self(stream)
    }
}

impl Deref for WebSocket {
    type Target = ServerStream;

    fn deref(&self) -> &ServerStream {
        &self.0
    }
}

impl DerefMut for WebSocket {
    fn deref_mut(&mut self) -> &mut ServerStream {
        &mut self.0
    }
}

/// Yields the messages, as [`recv`](WebSocket::recv) does.
impl Stream for WebSocket {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(context)
    }
}

/// The stream is terminated when no more messages can arrive.
impl FusedStream for WebSocket {
    fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }
}

/// Accepts messages while the queue is below its high-water mark.
impl Sink<Message> for WebSocket {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_ready(context)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Pin::new(&mut self.0).start_send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    /// Begins the closing handshake with code 1000 unless it has begun, and flushes.
    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.0).poll_close(context)
    }
}
