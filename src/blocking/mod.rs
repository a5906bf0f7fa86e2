//! WebSockets over [`std::io`]: a [`WebSocket`] and anything that is [`Read`] and [`Write`].
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

use crate::close::CloseCode;
use crate::connection::{Role, Server, State, TransportAction};
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::handshake::{Opened, Request};
use crate::io::{AcceptError, Error, HANDSHAKE_READ, Parts, Reply, Unsent, is_would_block};
use crate::message::Message;
use crate::websocket::{Config, MessageRef, Outgoing, Part, Prepared, WebSocket};

pub use accept::Acceptor;
pub use connect::{Connector, connect, connect_tcp};
pub use split::{ReadHalf, WriteHalf};

use deadline::Deadline;
use ending::{see_out, write_out};

/// A WebSocket over a transport.
///
/// [`read`](Self::read) gives the messages, and writes what is queued before it waits: the answers
/// to Pings and to a Close reach the wire without the application's doing.
///
/// Everything can be resumed: when the transport says `WouldBlock`, or a time-out runs out, the
/// error is returned, nothing is lost, and the same call goes on where it was.
#[derive(Debug)]
pub struct WebSocketStream<S, R> {
    stream: S,
    websocket: WebSocket<R>,
    /// Whether the transport has been written to and not been flushed.
    unflushed: bool,
    close_timeout: Duration,
}

impl<S: Read + Write> WebSocketStream<S, Server> {
    /// Answers a client's opening handshake, with the default limits and without a subprotocol.
    ///
    /// A request that is not one for a WebSocket gets the HTTP response that it should; then the
    /// transport is dropped. [`Acceptor`] does more, and can be resumed.
    ///
    /// # Errors
    /// Why no WebSocket was opened.
    pub fn accept(stream: S) -> Result<Self, AcceptError> {
        Acceptor::new(stream).accept()
    }

    /// As [`accept`](Self::accept), with limits, and with `answer` to look at the request and
    /// decide.
    ///
    /// ```no_run
    /// # use std::net::TcpListener;
    /// use websocket_proto::io::Reply;
    /// use websocket_proto::blocking::WebSocketStream;
    /// use websocket_proto::websocket::Config;
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
    /// Why no WebSocket was opened.
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

    /// The transport, to set its options. To read from it or write to it breaks the WebSocket.
    pub const fn stream(&self) -> &S {
        &self.stream
    }

    /// The transport, as [`stream`](Self::stream).
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Takes the connection apart, with the bytes that have been read and not processed, and those
    /// that are queued and not written. The parts of a message in progress that have been processed
    /// are lost.
    pub fn into_parts(mut self) -> Parts<S> {
        let input = self.websocket.take_unprocessed();
        let output = self.websocket.output();
        let output = output.copy_to_bytes(output.remaining());
        Parts { stream: self.stream, input, output }
    }

    /// Where the connection is in its closing handshake. What is queued counts as sent.
    #[must_use]
    pub fn state(&self) -> State {
        self.websocket.state()
    }
}

impl<S: Read + Write, R: Role> WebSocketStream<S, R> {
    /// Reads the next message; `None` when the closing handshake is over, behind the Close message
    /// that the peer sent. The transport can be dropped then, by [`finish`](Self::finish) best.
    ///
    /// What is queued is written before it waits for the transport.
    ///
    /// # Errors
    /// [`Io`](Error::Io): the transport failed; after `WouldBlock`, `TimedOut` and the like, call
    /// again. [`Protocol`](Error::Protocol): the peer broke the protocol, and has been told, or it
    /// went away without a Close.
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

    /// Reads the next message as [`read`](Self::read) does, and lends it out of the read buffer until
    /// the next call. A message in one frame costs no allocation.
    ///
    /// # Errors
    /// As of [`read`](Self::read).
    pub fn read_ref(&mut self) -> Result<Option<MessageRef<'_>>, Error> {
        while !self.websocket.process().map_err(|error| self.report(error))? {
            if !self.wait()? {
                return Ok(None);
            }
        }
        Ok(self.websocket.receive_ref()?)
    }

    /// Reads the next part of a message as it arrives, and lends it out of the read buffer until the
    /// next call: for messages larger than memory.
    ///
    /// # Errors
    /// As of [`read`](Self::read).
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
        // A transport that takes nothing may have something to give all the same, and one that has
        // failed says so when it is read.
        let flushed = self.flush();
        if self.websocket.transport_action() != TransportAction::Keep {
            flushed?;
            return Ok(false);
        }
        match self.fill() {
            // After the peer's Close there may be an answer to it that is still to be written.
            Ok(0) => self.websocket.receive_eof()?,
            Ok(_) => {}
            // Both sides have closed: how the transport ends has no meaning.
            Err(error) if self.state() == State::Closed && !is_would_block(&error) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    /// Tells the peer of its error.
    fn report(&mut self, error: ProtocolError) -> Error {
        // The peer may not want to know.
        let _ = self.flush();
        error.into()
    }

    /// Sends a message: queues it, makes room for it before if it must, and writes all that is
    /// queued.
    ///
    /// # Errors
    /// [`Rejected`](Error::Rejected): the message was not taken, and is in the error; when the
    /// reason is [`QueueFull`](crate::SendError::QueueFull), the transport would not take what was
    /// queued before. [`Unsent`](Error::Unsent): the transport failed before there was room for the
    /// message, which is in the error. [`Io`](Error::Io): it was taken; after `WouldBlock` and the like,
    /// [`flush`](Self::flush) writes the rest of it.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message)?;
        Ok(self.flush()?)
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// # Errors
    /// As of [`send`](Self::send); [`Send`](Error::Send) when the message was not taken.
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.make_room()?;
        self.websocket.send_prepared(message).map_err(Error::Send)?;
        Ok(self.flush()?)
    }

    /// Sends the next fragment of a message, the last one with `fin` (RFC 6455 5.4): for a message
    /// that is not all there yet, or is larger than memory.
    ///
    /// # Errors
    /// As of [`send`](Self::send); [`RejectedFragment`](Error::RejectedFragment) when the fragment was
    /// not accepted, with its payload.
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

    /// Queues a message, and writes only when the queue is full: many messages then leave in one
    /// write, at the next [`flush`](Self::flush), or when [`read`](Self::read) would wait.
    ///
    /// # Errors
    /// As of [`send`](Self::send).
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        if let Err(error) = self.make_room() {
            return Err(error.with_unsent(Unsent::Message(message)));
        }
        Ok(self.websocket.send(message)?)
    }

    /// Begins the closing handshake (RFC 6455 7.1.2), behind all that is queued. Read on until
    /// `None` to complete it: messages of the peer may still come.
    ///
    /// # Errors
    /// [`Send`](Error::Send): a code or reason that cannot be sent, or a connection that is
    /// closing already. [`Io`](Error::Io): as of [`flush`](Self::flush).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.websocket.close(code, reason).map_err(Error::Send)?;
        Ok(self.flush()?)
    }

    /// Writes all that is queued, and flushes the transport.
    ///
    /// # Errors
    /// The transport failed; after `WouldBlock` and the like, call again.
    pub fn flush(&mut self) -> io::Result<()> {
        loop {
            // A Pong for which the queue had no room goes into it when all else is written.
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

    /// Writes what is queued if nothing more can be queued.
    fn make_room(&mut self) -> Result<(), Error> {
        if self.websocket.is_ready() {
            return Ok(());
        }
        match self.flush() {
            // The message itself is told apart from what was queued before it.
            Err(error) if is_would_block(&error) => Ok(()),
            flushed => Ok(flushed?),
        }
    }

    /// Reads more behind what there is; 0 at the end of the transport.
    fn fill(&mut self) -> io::Result<usize> {
        retry(|| self.websocket.input().read_from(&mut self.stream))
    }
}

impl<R: Role> WebSocketStream<TcpStream, R> {
    /// Drops the transport so that nothing on its way is destroyed (RFC 6455 7.1.1): writes what
    /// is queued, shuts the sending side down, and reads until the peer does the same, for
    /// the [`close_timeout`](Config::close_timeout) of the configuration at most.
    ///
    /// To be called when [`read`](Self::read) has said `None`, or returned an error.
    ///
    /// # Errors
    /// The transport failed, or the time ran out.
    pub fn finish(mut self) -> io::Result<()> {
        self.stream.set_nonblocking(false)?;
        let deadline = Deadline::after(self.close_timeout);
        write_out(&self.stream, self.websocket.output(), deadline)?;
        match self.websocket.transport_action() {
            TransportAction::Drop => Ok(()),
            // RFC 6455 7.1.1: after a clean close the client waits for the server to go first.
            TransportAction::Keep if self.state() == State::Closed => {
                see_out(&self.stream, false, deadline)
            }
            TransportAction::Keep | TransportAction::ShutdownWrite => {
                see_out(&self.stream, true, deadline)
            }
        }
    }
}

/// Writes as much of `output` as the transport takes, many pieces at once where it can.
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

/// Reads more of a head; 0 at the end of the transport.
fn read_head(stream: &mut impl Read, input: &mut BytesMut) -> io::Result<usize> {
    let had = input.len();
    input.resize(had + HANDSHAKE_READ, 0);
    let read = retry(|| stream.read(input.get_mut(had..).unwrap_or_default()));
    input.truncate(had + read.as_ref().unwrap_or(&0));
    read
}

/// Calls again what a signal interrupted.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
