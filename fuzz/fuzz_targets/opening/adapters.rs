//! The handshakes of the adapters, over a transport that does what a script says. The transport may
//! often be not ready, a call may be repeated, and a future may be dropped. The outcome must still
//! equal the outcome of the same handshake in steps. A failure of the transport must be reported.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use arbitrary::Arbitrary;
use websocket_proto::deflate::{DeflateConfig, Preferences};
use websocket_proto::http1::HeadLimits;
use websocket_proto::io::{
    AcceptError, Accepting, ConnectError, ConnectOptions, Connecting, Parts, Step,
};
use websocket_proto::websocket::Config;
use websocket_proto::{asynchronous, blocking};

use crate::drive::{AT_ONCE, drive};
use crate::plan::ReplyPlan;

/// What the transport does, and how patient the program is.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Script<'a> {
    is_asynchronous: bool,
    reads: &'a [u8],
    writes: &'a [u8],
    /// After how many polls a future is dropped.
    patience: u8,
}

const LIMITS: HeadLimits = HeadLimits { bytes: 1024, headers: 20 };

/// A server.
pub fn accept(bytes: &[u8], reply: &ReplyPlan<'_>, in_two_calls: bool, script: Script<'_>) {
    let expected = accepted(bytes, reply, in_two_calls);
    let transport = Scripted::new(bytes, None, script);
    let written = Rc::clone(&transport.written);
    let config = Config::new().deflate(DeflateConfig::new());
    let outcome = if script.is_asynchronous {
        let mut acceptor = asynchronous::Acceptor::<Scripted<'_>>::new(transport)
            .head_limits(LIMITS)
            .handshake_timeout(Duration::MAX)
            .config(config);
        loop {
            let accept = async {
                if !in_two_calls {
                    return acceptor.accept_or_serve(|incoming| reply.build(incoming)).await;
                }
                let incoming = acceptor.incoming().await?;
                let reply = reply.build(&incoming);
                acceptor.reply(reply).await
            };
            if let Some(outcome) = patiently(accept, script.patience) {
                break outcome.map(|socket| unread(socket.into_parts()));
            }
        }
    } else {
        let mut acceptor = blocking::Acceptor::new(transport)
            .head_limits(LIMITS)
            .handshake_timeout(Duration::MAX)
            .config(config);
        loop {
            let outcome = if in_two_calls {
                let reply = acceptor.incoming().map(|incoming| reply.build(&incoming));
                reply.and_then(|reply| acceptor.reply(reply))
            } else {
                acceptor.accept_or_serve(|incoming| reply.build(incoming))
            };
            match outcome {
                Err(AcceptError::Io(error)) if is_would_block(&error) => {}
                outcome => break outcome.map(|socket| unread(socket.into_parts())),
            }
        }
    };
    match (outcome, expected) {
        (Err(AcceptError::Io(error)), (_, whole)) if has_failed(&error) => {
            assert!(whole.starts_with(&written.borrow()));
        }
        (outcome, (expected, whole)) => {
            assert_eq!(outcome.map_err(|error| error.to_string()), expected);
            assert_eq!(*written.borrow(), whole);
        }
    }
}

/// What the handshake in steps makes of the bytes: the bytes that it leaves or the text of the
/// error, and what it writes.
fn accepted(
    bytes: &[u8],
    reply: &ReplyPlan<'_>,
    in_two_calls: bool,
) -> (Result<Vec<u8>, String>, Vec<u8>) {
    let mut accepting = Accepting::new(LIMITS, Some(Preferences::new()));
    let mut is_replied = false;
    let run = drive(&mut accepting, bytes, &AT_ONCE, |accepting| {
        if !in_two_calls {
            return accepting.step(|incoming| reply.build(incoming));
        }
        if !is_replied {
            match accepting.step_to_incoming() {
                Step::Read => return Step::Read,
                Step::Write => return Step::Write,
                Step::Done(Err(error)) => return Step::Done(Err(error)),
                Step::Done(Ok(())) => is_replied = true,
            }
            let reply = reply.build(&accepting.incoming().expect("it has arrived"));
            accepting.reply(reply).expect("it is the first reply");
        }
        accepting.step_to_reply()
    });
    let outcome = match run.outcome.expect("the transport does not fail") {
        Err(error) => Err(error.to_string()),
        Ok(_) => {
            let websocket = accepting.into_websocket(Config::new());
            let mut rest = websocket.expect("it is open").take_unprocessed().to_vec();
            rest.extend_from_slice(&run.unread);
            Ok(rest)
        }
    };
    (outcome, run.written)
}

/// A client, whose server is the one of this crate, or sends any bytes.
pub fn connect(
    options: &ConnectOptions,
    bytes: &[u8],
    server: Option<&ReplyPlan<'_>>,
    script: Script<'_>,
) {
    let options = options.clone().connect_timeout(Duration::MAX);
    let transport = Scripted::new(bytes, server, script);
    let outcome = if script.is_asynchronous {
        let connector = asynchronous::Connector::<Scripted<'_>>::new(transport, options.clone());
        let mut connector = connector.expect("what was taken can be sent");
        loop {
            if let Some(outcome) = patiently(connector.connect(), script.patience) {
                break outcome.map(|socket| unread(socket.into_parts()));
            }
        }
    } else {
        let connector = blocking::Connector::new(transport, options.clone());
        let mut connector = connector.expect("what was taken can be sent");
        loop {
            match connector.connect() {
                Err(ConnectError::Io { error, .. }) if is_would_block(&error) => {}
                outcome => break outcome.map(|socket| unread(socket.into_parts())),
            }
        }
    };
    if server.is_some() {
        match outcome {
            Ok(unread) => assert_eq!(unread, bytes),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        return;
    }
    let mut connecting = Connecting::new(options, [7; 16]).expect("what was taken can be sent");
    let expected = drive(&mut connecting, bytes, &AT_ONCE, |connecting| connecting.step(|_| ()));
    match (outcome, expected.outcome.expect("the transport does not fail")) {
        (Err(ConnectError::Io { error, .. }), _) if has_failed(&error) => {}
        (
            Err(ConnectError::Refused { answer, .. }),
            Err(ConnectError::Refused { answer: whole, .. }),
        ) => {
            // The transport may have failed in the middle of the body.
            assert!(whole.body.starts_with(&answer.body));
            assert_eq!((answer.status, answer.headers), (whole.status, whole.headers));
        }
        // The key of the adapter is random, so bytes that were made before can only open the
        // handshake in steps.
        (Err(ConnectError::Response { .. }), Ok(_)) => {}
        (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected.to_string()),
        (outcome, expected) => panic!("{outcome:?} is not {expected:?}"),
    }
}

/// The bytes that no message has been made of.
fn unread(parts: Parts<Scripted<'_>>) -> Vec<u8> {
    assert!(parts.output.is_empty());
    let mut bytes = parts.input.to_vec();
    bytes.extend(&parts.stream.input);
    bytes
}

/// Polls a future up to `patience` times, and drops it if it is still pending.
fn patiently<O>(future: impl Future<Output = O>, patience: u8) -> Option<O> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..=patience {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

fn is_would_block(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Whether the script has let the transport fail.
fn has_failed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::ConnectionReset
}

/// A transport with a script, for both adapters.
#[derive(Debug)]
pub struct Scripted<'a> {
    /// The bytes that have not been read.
    input: VecDeque<u8>,
    written: Rc<RefCell<Vec<u8>>>,
    /// The reply of the server of this crate, until it has replied.
    server: Option<&'a ReplyPlan<'a>>,
    reads: VecDeque<u8>,
    writes: VecDeque<u8>,
    has_failed: bool,
}

impl<'a> Scripted<'a> {
    fn new(bytes: &[u8], server: Option<&'a ReplyPlan<'a>>, script: Script<'_>) -> Self {
        let script_of = |bytes: &[u8]| bytes.iter().take(100).copied().collect();
        Self {
            input: bytes.iter().copied().collect(),
            written: Rc::default(),
            server,
            reads: script_of(script.reads),
            writes: script_of(script.writes),
            has_failed: false,
        }
    }

    /// Returns how many bytes one call moves at most.
    fn line(&mut self, is_write: bool) -> io::Result<usize> {
        if self.has_failed {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let script = if is_write { &mut self.writes } else { &mut self.reads };
        match script.pop_front() {
            None | Some(0..100) => Ok(usize::MAX),
            Some(byte @ 100..180) => Ok(usize::from(byte) - 99),
            Some(180..252) => Err(ErrorKind::WouldBlock.into()),
            Some(252..) => {
                self.has_failed = true;
                Err(ErrorKind::ConnectionReset.into())
            }
        }
    }

    /// Lets the server reply if the request is whole. The bytes after its response are the input.
    fn serve(&mut self) {
        let written = self.written.borrow();
        let Some(reply) = self.server.filter(|_| written.ends_with(b"\r\n\r\n")) else { return };
        let mut accepting = Accepting::new(HeadLimits::DEFAULT, Some(Preferences::new()));
        let run = drive(&mut accepting, &written, &AT_ONCE, |accepting| {
            accepting.step(|incoming| reply.build(incoming))
        });
        for byte in run.written.into_iter().rev() {
            self.input.push_front(byte);
        }
        self.server = None;
    }
}

impl Read for Scripted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at_most = self.line(false)?;
        self.serve();
        let len = buffer.len().min(at_most).min(self.input.len());
        for (to, byte) in buffer.iter_mut().zip(self.input.drain(..len)) {
            *to = byte;
        }
        Ok(len)
    }
}

impl Write for Scripted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.line(true)?.min(bytes.len());
        self.written.borrow_mut().extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.line(true).map(|_| ())
    }
}

impl blocking::Transport for Scripted<'_> {}

/// A call that would block is pending.
fn polled<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if is_would_block(&error) => Poll::Pending,
        result => Poll::Ready(result),
    }
}

impl asynchronous::Transport for Scripted<'_> {
    type Stream = Self;

    fn new(stream: Self) -> Self {
        stream
    }

    fn stream(&self) -> &Self {
        self
    }

    fn stream_mut(&mut self) -> &mut Self {
        self
    }

    fn into_stream(self) -> Self {
        self
    }

    fn poll_read(&mut self, buffer: &mut [u8], _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        polled(self.read(buffer))
    }

    fn poll_write(
        &mut self,
        slices: &[IoSlice<'_>],
        _: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        polled(self.write(&slices[0]))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        polled(self.flush())
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn now(&mut self) -> Duration {
        Duration::ZERO
    }

    fn poll_until(&mut self, _: Duration, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}
