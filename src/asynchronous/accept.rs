//! The opening handshake of the server
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2).

use alloc::format;
use core::future::poll_fn;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind};

use super::opening::drive;
use super::{Transport, WebSocketStream};
use crate::connection::Server;
use crate::handshake::{Incoming, Request};
use crate::http1::HeadLimits;
use crate::io::{AcceptError, Accepting, Reply, Step, upgrade_required};
use crate::websocket::Config;

/// The opening handshake of a server.
///
/// ```no_run
/// use websocket_proto::tokio::{Acceptor, Incoming, Reply};
///
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
/// // One port for the WebSocket and for the page that opens it.
/// let mut acceptor = Acceptor::new(stream);
/// let accepting = acceptor.accept_or_serve(|incoming| match incoming {
///     Incoming::WebSocket(_) => Reply::accept(),
///     Incoming::Http(_) => Reply::refuse(200).body("<script>new WebSocket('/')</script>"),
/// });
/// let mut socket = accepting.await?;
/// socket.send("Hello").await?;
/// # Ok(())
/// # }
/// ```
///
/// If the decision has to wait, for example for a database, make it between
/// [`request`](Self::request) and [`reply`](Self::reply):
///
/// ```no_run
/// use websocket_proto::tokio::{Acceptor, Reply};
///
/// # async fn may_enter(token: &[u8]) -> bool { !token.is_empty() }
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
/// let mut acceptor = Acceptor::new(stream);
/// let request = acceptor.request().await?;
/// let token = request.headers().first("Authorization").unwrap_or_default();
/// let reply = if may_enter(token).await {
///     Reply::accept().subprotocol(request.choose_subprotocol(&["chat.v2", "chat.v1"]))
/// } else {
///     Reply::refuse(401)
/// };
/// let mut socket = acceptor.reply(reply).await?;
/// socket.send("Hello").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Acceptor<T> {
    /// `None` after the WebSocket was opened.
    transport: Option<T>,
    limits: HeadLimits,
    handshake_timeout: Duration,
    config: Config,
    accepting: Option<Accepting>,
}

impl<T: Transport> Acceptor<T> {
    /// Creates a handshake over `stream`. This call reads and writes nothing.
    pub fn new(stream: T::Stream) -> Self {
        Self::from_transport(T::new(stream))
    }

    /// Creates a handshake over a transport that your own code has set up. This call reads and
    /// writes nothing.
    pub fn from_transport(transport: T) -> Self {
        Self {
            transport: Some(transport),
            limits: HeadLimits::default(),
            handshake_timeout: Accepting::DEFAULT_HANDSHAKE_TIMEOUT,
            config: Config::new(),
            accepting: None,
        }
    }

    /// Sets the limits for the head of the request. The default is 16 KiB and 100 headers.
    #[must_use]
    pub const fn head_limits(mut self, limits: HeadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the time limit for the whole handshake. The default is 10 s, and `Duration::MAX` means no
    /// limit. A client that has sent no request by then gets status 408. The time that the
    /// application takes between [`request`](Self::request) and [`reply`](Self::reply) does not
    /// count.
    #[must_use]
    pub const fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.handshake_timeout = limit;
        self
    }

    /// Sets the configuration of the WebSocket.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Returns the transport, for example to read the address of the client. Returns `None` after
    /// the WebSocket was opened.
    pub fn stream(&self) -> Option<&T::Stream> {
        self.transport.as_ref().map(Transport::stream)
    }
}

impl<T: Transport> Acceptor<T> {
    /// Accepts a request for a WebSocket with any path, and agrees on no subprotocol. A request
    /// that does not ask for a WebSocket gets a response with status 426.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub async fn accept(&mut self) -> Result<WebSocketStream<T, Server>, AcceptError> {
        self.accept_with(|_| Reply::accept()).await
    }

    /// Calls `answer` with the request for a WebSocket, and sends the reply that it returns. A
    /// request that does not ask for a WebSocket gets a response with status 426.
    ///
    /// If the future is dropped, nothing is lost: call this method again. If `answer` has already
    /// been called, its reply is sent, and the `answer` of a later call is not called.
    ///
    /// # Errors
    /// Returns the same errors as [`accept`](Self::accept).
    pub async fn accept_with(
        &mut self,
        answer: impl FnOnce(&Request<'_>) -> Reply,
    ) -> Result<WebSocketStream<T, Server>, AcceptError> {
        self.accept_or_serve(|incoming| match incoming {
            Incoming::WebSocket(request) => answer(request),
            Incoming::Http(_) => upgrade_required(),
        })
        .await
    }

    /// Does the same as [`accept_with`](Self::accept_with), and also calls `answer` with a request
    /// that does not ask for a WebSocket. Use this method for a port that serves pages too.
    ///
    /// If the future is dropped, nothing is lost: call this method again. If `answer` has already
    /// been called, its reply is sent, and the `answer` of a later call is not called.
    ///
    /// # Errors
    /// Returns the same errors as [`accept`](Self::accept).
    pub async fn accept_or_serve(
        &mut self,
        answer: impl FnOnce(&Incoming<'_>) -> Reply,
    ) -> Result<WebSocketStream<T, Server>, AcceptError> {
        let mut answer = Some(answer);
        self.drive(|accepting| {
            accepting.step(|incoming| match answer.take() {
                Some(answer) => answer(incoming),
                None => Reply::refuse(500),
            })
        })
        .await?;
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
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`accept`](Self::accept).
    pub async fn request(&mut self) -> Result<Request<'_>, AcceptError> {
        self.drive(Accepting::step_to_request).await?;
        match self.accepting.as_mut().and_then(Accepting::incoming) {
            Some(Incoming::WebSocket(request)) => Ok(request),
            Some(Incoming::Http(_)) | None => Err(AcceptError::Finished),
        }
    }

    /// Waits for a request as [`request`](Self::request) does, and also returns a request that does
    /// not ask for a WebSocket. Use this method for a port that serves pages too.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`accept`](Self::accept), except
    /// [`NotWebSocket`](AcceptError::NotWebSocket).
    pub async fn incoming(&mut self) -> Result<Incoming<'_>, AcceptError> {
        self.drive(Accepting::step_to_incoming).await?;
        self.accepting.as_mut().and_then(Accepting::incoming).ok_or(AcceptError::Finished)
    }

    /// Answers the request that [`request`](Self::request) or [`incoming`](Self::incoming) has
    /// returned, and opens the WebSocket if the reply accepts it.
    ///
    /// If the future is dropped before it is polled, it has no effect. If it is dropped later,
    /// nothing is lost: call this method again. The first reply is then sent, even if the later
    /// call passes another one.
    ///
    /// # Errors
    /// - [`NoRequest`](AcceptError::NoRequest): the request has not arrived yet. Nothing was sent,
    ///   and the handshake can continue.
    /// - [`Refused`](AcceptError::Refused) or [`NotWebSocket`](AcceptError::NotWebSocket): the
    ///   reply was a refusal, and has been sent.
    /// - [`Reply`](AcceptError::Reply): the reply cannot be sent. The client got status 500.
    /// - The other errors of [`accept`](Self::accept).
    pub async fn reply(&mut self, reply: Reply) -> Result<WebSocketStream<T, Server>, AcceptError> {
        if self.transport.is_none() {
            return Err(AcceptError::Finished);
        }
        self.accepting.as_mut().ok_or(AcceptError::NoRequest)?.reply(reply)?;
        self.drive(Accepting::step_to_reply).await?;
        self.open()
    }

    /// Calls `step`, and reads or writes as it asks, until it returns the result.
    async fn drive<O>(
        &mut self,
        step: impl FnMut(&mut Accepting) -> Step<Result<O, AcceptError>>,
    ) -> Result<O, AcceptError> {
        let transport = self.transport.as_mut().ok_or(AcceptError::Finished)?;
        let accepting = self.accepting.get_or_insert_with(|| {
            Accepting::new(self.limits, self.config.deflate_preferences())
                .handshake_timeout(self.handshake_timeout)
        });
        drive(transport, accepting, step).await?
    }

    /// Returns the WebSocket that the handshake has opened.
    fn open(&mut self) -> Result<WebSocketStream<T, Server>, AcceptError> {
        let (Some(transport), Some(accepting)) = (self.transport.take(), self.accepting.take())
        else {
            return Err(AcceptError::Finished);
        };
        let websocket =
            accepting.into_websocket(self.config.clone()).ok_or(AcceptError::Finished)?;
        Ok(WebSocketStream::from_websocket(transport, websocket))
    }

    /// Closes the transport of a request that was not accepted: shuts down the sending side, and
    /// reads until the client does the same, for at most `limit`. If the transport were dropped at
    /// once, the client might not receive the response.
    ///
    /// If the future is dropped, the transport is dropped too.
    ///
    /// # Errors
    /// Returns an error if the transport fails, or if the time limit is over.
    pub async fn finish(self, limit: Duration) -> io::Result<()> {
        let Some(mut transport) = self.transport else {
            return Ok(());
        };
        let deadline = transport.now().saturating_add(limit);
        let mut is_shut = false;
        poll_fn(|context| {
            if let Poll::Ready(ended) = poll_end(&mut transport, &mut is_shut, context) {
                return Poll::Ready(ended);
            }
            ready!(transport.poll_until(deadline, context))?;
            let text = format!("the time limit of {limit:?} ran out");
            Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, text)))
        })
        .await
    }
}

impl<T: Transport> WebSocketStream<T, Server> {
    /// Runs the opening handshake of a server, with the default limits and without a subprotocol.
    ///
    /// A request that does not ask for a WebSocket gets the matching HTTP response, and the
    /// transport is dropped. [`Acceptor`] has more options and can be resumed.
    ///
    /// If the future is dropped, the transport is dropped too.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub async fn accept(stream: T::Stream) -> Result<Self, AcceptError> {
        Acceptor::new(stream).accept().await
    }

    /// Runs the opening handshake as [`accept`](Self::accept) does, with a configuration. `answer`
    /// decides about the request. If the future is dropped, the transport is dropped too.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub async fn accept_with(
        stream: T::Stream,
        config: Config,
        answer: impl FnOnce(&Request<'_>) -> Reply,
    ) -> Result<Self, AcceptError> {
        Acceptor::new(stream).config(config).accept_with(answer).await
    }
}

/// Shuts down the sending side, unless `is_shut` is set, and reads to the end.
fn poll_end<T: Transport>(
    transport: &mut T,
    is_shut: &mut bool,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    if !*is_shut {
        ready!(transport.poll_shutdown(context))?;
        *is_shut = true;
    }
    // A client that never stops sending must not keep the task from its deadline.
    for _ in 0..100 {
        if ready!(transport.poll_read(&mut [0; 512], context))? == 0 {
            return Poll::Ready(Ok(()));
        }
    }
    context.waker().wake_by_ref();
    Poll::Pending
}
