//! The opening handshake of a client, from the URL to the WebSocket
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

mod tcp;

use core::time::Duration;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::net::TcpStream;
use ::tokio::time::{Instant, timeout_at};
#[cfg(feature = "tls")]
use tokio_rustls::TlsConnector;

use self::tcp::connect_to_any;
#[cfg(feature = "tls")]
use super::tls;
use super::{ClientStream, Connector, MaybeTlsStream, TokioTransport};
use crate::asynchronous::{Transport as _, drive};
use crate::handshake::Scheme;
#[cfg(not(feature = "tls"))]
use crate::io::UrlErrorKind;
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, ConnectStep};

/// Connects to a server, and opens a WebSocket.
///
/// `options` is a `ws://` or `wss://` URL, or [`ConnectOptions`], which also have subprotocols,
/// headers, limits, a proxy and a time limit.
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
/// A `wss://` URL needs the feature `webpki-roots`, `rustls-native-certs` or both. With both
/// features, the root certificates of both are trusted. Those of the operating system are read
/// once, at the first `wss` connection.
///
/// If the future is dropped, the connection is closed.
///
/// # Errors
/// Returns the reason why no WebSocket was opened. It is [`TimedOut`](ConnectError::TimedOut) if
/// the time limit ran out.
pub async fn connect<O>(options: O) -> Result<ClientStream<MaybeTlsStream>, ConnectError>
where
    O: TryInto<ConnectOptions, Error: Into<ConnectError>>,
{
    let options = options.try_into().map_err(Into::into)?;
    let time = TimeLimit::of(&options);
    let stream = match options.scheme() {
        Scheme::Ws => MaybeTlsStream::Plain(open_tcp(&options, time).await?),
        #[cfg(feature = "tls")]
        Scheme::Wss => {
            let step = options.step(ConnectPhase::Tls);
            let connector = time.limit(&step, tls::connector(&step)).await?;
            open_tls(&options, &connector, time).await?
        }
        #[cfg(not(feature = "tls"))]
        Scheme::Wss => return Err(options.url_error(UrlErrorKind::Tls).into()),
    };
    open(stream, options, time).await
}

/// Connects to a server as [`connect`] does, with a TLS configuration of the caller.
///
/// The configuration can have other root certificates or a client certificate. It has no effect on
/// a `ws://` URL.
///
/// ```no_run
/// use std::sync::Arc;
/// use websocket_proto::tokio::connect_with_tls;
/// use websocket_proto::tokio::tokio_rustls::rustls::{ClientConfig, RootCertStore};
///
/// # async fn connect(roots: RootCertStore) -> Result<(), Box<dyn std::error::Error>> {
/// let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
/// let mut socket = connect_with_tls("wss://chat.internal/", Arc::new(config)).await?;
/// # Ok(())
/// # }
/// ```
///
/// The configuration may offer the protocol `http/1.1` by ALPN ([RFC
/// 7301](https://www.rfc-editor.org/rfc/rfc7301)). It must not offer `h2`, because the opening
/// handshake is a request of HTTP/1.1.
///
/// If the future is dropped, the connection is closed.
///
/// # Errors
/// Returns the same errors as [`connect`].
#[cfg(feature = "tls")]
pub async fn connect_with_tls<O>(
    options: O,
    connector: impl Into<TlsConnector>,
) -> Result<ClientStream<MaybeTlsStream>, ConnectError>
where
    O: TryInto<ConnectOptions, Error: Into<ConnectError>>,
{
    let options = options.try_into().map_err(Into::into)?;
    let connector = connector.into();
    let time = TimeLimit::of(&options);
    let stream = match options.scheme() {
        Scheme::Ws => MaybeTlsStream::Plain(open_tcp(&options, time).await?),
        Scheme::Wss => open_tls(&options, &connector, time).await?,
    };
    open(stream, options, time).await
}

/// Opens the TCP connection that the options describe: to the host, or through the proxy to the
/// host. Use it with another TLS library, and pass the TLS stream to a [`Connector`].
///
/// The [`connect_timeout`](ConnectOptions::connect_timeout) of the options limits the whole call.
/// If the future is dropped, the connection is closed.
///
/// # Errors
/// Returns the reason why there is no connection. It is [`TimedOut`](ConnectError::TimedOut) if the
/// time limit ran out.
pub async fn connect_tcp(options: &ConnectOptions) -> Result<TcpStream, ConnectError> {
    open_tcp(options, TimeLimit::of(options)).await
}

#[cfg(feature = "tls")]
async fn open_tls(
    options: &ConnectOptions,
    connector: &TlsConnector,
    time: TimeLimit,
) -> Result<MaybeTlsStream, ConnectError> {
    // The name is checked first, because an error in the URL needs no connection.
    let name = tls::server_name(options)?;
    let stream = open_tcp(options, time).await?;
    let step = options.step(ConnectPhase::Tls);
    time.limit(&step, tls::handshake(connector, name, stream, &step)).await
}

async fn open_tcp(options: &ConnectOptions, time: TimeLimit) -> Result<TcpStream, ConnectError> {
    let stream = connect_to_any(options, time).await?;
    // A frame is written when it is flushed. If TCP held it back, it would only arrive later.
    stream.set_nodelay(true).map_err(|error| options.step(ConnectPhase::Tcp).failed(error))?;
    open_tunnel(options, stream, time).await
}

/// Opens a tunnel through the proxy, if the options have a proxy.
async fn open_tunnel(
    options: &ConnectOptions,
    stream: TcpStream,
    time: TimeLimit,
) -> Result<TcpStream, ConnectError> {
    let Some(mut tunneling) = options.tunnel() else {
        return Ok(stream);
    };
    let mut transport = TokioTransport::new(stream);
    tunneling.expire_at(time.end_on(&mut transport));
    let tunneled = drive(&mut transport, &mut tunneling, |tunneling| tunneling.step()).await;
    tunneled.map_err(|error| tunneling.failed(error))?.map(|()| transport.into_stream())
}

/// Opens the WebSocket over a transport that leads to the server.
async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    options: ConnectOptions,
    time: TimeLimit,
) -> Result<ClientStream<S>, ConnectError> {
    let mut transport = TokioTransport::new(stream);
    let end = time.end_on(&mut transport);
    Connector::until(end, transport, options)?.connect().await
}

/// The time limit for the whole connect.
#[derive(Clone, Copy, Debug)]
struct TimeLimit {
    limit: Duration,
    /// `None` if the clock cannot show this time.
    end: Option<Instant>,
}

impl TimeLimit {
    fn of(options: &ConnectOptions) -> Self {
        let limit = options.connect_timeout;
        Self { limit, end: Instant::now().checked_add(limit) }
    }

    /// Returns the end on the clock of a transport. `Duration::MAX` means never.
    fn end_on<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        transport: &mut TokioTransport<S>,
    ) -> Duration {
        let left =
            self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        transport.now().saturating_add(left)
    }

    /// Waits for a step, but not longer than the time limit.
    async fn limit<T>(
        self,
        step: &ConnectStep,
        future: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        let Some(end) = self.end else {
            return future.await;
        };
        let in_time = timeout_at(end, future).await;
        in_time.unwrap_or_else(|_| {
            Err(ConnectError::TimedOut { step: step.clone(), limit: self.limit })
        })
    }
}
