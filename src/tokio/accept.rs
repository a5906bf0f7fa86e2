//! The server's opening handshake.

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

/// A server's opening handshake.
///
/// It has no time limit of its own: give one to whichever future waits for it.
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
/// A decision that itself has to wait, for example for a database, is made between two calls:
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
    /// Given away when the WebSocket is open.
    stream: Option<S>,
    limits: HeadLimits,
    config: Config,
    accepting: Option<Accepting>,
}

impl<S> Acceptor<S> {
    /// A handshake that has not begun.
    pub fn new(stream: S) -> Self {
        let limits = HeadLimits::default();
        Self { stream: Some(stream), limits, config: Config::new(), accepting: None }
    }

    /// How large the head of the request may be; 16 KiB and 100 headers when not set.
    #[must_use]
    pub const fn head_limits(mut self, limits: HeadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The limits of the WebSocket.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// The transport, to see who it is; `None` when the WebSocket has been opened.
    pub const fn stream(&self) -> Option<&S> {
        self.stream.as_ref()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Acceptor<S> {
    /// Opens the WebSocket, whatever its path, without a subprotocol.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// Why none was opened.
    pub async fn accept(&mut self) -> Result<ServerStream<S>, AcceptError> {
        self.accept_with(|_| Reply::accept()).await
    }

    /// Lets `answer` decide, which is called once, when the request has come. A request that asks
    /// for no WebSocket gets a 426.
    ///
    /// Dropped, it has lost nothing: call it again. An answer that was given stays.
    ///
    /// # Errors
    /// As of [`accept`](Self::accept).
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

    /// As [`accept_with`](Self::accept_with), for a port that serves pages too: `answer` is asked
    /// about those requests as well.
    ///
    /// Dropped, it has lost nothing: call it again. An answer that was given stays.
    ///
    /// # Errors
    /// As of [`accept`](Self::accept).
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

    /// Waits for a request for a WebSocket, and leaves the decision to a call of
    /// [`reply`](Self::reply), which may come later. A request that asks for no WebSocket gets a
    /// 426, which is [`NotWebSocket`](AcceptError::NotWebSocket).
    ///
    /// Bytes that the client sends after its request stay where they are until the WebSocket is
    /// open. Until `reply` has returned, another call returns the same request. The request borrows
    /// from the acceptor, so make the [`Reply`] before the call of `reply`.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`accept`](Self::accept).
    pub async fn request(&mut self) -> Result<Request<'_>, AcceptError> {
        self.drive(Accepting::step_to_request).await?;
        match self.accepting.as_mut().and_then(Accepting::incoming) {
            Some(Incoming::WebSocket(request)) => Ok(request),
            Some(Incoming::Http(_)) | None => Err(AcceptError::Finished),
        }
    }

    /// Waits for a request as [`request`](Self::request) does, for a port that serves pages too:
    /// returns those requests as well.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`accept`](Self::accept), but a request that asks for no WebSocket is not an error.
    pub async fn incoming(&mut self) -> Result<Incoming<'_>, AcceptError> {
        self.drive(Accepting::step_to_incoming).await?;
        self.accepting.as_mut().and_then(Accepting::incoming).ok_or(AcceptError::Finished)
    }

    /// Answers the request that [`request`](Self::request) or [`incoming`](Self::incoming) has
    /// returned, and opens the WebSocket if the reply accepts it.
    ///
    /// Dropped before it was polled, it has done nothing. Dropped later, it has lost nothing: call it
    /// again. The first reply stays, whatever the later calls pass.
    ///
    /// # Errors
    /// [`NoRequest`](AcceptError::NoRequest): the request has not arrived yet. Nothing was sent,
    /// and the handshake can continue. [`Refused`](AcceptError::Refused) or
    /// [`NotWebSocket`](AcceptError::NotWebSocket): the reply was a refusal, and has been sent.
    /// [`Reply`](AcceptError::Reply): the reply cannot be sent. All others as of
    /// [`accept`](Self::accept).
    pub async fn reply(&mut self, reply: Reply) -> Result<ServerStream<S>, AcceptError> {
        if self.stream.is_none() {
            return Err(AcceptError::Finished);
        }
        self.accepting.as_mut().ok_or(AcceptError::NoRequest)?.reply(reply)?;
        let opened = self.drive(Accepting::step_to_reply).await?;
        self.open(opened)
    }

    /// Does what `step` asks for, until it is done.
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

    /// Opens the WebSocket that the handshake has agreed on.
    fn open(&mut self, opened: Opened) -> Result<ServerStream<S>, AcceptError> {
        let (Some(stream), Some(accepting)) = (self.stream.take(), self.accepting.take()) else {
            return Err(AcceptError::Finished);
        };
        let (config, input) = (self.config.clone(), accepting.input);
        Ok(WebSocketStream::from_parts(stream, Server, config, opened, input))
    }

    /// Drops the transport of a request that was not accepted, so that its response is not
    /// destroyed on its way: shuts the sending side down, and reads until the client does the
    /// same, for `limit` at most.
    ///
    /// Dropped, it drops the transport.
    ///
    /// # Errors
    /// The transport failed, or the time ran out.
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

/// Reads more of a head; 0 at the end of the transport. Dropped, it has read nothing.
pub(super) async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
    input: &mut BytesMut,
) -> io::Result<usize> {
    input.reserve(HANDSHAKE_READ);
    stream.read_buf(input).await
}

/// Writes all of `output` and flushes the transport. Dropped, `output` has what is left.
pub(super) async fn write_all<S: AsyncWrite + Unpin>(
    stream: &mut S,
    output: &mut BytesMut,
) -> io::Result<()> {
    stream.write_all_buf(output).await?;
    stream.flush().await
}
