//! The server's answer that opens no WebSocket ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455),
//! section 4.2.2, and [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110)).

use core::fmt::{self, Write};

use super::error::RequestError;
use crate::handshake::error::WriteError;
use crate::handshake::headers::VERSION;
use crate::http1::{HeadWriter, Header, ShownLen, is_framing_header};

/// A response with a status other than 101: a refusal, a redirect, a demand for credentials, or a
/// page.
///
/// The response contains the length of its body and says that the connection closes after it. This
/// prevents a proxy from treating the bytes after it as a WebSocket. Close the transport once the
/// response is sent.
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
    is_to_head: bool,
}

#[derive(Clone, Copy)]
enum RefusalBody<'a> {
    Bytes(&'a [u8]),
    /// The text of the error, followed by a line end.
    Error(RequestError),
}

impl<'a> Refusal<'a> {
    /// Creates a response with this status and an empty body.
    ///
    /// The status must be from 200 to 599, except 204, 205 and 304, whose responses have no body.
    /// [`write`](Self::write) checks this.
    pub const fn new(status: u16) -> Self {
        Self { status, headers: &[], body: RefusalBody::Bytes(b""), is_to_head: false }
    }

    /// Sets other headers to send, such as `Content-Type`, `Location` or `WWW-Authenticate`.
    ///
    /// A response with status 426 must name the required protocol in `Upgrade` (RFC 9110,
    /// section 15.5.22).
    pub const fn headers(mut self, headers: &'a [Header<'a>]) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the body.
    pub const fn body(mut self, body: &'a [u8]) -> Self {
        self.body = RefusalBody::Bytes(body);
        self
    }

    /// Sets whether the request had the method `HEAD`. The response to such a request has the headers
    /// of a response to `GET`, but no body (RFC 9110, section 9.3.2).
    pub const fn to_head(mut self, is_to_head: bool) -> Self {
        self.is_to_head = is_to_head;
        self
    }

    /// Returns the status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Writes the response and returns its length in bytes.
    ///
    /// # Errors
    ///
    /// The status or a header is not allowed here, or the response does not fit into `out`.
    /// [`WriteError::BufferTooSmall`] contains the needed length. After an error, the contents of
    /// `out` are unspecified.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, WriteError> {
        let status = self.status;
        if !matches!(status, 200..=599) || matches!(status, 204 | 205 | 304) {
            return Err(WriteError::Status { status });
        }
        let mut writer = HeadWriter::new(out);
        // Formatting into a `HeadWriter` cannot fail: it counts the bytes that do not fit.
        let _ = write!(writer, "HTTP/1.1 {status} {}\r\n", reason(status));
        writer.headers(self.headers, is_framing_header)?;
        let connection = self.connection();
        let len = self.body.len();
        let _ = write!(writer, "Content-Length: {len}\r\nConnection: {connection}\r\n\r\n");
        if !self.is_to_head {
            self.body.write(&mut writer);
        }
        Ok(writer.finish()?)
    }

    /// Returns the value of `Connection`. A message with `Upgrade` must also list `Upgrade` in
    /// `Connection` (RFC 9110, section 7.8).
    pub(crate) fn connection(&self) -> &'static str {
        let has_upgrade = self.headers.iter().any(|header| header.is("Upgrade"));
        if has_upgrade { "Upgrade, close" } else { "close" }
    }
}

impl RequestError {
    /// Returns the response that reports this error to the client.
    ///
    /// The response is ready to be written. It has the status, the headers that this status needs,
    /// and one line of text as the body.
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
            // RFC 9110, section 15.5.6: a 405 lists the allowed methods.
            405 => const { &[Header::new("Allow", "GET"), TEXT] },
            // RFC 6455, section 4.4, and RFC 9110, section 15.5.22: a 426 names the required
            // protocol and version.
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
        Refusal {
            status: self.status(),
            headers,
            body: RefusalBody::Error(self),
            is_to_head: false,
        }
    }
}

/// Shows the length of the caller's bytes.
impl fmt::Debug for RefusalBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => fmt::Debug::fmt(&ShownLen(bytes.len()), f),
            Self::Error(error) => fmt::Debug::fmt(error, f),
        }
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

/// Returns the reason phrase of a status (RFC 9110, section 15, and RFC 6585). Clients ignore it
/// (RFC 9112, section 4).
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
