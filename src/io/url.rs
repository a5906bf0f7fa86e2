//! The URLs of a WebSocket ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 3) and of a
//! proxy.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};

use ::http::Uri;

use super::secret::Secret;
use super::url_error::{UrlError, UrlErrorKind};
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
        Self::parts_of_text(url).map_err(|kind| UrlError::new(kind, url))
    }

    pub(super) fn of(uri: &Uri) -> Result<Self, UrlError> {
        Self::parts(uri).map_err(|kind| UrlError::new(kind, &uri.to_string()))
    }

    fn parts_of_text(url: &str) -> Result<Self, UrlErrorKind> {
        // RFC 6455, section 3: a WebSocket URL must not have a fragment.
        if url.contains('#') {
            return Err(UrlErrorKind::Fragment);
        }
        Self::parts(&url.parse().map_err(|_| UrlErrorKind::Invalid)?)
    }

    fn parts(uri: &Uri) -> Result<Self, UrlErrorKind> {
        let scheme: Scheme =
            uri.scheme_str().and_then(|text| text.parse().ok()).ok_or(UrlErrorKind::Scheme)?;
        let server = Authority::of(uri, scheme.default_port())?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        // A `Uri` may contain bytes that are not ASCII, but a request line may not.
        if visible(target.as_bytes()).is_none() {
            return Err(UrlErrorKind::Path);
        }
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self { scheme, server, target: [slash, target].concat() })
    }
}

impl Authority {
    /// Parses the `http://` URL of a proxy.
    pub(super) fn proxy(url: &str) -> Result<Self, UrlError> {
        Self::proxy_parts(url).map_err(|kind| UrlError::new(kind, url))
    }

    fn proxy_parts(url: &str) -> Result<Self, UrlErrorKind> {
        let uri: Uri = url.parse().map_err(|_| UrlErrorKind::Proxy)?;
        let is_http = uri.scheme_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
        // A proxy is a host and a port. A URL with a path or a query means something else.
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        if !is_http || !is_bare || url.contains('#') {
            return Err(UrlErrorKind::Proxy);
        }
        Self::of(&uri, Scheme::Ws.default_port()).map_err(|kind| match kind {
            UrlErrorKind::Credentials => kind,
            _ => UrlErrorKind::Proxy,
        })
    }

    fn of(uri: &Uri, default_port: u16) -> Result<Self, UrlErrorKind> {
        let authority = uri.authority().ok_or(UrlErrorKind::Invalid)?.as_str();
        let (user_info, host_and_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let authorization = Secret::basic(user_info).map_err(|_| UrlErrorKind::Credentials)?;
        let (host, port) = match host_and_port.strip_prefix('[') {
            Some(rest) => rest.split_once(']').filter(|(host, _)| is_ipv6(host)),
            None => host_and_port
                .find(':')
                .map_or(Some((host_and_port, "")), |colon| host_and_port.split_at_checked(colon)),
        }
        .filter(|(host, _)| is_ipv6(host) || is_host(host))
        .ok_or(UrlErrorKind::Host)?;
        let port = match port {
            // [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986), section 3.2.3: a colon without
            // digits means the default port.
            "" | ":" => default_port,
            port => port.strip_prefix(':').and_then(parse_port).ok_or(UrlErrorKind::Port)?,
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
