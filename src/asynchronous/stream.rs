//! The WebSocket over a transport ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use core::future::poll_fn;
use core::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};

use super::Transport;
use super::receive::{Found, Taken, Turn, poll_receive, process, process_part};
use super::wire::{Access as _, Wire, close};
use crate::close::CloseCode;
use crate::connection::{CloseInfo, Role, State};
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::{Driver, Error, Parts, Unsent};
use crate::message::Message;
use crate::websocket::{
    Answers, Config, MessageReceiver, MessageRef, MessageSender, Part, Prepared, Stats, WebSocket,
};

/// A WebSocket over a transport.
///
/// [`next`](Self::next) returns the messages. Before it waits for the transport it writes
/// everything that is queued, so Pings and a Close are answered without the help of the
/// application. A loop that only calls [`feed`](Self::feed) sends many replies in one write.
///
/// A `WebSocketStream` is also a [`Stream`] and a [`Sink`] of messages. It holds no buffer while it
/// waits for the transport, unless bytes are unprocessed or wait to be written.
///
/// The documentation of each method tells what happens if its future is dropped.
///
/// [`Stream`]: futures_core::Stream
/// [`Sink`]: futures_sink::Sink
#[derive(Debug)]
pub struct WebSocketStream<T, R> {
    pub(super) websocket: WebSocket<R>,
    pub(super) wire: Wire<T>,
    pub(super) turn: Turn,
}

impl<T: Transport, R: Role> WebSocketStream<T, R> {
    /// Creates a WebSocket from the result of an opening handshake that your own code has run.
    /// `input` contains the bytes that were read after the handshake.
    pub fn from_parts(
        stream: T::Stream,
        role: R,
        config: Config,
        opened: Opened,
        input: BytesMut,
    ) -> Self {
        Self::from_transport(T::new(stream), role, config, opened, input)
    }

    /// Creates a WebSocket as [`from_parts`](Self::from_parts) does, over a transport that your own
    /// code has set up.
    pub fn from_transport(
        transport: T,
        role: R,
        config: Config,
        opened: Opened,
        input: BytesMut,
    ) -> Self {
        let mut websocket = WebSocket::new(role, config, opened);
        websocket.input().append(input);
        Self::from_websocket(transport, websocket)
    }

    /// Creates a WebSocket from one without a transport, for example from
    /// [`Accepting::into_websocket`](crate::io::Accepting::into_websocket).
    pub fn from_websocket(transport: T, websocket: WebSocket<R>) -> Self {
        let driver = Driver::new().traced(&websocket);
        Self { websocket, wire: Wire::new(transport, driver), turn: Turn::default() }
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

    /// Returns the byte stream, for example to set its options. Do not read from it or write to it:
    /// that breaks the WebSocket.
    pub fn stream(&self) -> &T::Stream {
        self.wire.transport.stream()
    }

    /// Returns the byte stream, as [`stream`](Self::stream) does.
    pub fn stream_mut(&mut self) -> &mut T::Stream {
        self.wire.transport.stream_mut()
    }

    /// Takes the connection apart. The parts include the bytes that were read but not processed,
    /// and the bytes that were queued but not written. The bytes of a message in progress that were
    /// already processed are lost.
    pub fn into_parts(mut self) -> Parts<T::Stream> {
        let input = self.websocket.take_unprocessed();
        let output = self.websocket.output();
        let output = output.copy_to_bytes(output.remaining());
        Parts { stream: self.wire.transport.into_stream(), input, output }
    }

    /// Returns the state of the connection in the closing handshake. Frames in the queue count as
    /// sent.
    #[must_use]
    pub fn state(&self) -> State {
        self.websocket.state()
    }

    /// Returns what the connection has received and sent so far, for metrics.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.websocket.stats()
    }

    /// Returns how the connection ended, or `None` while it is open or closing (RFC 6455, sections
    /// 7.1.4 to 7.1.6).
    #[must_use]
    pub fn close_info(&self) -> Option<CloseInfo<'_>> {
        self.websocket.close_info()
    }
}

impl<T: Transport, R: Role> WebSocketStream<T, R> {
    /// Returns the next message, or `None` when the connection is over: after the Close message of
    /// the peer, or after an error.
    ///
    /// Before it returns an error of the peer or `None`, it ends the transport as RFC 6455, section
    /// 7.1.1, asks for: it writes everything that is queued, and a server shuts down its sending
    /// side. Then it waits for the peer to do the same, at most for the
    /// [`close_timeout`](Config::close_timeout). After that the WebSocket can be dropped, so a loop
    /// may end at the first error.
    ///
    /// Before it returns a Ping or a Close, it tries once to write the answer.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// - [`Io`](Error::Io): the transport failed.
    /// - [`Protocol`](Error::Protocol): the peer violated the protocol, and the Close that reports
    ///   it has been written, if the transport accepted it. Or the transport ended without a Close,
    ///   or a time limit of the configuration ran out. Both of these have the code 1006.
    ///
    /// Each error is returned once.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|context| self.poll_receive(context, MessageReceiver::receive)).await
    }

    /// Returns the next message as [`next`](Self::next) does. The message borrows the read buffer
    /// until the next call. A message in one frame costs no allocation.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`next`](Self::next).
    pub async fn next_ref(&mut self) -> Option<Result<MessageRef<'_>, Error>> {
        match poll_fn(|context| self.poll_receive(context, process)).await? {
            Ok(Found(_)) => Some(self.websocket.receive_ref().transpose()?.map_err(Error::from)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Returns the next part of a message as it arrives. The part borrows the read buffer until the
    /// next call. Use this method for messages that are larger than memory.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`next`](Self::next).
    pub async fn next_part(&mut self) -> Option<Result<Part<'_>, Error>> {
        match poll_fn(|context| self.poll_receive(context, process_part)).await? {
            Ok(Found(_)) => Some(self.websocket.receive_part().transpose()?.map_err(Error::from)),
            Err(error) => Some(Err(error)),
        }
    }

    /// Waits until a message can be queued: the queue is below its high-water mark, or it is empty.
    ///
    /// If the future is dropped, nothing is lost.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed.
    pub async fn ready(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.poll_room(context)).await
    }

    /// Waits for room in the queue, and queues a message. The next [`flush`](Self::flush) writes
    /// it, or [`next`](Self::next) before it waits.
    ///
    /// If the future is dropped while it waits for room, the message is dropped and no part of it
    /// is sent. To keep the message, wait with [`ready`](Self::ready) first: if the queue has room,
    /// this method does not wait.
    ///
    /// # Errors
    /// - [`Rejected`](Error::Rejected): the message was not queued, and is in the error.
    /// - [`Unsent`](Error::Unsent): the transport failed before the queue had room for the message.
    ///   The message is in the error.
    // This is not an `async fn`. The future of an `async fn` would hold the message twice, before
    // and after its conversion, and every idle task would reserve that space.
    pub fn feed(&mut self, message: impl Into<Message>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |context| self.poll_feed(&mut message, context))
    }

    /// Sends a message: calls [`feed`](Self::feed) and then [`flush`](Self::flush).
    ///
    /// If the future is dropped while it waits for room, the message is dropped. If it is dropped
    /// later, the message stays queued, and the next flush writes it.
    ///
    /// # Errors
    /// Returns the errors of [`feed`](Self::feed) and [`flush`](Self::flush).
    pub fn send(&mut self, message: impl Into<Message>) -> impl Future<Output = Result<(), Error>> {
        let mut message = Some(message.into());
        poll_fn(move |context| {
            ready!(self.poll_feed(&mut message, context))?;
            self.poll_flush(context)
        })
    }

    /// Waits for room, and queues the message unless it is queued already.
    fn poll_feed(
        &mut self,
        message: &mut Option<Message>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if message.is_some() {
            let room = ready!(self.poll_room(context));
            if let Some(message) = message.take() {
                if let Err(error) = room {
                    return Poll::Ready(Err(error.with_unsent(Unsent::Message(message))));
                }
                self.queue(message)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Queues a message if there is room in the queue now. This method does not wait.
    ///
    /// # Errors
    /// [`Rejected`](Error::Rejected): the message was not queued, and is in the error. The reason is
    /// [`QueueFull`](crate::SendError::QueueFull) if there is no room.
    pub fn try_send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.queue(message.into())
    }

    /// Queues a prepared message if there is room in the queue now. This method does not wait.
    ///
    /// # Errors
    /// [`Send`](Error::Send): the message was not queued. The reason is
    /// [`QueueFull`](crate::SendError::QueueFull) if there is no room.
    pub fn try_send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.websocket.send_prepared(message).map_err(Error::Send)
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// If the future is dropped, the same happens as for [`send`](Self::send).
    ///
    /// # Errors
    /// Returns the same errors as [`send`](Self::send), but [`Send`](Error::Send) if the message
    /// was not queued.
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message).await?;
        self.flush().await
    }

    /// Queues a message that is sent to other connections too, as [`feed`](Self::feed) does.
    ///
    /// If the future is dropped while it waits for room, the message is not sent.
    ///
    /// # Errors
    /// Returns the same errors as [`feed`](Self::feed), but [`Send`](Error::Send) if the message
    /// was not queued.
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.ready().await?;
        self.websocket.send_prepared(message).map_err(Error::Send)
    }

    /// Sends the next fragment of a message (RFC 6455, section 5.4). Use this method for a message
    /// that is not complete yet, or is larger than memory. `fin` marks the last fragment.
    ///
    /// If the future is dropped, the same happens as for [`send`](Self::send).
    ///
    /// # Errors
    /// Returns the same errors as [`send`](Self::send), but
    /// [`RejectedFragment`](Error::RejectedFragment) with the payload if the fragment was not
    /// queued.
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

    /// Writes everything that is queued, and flushes the transport.
    ///
    /// If the future is dropped, nothing is lost.
    ///
    /// # Errors
    /// - [`Io`](Error::Io): the transport failed, or did not accept the last bytes within the
    ///   [`close_timeout`](Config::close_timeout) (`ConnectionAborted`).
    /// - [`Protocol`](Error::Protocol): the transport accepted no bytes within the time limit of a
    ///   [`keepalive`](Config::keepalive) or [`write_timeout`](Config::write_timeout), or the
    ///   peer did not answer a Close. The queued bytes are lost.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|context| self.poll_flush(context)).await
    }

    /// Begins the closing handshake (RFC 6455, section 7.1.2). The Close is sent after everything
    /// that is queued. If the connection is already closing, its first Close is kept, and this
    /// method only writes what is queued.
    ///
    /// [`finish`](Self::finish) completes the closing handshake, and drops the messages that still
    /// arrive. To receive them, first call [`next`](Self::next) until it returns `None`.
    ///
    /// If the future is dropped, the Close stays queued, and the next flush writes it.
    ///
    /// # Errors
    /// - [`Send`](Error::Send): the code or the reason cannot be sent.
    /// - The errors of [`flush`](Self::flush). After both endpoints have sent a Close, a failure of
    ///   the transport is not an error.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.with(|sender, _| close(sender, code, reason))?;
        poll_fn(|context| self.with(|sender, wire| wire.poll_close(sender, context))).await
    }

    /// Completes the closing handshake, within the [`close_timeout`](Config::close_timeout): waits
    /// for the Close of the peer, drops the messages before it, and ends the transport so that no
    /// sent bytes are lost (RFC 6455, section 7.1.1).
    ///
    /// Call it after [`close`](Self::close), after `None`, or after an error. If the connection is
    /// still open, this method begins to close it with code 1000.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// - [`Io`](Error::Io): the transport failed.
    /// - [`Protocol`](Error::Protocol): the peer violated the protocol, did not answer the Close
    ///   ([`CloseTimeout`](ProtocolError::CloseTimeout)), or the transport ended without a Close.
    pub async fn finish(&mut self) -> Result<(), Error> {
        self.with(|sender, wire| wire.begin_to_finish(sender))?;
        while let Some(received) = self.next().await {
            received?;
        }
        Ok(())
    }
}

impl<T: Transport, R: Role> WebSocketStream<T, R> {
    pub(super) fn poll_receive<M: Taken>(
        &mut self,
        context: &mut Context<'_>,
        take: impl Fn(&mut MessageReceiver<R>, &mut Answers) -> Result<Option<M>, ProtocolError>,
    ) -> Poll<Option<Result<M, Error>>> {
        let (receiver, sender) = self.websocket.halves();
        let access = &mut (sender, &mut self.wire);
        poll_receive(receiver, access, &mut self.turn, context, take)
    }

    /// Calls `act` with the sending half and the transport, and then wakes the tasks that `act` has
    /// marked.
    pub(super) fn with<O>(
        &mut self,
        act: impl FnOnce(&mut MessageSender<R>, &mut Wire<T>) -> O,
    ) -> O {
        (self.websocket.halves().1, &mut self.wire).with(act)
    }

    /// Prepares for two tasks: one may use the `Stream` and the other the `Sink`.
    pub(super) fn shared(&mut self) -> &mut Self {
        self.wire.share();
        self
    }

    /// Queues a message. A Close wakes the tasks that share the stream.
    fn queue(&mut self, message: Message) -> Result<(), Error> {
        Ok(match message {
            Message::Close(_) => self.with(|sender, _| sender.send(message)),
            message => self.websocket.send(message),
        }?)
    }

    pub(super) fn poll_room(&mut self, context: &Context<'_>) -> Poll<Result<(), Error>> {
        self.with(|sender, wire| wire.poll_room(sender, context))
    }

    pub(super) fn poll_flush(&mut self, context: &Context<'_>) -> Poll<Result<(), Error>> {
        self.with(|sender, wire| wire.poll_flush(sender, context))
    }
}
