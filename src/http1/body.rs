//! The body of a response ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112), sections 6 and 7).

use core::error::Error;
use core::fmt;

use super::grammar::is_field_byte;
use super::headers::Headers;
use super::parse::HttpResponse;

/// How a client finds the end of the body of a response (RFC 9112, section 6.3).
///
/// This enum is exhaustive on purpose, because HTTP/1.1 has no other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// The body has this many bytes. Many responses have no body, which is 0 bytes.
    Known(u64),
    /// The body has the chunked transfer coding (RFC 9112, section 7.1).
    Chunked,
    /// The body ends with the connection.
    UntilEnd,
}

impl HttpResponse<'_> {
    /// Returns how the end of the body is found (RFC 9112, section 6.3). The response must not be
    /// one to `HEAD`, and not one with a 2xx status to `CONNECT`: those have no body.
    ///
    /// A `Transfer-Encoding` takes precedence over a `Content-Length`. If the `Content-Length` is
    /// malformed, the end of the body is unknown, and the body counts as empty.
    ///
    /// ```
    /// use websocket_proto::http1::{
    ///     BodyDecoder, BodyLength, HeadKind, HeadLimits, HeadScanner, HttpResponse,
    /// };
    ///
    /// let limits = HeadLimits::DEFAULT;
    /// let received = b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nlater\r\n0\r\n\r\n";
    /// let head = HeadScanner::new(HeadKind::Response, limits.bytes).scan(received)?.unwrap();
    /// let response = HttpResponse::parse(&head, &limits)?;
    /// assert_eq!(response.body_length(), BodyLength::Chunked);
    ///
    /// let mut body = BodyDecoder::new(response.body_length());
    /// let mut input = response.body;
    /// assert_eq!(body.decode(&mut input)?, b"later");
    /// assert_eq!(body.decode(&mut input)?, b"");
    /// assert!(body.is_complete());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn body_length(&self) -> BodyLength {
        if matches!(self.status, 100..=199 | 204 | 304) {
            return BodyLength::Known(0);
        }
        if let Some(last) = list(self.headers, "Transfer-Encoding").last() {
            // RFC 9112, section 6.1: the framing of HTTP/1.0 with a transfer coding is faulty.
            let is_chunked = last.eq_ignore_ascii_case(b"chunked") && self.minor_version > 0;
            return if is_chunked { BodyLength::Chunked } else { BodyLength::UntilEnd };
        }
        if self.headers.first("Transfer-Encoding").is_some() {
            return BodyLength::UntilEnd;
        }
        let mut lengths = list(self.headers, "Content-Length");
        match (lengths.next(), self.headers.first("Content-Length")) {
            // Several equal values are one value (RFC 9110, section 8.6).
            (Some(len), _) if lengths.all(|other| other == len) => {
                BodyLength::Known(decimal(len).unwrap_or(0))
            }
            (Some(_), _) | (None, Some(_)) => BodyLength::Known(0),
            (None, None) => BodyLength::UntilEnd,
        }
    }
}

/// Returns the elements of a list, without the empty ones (RFC 9110, section 5.6.1.2).
fn list<'b>(headers: Headers<'b>, name: &'static str) -> impl Iterator<Item = &'b [u8]> {
    headers.values(name).elements().filter(|element| !element.is_empty())
}

pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    // Rust's integer parser would accept a sign.
    let is_decimal = digits.iter().all(u8::is_ascii_digit);
    is_decimal.then(|| str::from_utf8(digits).ok()?.parse().ok())?
}

/// Decodes a body while it arrives: finds its end, and removes the chunked transfer coding
/// (RFC 9112, section 7.1). Chunk extensions and trailers are dropped, and nothing is stored.
///
/// [`HttpResponse::body_length`] has an example.
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    state: BodyState,
}

/// The part of the body to which the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyState {
    Known {
        left: u64,
    },
    UntilEnd,
    /// The digits of a chunk size, or `None` before the first.
    Size(Option<u64>),
    /// The whitespace and the extensions after a chunk size.
    Extension(u64),
    SizeLineFeed(u64),
    Chunk {
        left: u64,
    },
    ChunkReturn,
    ChunkLineFeed,
    TrailerStart,
    Trailer,
    TrailerLineFeed,
    LastLineFeed,
    Complete,
    Failed,
}

impl BodyDecoder {
    /// Creates a decoder for a body.
    #[must_use]
    pub const fn new(length: BodyLength) -> Self {
        let state = match length {
            BodyLength::Known(0) => BodyState::Complete,
            BodyLength::Known(left) => BodyState::Known { left },
            BodyLength::Chunked => BodyState::Size(None),
            BodyLength::UntilEnd => BodyState::UntilEnd,
        };
        Self { state }
    }

    /// Returns the next piece of the content, and removes it and the framing before it from the
    /// front of `input`. The piece is empty if more input is needed, or if the body is complete.
    ///
    /// # Errors
    /// Returns an error if the chunked coding is malformed. Every later call returns the same
    /// error.
    pub fn decode<'b>(&mut self, input: &mut &'b [u8]) -> Result<&'b [u8], ChunkError> {
        loop {
            let (left, then) = match self.state {
                BodyState::Known { left } => (left, BodyState::Complete),
                BodyState::UntilEnd => return Ok(core::mem::take(input)),
                BodyState::Chunk { left } => (left, BodyState::ChunkReturn),
                BodyState::Failed => return Err(ChunkError(())),
                BodyState::Complete => return Ok(&[]),
                state => {
                    let Some((&byte, rest)) = input.split_first() else {
                        return Ok(&[]);
                    };
                    self.state = after(state, byte);
                    *input = rest;
                    continue;
                }
            };
            let len = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
            let (piece, rest) = input.split_at(len);
            *input = rest;
            self.state = match (left - len as u64, self.state) {
                (0, _) => then,
                (left, BodyState::Known { .. }) => BodyState::Known { left },
                (left, _) => BodyState::Chunk { left },
            };
            return Ok(piece);
        }
    }

    /// Returns whether the whole body has arrived. A body that ends with the connection is never
    /// complete before that.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self.state, BodyState::Complete)
    }
}

/// Returns the state after a byte of the framing (RFC 9112, section 7.1).
fn after(state: BodyState, byte: u8) -> BodyState {
    match (state, byte) {
        (BodyState::Size(size), _) if byte.is_ascii_hexdigit() => {
            let digit = char::from(byte).to_digit(16).map(u64::from);
            let size = size.unwrap_or(0).checked_mul(16).zip(digit);
            size.map_or(BodyState::Failed, |(size, digit)| BodyState::Size(Some(size + digit)))
        }
        (BodyState::Size(Some(size)) | BodyState::Extension(size), b'\r') => {
            BodyState::SizeLineFeed(size)
        }
        (BodyState::Size(Some(size)), b';' | b' ' | b'\t') => BodyState::Extension(size),
        (BodyState::Extension(_), _) if is_field_byte(byte) => state,
        // RFC 9112, section 7.1.1: the last chunk is empty, and the trailers follow it.
        (BodyState::SizeLineFeed(0), b'\n') => BodyState::TrailerStart,
        (BodyState::SizeLineFeed(left), b'\n') => BodyState::Chunk { left },
        (BodyState::ChunkReturn, b'\r') => BodyState::ChunkLineFeed,
        (BodyState::ChunkLineFeed, b'\n') => BodyState::Size(None),
        (BodyState::TrailerStart, b'\r') => BodyState::LastLineFeed,
        (BodyState::Trailer, b'\r') => BodyState::TrailerLineFeed,
        (BodyState::TrailerStart | BodyState::Trailer, _) if is_field_byte(byte) => {
            BodyState::Trailer
        }
        (BodyState::TrailerLineFeed, b'\n') => BodyState::TrailerStart,
        (BodyState::LastLineFeed, b'\n') => BodyState::Complete,
        _ => BodyState::Failed,
    }
}

/// The error of a body whose chunked coding is malformed (RFC 9112, section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkError(());

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the chunked transfer coding of the body is malformed")
    }
}

impl Error for ChunkError {}
