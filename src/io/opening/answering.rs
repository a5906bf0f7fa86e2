//! The wait of a client for a response, and for the body of a refusal
//! ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112), section 6).

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use bytes::BytesMut;

use super::time_limit::TimeLimit;
use crate::handshake::HttpAnswer;
use crate::http1::{BodyDecoder, HttpResponse};

/// How much of the body of a refusal is kept, and how long a client waits for it.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct RefusalBody {
    pub(in crate::io) max_len: u64,
    pub(in crate::io) timeout: Duration,
}

/// The wait for a response, and the limits of the wait.
#[derive(Debug)]
pub(super) struct Answering {
    refusal_body: RefusalBody,
    refused: Option<Refused>,
    /// The end of the time limit of the whole connect.
    end: Option<Duration>,
    is_expired: bool,
    eof: bool,
}

/// A response that opens nothing, and the part of its body that has arrived.
struct Refused {
    answer: HttpAnswer,
    decoder: BodyDecoder,
    body: BytesMut,
    max_len: usize,
    time: TimeLimit,
    /// Whether the wait for the body is over.
    is_over: bool,
}

impl Answering {
    pub(super) const fn new(refusal_body: RefusalBody) -> Self {
        Self { refusal_body, refused: None, end: None, is_expired: false, eof: false }
    }

    pub(super) const fn receive_eof(&mut self) {
        self.eof = true;
    }

    pub(super) const fn is_eof(&self) -> bool {
        self.eof
    }

    /// Sets the end of the time limit of the whole connect. `Duration::MAX` means never.
    pub(super) fn expire_at(&mut self, end: Duration) {
        self.end = (end != Duration::MAX).then_some(end);
    }

    /// Returns whether the time limit of the whole connect is over.
    pub(super) const fn is_expired(&self) -> bool {
        self.is_expired
    }

    pub(super) fn deadline(&mut self, now: Duration) -> Option<Duration> {
        let body = self.refused.as_mut().and_then(|refused| refused.time.end(now));
        match (self.end, body) {
            (Some(end), Some(body)) => Some(end.min(body)),
            (end, body) => end.or(body),
        }
    }

    pub(super) fn handle_deadline(&mut self, now: Duration) {
        self.is_expired |= self.end.is_some_and(|end| now >= end);
        if let Some(refused) = &mut self.refused {
            refused.is_over |= self.is_expired || refused.time.is_over(now);
        }
    }

    /// Records a response that opens nothing, and begins to wait for its body.
    pub(super) fn refuse(&mut self, response: &HttpResponse<'_>) {
        let RefusalBody { max_len, timeout } = self.refusal_body;
        self.refused = Some(Refused {
            answer: HttpAnswer::new(response, b""),
            decoder: BodyDecoder::new(response.body_length()),
            body: BytesMut::new(),
            max_len: usize::try_from(max_len).unwrap_or(usize::MAX),
            time: TimeLimit::new(timeout),
            is_over: false,
        });
    }

    pub(super) const fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Takes the bytes of the body. Returns the refusal if the wait for its body is over.
    pub(super) fn refusal(&mut self, input: &mut BytesMut) -> Option<Box<HttpAnswer>> {
        let refused = self.refused.as_mut()?;
        refused.receive(input);
        if refused.is_over || self.eof { self.give_up() } else { None }
    }

    /// Returns the refusal with the part of its body that has arrived.
    pub(super) fn give_up(&mut self) -> Option<Box<HttpAnswer>> {
        let Refused { mut answer, body, .. } = self.refused.take()?;
        answer.body = body.freeze();
        Some(Box::new(answer))
    }
}

impl Refused {
    fn receive(&mut self, input: &mut BytesMut) {
        let mut bytes = &input[..];
        loop {
            let room = self.max_len - self.body.len();
            match self.decoder.decode(&mut bytes) {
                Ok(piece) if !piece.is_empty() && room > 0 => {
                    self.body.extend_from_slice(piece.get(..room).unwrap_or(piece));
                }
                Ok(_) => break,
                // The bytes before the error are still useful in a report.
                Err(_) => {
                    self.is_over = true;
                    break;
                }
            }
        }
        input.clear();
        self.is_over |= self.decoder.is_complete() || self.body.len() == self.max_len;
    }
}

/// Shows no header values, which may contain credentials, and no bytes of the body.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("status", &self.answer.status)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}
