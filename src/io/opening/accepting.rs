//! The server's opening handshake as steps, for any way of reading and writing.

use core::mem;

use bytes::{Buf, BytesMut};

use super::Step;
use crate::deflate::Preferences;
use crate::handshake::{Incoming, Opened, Refusal, ServerHandshake};
use crate::http1::HeadLimits;
use crate::io::{AcceptError, Reply, encode_head};

/// A handshake under way. What it needs next is [`step`](Self::step)'s to say; between two steps
/// it may be kept for as long as the transport has nothing to give or take.
#[derive(Debug)]
pub(crate) struct Accepting {
    handshake: ServerHandshake,
    /// What to negotiate of permessage-deflate, if anything.
    deflate: Option<Preferences>,
    /// All that has been read; behind the head, what belongs to the WebSocket.
    pub(crate) input: BytesMut,
    /// What is still to be written of the response.
    pub(crate) output: BytesMut,
    /// Whether the response is still to be written and flushed.
    pub(crate) unflushed: bool,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// The request is still coming.
    Request,
    /// It has been answered; this is what comes of it when the response is written.
    Response(Result<Opened, AcceptError>),
    /// The caller has been told.
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

    /// Goes on as far as it can. `answer` is asked once, when the request has come.
    pub(crate) fn step(
        &mut self,
        answer: impl FnOnce(&Incoming<'_>) -> Reply,
    ) -> Step<Result<Opened, AcceptError>> {
        if matches!(self.progress, Progress::Request) {
            match self.handshake.receive(&self.input) {
                Ok(None) => return Step::Read,
                Ok(Some(incoming)) => {
                    let (head_len, outcome) =
                        respond(&incoming, answer, self.deflate, &mut self.output);
                    self.input.advance(head_len);
                    self.progress = Progress::Response(outcome);
                }
                Err(error) => {
                    refuse(error.refusal(), &mut self.output);
                    self.progress = Progress::Response(Err(AcceptError::Request(error)));
                }
            }
            self.unflushed = true;
        }
        if self.unflushed {
            return Step::Write;
        }
        Step::Done(match mem::replace(&mut self.progress, Progress::Over) {
            Progress::Response(outcome) => outcome,
            Progress::Request | Progress::Over => Err(AcceptError::Finished),
        })
    }
}

/// Writes the answer; says how long the request was, and what comes of it.
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
