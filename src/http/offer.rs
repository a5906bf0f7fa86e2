//! What a client asks for, as a server has checked it.

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

/// A request for a WebSocket that meets RFC 6455 4.2.1, or RFC 8441 5: what it offers.
///
/// Path, query and other headers are those of the [`Request`]. Answer with
/// [`accept`](Self::accept), or with any other response, such as 403 for an
/// [`origin`](Self::origin) that is not welcome (RFC 6455 10.2) or 404 for an unknown path.
#[derive(Clone, Debug)]
pub struct Offer {
    pub(super) opening: Opening,
    origin: Option<String>,
    /// Tokens with commas between them.
    subprotocols: String,
    /// A list that follows the grammar, or nothing.
    extensions: String,
}

/// What the answer hangs on.
#[derive(Clone, Debug)]
pub(super) enum Opening {
    /// HTTP/1.1, and the value of `Sec-WebSocket-Accept`.
    Upgrade(HeaderValue),
    /// A later version, in which there is no key (RFC 8441 5).
    Connect(Version),
}

impl Offer {
    /// Tells an HTTP/1.1 request for a WebSocket from others, and checks it (RFC 6455 4.2.1).
    /// `None`: it asks for none.
    ///
    /// Whether there is a body is told by the headers, which the HTTP library has to leave in
    /// place. A fragment of the target (RFC 6455 3) is not seen, since [`Uri`] drops it.
    ///
    /// # Errors
    ///
    /// It asks for a WebSocket, but not as RFC 6455 4.2.1 wants it.
    /// [`RequestError::response`] is what to answer.
    pub fn from_upgrade<B>(request: &Request<B>) -> Result<Option<Self>, RequestError> {
        let lines = lines(request.headers());
        let target = request.uri().to_string();
        let checked = CheckedRequest::check(HttpRequest {
            method: request.method().as_str(),
            target: &target,
            // RFC 6455 4.2.1, item 1. `Upgrade` is of HTTP/1.1: there is none before, and none
            // later (RFC 9113 8.6), so that all but that one are too old.
            minor_version: u8::from(request.version() == Version::HTTP_11),
            headers: Headers::new(&lines),
            head_len: 0,
        })?;
        let Some(checked) = checked else {
            return Ok(None);
        };
        // 28 characters of base64 are the value of a header, always.
        let accept =
            HeaderValue::from_bytes(&accept_key(checked.key())).map_err(|_| RequestError::Key)?;
        Ok(Some(Self::new(Opening::Upgrade(accept), checked.origin(), checked.headers())))
    }

    /// Tells an extended CONNECT (RFC 8441 4) from other requests over HTTP/2 or HTTP/3, and
    /// checks that it asks for a WebSocket as RFC 8441 5 wants it. `None`: it has no `:protocol`.
    ///
    /// `protocol` is the value of `:protocol`, which is no header: HTTP libraries keep it beside
    /// them, as hyper does in `hyper::ext::Protocol`, among the extensions of the request.
    ///
    /// A `Sec-WebSocket-Key` has no meaning here, and is not looked at (RFC 8441 5).
    ///
    /// # Errors
    ///
    /// It asks for something else, or not as RFC 8441 5 wants it. [`ConnectRequestError::response`] is
    /// what to answer.
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
        // RFC 8441 4: `:protocol` says what is spoken on the tunnel of a CONNECT.
        if request.method() != Method::CONNECT {
            return Err(ConnectRequestError::Method);
        }
        let lines = lines(request.headers());
        let headers = Headers::new(&lines);
        let fields = Fields::of(headers);
        // RFC 6455 4.4: before all else of a WebSocket, as in HTTP/1.1.
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

    /// Of headers that were checked.
    fn new(opening: Opening, origin: Option<&str>, headers: Headers<'_>) -> Self {
        Self {
            opening,
            origin: origin.map(str::to_owned),
            subprotocols: joined(headers, SUBPROTOCOL),
            extensions: joined(headers, EXTENSIONS),
        }
    }

    /// Where the page comes from whose script asks, if a browser asks (RFC 6455 10.2). Other
    /// clients may leave it out, or lie.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The subprotocols that the client offers, the preferred one first; no two are equal.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> + Clone {
        // They are not empty, so that there is none when the text is.
        self.subprotocols.split(',').map(str::trim_ascii).filter(|offered| !offered.is_empty())
    }

    /// The extensions that the client offers, the preferred one first. One name may come several
    /// times, with other parameters, as an alternative.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> + Clone {
        Extensions::parse(self.extensions.as_bytes()).map_while(Result::ok)
    }
}

/// RFC 9113 8.2.2, RFC 9114 4.2: headers that are about a connection of HTTP/1.1 make a request
/// malformed. Most libraries have refused it themselves.
fn check_connection_headers(headers: Headers<'_>) -> Result<(), ConnectRequestError> {
    for name in ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"] {
        if headers.first(name).is_some() {
            return Err(ConnectRequestError::ConnectionHeader(name));
        }
    }
    Ok(())
}

/// RFC 8441 4 and 5: the scheme, the authority and the path are there, as in a GET for the same
/// resource. RFC 9113 8.3.1: a `Host` beside the authority says the same.
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
