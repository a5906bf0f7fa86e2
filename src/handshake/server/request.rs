//! A client's request for a WebSocket that the server has checked
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.1).

use core::fmt;

use super::error::RequestError;
use crate::extension::{Extension, Extensions};
use crate::handshake::headers::{Fields, MAX_SUBPROTOCOLS, VERSION};
use crate::handshake::key::is_key;
use crate::http1::grammar::{is_token, origin_text, token, visible};
use crate::http1::host::is_host_and_port;
use crate::http1::{Field, Headers, HttpRequest, ShownTarget, ShownText, Values};

/// A request for a WebSocket that meets RFC 6455, section 4.2.1. It borrows the caller's bytes.
///
/// Answer it with [`accept`](Self::accept) or with a [`Refusal`](super::Refusal). Examples of a
/// refusal are 403 for an [`origin`](Self::origin) that the server does not allow (RFC 6455,
/// section 10.2), and 404 for an unknown [`path`](Self::path).
#[derive(Clone, Copy)]
pub struct Request<'b> {
    http: HttpRequest<'b>,
    key: &'b [u8],
    host: &'b str,
    path_and_query: &'b str,
    origin: Option<&'b str>,
    subprotocol: Field<'b>,
    extensions: Field<'b>,
}

impl<'b> Request<'b> {
    /// Checks a request. Returns `None` if it does not ask for a WebSocket.
    pub(crate) fn check(http: HttpRequest<'b>) -> Result<Option<Self>, RequestError> {
        let fields = Fields::of(http.headers);
        if !asks_for_websocket(fields.upgrade.values(http.headers, "Upgrade"))? {
            return Ok(None);
        }
        // RFC 6455, section 4.2.1, item 1: the method is `GET`, and the version is HTTP/1.1 or
        // higher.
        if http.method != "GET" {
            return Err(RequestError::Method);
        }
        if http.minor_version < 1 {
            return Err(RequestError::HttpVersion);
        }
        // RFC 6455, section 4.4: the version is checked before the other WebSocket headers. We
        // cannot judge the headers of a client that speaks another version, but the client must
        // learn which version to speak.
        check_version(fields.version)?;
        check_body(&fields)?;
        check_connection(fields.connection, http.headers)?;
        let key = check_key(fields.key)?;
        let host = check_host(fields.host)?;
        let (host, path_and_query) = check_target(http.target, host)?;
        let origin = check_origin(fields.origin)?;
        let request = Self {
            http,
            key,
            host,
            path_and_query,
            origin,
            subprotocol: fields.subprotocol,
            extensions: fields.extensions,
        };
        check_subprotocols(request.subprotocol_list())?;
        request.extension_list().try_for_each(|extension| extension.map(drop))?;
        Ok(Some(request))
    }

    /// Returns the request target as sent: a path and query, or a complete http(s) URI (RFC 6455,
    /// section 4.1).
    #[must_use]
    pub const fn target(&self) -> &'b str {
        self.http.target
    }

    /// Returns the path of the resource name (RFC 6455, section 3), which begins with `/`. It is
    /// not decoded.
    #[must_use]
    pub fn path(&self) -> &'b str {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }

    /// Returns the part of the resource name after the `?`, if there is one. It is not decoded.
    #[must_use]
    pub fn query(&self) -> Option<&'b str> {
        let (_, query) = self.path_and_query.split_once('?')?;
        Some(query)
    }

    /// Returns the host that the client asked for, with its port unless it is the default port.
    ///
    /// If the target is a complete URI, the host is from the target, otherwise from the `Host`
    /// header (RFC 9112, section 3.2.2).
    #[must_use]
    pub const fn host(&self) -> &'b str {
        self.host
    }

    /// Returns the origin of the page that opened the WebSocket (RFC 6455, section 10.2). Browsers
    /// send it; other clients may omit or forge it.
    #[must_use]
    pub const fn origin(&self) -> Option<&'b str> {
        self.origin
    }

    /// Returns the text of `Sec-WebSocket-Key`, without the whitespace around it.
    #[must_use]
    pub const fn key(&self) -> &'b [u8] {
        self.key
    }

    /// Returns the subprotocols that the client offers, in order of preference. No two are equal.
    pub fn subprotocols(&self) -> impl Iterator<Item = &'b str> + Clone + use<'b> {
        self.subprotocol_list().filter_map(token)
    }

    /// Returns the first of the `supported` subprotocols that the client offers. The order of
    /// `supported` is the server's preference.
    ///
    /// ```
    /// # use websocket_proto::handshake::{Incoming, ServerHandshake};
    /// # let received = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    /// #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    /// #     Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n\r\n";
    /// # let Ok(Some(Incoming::WebSocket(request))) = ServerHandshake::new().receive(received) else {
    /// #     panic!()
    /// # };
    /// // The request offers chat.v1 and chat.v2.
    /// assert_eq!(request.choose_subprotocol(&["chat.v3", "chat.v2", "chat.v1"]), Some("chat.v2"));
    /// let accept = request.accept().subprotocol(request.choose_subprotocol(&["chat.v2"]));
    /// # let _ = accept;
    /// ```
    #[must_use]
    pub fn choose_subprotocol(&self, supported: &[&str]) -> Option<&'b str> {
        choose_subprotocol(supported, self.subprotocols())
    }

    /// Returns the extensions that the client offers, in order of preference. The same name may
    /// occur several times with different parameters, as alternatives.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'b>> + Clone + use<'b> {
        self.extension_list().map_while(Result::ok)
    }

    /// Returns all headers of the request.
    #[must_use]
    pub const fn headers(&self) -> Headers<'b> {
        self.http.headers
    }

    /// Returns the length of the request in the caller's buffer, in bytes. The bytes after it
    /// belong to the WebSocket.
    #[must_use]
    pub const fn head_len(&self) -> usize {
        self.http.head_len
    }

    fn subprotocol_list(&self) -> impl Iterator<Item = &'b [u8]> + Clone + use<'b> {
        let name = "Sec-WebSocket-Protocol";
        self.subprotocol.values(self.http.headers, name).elements()
    }

    const fn extension_list(&self) -> Extensions<'b> {
        Extensions::in_field(self.extensions, self.http.headers)
    }
}

/// Shows no query, no subprotocols and no header values: clients pass tokens in all of them.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("host", &ShownText(self.host.as_bytes()))
            .field("target", &ShownTarget(self.http.target))
            .field("origin", &self.origin.map(|origin| ShownText(origin.as_bytes())))
            .field("headers", &self.http.headers)
            .field("head_len", &self.http.head_len)
            .finish_non_exhaustive()
    }
}

/// Checks that the subprotocols are tokens and that no two are equal (RFC 6455, section 4.1,
/// item 10). Empty elements are ignored, as in every list (RFC 9110, section 5.6.1.2).
pub(crate) fn check_subprotocols<'b>(
    list: impl Iterator<Item = &'b [u8]>,
) -> Result<(), RequestError> {
    let mut seen: [&[u8]; MAX_SUBPROTOCOLS] = [&[]; MAX_SUBPROTOCOLS];
    for (index, element) in list.filter(|element| !element.is_empty()).enumerate() {
        if !is_token(element) {
            return Err(RequestError::Subprotocol);
        }
        let slot = seen.get_mut(index).ok_or(RequestError::TooManySubprotocols)?;
        *slot = element;
        if seen.iter().take(index).any(|earlier| *earlier == element) {
            return Err(RequestError::DuplicateSubprotocol);
        }
    }
    Ok(())
}

/// Returns the first of the `supported` subprotocols that is `offered` too.
pub(crate) fn choose_subprotocol<'b>(
    supported: &[&str],
    offered: impl Iterator<Item = &'b str> + Clone,
) -> Option<&'b str> {
    supported.iter().find_map(|name| offered.clone().find(|offered| offered == name))
}

/// Returns whether `Upgrade` contains `websocket` as a whole list element, in any case (RFC 6455,
/// section 4.2.1, item 3).
///
/// A request for other protocols only is not meant for us: RFC 9110, section 7.8, lets a server
/// ignore it. A request for a *version* of `websocket` is meant for us, and is an error.
fn asks_for_websocket(lines: Values<'_, 'static>) -> Result<bool, RequestError> {
    let (mut asks, mut is_malformed) = (false, false);
    for element in lines.elements().filter(|element| !element.is_empty()) {
        let (name, version) = split_protocol(element);
        let is_websocket = is_websocket(name);
        asks |= is_websocket;
        is_malformed |= is_websocket && version.is_some();
        is_malformed |= !is_token(name) || version.is_some_and(|text| !is_token(text));
    }
    if asks && is_malformed {
        return Err(RequestError::Upgrade);
    }
    Ok(asks)
}

/// Returns whether an element of `Upgrade` names `websocket`, with or without a version.
#[cfg(feature = "http")]
pub(crate) fn names_websocket(element: &[u8]) -> bool {
    is_websocket(split_protocol(element).0)
}

/// Splits an element of `Upgrade` into the name and the version (RFC 9110, section 7.8).
fn split_protocol(element: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut words = element.splitn(2, |&byte| byte == b'/');
    (words.next().unwrap_or_default(), words.next())
}

fn is_websocket(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"websocket")
}

/// Checks that `Connection` contains `Upgrade` as a whole list element, in any case (RFC 6455,
/// section 4.2.1, item 4).
fn check_connection(field: Field<'_>, headers: Headers<'_>) -> Result<(), RequestError> {
    if !field.is_present() {
        return Err(RequestError::MissingHeader("Connection"));
    }
    let mut asks = false;
    for element in
        field.values(headers, "Connection").elements().filter(|element| !element.is_empty())
    {
        if !is_token(element) {
            return Err(RequestError::Connection);
        }
        asks |= element.eq_ignore_ascii_case(b"Upgrade");
    }
    if asks { Ok(()) } else { Err(RequestError::Connection) }
}

/// Checks that `Sec-WebSocket-Version` occurs once and is `13` (RFC 6455, section 4.2.1, item 6,
/// and section 11.3.5). The value is compared as text: other spellings of the number are wrong.
pub(crate) fn check_version(field: Field<'_>) -> Result<(), RequestError> {
    match field {
        Field::Once(value) if value == VERSION.as_bytes() => Ok(()),
        Field::Absent | Field::Once(_) => Err(RequestError::Version),
        Field::Repeated => Err(RequestError::RepeatedHeader("Sec-WebSocket-Version")),
    }
}

/// Checks that the request has no body. The WebSocket begins directly after the head, so a body
/// would be read as frames.
pub(crate) fn check_body(fields: &Fields<'_>) -> Result<(), RequestError> {
    if fields.transfer_encoding.is_present() {
        return Err(RequestError::Body);
    }
    match fields.content_length {
        Field::Absent => Ok(()),
        Field::Once(len) if !len.is_empty() && len.iter().all(|&digit| digit == b'0') => Ok(()),
        Field::Once(_) | Field::Repeated => Err(RequestError::Body),
    }
}

/// Checks that `Sec-WebSocket-Key` occurs once and is 16 bytes in base64 (RFC 6455, section 4.2.1,
/// item 5, and section 11.3.1).
fn check_key(field: Field<'_>) -> Result<&[u8], RequestError> {
    match field {
        Field::Once(key) if is_key(key) => Ok(key),
        Field::Once(_) => Err(RequestError::Key),
        Field::Absent => Err(RequestError::MissingHeader("Sec-WebSocket-Key")),
        Field::Repeated => Err(RequestError::RepeatedHeader("Sec-WebSocket-Key")),
    }
}

/// Checks that `Host` occurs once and is valid (RFC 6455, section 4.2.1, item 2). RFC 9112,
/// section 3.2, requires status 400 otherwise.
pub(crate) fn check_host(field: Field<'_>) -> Result<&str, RequestError> {
    match field {
        Field::Once(host) => {
            visible(host).filter(|host| is_host_and_port(host)).ok_or(RequestError::Host)
        }
        Field::Absent => Err(RequestError::MissingHeader("Host")),
        Field::Repeated => Err(RequestError::RepeatedHeader("Host")),
    }
}

/// Returns the host, and the path and query (RFC 6455, section 4.1, item 3). RFC 6455, section 3,
/// forbids a fragment.
fn check_target<'b>(target: &'b str, host: &'b str) -> Result<(&'b str, &'b str), RequestError> {
    if visible(target.as_bytes()).is_none() || target.as_bytes().contains(&b'#') {
        return Err(RequestError::Target);
    }
    if target.starts_with('/') {
        return Ok((host, target));
    }
    let rest = strip_scheme(target, "http://")
        .or_else(|| strip_scheme(target, "https://"))
        .ok_or(RequestError::Target)?;
    let ends_authority = |byte: &u8| matches!(byte, b'/' | b'?');
    let authority_len = rest.as_bytes().iter().position(ends_authority).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(authority_len).unwrap_or_default();
    if !is_host_and_port(authority) {
        return Err(RequestError::Target);
    }
    // RFC 9112, section 3.2.2: a server ignores `Host` when the target is a complete URI.
    Ok((authority, path))
}

/// Returns the rest of `target` after `scheme`, which is case-insensitive (RFC 3986, section 3.1).
fn strip_scheme<'b>(target: &'b str, scheme: &str) -> Option<&'b str> {
    let (start, rest) = target.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Checks that `Origin` occurs at most once (RFC 6454, section 7.3) and is visible ASCII.
pub(crate) fn check_origin(field: Field<'_>) -> Result<Option<&str>, RequestError> {
    match field {
        Field::Absent => Ok(None),
        Field::Once(origin) => origin_text(origin).map(Some).ok_or(RequestError::Origin),
        Field::Repeated => Err(RequestError::RepeatedHeader("Origin")),
    }
}
