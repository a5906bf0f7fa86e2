//! The server's half of the opening handshake ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! sections 4.2.1 and 4.2.2).

pub(crate) mod accept;
mod error;
mod refusal;
pub(crate) mod request;

pub use accept::Accept;
pub use error::RequestError;
pub use refusal::Refusal;
pub use request::Request;

use crate::http1::{HeadKind, HeadLimits, HeadScanner, HttpRequest};

/// Receives the head of one request.
///
/// Whenever more bytes have arrived, call [`receive`](Self::receive) with all bytes received so
/// far, until it returns something other than `Ok(None)`. After an error or an [`Incoming`], a
/// further call with the same bytes, or with more bytes after them, parses the head again and
/// returns the same result.
#[derive(Clone, Debug)]
#[must_use = "a handshake does nothing until it receives bytes"]
pub struct ServerHandshake {
    scanner: HeadScanner,
    limits: HeadLimits,
}

impl ServerHandshake {
    /// Creates a handshake with the default limits: 16 KiB and 100 headers.
    pub const fn new() -> Self {
        Self::with_limits(HeadLimits::DEFAULT)
    }

    /// Creates a handshake with the given limits.
    pub const fn with_limits(limits: HeadLimits) -> Self {
        Self { scanner: HeadScanner::new(HeadKind::Request, limits.bytes), limits }
    }

    /// Examines the bytes that have arrived, and returns the request once its head is complete.
    ///
    /// `bytes` contains all bytes received so far, from the first byte of the request; they may go
    /// on after the head. Returns `None` while the head is incomplete.
    ///
    /// The work is linear in the number of bytes, however they are split.
    ///
    /// # Errors
    ///
    /// The request exceeds the limits, or violates HTTP or RFC 6455, section 4.2.1. Send the
    /// response that [`RequestError::refusal`] returns, then close the transport.
    pub fn receive<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<Incoming<'b>>, RequestError> {
        let Some(head) = self.scanner.scan(bytes)? else {
            return Ok(None);
        };
        Incoming::check(HttpRequest::parse(&head, &self.limits)?).map(Some)
    }

    /// Returns how many bytes of the head have arrived. The caller can use it to detect a client
    /// that is too slow.
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

/// A client's request.
///
/// This enum is exhaustive on purpose, because each request must be answered.
#[derive(Clone, Copy, Debug)]
pub enum Incoming<'b> {
    /// A request for a WebSocket that meets RFC 6455, section 4.2.1. Accept it or refuse it.
    WebSocket(Request<'b>),
    /// Any other HTTP request. Only its syntax was checked. The caller answers it, so that one port
    /// can serve pages too.
    Http(HttpRequest<'b>),
}

impl<'b> Incoming<'b> {
    /// Checks whether a request asks for a WebSocket, and whether it does so correctly (RFC 6455,
    /// section 4.2.1).
    ///
    /// Use this for a request that other code has parsed, such as an HTTP library.
    /// [`ServerHandshake::receive`] has already done this check.
    ///
    /// # Errors
    ///
    /// The request asks for a WebSocket, but violates RFC 6455, section 4.2.1.
    pub fn check(request: HttpRequest<'b>) -> Result<Self, RequestError> {
        Ok(match Request::check(request)? {
            Some(request) => Self::WebSocket(request),
            None => Self::Http(request),
        })
    }
}
