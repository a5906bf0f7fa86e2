//! The URLs of a WebSocket ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 3) and of a
//! proxy.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use ::http::Uri;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::secret::Secret;
use super::url_error::{UrlError, UrlErrorKind};
use crate::handshake::Scheme;
use crate::http1::ShownTarget;
use crate::http1::host::{is_host, is_ipv6, parse_port};

/// The bytes of a path that are sent percent-encoded: all bytes that [RFC
/// 3986](https://www.rfc-editor.org/rfc/rfc3986), section 3.3, does not allow in a path. A `%` is
/// not encoded, because the path may already contain encoded bytes.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    .remove(b'%');

/// The bytes of a query that are sent percent-encoded (RFC 3986, section 3.4). The URL standard of
/// the WHATWG adds `'`.
const QUERY: &AsciiSet = &PATH.remove(b'?').add(b'\'');

/// The URL of a WebSocket (RFC 6455, section 3).
#[derive(Clone)]
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

/// Shows no query, which often has a token.
impl fmt::Debug for WebSocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketUrl")
            .field("scheme", &self.scheme)
            .field("server", &self.server)
            .field("target", &ShownTarget(&self.target))
            .finish()
    }
}

impl WebSocketUrl {
    pub(super) fn parse(url: &str) -> Result<Self, UrlError> {
        Self::parts_of_text(url).map_err(|kind| UrlError::new(kind, url))
    }

    pub(super) fn of(uri: &Uri) -> Result<Self, UrlError> {
        // A `Uri` has no fragment. Everything else is the text that the `Uri` was made of.
        Self::parse(&uri.to_string())
    }

    fn parts_of_text(url: &str) -> Result<Self, UrlErrorKind> {
        // RFC 6455, section 3: a WebSocket URL must not have a fragment.
        if url.contains('#') {
            return Err(UrlErrorKind::Fragment);
        }
        let (scheme, authority, target) = split(url)?;
        let scheme: Scheme = scheme.parse().map_err(|_| UrlErrorKind::Scheme)?;
        let server = Authority::of(authority, scheme.default_port())?;
        Ok(Self { scheme, server, target: encode_target(target)? })
    }
}

/// Splits a URL into the scheme, the authority, and the path with the query. The URL standard of
/// the WHATWG reads a `\` as a `/` here.
fn split(url: &str) -> Result<(&str, &str, &str), UrlErrorKind> {
    let Some((scheme, rest)) = url.split_once("://") else {
        let scheme = url.split(':').next().unwrap_or_default();
        let is_known = url.is_empty() || scheme.parse::<Scheme>().is_ok();
        return Err(if is_known { UrlErrorKind::Invalid } else { UrlErrorKind::Scheme });
    };
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    Ok((scheme, authority, rest.get(authority.len()..).unwrap_or_default()))
}

/// Returns a path and a query as they are sent: percent-encoded, with `/` for `\`, and without dot
/// segments.
fn encode_target(target: &str) -> Result<String, UrlErrorKind> {
    if target.chars().any(char::is_control) {
        return Err(UrlErrorKind::Path);
    }
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let path = path.replace('\\', "/");
    let mut encoded = without_dot_segments(&utf8_percent_encode(&path, PATH).to_string());
    if let Some(query) = query {
        encoded.push('?');
        encoded.extend(utf8_percent_encode(query, QUERY));
    }
    Ok(encoded)
}

/// Removes the segments `.` and `..` (RFC 3986, section 5.2.4). Their dots may be encoded. The
/// result begins with `/`.
fn without_dot_segments(path: &str) -> String {
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let mut kept = Vec::with_capacity(segments.len());
    for (index, segment) in segments.iter().enumerate() {
        match segment.replace("%2e", ".").replace("%2E", ".").as_str() {
            "." => {}
            ".." => drop(kept.pop()),
            _ => {
                kept.push(*segment);
                continue;
            }
        }
        // A dot segment at the end names a directory, so the path ends with a slash.
        if index + 1 == segments.len() {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

impl Authority {
    /// Parses the `http://` URL of a proxy.
    pub(super) fn proxy(url: &str) -> Result<Self, UrlError> {
        Self::proxy_parts(url).map_err(|kind| UrlError::new(kind, url))
    }

    fn proxy_parts(url: &str) -> Result<Self, UrlErrorKind> {
        let (scheme, authority, rest) = split(url).map_err(|_| UrlErrorKind::Proxy)?;
        // A proxy is a host and a port. A URL with a path or a query means something else.
        if !scheme.eq_ignore_ascii_case("http") || !matches!(rest, "" | "/") {
            return Err(UrlErrorKind::Proxy);
        }
        Self::of(authority, Scheme::Ws.default_port()).map_err(|kind| match kind {
            UrlErrorKind::Credentials | UrlErrorKind::InternationalHost => kind,
            _ => UrlErrorKind::Proxy,
        })
    }

    fn of(authority: &str, default_port: u16) -> Result<Self, UrlErrorKind> {
        let (user_info, host_and_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        if host_and_port.is_empty() {
            return Err(UrlErrorKind::Invalid);
        }
        if !host_and_port.is_ascii() {
            return Err(UrlErrorKind::InternationalHost);
        }
        // Characters outside ASCII are encoded, as everywhere in a URL.
        let user_info = Cow::from(utf8_percent_encode(user_info, CONTROLS));
        let authorization = Secret::basic(&user_info).map_err(|_| UrlErrorKind::Credentials)?;
        let (host, port) = match host_and_port.strip_prefix('[') {
            Some(rest) => rest.split_once(']').filter(|(host, _)| is_ipv6(host)),
            None => host_and_port
                .find(':')
                .map_or(Some((host_and_port, "")), |colon| host_and_port.split_at_checked(colon)),
        }
        // A name with encoded bytes cannot be looked up.
        .filter(|(host, _)| is_ipv6(host) || is_host(host) && !host.contains('%'))
        .ok_or(UrlErrorKind::Host)?;
        let port = match port {
            // [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986), section 3.2.3: a colon without
            // digits means the default port.
            "" | ":" => default_port,
            port => port.strip_prefix(':').and_then(parse_port).ok_or(UrlErrorKind::Port)?,
        };
        Ok(Self { host: host.to_ascii_lowercase(), port, authorization })
    }

    /// Returns `host:port`. An IPv6 address has brackets ([RFC
    /// 9112](https://www.rfc-editor.org/rfc/rfc9112), section 3.2.3).
    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if is_ipv6(host) { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}
