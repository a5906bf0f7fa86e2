//! Where the head of an HTTP message ends (RFC 9112 2.1), found while it arrives. What stands in
//! it is for [`parse`](super::parse) to say, once it is whole.

use super::error::HeadError;
use super::grammar::is_token_byte;

/// Which of the two heads is expected: they differ in how they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadKind {
    Request,
    Response,
}

/// A head whose lines all end in CRLF, the last one being empty. No CR or LF is elsewhere in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'b> {
    /// From the start line to the empty line, both included.
    pub(crate) bytes: &'b [u8],
    /// Where the head ends in the caller's bytes.
    pub(crate) len: usize,
    /// What has come behind it.
    pub(crate) behind: &'b [u8],
}

/// Finds the empty line that ends a head, in bytes that arrive in pieces of any size.
///
/// It remembers how far it looked, so that the work is linear in what arrives. On the way it
/// refuses what has to be refused before the empty line comes, or would be taken by an HTTP
/// library: other protocols, and line ends other than CRLF.
#[derive(Clone, Debug)]
pub(crate) struct HeadScanner {
    kind: HeadKind,
    /// The most bytes that are looked at.
    limit: usize,
    /// The next byte to look at, as an offset into the caller's bytes.
    position: usize,
    /// Where this head begins.
    start: usize,
    state: ScanState,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScanState {
    /// The first word of the start line, or an empty line in front of it.
    FirstWord,
    /// The LF of an empty line in front of the start line.
    LeadingLineFeed,
    Line,
    LineFeed,
    LineStart,
    /// The LF of the empty line that ends the head.
    LastLineFeed,
    Complete,
    Failed(HeadError),
}

impl HeadScanner {
    pub(crate) const fn new(kind: HeadKind, limit: usize) -> Self {
        Self { kind, limit, position: 0, start: 0, state: ScanState::FirstWord }
    }

    /// How many bytes were looked at.
    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    /// Looks at what came since the last call. `bytes` is everything since the beginning.
    pub(crate) fn scan<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<Head<'b>>, HeadError> {
        let end = bytes.len().min(self.limit);
        while let Some(rest @ [byte, ..]) = bytes.get(self.position..end) {
            match self.state {
                ScanState::Complete | ScanState::Failed(_) => break,
                ScanState::Line if !is_line_end(*byte) => self.position += text_len(rest),
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

    /// Expects another head behind the one that is complete.
    pub(crate) const fn restart(&mut self) {
        self.start = self.position;
        self.state = ScanState::FirstWord;
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
            // RFC 9112 2.2: a server should ignore an empty line in front of a request.
            (ScanState::FirstWord, b'\r')
                if self.kind == HeadKind::Request && self.position == 0 =>
            {
                Ok(ScanState::LeadingLineFeed)
            }
            (ScanState::LeadingLineFeed, b'\n') => {
                self.start = self.position + 1;
                Ok(ScanState::FirstWord)
            }
            (ScanState::FirstWord, _) => self.first_word(byte),

            // RFC 9112 2.2: a recipient may take a bare LF for a line's end; we do not, because
            // a proxy in front of us may have read those bytes differently.
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

    /// The method of a request, or the `HTTP/` of a response: enough to tell other protocols
    /// (a TLS ClientHello, an SSH banner, a WebSocket frame) without waiting for more.
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

/// How many bytes at the front end no line.
fn text_len(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| is_line_end(byte)).unwrap_or(bytes.len())
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
