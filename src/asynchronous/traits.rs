//! The traits [`Stream`] and [`Sink`] of the WebSocket and of its halves.

use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::receive::poll_receive;
use super::wire::close;
use super::{ReadHalf, Transport, WebSocketStream, WriteHalf};
use crate::close::CloseCode;
use crate::connection::Role;
use crate::io::Error;
use crate::message::Message;
use crate::websocket::MessageReceiver;

/// Yields the messages, as [`next`](WebSocketStream::next) does.
impl<T: Transport + Unpin, R: Role + Unpin> Stream for WebSocketStream<T, R> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().shared().poll_receive(context, MessageReceiver::receive)
    }
}

/// The stream is terminated when no more messages can arrive. From then on
/// [`next`](WebSocketStream::next) returns `None`.
impl<T: Transport + Unpin, R: Role + Unpin> FusedStream for WebSocketStream<T, R> {
    fn is_terminated(&self) -> bool {
        self.wire.is_over()
    }
}

/// Accepts messages while the queue is below its high-water mark.
impl<T: Transport + Unpin, R: Role + Unpin> Sink<Message> for WebSocketStream<T, R> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().shared().poll_room(context)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Ok(self.get_mut().with(|sender, _| sender.send(message))?)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().shared().poll_flush(context)
    }

    /// Begins the closing handshake with code 1000 unless it has begun, and flushes. The `Stream`
    /// yields the messages that still arrive, and completes the closing handshake.
    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().shared().with(|sender, wire| {
            close(sender, CloseCode::NORMAL, "")?;
            wire.poll_close(sender, context)
        })
    }
}

/// Yields the messages, as [`next`](ReadHalf::next) does.
impl<T: Transport + Unpin, R: Role + Unpin> Stream for ReadHalf<T, R> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { receiver, turn, shared } = self.get_mut();
        poll_receive(receiver, shared, turn, context, MessageReceiver::receive)
    }
}

/// The stream is terminated when no more messages can arrive. From then on
/// [`next`](ReadHalf::next) returns `None`.
impl<T: Transport + Unpin, R: Role + Unpin> FusedStream for ReadHalf<T, R> {
    fn is_terminated(&self) -> bool {
        self.shared.with(|_, wire| wire.is_over())
    }
}

/// Accepts messages while the queue is below its high-water mark.
impl<T: Transport, R: Role> Sink<Message> for WriteHalf<T, R> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.with(|sender, wire| wire.poll_room(sender, context))
    }

    /// Queues a message, as [`try_send`](WriteHalf::try_send) does. If the message is not queued,
    /// it is in the error.
    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        self.get_mut().try_send(message)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.with(|sender, wire| wire.poll_flush(sender, context))
    }

    /// Begins the closing handshake with code 1000 unless it has begun, and flushes.
    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.with(|sender, wire| {
            close(sender, CloseCode::NORMAL, "")?;
            wire.poll_close(sender, context)
        })
    }
}
