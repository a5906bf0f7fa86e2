//! The client's half of the opening handshake ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 4.1).

mod error;
pub(crate) mod request;
pub(crate) mod response;

pub use error::ResponseError;
pub use request::{ClientRequest, ParseSchemeError, Scheme};
pub use response::Response;

use crate::http1::{HeadKind, HeadLimits, HeadScanner, HttpResponse};

/// Receives the head of the response to a [`ClientRequest`].
///
/// Whenever more bytes have arrived, call [`receive`](Self::receive) with all bytes received so
/// far, until it returns something other than `Ok(None)`. After an error or an [`Answer`], a
/// further call with the same bytes, or with more bytes after them, parses the head again and
/// returns the same result.
///
/// The handshake does not borrow the request. It can be stored next to the data that the request
/// borrows.
#[derive(Clone, Debug)]
#[must_use = "a handshake does nothing until it receives bytes"]
pub struct ClientHandshake {
    scanner: HeadScanner,
    limits: HeadLimits,
}

impl ClientHandshake {
    /// Creates a handshake with the default limits: 16 KiB and 100 headers.
    pub const fn new() -> Self {
        Self::with_limits(HeadLimits::DEFAULT)
    }

    /// Creates a handshake with the given limits.
    pub const fn with_limits(limits: HeadLimits) -> Self {
        Self { scanner: HeadScanner::new(HeadKind::Response, limits.bytes), limits }
    }

    /// Examines the bytes that have arrived, and returns the server's answer once its head is
    /// complete.
    ///
    /// `request` is the request that was sent, the same at each call. `bytes` contains all bytes
    /// received so far, from the first byte of the response; they may go on after the head. Returns
    /// `None` while the head is incomplete, or while only interim responses (1xx, RFC 9110,
    /// section 15.2) have arrived.
    ///
    /// The work is linear in the number of bytes, however they are split.
    ///
    /// # Errors
    ///
    /// The response exceeds the limits, does not match the offer, or violates HTTP or RFC 6455,
    /// section 4.2.2. Drop the transport. The client sends no Close frame (RFC 6455,
    /// section 7.2.1). After [`FoldedLine`](crate::http1::HeadError::FoldedLine) the handshake can
    /// continue: call [`unfold`](Self::unfold).
    pub fn receive<'b>(
        &mut self,
        request: &ClientRequest<'_>,
        bytes: &'b [u8],
    ) -> Result<Option<Answer<'b>>, ResponseError> {
        Ok(match self.receive_http(bytes)? {
            Some(response) if response.status == 101 => {
                Some(Answer::WebSocket(Response::verify(response, request)?))
            }
            response => response.map(Answer::Http),
        })
    }

    /// Returns the first response that is not an interim response, without comparing it with a
    /// request.
    ///
    /// It suits a request of another kind, such as a CONNECT to a proxy. `bytes` are those of
    /// [`receive`](Self::receive).
    ///
    /// # Errors
    /// The response exceeds the limits, or violates HTTP.
    pub fn receive_http<'b>(
        &mut self,
        bytes: &'b [u8],
    ) -> Result<Option<HttpResponse<'b>>, ResponseError> {
        while let Some(head) = self.scanner.scan(bytes)? {
            let response = HttpResponse::parse(&head, &self.limits)?;
            match response.status {
                100 | 102..=199 => self.scanner.restart(),
                _ => return Ok(Some(response)),
            }
        }
        Ok(None)
    }

    /// Replaces obsolete line folding in the head by spaces, as RFC 9112, section 5.2, requires of a
    /// client. Call it after [`receive`](Self::receive) has failed with
    /// [`FoldedLine`](crate::http1::HeadError::FoldedLine), with the same bytes, and then call
    /// `receive` again. It changes no byte after the head.
    pub fn unfold(&self, bytes: &mut [u8]) {
        self.scanner.unfold(bytes);
    }

    /// Returns how many bytes of the response have arrived. The caller can use it to detect a
    /// server that is too slow.
    #[must_use]
    pub const fn received(&self) -> usize {
        self.scanner.position()
    }
}

impl Default for ClientHandshake {
    fn default() -> Self {
        Self::new()
    }
}

/// A server's answer to a [`ClientRequest`].
///
/// This enum is exhaustive on purpose, because an answer opens the WebSocket or does not.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'b> {
    /// The server agreed: the WebSocket is open.
    WebSocket(Response<'b>),
    /// The server answered with another status, such as a redirect or 401. The caller decides how
    /// to handle it (RFC 6455, section 4.1).
    Http(HttpResponse<'b>),
}
