//! The opening handshake of the server
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2).

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use super::deadline::Deadline;
use super::ending::see_out;
use super::{ServerStream, WebSocketStream, read_head, retry};
use crate::connection::Server;
use crate::handshake::{Incoming, Opened, Request};
use crate::http1::HeadLimits;
use crate::io::{AcceptError, Accepting, Reply, Step, upgrade_required};
use crate::websocket::Config;

use bytes::{Buf, BytesMut};

/// The opening handshake of a server. It can continue after a `WouldBlock` or a time-out of the
/// transport.
///
/// ```no_run
/// use std::net::TcpListener;
/// use websocket_proto::blocking::{Acceptor, Incoming, Reply};
///
/// let (stream, _) = TcpListener::bind("127.0.0.1:9001")?.accept()?;
/// // One port for the WebSocket and for the page that opens it.
/// let socket = Acceptor::new(stream).accept_or_serve(|incoming| match incoming {
///     Incoming::WebSocket(_) => Reply::accept(),
///     Incoming::Http(_) => Reply::refuse(200).body("<script>new WebSocket('/')</script>"),
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The program can also decide between two calls, [`request`](Self::request) and
/// [`reply`](Self::reply):
///
/// ```no_run
/// use websocket_proto::blocking::{Acceptor, Reply};
///
/// # fn may_enter(token: &[u8]) -> bool { !token.is_empty() }
/// # let (stream, _) = std::net::TcpListener::bind("127.0.0.1:9001")?.accept()?;
/// let mut acceptor = Acceptor::new(stream);
/// let request = acceptor.request()?;
/// let token = request.headers().first("Authorization").unwrap_or_default();
/// let reply = if may_enter(token) { Reply::accept() } else { Reply::refuse(401) };
/// let socket = acceptor.reply(reply)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Acceptor<S> {
    /// `None` after the WebSocket was opened.
    stream: Option<S>,
    limits: HeadLimits,
    config: Config,
    accepting: Option<Accepting>,
}

impl<S> Acceptor<S> {
    /// Creates a handshake over `stream`. This call reads and writes nothing.
    pub const fn new(stream: S) -> Self {
        let limits = HeadLimits::DEFAULT;
        Self { stream: Some(stream), limits, config: Config::new(), accepting: None }
    }

    /// Sets the limits for the head of the request. The default is 16 KiB and 100 headers.
    #[must_use]
    pub const fn head_limits(mut self, limits: HeadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the configuration of the WebSocket.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Returns the transport, for example to read the address of the client or to shut it down.
    /// Returns `None` after the WebSocket was opened.
    pub const fn stream(&self) -> Option<&S> {
        self.stream.as_ref()
    }
}

impl<S: Read + Write> Acceptor<S> {
    /// Accepts a request for a WebSocket with any path, and agrees on no subprotocol. A request
    /// that does not ask for a WebSocket gets a response with status 426.
    ///
    /// After an [`Io`](AcceptError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub fn accept(&mut self) -> Result<ServerStream<S>, AcceptError> {
        self.accept_with(|_| Reply::accept())
    }

    /// Calls `answer` with the request for a WebSocket, and sends the reply that it returns. A
    /// request that does not ask for a WebSocket gets a response with status 426.
    ///
    /// After an [`Io`](AcceptError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again. If `answer` has already been called, its reply is sent, and the `answer` of a
    /// later call is not called.
    ///
    /// # Errors
    /// Returns the same errors as [`accept`](Self::accept).
    pub fn accept_with(
        &mut self,
        answer: impl FnOnce(&Request<'_>) -> Reply,
    ) -> Result<ServerStream<S>, AcceptError> {
        self.accept_or_serve(|incoming| match incoming {
            Incoming::WebSocket(request) => answer(request),
            Incoming::Http(_) => upgrade_required(),
        })
    }

    /// Does the same as [`accept_with`](Self::accept_with), and also calls `answer` with a request
    /// that does not ask for a WebSocket. Use this method for a port that serves pages too.
    ///
    /// After an [`Io`](AcceptError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again. If `answer` has already been called, its reply is sent, and the `answer` of a
    /// later call is not called.
    ///
    /// # Errors
    /// Returns the same errors as [`accept`](Self::accept).
    pub fn accept_or_serve(
        &mut self,
        answer: impl FnOnce(&Incoming<'_>) -> Reply,
    ) -> Result<ServerStream<S>, AcceptError> {
        let mut answer = Some(answer);
        let opened = self.drive(|accepting| {
            accepting.step(|incoming| match answer.take() {
                Some(answer) => answer(incoming),
                None => Reply::refuse(500),
            })
        })?;
        self.open(opened)
    }

    /// Waits for a request for a WebSocket, and returns it without an answer. Call
    /// [`reply`](Self::reply) later to answer it. A request that does not ask for a WebSocket gets
    /// a response with status 426, and this method returns
    /// [`NotWebSocket`](AcceptError::NotWebSocket).
    ///
    /// Bytes that the client sends after its request are kept for the WebSocket. Until `reply` has
    /// returned, another call of this method returns the same request. The request borrows the
    /// acceptor, so create the [`Reply`] before you call `reply`.
    ///
    /// After an [`Io`](AcceptError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again.
    ///
    /// # Errors
    /// Returns the same errors as [`accept`](Self::accept).
    pub fn request(&mut self) -> Result<Request<'_>, AcceptError> {
        self.drive(Accepting::step_to_request)?;
        match self.accepting.as_mut().and_then(Accepting::incoming) {
            Some(Incoming::WebSocket(request)) => Ok(request),
            Some(Incoming::Http(_)) | None => Err(AcceptError::Finished),
        }
    }

    /// Waits for a request as [`request`](Self::request) does, and also returns a request that does
    /// not ask for a WebSocket. Use this method for a port that serves pages too.
    ///
    /// After an [`Io`](AcceptError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again.
    ///
    /// # Errors
    /// Returns the same errors as [`accept`](Self::accept), except
    /// [`NotWebSocket`](AcceptError::NotWebSocket).
    pub fn incoming(&mut self) -> Result<Incoming<'_>, AcceptError> {
        self.drive(Accepting::step_to_incoming)?;
        self.accepting.as_mut().and_then(Accepting::incoming).ok_or(AcceptError::Finished)
    }

    /// Answers the request that [`request`](Self::request) or [`incoming`](Self::incoming) has
    /// returned, and opens the WebSocket if the reply accepts it.
    ///
    /// After an [`Io`](AcceptError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again. The first reply is then sent, even if the later call passes another one.
    ///
    /// # Errors
    /// - [`NoRequest`](AcceptError::NoRequest): the request has not arrived yet. Nothing was sent,
    ///   and the handshake can continue.
    /// - [`Refused`](AcceptError::Refused) or [`NotWebSocket`](AcceptError::NotWebSocket): the
    ///   reply was a refusal, and has been sent.
    /// - [`Reply`](AcceptError::Reply): the reply cannot be sent. The client got status 500.
    /// - The other errors of [`accept`](Self::accept).
    pub fn reply(&mut self, reply: Reply) -> Result<ServerStream<S>, AcceptError> {
        if self.stream.is_none() {
            return Err(AcceptError::Finished);
        }
        self.accepting.as_mut().ok_or(AcceptError::NoRequest)?.reply(reply)?;
        let opened = self.drive(Accepting::step_to_reply)?;
        self.open(opened)
    }

    /// Calls `step`, and reads or writes as it asks, until it returns the result.
    fn drive<T>(
        &mut self,
        mut step: impl FnMut(&mut Accepting) -> Step<Result<T, AcceptError>>,
    ) -> Result<T, AcceptError> {
        let stream = self.stream.as_mut().ok_or(AcceptError::Finished)?;
        let accepting = self
            .accepting
            .get_or_insert_with(|| Accepting::new(self.limits, self.config.deflate_preferences()));
        loop {
            match step(accepting) {
                Step::Read => {
                    if read_head(stream, &mut accepting.input)? == 0 {
                        return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
                    }
                }
                Step::Write => {
                    write_all(stream, &mut accepting.output)?;
                    accepting.unflushed = false;
                }
                Step::Done(outcome) => return outcome,
            }
        }
    }

    /// Opens the WebSocket with the result of the handshake.
    fn open(&mut self, opened: Opened) -> Result<ServerStream<S>, AcceptError> {
        let (Some(stream), Some(accepting)) = (self.stream.take(), self.accepting.take()) else {
            return Err(AcceptError::Finished);
        };
        let (config, input) = (self.config.clone(), accepting.input);
        Ok(WebSocketStream::from_parts(stream, Server, config, opened, input))
    }
}

impl Acceptor<TcpStream> {
    /// Closes the transport of a request that was not accepted: shuts down the sending side, and
    /// reads until the client does the same, for at most the
    /// [`close_timeout`](Config::close_timeout) of the configuration. If the transport were dropped
    /// at once, the client might not receive the response.
    ///
    /// # Errors
    /// Returns an error if the transport fails, or if the time limit is over.
    pub fn finish(self) -> io::Result<()> {
        match self.stream {
            Some(stream) => see_out(&stream, true, Deadline::after(self.config.close_timeout)),
            None => Ok(()),
        }
    }
}

/// Writes all of `output` and flushes the transport. Written bytes are removed from `output` at
/// once, so that another call can continue after an error.
pub(super) fn write_all(stream: &mut impl Write, output: &mut BytesMut) -> io::Result<()> {
    while !output.is_empty() {
        let written = retry(|| stream.write(output))?;
        if written == 0 {
            return Err(ErrorKind::WriteZero.into());
        }
        output.advance(written);
    }
    retry(|| stream.flush())
}
