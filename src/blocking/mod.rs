//! The blocking adapter: a [`WebSocket`] over a transport that implements [`Read`] and [`Write`]
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).
//!
//! ```no_run
//! use std::net::TcpListener;
//! use websocket_proto::blocking::WebSocketStream;
//!
//! for stream in TcpListener::bind("127.0.0.1:9001")?.incoming() {
//!     let mut socket = WebSocketStream::accept(stream?)?;
//!     while let Some(message) = socket.read()? {
//!         if message.is_data() {
//!             socket.send(message)?;
//!         }
//!     }
//!     socket.finish()?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This module also exports what an application needs of the rest of the crate, so that one `use`
//! line is enough: messages, close codes, roles, options, replies and errors.

mod accept;
mod compression;
mod connect;
mod deadline;
mod ending;
mod split;
mod write_side;

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;

use core::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};

use crate::connection::TransportAction;
use crate::io::{HANDSHAKE_READ, is_would_block};
use crate::websocket::{Outgoing, WebSocket};

pub use accept::Acceptor;
pub use connect::{Connector, connect, connect_tcp};
pub use split::{ReadHalf, WriteHalf};

#[doc(no_inline)]
pub use crate::connection::{AnyRole, Client, CloseInfo, Endpoint, Role, Server, State};
#[cfg(feature = "deflate")]
#[doc(no_inline)]
pub use crate::deflate::DeflateConfig;
#[doc(no_inline)]
pub use crate::deflate::{Compression, Preferences, Terms};
#[doc(no_inline)]
pub use crate::frame::Kind;
#[doc(no_inline)]
pub use crate::handshake::{
    HttpAnswer, Incoming, Opened, Request, RequestError, Response, ResponseError, Scheme,
    WriteError,
};
#[doc(no_inline)]
pub use crate::http1::{HeadLimits, Headers, HttpRequest};
#[doc(no_inline)]
pub use crate::io::{
    AcceptError, ConnectError, ConnectOptions, ConnectPhase, ConnectStep, Error, Parts, ProxyError,
    Reply, Unsent, UrlError, UrlErrorKind,
};
#[doc(no_inline)]
pub use crate::websocket::{Config, Keepalive, MessageRef, Part, Prepared, Rejected, ReuniteError};
#[doc(no_inline)]
pub use crate::{
    CloseCode, CloseFrame, FromUtf8Error, Message, ProtocolError, SendError, Utf8Bytes,
};

use deadline::Deadline;
use ending::{see_out, write_out};

/// A [`WebSocketStream`] in the role of the server.
pub type ServerStream<S> = WebSocketStream<S, Server>;

/// A [`WebSocketStream`] in the role of the client. The stream that [`connect()`] opens is a
/// `ClientStream<TcpStream>`.
pub type ClientStream<S> = WebSocketStream<S, Client>;

/// A WebSocket over a transport.
///
/// [`read`](Self::read) returns the messages. Before it waits for the transport it writes
/// everything that is queued, so Pings and a Close are answered without the help of the
/// application.
///
/// Every call can be resumed. If the transport returns `WouldBlock`, or a time-out expires, the
/// call returns this error and nothing is lost. The same call then continues where it stopped.
#[derive(Debug)]
pub struct WebSocketStream<S, R> {
    stream: S,
    websocket: WebSocket<R>,
    /// Whether the transport has been written to but not flushed.
    unflushed: bool,
    close_timeout: Duration,
}

impl<S: Read + Write> WebSocketStream<S, Server> {
    /// Runs the opening handshake of a server, with the default limits and without a subprotocol.
    ///
    /// A request that does not ask for a WebSocket gets the matching HTTP response, and the
    /// transport is dropped. [`Acceptor`] has more options and can be resumed.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub fn accept(stream: S) -> Result<Self, AcceptError> {
        Acceptor::new(stream).accept()
    }

    /// Runs the opening handshake as [`accept`](Self::accept) does, with a configuration. `answer`
    /// decides about the request.
    ///
    /// ```no_run
    /// # use std::net::TcpListener;
    /// use websocket_proto::blocking::{Config, Reply, WebSocketStream};
    ///
    /// # let (stream, _) = TcpListener::bind("127.0.0.1:9001")?.accept()?;
    /// let socket = WebSocketStream::accept_with(stream, Config::new(), |request| {
    ///     match request.path() {
    ///         "/chat" => Reply::accept().header("Set-Cookie", "seen=1"),
    ///         _ => Reply::refuse(404),
    ///     }
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub fn accept_with(
        stream: S,
        config: Config,
        answer: impl FnOnce(&Request<'_>) -> Reply,
    ) -> Result<Self, AcceptError> {
        Acceptor::new(stream).config(config).accept_with(answer)
    }
}

impl<S, R: Role> WebSocketStream<S, R> {
    /// Creates a WebSocket from the result of an opening handshake that your own code has run.
    /// `input` contains the bytes that were read after the handshake.
    pub fn from_parts(stream: S, role: R, config: Config, opened: Opened, input: BytesMut) -> Self {
        let close_timeout = config.close_timeout;
        let mut websocket = WebSocket::new(role, config, opened);
        websocket.input().append(input);
        Self { stream, close_timeout, websocket, unflushed: false }
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
    pub const fn stream(&self) -> &S {
        &self.stream
    }

    /// Returns the transport, as [`stream`](Self::stream) does.
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Takes the connection apart. The parts include the bytes that were read but not processed,
    /// and the bytes that were queued but not written. The bytes of a message in progress that were
    /// already processed are lost.
    pub fn into_parts(mut self) -> Parts<S> {
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

    /// Returns how the connection ended, or `None` while it is open or closing (RFC 6455, sections
    /// 7.1.4 to 7.1.6).
    #[must_use]
    pub fn close_info(&self) -> Option<CloseInfo<'_>> {
        self.websocket.close_info()
    }
}

impl<S: Read + Write, R: Role> WebSocketStream<S, R> {
    /// Returns the next message, or `None` after the Close message of the peer, when the closing
    /// handshake is complete. The transport can be dropped then, preferably with
    /// [`finish`](Self::finish).
    ///
    /// Before it waits for the transport it writes everything that is queued.
    ///
    /// # Errors
    /// - [`Io`](Error::Io): the transport failed. After `WouldBlock` or `TimedOut`, call again.
    /// - [`Protocol`](Error::Protocol): the peer violated the protocol, and the Close that reports
    ///   it has been written, if the transport accepted it. Or the transport ended without a Close.
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        loop {
            match self.websocket.receive() {
                Ok(Some(message)) => return Ok(Some(message)),
                Ok(None) => {}
                Err(error) => return Err(self.report(error)),
            }
            if !self.wait()? {
                return Ok(None);
            }
        }
    }

    /// Returns the next message as [`read`](Self::read) does. The message borrows the read buffer
    /// until the next call. A message in one frame costs no allocation.
    ///
    /// # Errors
    /// Returns the same errors as [`read`](Self::read).
    pub fn read_ref(&mut self) -> Result<Option<MessageRef<'_>>, Error> {
        while !self.websocket.process().map_err(|error| self.report(error))? {
            if !self.wait()? {
                return Ok(None);
            }
        }
        Ok(self.websocket.receive_ref()?)
    }

    /// Returns the next part of a message as it arrives. The part borrows the read buffer until the
    /// next call. Use this method for messages that are larger than memory.
    ///
    /// # Errors
    /// Returns the same errors as [`read`](Self::read).
    pub fn read_part(&mut self) -> Result<Option<Part<'_>>, Error> {
        while !self.websocket.process_part().map_err(|error| self.report(error))? {
            if !self.wait()? {
                return Ok(None);
            }
        }
        Ok(self.websocket.receive_part()?)
    }

    /// Reads more from the transport. Returns `false` when the connection is over.
    fn wait(&mut self) -> Result<bool, Error> {
        // An error of the write does not stop the read. A transport that accepts no bytes may still
        // have bytes to read, and a read reports a transport that has failed.
        let flushed = self.flush();
        if self.websocket.transport_action() != TransportAction::Keep {
            flushed?;
            return Ok(false);
        }
        match self.fill() {
            // After the Close of the peer the answer may still have to be written.
            Ok(0) => self.websocket.receive_eof()?,
            Ok(_) => {}
            // Both endpoints have sent a Close, so the way in which the transport ends has no
            // meaning.
            Err(error) if self.state() == State::Closed && !is_would_block(&error) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    /// Sends the Close that reports an error to the peer.
    fn report(&mut self, error: ProtocolError) -> Error {
        // An error here is ignored, because the peer may have stopped reading.
        let _ = self.flush();
        error.into()
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
        Ok(self.flush()?)
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// # Errors
    /// Returns the same errors as [`send`](Self::send), but [`Send`](Error::Send) if the message
    /// was not queued.
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.make_room()?;
        self.websocket.send_prepared(message).map_err(Error::Send)?;
        Ok(self.flush()?)
    }

    /// Sends the next fragment of a message (RFC 6455, section 5.4). Use this method for a message
    /// that is not complete yet, or is larger than memory. `fin` marks the last fragment.
    ///
    /// # Errors
    /// Returns the same errors as [`send`](Self::send), but
    /// [`RejectedFragment`](Error::RejectedFragment) with the payload if the fragment was not queued.
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
        Ok(self.flush()?)
    }

    /// Queues a message, and writes only if the queue is full. The next [`flush`](Self::flush)
    /// sends the queued messages, many of them in one write. [`read`](Self::read) does so too
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
    /// that is queued. Call [`read`](Self::read) until it returns `None` to complete the closing
    /// handshake: messages of the peer may still arrive.
    ///
    /// # Errors
    /// - [`Send`](Error::Send): the code or the reason cannot be sent, or the connection is already
    ///   closing.
    /// - [`Io`](Error::Io): the same errors as of [`flush`](Self::flush).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.websocket.close(code, reason).map_err(Error::Send)?;
        Ok(self.flush()?)
    }

    /// Writes everything that is queued, and flushes the transport.
    ///
    /// # Errors
    /// Returns the error of the transport. After `WouldBlock` or `TimedOut`, call again.
    pub fn flush(&mut self) -> io::Result<()> {
        loop {
            // `output` queues a Pong that waited for room, so it is called again after each write.
            let output = self.websocket.output();
            if output.is_empty() {
                break;
            }
            self.unflushed = true;
            write_some(&mut self.stream, output)?;
        }
        if self.unflushed {
            retry(|| self.stream.flush())?;
            self.unflushed = false;
        }
        Ok(())
    }

    /// Writes everything that is queued if the queue is full.
    fn make_room(&mut self) -> Result<(), Error> {
        if self.websocket.is_ready() {
            return Ok(());
        }
        match self.flush() {
            // The caller then gets `QueueFull`, with the message. An error of this write would look
            // as if the message had been queued.
            Err(error) if is_would_block(&error) => Ok(()),
            flushed => Ok(flushed?),
        }
    }

    /// Reads more bytes from the transport. Returns 0 at its end.
    fn fill(&mut self) -> io::Result<usize> {
        retry(|| self.websocket.input().read_from(&mut self.stream))
    }
}

impl<R: Role> WebSocketStream<TcpStream, R> {
    /// Ends the transport so that no sent bytes are lost (RFC 6455, section 7.1.1): writes
    /// everything that is queued, shuts down the sending side, and reads until the peer ends the
    /// transport too. The limit for all this is the [`close_timeout`](Config::close_timeout) of the
    /// configuration.
    ///
    /// Call it after [`read`](Self::read) has returned `None` or an error.
    ///
    /// # Errors
    /// Returns the error of the transport, or `TimedOut`.
    pub fn finish(mut self) -> io::Result<()> {
        self.stream.set_nonblocking(false)?;
        let deadline = Deadline::after(self.close_timeout);
        write_out(&self.stream, self.websocket.output(), deadline)?;
        match self.websocket.transport_action() {
            TransportAction::Drop => Ok(()),
            // RFC 6455, section 7.1.1: after a clean close the client waits for the server to close
            // the transport first.
            TransportAction::Keep if self.state() == State::Closed => {
                see_out(&self.stream, false, deadline)
            }
            TransportAction::Keep | TransportAction::ShutdownWrite => {
                see_out(&self.stream, true, deadline)
            }
        }
    }
}

/// Writes as many bytes of `output` as the transport accepts in one call.
fn write_some(stream: &mut impl Write, output: &mut Outgoing) -> io::Result<()> {
    let mut slices = [IoSlice::new(&[]); 16];
    let filled = output.chunks_vectored(&mut slices);
    let slices = slices.get(..filled).unwrap_or_default();
    let written = retry(|| match slices {
        [single] => stream.write(single),
        several => stream.write_vectored(several),
    })?;
    if written == 0 {
        return Err(ErrorKind::WriteZero.into());
    }
    output.advance(written);
    Ok(())
}

/// Reads more bytes of a head. Returns 0 at the end of the transport.
fn read_head(stream: &mut impl Read, input: &mut BytesMut) -> io::Result<usize> {
    let had = input.len();
    input.resize(had + HANDSHAKE_READ, 0);
    let read = retry(|| stream.read(input.get_mut(had..).unwrap_or_default()));
    input.truncate(had + read.as_ref().unwrap_or(&0));
    read
}

/// Repeats a call that a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
