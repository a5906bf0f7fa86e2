//! A client's request for a WebSocket, after the server's checks
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2.1, and
//! [RFC 8441](https://www.rfc-editor.org/rfc/rfc8441), section 5).

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};

use ::http::{HeaderValue, Method, Request, Uri, Version};

use super::error::ConnectRequestError;
use super::{EXTENSIONS, PROTOCOL, SUBPROTOCOL, joined, lines};
use crate::extension::{Extension, Extensions};
use crate::handshake::headers::Fields;
use crate::handshake::server::request::{
    Request as CheckedRequest, check_body, check_origin, check_subprotocols, check_version,
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
#[derive(Clone, Debug)]
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
    /// Checks an HTTP/1.1 request, and returns `None` if it does not ask for a WebSocket (RFC 6455,
    /// section 4.2.1).
    ///
    /// The headers tell whether the request has a body, so the HTTP library must leave them in
    /// place. A fragment in the target (RFC 6455, section 3) is not detected, because [`Uri`] drops
    /// it.
    ///
    /// # Errors
    ///
    /// Returns an error if the request asks for a WebSocket but breaks a rule of RFC 6455,
    /// section 4.2.1. [`RequestError::response`] makes the answer.
    pub fn from_upgrade<B>(request: &Request<B>) -> Result<Option<Self>, RequestError> {
        let lines = lines(request.headers());
        let target = request.uri().to_string();
        let checked = CheckedRequest::check(HttpRequest {
            method: request.method().as_str(),
            target: &target,
            // RFC 6455, section 4.2.1, item 1. Only HTTP/1.1 has `Upgrade`: neither HTTP/1.0 nor
            // later versions do (RFC 9113, section 8.6). The check refuses every other version as
            // too old.
            minor_version: u8::from(request.version() == Version::HTTP_11),
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

    /// Checks an extended CONNECT over HTTP/2 or HTTP/3 (RFC 8441, sections 4 and 5), and returns
    /// `None` if the request has no `:protocol`.
    ///
    /// `protocol` is the value of `:protocol`. It is not a header, and HTTP libraries keep it
    /// elsewhere: hyper stores it as `hyper::ext::Protocol` in the extensions of the request.
    ///
    /// `Sec-WebSocket-Key` has no meaning here and is ignored (RFC 8441, section 5).
    ///
    /// # Errors
    ///
    /// Returns an error if `:protocol` is not `websocket`, or if the request breaks a rule of
    /// RFC 8441, section 5. [`ConnectRequestError::response`] makes the answer.
    pub fn from_connect<B>(
        request: &Request<B>,
        protocol: Option<&str>,
    ) -> Result<Option<Self>, ConnectRequestError> {
        let Some(protocol) = protocol else {
            return Ok(None);
        };
        if protocol != PROTOCOL {
            return Err(ConnectRequestError::Protocol);
        }
        // RFC 8441, section 4: only a CONNECT request may have `:protocol`.
        if request.method() != Method::CONNECT {
            return Err(ConnectRequestError::Method);
        }
        let lines = lines(request.headers());
        let headers = Headers::new(&lines);
        let fields = Fields::of(headers);
        // RFC 6455, section 4.4: the version comes first of the WebSocket headers, as in HTTP/1.1.
        check_version(fields.version)?;
        check_connection_headers(headers)?;
        check_body(&fields)?;
        check_uri(request.uri(), fields.host)?;
        let origin = check_origin(fields.origin)?;
        let subprotocols = fields.subprotocol.values(headers, SUBPROTOCOL).elements();
        check_subprotocols(subprotocols)?;
        Extensions::in_field(fields.extensions, headers)
            .try_for_each(|extension| extension.map(drop))
            .map_err(RequestError::from)?;
        Ok(Some(Self::new(Opening::Connect(request.version()), origin, headers)))
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

    /// Returns the extensions that the client offers, the preferred one first.
    ///
    /// A name may occur several times with different parameters, as alternatives.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> + Clone {
        Extensions::parse(self.extensions.as_bytes()).map_while(Result::ok)
    }
}

/// Refuses headers that belong to an HTTP/1.1 connection: they make a request malformed (RFC 9113,
/// section 8.2.2, and RFC 9114, section 4.2). Most HTTP libraries refuse them before this check.
fn check_connection_headers(headers: Headers<'_>) -> Result<(), ConnectRequestError> {
    for name in ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"] {
        if headers.first(name).is_some() {
            return Err(ConnectRequestError::ConnectionHeader(name));
        }
    }
    Ok(())
}

/// Checks the scheme, the authority and the path, which must be those of a GET for the same
/// resource (RFC 8441, sections 4 and 5). A `Host` header must equal the authority (RFC 9113,
/// section 8.3.1).
fn check_uri(uri: &Uri, host: Field<'_>) -> Result<(), ConnectRequestError> {
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let path = uri.path_and_query().map(|path| path.as_str()).unwrap_or_default();
    if !is_http || !path.starts_with('/') || visible(path.as_bytes()).is_none() {
        return Err(ConnectRequestError::Target);
    }
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    if !is_host_and_port(authority) {
        return Err(ConnectRequestError::Target);
    }
    match host {
        Field::Absent => Ok(()),
        Field::Once(host) if host.eq_ignore_ascii_case(authority.as_bytes()) => Ok(()),
        Field::Once(_) => Err(RequestError::Host.into()),
        Field::Repeated => Err(RequestError::RepeatedHeader("Host").into()),
    }
}
