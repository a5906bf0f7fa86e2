//! The server's half of the opening handshake, up to what the client asked for
//! (RFC 6455 4.2.1).

pub(crate) mod accept;
mod error;
mod refusal;
pub(crate) mod request;

pub use accept::Accept;
pub use error::RequestError;
pub use refusal::Refusal;
pub use request::Request;

use crate::http1::{HeadKind, HeadLimits, HeadScanner, HttpRequest, parse_request};

/// Receives the head of one request.
///
/// Show [`receive`](Self::receive) everything that has arrived, each time more of it has, until it
/// returns something other than `Ok(None)`. After an error or an [`Incoming`] further calls with
/// the same bytes, or with more behind them, parse the head anew and return the same again.
#[derive(Clone, Debug)]
#[must_use = "a handshake does nothing until it receives bytes"]
pub struct ServerHandshake {
    scanner: HeadScanner,
    limits: HeadLimits,
}

impl ServerHandshake {
    /// A handshake with the default limits: 16 KiB and 100 headers.
    pub const fn new() -> Self {
        Self::with_limits(HeadLimits::DEFAULT)
    }

    /// A handshake with limits of the caller's.
    pub const fn with_limits(limits: HeadLimits) -> Self {
        Self { scanner: HeadScanner::new(HeadKind::Request, limits.bytes), limits }
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
        Incoming::check(parse_request(&head, &self.limits)?).map(Some)
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
