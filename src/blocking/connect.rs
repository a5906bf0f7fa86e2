//! The client's opening handshake.

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use super::accept::write_all;
use super::deadline::{Deadline, TimedStream};
use super::{WebSocketStream, read_head};
use crate::connection::Client;
use crate::handshake::{Opened, Response, Scheme, random_nonce};
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, Connecting, Step, UrlErrorKind};

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
/// Why no WebSocket was opened; [`TimedOut`](ConnectError::TimedOut) when the time ran
/// out.
pub fn connect<O>(options: O) -> Result<WebSocketStream<TcpStream, Client>, ConnectError>
where
    O: TryInto<ConnectOptions, Error: Into<ConnectError>>,
{
    let options = options.try_into().map_err(Into::into)?;
    if options.scheme() == Scheme::Wss {
        return Err(options.url_error(UrlErrorKind::Tls).into());
    }
    let limit = options.connect_timeout;
    let deadline = Deadline::after(limit);
    let timed_out = |error| at_deadline(error, deadline, limit);
    let stream = open_tcp(&options, deadline).map_err(timed_out)?;
    let mut connecting = begin(options)?;
    let mut timed = TimedStream { stream: &stream, deadline };
    let opened = shake_hands(&mut connecting, &mut timed, |_| ()).map_err(timed_out)?;
    take_off_time_outs(&stream).map_err(|error| connecting.failed(error))?;
    open(stream, &mut connecting, opened)
}

/// Opens the TCP connection that the options describe: to the host, or through the proxy to the
/// host. Use it with another TLS library, and pass the TLS stream to a [`Connector`].
///
/// The time-out of the options includes it, as for [`connect`].
///
/// # Errors
/// Why there is no connection; [`TimedOut`](ConnectError::TimedOut) when the time ran
/// out.
pub fn connect_tcp(options: &ConnectOptions) -> Result<TcpStream, ConnectError> {
    let limit = options.connect_timeout;
    let deadline = Deadline::after(limit);
    let stream =
        open_tcp(options, deadline).map_err(|error| at_deadline(error, deadline, limit))?;
    take_off_time_outs(&stream).map_err(|error| options.step(ConnectPhase::Tcp).failed(error))?;
    Ok(stream)
}

/// Tells the end of the time limit from a time-out of TCP itself.
fn at_deadline(error: ConnectError, deadline: Deadline, limit: Duration) -> ConnectError {
    error.at_deadline(limit, deadline.left().is_err())
}

fn open_tcp(options: &ConnectOptions, deadline: Deadline) -> Result<TcpStream, ConnectError> {
    let stream = connect_to_any(options, deadline)?;
    // Frames leave when they are flushed; to hold them back for more would only make them late.
    stream.set_nodelay(true).map_err(|error| options.step(ConnectPhase::Tcp).failed(error))?;
    let Some(mut tunneling) = options.tunnel() else {
        return Ok(stream);
    };
    let failed = |error| options.step(ConnectPhase::Proxy).failed(error);
    let mut timed = TimedStream { stream: &stream, deadline };
    loop {
        match tunneling.step() {
            Step::Read => {
                if read_head(&mut timed, &mut tunneling.input).map_err(failed)? == 0 {
                    tunneling.receive_eof();
                }
            }
            Step::Write => {
                write_all(&mut timed, &mut tunneling.output).map_err(failed)?;
                tunneling.unflushed = false;
            }
            Step::Done(outcome) => return outcome.map(|()| stream),
        }
    }
}

/// Tries the addresses of a host one after the other, and returns the error of the last address.
fn connect_to_any(options: &ConnectOptions, deadline: Deadline) -> Result<TcpStream, ConnectError> {
    let look_up = options.step(ConnectPhase::LookUp);
    let addresses = options.first_hop().to_socket_addrs().map_err(|error| look_up.failed(error))?;
    let mut failure = None;
    for address in addresses {
        let step = options.step(ConnectPhase::Tcp).at(address);
        let connected = match deadline.left() {
            Ok(Some(left)) => TcpStream::connect_timeout(&address, left),
            Ok(None) => TcpStream::connect(address),
            // The address that took the time is to be named, if there is one.
            Err(error) => return Err(failure.unwrap_or_else(|| step.failed(error))),
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = Some(step.failed(error)),
        }
    }
    let none = || look_up.failed(io::Error::new(ErrorKind::NotFound, "the host has no address"));
    Err(failure.unwrap_or_else(none))
}

fn take_off_time_outs(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(None)?;
    stream.set_write_timeout(None)
}

/// A handshake that has not begun.
fn begin(options: ConnectOptions) -> Result<Connecting, ConnectError> {
    let nonce = random_nonce().map_err(ConnectError::Entropy)?;
    Ok(Connecting::new(options, nonce)?)
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
                Err(error) => return Err(connecting.failed(error)),
            },
            Step::Write => {
                let written = write_all(stream, &mut connecting.output);
                written.map_err(|error| connecting.failed(error))?;
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
    let client = Client::random().map_err(ConnectError::Entropy)?;
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
    /// [`Entropy`](ConnectError::Entropy): the system has no random bytes.
    pub fn new(stream: S, options: ConnectOptions) -> Result<Self, ConnectError> {
        let connecting = begin(options)?;
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
