//! The client's opening handshake.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use super::accept::write_all;
use super::deadline::{Deadline, TimedStream};
use super::{WebSocketStream, read_head};
use crate::connection::Client;
use crate::handshake::{Opened, Response, Scheme, random_nonce};
use crate::io::{ConnectError, ConnectOptions, Connecting, Step, UrlError};

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
/// The time-out of the options covers all of it, but does not break off the look-up of a name,
/// which is the system's: that ends when the system says so. The socket has no time-outs
/// afterwards.
///
/// # Errors
/// Why no WebSocket was opened; [`Io`](ConnectError::Io) of kind `TimedOut` when the time ran out.
pub fn connect<O>(options: O) -> Result<WebSocketStream<TcpStream, Client>, ConnectError>
where
    O: TryInto<ConnectOptions, Error: Into<ConnectError>>,
{
    let options = options.try_into().map_err(Into::into)?;
    if options.scheme() == Scheme::Wss {
        return Err(UrlError::Tls.into());
    }
    let deadline = Deadline::after(options.connect_timeout);
    let stream = open_tcp(&options, deadline)?;
    let mut connecting = Connecting::new(options, random_nonce()?)?;
    let mut timed = TimedStream { stream: &stream, deadline };
    let opened = shake_hands(&mut connecting, &mut timed, |_| ())?;
    take_off_time_outs(&stream)?;
    open(stream, &mut connecting, opened)
}

/// The TCP connection by which the options want the server to be reached: to their host, or to
/// their proxy and through it. For a TLS of one's own, whose stream a [`Connector`] takes then.
///
/// The time-out of the options covers it, as of [`connect`].
///
/// # Errors
/// Why there is no connection; [`Io`](ConnectError::Io) of kind `TimedOut` when the time ran out.
pub fn connect_tcp(options: &ConnectOptions) -> Result<TcpStream, ConnectError> {
    let stream = open_tcp(options, Deadline::after(options.connect_timeout))?;
    take_off_time_outs(&stream)?;
    Ok(stream)
}

fn open_tcp(options: &ConnectOptions, deadline: Deadline) -> Result<TcpStream, ConnectError> {
    let stream = connect_to_any(options.first_hop(), deadline)?;
    // Frames leave when they are flushed; to hold them back for more would only make them late.
    stream.set_nodelay(true)?;
    let Some(mut tunneling) = options.tunnel() else {
        return Ok(stream);
    };
    let mut timed = TimedStream { stream: &stream, deadline };
    loop {
        match tunneling.step() {
            Step::Read => {
                if read_head(&mut timed, &mut tunneling.input)? == 0 {
                    tunneling.receive_eof();
                }
            }
            Step::Write => {
                write_all(&mut timed, &mut tunneling.output)?;
                tunneling.unflushed = false;
            }
            Step::Done(outcome) => return outcome.map(|()| stream),
        }
    }
}

/// Tries the addresses of a host, one after the other.
fn connect_to_any(host: (&str, u16), deadline: Deadline) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for address in host.to_socket_addrs()? {
        let connected = match deadline.left()? {
            Some(left) => TcpStream::connect_timeout(&address, left),
            None => TcpStream::connect(address),
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn take_off_time_outs(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)
}

/// Takes the handshake as far as it goes.
fn shake_hands(
    connecting: &mut Connecting,
    stream: &mut (impl Read + Write),
    inspect: impl FnOnce(&Response<'_>),
) -> Result<Opened, ConnectError> {
    let mut inspect = Some(inspect);
    loop {
        let step = connecting.step(|response| {
            if let Some(inspect) = inspect.take() {
                inspect(response);
            }
        });
        match step {
            Step::Read => match read_head(stream, &mut connecting.input) {
                Ok(0) => connecting.receive_eof(),
                Ok(_) => {}
                // So a TLS stream says that it was cut off, which a refusal may well be.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => connecting.receive_eof(),
                Err(error) => return Err(error.into()),
            },
            Step::Write => {
                write_all(stream, &mut connecting.output)?;
                connecting.unflushed = false;
            }
            Step::Done(outcome) => return outcome,
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
    let client = Client::random()?;
    let input = core::mem::take(&mut connecting.input);
    Ok(WebSocketStream::from_parts(stream, client, config, opened, input))
}

/// A client's opening handshake over any transport, which can be resumed when that says
/// `WouldBlock` or a time-out runs out.
#[derive(Debug)]
pub struct Connector<S> {
    /// Given away when the WebSocket is open.
    stream: Option<S>,
    connecting: Connecting,
}

impl<S: Read + Write> Connector<S> {
    /// A handshake over a transport that has been connected to the host of the options, by
    /// [`connect_tcp`] if need be, and through TLS if their scheme is `wss`. It has no time limit
    /// of its own: set the transport's.
    ///
    /// # Errors
    /// [`Io`](ConnectError::Io): the system has no random bytes.
    pub fn new(stream: S, options: ConnectOptions) -> Result<Self, ConnectError> {
        let connecting = Connecting::new(options, random_nonce()?)?;
        Ok(Self { stream: Some(stream), connecting })
    }

    /// Opens the WebSocket.
    ///
    /// # Errors
    /// Why none was opened; after an [`Io`](ConnectError::Io) of `WouldBlock` and the like, call
    /// again.
    pub fn connect(&mut self) -> Result<WebSocketStream<S, Client>, ConnectError> {
        self.connect_with(|_| ())
    }

    /// As [`connect`](Self::connect), and shows `inspect` the response that opens the WebSocket.
    ///
    /// # Errors
    /// As of [`connect`](Self::connect).
    pub fn connect_with(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Result<WebSocketStream<S, Client>, ConnectError> {
        let stream = self.stream.as_mut().ok_or(ConnectError::Finished)?;
        let opened = shake_hands(&mut self.connecting, stream, inspect)?;
        let stream = self.stream.take().ok_or(ConnectError::Finished)?;
        open(stream, &mut self.connecting, opened)
    }
}
