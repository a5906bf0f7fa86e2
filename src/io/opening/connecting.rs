//! The client's opening handshake as steps, for any way of reading and writing.

use alloc::boxed::Box;
use core::fmt;
use std::io;

use bytes::{Buf, BytesMut};

use super::Step;
use crate::handshake::{Answer, ClientHandshake, HttpAnswer, Opened, Response, WriteError};
use crate::io::answer::KeptBody;
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, encode_head};

/// A handshake under way. What it needs next is [`step`](Self::step)'s to say; between two steps
/// it may be kept for as long as the transport has nothing to give or take.
pub(crate) struct Connecting {
    options: ConnectOptions,
    nonce: [u8; 16],
    handshake: ClientHandshake,
    /// Of a response that opens no WebSocket.
    body: Option<KeptBody>,
    /// All that has been read; in the end, what belongs to the WebSocket.
    pub(crate) input: BytesMut,
    /// What is still to be written of the request.
    pub(crate) output: BytesMut,
    /// Whether the request is still to be written and flushed.
    pub(crate) unflushed: bool,
    eof: bool,
}

impl Connecting {
    pub(crate) fn new(options: ConnectOptions, nonce: [u8; 16]) -> Result<Self, WriteError> {
        let mut output = BytesMut::new();
        options
            .with_request(nonce, |request| encode_head(&mut output, |out| request.write(out)))?;
        let handshake = ClientHandshake::with_limits(options.limits);
        let input = BytesMut::new();
        let (body, unflushed, eof) = (None, true, false);
        Ok(Self { options, nonce, handshake, body, input, output, unflushed, eof })
    }

    pub(crate) const fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// The error for a failure of the transport.
    pub(crate) fn failed(&self, error: io::Error) -> ConnectError {
        self.options.step(ConnectPhase::Handshake).failed(error)
    }

    /// Takes note that the transport has ended: what has come of a refusal is all of it.
    pub(crate) const fn receive_eof(&mut self) {
        self.eof = true;
    }

    /// Goes on as far as it can. `inspect` is shown the response that opens the WebSocket.
    pub(crate) fn step(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Step<Result<Opened, ConnectError>> {
        if self.unflushed {
            return Step::Write;
        }
        // The head is parsed anew each time it is asked for: not while more of the body is awaited.
        if !self.eof && self.body.is_some_and(|body| !body.is_whole(&self.input)) {
            return Step::Read;
        }
        let Self { options, handshake, input, .. } = self;
        match options.with_request(self.nonce, |request| handshake.receive(request, input)) {
            Ok(Some(Answer::WebSocket(response))) => {
                inspect(&response);
                let (opened, head_len) = (response.opened(), response.head_len());
                self.input.advance(head_len);
                Step::Done(Ok(opened))
            }
            Ok(Some(Answer::Http(response))) => {
                let body = KeptBody::of(&response);
                if self.eof || body.is_whole(input) {
                    let answer = HttpAnswer::new(&response, body.kept(input));
                    let (server, answer) = (options.server(), Box::new(answer));
                    return Step::Done(Err(ConnectError::Refused { server, answer }));
                }
                self.body = Some(body);
                Step::Read
            }
            Ok(None) if self.eof => {
                let received = input.len();
                let step = options.step(ConnectPhase::Handshake);
                Step::Done(Err(ConnectError::Ended { step, received }))
            }
            Ok(None) => Step::Read,
            Err(error) => {
                Step::Done(Err(ConnectError::Response { server: options.server(), error }))
            }
        }
    }
}

/// Not what is to be written: there may be credentials in it.
impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").field("options", &self.options).finish_non_exhaustive()
    }
}
