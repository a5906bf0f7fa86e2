//! What a server or proxy answered instead of doing what it was asked for.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use bytes::Bytes;

use crate::http1::HttpResponse;

/// The most of a refusal's body that is kept.
const MAX_BODY: usize = 64 * 1024;

/// What a server answered instead of opening the WebSocket, or a proxy instead of connecting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The headers, in the order in which they came.
    pub headers: Vec<(String, Bytes)>,
    /// The body, in its transfer coding if it has one: as much of it as came, up to 64 KiB.
    pub body: Bytes,
}

impl HttpAnswer {
    /// The value of the first header with this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let named = |(header, _): &&(String, Bytes)| header.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| &value[..])
    }

    pub(super) fn new(response: &HttpResponse<'_>, body: &[u8]) -> Self {
        let headers: Vec<_> = response
            .headers
            .iter()
            .map(|header| (header.name.to_string(), Bytes::copy_from_slice(header.value)))
            .collect();
        Self { status: response.status, headers, body: Bytes::copy_from_slice(body) }
    }
}

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
