//! The WebSocket over a transport.

use alloc::format;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::time::timeout;
use bytes::{Buf as _, Bytes, BytesMut};
use futures_core::Stream;
use futures_sink::Sink;

use super::Acceptor;
use super::wire::{Wire, poll_receive};
use crate::close::CloseCode;
use crate::connection::{Role, Server, State};
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::handshake::{Opened, Request};
use crate::io::{AcceptError, Error, Parts, Reply, Unsent};
use crate::message::Message;
use crate::websocket::{Answers, Config, MessageReceiver, MessageRef, Part, Prepared, WebSocket};

/// A WebSocket over a transport.
///
/// [`next`](Self::next) gives the messages. When it would wait, it writes what is queued first: the
/// answers to Pings and to a Close reach the wire without the application's doing, and a loop that
/// only [`feed`](Self::feed)s sends many replies in one write.
///
/// It is a [`Stream`] of messages and a [`Sink`] for them too. While it waits with nothing received
/// and nothing to send, it holds no buffer.
///
/// Every method says what becomes of things when its future is dropped.
#[derive(Debug)]
pub struct WebSocketStream<S, R> {
    pub(super) websocket: WebSocket<R>,
    pub(super) wire: Wire<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocketStream<S, Server> {
    /// Answers a client's opening handshake, with the default limits and without a subprotocol.
    ///
    /// A request that is not one for a WebSocket gets the HTTP response that it should; then the
    /// transport is dropped. [`Acceptor`] does more, and can be resumed.
    ///
    /// Dropped, it drops the transport.
    ///
    /// # Errors
    /// Why no WebSocket was opened.
    pub async fn accept(stream: S) -> Result<Self, AcceptError> {
        Acceptor::new(stream).accept().await
    }

    /// As [`accept`](Self::accept), with limits, and with `answer` to look at the request and
    /// decide.
    ///
    /// # Errors
    /// Why no WebSocket was opened.
    pub async fn accept_with(
        stream: S,
        config: Config,
        answer: impl FnOnce(&Request<'_>) -> Reply,
    ) -> Result<Self, AcceptError> {
        Acceptor::new(stream).config(config).accept_with(answer).await
    }
}

impl<S, R: Role> WebSocketStream<S, R> {
    /// Creates a WebSocket from the result of an opening handshake that your own code has run.
    /// `input` contains the bytes that were read after the handshake.
    pub fn from_parts(stream: S, role: R, config: Config, opened: Opened, input: BytesMut) -> Self {
        let wire = Wire::new(stream, config.close_timeout);
        let mut websocket = WebSocket::new(role, config, opened);
        websocket.input().append(input);
        Self { websocket, wire }
    }

    /// Returns the result of the opening handshake: for a client, also the response of the server.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        self.websocket.opened()
    }

    /// Returns the subprotocol that both sides agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.websocket.subprotocol()
    }

    /// The transport, to set its options. To read from it or write to it breaks the WebSocket.
    pub const fn stream(&self) -> &S {
        &self.wire.stream
    }

    /// The transport, as [`stream`](Self::stream).
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.wire.stream
    }

    /// Takes the connection apart, with the bytes that have been read and not processed, and those
    /// that are queued and not written. The parts of a message in progress that have been processed
    /// are lost.
    pub fn into_parts(mut self) -> Parts<S> {
        let input = self.websocket.take_unprocessed();
        let output = self.websocket.output();
        let output = output.copy_to_bytes(output.remaining());
        Parts { stream: self.wire.stream, input, output }
    }

    /// Where the connection is in its closing handshake. What is queued counts as sent.
    #[must_use]
    pub fn state(&self) -> State {
        self.websocket.state()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WebSocketStream<S, R> {
    /// Receives the next message; `None` when the connection is over, behind the Close message that
    /// the peer sent, or behind an error.
    ///
    /// Before that `None` it waits for the peer: for its end of the transport, when it broke the
    /// protocol, or when it is the server (RFC 6455 7.1.1). A peer may take its time; call
    /// [`finish`](Self::finish) instead to bound it.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed. [`Protocol`](Error::Protocol): the peer broke the
    /// protocol, and is told, or it went away without a Close, which stands for code 1006. Each
    /// comes once.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|context| self.poll_receive(context, MessageReceiver::receive)).await
    }

    /// Receives the next message as [`next`](Self::next) does, and lends it out of the read buffer
    /// until the next call. A message in one frame costs no allocation.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`next`](Self::next).
    pub async fn next_ref(&mut self) -> Option<Result<MessageRef<'_>, Error>> {
        match poll_fn(|context| self.poll_receive(context, process)).await? {
            Ok(()) => Some(self.websocket.receive_ref().transpose()?.map_err(Error::from)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Receives the next part of a message as it arrives, and lends it out of the read buffer until
    /// the next call: for messages larger than memory.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`next`](Self::next).
    pub async fn next_part(&mut self) -> Option<Result<Part<'_>, Error>> {
        match poll_fn(|context| self.poll_receive(context, process_part)).await? {
            Ok(()) => Some(self.websocket.receive_part().transpose()?.map_err(Error::from)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Waits until a message can be queued: the queue is under its high-water mark.
    ///
    /// Dropped, it has lost nothing.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed.
    pub async fn ready(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.poll_room(context)).await
    }

    /// Queues a message, when there is room for it. It leaves with the next
    /// [`flush`](Self::flush), or when [`next`](Self::next) would wait.
    ///
    /// Dropped while it waits for room, it drops the message, of which nothing was sent; to keep
    /// it, wait with [`ready`](Self::ready) first. Once there is room it does not wait.
    ///
    /// # Errors
    /// [`Rejected`](Error::Rejected): the message was not taken, and is in the error.
    /// [`Unsent`](Error::Unsent): the transport failed before there was room for the message, which
    /// is in the error.
    pub async fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        if let Err(error) = self.ready().await {
            return Err(error.with_unsent(Unsent::Message(message)));
        }
        Ok(self.websocket.send(message)?)
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
    ///
    /// Dropped while it waits for room, it drops the message; dropped later, the message is queued
    /// and leaves with the next flush.
    ///
    /// # Errors
    /// As of `feed` and `flush`.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// Dropped, as of [`send`](Self::send).
    ///
    /// # Errors
    /// As of `send`; [`Send`](Error::Send) when the message was not taken.
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.ready().await?;
        self.websocket.send_prepared(message).map_err(Error::Send)?;
        self.flush().await
    }

    /// Sends the next fragment of a message, the last one with `fin` (RFC 6455 5.4): for a message
    /// that is not all there yet, or is larger than memory.
    ///
    /// Dropped, as of [`send`](Self::send).
    ///
    /// # Errors
    /// As of `send`; [`RejectedFragment`](Error::RejectedFragment) when the fragment was not accepted,
    /// with its payload.
    pub async fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let payload = payload.into();
        if let Err(error) = self.ready().await {
            return Err(error.with_unsent(Unsent::Fragment(payload)));
        }
        self.websocket.send_fragment(kind, fin, payload)?;
        self.flush().await
    }

    /// Writes all that is queued, and flushes the transport.
    ///
    /// Dropped, it has lost nothing.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.poll_flush_sending(context)).await
    }

    /// Begins the closing handshake (RFC 6455, section 7.1.2), after everything that is queued. A
    /// connection that is closing already keeps its first Close. [`finish`](Self::finish) sees the
    /// closing handshake through; call [`next`](Self::next) until `None` before it to receive the
    /// messages that still come.
    ///
    /// Dropped, it has queued the Close, which leaves with the next flush.
    ///
    /// # Errors
    /// [`Send`](Error::Send): a code or reason that cannot be sent. [`Io`](Error::Io): the
    /// transport failed, or did not take the Close within the close time-out (`TimedOut`).
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        if self.state() == State::Open {
            self.websocket.close(code, reason).map_err(Error::Send)?;
        }
        let flushed = within(self.wire.close_timeout, self.flush()).await;
        // Once both sides have closed, `finish` tells how the transport ended.
        if self.state() == State::Closed { Ok(()) } else { flushed }
    }

    /// Sees the connection to its end, for the close time-out of the configuration at most: waits
    /// for the peer's Close, drops the messages that come before it, and ends the transport so
    /// that nothing on its way is lost (RFC 6455, section 7.1.1). Call it after
    /// [`close`](Self::close), after `None`, or after an error.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed, or the time ran out (`TimedOut`): drop it then.
    /// [`Protocol`](Error::Protocol): the peer went away without a Close, or broke the protocol.
    pub async fn finish(&mut self) -> Result<(), Error> {
        let close_timeout = self.wire.close_timeout;
        let finished = async {
            while let Some(received) = self.next().await {
                received?;
            }
            Ok(())
        };
        within(close_timeout, finished).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WebSocketStream<S, R> {
    fn poll_receive<T>(
        &mut self,
        context: &mut Context<'_>,
        take: impl Fn(&mut MessageReceiver<R>, &mut Answers) -> Result<Option<T>, ProtocolError>,
    ) -> Poll<Option<Result<T, Error>>> {
        let (receiver, sender) = self.websocket.halves();
        poll_receive(receiver, &mut (sender, &mut self.wire), context, take)
    }

    fn poll_room(&mut self, context: &Context<'_>) -> Poll<Result<(), Error>> {
        self.wire.poll_room(self.websocket.halves().1, context)
    }

    fn poll_flush_sending(&mut self, context: &Context<'_>) -> Poll<Result<(), Error>> {
        self.wire.poll_flush_sending(self.websocket.halves().1, context)
    }

    fn poll_close_sending(&mut self, context: &Context<'_>) -> Poll<Result<(), Error>> {
        self.wire.poll_close_sending(self.websocket.halves().1, context)
    }
}

/// Processes the input until a message is ready.
pub(super) fn process<R: Role>(
    receiver: &mut MessageReceiver<R>,
    answers: &mut Answers,
) -> Result<Option<()>, ProtocolError> {
    Ok(receiver.process(answers)?.then_some(()))
}

/// Processes the input until a part of a message is ready.
pub(super) fn process_part<R: Role>(
    receiver: &mut MessageReceiver<R>,
    answers: &mut Answers,
) -> Result<Option<()>, ProtocolError> {
    Ok(receiver.process_part(answers)?.then_some(()))
}

/// Waits for `future`, for `limit` at most.
async fn within(
    limit: Duration,
    future: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let result = timeout(limit, future).await;
    result.unwrap_or_else(|_| {
        let text = format!("the close time-out of {limit:?} ran out");
        Err(io::Error::new(io::ErrorKind::TimedOut, text).into())
    })
}

/// The messages; see [`next`](WebSocketStream::next).
impl<S: AsyncRead + AsyncWrite + Unpin, R: Role + Unpin> Stream for WebSocketStream<S, R> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_receive(context, MessageReceiver::receive)
    }
}

/// Takes messages while the queue is under its high-water mark.
impl<S: AsyncRead + AsyncWrite + Unpin, R: Role + Unpin> Sink<Message> for WebSocketStream<S, R> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().poll_room(context)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        Ok(self.get_mut().websocket.send(message)?)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().poll_flush_sending(context)
    }

    /// Begins the closing handshake with code 1000 unless it has begun, and flushes. The messages
    /// that still come, and the end of it, are the `Stream`'s to give.
    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().poll_close_sending(context)
    }
}
