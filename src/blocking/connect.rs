//! The opening handshake of a client, from the URL to the WebSocket
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

mod tcp;

use core::time::Duration;
use std::net::TcpStream;
use std::time::Instant;

use self::tcp::connect_to_any;
use super::opening::drive;
use super::{ClientStream, Transport, WebSocketStream};
use crate::connection::Client;
use crate::handshake::{Response, Scheme, random_nonce};
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, Connecting, UrlErrorKind};

/// Connects to a server, and opens a WebSocket.
///
/// `options` is a `ws://` URL, or [`ConnectOptions`], which also have subprotocols, headers,
/// limits, a proxy and a time limit. For a `wss://` URL, pass a TLS stream to a [`Connector`].
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
/// The [`connect_timeout`](ConnectOptions::connect_timeout) of the options limits the whole call.
/// It cannot interrupt the look-up of a name by the operating system. The socket has no time-outs
/// afterwards.
///
/// # Errors
/// Returns the reason why no WebSocket was opened. It is [`TimedOut`](ConnectError::TimedOut) if
/// the time limit ran out.
pub fn connect<O>(options: O) -> Result<ClientStream<TcpStream>, ConnectError>
where
    O: TryInto<ConnectOptions, Error: Into<ConnectError>>,
{
    let options = options.try_into().map_err(Into::into)?;
    if options.scheme() == Scheme::Wss {
        return Err(options.url_error(UrlErrorKind::Tls).into());
    }
    let begin = Instant::now();
    let stream = open_tcp(&options, begin)?;
    Connector::since(begin, stream, options)?.connect()
}

/// Opens the TCP connection that the options describe: to the host, or through the proxy to the
/// host. Use it with another TLS library, and pass the TLS stream to a [`Connector`].
///
/// The time limit is [`connect_timeout`](ConnectOptions::connect_timeout), as in [`connect`].
///
/// # Errors
/// Returns the reason why there is no connection. It is [`TimedOut`](ConnectError::TimedOut) if the
/// time limit ran out.
pub fn connect_tcp(options: &ConnectOptions) -> Result<TcpStream, ConnectError> {
    open_tcp(options, Instant::now())
}

/// Opens the TCP connection and the tunnel through the proxy, if there is one. The connect began at
/// `begin`.
fn open_tcp(options: &ConnectOptions, begin: Instant) -> Result<TcpStream, ConnectError> {
    let mut stream = connect_to_any(options, begin)?;
    // A frame is written when it is flushed. If TCP held it back, it would only arrive later.
    stream.set_nodelay(true).map_err(|error| options.step(ConnectPhase::Tcp).failed(error))?;
    let Some(mut tunneling) = options.tunnel() else {
        return Ok(stream);
    };
    tunneling.expire_at(options.connect_deadline(Duration::ZERO));
    let tunneled = drive(&mut stream, begin, &mut tunneling, |tunneling| tunneling.step());
    tunneled.map_err(|error| tunneling.failed(error))?.map(|()| stream)
}

/// The opening handshake of a client over any transport. It can continue after a `WouldBlock` or a
/// time-out of the transport.
///
/// Its time limit is the [`connect_timeout`](ConnectOptions::connect_timeout) of the options, from
/// its creation on.
#[derive(Debug)]
pub struct Connector<S> {
    begin: Instant,
    /// `None` after the WebSocket was opened.
    stream: Option<S>,
    connecting: Option<Connecting>,
}

impl<S: Transport> Connector<S> {
    /// Creates a handshake over a transport that leads to the host of the options, such as the
    /// result of [`connect_tcp`]. For `wss`, the transport is a TLS stream. This call reads and
    /// writes nothing.
    ///
    /// # Errors
    /// - [`Entropy`](ConnectError::Entropy): the operating system has no random bytes.
    /// - [`Request`](ConnectError::Request): a part of the request cannot be written.
    pub fn new(stream: S, options: ConnectOptions) -> Result<Self, ConnectError> {
        Self::since(Instant::now(), stream, options)
    }

    /// Creates a handshake that is part of a connect that began earlier.
    fn since(begin: Instant, stream: S, options: ConnectOptions) -> Result<Self, ConnectError> {
        let nonce = random_nonce().map_err(ConnectError::Entropy)?;
        let end = options.connect_deadline(Duration::ZERO);
        let mut connecting = Connecting::new(options, nonce)?;
        connecting.expire_at(end);
        Ok(Self { begin, stream: Some(stream), connecting: Some(connecting) })
    }

    /// Opens the WebSocket.
    ///
    /// After an [`Io`](ConnectError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again.
    ///
    /// # Errors
    /// Returns the reason why no WebSocket was opened.
    pub fn connect(&mut self) -> Result<ClientStream<S>, ConnectError> {
        self.connect_with(|_| ())
    }

    /// Opens the WebSocket as [`connect`](Self::connect) does, and calls `inspect` with the
    /// response that opens it.
    ///
    /// After an [`Io`](ConnectError::Io) error of the kind `WouldBlock` or `TimedOut`, call this
    /// method again.
    ///
    /// # Errors
    /// Returns the same errors as [`connect`](Self::connect).
    pub fn connect_with(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Result<ClientStream<S>, ConnectError> {
        let (Some(stream), Some(connecting)) = (&mut self.stream, &mut self.connecting) else {
            return Err(ConnectError::Finished);
        };
        let mut inspect = Some(inspect);
        let outcome = drive(stream, self.begin, connecting, |connecting| {
            connecting.step(|response| {
                if let Some(inspect) = inspect.take() {
                    inspect(response);
                }
            })
        });
        outcome.map_err(|error| connecting.failed(error))??;
        let (Some(stream), Some(connecting)) = (self.stream.take(), self.connecting.take()) else {
            return Err(ConnectError::Finished);
        };
        let client = Client::random().map_err(ConnectError::Entropy)?;
        let websocket = connecting.into_websocket(client).ok_or(ConnectError::Finished)?;
        Ok(WebSocketStream::from_websocket(stream, websocket))
    }
}
