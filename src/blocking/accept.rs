//! The server's opening handshake.

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

/// A server's opening handshake, which can be resumed when the transport says `WouldBlock` or a
/// time-out runs out.
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
/// [`request`](Self::request) and [`reply`](Self::reply) are the same in two calls, between which
/// the program decides:
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
    /// Given away when the WebSocket is open.
    stream: Option<S>,
    limits: HeadLimits,
    config: Config,
    accepting: Option<Accepting>,
}

impl<S> Acceptor<S> {
    /// A handshake that has not begun.
    pub const fn new(stream: S) -> Self {
        let limits = HeadLimits::DEFAULT;
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

    /// The transport, to see who it is or to close it with care; `None` when the WebSocket has
    /// been opened.
    pub const fn stream(&self) -> Option<&S> {
        self.stream.as_ref()
    }
}

impl<S: Read + Write> Acceptor<S> {
    /// Opens the WebSocket, whatever its path, without a subprotocol.
    ///
    /// # Errors
    /// Why none was opened; after an [`Io`](AcceptError::Io) of `WouldBlock` and the like, call
    /// again.
    pub fn accept(&mut self) -> Result<ServerStream<S>, AcceptError> {
        self.accept_with(|_| Reply::accept())
    }

    /// Lets `answer` decide, which is called once, when the request has come. A request that asks
    /// for no WebSocket gets a 426.
    ///
    /// # Errors
    /// As of [`accept`](Self::accept).
    pub fn accept_with(
        &mut self,
        answer: impl FnOnce(&Request<'_>) -> Reply,
    ) -> Result<ServerStream<S>, AcceptError> {
        self.accept_or_serve(|incoming| match incoming {
            Incoming::WebSocket(request) => answer(request),
            Incoming::Http(_) => upgrade_required(),
        })
    }

    /// As [`accept_with`](Self::accept_with), for a port that serves pages too: `answer` is asked
    /// about those requests as well.
    ///
    /// # Errors
    /// As of [`accept`](Self::accept).
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

    /// Waits for a request for a WebSocket, and leaves the decision to a call of
    /// [`reply`](Self::reply), which may come later. A request that asks for no WebSocket gets a
    /// 426, which is [`NotWebSocket`](AcceptError::NotWebSocket).
    ///
    /// Bytes that the client sends after its request stay where they are until the WebSocket is
    /// open. Until `reply` has returned, another call returns the same request. The request borrows
    /// from the acceptor, so make the [`Reply`] before the call of `reply`.
    ///
    /// After an [`Io`](AcceptError::Io) of `WouldBlock` and the like, call it again.
    ///
    /// # Errors
    /// As of [`accept`](Self::accept).
    pub fn request(&mut self) -> Result<Request<'_>, AcceptError> {
        self.drive(Accepting::step_to_request)?;
        match self.accepting.as_mut().and_then(Accepting::incoming) {
            Some(Incoming::WebSocket(request)) => Ok(request),
            Some(Incoming::Http(_)) | None => Err(AcceptError::Finished),
        }
    }

    /// Waits for a request as [`request`](Self::request) does, for a port that serves pages too:
    /// returns those requests as well.
    ///
    /// After an [`Io`](AcceptError::Io) of `WouldBlock` and the like, call it again.
    ///
    /// # Errors
    /// As of [`accept`](Self::accept), but a request that asks for no WebSocket is not an error.
    pub fn incoming(&mut self) -> Result<Incoming<'_>, AcceptError> {
        self.drive(Accepting::step_to_incoming)?;
        self.accepting.as_mut().and_then(Accepting::incoming).ok_or(AcceptError::Finished)
    }

    /// Answers the request that [`request`](Self::request) or [`incoming`](Self::incoming) has
    /// returned, and opens the WebSocket if the reply accepts it.
    ///
    /// After an [`Io`](AcceptError::Io) of `WouldBlock` and the like, call it again. The first reply
    /// stays, whatever the later calls pass.
    ///
    /// # Errors
    /// [`NoRequest`](AcceptError::NoRequest): the request has not arrived yet. Nothing was sent,
    /// and the handshake can continue. [`Refused`](AcceptError::Refused) or
    /// [`NotWebSocket`](AcceptError::NotWebSocket): the reply was a refusal, and has been sent.
    /// [`Reply`](AcceptError::Reply): the reply cannot be sent. All others as of
    /// [`accept`](Self::accept).
    pub fn reply(&mut self, reply: Reply) -> Result<ServerStream<S>, AcceptError> {
        if self.stream.is_none() {
            return Err(AcceptError::Finished);
        }
        self.accepting.as_mut().ok_or(AcceptError::NoRequest)?.reply(reply)?;
        let opened = self.drive(Accepting::step_to_reply)?;
        self.open(opened)
    }

    /// Does what `step` asks for, until it is done.
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

    /// Opens the WebSocket that the handshake has agreed on.
    fn open(&mut self, opened: Opened) -> Result<ServerStream<S>, AcceptError> {
        let (Some(stream), Some(accepting)) = (self.stream.take(), self.accepting.take()) else {
            return Err(AcceptError::Finished);
        };
        let (config, input) = (self.config.clone(), accepting.input);
        Ok(WebSocketStream::from_parts(stream, Server, config, opened, input))
    }
}

impl Acceptor<TcpStream> {
    /// Drops the transport of a request that was not accepted, so that its response is not
    /// destroyed on its way: shuts the sending side down, and reads until the client does the
    /// same, for the [`close_timeout`](Config::close_timeout) of the configuration at most.
    ///
    /// # Errors
    /// The transport failed, or the time ran out.
    pub fn finish(self) -> io::Result<()> {
        match self.stream {
            Some(stream) => see_out(&stream, true, Deadline::after(self.config.close_timeout)),
            None => Ok(()),
        }
    }
}

/// Writes all of `output` and flushes the transport; what was written is taken off at once, so
/// that it can be resumed.
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
