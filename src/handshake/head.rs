//! The head of an HTTP message, found and checked while it arrives (RFC 9112 2 to 5).

use super::error::HeadError;
use super::headers::Headers;
use super::scan::{field_run, is_field_byte, is_token_byte, token_run};

/// How large the head of a request or response may be. Both limits are inclusive.
///
/// ```
/// use websocket_proto::handshake::{HeadLimits, ServerHandshake};
///
/// assert_eq!(HeadLimits::default(), HeadLimits { bytes: 16 * 1024, headers: 100 });
/// let handshake = ServerHandshake::with_limits(HeadLimits { bytes: 4096, headers: 32 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes from the first of the start line to the blank line, both included. A client's
    /// limit is for all interim responses (1xx) and the final one together. 16 KiB by default.
    pub bytes: usize,
    /// Header lines. 100 by default.
    pub headers: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self { bytes: 16 * 1024, headers: 100 }
    }
}

/// Which of the two heads is expected: they differ in the start line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    Response,
}

/// A complete head: every line ends in CRLF, every header has a token for a name, and no value
/// holds a control byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'b> {
    pub(super) start_line: &'b [u8],
    pub(super) headers: Headers<'b>,
    /// Where the head ends in the caller's bytes.
    pub(super) len: usize,
}

/// Finds the end of a head in bytes that arrive in pieces of any size.
///
/// It is a state machine over single bytes that remembers how far it looked, so that the work is
/// linear in what arrives and a byte that cannot be HTTP is refused the moment it is there.
#[derive(Clone, Debug)]
pub(super) struct HeadScanner {
    kind: Kind,
    limits: HeadLimits,
    /// The next byte to look at, as an offset into the caller's bytes.
    position: usize,
    /// Where this head begins.
    start: usize,
    /// Where its start line ends, in front of the CRLF.
    start_line_end: usize,
    header_count: usize,
    state: State,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start { after_blank_line: bool },
    BlankLineFeed,
    FirstWord,
    StartLine,
    StartLineFeed,
    LineStart,
    Name,
    Value,
    ValueLineFeed,
    LastLineFeed,
    Complete,
    Failed(HeadError),
}

impl HeadScanner {
    pub(super) const fn new(kind: Kind, limits: HeadLimits) -> Self {
        Self {
            kind,
            limits,
            position: 0,
            start: 0,
            start_line_end: 0,
            header_count: 0,
            state: State::Start { after_blank_line: false },
        }
    }

    /// How many bytes were looked at.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    /// Looks at what came since the last call. `bytes` is everything since the beginning.
    pub(super) fn scan<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<Head<'b>>, HeadError> {
        let end = bytes.len().min(self.limits.bytes);
        while let Some(rest @ [byte, ..]) = bytes.get(self.position..end) {
            let taken = match self.state {
                State::Complete | State::Failed(_) => break,
                State::Name => token_run(rest),
                State::StartLine | State::Value => field_run(rest),
                _ => 0,
            };
            if taken > 0 {
                self.position += taken;
                continue;
            }
            match self.step(*byte) {
                Ok(state) => {
                    self.state = state;
                    self.position += 1;
                }
                Err(error) => self.state = State::Failed(error),
            }
        }
        match self.state {
            State::Complete => Ok(self.head(bytes)),
            State::Failed(error) => Err(error),
            _ if self.position >= self.limits.bytes => {
                let limit = self.limits.bytes;
                Err(self.fail(HeadError::TooLarge { limit }))
            }
            _ => Ok(None),
        }
    }

    /// Expects another head behind the one that is complete.
    pub(super) const fn restart(&mut self) {
        self.start = self.position;
        self.header_count = 0;
        self.state = State::Start { after_blank_line: false };
    }

    const fn fail(&mut self, error: HeadError) -> HeadError {
        self.state = State::Failed(error);
        error
    }

    fn step(&mut self, byte: u8) -> Result<State, HeadError> {
        match (self.state, byte) {
            // RFC 9112 2.2: a server should ignore an empty line in front of a request.
            (State::Start { after_blank_line }, b'\r')
                if self.kind == Kind::Request && !after_blank_line =>
            {
                Ok(State::BlankLineFeed)
            }
            (State::BlankLineFeed, b'\n') => {
                self.start = self.position + 1;
                Ok(State::Start { after_blank_line: true })
            }
            (State::Start { .. } | State::FirstWord, _) => self.first_word(byte),

            (State::StartLine, b'\r') => {
                self.start_line_end = self.position;
                Ok(State::StartLineFeed)
            }
            (State::StartLine, _) if is_field_byte(byte) => Ok(State::StartLine),

            // RFC 9112 2.2: a recipient may take a bare LF for a line's end; we do not, because
            // a proxy in front of us may have read those bytes differently.
            (State::StartLineFeed | State::ValueLineFeed, b'\n') => Ok(State::LineStart),
            (State::LastLineFeed, b'\n') => Ok(State::Complete),

            (State::LineStart, b'\r') => Ok(State::LastLineFeed),
            // RFC 9112 5.2: a server refuses a folded line, or replaces it by spaces.
            (State::LineStart, b' ' | b'\t') => Err(HeadError::FoldedLine),
            (State::LineStart, _) if is_token_byte(byte) => {
                if self.header_count >= self.limits.headers {
                    return Err(HeadError::TooManyHeaders { limit: self.limits.headers });
                }
                self.header_count += 1;
                Ok(State::Name)
            }

            // RFC 9112 5.1: no whitespace between the name and the colon.
            (State::Name, b':') => Ok(State::Value),
            (State::Value, b'\r') => Ok(State::ValueLineFeed),

            (
                State::BlankLineFeed
                | State::StartLineFeed
                | State::ValueLineFeed
                | State::LastLineFeed,
                _,
            ) => Err(HeadError::BareCarriageReturn),
            (_, b'\n') => Err(HeadError::BareLineFeed),
            (State::StartLine | State::Value, _) => Err(HeadError::ControlByte(byte)),
            _ => Err(HeadError::HeaderName(byte)),
        }
    }

    /// The method of a request, or the `HTTP/` of a response: enough to tell other protocols
    /// (a TLS ClientHello, an SSH banner, a WebSocket frame) without waiting for more.
    fn first_word(&self, byte: u8) -> Result<State, HeadError> {
        let offset = self.position - self.start;
        match self.kind {
            Kind::Request if is_token_byte(byte) => Ok(State::FirstWord),
            Kind::Request if byte == b' ' && offset > 0 => Ok(State::StartLine),
            Kind::Response if b"HTTP/".get(offset) == Some(&byte) => Ok(match offset {
                4 => State::StartLine,
                _ => State::FirstWord,
            }),
            _ => Err(HeadError::NotHttp(byte)),
        }
    }

    fn head<'b>(&self, bytes: &'b [u8]) -> Option<Head<'b>> {
        let start_line = bytes.get(self.start..self.start_line_end)?;
        // Between the CRLF of the start line and that of the blank line.
        let lines = bytes.get(self.start_line_end + 2..self.position - 2)?;
        Some(Head { start_line, headers: Headers::from_lines(lines), len: self.position })
    }
}

/// `HTTP/1.x` as its `x` (RFC 9112 2.3).
pub(super) fn parse_version(text: &[u8]) -> Result<u8, VersionError> {
    match text {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => Ok(minor - b'0'),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(VersionError::Unsupported)
        }
        _ => Err(VersionError::Malformed),
    }
}

/// Why [`parse_version`] has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VersionError {
    Unsupported,
    Malformed,
}
