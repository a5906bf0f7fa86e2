//! The client's opening handshake.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::accept::write_head;
use super::{WebSocketStream, fill};
use crate::adapter::{ConnectError, ConnectOptions, Connecting, ReadSize, Step, UrlError, random};
use crate::connection::Client;
use crate::handshake::{Response, Scheme};

/// Connects to a `ws://` URL.
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
/// # Errors
/// Why no WebSocket was opened.
pub fn connect(url: &str) -> Result<WebSocketStream<TcpStream, Client>, ConnectError> {
    connect_with(ConnectOptions::new(url)?)
}

/// Connects with options: subprotocols, headers, limits. The scheme must be `ws`; for `wss`, hand
/// a TLS stream to a [`Connector`].
///
/// # Errors
/// Why no WebSocket was opened.
pub fn connect_with(
    options: ConnectOptions,
) -> Result<WebSocketStream<TcpStream, Client>, ConnectError> {
    if options.scheme() == Scheme::Wss {
        return Err(UrlError::Tls.into());
    }
    let stream = TcpStream::connect((options.host(), options.port()))?;
    // Frames leave when they are flushed; to hold them back for more would only make them late.
    stream.set_nodelay(true)?;
    Connector::new(stream, options)?.connect()
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
    /// A handshake over a transport that has been connected to the host of the options.
    ///
    /// # Errors
    /// [`Request`](ConnectError::Request): a part of the request that cannot be sent.
    /// [`Io`](ConnectError::Io): the system has no random bytes.
    pub fn new(stream: S, options: ConnectOptions) -> Result<Self, ConnectError> {
        let connecting = Connecting::new(options, random()?)?;
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
        let mut inspect = Some(inspect);
        let outcome = loop {
            let step = self.connecting.step(|response| {
                if let Some(inspect) = inspect.take() {
                    inspect(response);
                }
            });
            match step {
                Step::Read => {
                    if fill(stream, &mut self.connecting.input, &mut ReadSize::new(), 0)? == 0 {
                        self.connecting.receive_eof();
                    }
                }
                Step::Write => {
                    write_head(stream, &mut self.connecting.output)?;
                    self.connecting.unflushed = false;
                }
                Step::Done(outcome) => break outcome,
            }
        };
        let connected = outcome?;
        let stream = self.stream.take().ok_or(ConnectError::Finished)?;
        let config = self.connecting.options().config.clone();
        let client = Client::new(random()?);
        let input = core::mem::take(&mut self.connecting.input);
        Ok(WebSocketStream::new(stream, client, config, input, connected.subprotocol))
    }
}
