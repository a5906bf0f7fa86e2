//! Finds the end of the head of an HTTP message while the head arrives
//! ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112), section 2.1). [`parse`](super::parse) then
//! checks the content of the complete head.

use core::fmt;

use memchr::memchr2;

use super::error::HeadError;
use super::grammar::is_token_byte;
use super::shown::ShownLen;

/// The kind of head to expect. Requests and responses begin differently.
///
/// This enum is exhaustive on purpose, because HTTP has no other kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadKind {
    /// The head of a request.
    Request,
    /// The head of a response.
    Response,
}

/// A complete head that [`HeadScanner`] has found.
///
/// All its lines end in CRLF, and the last line is empty. There is no other CR or LF in the head.
/// [`HttpRequest::parse`](super::HttpRequest::parse) and
/// [`HttpResponse::parse`](super::HttpResponse::parse) check everything else.
#[derive(Clone, Copy)]
pub struct Head<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) len: usize,
    pub(super) behind: &'b [u8],
}

/// Shows the lengths, because the bytes may contain credentials.
impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("bytes", &ShownLen(self.bytes.len()))
            .field("behind", &ShownLen(self.behind.len()))
            .finish()
    }
}

impl<'b> Head<'b> {
    /// Returns the bytes from the start line to the empty line, both included.
    #[must_use]
    pub const fn bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Returns the offset of the end of the head in the caller's bytes.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.len
    }

    /// Returns the bytes that arrived after the head.
    #[must_use]
    pub const fn behind(&self) -> &'b [u8] {
        self.behind
    }

    /// Returns the position of the first CRLF that does not end a header line, because the next
    /// line continues that line.
    pub(super) fn first_fold(&self) -> Option<usize> {
        first_fold(self.bytes)
    }
}

/// Returns the position of the first CRLF that is followed by a continuation of its line (RFC 9112,
/// section 5.2). Whitespace directly after the start line continues nothing (RFC 9112, section
/// 2.2).
fn first_fold(head: &[u8]) -> Option<usize> {
    let start_line = text_len(head);
    let mut places = head.windows(3).enumerate().skip(start_line + 1);
    places.find(|(_, bytes)| matches!(bytes, [b'\r', b'\n', b' ' | b'\t'])).map(|(place, _)| place)
}

/// Finds the empty line that ends a head, in bytes that arrive in pieces of any size.
///
/// The scanner remembers how many bytes it has examined, so the work is linear in the number of
/// bytes. It refuses two things early: other protocols, without waiting for an empty line, and line
/// ends other than CRLF, which an HTTP library would accept.
///
/// ```
/// use websocket_proto::http1::{HeadKind, HeadLimits, HeadScanner, HttpRequest};
///
/// let limits = HeadLimits::DEFAULT;
/// let mut scanner = HeadScanner::new(HeadKind::Request, limits.bytes);
/// let received = b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\nmore";
/// assert!(scanner.scan(&received[..20])?.is_none());
///
/// let head = scanner.scan(received)?.expect("it is complete");
/// let request = HttpRequest::parse(&head, &limits)?;
/// assert_eq!((request.method, request.target), ("GET", "/chat"));
/// assert_eq!((head.end(), head.behind()), (request.head_len, &b"more"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeadScanner {
    kind: HeadKind,
    /// The largest number of bytes to examine.
    limit: usize,
    /// The offset of the next byte to examine, in the caller's bytes.
    position: usize,
    /// The offset at which this head begins.
    start: usize,
    state: ScanState,
}

/// The part of the head to which the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScanState {
    /// The first word of the start line, or an empty line before the start line.
    FirstWord,
    /// The LF of an empty line before the start line.
    LeadingLineFeed,
    /// The version of a TLS record, after its first byte.
    TlsVersion(u8),
    /// The first frame of an HTTP/2 server, of whose header this many bytes have arrived.
    Http2Frame(u8),
    Line,
    LineFeed,
    LineStart,
    /// The LF of the empty line that ends the head.
    LastLineFeed,
    Complete,
    Failed(HeadError),
}

impl HeadScanner {
    /// Creates a scanner for a head of at most `limit` bytes.
    #[must_use]
    pub const fn new(kind: HeadKind, limit: usize) -> Self {
        Self { kind, limit, position: 0, start: 0, state: ScanState::FirstWord }
    }

    /// Returns how many bytes have been examined.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Examines the bytes that arrived since the last call. `bytes` contains everything since the
    /// beginning.
    ///
    /// Returns `None` while the head is incomplete.
    ///
    /// # Errors
    /// The head exceeds the limit, is not HTTP, or has a line end other than CRLF. Every later call
    /// returns the same error.
    pub fn scan<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<Head<'b>>, HeadError> {
        let end = bytes.len().min(self.limit);
        while let Some(rest @ [byte, ..]) = bytes.get(self.position..end) {
            match self.state {
                ScanState::Complete | ScanState::Failed(_) => break,
                ScanState::Line => self.line(rest, *byte),
                _ => self.step(*byte),
            }
        }
        match self.state {
            ScanState::Complete => Ok(self.head(bytes)),
            ScanState::Failed(error) => Err(error),
            _ if self.position >= self.limit => {
                let error = HeadError::TooLarge { limit: self.limit };
                self.state = ScanState::Failed(error);
                Err(error)
            }
            _ => Ok(None),
        }
    }

    /// Replaces obsolete line folding in the head of a response by spaces (RFC 9112, section 5.2).
    /// The length of the head stays the same. `bytes` must be the bytes in which
    /// [`scan`](Self::scan) has found the head. Scan and parse again after this call.
    pub fn unfold(&self, bytes: &mut [u8]) {
        let Some(head) = bytes.get_mut(self.start..self.position) else {
            return;
        };
        let Some(first) = first_fold(head) else {
            return;
        };
        for place in first..head.len() {
            if let Some(fold @ [b'\r', b'\n', b' ' | b'\t']) = head.get_mut(place..place + 3) {
                fold.fill(b' ');
            }
        }
    }

    /// Prepares for another head, which follows the complete one, such as the final response after
    /// an interim one. The limit applies to all heads together.
    pub const fn restart(&mut self) {
        self.start = self.position;
        self.state = ScanState::FirstWord;
    }

    /// Examines the rest of a line, which begins with `first`, in few steps.
    #[inline]
    fn line(&mut self, rest: &[u8], first: u8) {
        let text = text_len(rest);
        match rest.get(text..text + 3) {
            // The next line is not empty, so its first byte is an ordinary byte too.
            Some([b'\r', b'\n', next]) if !is_line_end(*next) => self.position += text + 3,
            _ if text > 0 => self.position += text,
            _ => self.step(first),
        }
    }

    fn step(&mut self, byte: u8) {
        self.state = match self.after(byte) {
            Ok(state) => {
                self.position += 1;
                state
            }
            Err(error) => ScanState::Failed(error),
        };
    }

    fn after(&mut self, byte: u8) -> Result<ScanState, HeadError> {
        match (self.state, byte) {
            // RFC 9112, section 2.2: a server should ignore an empty line before a request.
            (ScanState::FirstWord, b'\r')
                if self.kind == HeadKind::Request && self.position == 0 =>
            {
                Ok(ScanState::LeadingLineFeed)
            }
            (ScanState::LeadingLineFeed, b'\n') => {
                self.start = self.position + 1;
                Ok(ScanState::FirstWord)
            }
            (ScanState::FirstWord, 0x15 | 0x16) if self.position == 0 => {
                Ok(ScanState::TlsVersion(byte))
            }
            (ScanState::FirstWord, 0) if self.kind == HeadKind::Response && self.position == 0 => {
                Ok(ScanState::Http2Frame(1))
            }
            (ScanState::TlsVersion(_) | ScanState::Http2Frame(_), _) => self.other_protocol(byte),
            (ScanState::FirstWord, _) => self.first_word(byte),

            // RFC 9112, section 2.2: a recipient may accept a bare LF as a line end. We do not,
            // because a proxy in front of us may have read those bytes differently.
            (ScanState::Line, b'\r') => Ok(ScanState::LineFeed),
            (ScanState::LineFeed, b'\n') => Ok(ScanState::LineStart),
            (ScanState::LineStart, b'\r') => Ok(ScanState::LastLineFeed),
            (ScanState::LastLineFeed, b'\n') => Ok(ScanState::Complete),
            (ScanState::LeadingLineFeed | ScanState::LineFeed | ScanState::LastLineFeed, _) => {
                Err(HeadError::BareCarriageReturn)
            }
            (_, b'\n') => Err(HeadError::BareLineFeed),

            _ => Ok(ScanState::Line),
        }
    }

    /// Recognises the other protocols that a port for HTTP/1.1 meets most often. No head of
    /// HTTP/1.1 begins with their first byte. The preface of an HTTP/2 client does look like a
    /// head: [`HttpRequest::parse`](super::HttpRequest::parse) recognises it.
    fn other_protocol(&self, byte: u8) -> Result<ScanState, HeadError> {
        match (self.state, byte) {
            // An alert or a handshake record (RFC 8446, section 5.1).
            (ScanState::TlsVersion(_), 0x03) => Err(HeadError::Tls),
            (ScanState::TlsVersion(first), _) => Err(HeadError::NotHttp(first)),
            // The SETTINGS frame that a server sends first: a length of 24 bits, then the type (RFC
            // 9113, section 4.1). The frame is short.
            (ScanState::Http2Frame(1), 0) => Ok(ScanState::Http2Frame(2)),
            (ScanState::Http2Frame(2), _) => Ok(ScanState::Http2Frame(3)),
            (ScanState::Http2Frame(3), 0x04) => Err(HeadError::Http2),
            _ => Err(HeadError::NotHttp(0)),
        }
    }

    /// Checks one byte of the first word: the method of a request, or the `HTTP/` of a response.
    /// This check detects other protocols (a TLS ClientHello, an SSH banner, a WebSocket frame)
    /// without waiting for more bytes.
    fn first_word(&self, byte: u8) -> Result<ScanState, HeadError> {
        let offset = self.position - self.start;
        match self.kind {
            HeadKind::Request if is_token_byte(byte) => Ok(ScanState::FirstWord),
            HeadKind::Request if byte == b' ' && offset > 0 => Ok(ScanState::Line),
            HeadKind::Response if b"HTTP/".get(offset) == Some(&byte) => {
                Ok(if byte == b'/' { ScanState::Line } else { ScanState::FirstWord })
            }
            _ => Err(HeadError::NotHttp(byte)),
        }
    }

    fn head<'b>(&self, bytes: &'b [u8]) -> Option<Head<'b>> {
        let (bytes, behind) = bytes.split_at_checked(self.position)?;
        Some(Head { bytes: bytes.get(self.start..)?, len: self.position, behind })
    }
}

/// Returns how many bytes at the front contain no CR or LF.
fn text_len(bytes: &[u8]) -> usize {
    memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len())
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
