//! The opening handshake of the server
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2).

use alloc::format;
use core::time::Duration;
use std::io::{self, ErrorKind};

use ::tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use ::tokio::time::timeout;
use bytes::BytesMut;

use super::{ServerStream, WebSocketStream};
use crate::connection::Server;
use crate::handshake::{Incoming, Opened, Request};
use crate::http1::HeadLimits;
use crate::io::{AcceptError, Accepting, HANDSHAKE_READ, Reply, Step, upgrade_required};
use crate::websocket::Config;

/// The opening handshake of a server.
///
/// The handshake has no time limit. Put a time limit on the futures that wait for the client, for
/// example with `tokio::time::timeout`.
///
/// ```no_run
/// use std::time::Duration;
/// use websocket_proto::tokio::{Acceptor, Incoming, Reply};
///
/// # async fn serve(stream: tokio::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
/// // One port for the WebSocket and for the page that opens it.
/// let mut acceptor = Acceptor::new(stream);
/// let accepting = acceptor.accept_or_serve(|incoming| match incoming {
///     Incoming::WebSocket(_) => Reply::accept(),
///     Incoming::Http(_) => Reply::refuse(200).body("<script>new WebSocket('/')</script>"),
/// });
/// let mut socket = tokio::time::timeout(Duration::from_secs(10), accepting).await??;
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
pub struct Acceptor<S> {
    /// `None` after the WebSocket was opened.
    stream: Option<S>,
    limits: HeadLimits,
    config: Config,
    accepting: Option<Accepting>,
}

impl<S> Acceptor<S> {
    /// Creates a handshake over `stream`. This call reads and writes nothing.
    pub fn new(stream: S) -> Self {
        let limits = HeadLimits::default();
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

    /// Returns the transport, for example to read the address of the client. Returns `None` after
    /// the WebSocket was opened.
    pub const fn stream(&self) -> Option<&S> {
        self.stream.as_ref()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Acceptor<S> {
    /// Accepts a request for a WebSocket with any path, and agrees on no subprotocol. A request
    /// that does not ask for a WebSocket gets a response with status 426.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub async fn accept(&mut self) -> Result<ServerStream<S>, AcceptError> {
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
    ) -> Result<ServerStream<S>, AcceptError> {
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
    ) -> Result<ServerStream<S>, AcceptError> {
        let mut answer = Some(answer);
        let opened = self
            .drive(|accepting| {
                accepting.step(|incoming| match answer.take() {
                    Some(answer) => answer(incoming),
                    None => Reply::refuse(500),
                })
            })
            .await?;
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
    pub async fn reply(&mut self, reply: Reply) -> Result<ServerStream<S>, AcceptError> {
        if self.stream.is_none() {
            return Err(AcceptError::Finished);
        }
        self.accepting.as_mut().ok_or(AcceptError::NoRequest)?.reply(reply)?;
        let opened = self.drive(Accepting::step_to_reply).await?;
        self.open(opened)
    }

    /// Calls `step`, and reads or writes as it asks, until it returns the result.
    async fn drive<T>(
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
                    if read_head(stream, &mut accepting.input).await? == 0 {
                        return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
                    }
                }
                Step::Write => {
                    write_all(stream, &mut accepting.output).await?;
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

    /// Closes the transport of a request that was not accepted: shuts down the sending side, and
    /// reads until the client does the same, for at most `limit`. If the transport were dropped at
    /// once, the client might not receive the response.
    ///
    /// If the future is dropped, the transport is dropped too.
    ///
    /// # Errors
    /// Returns an error if the transport fails, or if the time limit is over.
    pub async fn finish(self, limit: Duration) -> io::Result<()> {
        let Some(mut stream) = self.stream else {
            return Ok(());
        };
        let finished = timeout(limit, async {
            stream.shutdown().await?;
            let mut nowhere = [0; 512];
            while stream.read(&mut nowhere).await? > 0 {}
            Ok(())
        });
        finished.await.unwrap_or_else(|_| {
            let text = format!("the time limit of {limit:?} ran out");
            Err(io::Error::new(ErrorKind::TimedOut, text))
        })
    }
}

/// Reads more bytes of a head, and returns how many it read. 0 means the end of the transport. If
/// the future is dropped, no byte is lost.
pub(super) async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
    input: &mut BytesMut,
) -> io::Result<usize> {
    input.reserve(HANDSHAKE_READ);
    stream.read_buf(input).await
}

/// Writes all of `output` and flushes the transport. If the future is dropped, `output` holds the
/// bytes that have not been written.
pub(super) async fn write_all<S: AsyncWrite + Unpin>(
    stream: &mut S,
    output: &mut BytesMut,
) -> io::Result<()> {
    stream.write_all_buf(output).await?;
    stream.flush().await
}
