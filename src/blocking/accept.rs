//! The opening handshake of the server
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2).

use core::time::Duration;
use std::io;
use std::time::Instant;

use super::opening::{drive, see_out};
use super::{ServerStream, Transport, WebSocketStream};
use crate::connection::Server;
use crate::handshake::{Incoming, Request};
use crate::http1::HeadLimits;
use crate::io::{AcceptError, Accepting, Reply, Step, upgrade_required};
use crate::websocket::Config;

/// The opening handshake of a server. It can continue after a `WouldBlock` or a time-out of the
/// transport.
///
/// The whole handshake has a time limit, which is 10 s by default. If the calls of the
/// [`Transport`] cannot be limited in time, the limit is checked only between two calls, and only
/// the transport itself can end a call that blocks. Over TLS a client can exceed the limit:
/// [`Transport`] tells how.
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
    handshake_timeout: Duration,
    /// The handshake, and the time of the first call.
    accepting: Option<(Accepting, Instant)>,
}

impl<S> Acceptor<S> {
    /// Creates a handshake over `stream`. This call reads and writes nothing.
    pub const fn new(stream: S) -> Self {
        Self {
            stream: Some(stream),
            limits: HeadLimits::DEFAULT,
            config: Config::new(),
            handshake_timeout: Accepting::DEFAULT_HANDSHAKE_TIMEOUT,
            accepting: None,
        }
    }

    /// Sets the time limit for the whole handshake, however slowly the client sends. The default is
    /// 10 s, and `Duration::MAX` switches the limit off. It begins with the first call that waits
    /// for the client. The time between [`request`](Self::request) and [`reply`](Self::reply) does
    /// not count, and the reply has the whole time again.
    ///
    /// A client whose request has not arrived in time gets status 408.
    #[must_use]
    pub const fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.handshake_timeout = limit;
        self
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

impl<S: Transport> Acceptor<S> {
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
        self.drive(|accepting| {
            accepting.step(|incoming| match answer.take() {
                Some(answer) => answer(incoming),
                None => Reply::refuse(500),
            })
        })?;
        self.open()
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
        match self.accepting.as_mut().and_then(|(accepting, _)| accepting.incoming()) {
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
        let accepting = self.accepting.as_mut();
        accepting.and_then(|(accepting, _)| accepting.incoming()).ok_or(AcceptError::Finished)
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
        let (accepting, _) = self.accepting.as_mut().ok_or(AcceptError::NoRequest)?;
        accepting.reply(reply)?;
        self.drive(Accepting::step_to_reply)?;
        self.open()
    }

    /// Calls `step`, and reads or writes as it asks, until it returns the result.
    fn drive<T>(
        &mut self,
        step: impl FnMut(&mut Accepting) -> Step<Result<T, AcceptError>>,
    ) -> Result<T, AcceptError> {
        let stream = self.stream.as_mut().ok_or(AcceptError::Finished)?;
        let (accepting, begin) = self.accepting.get_or_insert_with(|| {
            let accepting = Accepting::new(self.limits, self.config.deflate_preferences());
            // A stream that refuses the option works without it.
            let _ = stream.set_nodelay();
            (accepting.handshake_timeout(self.handshake_timeout), Instant::now())
        });
        drive(stream, *begin, accepting, step)?
    }

    /// Returns the WebSocket that the handshake has opened.
    fn open(&mut self) -> Result<ServerStream<S>, AcceptError> {
        let (Some(stream), Some((accepting, _))) = (self.stream.take(), self.accepting.take())
        else {
            return Err(AcceptError::Finished);
        };
        let websocket =
            accepting.into_websocket(self.config.clone()).ok_or(AcceptError::Finished)?;
        Ok(WebSocketStream::from_websocket(stream, websocket))
    }

    /// Closes the transport of a request that was not accepted: shuts down the sending side, and
    /// reads until the client does the same, for at most the
    /// [`close_timeout`](Config::close_timeout) of the configuration. If the transport were dropped
    /// at once, the client might not receive the response.
    ///
    /// # Errors
    /// Returns an error if the transport fails, if the time limit is over, or if a read time-out
    /// that the application has set on the transport runs out before that.
    pub fn finish(self) -> io::Result<()> {
        match self.stream {
            Some(mut stream) => see_out(&mut stream, self.config.close_timeout),
            None => Ok(()),
        }
    }
}

impl<S: Transport> WebSocketStream<S, Server> {
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
