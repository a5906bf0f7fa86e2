//! Two halves for two threads.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error as StdError;
use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::deadline::Deadline;
use super::finish::{see_out, write_out};
use super::{WebSocketStream, fill, is_transient, write_some};
use crate::adapter::{Error, ReadSize};
use crate::close::{CloseCode, CloseFrame};
use crate::connection::{ControlPayload, Role};
#[cfg(feature = "deflate")]
use crate::deflate::Compress;
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::message::Message;
use crate::websocket::{MessageReceiver, MessageSender, Prepared, WebSocket};

impl<R: Role> WebSocketStream<TcpStream, R> {
    /// Two halves, for a thread that reads and one that writes.
    ///
    /// Pings and a Close are answered as before, by whichever half is awake: neither waits for the
    /// other, so a peer that does not read cannot keep us from reading.
    ///
    /// # Errors
    /// The system cannot give a second handle to the socket.
    pub fn into_split(self) -> io::Result<(ReadHalf<R>, WriteHalf<R>)> {
        let stream = self.stream.try_clone()?;
        let (receiver, sender) = self.websocket.split();
        let shared = Arc::new(Shared {
            writer: Mutex::new(Writer { stream: self.stream, sender }),
            due: Mutex::new(Due { pong: None, close: None }),
            written: Condvar::new(),
        });
        let reader = ReadHalf {
            stream,
            receiver,
            input: self.input,
            read_size: self.read_size,
            subprotocol: self.subprotocol,
            close_timeout: self.close_timeout,
            end: None,
            shared: Arc::clone(&shared),
        };
        Ok((reader, WriteHalf { shared }))
    }
}

/// The half that reads.
#[derive(Debug)]
pub struct ReadHalf<R> {
    stream: TcpStream,
    receiver: MessageReceiver<R>,
    input: BytesMut,
    read_size: ReadSize,
    subprotocol: Option<Box<str>>,
    close_timeout: Duration,
    end: Option<End>,
    shared: Arc<Shared<R>>,
}

/// How the receiving direction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Closed,
    Failed,
}

impl<R: Role> ReadHalf<R> {
    /// Reads the next message; `None` behind the Close message that the peer sent. Call
    /// [`finish`](Self::finish) then.
    ///
    /// # Errors
    /// As of [`WebSocketStream::read`].
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        loop {
            match self.receiver.receive(&mut self.input) {
                Ok(Some(message)) => {
                    self.answer(&message);
                    return Ok(Some(message));
                }
                Ok(None) if self.end.is_some() => return Ok(None),
                Ok(None) => {}
                Err(error) => {
                    self.end = Some(End::Failed);
                    self.shared.owe(|due| due.close = Some(DueClose::Fault(error)));
                    return Err(error.into());
                }
            }
            let remaining = self.receiver.frame_remaining();
            if fill(&mut self.stream, &mut self.input, &mut self.read_size, remaining)? == 0 {
                // After an error the next turn says which, and lets the other half know.
                let _ = self.receiver.receive_eof();
            }
        }
    }

    /// Gives the memory of the decompressor back, as [`WebSocketStream::release`] does.
    #[cfg(feature = "deflate")]
    pub fn release(&mut self) {
        self.receiver.release();
    }

    /// Drops the connection as [`WebSocketStream::finish`] does, once what is queued is written.
    /// A write that the peer does not let come to an end is broken off when the time has run out.
    ///
    /// # Errors
    /// The transport failed, or the time ran out.
    pub fn finish(self) -> io::Result<()> {
        self.stream.set_nonblocking(false)?;
        let deadline = Deadline::after(self.close_timeout);
        // For the writes that others begin meanwhile.
        self.stream.set_write_timeout(Some(self.close_timeout))?;
        let Some(mut writer) = self.shared.writer_within(self.close_timeout) else {
            // Its write began before there was a time-out.
            self.stream.shutdown(Shutdown::Both)?;
            return Err(ErrorKind::TimedOut.into());
        };
        writer.take(&mut lock(&self.shared.due));
        write_out(&self.stream, writer.sender.output(), deadline)?;
        drop(writer);
        // RFC 6455 7.1.1: after a clean close the client waits for the server to go first.
        let shutdown = !(R::MASKS && self.end == Some(End::Closed));
        see_out(&self.stream, shutdown, deadline)
    }

    /// The WebSocket again, from both of its halves.
    ///
    /// # Errors
    /// The halves, when they are not of one WebSocket.
    pub fn reunite(
        self,
        writer: WriteHalf<R>,
    ) -> Result<WebSocketStream<TcpStream, R>, Box<ReuniteError<R>>> {
        if !Arc::ptr_eq(&self.shared, &writer.shared) {
            return Err(Box::new(ReuniteError(self, writer)));
        }
        drop(writer);
        let Self { stream, receiver, input, read_size, subprotocol, close_timeout, end, shared } =
            self;
        match Arc::try_unwrap(shared) {
            Ok(Shared { writer, due, .. }) => {
                let mut writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
                let mut due = due.into_inner().unwrap_or_else(PoisonError::into_inner);
                writer.take(&mut due);
                let mut websocket = WebSocket::reunite(receiver, writer.sender);
                websocket.owe_pong(due.pong);
                Ok(WebSocketStream {
                    stream,
                    websocket,
                    input,
                    read_size,
                    unflushed: false,
                    subprotocol,
                    close_timeout,
                })
            }
            // There are two halves and no more.
            Err(shared) => {
                let writer = WriteHalf { shared: Arc::clone(&shared) };
                let reader = Self {
                    stream,
                    receiver,
                    input,
                    read_size,
                    subprotocol,
                    close_timeout,
                    end,
                    shared,
                };
                Err(Box::new(ReuniteError(reader, writer)))
            }
        }
    }

    fn answer(&mut self, message: &Message) {
        match message {
            Message::Ping(payload) if self.receiver.answers_pings() => {
                let payload = ControlPayload::new(payload);
                self.shared.owe(|due| due.pong = payload);
            }
            Message::Close(frame) => {
                self.end = Some(End::Closed);
                let code = frame.as_deref().map(CloseFrame::code);
                self.shared.owe(|due| due.close = Some(DueClose::Reply(code)));
            }
            _ => {}
        }
    }
}

/// The half that writes.
#[derive(Debug)]
pub struct WriteHalf<R> {
    shared: Arc<Shared<R>>,
}

impl<R: Role> WriteHalf<R> {
    /// Sends a message.
    ///
    /// # Errors
    /// As of [`WebSocketStream::send`].
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.shared.send(|sender| Ok(sender.send(message.into())?))
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// # Errors
    /// As of [`WebSocketStream::send_prepared`].
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.shared.send(|sender| sender.send_prepared(message).map_err(Error::Send))
    }

    /// Sends the next fragment of a message.
    ///
    /// # Errors
    /// As of [`WebSocketStream::send_fragment`].
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: impl Into<Bytes>,
    ) -> Result<(), Error> {
        self.shared.send(|sender| {
            let sent = sender.send_fragment(kind, fin, payload.into());
            sent.map_err(|rejected| Error::Send(rejected.error))
        })
    }

    /// Says whether the messages from the next one on are sent compressed, as
    /// [`WebSocketStream::compress`] does.
    #[cfg(feature = "deflate")]
    pub fn compress(&mut self, choice: Compress) {
        self.shared.with_sender(|sender| sender.compress(choice));
    }

    /// Gives the memory of the compressor back, as [`WebSocketStream::release`] does.
    #[cfg(feature = "deflate")]
    pub fn release(&mut self) {
        self.shared.with_sender(MessageSender::release);
    }

    /// Begins the closing handshake; the half that reads completes it.
    ///
    /// # Errors
    /// As of [`WebSocketStream::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let frame = CloseFrame::new(code, reason).map_err(Error::Send)?;
        self.send(Message::Close(Some(frame.into())))
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    /// The transport failed; after `WouldBlock` and the like, call again.
    pub fn flush(&mut self) -> io::Result<()> {
        let flushed = lock(&self.shared.writer).flush(&self.shared.due);
        self.shared.settle();
        flushed
    }
}

/// Two halves that are not of one WebSocket, handed back.
pub struct ReuniteError<R>(pub ReadHalf<R>, pub WriteHalf<R>);

impl<R> fmt::Debug for ReuniteError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<R> fmt::Display for ReuniteError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of one websocket")
    }
}

impl<R> StdError for ReuniteError<R> {}

/// What the halves share.
#[derive(Debug)]
struct Shared<R> {
    /// Held while the transport is written to, for as long as that takes.
    writer: Mutex<Writer<R>>,
    /// Held for moments only: so the reader never waits for a slow write.
    due: Mutex<Due>,
    /// Told, with `due` held, whenever the writer has been let go.
    written: Condvar,
}

#[derive(Debug)]
struct Writer<R> {
    stream: TcpStream,
    sender: MessageSender<R>,
}

/// The answers that the reader owes.
#[derive(Debug)]
struct Due {
    pong: Option<ControlPayload>,
    close: Option<DueClose>,
}

#[derive(Debug)]
enum DueClose {
    Reply(Option<CloseCode>),
    Fault(ProtocolError),
}

impl<R: Role> Shared<R> {
    /// Notes an answer, and sees to it that somebody sends it.
    fn owe(&self, note: impl FnOnce(&mut Due)) {
        note(&mut lock(&self.due));
        self.settle();
    }

    /// Sends what is due, unless somebody is writing, who does this when it has written.
    fn settle(&self) {
        while !lock(&self.due).is_empty() {
            let Some(mut writer) = self.try_writer() else {
                return;
            };
            // When the transport takes nothing now, the next write takes it along; when it has
            // failed, who reads from it will see.
            if writer.flush(&self.due).is_err() {
                break;
            }
        }
        let _due = lock(&self.due);
        self.written.notify_one();
    }

    /// The writer, unless it is in use.
    fn try_writer(&self) -> Option<MutexGuard<'_, Writer<R>>> {
        match self.writer.try_lock() {
            Ok(writer) => Some(writer),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The writer, as soon as it is not in use; `None` when it is for all of `limit`.
    fn writer_within(&self, limit: Duration) -> Option<MutexGuard<'_, Writer<R>>> {
        let deadline = Instant::now() + limit;
        let mut due = lock(&self.due);
        loop {
            let writer = self.try_writer();
            let left = deadline.saturating_duration_since(Instant::now());
            if writer.is_some() || left.is_zero() {
                return writer;
            }
            let waited = self.written.wait_timeout(due, left);
            due = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Does what writes nothing, and what became due meanwhile.
    #[cfg(feature = "deflate")]
    fn with_sender(&self, act: impl FnOnce(&mut MessageSender<R>)) {
        act(&mut lock(&self.writer).sender);
        self.settle();
    }

    fn send(
        &self,
        send: impl FnOnce(&mut MessageSender<R>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sent = lock(&self.writer).send(send, &self.due);
        self.settle();
        sent
    }
}

impl<R: Role> Writer<R> {
    fn send(
        &mut self,
        send: impl FnOnce(&mut MessageSender<R>) -> Result<(), Error>,
        due: &Mutex<Due>,
    ) -> Result<(), Error> {
        if !self.sender.is_ready() {
            match self.flush(due) {
                // The message itself is told apart from what was queued before it.
                Err(error) if is_transient(&error) => {}
                flushed => flushed?,
            }
        }
        send(&mut self.sender)?;
        Ok(self.flush(due)?)
    }

    /// Writes all that is queued, and what becomes due meanwhile.
    fn flush(&mut self, due: &Mutex<Due>) -> io::Result<()> {
        loop {
            self.take(&mut lock(due));
            if self.sender.output().is_empty() {
                return Ok(());
            }
            write_some(&mut self.stream, self.sender.output())?;
        }
    }

    /// Queues what is due. A Pong that finds the queue full waits, and gives way to a newer one.
    fn take(&mut self, due: &mut Due) {
        if due.pong.as_ref().is_some_and(|payload| self.sender.answer_ping(payload)) {
            due.pong = None;
        }
        match due.close.take() {
            Some(DueClose::Reply(code)) => self.sender.reply_to_close(code),
            Some(DueClose::Fault(error)) => self.sender.fail(&error),
            None => return,
        }
        // RFC 6455 5.5.1: nothing is sent behind a Close.
        due.pong = None;
    }
}

impl Due {
    const fn is_empty(&self) -> bool {
        self.pong.is_none() && self.close.is_none()
    }
}

/// A thread that panicked has left nothing half done in here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
