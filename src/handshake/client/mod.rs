//! The client's half of the opening handshake (RFC 6455 4.1).

mod error;
mod request;
pub(crate) mod response;

pub use error::ResponseError;
pub use request::{ClientRequest, Scheme};
pub use response::Response;

use crate::http1::{HeadKind, HeadLimits, HeadScanner, HttpResponse, parse_response};

/// Receives the head of the response to a [`ClientRequest`].
///
/// Show [`receive`](Self::receive) everything that has arrived, each time more of it has, until it
/// returns something other than `Ok(None)`. After an error or an [`Answer`] further calls with the
/// same bytes, or with more behind them, parse the head anew and return the same again.
///
/// It owns nothing of the request, so that it can be kept beside what the request is made of.
#[derive(Clone, Debug)]
#[must_use = "a handshake does nothing until it receives bytes"]
pub struct ClientHandshake {
    scanner: HeadScanner,
    limits: HeadLimits,
}

impl ClientHandshake {
    /// A handshake with the default limits: 16 KiB and 100 headers.
    pub const fn new() -> Self {
        Self::with_limits(HeadLimits::DEFAULT)
    }

    /// A handshake with limits of the caller's.
    pub const fn with_limits(limits: HeadLimits) -> Self {
        Self { scanner: HeadScanner::new(HeadKind::Response, limits.bytes), limits }
    }

    /// Looks at what has arrived in answer to `request`, which is the same at each call: `bytes`
    /// is all of it, from the first byte of the response, and may go on past the head. `None`: the
    /// head is incomplete, or only interim responses (1xx, RFC 9110 15.2) have come.
    ///
    /// The work is linear in the bytes, in whatever pieces they arrive.
    ///
    /// # Errors
    ///
    /// The server departed from HTTP, from RFC 6455 4.2.2, from what was offered, or from the
    /// limits. Drop the transport; no Close frame is sent (RFC 6455 7.2.1).
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

    /// The first response that is not an interim one, whatever was asked for.
    pub(crate) fn receive_http<'b>(
        &mut self,
        bytes: &'b [u8],
    ) -> Result<Option<HttpResponse<'b>>, ResponseError> {
        while let Some(head) = self.scanner.scan(bytes)? {
            let response = parse_response(&head, &self.limits)?;
            match response.status {
                100 | 102..=199 => self.scanner.restart(),
                _ => return Ok(Some(response)),
            }
        }
        Ok(None)
    }

    /// How many bytes of the response have arrived, for a time limit on those that dawdle.
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

/// What a server answered.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'b> {
    /// The WebSocket is open.
    WebSocket(Response<'b>),
    /// The server answered with another status, such as a redirect or 401. What to make of it is
    /// the caller's to say (RFC 6455 4.1).
    Http(HttpResponse<'b>),
}
