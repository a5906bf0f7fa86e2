//! The client's opening handshake.

use std::io::{self, ErrorKind};

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::net::TcpStream;
use ::tokio::time::timeout;

use super::accept::{read_head, write_head};
use super::{MaybeTlsStream, WebSocketStream};
use crate::adapter::{ConnectError, ConnectOptions, Connecting, Step, UrlError, random};
use crate::connection::Client;
use crate::handshake::{Response, Scheme};

/// Connects to a `ws://` URL.
///
/// ```no_run
/// use websocket_proto::CloseCode;
///
/// # async fn greet() -> Result<(), Box<dyn std::error::Error>> {
/// let mut socket = websocket_proto::tokio::connect("ws://127.0.0.1:9001/chat").await?;
/// socket.send("Hello").await?;
/// println!("{:?}", socket.next().await);
/// socket.close(CloseCode::NORMAL, "").await?;
/// # Ok(())
/// # }
/// ```
///
/// Dropped, it drops the connection.
///
/// # Errors
/// Why no WebSocket was opened.
pub async fn connect(url: &str) -> Result<WebSocketStream<MaybeTlsStream, Client>, ConnectError> {
    connect_with(ConnectOptions::new(url)?).await
}

/// Connects with options: subprotocols, headers, limits, and how long all of it may take.
///
/// Dropped, it drops the connection.
///
/// # Errors
/// Why no WebSocket was opened; [`Io`](ConnectError::Io) of kind `TimedOut` when the time ran out.
pub async fn connect_with(
    options: ConnectOptions,
) -> Result<WebSocketStream<MaybeTlsStream, Client>, ConnectError> {
    if options.scheme() == Scheme::Wss {
        return Err(UrlError::Tls.into());
    }
    let limit = options.connect_timeout;
    let connected = timeout(limit, async {
        let stream = TcpStream::connect((options.host(), options.port())).await?;
        // Frames leave when they are flushed; to hold them back would only make them late.
        stream.set_nodelay(true)?;
        Connector::new(MaybeTlsStream::Plain(stream), options)?.connect().await
    });
    connected.await.unwrap_or_else(|_| Err(io::Error::from(ErrorKind::TimedOut).into()))
}

/// A client's opening handshake over any transport.
#[derive(Debug)]
pub struct Connector<S> {
    /// Given away when the WebSocket is open.
    stream: Option<S>,
    connecting: Connecting,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connector<S> {
    /// A handshake over a transport that has been connected to the host of the options, through
    /// TLS if their scheme is `wss`.
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
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// Why none was opened.
    pub async fn connect(&mut self) -> Result<WebSocketStream<S, Client>, ConnectError> {
        self.connect_with(|_| ()).await
    }

    /// As [`connect`](Self::connect), and shows `inspect` the response that opens the WebSocket.
    ///
    /// Dropped, it has lost nothing: call it again.
    ///
    /// # Errors
    /// As of [`connect`](Self::connect).
    pub async fn connect_with(
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
                    if read_head(stream, &mut self.connecting.input).await? == 0 {
                        self.connecting.receive_eof();
                    }
                }
                Step::Write => {
                    write_head(stream, &mut self.connecting.output).await?;
                    self.connecting.unflushed = false;
                }
                Step::Done(outcome) => break outcome,
            }
        };
        let connected = outcome?;
        let stream = self.stream.take().ok_or(ConnectError::Finished)?;
        let config = self.connecting.options().config.clone();
        let input = core::mem::take(&mut self.connecting.input);
        let client = Client::new(random()?);
        Ok(WebSocketStream::new(stream, client, config, input, connected.subprotocol))
    }
}
