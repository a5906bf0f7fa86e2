//! The handshake with an HTTP proxy as steps, for any way to read and write
//! ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110), section 9.3.6).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use std::io;

use bytes::{Buf, BufMut, BytesMut};

use super::Step;
use super::answering::Answering;
use crate::handshake::{ClientHandshake, HttpAnswer, ResponseError};
use crate::http1::HeadError;
use crate::io::error::is_would_block;
use crate::io::url::Authority;
use crate::io::{
    ConnectError, ConnectOptions, ConnectPhase, ConnectStep, HANDSHAKE_READ, ProxyError,
};

/// The handshake with an HTTP proxy, for any way to read and write. It asks the proxy for a tunnel
/// to the server with `CONNECT` (RFC 9110, section 9.3.6).
///
/// [`ConnectOptions::tunnel`] creates it. It needs a TCP connection to the proxy, which leads to the
/// server when the handshake is over. No bytes are read ahead: a proxy that sends bytes after its
/// response is refused.
///
/// A refusal is a result as soon as its head has arrived, as for [`Connecting`](super::Connecting).
pub struct Tunneling {
    /// The host and the port of the proxy.
    proxy: String,
    connect_timeout: Duration,
    handshake: ClientHandshake,
    answering: Answering,
    /// The bytes that have been read.
    input: BytesMut,
    /// The bytes of the request that have not been written.
    output: BytesMut,
    /// Whether the request must still be written and flushed.
    unflushed: bool,
    is_over: bool,
}

impl Tunneling {
    /// Creates a request to `proxy` for a tunnel to `server`.
    pub(in crate::io) fn new(
        server: &Authority,
        proxy: &Authority,
        options: &ConnectOptions,
    ) -> Self {
        let authority = server.authority();
        // [RFC 9112](https://www.rfc-editor.org/rfc/rfc9112), section 3.2.3 and RFC 9110, section
        // 7.2: the target and the `Host` header are the authority. Both come from a URL, so they
        // contain no byte that could end a line.
        let request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        let mut output = BytesMut::from(request.as_bytes());
        if let Some(authorization) = &proxy.authorization {
            for part in [b"Proxy-Authorization: ", authorization.as_bytes(), b"\r\n"] {
                output.extend_from_slice(part);
            }
        }
        output.extend_from_slice(b"\r\n");
        Self {
            proxy: proxy.authority(),
            connect_timeout: options.connect_timeout,
            handshake: ClientHandshake::with_limits(options.limits),
            answering: Answering::new(options.refusal_body),
            input: BytesMut::new(),
            output,
            unflushed: true,
            is_over: false,
        }
    }

    /// Continues until the transport is needed or the handshake is over.
    ///
    /// # Errors
    /// `Done` contains the reason why there is no tunnel.
    pub fn step(&mut self) -> Step<Result<(), ConnectError>> {
        if self.is_over {
            return Step::Done(Err(ConnectError::Finished));
        }
        if self.answering.is_refused() {
            return self.step_to_refusal();
        }
        if self.answering.is_expired() {
            let (step, limit) = (self.phase(), self.connect_timeout);
            return self.done(Err(ConnectError::TimedOut { step, limit }));
        }
        if self.unflushed || !self.output.is_empty() {
            return Step::Write;
        }
        // Each interim response may have a folded line. This is a loop and not a recursion, so that
        // a proxy cannot exhaust the stack.
        loop {
            return match self.handshake.receive_http(&self.input) {
                // RFC 9110, section 9.3.6: any 2xx status opens the tunnel, and the headers that
                // describe a body have no meaning.
                Ok(Some(response)) if (200..300).contains(&response.status) => {
                    let is_early = !response.body.is_empty();
                    let early = || self.error(ProxyError::EarlyBytes);
                    let outcome = if is_early { Err(early()) } else { Ok(()) };
                    self.done(outcome)
                }
                Ok(Some(response)) => {
                    let head_len = response.head_len;
                    self.answering.refuse(&response);
                    self.input.advance(head_len);
                    self.step_to_refusal()
                }
                Ok(None) if self.answering.is_eof() => {
                    let (step, received) = (self.phase(), self.input.len());
                    self.done(Err(ConnectError::Ended { step, received }))
                }
                Ok(None) => Step::Read,
                Err(ResponseError::Head(HeadError::FoldedLine)) => {
                    self.handshake.unfold(&mut self.input);
                    continue;
                }
                Err(error) => self.done(Err(self.error(ProxyError::Response(error)))),
            };
        }
    }

    /// Returns the buffer for the bytes of the proxy. Add the bytes that the transport has read.
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

    /// Sets the end of the time limit of the whole connect, as
    /// [`Connecting::expire_at`](super::Connecting::expire_at) does.
    pub fn expire_at(&mut self, end: Duration) {
        self.answering.expire_at(end);
    }

    /// Returns the time at which [`handle_deadline`](Self::handle_deadline) has something to do, as
    /// [`Connecting::deadline`](super::Connecting::deadline) does.
    pub fn deadline(&mut self, now: Duration) -> Option<Duration> {
        if self.is_over { None } else { self.answering.deadline(now) }
    }

    /// Ends the handshake, or the wait for the body of a refusal, if its time is over, as
    /// [`Connecting::handle_deadline`](super::Connecting::handle_deadline) does.
    pub fn handle_deadline(&mut self, now: Duration) {
        self.answering.handle_deadline(now);
    }

    /// Returns the error for a failure of the transport, as
    /// [`Connecting::failed`](super::Connecting::failed) does.
    pub fn failed(&mut self, error: io::Error) -> ConnectError {
        if !is_would_block(&error)
            && let Some(answer) = self.answering.give_up()
        {
            return self.refused(answer);
        }
        self.phase().failed(error)
    }

    /// Continues until the wait for the body of a refusal is over.
    fn step_to_refusal(&mut self) -> Step<Result<(), ConnectError>> {
        match self.answering.refusal(&mut self.input) {
            Some(answer) => Step::Done(Err(self.refused(answer))),
            None => Step::Read,
        }
    }

    fn refused(&mut self, answer: Box<HttpAnswer>) -> ConnectError {
        self.is_over = true;
        self.error(ProxyError::Refused(answer))
    }

    fn done(&mut self, outcome: Result<(), ConnectError>) -> Step<Result<(), ConnectError>> {
        self.is_over = true;
        Step::Done(outcome)
    }

    fn error(&self, error: ProxyError) -> ConnectError {
        ConnectError::Proxy { proxy: self.proxy.clone(), error }
    }

    fn phase(&self) -> ConnectStep {
        ConnectStep::new(ConnectPhase::Proxy, self.proxy.as_str())
    }
}

/// Shows no bytes of the request or the response, which may contain credentials.
impl fmt::Debug for Tunneling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunneling")
            .field("proxy", &self.proxy)
            .field("answering", &self.answering)
            .finish_non_exhaustive()
    }
}
