//! A client's request for a WebSocket, after the server's checks
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.1, and
//! [RFC 8441](https://www.rfc-editor.org/rfc/rfc8441), section 5).

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use core::fmt;

use ::http::request::Parts;
use ::http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};

use super::error::OfferError;
use super::{
    CONNECTION_HEADERS, EXTENSIONS, PROTOCOL, SUBPROTOCOL, asks_for_websocket, joined, lines,
};
use crate::extension::{Extension, Extensions};
use crate::handshake::headers::Fields;
use crate::handshake::server::request::{
    Request as CheckedRequest, check_body, check_host, check_origin, check_subprotocols,
    check_version, choose_subprotocol,
};
use crate::handshake::{RequestError, accept_key};
use crate::http1::grammar::visible;
use crate::http1::host::is_host_and_port;
use crate::http1::{Field, Headers, HttpRequest};

/// A valid request for a WebSocket, with the client's offers (RFC 6455, section 4.2.1, or RFC 8441,
/// section 5).
///
/// The [`Request`] holds the path, the query and the other headers. Answer with
/// [`accept`](Self::accept) or with any other response, for example 403 for an
/// [`origin`](Self::origin) that is not welcome (RFC 6455, section 10.2) or 404 for an unknown
/// path.
#[derive(Clone)]
pub struct Offer {
    pub(super) opening: Opening,
    origin: Option<String>,
    /// Tokens, separated by commas.
    subprotocols: String,
    /// A valid list of extensions, or an empty string.
    extensions: String,
}

/// The kind of request, with the data that the response depends on.
#[derive(Clone, Debug)]
pub(super) enum Opening {
    /// An HTTP/1.1 request, with the value for `Sec-WebSocket-Accept`.
    Upgrade(HeaderValue),
    /// An extended CONNECT, with its HTTP version. It has no key (RFC 8441, section 5).
    Connect(Version),
}

impl Offer {
    /// Checks a request, and returns `None` if it does not ask for a WebSocket.
    ///
    /// Over HTTP/2 and HTTP/3 a request asks for a WebSocket with an extended CONNECT (RFC 8441,
    /// sections 4 and 5), over HTTP/1.1 with `Upgrade` (RFC 6455, section 4.2.1). The version of
    /// the request tells them apart.
    ///
    /// `protocol` is the value of `:protocol`, which an HTTP/1.1 request does not have. It is not a
    /// header, and HTTP libraries keep it elsewhere: hyper stores it as `hyper::ext::Protocol` in
    /// the extensions of the request.
    ///
    /// The headers tell whether an HTTP/1.1 request has a body, so the HTTP library must leave them
    /// in place. A fragment in the target (RFC 6455, section 3) is not detected, because [`Uri`]
    /// drops it. `Sec-WebSocket-Key` has no meaning in an extended CONNECT and is ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the request asks for a WebSocket but breaks a rule of RFC 6455,
    /// section 4.2.1, or RFC 8441, section 5. [`OfferError::response`] makes the answer.
    pub fn from_request<B>(
        request: &Request<B>,
        protocol: Option<&str>,
    ) -> Result<Option<Self>, OfferError> {
        let (uri, headers) = (request.uri(), request.headers());
        Self::check(request.method(), uri, request.version(), headers, protocol)
    }

    /// Does the same as [`from_request`](Self::from_request), for the parts of a request without
    /// its body. Extractors of web frameworks have only those.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`from_request`](Self::from_request).
    pub fn from_parts(parts: &Parts, protocol: Option<&str>) -> Result<Option<Self>, OfferError> {
        Self::check(&parts.method, &parts.uri, parts.version, &parts.headers, protocol)
    }

    fn check(
        method: &Method,
        uri: &Uri,
        version: Version,
        headers: &HeaderMap,
        protocol: Option<&str>,
    ) -> Result<Option<Self>, OfferError> {
        match protocol {
            // `Upgrade` does not exist in later versions (RFC 9113, section 8.6).
            _ if version < Version::HTTP_2 && !asks_for_websocket(headers) => Ok(None),
            _ if version < Version::HTTP_2 => {
                Self::check_upgrade(method, uri, version, headers).map_err(OfferError::Upgrade)
            }
            Some(protocol) => {
                Self::check_connect(method, uri, version, headers, protocol).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Checks an HTTP/1.1 request (RFC 6455, section 4.2.1).
    fn check_upgrade(
        method: &Method,
        uri: &Uri,
        version: Version,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, RequestError> {
        let (lines, target) = (lines(headers), target(uri));
        let checked = CheckedRequest::check(HttpRequest {
            method: method.as_str(),
            target: &target,
            // RFC 6455, section 4.2.1, item 1. HTTP/1.0 has no `Upgrade`.
            minor_version: u8::from(version == Version::HTTP_11),
            headers: Headers::new(&lines),
            head_len: 0,
        })?;
        let Some(checked) = checked else {
            return Ok(None);
        };
        // The accept key is 28 characters of base64, which are always a valid header value.
        let accept =
            HeaderValue::from_bytes(&accept_key(checked.key())).map_err(|_| RequestError::Key)?;
        Ok(Some(Self::new(Opening::Upgrade(accept), checked.origin(), checked.headers())))
    }

    /// Checks an extended CONNECT over HTTP/2 or HTTP/3 (RFC 8441, sections 4 and 5).
    fn check_connect(
        method: &Method,
        uri: &Uri,
        version: Version,
        headers: &HeaderMap,
        protocol: &str,
    ) -> Result<Self, OfferError> {
        if protocol != PROTOCOL {
            return Err(OfferError::Protocol);
        }
        // RFC 8441, section 4: only a CONNECT request may have `:protocol`.
        if method != Method::CONNECT {
            return Err(OfferError::Method);
        }
        let lines = lines(headers);
        let headers = Headers::new(&lines);
        let fields = Fields::of(headers);
        // RFC 6455, section 4.4: the version comes first of the WebSocket headers, as in HTTP/1.1.
        check_version(fields.version).map_err(OfferError::Connect)?;
        check_connection_headers(headers)?;
        check_body(&fields).map_err(OfferError::Connect)?;
        check_uri(uri, fields.host)?;
        let origin = check_offers(headers, &fields).map_err(OfferError::Connect)?;
        Ok(Self::new(Opening::Connect(version), origin, headers))
    }

    /// Creates an offer from checked headers.
    fn new(opening: Opening, origin: Option<&str>, headers: Headers<'_>) -> Self {
        Self {
            opening,
            origin: origin.map(str::to_owned),
            subprotocols: joined(headers, SUBPROTOCOL),
            extensions: joined(headers, EXTENSIONS),
        }
    }

    /// Returns the origin of the page that opened the WebSocket (RFC 6455, section 10.2).
    ///
    /// Browsers send it; other clients may omit or forge it.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Returns the subprotocols that the client offers, the preferred one first. No two are equal.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> + Clone {
        // No subprotocol is empty, so an empty element means that there are no subprotocols.
        self.subprotocols.split(',').map(str::trim_ascii).filter(|offered| !offered.is_empty())
    }

    /// Returns the first of the `supported` subprotocols that the client offers. The order of
    /// `supported` is the server's preference.
    ///
    /// ```
    /// # use websocket_proto::http::Offer;
    /// let request = http::Request::connect("https://server.example.com/chat")
    ///     .version(http::Version::HTTP_2)
    ///     .header("sec-websocket-protocol", "chat.v1, chat.v2")
    ///     .header("sec-websocket-version", "13")
    ///     .body(())?;
    /// let offer = Offer::from_request(&request, Some("websocket"))?.expect("it has a protocol");
    /// let chosen = offer.choose_subprotocol(&["chat.v3", "chat.v2", "chat.v1"]);
    /// assert_eq!(chosen, Some("chat.v2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn choose_subprotocol(&self, supported: &[&str]) -> Option<&str> {
        choose_subprotocol(supported, self.subprotocols())
    }

    /// Returns the extensions that the client offers, the preferred one first.
    ///
    /// A name may occur several times with different parameters, as alternatives.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> + Clone {
        Extensions::parse(self.extensions.as_bytes()).map_while(Result::ok)
    }
}

/// Shows no subprotocols. A page in a browser can pass a token only there or in the URL.
impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer")
            .field("opening", &self.opening)
            .field("origin", &self.origin)
            .field("subprotocols", &self.subprotocols().count())
            .field("extensions", &self.extensions)
            .finish()
    }
}

/// Returns the target as it was sent (RFC 9112, section 3.2). Only a complete URI is copied.
fn target(uri: &Uri) -> Cow<'_, str> {
    match uri.path_and_query() {
        Some(path) if uri.authority().is_none() => Cow::Borrowed(path.as_str()),
        _ => Cow::Owned(uri.to_string()),
    }
}

/// Checks the origin and the offers, and returns the origin.
fn check_offers<'b>(
    headers: Headers<'b>,
    fields: &Fields<'b>,
) -> Result<Option<&'b str>, RequestError> {
    let origin = check_origin(fields.origin)?;
    check_subprotocols(fields.subprotocol.values(headers, SUBPROTOCOL).elements())?;
    Extensions::in_field(fields.extensions, headers)
        .try_for_each(|extension| extension.map(drop))?;
    Ok(origin)
}

/// Refuses a request with a header that belongs to an HTTP/1.1 connection, because such a request
/// is malformed. Most HTTP libraries refuse it before this check.
fn check_connection_headers(headers: Headers<'_>) -> Result<(), OfferError> {
    for name in CONNECTION_HEADERS {
        if headers.first(name).is_some() {
            return Err(OfferError::ConnectionHeader(name));
        }
    }
    Ok(())
}

/// Checks the scheme, the authority and the path, which must be those of a GET for the same
/// resource (RFC 8441, sections 4 and 5). A `Host` header must equal the authority. If there is no
/// authority, the `Host` header takes its place (RFC 9113, section 8.3.1).
fn check_uri(uri: &Uri, host: Field<'_>) -> Result<(), OfferError> {
    let path = uri.path_and_query().map(|path| path.as_str()).unwrap_or_default();
    if !path.starts_with('/') || visible(path.as_bytes()).is_none() {
        return Err(OfferError::Target);
    }
    let Some(authority) = uri.authority() else {
        // A `Uri` without an authority has no scheme, whatever the client has sent.
        return match host {
            Field::Absent => Err(OfferError::Target),
            host => check_host(host).map(drop).map_err(OfferError::Connect),
        };
    };
    let (authority, is_http) =
        (authority.as_str(), matches!(uri.scheme_str(), Some("http" | "https")));
    if !is_http || !is_host_and_port(authority) {
        return Err(OfferError::Target);
    }
    match host {
        Field::Absent => Ok(()),
        Field::Once(host) if host.eq_ignore_ascii_case(authority.as_bytes()) => Ok(()),
        Field::Once(_) => Err(OfferError::Connect(RequestError::Host)),
        Field::Repeated => Err(OfferError::Connect(RequestError::RepeatedHeader("Host"))),
    }
}
