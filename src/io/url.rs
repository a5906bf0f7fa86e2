//! The URLs of a WebSocket and of a proxy.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use core::error::Error;
use core::fmt;

use ::http::Uri;

use super::secret::Secret;
use crate::handshake::Scheme;
use crate::http1::grammar::visible;
use crate::http1::host::{is_host, is_ipv6, parse_port};

/// A URL to open a WebSocket for (RFC 6455 3).
#[derive(Clone, Debug)]
pub(super) struct WebSocketUrl {
    pub(super) scheme: Scheme,
    pub(super) server: Authority,
    /// The path and the query.
    pub(super) target: String,
}

/// Who to connect to, and as whom.
#[derive(Clone, Debug)]
pub(super) struct Authority {
    /// A name or an address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// `Basic` credentials, out of the user name and password of the URL.
    pub(super) authorization: Option<Secret>,
}

impl WebSocketUrl {
    pub(super) fn parse(url: &str) -> Result<Self, UrlError> {
        // RFC 6455 3: fragments have no meaning here and must not be used.
        if url.contains('#') {
            return Err(UrlError::Fragment);
        }
        Self::of(&url.parse().map_err(|_| UrlError::Invalid)?)
    }

    pub(super) fn of(uri: &Uri) -> Result<Self, UrlError> {
        let scheme: Scheme =
            uri.scheme_str().and_then(|text| text.parse().ok()).ok_or(UrlError::Scheme)?;
        let server = Authority::of(uri, scheme.default_port())?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        // A `Uri` may have bytes beyond ASCII, which a request line must not.
        if visible(target.as_bytes()).is_none() {
            return Err(UrlError::Invalid);
        }
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self { scheme, server, target: [slash, target].concat() })
    }
}

impl Authority {
    /// The proxy that is at an `http://` URL.
    pub(super) fn proxy(url: &str) -> Result<Self, UrlError> {
        let uri: Uri = url.parse().map_err(|_| UrlError::Proxy)?;
        let is_http = uri.scheme_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
        // A proxy is a host and a port: whoever writes more means something else by it.
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if !is_http || !is_bare || url.contains('#') {
            return Err(UrlError::Proxy);
        }
        Self::of(&uri, Scheme::Ws.default_port()).map_err(|error| match error {
            UrlError::Credentials => error,
            _ => UrlError::Proxy,
        })
    }

    fn of(uri: &Uri, default_port: u16) -> Result<Self, UrlError> {
        let authority = uri.authority().ok_or(UrlError::Invalid)?.as_str();
        let (user_info, host_and_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let authorization = Secret::basic(user_info).map_err(|_| UrlError::Credentials)?;
        let (host, port) = match host_and_port.strip_prefix('[') {
            Some(rest) => rest.split_once(']').filter(|(host, _)| is_ipv6(host)),
            None => host_and_port
                .find(':')
                .map_or(Some((host_and_port, "")), |colon| host_and_port.split_at_checked(colon)),
        }
        .filter(|(host, _)| is_ipv6(host) || is_host(host))
        .ok_or(UrlError::Invalid)?;
        let port = match port {
            // RFC 3986 3.2.3: a colon without digits means the default port.
            "" | ":" => default_port,
            port => port.strip_prefix(':').and_then(parse_port).ok_or(UrlError::Invalid)?,
        };
        Ok(Self { host: host.to_owned(), port, authorization })
    }

    /// `host:port`, with brackets where they belong (RFC 9112 3.2.3).
    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if is_ipv6(host) { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
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
    /// Its user name or password cannot be sent (RFC 7617 2): it is not percent-encoded as it
    /// should be, has control characters, or there is a colon in the name.
    Credentials,
    /// It is that of a proxy, and is more or less than `http://`, a host, and perhaps credentials
    /// in front of it and a port behind it.
    Proxy,
    /// It is `wss`, and nothing here does TLS.
    Tls,
    /// It is `wss`, and its host is no name that a certificate could have.
    ServerName,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "the url is not a url with a host",
            Self::Scheme => "the scheme of the url is neither ws nor wss",
            Self::Fragment => "the url has a fragment, which a websocket url must not",
            Self::Credentials => "the user name or password in the url cannot be sent",
            Self::Proxy => "the url of the proxy is not http:// with a host and perhaps a port",
            Self::Tls => {
                "the url is wss, and nothing here does TLS: enable the feature tls for the tokio \
                 adapter, or hand a TLS stream to a Connector"
            }
            Self::ServerName => "the url is wss, and its host is no name for a certificate",
        })
    }
}

impl Error for UrlError {}
