//! The transport of a connection, and the loop that reads and writes it
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 7.1.1).
//!
//! The whole stream and the two halves use the same loop.

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

/// The transport and its state. Two halves share it, together with the sending half of the
/// WebSocket, under a lock.
#[derive(Debug)]
pub(super) struct Wire<S> {
    pub(super) stream: S,
    /// Whether the transport has been written to but not flushed.
    unflushed: bool,
    wakers: Wakers,
    pub(super) close_timeout: Duration,
    /// `None` until the keepalive has its first deadline.
    clock: Option<Clock>,
    end: ReadState,
}

/// A clock of tokio. It starts at the first wait that has a deadline.
#[derive(Debug)]
struct Clock {
    start: Instant,
    /// Expires at the deadline of the keepalive.
    sleep: Pin<Box<Sleep>>,
}

/// The state of the receiving direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadState {
    Open,
    /// An error has been returned. Further bytes of the peer are read and dropped, so that the peer
    /// receives the Close that reports the error (RFC 6455, section 7.1.1).
    Failed,
    /// The receiving direction has ended.
    Over,
}

/// The result of a wait for more input.
enum Wait {
    /// More input may be ready.
    Again,
    /// The connection is over.
    Over,
    Failed(Error),
}

/// Access to the sending half and the transport: directly, or under a lock that is held during
/// `act`.
pub(super) trait Access<S, R> {
    fn with<T>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<S>) -> T) -> T;
}

impl<S, R> Access<S, R> for (&mut MessageSender<R>, &mut Wire<S>) {
    fn with<T>(&mut self, act: impl FnOnce(&mut MessageSender<R>, &mut Wire<S>) -> T) -> T {
        act(self.0, self.1)
    }
}

/// Waits until `take` returns a message or a part of one. Returns `None` when the connection is
/// over.
///
/// Messages are processed without the lock. The transport is written and read under the lock, which
/// never blocks.
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
            // The opening handshake may have left bytes that are not flushed.
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

    /// Reports an event to the keepalive, with the present time.
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
    /// Writes everything that is queued, and waits for more input.
    fn poll_wait<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        receiver: &mut MessageReceiver<R>,
        context: &mut Context<'_>,
    ) -> Poll<Wait> {
        if self.end != ReadState::Open {
            return self.poll_end(sender, context);
        }
        // An error of the write does not stop the read. A transport that accepts no bytes may still
        // have bytes to read, and a read reports a transport that has failed.
        let written = self.poll_write(sender, Side::Receiving, context);
        if sender.transport_action() != TransportAction::Keep {
            let _ = ready!(written);
            // RFC 6455, section 7.1.1: the server closes the transport first. Errors have no
            // meaning any more.
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
            // After the Close of the peer the answer may still have to be written.
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
                // After both endpoints have sent a Close, the error has no meaning.
                if sender.state() != State::Closed {
                    return Poll::Ready(Wait::Failed(error.into()));
                }
                return Poll::Ready(Wait::Over);
            }
        }
        Poll::Ready(Wait::Again)
    }

    /// Returns an error of the peer once. The later calls make sure that the peer receives the
    /// Close that reports it.
    fn poll_fail<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        error: ProtocolError,
        context: &mut Context<'_>,
    ) -> Poll<Wait> {
        if self.end != ReadState::Open {
            return self.poll_end(sender, context);
        }
        // If the transport has ended, no Close can be sent.
        self.end = match sender.transport_action() {
            TransportAction::Drop => ReadState::Over,
            TransportAction::Keep | TransportAction::ShutdownWrite => ReadState::Failed,
        };
        // The rest of the Close is written later, so that the error is returned now.
        let _ = self.poll_write(sender, Side::Receiving, context);
        // The task that sends may wait for room in the queue. It learns now that nothing more can
        // be sent.
        self.wakers.wake(Side::Sending);
        Poll::Ready(Wait::Failed(error.into()))
    }

    /// Sends the Close that reports an error, shuts down the sending side, and reads to the end of
    /// the transport.
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

    /// Writes everything that is queued, and flushes the transport.
    fn poll_write<R: Role>(
        &mut self,
        sender: &mut MessageSender<R>,
        side: Side,
        context: &Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            // `output` queues a Pong that waited for room, so it is called again after each write.
            let output = sender.output();
            if output.is_empty() && !self.unflushed {
                return Poll::Ready(Ok(()));
            }
            let mut context = self.wakers.context(side, context);
            ready!(poll_write_all(&mut self.stream, output, &mut self.unflushed, &mut context))?;
            self.note(sender, MessageSender::handle_written);
        }
    }

    /// Waits for the deadline of the keepalive, and then does what is due. Without a keepalive
    /// there is no deadline, and no timer is created.
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
        // A deadline beyond the range of the clock is never reached.
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
        // The task that receives may already wait, and then only this call can free the queue.
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
            // No task reads or writes the transport any more, so the queue never gets room.
            return Poll::Ready(Err(Error::Send(SendError::Closing)));
        }
        match self.poll_write(sender, Side::Sending, context) {
            Poll::Ready(written) => Poll::Ready(Ok(written?)),
            // A part of the queue may have been written.
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

/// Reads more bytes into `input`. Returns 0 at the end of the transport. If the transport has no
/// bytes and `input` is empty, the buffer is freed.
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
