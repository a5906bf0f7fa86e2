//! The errors in a client's request, and the responses that report them.

use alloc::format;
use alloc::string::String;
use core::error::Error;
use core::fmt;

use ::http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use ::http::{Response, StatusCode, Version};

use crate::handshake::RequestError;
use crate::handshake::headers::VERSION;
use crate::http1::Header;

/// An error in a client's request for a WebSocket.
///
/// [`status`](Self::status) returns the status that reports the error to the client, and
/// [`response`](Self::response) the whole response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfferError {
    /// The HTTP/1.1 request breaks a rule of RFC 6455, section 4.2.1.
    Upgrade(RequestError),
    /// The extended CONNECT breaks a rule that also applies to HTTP/1.1. The status is 400 or 431.
    Connect(RequestError),
    /// `:protocol` is not `websocket`. The status is 501
    /// ([RFC 9220](https://www.rfc-editor.org/rfc/rfc9220), section 3).
    Protocol,
    /// The request has a `:protocol`, and its method is not `CONNECT`
    /// ([RFC 8441](https://www.rfc-editor.org/rfc/rfc8441), section 4). The status is 400.
    Method,
    /// The scheme, the authority or the path of the extended CONNECT is missing or invalid. The
    /// scheme must be `http` or `https`, the authority a host with an optional port, and the path
    /// must begin with `/` (RFC 8441, sections 4 and 5). A `Host` header may take the place of the
    /// authority (RFC 9113, section 8.3.1). The status is 400.
    Target,
    /// The extended CONNECT has the named header, which belongs to an HTTP/1.1 connection (RFC 9113,
    /// section 8.2.2, and RFC 9114, section 4.2). The status is 400.
    ConnectionHeader(&'static str),
    /// The request does not ask for a WebSocket. The field is the HTTP version of the request. The
    /// status is 426 over HTTP/1.1, and 400 over HTTP/2 and HTTP/3.
    ///
    /// [`Offer`](super::Offer) returns `None` for such a request. This variant is for a server that
    /// has nothing but WebSockets at the requested path:
    ///
    /// ```
    /// use websocket_proto::http::{Offer, OfferError};
    ///
    /// fn require(request: &http::request::Parts) -> Result<Offer, OfferError> {
    ///     Offer::from_parts(request, None)?.ok_or(OfferError::NotWebSocket(request.version))
    /// }
    ///
    /// let (page, ()) = http::Request::get("/").body(())?.into_parts();
    /// let response = require(&page).unwrap_err().response();
    /// assert_eq!(response.status(), 426);
    /// assert_eq!(response.headers()["upgrade"], "websocket");
    /// # Ok::<(), http::Error>(())
    /// ```
    NotWebSocket(Version),
}

impl OfferError {
    /// Returns the status of the response that reports the error to the client.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Protocol => 501,
            // A response with status 426 must have an `Upgrade` header (RFC 9110, section 15.5.22),
            // which does not exist in HTTP/2 and HTTP/3.
            Self::Connect(RequestError::Version) => 400,
            Self::NotWebSocket(version) if has_upgrade(version) => 426,
            Self::Upgrade(error) | Self::Connect(error) => error.status(),
            Self::Method | Self::Target | Self::ConnectionHeader(_) | Self::NotWebSocket(_) => 400,
        }
    }

    /// Returns the response that reports the error to the client: the status, the headers for it,
    /// and one line of text as the body.
    ///
    /// To an HTTP/1.1 request it is the response of
    /// [`RequestError::refusal`](crate::handshake::RequestError::refusal), with
    /// `Connection: close`, so that no proxy treats the following bytes as a WebSocket.
    ///
    /// ```
    /// use websocket_proto::http::Offer;
    ///
    /// let request = http::Request::get("/").header("upgrade", "websocket").body(())?;
    /// let response = Offer::from_request(&request, None).unwrap_err().response();
    /// assert_eq!(response.status(), 426);
    /// assert_eq!(response.headers()["sec-websocket-version"], "13");
    /// assert!(response.body().ends_with("version is not 13\n"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn response(self) -> Response<String> {
        let mut response = text(self.status(), &self);
        let len = response.body().len();
        let headers = response.headers_mut();
        match self {
            Self::Upgrade(error) => {
                let refusal = error.refusal();
                refusal.headers.iter().for_each(|header| insert(headers, header));
                headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
                headers.insert(CONNECTION, HeaderValue::from_static(refusal.connection()));
            }
            Self::Connect(RequestError::Version) => {
                // RFC 6455, section 4.4: this header lists the versions that the server supports.
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(VERSION));
            }
            Self::NotWebSocket(version) if has_upgrade(version) => {
                // RFC 9110, sections 7.8 and 15.5.22. No bytes of a WebSocket follow such a request,
                // so the connection may stay open.
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            }
            _ => {}
        }
        response
    }
}

impl fmt::Display for OfferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol => f.write_str("the :protocol of the extended CONNECT is not websocket"),
            Self::Method => f.write_str("the method of the request with :protocol is not CONNECT"),
            Self::Target => {
                f.write_str("the extended CONNECT has no http or https URI with a host and a path")
            }
            Self::ConnectionHeader(name) => {
                write!(
                    f,
                    "the extended CONNECT has a {name} header, which HTTP/2 and HTTP/3 forbid"
                )
            }
            Self::NotWebSocket(_) => f.write_str("the request does not ask for a WebSocket"),
            Self::Upgrade(error) | Self::Connect(error) => write!(f, "{error}"),
        }
    }
}

impl Error for OfferError {}

/// Returns whether `Upgrade` exists in this version of HTTP (RFC 9113, section 8.6).
const fn has_upgrade(version: Version) -> bool {
    matches!(version, Version::HTTP_09 | Version::HTTP_10 | Version::HTTP_11)
}

/// Returns a response whose body is the text of an error and a line end.
fn text(status: u16, error: &dyn Error) -> Response<String> {
    let mut response = Response::new(format!("{error}\n"));
    // Every error has a valid status, so the default is never used.
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// Adds one of the crate's own headers to a map. Their names and values are valid, so none is
/// skipped.
fn insert(headers: &mut HeaderMap, line: &Header<'_>) {
    let name = HeaderName::from_bytes(line.name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(line.value)) {
        headers.insert(name, value);
    }
}
