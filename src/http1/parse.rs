//! Parses a complete head of an HTTP message ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112),
//! sections 3 to 5).
//!
//! `httparse` does the parsing, with none of its lenient options. This module adds limits and maps
//! the errors of `httparse` to [`HeadError`].

use core::fmt;
use core::mem::MaybeUninit;

use httparse::Status;

use super::body::decimal;
use super::error::{HeadError, ParseError};
use super::grammar::visible;
use super::headers::{Field, Headers, take_line};
use super::scan::Head;
use super::shown::{ShownLen, ShownTarget, ShownText};

/// Limits for the head of a request or a response. Both limits are inclusive.
///
/// ```
/// use websocket_proto::{handshake::ServerHandshake, http1::HeadLimits};
///
/// assert_eq!(HeadLimits::DEFAULT, HeadLimits { bytes: 16 * 1024, headers: 100 });
/// let handshake = ServerHandshake::with_limits(HeadLimits { bytes: 4096, headers: 32 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// The largest size of the head in bytes, from the first byte of the start line to the blank
    /// line, both included. For a client this limit applies to all interim responses (1xx) and the
    /// final response together. The default is 16 KiB.
    pub bytes: usize,
    /// The largest number of header lines. The default is 100. A value above
    /// [`MAX_HEADERS`](Self::MAX_HEADERS) counts as `MAX_HEADERS`.
    pub headers: usize,
}

impl HeadLimits {
    /// The default limits: 16 KiB and 100 header lines.
    pub const DEFAULT: Self = Self { bytes: 16 * 1024, headers: 100 };

    /// The largest number of header lines that a head may have, whatever [`headers`](Self::headers)
    /// says. The headers are parsed into an array of this length on the stack, which takes 8 KiB on
    /// 64-bit targets.
    pub const MAX_HEADERS: usize = 256;

    const fn effective_headers(&self) -> usize {
        if self.headers < Self::MAX_HEADERS { self.headers } else { Self::MAX_HEADERS }
    }
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The head of an HTTP/1 request (RFC 9112, section 3).
///
/// This struct is exhaustive on purpose, so that code which has parsed a request can make one.
#[derive(Clone, Copy)]
pub struct HttpRequest<'b> {
    /// The method, such as `GET`, in the case in which it was sent.
    pub method: &'b str,
    /// The request target, which is a path and query in most cases.
    pub target: &'b str,
    /// The minor version: 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    /// The headers.
    pub headers: Headers<'b>,
    /// The length of the head in the caller's buffer, in bytes. A body or other data may follow the
    /// head.
    pub head_len: usize,
}

/// The head of an HTTP/1 response (RFC 9112, section 4).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct HttpResponse<'b> {
    /// The status. In an [`Answer::Http`](crate::handshake::Answer::Http) it is 200 or more.
    pub status: u16,
    /// The reason phrase. It may be empty, and its bytes from 0x80 on are opaque.
    pub reason: &'b [u8],
    /// The minor version: 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    /// The headers.
    pub headers: Headers<'b>,
    /// The length of the head in the caller's buffer, in bytes, including interim responses.
    pub head_len: usize,
    /// The bytes that arrived after the head. They are the beginning of the body, still in its
    /// transfer coding if it has one.
    pub body: &'b [u8],
}

/// Shows no query, no header values and no body.
impl fmt::Debug for HttpRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &ShownText(self.method.as_bytes()))
            .field("target", &ShownTarget(self.target))
            .field("minor_version", &self.minor_version)
            .field("headers", &self.headers)
            .field("head_len", &self.head_len)
            .finish()
    }
}

/// Shows no header values and no body.
impl fmt::Debug for HttpResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("reason", &ShownText(self.reason))
            .field("minor_version", &self.minor_version)
            .field("headers", &self.headers)
            .field("head_len", &self.head_len)
            .field("body", &ShownLen(self.body.len()))
            .finish()
    }
}

impl<'b> HttpResponse<'b> {
    /// Returns the length of the body in bytes, if the server sent it.
    ///
    /// Returns `None` if the body is chunked, ends with the connection, or has a length that cannot
    /// be parsed. [`body_length`](Self::body_length) distinguishes these cases.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        let transfer_encoding = self.headers.field("Transfer-Encoding");
        match (transfer_encoding, self.headers.field("Content-Length")) {
            (Field::Absent, Field::Once(len)) => decimal(len),
            _ => None,
        }
    }
}

impl<'b> HttpRequest<'b> {
    /// Parses a complete head as a request.
    ///
    /// # Errors
    /// - [`ParseError::Head`]: the head is malformed, is the preface of HTTP/2, or has more headers
    ///   than `limits` allows. The scanner has already checked the size.
    /// - [`ParseError::Version`]: the head belongs to another version of HTTP.
    pub fn parse(head: &Head<'b>, limits: &HeadLimits) -> Result<Self, ParseError> {
        let mut storage = [const { MaybeUninit::uninit() }; HeadLimits::MAX_HEADERS];
        let storage = storage.get_mut(..limits.effective_headers()).unwrap_or_default();
        let mut request = httparse::Request::new(&mut []);
        let (start_line, headers) = split(head);
        match request.parse_with_uninit_headers(head.bytes, storage) {
            // RFC 9112, section 3: a request line is method SP request-target SP HTTP-version.
            // RFC 9110, section 15.6.6: status 505 reports a version that the server does not
            // support.
            Err(httparse::Error::Version)
                if start_line.splitn(3, is_space).nth(2).is_some_and(is_other_version) =>
            {
                // RFC 9113, section 3.4: the preface looks like a request, and no other request has
                // this method.
                if head.bytes.starts_with(b"PRI * HTTP/2") {
                    return Err(HeadError::Http2.into());
                }
                return Err(ParseError::Version);
            }
            parsed => check(parsed, head, limits)?,
        }
        let httparse::Request {
            method: Some(method),
            path: Some(target),
            version: Some(version),
            ..
        } = request
        else {
            return Err(HeadError::StartLine.into());
        };
        // RFC 9112, section 3.2: a target is a URI or a part of a URI, which is ASCII. httparse
        // also accepts UTF-8.
        let target = visible(target.as_bytes()).ok_or(HeadError::StartLine)?;
        Ok(Self { method, target, minor_version: version, headers, head_len: head.len })
    }
}

impl<'b> HttpResponse<'b> {
    /// Parses a complete head as a response, which may be an interim one (1xx).
    ///
    /// # Errors
    /// - [`ParseError::Head`]: the head is malformed, or has more headers than `limits` allows. The
    ///   scanner has already checked the size. After [`HeadError::FoldedLine`], call
    ///   [`HeadScanner::unfold`](super::HeadScanner::unfold), then scan and parse again.
    /// - [`ParseError::Version`]: the head belongs to another version of HTTP.
    pub fn parse(head: &Head<'b>, limits: &HeadLimits) -> Result<Self, ParseError> {
        let mut storage = [const { MaybeUninit::uninit() }; HeadLimits::MAX_HEADERS];
        let storage = storage.get_mut(..limits.effective_headers()).unwrap_or_default();
        let mut response = httparse::Response::new(&mut []);
        let (start_line, headers) = split(head);
        let parser = httparse::ParserConfig::default();
        match parser.parse_response_with_uninit_headers(&mut response, head.bytes, storage) {
            // RFC 9112, section 4: a status line is
            // HTTP-version SP status-code SP [ reason-phrase ].
            Err(httparse::Error::Version)
                if start_line.split(is_space).next().is_some_and(is_other_version) =>
            {
                return Err(ParseError::Version);
            }
            parsed => check(parsed, head, limits)?,
        }
        // RFC 9110, section 15: a status is from 100 to 999. httparse accepts any three digits.
        let httparse::Response { version: Some(version), code: Some(status @ 100..), .. } =
            response
        else {
            return Err(HeadError::StartLine.into());
        };
        Ok(Self {
            status,
            // httparse drops a reason phrase that has bytes outside ASCII, so the phrase is taken
            // from the start line.
            reason: start_line.get("HTTP/1.1 101 ".len()..).unwrap_or_default(),
            minor_version: version,
            headers,
            head_len: head.len,
            body: head.behind,
        })
    }
}

/// Splits a head into the start line, without its CRLF, and the header lines. The header lines may
/// be handed out only after httparse has accepted the head.
fn split<'b>(head: &Head<'b>) -> (&'b [u8], Headers<'b>) {
    let (start_line, rest) = take_line(head.bytes).unwrap_or_default();
    let lines = rest.strip_suffix(b"\r\n").unwrap_or_default();
    (start_line, Headers::from_lines(lines))
}

/// Maps the result of httparse to our errors. The head must end where the scanner found its end.
fn check(
    parsed: httparse::Result<usize>,
    head: &Head<'_>,
    limits: &HeadLimits,
) -> Result<(), HeadError> {
    use httparse::Error as E;
    Err(match parsed {
        Ok(Status::Complete(len)) if len == head.bytes.len() => return Ok(()),
        Err(E::HeaderName) if head.first_fold().is_some() => HeadError::FoldedLine,
        Err(E::HeaderName) => HeadError::HeaderName,
        Err(E::HeaderValue) => HeadError::HeaderValue,
        Err(E::TooManyHeaders) => HeadError::TooManyHeaders { limit: limits.effective_headers() },
        // The scanner has checked all line ends and has found the last one. If httparse reports a
        // wrong or a missing line end, the cause is the text before that line end, in the start
        // line.
        Err(E::NewLine | E::Status | E::Token | E::Version) | Ok(_) => HeadError::StartLine,
    })
}

/// Returns whether `text` is a version of HTTP (RFC 9112, section 2.3) that httparse does not
/// support.
fn is_other_version(text: &[u8]) -> bool {
    match text {
        b"HTTP/1.0" | b"HTTP/1.1" => false,
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] => {
            major.is_ascii_digit() && minor.is_ascii_digit()
        }
        _ => false,
    }
}

const fn is_space(byte: &u8) -> bool {
    *byte == b' '
}
