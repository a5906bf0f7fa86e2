//! The body of a response that opens nothing.

use crate::http1::HttpResponse;

/// The most of a refusal's body that is kept.
const MAX_BODY: usize = 64 * 1024;

/// What a response's head says of its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptBody {
    start: usize,
    len: Option<usize>,
}

impl KeptBody {
    pub(super) fn of(response: &HttpResponse<'_>) -> Self {
        let len = match response.status {
            // RFC 9112 6.3, item 1.
            100..=199 | 204 | 304 => Some(0),
            _ => response.content_length().and_then(|len| usize::try_from(len).ok()),
        };
        Self { start: response.head_len, len }
    }

    /// Whether the body is as long as it will be, or as long as is kept.
    pub(super) fn is_whole(&self, input: &[u8]) -> bool {
        let body = input.get(self.start..).unwrap_or_default();
        // RFC 9112 7.1: the last chunk is empty. One that only looks so ends what is kept too
        // early, and costs nobody more.
        let ended = body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n");
        (self.len.is_none() && ended) || body.len() >= self.kept_len()
    }

    /// What is kept of the body so far.
    pub(super) fn kept<'b>(&self, input: &'b [u8]) -> &'b [u8] {
        let body = input.get(self.start..).unwrap_or_default();
        body.get(..self.kept_len()).unwrap_or(body)
    }

    fn kept_len(&self) -> usize {
        self.len.unwrap_or(MAX_BODY).min(MAX_BODY)
    }
}
