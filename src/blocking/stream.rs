//! The WebSocket over a transport that blocks
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use bytes::{Buf as _, Bytes, BytesMut};

use super::Transport;
use super::transport::WriteTimeout;
use crate::close::CloseCode;
use crate::connection::{CloseInfo, Role, State};
#[cfg(doc)]
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::{Driver, Error, Parts, Unsent};
use crate::message::Message;
use crate::sync::Instant;
use crate::websocket::{Config, MessageReceiver, MessageRef, Part, Prepared, Stats, WebSocket};

/// A WebSocket over a transport.
///
/// [`read`](Self::read) returns the messages. Before it waits for the transport it writes what is
/// queued, so Pings and a Close are answered without the help of the application. It goes on
/// reading even if the peer reads nothing.
///
/// Every call can be resumed. If the transport returns `WouldBlock`, or a time-out expires, the
/// call returns this error and nothing is lost. The same call then continues where it stopped.
#[derive(Debug)]
pub struct WebSocketStream<S, R> {
    pub(super) stream: S,
    pub(super) websocket: WebSocket<R>,
    pub(super) driver: Driver,
    pub(super) write_timeout: WriteTimeout,
    /// The moment of the creation, from which all times count.
    pub(super) start: Instant,
}

impl<S: Transport, R: Role> WebSocketStream<S, R> {
    /// Creates a WebSocket from the result of an opening handshake that your own code has run.
    /// `input` contains the bytes that were read after the handshake.
    pub fn from_parts(stream: S, role: R, config: Config, opened: Opened, input: BytesMut) -> Self {
        let mut websocket = WebSocket::new(role, config, opened);
        websocket.input().append(input);
        Self::from_websocket(stream, websocket)
    }

    /// Creates a WebSocket from one without a transport, for example from
    /// [`Accepting::into_websocket`](crate::io::Accepting::into_websocket).
    pub fn from_websocket(stream: S, websocket: WebSocket<R>) -> Self {
        let driver = Driver::new().traced(&websocket);
        Self {
            stream,
            websocket,
            driver,
            write_timeout: WriteTimeout::new(),
            start: Instant::now(),
        }
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

    /// Returns the transport, for example to set its options. Do not read from it or write to it:
    /// that breaks the WebSocket.
    pub fn stream(&self) -> &S {
        self.write_timeout.restore(&self.stream);
        &self.stream
    }

    /// Returns the transport, as [`stream`](Self::stream) does.
    pub fn stream_mut(&mut self) -> &mut S {
        self.write_timeout.restore(&self.stream);
        &mut self.stream
    }

    /// Takes the connection apart. The parts include the bytes that were read but not processed,
    /// and the bytes that were queued but not written. The bytes of a message in progress that were
    /// already processed are lost.
    pub fn into_parts(mut self) -> Parts<S> {
        self.write_timeout.restore(&self.stream);
        let input = self.websocket.take_unprocessed();
        let output = self.websocket.output();
        let output = output.copy_to_bytes(output.remaining());
        Parts { stream: self.stream, input, output }
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

impl<S: Transport, R: Role> WebSocketStream<S, R> {
    /// Returns the next message, or `None` when the connection is over: after the Close message of
    /// the peer, or after an error.
    ///
    /// Before it waits for the transport it writes what is queued. If the transport does not accept
    /// all of it, this method reads in the meantime and then tries again to write.
    ///
    /// Before it returns an error of the peer or `None`, it ends the transport as RFC 6455, section
    /// 7.1.1, asks for: a server shuts down its sending side. Then it waits for the peer to do the
    /// same, at most for the [`close_timeout`](Config::close_timeout). After that the WebSocket can
    /// be dropped, so a loop may end at the first error.
    ///
    /// Before it returns a Ping or a Close, it tries to write the answer.
    ///
    /// # Errors
    /// - [`Io`](Error::Io): the transport failed. After `WouldBlock` or `TimedOut`, call again.
    /// - [`Protocol`](Error::Protocol): the peer violated the protocol, and the Close that reports
    ///   it has been written, if the transport accepted it. Or the transport ended without a Close,
    ///   or a time limit of the configuration ran out. Both of these have the code 1006.
    ///
    /// Each error is returned once, except `WouldBlock` and `TimedOut`.
    #[inline]
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        // The message itself is made last, so that it is not moved on its way out.
        if self.take(MessageReceiver::process)? { Ok(self.websocket.receive()?) } else { Ok(None) }
    }

    /// Returns the next message as [`read`](Self::read) does. The message borrows the read buffer
    /// until the next call. A message in one frame costs no allocation.
    ///
    /// # Errors
    /// Returns the same errors as [`read`](Self::read).
    pub fn read_ref(&mut self) -> Result<Option<MessageRef<'_>>, Error> {
        if self.take(MessageReceiver::process)? {
            Ok(self.websocket.receive_ref()?)
        } else {
            Ok(None)
        }
    }

    /// Returns the next part of a message as it arrives. The part borrows the read buffer until the
    /// next call. Use this method for messages that are larger than memory.
    ///
    /// # Errors
    /// Returns the same errors as [`read`](Self::read).
    pub fn read_part(&mut self) -> Result<Option<Part<'_>>, Error> {
        if self.take(MessageReceiver::process_part)? {
            Ok(self.websocket.receive_part()?)
        } else {
            Ok(None)
        }
    }

    /// Sends a message: queues it and writes everything that is queued. If the queue is full, it is
    /// written first.
    ///
    /// # Errors
    /// - [`Rejected`](Error::Rejected): the message was not queued, and is in the error. If the
    ///   reason is [`QueueFull`](crate::SendError::QueueFull), the transport did not accept the
    ///   earlier messages.
    /// - [`Unsent`](Error::Unsent): the transport failed before the queue had room for the message.
    ///   The message is in the error.
    /// - [`Io`](Error::Io): the transport failed, and the message is queued. After `WouldBlock` or
    ///   `TimedOut`, [`flush`](Self::flush) writes the rest of it.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message)?;
        self.flush()
    }

    /// Waits until a message can be queued: the queue is below its high-water mark, or it is empty.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed. After `WouldBlock` or `TimedOut`, call again.
    pub fn ready(&mut self) -> Result<(), Error> {
        Ok(self.wait_for_room()?)
    }

    /// Queues a message if there is room in the queue now. This method writes nothing.
    ///
    /// # Errors
    /// [`Rejected`](Error::Rejected): the message was not queued, and is in the error. The reason is
    /// [`QueueFull`](crate::SendError::QueueFull) if there is no room.
    pub fn try_send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        Ok(self.websocket.send(message.into())?)
    }

    /// Queues a prepared message if there is room in the queue now. This method writes nothing.
    ///
    /// # Errors
    /// [`Send`](Error::Send): the message was not queued. The reason is
    /// [`QueueFull`](crate::SendError::QueueFull) if there is no room.
    pub fn try_send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.websocket.send_prepared(message).map_err(Error::Send)
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// # Errors
    /// Returns the same errors as [`send`](Self::send), but [`Send`](Error::Send) if the message
    /// was not queued.
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message)?;
        self.flush()
    }

    /// Queues a message that is sent to other connections too, as [`feed`](Self::feed) does.
    ///
    /// # Errors
    /// Returns the same errors as [`feed`](Self::feed), but [`Send`](Error::Send) if the message
    /// was not queued.
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.make_room()?;
        self.websocket.send_prepared(message).map_err(Error::Send)
    }

    /// Sends the next fragment of a message (RFC 6455, section 5.4). Use this method for a message
    /// that is not complete yet, or is larger than memory. `fin` marks the last fragment.
    ///
    /// # Errors
    /// Returns the same errors as [`send`](Self::send), but
    /// [`RejectedFragment`](Error::RejectedFragment) with the payload if the fragment was not
    /// queued.
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let payload = payload.into();
        if let Err(error) = self.make_room() {
            return Err(error.with_unsent(Unsent::Fragment(payload)));
        }
        self.websocket.send_fragment(kind, fin, payload)?;
        self.flush()
    }

    /// Queues a message, and writes only if the queue is full. The next [`flush`](Self::flush)
    /// sends the queued messages, many of them in one write, and so does [`read`](Self::read)
    /// before it waits.
    ///
    /// # Errors
    /// Returns the same errors as [`send`](Self::send).
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        if let Err(error) = self.make_room() {
            return Err(error.with_unsent(Unsent::Message(message)));
        }
        Ok(self.websocket.send(message)?)
    }

    /// Begins the closing handshake (RFC 6455, section 7.1.2). The Close is sent after everything
    /// that is queued. If the connection is already closing, its first Close is kept, and this
    /// method only writes what is queued.
    ///
    /// [`finish`](Self::finish) completes the closing handshake, and drops the messages that still
    /// arrive. To receive them, first call [`read`](Self::read) until it returns `None`.
    ///
    /// # Errors
    /// - [`Send`](Error::Send): the code or the reason cannot be sent.
    /// - The errors of [`flush`](Self::flush). After both endpoints have sent a Close, a failure of
    ///   the transport is not an error, except `WouldBlock` and `TimedOut`.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        if !self.websocket.halves().1.is_closed() {
            self.websocket.close(code, reason).map_err(Error::Send)?;
        }
        let flushed = self.flush();
        // After both endpoints have sent a Close, a failure of the transport is not an error.
        let is_clean = self.close_info().is_some_and(|info| info.is_clean);
        match flushed {
            Err(error) if !is_clean || error.is_would_block() => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes everything that is queued, and flushes the transport.
    ///
    /// # Errors
    /// - [`Io`](Error::Io): the transport failed, or did not accept the last bytes within the
    ///   [`close_timeout`](Config::close_timeout) (`ConnectionAborted`). After `WouldBlock` or
    ///   `TimedOut`, call again.
    /// - [`Protocol`](Error::Protocol): the transport accepted no bytes within the time limit of a
    ///   [`keepalive`](Config::keepalive) or [`write_timeout`](Config::write_timeout), or the
    ///   peer did not answer a Close. The queued bytes are lost.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.write_out()?;
        Driver::output_lost(self.websocket.halves().1).map_or(Ok(()), Err)
    }

    /// Completes the closing handshake, within the [`close_timeout`](Config::close_timeout): waits
    /// for the Close of the peer, drops the messages before it, and ends the transport so that no
    /// sent bytes are lost (RFC 6455, section 7.1.1).
    ///
    /// Call it after [`close`](Self::close), or after [`read`](Self::read) has returned `None` or
    /// an error. If the connection is still open, this method begins to close it with code 1000.
    ///
    /// # Errors
    /// - [`Io`](Error::Io): the transport failed. After `WouldBlock` or `TimedOut`, call again.
    /// - [`Protocol`](Error::Protocol): the peer violated the protocol, did not answer the Close
    ///   ([`CloseTimeout`](ProtocolError::CloseTimeout)), or the transport ended without a Close.
    pub fn finish(&mut self) -> Result<(), Error> {
        if !self.websocket.halves().1.is_closed() {
            self.websocket.halves().1.close_or_answer().map_err(Error::Send)?;
        }
        self.driver.await_end();
        while self.read()?.is_some() {}
        Ok(())
    }
}
