//! The client's opening handshake.

mod tcp;

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use self::tcp::connect_to_any;
use super::WebSocketStream;
use super::deadline::{Calls, SetTimeOuts, Transferred, set_time_outs};
use crate::connection::Client;
use crate::handshake::{Opened, Response, Scheme, random_nonce};
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, Connecting, UrlErrorKind};

/// Connects to a `ws://` URL, or with [`ConnectOptions`]: subprotocols, headers, limits, a proxy.
///
/// ```no_run
/// use websocket_proto::{CloseCode, blocking};
///
/// let mut socket = blocking::connect("ws://127.0.0.1:9001/chat")?;
/// socket.send("Hello")?;
/// println!("{:?}", socket.read()?);
/// socket.close(CloseCode::NORMAL, "")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The scheme must be `ws`; for `wss`, hand a TLS stream to a [`Connector`].
///
/// The time-out of the options includes all of it. It does not interrupt the look-up of a name,
/// which the operating system runs and ends. The socket has no time-outs afterwards.
///
/// # Errors
/// Returns the reason why no WebSocket was opened, [`TimedOut`](ConnectError::TimedOut) if the time
/// ran out.
pub fn connect<O>(options: O) -> Result<WebSocketStream<TcpStream, Client>, ConnectError>
where
    O: TryInto<ConnectOptions, Error: Into<ConnectError>>,
{
    let options = options.try_into().map_err(Into::into)?;
    if options.scheme() == Scheme::Wss {
        return Err(options.url_error(UrlErrorKind::Tls).into());
    }
    let calls = Calls::begin(set_time_outs);
    let mut stream = open_tcp(&options, &calls)?;
    let mut connecting = begin(options)?;
    connecting.expire_at(connecting.options().connect_deadline(Duration::ZERO));
    let opened = shake_hands(&mut connecting, &mut stream, &calls, |_| ())?;
    calls.reset(&stream).map_err(|error| connecting.failed(error))?;
    open(stream, &mut connecting, opened)
}

/// Opens the TCP connection that the options describe: to the host, or through the proxy to the
/// host. Use it with another TLS library, and pass the TLS stream to a [`Connector`].
///
/// The time-out of the options includes it, as for [`connect`].
///
/// # Errors
/// Returns the reason why there is no connection, [`TimedOut`](ConnectError::TimedOut) if the time
/// ran out.
pub fn connect_tcp(options: &ConnectOptions) -> Result<TcpStream, ConnectError> {
    let calls = Calls::begin(set_time_outs);
    let stream = open_tcp(options, &calls)?;
    calls.reset(&stream).map_err(|error| options.step(ConnectPhase::Tcp).failed(error))?;
    Ok(stream)
}

/// Opens the TCP connection and the tunnel through the proxy, if there is one. The time of `calls`
/// began with the connect.
fn open_tcp(options: &ConnectOptions, calls: &Calls<TcpStream>) -> Result<TcpStream, ConnectError> {
    let mut stream = connect_to_any(options, calls)?;
    // Frames leave when they are flushed; to hold them back for more would only make them late.
    stream.set_nodelay(true).map_err(|error| options.step(ConnectPhase::Tcp).failed(error))?;
    let Some(mut tunneling) = options.tunnel() else {
        return Ok(stream);
    };
    tunneling.expire_at(options.connect_deadline(Duration::ZERO));
    loop {
        let now = calls.now();
        tunneling.handle_deadline(now);
        let (step, end) = (tunneling.step(), tunneling.deadline(now));
        let (input, output) = (&mut tunneling.input, &mut tunneling.output);
        match calls.transfer(&mut stream, end, step, input, output) {
            Ok(Transferred::Some) => {}
            Ok(Transferred::Flushed) => tunneling.flushed(),
            Ok(Transferred::End) => tunneling.receive_eof(),
            Ok(Transferred::Done(outcome)) => return outcome.map(|()| stream),
            Err(error) => return Err(tunneling.failed(error)),
        }
    }
}

/// A handshake that has not begun.
fn begin(options: ConnectOptions) -> Result<Connecting, ConnectError> {
    let nonce = random_nonce().map_err(ConnectError::Entropy)?;
    Ok(Connecting::new(options, nonce)?)
}

/// Takes the handshake as far as it goes.
fn shake_hands<S: Read + Write>(
    connecting: &mut Connecting,
    stream: &mut S,
    calls: &Calls<S>,
    inspect: impl FnOnce(&Response<'_>),
) -> Result<Opened, ConnectError> {
    let mut inspect = Some(inspect);
    loop {
        let now = calls.now();
        connecting.handle_deadline(now);
        let step = connecting.step(|response| {
            if let Some(inspect) = inspect.take() {
                inspect(response);
            }
        });
        let end = connecting.deadline(now);
        let Connecting { input, output, .. } = connecting;
        match calls.transfer(stream, end, step, input, output) {
            Ok(Transferred::Some) => {}
            Ok(Transferred::Flushed) => connecting.flushed(),
            Ok(Transferred::End) => connecting.receive_eof(),
            Ok(Transferred::Done(outcome)) => return outcome,
            // A TLS stream reports in this way that it was cut off, as a refusal may be.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => connecting.receive_eof(),
            Err(error) => return Err(connecting.failed(error)),
        }
    }
}

/// The WebSocket that a handshake has opened.
fn open<S>(
    stream: S,
    connecting: &mut Connecting,
    opened: Opened,
) -> Result<WebSocketStream<S, Client>, ConnectError> {
    let config = connecting.options().config.clone();
    let client = Client::random().map_err(ConnectError::Entropy)?;
    let input = core::mem::take(&mut connecting.input);
    Ok(WebSocketStream::from_parts(stream, client, config, opened, input))
}

/// The opening handshake of a client over any transport. It can continue after a `WouldBlock` or a
/// time-out of the transport.
#[derive(Debug)]
pub struct Connector<S> {
    /// `None` after the WebSocket was opened.
    stream: Option<S>,
    connecting: Connecting,
    calls: Calls<S>,
}

impl<S: Read + Write> Connector<S> {
    /// Creates a handshake over a transport that is connected to the host of the options, for example
    /// by [`connect_tcp`], and through TLS if the scheme is `wss`. The handshake has no time limit of
    /// its own: set the time-outs of the transport.
    ///
    /// # Errors
    /// [`Entropy`](ConnectError::Entropy): the operating system has no random bytes.
    pub fn new(stream: S, options: ConnectOptions) -> Result<Self, ConnectError> {
        let calls = Calls::begin(|_, _| Ok(()));
        Ok(Self { stream: Some(stream), connecting: begin(options)?, calls })
    }

    /// Sets how to limit the time of one call on the transport, as
    /// [`Acceptor::time_outs`](super::Acceptor::time_outs) does. With it,
    /// [`refusal_body_timeout`](ConnectOptions::refusal_body_timeout) ends the wait for the body of a
    /// refusal. Without it this time is checked between two calls.
    #[must_use]
    pub fn time_outs(mut self, set: fn(&S, Option<Duration>) -> io::Result<()>) -> Self {
        self.calls = Calls::begin(set as SetTimeOuts<S>);
        self
    }

    /// Opens the WebSocket.
    ///
    /// After an [`Io`](ConnectError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub fn connect(&mut self) -> Result<WebSocketStream<S, Client>, ConnectError> {
        self.connect_with(|_| ())
    }

    /// Opens the WebSocket as [`connect`](Self::connect) does, and calls `inspect` with the response
    /// that opens it.
    ///
    /// # Errors
    /// Returns the same errors as [`connect`](Self::connect).
    pub fn connect_with(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Result<WebSocketStream<S, Client>, ConnectError> {
        let stream = self.stream.as_mut().ok_or(ConnectError::Finished)?;
        let opened = shake_hands(&mut self.connecting, stream, &self.calls, inspect);
        let reset = self.calls.reset(stream);
        let opened = opened?;
        reset.map_err(|error| self.connecting.failed(error))?;
        let stream = self.stream.take().ok_or(ConnectError::Finished)?;
        open(stream, &mut self.connecting, opened)
    }
}

impl Connector<TcpStream> {
    /// Creates a handshake over a TCP connection to the host of the options. It sets the
    /// [`time_outs`](Self::time_outs) of the socket, and removes them at the end.
    ///
    /// # Errors
    /// Returns the same errors as [`new`](Self::new).
    pub fn tcp(stream: TcpStream, options: ConnectOptions) -> Result<Self, ConnectError> {
        Ok(Self::new(stream, options)?.time_outs(set_time_outs))
    }
}
