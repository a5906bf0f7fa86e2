//! The client's opening handshake as steps, for any way to read and write
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

use alloc::boxed::Box;
use core::fmt;
use std::io;

use bytes::{Buf, BytesMut};

use super::Step;
use crate::handshake::{Answer, ClientHandshake, HttpAnswer, Opened, Response, WriteError};
use crate::io::answer::KeptBody;
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, encode_head};

/// A handshake in progress. [`step`](Self::step) returns the next action. Between two steps the
/// handshake may wait for the transport for any time.
pub(crate) struct Connecting {
    options: ConnectOptions,
    nonce: [u8; 16],
    handshake: ClientHandshake,
    /// The body of a response that does not open a WebSocket.
    body: Option<KeptBody>,
    /// The bytes that have been read. At the end these are the bytes of the WebSocket.
    pub(crate) input: BytesMut,
    /// The bytes of the request that have not been written.
    pub(crate) output: BytesMut,
    /// Whether the request must still be written and flushed.
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

    /// Returns the error for a failure of the transport.
    pub(crate) fn failed(&self, error: io::Error) -> ConnectError {
        self.options.step(ConnectPhase::Handshake).failed(error)
    }

    /// Records that the transport has ended. The body of a refusal is then complete.
    pub(crate) const fn receive_eof(&mut self) {
        self.eof = true;
    }

    /// Continues until the transport is needed or the handshake is over. `inspect` gets the
    /// response that opens the WebSocket.
    pub(crate) fn step(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Step<Result<Opened, ConnectError>> {
        if self.unflushed {
            return Step::Write;
        }
        // Each call below parses the head again, so this waits until the body is complete.
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

/// Does not show `output`, which may contain credentials.
impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").field("options", &self.options).finish_non_exhaustive()
    }
}
