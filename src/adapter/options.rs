//! What a client asks for.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::time::Duration;

use http::Uri;

use crate::handshake::{ClientRequest, HeadLimits, Header, Scheme};
use crate::websocket::Config;

/// A request for a WebSocket: where, and with what.
///
/// ```
/// use websocket_proto::adapter::ConnectOptions;
///
/// let options = ConnectOptions::new("ws://example.com:9001/chat?room=1")?
///     .subprotocol("chat.v2")
///     .header("Authorization", "Bearer 1234");
/// assert_eq!((options.host(), options.port()), ("example.com", 9001));
/// # Ok::<(), websocket_proto::adapter::UrlError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until something connects with them"]
pub struct ConnectOptions {
    scheme: Scheme,
    host: String,
    port: u16,
    target: String,
    subprotocols: Vec<String>,
    require_subprotocol: bool,
    origin: Option<String>,
    headers: Vec<(String, String)>,
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
    /// # Errors
    /// Another scheme, no host, a fragment, credentials, or something that is no URL.
    pub fn new(url: &str) -> Result<Self, UrlError> {
        // RFC 6455 3: fragments have no meaning here and must not be used.
        if url.contains('#') {
            return Err(UrlError::Fragment);
        }
        let uri: Uri = url.parse().map_err(|_| UrlError::Invalid)?;
        // RFC 3986 3.1: in any case.
        let scheme = match uri.scheme_str() {
            Some(scheme) if scheme.eq_ignore_ascii_case("ws") => Scheme::Ws,
            Some(scheme) if scheme.eq_ignore_ascii_case("wss") => Scheme::Wss,
            _ => return Err(UrlError::Scheme),
        };
        let authority = uri.authority().ok_or(UrlError::Invalid)?;
        if authority.as_str().contains('@') {
            return Err(UrlError::Credentials);
        }
        let host = authority.host();
        let port = match authority.as_str().get(host.len()..).unwrap_or_default() {
            // A colon without digits means the default port (RFC 3986 3.2.3).
            "" | ":" => scheme.default_port(),
            port => parse_port(port).ok_or(UrlError::Invalid)?,
        };
        if host.is_empty() {
            return Err(UrlError::Invalid);
        }
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self {
            scheme,
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            target: [slash, target].concat(),
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
    /// are refused here.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// How large the head of the response may be; 16 KiB and 100 headers when not set.
    pub const fn head_limits(mut self, limits: HeadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The limits of the WebSocket.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How long it may take to connect, the opening handshake included; 30 s when not set.
    pub const fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Whether the connection is to be made over TLS.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host to connect to: a name, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port to connect to: that of the URL, or 80 for `ws` and 443 for `wss`.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Runs `with` on the request that this describes, with `nonce` for its key.
    pub(super) fn with_request<T>(
        &self,
        nonce: [u8; 16],
        with: impl FnOnce(&ClientRequest<'_>) -> T,
    ) -> T {
        let subprotocols: Vec<&str> = self.subprotocols.iter().map(String::as_str).collect();
        let headers: Vec<Header<'_>> =
            self.headers.iter().map(|(name, value)| Header::new(name, value)).collect();
        let mut request = ClientRequest::new(&self.host, &self.target, nonce)
            .port(self.port, self.scheme)
            .subprotocols(&subprotocols)
            .require_subprotocol(self.require_subprotocol)
            .headers(&headers);
        if let Some(origin) = &self.origin {
            request = request.origin(origin);
        }
        with(&request)
    }
}

/// The number in `:8080`.
fn parse_port(port: &str) -> Option<u16> {
    let digits = port.strip_prefix(':')?;
    // `parse` would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Why a URL is none to connect to (RFC 6455 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It is no URL with a host.
    Invalid,
    /// Its scheme is neither `ws` nor `wss`.
    Scheme,
    /// It has a fragment.
    Fragment,
    /// It has a user name or password: send them in a header.
    Credentials,
    /// It is `wss`, and this adapter knows no TLS.
    Tls,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "the url is not a url with a host",
            Self::Scheme => "the scheme of the url is neither ws nor wss",
            Self::Fragment => "the url has a fragment, which a websocket url must not",
            Self::Credentials => "the url has a user name or password, which belong in a header",
            Self::Tls => "the url is wss, and this adapter knows no TLS",
        })
    }
}

impl Error for UrlError {}
