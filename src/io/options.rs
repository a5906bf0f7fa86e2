//! The options of a client connection ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section
//! 4.1).

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use ::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use ::http::request::Parts;
use ::http::{Method, Request, Uri, Version};

use super::opening::RefusalBody;
use super::secret::Secret;
use super::url::{Authority, WebSocketUrl};
use super::{ConnectError, ConnectPhase, ConnectStep, Tunneling, UrlError, UrlErrorKind};
use crate::handshake::client::request::{check_subprotocol, is_request_header};
use crate::handshake::{ClientRequest, Scheme, WriteError};
use crate::http1::grammar::origin_text;
use crate::http1::{HeadLimits, Header, check_header};
use crate::websocket::Config;

/// The options of a client connection: the URL, the request, the limits, and the time-outs.
///
/// A URL or an [`http::Request`] can be converted to options. The methods return an error for a
/// value that cannot be sent, so the error is known before a connection is opened.
///
/// ```
/// use websocket_proto::io::ConnectOptions;
///
/// let options = ConnectOptions::new("ws://example.com:9001/chat?room=1")?
///     .subprotocol("chat.v2")?
///     .header("Authorization", "Bearer 1234")?;
/// assert_eq!((options.host(), options.port()), ("example.com", 9001));
/// # Ok::<(), websocket_proto::io::ConnectError>(())
/// ```
#[derive(Clone)]
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
    pub(super) refusal_body: RefusalBody,
}

impl ConnectOptions {
    /// The default of [`connect_timeout`](Self::connect_timeout): 30 s.
    pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

    /// The default of [`max_refusal_body`](Self::max_refusal_body): 64 KiB.
    pub const DEFAULT_MAX_REFUSAL_BODY: u64 = 64 * 1024;

    /// The default of [`refusal_body_timeout`](Self::refusal_body_timeout): 1 s.
    pub const DEFAULT_REFUSAL_BODY_TIMEOUT: Duration = Duration::from_secs(1);

    /// Creates options for a URL (RFC 6455, section 3): `ws://` or `wss://`, a host, and optionally
    /// a port, a path and a query.
    ///
    /// As in the [URL standard](https://url.spec.whatwg.org), the host becomes lower-case, the path
    /// loses its dot segments, and characters that a path or a query cannot have are sent
    /// percent-encoded: `ws://a.test/ä` asks for `/%C3%A4`. A host outside ASCII must be given in
    /// its ASCII form, for example by the crate `url`, and there may be no control characters.
    ///
    /// A user name and a password before the host are sent to the server as `Authorization: Basic`
    /// ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)), unless [`header`](Self::header) adds
    /// another `Authorization`.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid, or has another scheme, no host, a fragment, or
    /// credentials that cannot be sent.
    pub fn new(url: &str) -> Result<Self, UrlError> {
        WebSocketUrl::parse(url).map(Self::with_url)
    }

    fn with_url(url: WebSocketUrl) -> Self {
        Self {
            url,
            proxy: None,
            subprotocols: Vec::new(),
            require_subprotocol: false,
            origin: None,
            headers: Vec::new(),
            limits: HeadLimits::DEFAULT,
            config: Config::new(),
            connect_timeout: Self::DEFAULT_CONNECT_TIMEOUT,
            refusal_body: RefusalBody {
                max_len: Self::DEFAULT_MAX_REFUSAL_BODY,
                timeout: Self::DEFAULT_REFUSAL_BODY_TIMEOUT,
            },
        }
    }

    /// Offers a subprotocol. The subprotocols that were offered earlier are preferred.
    ///
    /// # Errors
    /// - [`Subprotocol`](WriteError::Subprotocol): `name` is not a token (RFC 6455, section 4.1,
    ///   item 10).
    /// - [`DuplicateSubprotocol`](WriteError::DuplicateSubprotocol): it was offered before.
    pub fn subprotocol(mut self, name: &str) -> Result<Self, WriteError> {
        check_subprotocol(name, self.subprotocols.iter())?;
        self.subprotocols.push(name.to_owned());
        Ok(self)
    }

    /// Offers several subprotocols, the preferred one first.
    ///
    /// # Errors
    /// Returns the errors of [`subprotocol`](Self::subprotocol).
    pub fn subprotocols(
        self,
        names: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Self, WriteError> {
        names.into_iter().try_fold(self, |options, name| options.subprotocol(name.as_ref()))
    }

    /// Sets whether the server must choose one of the offered subprotocols. If it is `true` and the
    /// server chooses none, no WebSocket is opened. RFC 6455, section 4.1, lets the server choose
    /// none. The default is `false`.
    pub const fn require_subprotocol(mut self, yes: bool) -> Self {
        self.require_subprotocol = yes;
        self
    }

    /// Sets the `Origin` header: the origin of the page that opens the WebSocket (RFC 6455, section
    /// 10.2). Browsers always send it.
    ///
    /// # Errors
    /// [`Origin`](WriteError::Origin): `origin` is not visible ASCII (RFC 6454, section 7.1).
    pub fn origin(mut self, origin: &str) -> Result<Self, WriteError> {
        origin_text(origin.as_bytes()).ok_or(WriteError::Origin)?;
        self.origin = Some(origin.to_owned());
        Ok(self)
    }

    /// Adds a header. `Debug` does not show its value.
    ///
    /// # Errors
    /// - [`HeaderName`](WriteError::HeaderName): `name` is not a token.
    /// - [`HeaderValue`](WriteError::HeaderValue): `value` contains CR, LF, NUL or another control
    ///   byte.
    /// - [`ReservedHeader`](WriteError::ReservedHeader): the handshake writes this header itself.
    pub fn header(
        mut self,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, WriteError> {
        let header = Header { name: name.as_ref(), value: value.as_ref() };
        check_header(self.headers.len(), &header, is_request_header)?;
        self.headers.push((header.name.to_owned(), header.value.into()));
        Ok(self)
    }

    /// Connects through an HTTP proxy with `CONNECT` (RFC 6455, section 4.1, and [RFC
    /// 9110](https://www.rfc-editor.org/rfc/rfc9110), section 9.3.6).
    ///
    /// The URL is `http://host:port`, or `http://user:password@host:port` to send
    /// `Proxy-Authorization: Basic` to the proxy. The proxy resolves the name of the server.
    ///
    /// By default no proxy is used. No environment variable is read.
    ///
    /// # Errors
    /// Returns an error if the URL is not the URL of an HTTP proxy, or if its credentials cannot be
    /// sent.
    pub fn proxy(mut self, url: &str) -> Result<Self, UrlError> {
        self.proxy = Some(Authority::proxy(url)?);
        Ok(self)
    }

    /// Sets the limits for the head of a response. They apply to the server and to the proxy
    /// separately. The default is 16 KiB and 100 headers.
    pub const fn head_limits(mut self, limits: HeadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the configuration of the WebSocket.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the time limit for the whole connect: name resolution, TCP, the proxy, TLS and the
    /// opening handshake together. The default is 30 s.
    pub const fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Sets how many bytes of the body of a refusal are kept. If it is 0, the client does not wait
    /// for the body. The default is 64 KiB.
    ///
    /// A refusal is any response of the server or the proxy that opens no WebSocket or tunnel. It
    /// is in [`ConnectError::Refused`] or [`ProxyError::Refused`](super::ProxyError::Refused).
    pub const fn max_refusal_body(mut self, bytes: u64) -> Self {
        self.refusal_body.max_len = bytes;
        self
    }

    /// Sets how long a client waits for the body of a refusal after its head has arrived. The
    /// default is 1 s. At the end of this time the error contains the part of the body that has
    /// arrived.
    ///
    /// The wait ends with the [`connect_timeout`](Self::connect_timeout) at the latest.
    pub const fn refusal_body_timeout(mut self, time: Duration) -> Self {
        self.refusal_body.timeout = time;
        self
    }

    /// Returns the scheme of the URL, which tells whether the connection uses TLS.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.url.scheme
    }

    /// Returns the host of the URL: a name, or an IP address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.url.server.host
    }

    /// Returns the port of the URL. The default is 80 for `ws` and 443 for `wss`.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.url.server.port
    }

    /// Returns the host and the port for the TCP connection: those of the proxy if there is one,
    /// and those of the server otherwise.
    #[must_use]
    pub fn first_hop(&self) -> (&str, u16) {
        let server = self.proxy.as_ref().unwrap_or(&self.url.server);
        (&server.host, server.port)
    }

    /// Returns the end of the time limit of a connect that begins at `begin`. Both times are
    /// durations since a fixed moment that the caller chooses, and `Duration::MAX` means never. An
    /// adapter ends the look-up of the name and the TCP connection at this time, and passes the
    /// time to [`Connecting::expire_at`](super::Connecting::expire_at).
    #[must_use]
    pub const fn connect_deadline(&self, begin: Duration) -> Duration {
        begin.saturating_add(self.connect_timeout)
    }

    /// Returns the host and the port of the server.
    pub(crate) fn server(&self) -> String {
        self.url.server.authority()
    }

    /// Returns a phase of connecting, with the host that it concerns.
    pub(crate) fn step(&self, phase: ConnectPhase) -> ConnectStep {
        let server = &self.url.server;
        let host = match phase {
            ConnectPhase::LookUp | ConnectPhase::Tcp | ConnectPhase::Proxy => {
                self.proxy.as_ref().unwrap_or(server)
            }
            ConnectPhase::Tls | ConnectPhase::Handshake => server,
        };
        ConnectStep::new(phase, host.authority())
    }

    /// Returns the error of an adapter that cannot connect to this URL.
    pub(crate) fn url_error(&self, kind: UrlErrorKind) -> UrlError {
        let WebSocketUrl { scheme, server, target } = &self.url;
        UrlError::new(kind, &format!("{scheme}://{}{target}", server.authority()))
    }

    /// Returns the handshake with the proxy, if there is one. It takes place on the TCP connection
    /// to the proxy, before TLS and before [`Connecting`](super::Connecting).
    #[must_use]
    pub fn tunnel(&self) -> Option<Tunneling> {
        Some(Tunneling::new(&self.url.server, self.proxy.as_ref()?, self))
    }

    /// Creates the request and passes it to `with`. `nonce` is the key of the request.
    pub(super) fn with_request<T>(
        &self,
        nonce: [u8; 16],
        with: impl FnOnce(&ClientRequest<'_>) -> T,
    ) -> T {
        let WebSocketUrl { scheme, server, target } = &self.url;
        let subprotocols: Vec<&str> = self.subprotocols.iter().map(String::as_str).collect();
        let mut headers: Vec<Header<'_>> =
            self.headers.iter().map(|(name, value)| header(name, value)).collect();
        if let Some(authorization) = &server.authorization
            && !headers.iter().any(|header| header.is("Authorization"))
        {
            headers.push(header("Authorization", authorization));
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

/// Shows no credentials, no query, no subprotocols and no header values.
impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().map(|(name, value)| header(name, value));
        f.debug_struct("ConnectOptions")
            .field("url", &self.url)
            .field("proxy", &self.proxy)
            .field("subprotocols", &self.subprotocols.len())
            .field("require_subprotocol", &self.require_subprotocol)
            .field("origin", &self.origin)
            .field("headers", &headers.collect::<Vec<_>>())
            .field("limits", &self.limits)
            .field("config", &self.config)
            .field("connect_timeout", &self.connect_timeout)
            .field("refusal_body", &self.refusal_body)
            .finish()
    }
}

fn header<'a>(name: &'a str, value: &'a Secret) -> Header<'a> {
    Header { name, value: value.as_bytes() }
}

impl TryFrom<&str> for ConnectOptions {
    type Error = UrlError;

    fn try_from(url: &str) -> Result<Self, UrlError> {
        Self::new(url)
    }
}

impl TryFrom<&String> for ConnectOptions {
    type Error = UrlError;

    fn try_from(url: &String) -> Result<Self, UrlError> {
        Self::new(url)
    }
}

impl TryFrom<String> for ConnectOptions {
    type Error = UrlError;

    fn try_from(url: String) -> Result<Self, UrlError> {
        Self::new(&url)
    }
}

impl TryFrom<Uri> for ConnectOptions {
    type Error = UrlError;

    fn try_from(uri: Uri) -> Result<Self, UrlError> {
        WebSocketUrl::of(&uri).map(Self::with_url)
    }
}

/// Takes the URL and the headers of a request. The header `Origin` sets the
/// [`origin`](ConnectOptions::origin), and `Sec-WebSocket-Protocol` offers
/// [subprotocols](ConnectOptions::subprotocol).
///
/// The error is [`ConnectError::Url`] or [`ConnectError::Request`]. A request with a method other
/// than `GET` or a version other than HTTP/1.1 is an error too.
impl TryFrom<Request<()>> for ConnectOptions {
    type Error = ConnectError;

    fn try_from(request: Request<()>) -> Result<Self, ConnectError> {
        let (Parts { method, uri, version, headers, .. }, ()) = request.into_parts();
        let mut options = Self::try_from(uri)?;
        if method != Method::GET {
            return Err(WriteError::Method.into());
        }
        if version != Version::HTTP_11 {
            return Err(WriteError::HttpVersion.into());
        }
        for (name, value) in &headers {
            options = if name == ORIGIN {
                let text = value.to_str().map_err(|_| WriteError::Origin)?;
                // RFC 6454, section 7.3: the header occurs at most once.
                if options.origin.is_some() {
                    return Err(WriteError::Origin.into());
                }
                options.origin(text)?
            } else if name == SEC_WEBSOCKET_PROTOCOL {
                let index = options.subprotocols.len();
                let list = value.to_str().map_err(|_| WriteError::Subprotocol { index })?;
                options.subprotocols(list.split(',').map(str::trim_ascii))?
            } else {
                options.header(name, value)?
            };
        }
        Ok(options)
    }
}
