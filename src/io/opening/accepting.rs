//! The server's opening handshake as steps, for any way of reading and writing.

use core::mem;

use bytes::{Buf, BytesMut};

use super::Step;
use crate::deflate::Preferences;
use crate::handshake::{Incoming, Opened, Refusal, ServerHandshake};
use crate::http1::HeadLimits;
use crate::io::{AcceptError, Reply, encode_head};

/// An opening handshake in progress. [`step`](Self::step) tells what it needs next. Between two steps
/// it can wait for the transport as long as necessary.
#[derive(Debug)]
pub(crate) struct Accepting {
    handshake: ServerHandshake,
    /// The preferences for permessage-deflate, or `None` to decline it.
    deflate: Option<Preferences>,
    /// All bytes that have been read. The bytes after the head belong to the WebSocket.
    pub(crate) input: BytesMut,
    /// The part of the response that has not been written.
    pub(crate) output: BytesMut,
    /// Whether the response is still to be written and flushed.
    pub(crate) unflushed: bool,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// The request has not been answered. Its head may still be incomplete.
    Request,
    /// The request has been answered. It stays at the front of the input until the response is
    /// written.
    Response {
        head_len: usize,
        /// The result to return then.
        outcome: Result<Opened, AcceptError>,
    },
    /// The result has been returned.
    Over,
}

impl Accepting {
    pub(crate) fn new(limits: HeadLimits, deflate: Option<Preferences>) -> Self {
        Self {
            handshake: ServerHandshake::with_limits(limits),
            deflate,
            input: BytesMut::new(),
            output: BytesMut::new(),
            unflushed: false,
            progress: Progress::Request,
        }
    }

    /// Continues until the response is written. `answer` is called once, when the request has
    /// arrived, unless [`reply`](Self::reply) has answered it.
    pub(crate) fn step(
        &mut self,
        answer: impl FnOnce(&Incoming<'_>) -> Reply,
    ) -> Step<Result<Opened, AcceptError>> {
        if matches!(self.progress, Progress::Request) && !self.answer(answer) {
            return Step::Read;
        }
        if self.unflushed {
            return Step::Write;
        }
        Step::Done(match mem::replace(&mut self.progress, Progress::Over) {
            Progress::Response { head_len, outcome } => {
                self.input.advance(head_len);
                outcome
            }
            Progress::Request | Progress::Over => Err(AcceptError::Finished),
        })
    }

    /// Continues until the request has arrived, of whatever kind, and does not answer it. Only a
    /// request that breaks the rules is answered here, by its refusal.
    pub(crate) fn step_to_incoming(&mut self) -> Step<Result<(), AcceptError>> {
        match self.peek() {
            Ok(Some(_)) => Step::Done(Ok(())),
            Ok(None) => Step::Read,
            Err(_) => self.step_to_refusal(),
        }
    }

    /// Continues until a request for a WebSocket has arrived, and does not answer it. Any other
    /// request is answered here.
    pub(crate) fn step_to_request(&mut self) -> Step<Result<(), AcceptError>> {
        match self.peek() {
            Ok(Some(Incoming::WebSocket(_))) => Step::Done(Ok(())),
            Ok(None) => Step::Read,
            Ok(Some(Incoming::Http(_))) | Err(_) => self.step_to_refusal(),
        }
    }

    /// Continues until the response is written that [`reply`](Self::reply) has given.
    pub(crate) fn step_to_reply(&mut self) -> Step<Result<Opened, AcceptError>> {
        self.step(|_| Reply::refuse(500))
    }

    /// Continues until the response is written to a request that opens no WebSocket.
    fn step_to_refusal(&mut self) -> Step<Result<(), AcceptError>> {
        match self.step(|_| upgrade_required()) {
            Step::Read => Step::Read,
            Step::Write => Step::Write,
            Step::Done(Err(error)) => Step::Done(Err(error)),
            // A refusal opens nothing.
            Step::Done(Ok(_)) => Step::Done(Err(AcceptError::Finished)),
        }
    }

    /// Returns the request, or `None` while its head is incomplete and after the response is
    /// written.
    pub(crate) fn incoming(&mut self) -> Option<Incoming<'_>> {
        self.peek().ok().flatten()
    }

    /// Answers the request. An answer that was given before stays.
    pub(crate) fn reply(&mut self, reply: Reply) -> Result<(), AcceptError> {
        if matches!(self.progress, Progress::Request) && !self.answer(|_| reply) {
            return Err(AcceptError::NoRequest);
        }
        Ok(())
    }

    /// Looks at the request. This parses its head again.
    fn peek(&mut self) -> Result<Option<Incoming<'_>>, AcceptError> {
        if matches!(self.progress, Progress::Over) {
            return Err(AcceptError::Finished);
        }
        self.handshake.receive(&self.input).map_err(AcceptError::Request)
    }

    /// Answers the request: with `answer`, or with a refusal if the request breaks the rules.
    /// Returns `false` while the head of the request is incomplete.
    fn answer(&mut self, answer: impl FnOnce(&Incoming<'_>) -> Reply) -> bool {
        let (head_len, outcome) = match self.handshake.receive(&self.input) {
            Ok(None) => return false,
            Ok(Some(incoming)) => respond(&incoming, answer, self.deflate, &mut self.output),
            Err(error) => {
                refuse(error.refusal(), &mut self.output);
                (0, Err(AcceptError::Request(error)))
            }
        };
        self.progress = Progress::Response { head_len, outcome };
        self.unflushed = true;
        true
    }
}

/// Writes the answer. Returns the length of the request, and the result for the caller.
fn respond(
    incoming: &Incoming<'_>,
    answer: impl FnOnce(&Incoming<'_>) -> Reply,
    deflate: Option<Preferences>,
    output: &mut BytesMut,
) -> (usize, Result<Opened, AcceptError>) {
    let (request, head_len) = match incoming {
        Incoming::WebSocket(request) => (Some(request), request.head_len()),
        Incoming::Http(request) => (None, request.head_len),
    };
    let reply = answer(incoming);
    let outcome = match reply.write(request, deflate, output) {
        Ok(Some(opened)) => Ok(opened),
        Ok(None) if request.is_none() => Err(AcceptError::NotWebSocket { status: reply.status() }),
        Ok(None) => Err(AcceptError::Refused { status: reply.status() }),
        Err(error) => {
            refuse(Refusal::new(500), output);
            Err(AcceptError::Reply(error))
        }
    };
    (head_len, outcome)
}

fn refuse(refusal: Refusal<'_>, output: &mut BytesMut) {
    // A refusal of our own has nothing that could be refused.
    let _ = encode_head(output, |out| refusal.write(out));
}

/// What a request that asks for no WebSocket gets when nobody answers it otherwise.
pub(crate) fn upgrade_required() -> Reply {
    Reply::refuse(426)
        .header("Upgrade", "websocket")
        .header("Content-Type", "text/plain; charset=utf-8")
        .body("this is a WebSocket endpoint: ask for an upgrade\n")
}
