//! What a client asks for.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::Tunneling;
use super::secret::Secret;
use super::url::{Authority, UrlError, WebSocketUrl};
use crate::handshake::{ClientRequest, Scheme};
use crate::http1::{HeadLimits, Header};
use crate::websocket::Config;

/// A request for a WebSocket: where, and with what.
///
/// ```
/// use websocket_proto::io::ConnectOptions;
///
/// let options = ConnectOptions::new("ws://example.com:9001/chat?room=1")?
///     .subprotocol("chat.v2")
///     .header("Authorization", "Bearer 1234");
/// assert_eq!((options.host(), options.port()), ("example.com", 9001));
/// # Ok::<(), websocket_proto::io::UrlError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until something connects with them"]
pub struct ConnectOptions {
    url: WebSocketUrl,
    proxy: Option<Authority>,
    subprotocols: Vec<String>,
    require_subprotocol: bool,
    origin: Option<String>,
    headers: Vec<(String, Secret)>,
    pub(crate) limits: HeadLimits,
    pub(crate) config: Config,
    pub(crate) connect_timeout: Duration,
}

impl ConnectOptions {
    /// What [`connect_timeout`](Self::connect_timeout) is when it is not set: 30 s.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

    /// A request for the resource that `url` names (RFC 6455 3): `ws://` or `wss://`, a host, and
    /// perhaps a port, a path and a query.
    ///
    /// A user name and password in front of the host are sent to the server as
    /// `Authorization: Basic` (RFC 7617), unless [`header`](Self::header) gives another
    /// `Authorization`.
    ///
    /// # Errors
    /// Another scheme, no host, a fragment, credentials that cannot be sent, or something that is
    /// no URL.
    pub fn new(url: &str) -> Result<Self, UrlError> {
        Ok(Self {
            url: WebSocketUrl::parse(url)?,
            proxy: None,
            subprotocols: Vec::new(),
            require_subprotocol: false,
            origin: None,
            headers: Vec::new(),
            limits: HeadLimits::DEFAULT,
            config: Config::new(),
            connect_timeout: Self::DEFAULT_CONNECT_TIMEOUT,
        })
    }

    /// Offers a subprotocol, less preferred than those that were offered before it.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocols.push(name.into());
        self
    }

    /// Whether it is an error when the server chooses none of the subprotocols that were offered.
    /// RFC 6455 4.1 allows it, and so does this when it is not set.
    pub const fn require_subprotocol(mut self, yes: bool) -> Self {
        self.require_subprotocol = yes;
        self
    }

    /// The origin on whose behalf this is (RFC 6455 10.2), which browsers send.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Adds a header. Those that belong to the handshake are written without being asked for, and
    /// are refused here. `Debug` does not show the value.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into().into()));
        self
    }

    /// Goes through an HTTP proxy, by `CONNECT` (RFC 6455 4.1, RFC 9110 9.3.6): one at
    /// `http://host:port`, or `http://user:password@host:port` to send it
    /// `Proxy-Authorization: Basic`. The name of the server is then looked up by the proxy.
    ///
    /// No proxy is used unless this is called: no environment variable is read.
    ///
    /// # Errors
    /// The URL is not that of an HTTP proxy, or its credentials cannot be sent.
    pub fn proxy(mut self, url: &str) -> Result<Self, UrlError> {
        self.proxy = Some(Authority::proxy(url)?);
        Ok(self)
    }

    /// How large the head of the response may be, the server's and the proxy's each; 16 KiB and
    /// 100 headers when not set.
    pub const fn head_limits(mut self, limits: HeadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The limits of the WebSocket.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How long it may take to connect: the look-up of the name, TCP, the proxy, TLS and the
    /// opening handshake together; 30 s when not set.
    pub const fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Whether the connection is to be made over TLS.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.url.scheme
    }

    /// The host to connect to: a name, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.url.server.host
    }

    /// The port to connect to: that of the URL, or 80 for `ws` and 443 for `wss`.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.url.server.port
    }

    /// The host and port to open a TCP connection to: those of the proxy, if there is one.
    pub(crate) fn first_hop(&self) -> (&str, u16) {
        let server = self.proxy.as_ref().unwrap_or(&self.url.server);
        (&server.host, server.port)
    }

    /// What is to be done on that connection before it leads to the server.
    pub(crate) fn tunnel(&self) -> Option<Tunneling> {
        Some(Tunneling::new(&self.url.server, self.proxy.as_ref()?, self))
    }

    /// Runs `with` on the request that this describes, with `nonce` for its key.
    pub(super) fn with_request<T>(
        &self,
        nonce: [u8; 16],
        with: impl FnOnce(&ClientRequest<'_>) -> T,
    ) -> T {
        let WebSocketUrl { scheme, server, target } = &self.url;
        let subprotocols: Vec<&str> = self.subprotocols.iter().map(String::as_str).collect();
        let mut headers: Vec<Header<'_>> =
            self.headers.iter().map(|(name, value)| Header::new(name, value.as_str())).collect();
        if let Some(authorization) = &server.authorization
            && !headers.iter().any(|header| header.is("Authorization"))
        {
            headers.push(Header::new("Authorization", authorization.as_str()));
        }
        let mut request = ClientRequest::new(&server.host, target, nonce)
            .port(server.port, *scheme)
            .subprotocols(&subprotocols)
            .require_subprotocol(self.require_subprotocol)
            .deflate(self.config.deflate_preferences())
            .headers(&headers);
        if let Some(origin) = &self.origin {
            request = request.origin(origin);
        }
        with(&request)
    }
}
