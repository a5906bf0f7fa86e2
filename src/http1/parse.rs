//! What the head of an HTTP message says (RFC 9112 3 to 5). `httparse` parses it, with none of its
//! leniencies; here are our limits and our words for what it finds wrong.

use core::mem::MaybeUninit;

use httparse::Status;

use super::error::{HeadError, ParseError};
use super::grammar::visible;
use super::headers::{Field, Headers, take_line};
use super::scan::Head;

/// How large the head of a request or response may be. Both limits are inclusive.
///
/// ```
/// use websocket_proto::{handshake::ServerHandshake, http1::HeadLimits};
///
/// assert_eq!(HeadLimits::DEFAULT, HeadLimits { bytes: 16 * 1024, headers: 100 });
/// let handshake = ServerHandshake::with_limits(HeadLimits { bytes: 4096, headers: 32 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes from the first of the start line to the blank line, both included. A client's
    /// limit is for all interim responses (1xx) and the final one together. 16 KiB by default.
    pub bytes: usize,
    /// Header lines. 100 by default; more than [`MAX_HEADERS`](Self::MAX_HEADERS) count as that.
    pub headers: usize,
}

impl HeadLimits {
    /// 16 KiB and 100 headers.
    pub const DEFAULT: Self = Self { bytes: 16 * 1024, headers: 100 };

    /// The most header lines that a head may have, whatever the limit says. The headers are
    /// parsed into an array of that many on the stack: 8 KiB where a pointer has 64 bits.
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

/// A response with a status other than 101 (RFC 9112 4).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HttpResponse<'b> {
    /// The status: 200 or more.
    pub status: u16,
    /// The reason phrase, which may be empty, and opaque from 0x80 on.
    pub reason: &'b [u8],
    /// 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    /// The headers.
    pub headers: Headers<'b>,
    /// How many bytes of the buffer the head took, interim responses included.
    pub head_len: usize,
    /// What has come behind the head: the body so far, in its transfer coding if it has one.
    pub body: &'b [u8],
}

impl<'b> HttpResponse<'b> {
    /// How long the body is, in bytes, if the server said so: `None` when the body is chunked,
    /// ends with the connection, or has a length that cannot be read.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        let transfer_encoding = self.headers.field("Transfer-Encoding");
        match (transfer_encoding, self.headers.field("Content-Length")) {
            // Without a sign, which Rust's parser would let through.
            (Field::Absent, Field::Once(len)) if len.iter().all(u8::is_ascii_digit) => {
                str::from_utf8(len).ok()?.parse().ok()
            }
            _ => None,
        }
    }
}

/// The request that a head is.
pub(crate) fn parse_request<'b>(
    head: &Head<'b>,
    limits: &HeadLimits,
) -> Result<HttpRequest<'b>, ParseError> {
    let mut storage = [const { MaybeUninit::uninit() }; HeadLimits::MAX_HEADERS];
    let storage = storage.get_mut(..limits.effective_headers()).unwrap_or_default();
    let mut request = httparse::Request::new(&mut []);
    let (start_line, headers) = split(head);
    match request.parse_with_uninit_headers(head.bytes, storage) {
        // RFC 9112 3: method SP request-target SP HTTP-version, and RFC 9110 15.6.6.
        Err(httparse::Error::Version)
            if start_line.splitn(3, is_space).nth(2).is_some_and(is_other_version) =>
        {
            return Err(ParseError::Version);
        }
        parsed => check(parsed, head, limits)?,
    }
    let httparse::Request {
        method: Some(method), path: Some(target), version: Some(version), ..
    } = request
    else {
        return Err(HeadError::StartLine.into());
    };
    // RFC 9112 3.2: a target is a URI or a part of one, and those are ASCII. httparse takes UTF-8.
    let target = visible(target.as_bytes()).ok_or(HeadError::StartLine)?;
    Ok(HttpRequest { method, target, minor_version: version, headers, head_len: head.len })
}

/// The response that a head is.
pub(crate) fn parse_response<'b>(
    head: &Head<'b>,
    limits: &HeadLimits,
) -> Result<HttpResponse<'b>, ParseError> {
    let mut storage = [const { MaybeUninit::uninit() }; HeadLimits::MAX_HEADERS];
    let storage = storage.get_mut(..limits.effective_headers()).unwrap_or_default();
    let mut response = httparse::Response::new(&mut []);
    let (start_line, headers) = split(head);
    let parser = httparse::ParserConfig::default();
    match parser.parse_response_with_uninit_headers(&mut response, head.bytes, storage) {
        // RFC 9112 4: HTTP-version SP status-code SP [ reason-phrase ].
        Err(httparse::Error::Version)
            if start_line.split(is_space).next().is_some_and(is_other_version) =>
        {
            return Err(ParseError::Version);
        }
        parsed => check(parsed, head, limits)?,
    }
    // RFC 9110 15: a status is from 100 to 999. httparse takes any three digits.
    let httparse::Response { version: Some(version), code: Some(status @ 100..), .. } = response
    else {
        return Err(HeadError::StartLine.into());
    };
    Ok(HttpResponse {
        status,
        // Not as httparse has it, which gives up those with bytes beyond ASCII.
        reason: start_line.get("HTTP/1.1 101 ".len()..).unwrap_or_default(),
        minor_version: version,
        headers,
        head_len: head.len,
        body: head.behind,
    })
}

/// The start line without its CRLF, and the header lines, which are to be handed out only when
/// httparse has taken the head.
fn split<'b>(head: &Head<'b>) -> (&'b [u8], Headers<'b>) {
    let (start_line, rest) = take_line(head.bytes).unwrap_or_default();
    let lines = rest.strip_suffix(b"\r\n").unwrap_or_default();
    (start_line, Headers::from_lines(lines))
}

/// Our word for what httparse made of a head. It has to end where we found it to end.
fn check(
    parsed: httparse::Result<usize>,
    head: &Head<'_>,
    limits: &HeadLimits,
) -> Result<(), HeadError> {
    use httparse::Error as E;
    Err(match parsed {
        Ok(Status::Complete(len)) if len == head.bytes.len() => return Ok(()),
        Err(E::HeaderName) => HeadError::HeaderName,
        Err(E::HeaderValue) => HeadError::HeaderValue,
        Err(E::TooManyHeaders) => HeadError::TooManyHeaders { limit: limits.effective_headers() },
        // The line ends are good, and the last of them is there: if one of them is wrong, or
        // missing, it is for what stands in front of it, and that is the start line.
        Err(E::NewLine | E::Status | E::Token | E::Version) | Ok(_) => HeadError::StartLine,
    })
}

/// Whether this is a version of HTTP (RFC 9112 2.3), but not one that httparse knows.
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
