//! The transport of a connection, and how far its two directions have come.

use alloc::boxed::Box;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use ::tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use ::tokio::time::{Instant, Sleep, sleep_until};
use bytes::Buf as _;

use super::wakers::{Side, Wakers};
use crate::close::CloseCode;
use crate::connection::{Role, State, TransportAction};
use crate::error::{ProtocolError, SendError};
use crate::io::Error;
use crate::websocket::{Answers, Incoming, MessageReceiver, MessageSender, Outgoing};

/// The transport, and what is to be done on it. Halves share it, together with the sending half of
/// the WebSocket, under a lock.
#[derive(Debug)]
pub(super) struct Wire<S> {
    pub(super) stream: S,
    /// Whether the transport has been written to and not been flushed.
    unflushed: bool,
    wakers: Wakers,
    pub(super) close_timeout: Duration,
    /// Created when the configuration has a keepalive.
    clock: Option<Clock>,
    end: ReadState,
}

/// tokio's clock, since the connection was made.
#[derive(Debug)]
struct Clock {
    start: Instant,
    /// Runs out at the deadline of the keepalive.
    sleep: Pin<Box<Sleep>>,
}

/// How far the receiving direction has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadState {
    Open,
    /// An error has been returned. What the peer still sends is read and dropped, so that the Close
    /// that reports the error is not destroyed on its way (RFC 6455, section 7.1.1).
    Failed,
    /// There is nothing more to do.
    Over,
}

/// What became of the wait for more input.
enum Wait {
    /// There may be something to process.
    Again,
    /// The connection is over.
    Over,
    Failed(Error),
}

/// Access to the sending half and the transport: directly, or under a lock for a moment.
pub(super) trait Access<S, R> {
    fn with<T>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<S>) -> T) -> T;
}

impl<S, R> Access<S, R> for (&mut MessageSender<R>, &mut Wire<S>) {
    fn with<T>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<S>) -> T) -> T {
        act(self.0, self.1)
    }
}

/// Waits for what `take` finds in the input: a message, or a part of one. `None` when the
/// connection is over.
///
/// Messages are processed without the lock. The transport is written and read under it, which does
/// not block.
pub(super) fn poll_receive<S: AsyncRead + AsyncWrite + Unpin, R: Role, T>(
    receiver: &mut MessageReceiver<R>,
    access: &mut impl Access<S, R>,
    context: &mut Context<'_>,
    take: impl Fn(&mut MessageReceiver<R>, &mut Answers) -> Result<Option<T>, ProtocolError>,
) -> Poll<Option<Result<T, Error>>> {
    loop {
        let mut answers = Answers::new();
        let taken = take(receiver, &mut answers);
        if !answers.is_empty() {
            access.with(|sender, _| sender.settle(&mut answers));
        }
        let wait = match taken {
            Ok(Some(taken)) => return Poll::Ready(Some(Ok(taken))),
            Ok(None) => access.with(|sender, wire| wire.poll_wait(sender, receiver, context)),
            Err(error) => access.with(|sender, wire| wire.poll_fail(sender, error, context)),
        };
        match ready!(wait) {
            Wait::Again => {}
            Wait::Over => return Poll::Ready(None),
            Wait::Failed(error) => return Poll::Ready(Some(Err(error))),
        }
    }
}

impl<S> Wire<S> {
    pub(super) fn new(stream: S, close_timeout: Duration) -> Self {
        Self {
            stream,
            // The handshake may have left something.
            unflushed: true,
            wakers: Wakers::new(),
            close_timeout,
            clock: None,
            end: ReadState::Open,
        }
    }

    /// Returns whether there is nothing more to receive.
    pub(super) fn is_over(&self) -> bool {
        self.end == ReadState::Over
    }

    /// Tells the keepalive, if there is one, what has happened just now.
    fn note<R: Role>(
        &self,
        sender: &mut MessageSender<R>,
        happened: impl FnOnce(&mut MessageSender<R>, Duration),
    ) {
        if let Some(clock) = &self.clock {
            happened(sender, clock.start.elapsed());
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Writes what is queued, and waits for more input.
    fn poll_wait<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        receiver: &mut MessageReceiver<R>,
        context: &mut Context<'_>,
    ) -> Poll<Wait> {
        if self.end != ReadState::Open {
            return self.poll_end(sender, context);
        }
        // A transport that takes nothing may have something to give all the same, and one that has
        // failed says so when it is read.
        let written = self.poll_write(sender, Side::Receiving, context);
        if sender.transport_action() != TransportAction::Keep {
            let _ = ready!(written);
            // RFC 6455, section 7.1.1: the server closes first. How that goes has no meaning any
            // more.
            let _ = ready!(Pin::new(&mut self.stream).poll_shutdown(context));
            self.end = ReadState::Over;
            return Poll::Ready(Wait::Over);
        }
        let Poll::Ready(read) = poll_fill(&mut self.stream, receiver.input(), context) else {
            sender.output().release_memory();
            ready!(self.poll_deadline(sender, context));
            if let Some(error) = sender.error() {
                receiver.fail(error);
            }
            return Poll::Ready(Wait::Again);
        };
        self.note(sender, MessageSender::handle_received);
        match read {
            // After the peer's Close there may be an answer to it that is still to be written.
            Ok(0) => {
                let ended = receiver.receive_eof();
                sender.receive_eof(ended);
                if let Err(error) = ended {
                    self.end = ReadState::Over;
                    self.wakers.wake(Side::Sending);
                    return Poll::Ready(Wait::Failed(error.into()));
                }
            }
            Ok(_) => {}
            Err(error) => {
                self.end = ReadState::Over;
                // Once both sides have closed, it has no meaning either.
                if sender.state() != State::Closed {
                    return Poll::Ready(Wait::Failed(error.into()));
                }
                return Poll::Ready(Wait::Over);
            }
        }
        Poll::Ready(Wait::Again)
    }

    /// Returns an error of the peer once, and sees to it that the peer is told.
    fn poll_fail<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        error: ProtocolError,
        context: &mut Context<'_>,
    ) -> Poll<Wait> {
        if self.end != ReadState::Open {
            return self.poll_end(sender, context);
        }
        // A peer that has gone needs no telling.
        self.end = match sender.transport_action() {
            TransportAction::Drop => ReadState::Over,
            TransportAction::Keep | TransportAction::ShutdownWrite => ReadState::Failed,
        };
        // What it does not take now it is given later: the error need not wait.
        let _ = self.poll_write(sender, Side::Receiving, context);
        // Nothing more can be sent.
        self.wakers.wake(Side::Sending);
        Poll::Ready(Wait::Failed(error.into()))
    }

    /// Sees to it that the peer gets the Close that tells it of its fault.
    fn poll_end<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        context: &mut Context<'_>,
    ) -> Poll<Wait> {
        if self.end == ReadState::Failed {
            let written = ready!(self.poll_write(sender, Side::Receiving, context));
            let shut = ready!(Pin::new(&mut self.stream).poll_shutdown(context));
            let mut nowhere = [0; 4096];
            while written.is_ok() && shut.is_ok() {
                let mut buffer = ::tokio::io::ReadBuf::new(&mut nowhere);
                let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
                if read.is_err() || buffer.filled().is_empty() {
                    break;
                }
            }
            self.end = ReadState::Over;
        }
        Poll::Ready(Wait::Over)
    }

    /// Writes all that is queued, and flushes the transport.
    fn poll_write<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        side: Side,
        context: &Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            // A Pong for which the queue had no room goes into it when all else is written.
            let output = sender.output();
            if output.is_empty() && !self.unflushed {
                return Poll::Ready(Ok(()));
            }
            let mut context = self.wakers.context(side, context);
            ready!(poll_write_all(&mut self.stream, output, &mut self.unflushed, &mut context))?;
            self.note(sender, MessageSender::handle_written);
        }
    }

    /// Waits for the deadline of the keepalive, and does what is due then. Without a keepalive there
    /// is no deadline, and no timer of tokio's is touched.
    fn poll_deadline<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(deadline) = sender.deadline() else {
            return Poll::Pending;
        };
        let clock = self.clock.get_or_insert_with(|| {
            let start = Instant::now();
            Clock { start, sleep: Box::pin(sleep_until(start)) }
        });
        // A deadline that the clock cannot reach never comes.
        let Some(deadline) = clock.start.checked_add(deadline) else {
            return Poll::Pending;
        };
        if clock.sleep.deadline() != deadline {
            clock.sleep.as_mut().reset(deadline);
        }
        ready!(clock.sleep.as_mut().poll(context));
        sender.handle_deadline(clock.start.elapsed());
        Poll::Ready(())
    }

    pub(super) fn poll_flush_sending<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let written = self.poll_write(sender, Side::Sending, context);
        // The receiving task may be waiting already, and must not hold a buffer meanwhile.
        sender.output().release_memory();
        written.map_err(Error::Io)
    }

    pub(super) fn poll_close_sending<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if sender.state() == State::Open {
            sender.close(CloseCode::NORMAL, "").map_err(Error::Send)?;
        }
        self.poll_flush_sending(sender, context)
    }

    /// Waits until a message can be queued.
    pub(super) fn poll_room<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if sender.is_ready() {
            return Poll::Ready(Ok(()));
        }
        if self.end == ReadState::Over {
            // Nobody is left to read what is queued.
            return Poll::Ready(Err(Error::Send(SendError::Closing)));
        }
        match self.poll_write(sender, Side::Sending, context) {
            Poll::Ready(written) => Poll::Ready(Ok(written?)),
            // Some of it may have been written.
            Poll::Pending if sender.is_ready() => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Writes all of `output` and flushes the transport.
fn poll_write_all<S: AsyncWrite + Unpin>(
    stream: &mut S,
    output: &mut Outgoing,
    unflushed: &mut bool,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while !output.is_empty() {
        let stream = Pin::new(&mut *stream);
        let written = ready!(if stream.is_write_vectored() {
            let mut slices = [IoSlice::new(&[]); 16];
            let filled = output.chunks_vectored(&mut slices);
            match slices.get(..filled).unwrap_or_default() {
                [single] => stream.poll_write(context, single),
                several => stream.poll_write_vectored(context, several),
            }
        } else {
            stream.poll_write(context, output.chunk())
        })?;
        if written == 0 {
            return Poll::Ready(Err(ErrorKind::WriteZero.into()));
        }
        *unflushed = true;
        output.advance(written);
    }
    if *unflushed {
        ready!(Pin::new(stream).poll_flush(context))?;
        *unflushed = false;
    }
    Poll::Ready(Ok(()))
}

/// Reads more into `input`; 0 at the end of the transport. While there is nothing to read and
/// nothing was held, no buffer is.
fn poll_fill<S: AsyncRead + Unpin>(
    stream: &mut S,
    mut input: Incoming<'_>,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut free = input.lend();
    let filled = pin!(stream.read_buf(&mut free)).as_mut().poll(context);
    if filled.is_pending() {
        input.take_back(free);
        input.release_memory();
    } else {
        input.give_back(free);
    }
    filled
}
