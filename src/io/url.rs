//! The URLs of a WebSocket ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 3) and of a
//! proxy.

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

/// The URL of a WebSocket (RFC 6455, section 3).
#[derive(Clone, Debug)]
pub(super) struct WebSocketUrl {
    pub(super) scheme: Scheme,
    pub(super) server: Authority,
    /// The path and the query.
    pub(super) target: String,
}

/// The address of a server or a proxy, with the credentials for it.
#[derive(Clone, Debug)]
pub(super) struct Authority {
    /// A host name, or an IP address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The `Basic` credentials from the user name and the password of the URL.
    pub(super) authorization: Option<Secret>,
}

impl WebSocketUrl {
    pub(super) fn parse(url: &str) -> Result<Self, UrlError> {
        // RFC 6455, section 3: a WebSocket URL must not have a fragment.
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
        // A `Uri` may contain bytes that are not ASCII, but a request line may not.
        if visible(target.as_bytes()).is_none() {
            return Err(UrlError::Invalid);
        }
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self { scheme, server, target: [slash, target].concat() })
    }
}

impl Authority {
    /// Parses the `http://` URL of a proxy.
    pub(super) fn proxy(url: &str) -> Result<Self, UrlError> {
        let uri: Uri = url.parse().map_err(|_| UrlError::Proxy)?;
        let is_http = uri.scheme_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
        // A proxy is a host and a port. A URL with a path or a query means something else.
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
            // [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986), section 3.2.3: a colon without
            // digits means the default port.
            "" | ":" => default_port,
            port => port.strip_prefix(':').and_then(parse_port).ok_or(UrlError::Invalid)?,
        };
        Ok(Self { host: host.to_owned(), port, authorization })
    }

    /// Returns `host:port`. An IPv6 address has brackets ([RFC
    /// 9112](https://www.rfc-editor.org/rfc/rfc9112), section 3.2.3).
    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if is_ipv6(host) { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// The reason why a URL is not a valid URL of a WebSocket or a proxy (RFC 6455, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// The URL is not valid, or has no host.
    Invalid,
    /// The scheme is neither `ws` nor `wss`.
    Scheme,
    /// The URL has a fragment.
    Fragment,
    /// The user name or the password cannot be sent ([RFC
    /// 7617](https://www.rfc-editor.org/rfc/rfc7617), section 2). It is not correctly
    /// percent-encoded, contains control characters, or the user name contains a colon.
    Credentials,
    /// The URL of a proxy is not `http://`, optional credentials, a host, and an optional port.
    Proxy,
    /// The scheme is `wss`, but the adapter has no TLS.
    Tls,
    /// The scheme is `wss`, but a certificate cannot name the host.
    ServerName,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "the URL is not valid or has no host",
            Self::Scheme => "the scheme of the URL is neither ws nor wss",
            Self::Fragment => "the URL has a fragment, which a WebSocket URL must not have",
            Self::Credentials => "the user name or password in the URL cannot be sent",
            Self::Proxy => "the URL of the proxy is not http:// with a host and an optional port",
            Self::Tls => {
                "the scheme of the URL is wss, but this adapter has no TLS: enable the feature tls \
                 for the tokio adapter, or pass a TLS stream to a Connector"
            }
            Self::ServerName => {
                "the scheme of the URL is wss, but a certificate cannot name its host"
            }
        })
    }
}

impl Error for UrlError {}
