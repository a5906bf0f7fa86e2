//! The body of a response that does not open a WebSocket or a tunnel
//! ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112), section 6.3).

use crate::http1::HttpResponse;

/// The largest part of a body that is kept, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The place and the length of a body, according to the head of the response.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptBody {
    start: usize,
    len: Option<usize>,
}

impl KeptBody {
    pub(super) fn of(response: &HttpResponse<'_>) -> Self {
        let len = match response.status {
            // RFC 9112, section 6.3, item 1: these responses have no body.
            100..=199 | 204 | 304 => Some(0),
            _ => response.content_length().and_then(|len| usize::try_from(len).ok()),
        };
        Self { start: response.head_len, len }
    }

    /// Returns whether the body is complete, or as long as the largest part that is kept.
    pub(super) fn is_whole(&self, input: &[u8]) -> bool {
        let body = input.get(self.start..).unwrap_or_default();
        // RFC 9112, section 7.1: the last chunk is empty. Data that looks like the last chunk ends
        // the body too early, which has no other effect.
        let ended = body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n");
        (self.len.is_none() && ended) || body.len() >= self.kept_len()
    }

    /// Returns the part of the body that is kept.
    pub(super) fn kept<'b>(&self, input: &'b [u8]) -> &'b [u8] {
        let body = input.get(self.start..).unwrap_or_default();
        body.get(..self.kept_len()).unwrap_or(body)
    }

    fn kept_len(&self) -> usize {
        self.len.unwrap_or(MAX_BODY).min(MAX_BODY)
    }
}
