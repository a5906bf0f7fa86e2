//! The server's answer that opens no WebSocket (RFC 6455 4.2.2, and HTTP).

use core::fmt::Write;

use super::error::RequestError;
use crate::handshake::error::WriteError;
use crate::handshake::headers::VERSION;
use crate::http1::{HeadWriter, Header, is_framing_header};

/// A response other than 101: a refusal, a redirect, a demand for credentials, or a page.
///
/// It says how long its body is and that the connection closes behind it, so that no proxy takes
/// what follows for a WebSocket. Close the transport once it is sent.
///
/// ```
/// use websocket_proto::{handshake::Refusal, http1::Header};
///
/// let headers = [Header::new("WWW-Authenticate", "Basic")];
/// let mut out = [0; 256];
/// let len = Refusal::new(401).headers(&headers).body(b"who are you?").write(&mut out)?;
/// assert_eq!(
///     out[..len],
///     *b"HTTP/1.1 401 Unauthorized\r\n\
///        WWW-Authenticate: Basic\r\n\
///        Content-Length: 12\r\n\
///        Connection: close\r\n\r\n\
///        who are you?",
/// );
/// # Ok::<(), websocket_proto::handshake::WriteError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a refusal does nothing until it is written"]
pub struct Refusal<'a> {
    status: u16,
    pub(crate) headers: &'a [Header<'a>],
    body: RefusalBody<'a>,
}

#[derive(Clone, Copy, Debug)]
enum RefusalBody<'a> {
    Bytes(&'a [u8]),
    /// The text of the error, and a line end.
    Error(RequestError),
}

impl<'a> Refusal<'a> {
    /// A response with this status and an empty body.
    ///
    /// The status is one of 200 to 599 whose response has a body: not 204, 205 or 304.
    pub const fn new(status: u16) -> Self {
        Self { status, headers: &[], body: RefusalBody::Bytes(b"") }
    }

    /// Other headers to send, such as `Content-Type`, `Location` or `WWW-Authenticate`. A 426
    /// has to name what to upgrade to, in `Upgrade` (RFC 9110 15.5.22).
    pub const fn headers(mut self, headers: &'a [Header<'a>]) -> Self {
        self.headers = headers;
        self
    }

    /// The body.
    pub const fn body(mut self, body: &'a [u8]) -> Self {
        self.body = RefusalBody::Bytes(body);
        self
    }

    /// The status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Writes the response and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// The status or a header is not one that can be sent here, or the response does not fit;
    /// what `out` holds then is of no use. [`WriteError::BufferTooSmall`] says how much room it
    /// takes.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, WriteError> {
        let status = self.status;
        if !matches!(status, 200..=599) || matches!(status, 204 | 205 | 304) {
            return Err(WriteError::Status { status });
        }
        let mut writer = HeadWriter::new(out);
        // Formatting into a `HeadWriter` has no errors: what does not fit is counted.
        let _ = write!(writer, "HTTP/1.1 {status} {}\r\n", reason(status));
        writer.headers(self.headers, is_framing_header)?;
        let connection = self.connection();
        let len = self.body.len();
        let _ = write!(writer, "Content-Length: {len}\r\nConnection: {connection}\r\n\r\n");
        self.body.write(&mut writer);
        Ok(writer.finish()?)
    }

    /// The value of `Connection`. RFC 9110 7.8: who sends `Upgrade` names it there too.
    pub(crate) fn connection(&self) -> &'static str {
        let has_upgrade = self.headers.iter().any(|header| header.is("Upgrade"));
        if has_upgrade { "Upgrade, close" } else { "close" }
    }
}

impl RequestError {
    /// The response that tells the client, ready to be written: the status, the headers that go
    /// with it, and a line of text as the body.
    ///
    /// ```
    /// use websocket_proto::handshake::RequestError;
    ///
    /// let mut out = [0; 512];
    /// let len = RequestError::Method.refusal().write(&mut out)?;
    /// let text = str::from_utf8(&out[..len])?;
    /// assert!(text.starts_with("HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn refusal(self) -> Refusal<'static> {
        const TEXT: Header<'static> = Header::new("Content-Type", "text/plain; charset=utf-8");
        let headers: &[Header<'_>] = match self.status() {
            // RFC 9110 15.5.6.
            405 => const { &[Header::new("Allow", "GET"), TEXT] },
            // RFC 6455 4.4, RFC 9110 15.5.22.
            426 => {
                const {
                    &[
                        Header::new("Upgrade", "websocket"),
                        Header::new("Sec-WebSocket-Version", VERSION),
                        TEXT,
                    ]
                }
            }
            _ => const { &[TEXT] },
        };
        Refusal { status: self.status(), headers, body: RefusalBody::Error(self) }
    }
}

impl RefusalBody<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Error(_) => {
                let mut counter = HeadWriter::new(&mut []);
                self.write(&mut counter);
                counter.len()
            }
        }
    }

    fn write(&self, writer: &mut HeadWriter<'_>) {
        match self {
            Self::Bytes(bytes) => writer.bytes(bytes),
            Self::Error(error) => {
                let _ = writeln!(writer, "{error}");
            }
        }
    }
}

/// The phrases of RFC 9110 15 and RFC 6585. A client ignores them (RFC 9112 4).
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
