//! The server's half of the opening handshake, up to what the client asked for
//! (RFC 6455 4.2.1).

use super::error::{HeadError, RequestError};
use super::head::{Head, HeadLimits, HeadScanner, Kind, VersionError, parse_version};
use super::headers::{Headers, token, visible};
use super::request::Request;

/// Receives the head of one request.
///
/// Show [`receive`](Self::receive) everything that has arrived, each time more of it has, until it
/// returns something other than `Ok(None)`. After an error or an [`Incoming`] further calls with
/// the same bytes, or with more behind them, return the same again.
#[derive(Clone, Debug)]
#[must_use = "a handshake does nothing until it receives bytes"]
pub struct ServerHandshake {
    scanner: HeadScanner,
}

impl ServerHandshake {
    /// A handshake with the default limits: 16 KiB and 100 headers.
    pub fn new() -> Self {
        Self::with_limits(HeadLimits::default())
    }

    /// A handshake with limits of the caller's.
    pub const fn with_limits(limits: HeadLimits) -> Self {
        Self { scanner: HeadScanner::new(Kind::Request, limits) }
    }

    /// Looks at what has arrived: `bytes` is all of it, from the first byte of the request, and
    /// may go on past the head. `None`: the head is incomplete.
    ///
    /// The work is linear in the bytes, in whatever pieces they arrive.
    ///
    /// # Errors
    ///
    /// The client departed from HTTP, from RFC 6455 4.2.1, or from the limits.
    /// [`RequestError::refusal`] is what to answer before closing the transport.
    pub fn receive<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<Incoming<'b>>, RequestError> {
        let Some(head) = self.scanner.scan(bytes)? else {
            return Ok(None);
        };
        let request = HttpRequest::parse(&head)?;
        Incoming::check(request).map(Some)
    }

    /// How many bytes of the head have arrived, for a time limit on those that dawdle.
    #[must_use]
    pub const fn received(&self) -> usize {
        self.scanner.position()
    }
}

impl Default for ServerHandshake {
    fn default() -> Self {
        Self::new()
    }
}

/// What a client asked for.
#[derive(Clone, Copy, Debug)]
pub enum Incoming<'b> {
    /// A WebSocket, as RFC 6455 4.2.1 wants it asked for: accept it or refuse it.
    WebSocket(Request<'b>),
    /// Something else. Only its syntax was checked; to answer it is the caller's, so that one port
    /// can serve pages too.
    Http(HttpRequest<'b>),
}

impl<'b> Incoming<'b> {
    /// Tells a request for a WebSocket from others, and checks it (RFC 6455 4.2.1). This is for
    /// a request that something else has parsed, such as an HTTP library;
    /// [`ServerHandshake::receive`] has done it already.
    ///
    /// # Errors
    ///
    /// It asks for a WebSocket, but not as RFC 6455 4.2.1 wants it.
    pub fn check(request: HttpRequest<'b>) -> Result<Self, RequestError> {
        Ok(match Request::check(request)? {
            Some(request) => Self::WebSocket(request),
            None => Self::Http(request),
        })
    }
}

/// The head of an HTTP/1 request (RFC 9112 3).
#[derive(Clone, Copy, Debug)]
pub struct HttpRequest<'b> {
    /// The method, such as `GET`, with its case.
    pub method: &'b str,
    /// The request target: a path and query in most cases.
    pub target: &'b str,
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    /// The headers.
    pub headers: Headers<'b>,
    /// How many bytes of the buffer the head took. A body, or what else follows, is behind them.
    pub head_len: usize,
}

impl<'b> HttpRequest<'b> {
    fn parse(head: &Head<'b>) -> Result<Self, RequestError> {
        // RFC 9112 3: method SP request-target SP HTTP-version, with single spaces.
        let mut words = head.start_line.split(|&byte| byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(HeadError::StartLine.into());
        };
        let (Some(method), Some(target)) = (token(method), visible(target)) else {
            return Err(HeadError::StartLine.into());
        };
        let minor_version = match parse_version(version) {
            Ok(minor @ 0..=1) => minor,
            // RFC 9110 15.6.6. A higher minor version might be read as HTTP/1.1; no such
            // version exists, so that to refuse it costs nobody anything.
            Ok(_) | Err(VersionError::Unsupported) => return Err(RequestError::HttpVersion),
            Err(VersionError::Malformed) => return Err(HeadError::StartLine.into()),
        };
        Ok(Self { method, target, minor_version, headers: head.headers, head_len: head.len })
    }
}
