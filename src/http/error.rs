//! What a server finds wrong with a request, and the response that says so.

use alloc::format;
use alloc::string::String;
use core::error::Error;
use core::fmt;

use ::http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    SEC_WEBSOCKET_VERSION,
};
use ::http::{Response, StatusCode};

use crate::handshake::RequestError;
use crate::handshake::headers::VERSION;
use crate::http1::Header;

impl RequestError {
    /// The response to an HTTP/1.1 request: the status, the headers and the line of text of
    /// [`refusal`](Self::refusal).
    ///
    /// It says that the connection closes behind it, so that no proxy takes what follows for a
    /// WebSocket.
    ///
    /// ```
    /// use websocket_proto::handshake::RequestError;
    ///
    /// let response = RequestError::Version.response();
    /// assert_eq!(response.status(), 426);
    /// assert_eq!(response.headers()["sec-websocket-version"], "13");
    /// assert_eq!(response.body(), "websocket version is not 13\n");
    /// ```
    #[must_use]
    pub fn response(self) -> Response<String> {
        let refusal = self.refusal();
        let mut response = text(refusal.status(), &self);
        let len = response.body().len();
        let headers = response.headers_mut();
        refusal.headers.iter().for_each(|header| insert(headers, header));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
        headers.insert(CONNECTION, HeaderValue::from_static(refusal.connection()));
        response
    }
}

/// What a server finds wrong with an extended CONNECT: the client's fault.
///
/// Each knows the [`status`](Self::status) that tells the client, and the whole response is
/// [`response`](Self::response).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectRequestError {
    /// `:protocol` is not `websocket`. 501 (RFC 9220 3).
    Protocol,
    /// The method is not `CONNECT` (RFC 8441 4). 400.
    Method,
    /// The scheme, the authority or the path is missing, or is not one of a WebSocket: `http` or
    /// `https`, a host with or without a port, a path (RFC 8441 4, 5). 400.
    Target,
    /// A header about a connection of HTTP/1.1 (RFC 9113 8.2.2, RFC 9114 4.2). 400.
    ConnectionHeader(&'static str),
    /// What HTTP/1.1 asks for too. 400 or 431.
    Request(RequestError),
}

impl ConnectRequestError {
    /// The status of the response that tells the client.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Protocol => 501,
            // A 426 has to have an `Upgrade` (RFC 9110 15.5.22), which there is not here.
            Self::Request(RequestError::Version) => 400,
            Self::Request(error) => error.status(),
            Self::Method | Self::Target | Self::ConnectionHeader(_) => 400,
        }
    }

    /// The response that tells the client: the status, the headers that go with it, and a line of
    /// text as the body.
    ///
    /// ```
    /// use websocket_proto::http::Offer;
    ///
    /// let request = http::Request::connect("https://example.com/").body(())?;
    /// let response = Offer::from_connect(&request, Some("connect-udp")).unwrap_err().response();
    /// assert_eq!(response.status(), 501);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn response(self) -> Response<String> {
        let mut response = text(self.status(), &self);
        if self == Self::Request(RequestError::Version) {
            // RFC 6455 4.4: the versions that are spoken here.
            let version = HeaderValue::from_static(VERSION);
            response.headers_mut().insert(SEC_WEBSOCKET_VERSION, version);
        }
        response
    }
}

impl fmt::Display for ConnectRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol => f.write_str("protocol of the extended connect is not websocket"),
            Self::Method => f.write_str("method of the extended connect is not CONNECT"),
            Self::Target => f.write_str("extended connect has no http uri with a host and a path"),
            Self::ConnectionHeader(name) => write!(f, "extended connect has a {name} header"),
            Self::Request(error) => write!(f, "{error}"),
        }
    }
}

impl Error for ConnectRequestError {}

impl From<RequestError> for ConnectRequestError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

/// A response whose body is the text of an error, in a line.
fn text(status: u16, error: &dyn Error) -> Response<String> {
    let mut response = Response::new(format!("{error}\n"));
    // Every status of an error is one.
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// Puts a line of our own into a map. Our own names and values are those of headers.
fn insert(headers: &mut HeaderMap, line: &Header<'_>) {
    let name = HeaderName::from_bytes(line.name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(line.value)) {
        headers.insert(name, value);
    }
}
