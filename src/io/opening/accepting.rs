//! The server's opening handshake as steps, for any way to read and write
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 4.2).

use core::fmt;
use core::mem;
use core::time::Duration;
use std::io::{self, ErrorKind};

use bytes::{Buf, BufMut, BytesMut};

use super::Step;
use super::responding::{refuse, respond, upgrade_required};
use super::time_limit::TimeLimit;
use crate::connection::Server;
use crate::deflate::Preferences;
use crate::handshake::{Incoming, Opened, Refusal, ServerHandshake};
use crate::http1::{HeadLimits, Header};
use crate::io::{AcceptError, HANDSHAKE_READ, Reply, Trace};
use crate::websocket::{Config, WebSocket};

/// The opening handshake of a server, for any way to read and write (RFC 6455, section 4.2).
///
/// The methods are of four kinds:
///
/// - The methods whose names begin with `step` return the next action.
/// - [`input`](Self::input), [`receive_eof`](Self::receive_eof), [`output`](Self::output) and
///   [`flushed`](Self::flushed) connect the handshake to a transport.
/// - [`incoming`](Self::incoming) and [`reply`](Self::reply) decide about the request between two
///   steps. A closure can decide in [`step`](Self::step) instead.
/// - [`deadline`](Self::deadline) and [`handle_deadline`](Self::handle_deadline) limit the time.
///
/// ```
/// use std::io::{self, ErrorKind, Read, Write};
/// use std::time::Instant;
///
/// use bytes::{Buf, BufMut};
/// use websocket_proto::connection::Server;
/// use websocket_proto::http1::HeadLimits;
/// use websocket_proto::handshake::Incoming;
/// use websocket_proto::io::{AcceptError, Accepting, Reply, Step, upgrade_required};
/// use websocket_proto::{WebSocket, websocket::Config};
///
/// fn accept(mut stream: impl Read + Write) -> Result<WebSocket<Server>, AcceptError> {
///     let clock = Instant::now();
///     let mut accepting = Accepting::new(HeadLimits::DEFAULT, None);
///     loop {
///         accepting.handle_deadline(clock.elapsed());
///         let step = accepting.step(|incoming| match incoming {
///             Incoming::WebSocket(_) => Reply::accept(),
///             Incoming::Http(_) => upgrade_required(),
///         });
///         match step {
///             Step::Read => {
///                 let mut bytes = [0; 1024];
///                 match stream.read(&mut bytes)? {
///                     0 => accepting.receive_eof(),
///                     len => accepting.input().put_slice(&bytes[..len]),
///                 }
///             }
///             Step::Write => {
///                 while accepting.output().has_remaining() {
///                     match stream.write(accepting.output().chunk())? {
///                         0 => return Err(io::Error::from(ErrorKind::WriteZero).into()),
///                         written => accepting.output().advance(written),
///                     }
///                 }
///                 stream.flush()?;
///                 accepting.flushed();
///             }
///             Step::Done(outcome) => break outcome.map(drop)?,
///         }
///     }
///     accepting.into_websocket(Config::new()).ok_or(AcceptError::Finished)
/// }
/// ```
pub struct Accepting {
    handshake: ServerHandshake,
    /// The preferences for permessage-deflate, or `None` to decline it.
    deflate: Option<Preferences>,
    /// All bytes that have been read. The bytes after the head belong to the WebSocket.
    input: BytesMut,
    /// The part of the response that has not been written.
    output: BytesMut,
    /// Whether the response is still to be written and flushed.
    unflushed: bool,
    eof: bool,
    time: TimeLimit,
    progress: Progress,
    trace: Trace,
}

#[derive(Debug)]
enum Progress {
    /// The request has not been answered. Its head may still be incomplete.
    Request,
    /// The request was returned to the application, which has not answered it yet.
    Decision,
    /// The request has been answered. It stays at the front of the input until the response is
    /// written.
    Response {
        head_len: usize,
        /// The result to return then.
        outcome: Result<Opened, AcceptError>,
    },
    /// The result has been returned. It is `None` if no WebSocket was opened.
    Over(Option<Opened>),
}

impl Accepting {
    /// The default of [`handshake_timeout`](Self::handshake_timeout): 10 s.
    pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

    /// The time for writing the response with status 408.
    const FAREWELL: Duration = Duration::from_secs(1);

    /// Creates a handshake with limits for the head of the request, and with the preferences for
    /// permessage-deflate, or `None` to decline it.
    #[must_use]
    pub fn new(limits: HeadLimits, deflate: Option<Preferences>) -> Self {
        Self {
            handshake: ServerHandshake::with_limits(limits),
            deflate,
            input: BytesMut::new(),
            output: BytesMut::new(),
            unflushed: false,
            eof: false,
            time: TimeLimit::new(Self::DEFAULT_HANDSHAKE_TIMEOUT),
            progress: Progress::Request,
            trace: Trace::accepting(),
        }
    }

    /// Sets the time limit for the whole handshake. The default is 10 s, and `Duration::MAX`
    /// switches the limit off.
    ///
    /// The limit begins at the first call of [`deadline`](Self::deadline) or
    /// [`handle_deadline`](Self::handle_deadline). While the application decides about a request
    /// that a step has returned, no time limit applies. The response to it then has the whole time
    /// again.
    #[must_use]
    pub fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.time = TimeLimit::new(limit);
        self
    }

    /// Continues until the response is written. `answer` is called once, when the request has
    /// arrived, unless [`reply`](Self::reply) has answered it.
    ///
    /// # Errors
    /// `Done` contains the reason why no WebSocket was opened. The response, if the client got one,
    /// has been written.
    pub fn step(
        &mut self,
        answer: impl FnOnce(&Incoming<'_>) -> Reply,
    ) -> Step<Result<Opened, AcceptError>> {
        if !self.is_answered() && !self.answer(answer) {
            return self.read();
        }
        if self.unflushed || !self.output.is_empty() {
            return Step::Write;
        }
        Step::Done(match mem::replace(&mut self.progress, Progress::Over(None)) {
            Progress::Response { head_len, outcome } => {
                self.input.advance(head_len);
                self.progress = Progress::Over(outcome.as_ref().ok().cloned());
                match &outcome {
                    Ok(opened) => self.trace.opened(opened),
                    Err(error) => self.trace.not_accepted(error),
                }
                outcome
            }
            over => {
                self.progress = over;
                Err(AcceptError::Finished)
            }
        })
    }

    /// Continues until any request has arrived, and does not answer it. Only a request that
    /// violates the rules is answered here, with a refusal. After `Done`, call
    /// [`incoming`](Self::incoming), then [`reply`](Self::reply).
    ///
    /// # Errors
    /// Returns the same errors as [`step`](Self::step).
    pub fn step_to_incoming(&mut self) -> Step<Result<(), AcceptError>> {
        if self.is_timed_out() {
            return self.step_to_refusal();
        }
        match self.peek() {
            Ok(Some(_)) => self.decide(),
            Ok(None) => self.read(),
            Err(_) => self.step_to_refusal(),
        }
    }

    /// Continues until a request for a WebSocket has arrived, and does not answer it. Any other
    /// request is answered here, with status 426. After `Done`, call [`incoming`](Self::incoming),
    /// then [`reply`](Self::reply).
    ///
    /// # Errors
    /// Returns the same errors as [`step`](Self::step).
    pub fn step_to_request(&mut self) -> Step<Result<(), AcceptError>> {
        if self.is_timed_out() {
            return self.step_to_refusal();
        }
        match self.peek() {
            Ok(Some(Incoming::WebSocket(_))) => self.decide(),
            Ok(None) => self.read(),
            Ok(Some(Incoming::Http(_))) | Err(_) => self.step_to_refusal(),
        }
    }

    /// Continues until the response from [`reply`](Self::reply) is written.
    ///
    /// # Errors
    /// Returns the same errors as [`step`](Self::step).
    pub fn step_to_reply(&mut self) -> Step<Result<Opened, AcceptError>> {
        self.step(|_| Reply::refuse(500))
    }

    /// Continues until the refusal of a request is written.
    fn step_to_refusal(&mut self) -> Step<Result<(), AcceptError>> {
        match self.step(|_| upgrade_required()) {
            Step::Read => Step::Read,
            Step::Write => Step::Write,
            Step::Done(Err(error)) => Step::Done(Err(error)),
            // A refusal opens nothing.
            Step::Done(Ok(_)) => Step::Done(Err(AcceptError::Finished)),
        }
    }

    /// Returns the request. Returns `None` while its head is incomplete, and after the response is
    /// written. Each call parses the head again.
    pub fn incoming(&mut self) -> Option<Incoming<'_>> {
        self.peek().ok().flatten()
    }

    /// Answers the request. An answer that was given before stays. Continue with
    /// [`step_to_reply`](Self::step_to_reply), which also reports a reply that cannot be sent.
    ///
    /// # Errors
    /// [`NoRequest`](AcceptError::NoRequest): the request has not arrived yet.
    pub fn reply(&mut self, reply: Reply) -> Result<(), AcceptError> {
        if !self.is_answered() && !self.answer(|_| reply) {
            return Err(AcceptError::NoRequest);
        }
        Ok(())
    }

    /// Returns the buffer for the bytes of the client. Add the bytes that the transport has read.
    pub fn input(&mut self) -> &mut (impl BufMut + use<>) {
        self.input.reserve(HANDSHAKE_READ);
        &mut self.input
    }

    /// Records that the transport has ended. If the request is incomplete, the next step fails.
    pub const fn receive_eof(&mut self) {
        self.eof = true;
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

    /// Returns the time at which [`handle_deadline`](Self::handle_deadline) has something to do, or
    /// `None` if there is no such time. `now` is the time since a fixed moment that the caller
    /// chooses.
    pub fn deadline(&mut self, now: Duration) -> Option<Duration> {
        match self.progress {
            Progress::Request | Progress::Response { .. } => self.time.end(now),
            Progress::Decision | Progress::Over(_) => None,
        }
    }

    /// Ends the handshake if its time limit is over. Before that this call has no effect, so it can
    /// be made at any time.
    ///
    /// If the request was not answered yet, the next step writes a response with status 408. The
    /// transport has one more second for it. Then the step fails with
    /// [`TimedOut`](AcceptError::TimedOut). If a response is in progress, the rest of it is
    /// dropped.
    pub fn handle_deadline(&mut self, now: Duration) {
        let limit = self.time.limit();
        if self.deadline(now).is_none() || !self.time.is_over(now) {
            return;
        }
        if self.is_answered() {
            if let Progress::Response { outcome, .. } = &mut self.progress
                && !matches!(outcome, Err(AcceptError::TimedOut { .. }))
            {
                *outcome = Err(AcceptError::TimedOut { limit });
            }
            self.output.clear();
            self.unflushed = false;
        } else {
            const TEXT: Header<'_> = Header::new("Content-Type", "text/plain; charset=utf-8");
            let refusal = Refusal::new(408).headers(&[TEXT]).to_head(self.is_to_head());
            refuse(refusal.body(b"the request did not arrive in time\n"), &mut self.output);
            let outcome = Err(AcceptError::TimedOut { limit });
            self.progress = Progress::Response { head_len: 0, outcome };
            self.unflushed = true;
            self.time = TimeLimit::new(Self::FAREWELL);
            self.time.end(now);
        }
    }

    /// Returns the WebSocket that this handshake has opened. It has the bytes that were read after
    /// the request. Returns `None` if the handshake is not over or has opened no WebSocket.
    #[must_use]
    pub fn into_websocket(self, config: Config) -> Option<WebSocket<Server>> {
        let Progress::Over(Some(opened)) = self.progress else {
            return None;
        };
        let mut websocket = WebSocket::new(Server, config, opened);
        websocket.input().append(self.input);
        Some(websocket)
    }

    /// Returns whether the request, of which only a part may have arrived, has the method `HEAD`.
    /// Bytes that nothing has examined do not count, so that it does not matter how they arrive.
    fn is_to_head(&self) -> bool {
        let examined = self.input.get(..self.handshake.received()).unwrap_or_default();
        examined.trim_ascii_start().starts_with(b"HEAD ")
    }

    const fn is_answered(&self) -> bool {
        !matches!(self.progress, Progress::Request | Progress::Decision)
    }

    const fn is_timed_out(&self) -> bool {
        matches!(
            self.progress,
            Progress::Response { outcome: Err(AcceptError::TimedOut { .. }), .. }
        )
    }

    /// Leaves the decision to the application.
    fn decide(&mut self) -> Step<Result<(), AcceptError>> {
        if matches!(self.progress, Progress::Request) {
            self.progress = Progress::Decision;
        }
        Step::Done(Ok(()))
    }

    /// Asks for more bytes of the request.
    fn read<T>(&mut self) -> Step<Result<T, AcceptError>> {
        if !self.eof {
            return Step::Read;
        }
        self.progress = Progress::Over(None);
        let error = io::Error::from(ErrorKind::UnexpectedEof).into();
        self.trace.not_accepted(&error);
        Step::Done(Err(error))
    }

    /// Looks at the request. This parses its head again.
    fn peek(&mut self) -> Result<Option<Incoming<'_>>, AcceptError> {
        if matches!(self.progress, Progress::Over(_)) {
            return Err(AcceptError::Finished);
        }
        self.handshake.receive(&self.input).map_err(AcceptError::Request)
    }

    /// Answers the request: with `answer`, or with a refusal if the request violates the rules.
    /// Returns `false` while the head of the request is incomplete.
    fn answer(&mut self, answer: impl FnOnce(&Incoming<'_>) -> Reply) -> bool {
        let (head_len, outcome) = match self.handshake.receive(&self.input) {
            Ok(None) => return false,
            Ok(Some(incoming)) => respond(&incoming, answer, self.deflate, &mut self.output),
            Err(error) => {
                refuse(error.refusal().to_head(self.is_to_head()), &mut self.output);
                (0, Err(AcceptError::Request(error)))
            }
        };
        if matches!(self.progress, Progress::Decision) {
            // The limit is for the client. The application may have taken long for its decision.
            self.time = TimeLimit::new(self.time.limit());
        }
        self.progress = Progress::Response { head_len, outcome };
        self.unflushed = true;
        true
    }
}

/// Shows no bytes of the request or the response, which may contain credentials.
impl fmt::Debug for Accepting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting")
            .field("input_len", &self.input.len())
            .field("output_len", &self.output.len())
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}
