//! The client's opening handshake as steps, for any way to read and write
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.1).

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;
use std::io;

use bytes::{Buf, BufMut, BytesMut};

use super::Step;
use super::answering::Answering;
use crate::connection::Client;
use crate::handshake::{
    Answer, ClientHandshake, HttpAnswer, Opened, Response, ResponseError, WriteError,
};
use crate::http1::HeadError;
use crate::io::error::is_would_block;
use crate::io::{ConnectError, ConnectOptions, ConnectPhase, HANDSHAKE_READ, Trace, encode_head};
use crate::websocket::WebSocket;

/// The opening handshake of a client, for any way to read and write (RFC 6455, section 4.1).
///
/// It needs a transport that leads to the server: a TCP connection to
/// [`first_hop`](ConnectOptions::first_hop), then a [`Tunneling`](super::Tunneling) if the options
/// have a proxy, then TLS if the scheme is `wss`. [`Accepting`](super::Accepting) has an example of
/// the loop around a handshake.
///
/// A response that opens no WebSocket is a result as soon as its head has arrived. The handshake
/// waits for its body as long as [`refusal_body_timeout`](ConnectOptions::refusal_body_timeout)
/// allows.
pub struct Connecting {
    options: ConnectOptions,
    nonce: [u8; 16],
    handshake: ClientHandshake,
    answering: Answering,
    /// The bytes that have been read. At the end these are the bytes of the WebSocket.
    input: BytesMut,
    /// The bytes of the request that have not been written.
    output: BytesMut,
    /// Whether the request must still be written and flushed.
    unflushed: bool,
    progress: Progress,
    trace: Trace,
}

#[derive(Debug)]
enum Progress {
    Handshake,
    /// The result has been returned. It is `None` if no WebSocket was opened.
    Over(Option<Opened>),
}

impl Connecting {
    /// Creates a handshake. `nonce` must be 16 random bytes, new for each connection, such as
    /// [`random_nonce`](crate::handshake::random_nonce) returns (RFC 6455, section 4.1).
    ///
    /// # Errors
    /// Returns an error if the request cannot be written. This does not happen, because the methods
    /// of the options have already checked each part.
    pub fn new(options: ConnectOptions, nonce: [u8; 16]) -> Result<Self, WriteError> {
        let mut output = BytesMut::new();
        options
            .with_request(nonce, |request| encode_head(&mut output, |out| request.write(out)))?;
        Ok(Self {
            nonce,
            handshake: ClientHandshake::with_limits(options.limits),
            answering: Answering::new(options.refusal_body),
            input: BytesMut::new(),
            output,
            unflushed: true,
            progress: Progress::Handshake,
            trace: Trace::connecting(|| options.server()),
            options,
        })
    }

    /// Returns the options.
    pub const fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// Continues until the transport is needed or the handshake is over. `inspect` gets the
    /// response that opens the WebSocket.
    ///
    /// # Errors
    /// `Done` contains the reason why no WebSocket was opened.
    pub fn step(
        &mut self,
        inspect: impl FnOnce(&Response<'_>),
    ) -> Step<Result<Opened, ConnectError>> {
        if matches!(self.progress, Progress::Over(_)) {
            return Step::Done(Err(ConnectError::Finished));
        }
        if self.answering.is_refused() {
            return self.step_to_refusal();
        }
        if self.answering.is_expired() {
            let (step, limit) = (self.phase(), self.options.connect_timeout);
            return self.fail(ConnectError::TimedOut { step, limit });
        }
        if self.unflushed || !self.output.is_empty() {
            return Step::Write;
        }
        // Each interim response may have a folded line. This is a loop and not a recursion, so that
        // a server cannot exhaust the stack.
        loop {
            let Self { options, handshake, input, .. } = self;
            return match options
                .with_request(self.nonce, |request| handshake.receive(request, input))
            {
                Ok(Some(Answer::WebSocket(response))) => {
                    inspect(&response);
                    let (opened, head_len) = (response.opened(), response.head_len());
                    self.input.advance(head_len);
                    self.progress = Progress::Over(Some(opened.clone()));
                    self.trace.opened(&opened);
                    Step::Done(Ok(opened))
                }
                Ok(Some(Answer::Http(response))) => {
                    let head_len = response.head_len;
                    self.answering.refuse(&response);
                    self.input.advance(head_len);
                    self.step_to_refusal()
                }
                Ok(None) if self.answering.is_eof() => {
                    let (step, received) = (self.phase(), self.input.len());
                    self.fail(ConnectError::Ended { step, received })
                }
                Ok(None) => Step::Read,
                Err(ResponseError::Head(HeadError::FoldedLine)) => {
                    handshake.unfold(input);
                    continue;
                }
                Err(error) => {
                    let server = self.options.server();
                    self.fail(ConnectError::Response { server, error })
                }
            };
        }
    }

    /// Returns the buffer for the bytes of the server. Add the bytes that the transport has read.
    pub fn input(&mut self) -> &mut (impl BufMut + use<>) {
        self.input.reserve(HANDSHAKE_READ);
        &mut self.input
    }

    /// Records that the transport has ended. The body of a refusal is then complete. Without a
    /// response the next step fails.
    pub const fn receive_eof(&mut self) {
        self.answering.receive_eof();
    }

    /// Returns the bytes to write. Advance them by the number of bytes that the transport has
    /// written.
    pub fn output(&mut self) -> &mut (impl Buf + use<>) {
        &mut self.output
    }

    /// Records that the transport was flushed. While the output is not empty this call has no
    /// effect.
    pub fn flushed(&mut self) {
        self.unflushed = !self.output.is_empty();
    }

    /// Sets the end of the time limit of the whole connect, as the time since a fixed moment that
    /// the caller chooses. [`connect_deadline`](ConnectOptions::connect_deadline) returns it.
    /// `Duration::MAX` means never. Without this call the handshake has no time limit.
    pub fn expire_at(&mut self, end: Duration) {
        self.answering.expire_at(end);
    }

    /// Returns the time at which [`handle_deadline`](Self::handle_deadline) has something to do, or
    /// `None` if there is no such time. `now` is the time since a fixed moment that the caller
    /// chooses. The time for the body of a refusal begins at the first call after its head.
    pub fn deadline(&mut self, now: Duration) -> Option<Duration> {
        match self.progress {
            Progress::Handshake => self.answering.deadline(now),
            Progress::Over(_) => None,
        }
    }

    /// Ends the handshake, or the wait for the body of a refusal, if its time is over. Before that
    /// this call has no effect, so it can be made at any time.
    ///
    /// If the head of a refusal has arrived, the next step returns
    /// [`Refused`](ConnectError::Refused), with the part of the body that has arrived. Otherwise it
    /// returns [`TimedOut`](ConnectError::TimedOut).
    pub fn handle_deadline(&mut self, now: Duration) {
        self.answering.handle_deadline(now);
    }

    /// Returns the error for a failure of the transport: the refusal, if its head has arrived.
    ///
    /// A transport that is only not ready (`WouldBlock` or `TimedOut`) changes nothing, and the
    /// handshake can continue.
    pub fn failed(&mut self, error: io::Error) -> ConnectError {
        if is_would_block(&error) {
            return self.phase().failed(error);
        }
        if let Some(answer) = self.answering.give_up() {
            return self.refused(answer);
        }
        let error = self.phase().failed(error);
        self.trace.not_connected(&error);
        error
    }

    /// Returns the WebSocket that this handshake has opened. It has the configuration of the
    /// options, and the bytes that were read after the response. Returns `None` if the handshake is
    /// not over or has opened no WebSocket.
    #[must_use]
    pub fn into_websocket(self, client: Client) -> Option<WebSocket<Client>> {
        let Progress::Over(Some(opened)) = self.progress else {
            return None;
        };
        let mut websocket = WebSocket::new(client, self.options.config, opened);
        websocket.input().append(self.input);
        Some(websocket)
    }

    /// Continues until the wait for the body of a refusal is over.
    fn step_to_refusal(&mut self) -> Step<Result<Opened, ConnectError>> {
        match self.answering.refusal(&mut self.input) {
            Some(answer) => Step::Done(Err(self.refused(answer))),
            None => Step::Read,
        }
    }

    fn refused(&mut self, answer: Box<HttpAnswer>) -> ConnectError {
        self.progress = Progress::Over(None);
        let error = ConnectError::Refused { server: self.options.server(), answer };
        self.trace.not_connected(&error);
        error
    }

    fn fail(&mut self, error: ConnectError) -> Step<Result<Opened, ConnectError>> {
        self.progress = Progress::Over(None);
        self.trace.not_connected(&error);
        Step::Done(Err(error))
    }

    fn phase(&self) -> crate::io::ConnectStep {
        self.options.step(ConnectPhase::Handshake)
    }
}

/// Shows no bytes of the request or the response, which may contain credentials.
impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting")
            .field("options", &self.options)
            .field("answering", &self.answering)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
