//! The two halves of a WebSocket, for two threads.

use alloc::sync::Arc;
use core::mem;
use core::time::Duration;
use std::io::{self, ErrorKind, Read as _};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant;

use bytes::Bytes;

use super::transport::{SHORT, SHORTEST, WriteTimeout};
use super::write_side::{SLICE, WriteSide, Writer};
use super::{WebSocketStream, retry};
use crate::close::CloseCode;
use crate::connection::{Role, State};
use crate::deflate::Compression;
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::{Error, ReadTo, Unsent, is_would_block};
use crate::message::Message;
use crate::websocket::{
    Answers, MessageReceiver, MessageRef, MessageSender, Part, Prepared, ReuniteError, WebSocket,
};

impl<R: Role> WebSocketStream<TcpStream, R> {
    /// Splits the WebSocket into two halves, for a thread that reads and a thread that writes.
    ///
    /// Pings and a Close are still answered without the help of the application. The half that
    /// reads sends the answer, unless the other half is writing: then the other half sends it after
    /// its own write. The half that reads goes on reading even if the peer reads nothing.
    ///
    /// # Errors
    /// Returns the error of the operating system if the time-outs of the socket cannot be read.
    pub fn into_split(self) -> io::Result<(ReadHalf<R>, WriteHalf<R>)> {
        let opened = self.opened().clone();
        let Self { stream, websocket, driver, write_timeout, start } = self;
        write_timeout.restore(&stream);
        let own_timeout = stream.read_timeout()?;
        let (receiver, sender) = websocket.into_split();
        let write_side = Arc::new(WriteSide::new(stream, sender, driver, start)?);
        let reader = ReadHalf {
            receiver,
            heard: false,
            timeout: own_timeout,
            own_timeout,
            opened: opened.clone(),
            write_side: Arc::clone(&write_side),
        };
        Ok((reader, WriteHalf { write_side, opened }))
    }
}

/// The half of a WebSocket that reads.
#[derive(Debug)]
pub struct ReadHalf<R> {
    receiver: MessageReceiver<R>,
    /// Whether bytes have arrived that the sending half does not know of.
    heard: bool,
    /// The read time-out of the socket now.
    timeout: Option<Duration>,
    /// The read time-out that the application has set on the socket.
    own_timeout: Option<Duration>,
    opened: Opened,
    write_side: Arc<WriteSide<R>>,
}

impl<R: Role> ReadHalf<R> {
    /// Returns the next message, as [`WebSocketStream::read`] does. Call it until it returns
    /// `None`, also after the other half has sent a Close.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        self.take(MessageReceiver::receive)
    }

    /// Returns the next message, which borrows the read buffer, as [`WebSocketStream::read_ref`]
    /// does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read_ref(&mut self) -> Result<Option<MessageRef<'_>>, Error> {
        Ok(match self.take(process)? {
            Some(()) => self.receiver.receive_ref(&mut Answers::new())?,
            None => None,
        })
    }

    /// Returns the next part of a message, as [`WebSocketStream::read_part`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read_part(&mut self) -> Result<Option<Part<'_>>, Error> {
        Ok(match self.take(process_part)? {
            Some(()) => self.receiver.receive_part(&mut Answers::new())?,
            None => None,
        })
    }

    /// Reads from the transport until `take` returns something. Returns `None` when the connection
    /// is over.
    fn take<T>(
        &mut self,
        take: impl Fn(&mut MessageReceiver<R>, &mut Answers) -> Result<Option<T>, ProtocolError>,
    ) -> Result<Option<T>, Error> {
        let begin = Instant::now();
        let mut has_read = false;
        loop {
            let mut answers = Answers::new();
            let taken = take(&mut self.receiver, &mut answers);
            if !answers.is_empty() {
                self.write_side.owe(&mut answers);
            }
            if let Ok(Some(taken)) = taken {
                return Ok(Some(taken));
            }
            // The driver keeps an error until the Close that reports it has reached the peer.
            if !self.wait(begin, has_read)? {
                return Ok(None);
            }
            has_read = true;
        }
    }

    /// Does the next thing that the driver wants. Returns `false` when the connection is over.
    /// `begin` is the time at which the application began to wait, and `has_read` tells whether
    /// there was a read since then. Before the first read, `handle_deadline` is not called: the
    /// time that the application took must not count as silence of the peer.
    fn wait(&mut self, begin: Instant, has_read: bool) -> Result<bool, Error> {
        let mut to = ReadTo::Input;
        let mut limit = SLICE;
        // The other half may be writing, for at most a slice of time.
        if let Some(mut writer) = self.write_side.try_writer() {
            self.write_side.write_briefly(&mut writer);
            let Writer { sender, driver, .. } = &mut *writer;
            let heard = mem::take(&mut self.heard);
            if heard {
                sender.handle_received();
            }
            let now = self.write_side.now();
            if has_read {
                driver.handle_deadline(now, sender, true);
            } else if heard {
                driver.handle_busy(now, sender);
            }
            if let Some(deadline) = driver.deadline(now, sender, true) {
                limit = limit.min(deadline.saturating_sub(now));
            }
            let wants = driver.wants(sender);
            if wants.write || sender.state() == State::RemoteClosing {
                // The transport may soon accept more bytes, or the application answers a Close.
                limit = limit.min(SHORT);
            }
            if wants.shutdown_write {
                driver.handle_shutdown(&self.write_side.shutdown_write());
            } else if wants.read == Some(ReadTo::NowhereIfReady) {
                driver.handle_discarded(&Err(ErrorKind::WouldBlock.into()));
            }
            let wants = driver.wants(sender);
            let error = if wants.done { driver.take_error(sender) } else { None };
            self.write_side.release(writer);
            if wants.done {
                // A write of the other half that is in progress ends now.
                let _ = self.write_side.stream.shutdown(Shutdown::Both);
                return error.map_or(Ok(false), Err);
            }
            match wants.read {
                Some(read) => to = read,
                None => {
                    thread::sleep(SHORT);
                    return Ok(true);
                }
            }
        }
        self.read_once(to, limit, begin)?;
        Ok(true)
    }

    /// Reads once, within `limit`, without a lock.
    fn read_once(&mut self, to: ReadTo, limit: Duration, begin: Instant) -> Result<(), Error> {
        let timeout = Some(self.own_timeout.map_or(limit, |own| own.min(limit)).max(SHORTEST));
        if self.timeout != timeout {
            self.write_side.stream.set_read_timeout(timeout)?;
            self.timeout = timeout;
        }
        let asked = Instant::now();
        let mut stream = &self.write_side.stream;
        let read = match to {
            ReadTo::Input => retry(|| self.receiver.input().read_from(&mut stream)),
            _ => retry(|| stream.read(&mut [0; 4096])),
        };
        match (read, to) {
            (Err(error), _) if is_would_block(&error) => {
                self.receiver.input().release_memory();
                let is_early = asked.elapsed() + SHORTEST < limit;
                if is_early || self.own_timeout.is_some_and(|own| begin.elapsed() >= own) {
                    // The socket does not block, or for no longer than the application wants.
                    return Err(error.into());
                }
            }
            (Ok(1..), ReadTo::Input) => self.heard = true,
            (read, to) => {
                let mut writer = self.write_side.writer();
                let Writer { sender, driver, .. } = &mut *writer;
                match to {
                    ReadTo::Input => driver.handle_read(read, &mut self.receiver, sender),
                    _ => driver.handle_discarded(&read),
                }
                self.write_side.release(writer);
            }
        }
        Ok(())
    }

    /// Returns the result of the opening handshake: for a client, also the response of the server.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Returns the subprotocol that both sides agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.opened().subprotocol()
    }

    /// Returns the state of the connection, as [`WebSocketStream::state`] does.
    #[must_use]
    pub fn state(&self) -> State {
        self.write_side.with_sender(|sender| sender.state())
    }

    /// Frees the memory of the decompressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
    }

    /// Completes the closing handshake and ends the transport, as [`WebSocketStream::finish`] does.
    /// Call it after the other half has sent a Close, after a Close of the peer, or after an error.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::finish`].
    pub fn finish(&mut self) -> Result<(), Error> {
        let begun = self.write_side.with_writer(|writer| {
            writer.driver.await_end();
            if writer.sender.is_closed() {
                return Ok(());
            }
            writer.sender.close_or_answer()
        });
        begun.map_err(Error::Send)?;
        while self.read()?.is_some() {}
        Ok(())
    }

    /// Joins both halves of a WebSocket.
    ///
    /// # Errors
    /// Returns both halves if they belong to different WebSockets.
    pub fn reunite(
        self,
        writer: WriteHalf<R>,
    ) -> Result<WebSocketStream<TcpStream, R>, ReuniteError<Self, WriteHalf<R>>> {
        if !Arc::ptr_eq(&self.write_side, &writer.write_side) {
            return Err(ReuniteError::new(self, writer));
        }
        let Self { receiver, own_timeout, heard, timeout, opened, write_side } = self;
        drop(writer);
        let write_side = match Arc::try_unwrap(write_side) {
            Ok(write_side) => write_side,
            // This does not happen: there are only two halves, and the other one was dropped above.
            Err(write_side) => {
                let ours = Arc::clone(&write_side);
                let writer = WriteHalf { write_side, opened: opened.clone() };
                let reader =
                    Self { receiver, own_timeout, heard, timeout, opened, write_side: ours };
                return Err(ReuniteError::new(reader, writer));
            }
        };
        let (stream, sender, driver, start) = write_side.into_parts();
        // An error is found again by the next read.
        let _ = stream.set_read_timeout(own_timeout);
        match WebSocket::reunite(receiver, sender) {
            Ok(websocket) => {
                let write_timeout = WriteTimeout::new();
                Ok(WebSocketStream { stream, websocket, driver, write_timeout, start })
            }
            // This does not happen: the halves of one stream hold the halves of one connection.
            Err(halves) => {
                let (receiver, sender) = halves.into_halves();
                let write_side = Arc::new(WriteSide::rejoin(stream, sender, driver, start));
                let ours = Arc::clone(&write_side);
                let writer = WriteHalf { write_side, opened: opened.clone() };
                let reader =
                    Self { receiver, own_timeout, heard, timeout, opened, write_side: ours };
                Err(ReuniteError::new(reader, writer))
            }
        }
    }
}

fn process<R: Role>(
    receiver: &mut MessageReceiver<R>,
    answers: &mut Answers,
) -> Result<Option<()>, ProtocolError> {
    Ok(receiver.process(answers)?.then_some(()))
}

fn process_part<R: Role>(
    receiver: &mut MessageReceiver<R>,
    answers: &mut Answers,
) -> Result<Option<()>, ProtocolError> {
    Ok(receiver.process_part(answers)?.then_some(()))
}

/// The half of a WebSocket that writes.
#[derive(Debug)]
pub struct WriteHalf<R> {
    write_side: Arc<WriteSide<R>>,
    /// A copy that can be read without the lock of `write_side`.
    opened: Opened,
}

impl<R: Role> WriteHalf<R> {
    /// Returns the result of the opening handshake: for a client, also the response of the server.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Returns the subprotocol that both sides agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.opened().subprotocol()
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send`].
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.feed(message)?;
        self.flush()
    }

    /// Queues a message, as [`WebSocketStream::feed`] does. The message may be written at once.
    /// Call [`flush`](Self::flush) or [`send`](Self::send) to be sure that all of the queue is
    /// written.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::feed`].
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.write_side.feed(queue_message(message.into()))
    }

    /// Waits until a message can be queued, as [`WebSocketStream::ready`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::ready`].
    pub fn ready(&mut self) -> Result<(), Error> {
        let is_ready =
            self.write_side.with_sender(|sender| sender.is_ready() || sender.is_closed());
        if is_ready { Ok(()) } else { self.flush() }
    }

    /// Queues a message if there is room in the queue now, as [`WebSocketStream::try_send`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::try_send`].
    pub fn try_send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        let message = message.into();
        Ok(self.write_side.with_sender(|sender| sender.send(message))?)
    }

    /// Returns the state of the connection, as [`WebSocketStream::state`] does.
    #[must_use]
    pub fn state(&self) -> State {
        self.write_side.with_sender(|sender| sender.state())
    }

    /// Queues a prepared message if there is room in the queue now, as
    /// [`WebSocketStream::try_send_prepared`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::try_send_prepared`].
    pub fn try_send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.write_side.with_sender(|sender| sender.send_prepared(message)).map_err(Error::Send)
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send_prepared`].
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message)?;
        self.flush()
    }

    /// Queues a message that is sent to other connections too, as
    /// [`WebSocketStream::feed_prepared`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::feed_prepared`].
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.write_side.feed(|room| room?.send_prepared(message).map_err(Error::Send))
    }

    /// Sends the next fragment of a message, as [`WebSocketStream::send_fragment`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send_fragment`].
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let payload = payload.into();
        self.write_side.feed(|room| match room {
            Ok(sender) => Ok(sender.send_fragment(kind, fin, payload)?),
            Err(error) => Err(error.with_unsent(Unsent::Fragment(payload))),
        })?;
        self.flush()
    }

    /// Decides whether the next messages are sent compressed, as
    /// [`WebSocketStream::set_compression`] does.
    pub fn set_compression(&mut self, choice: Compression) {
        self.write_side.with_sender(|sender| sender.set_compression(choice));
    }

    /// Frees the memory of the compressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.write_side.with_sender(MessageSender::release_memory);
    }

    /// Begins the closing handshake, as [`WebSocketStream::close`] does. The half that reads
    /// completes it: call [`ReadHalf::read`] until it returns `None`, or [`ReadHalf::finish`].
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let begun = self.write_side.with_sender(|sender| {
            if sender.is_closed() { Ok(()) } else { sender.close(code, reason) }
        });
        begun.map_err(Error::Send)?;
        let flushed = self.flush();
        // After both endpoints have sent a Close, a failure of the transport is not an error.
        let is_clean = self
            .write_side
            .with_sender(|sender| sender.close_info().is_some_and(|info| info.is_clean));
        match flushed {
            Err(error) if !is_clean || error.is_would_block() => Err(error),
            _ => Ok(()),
        }
    }

    /// Writes everything that is queued, as [`WebSocketStream::flush`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::flush`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.write_side.flush()
    }
}

/// Queues a message, or returns it with the reason why there is no room.
fn queue_message<R: Role>(
    message: Message,
) -> impl FnOnce(Result<&mut MessageSender<R>, Error>) -> Result<(), Error> {
    |room| match room {
        Ok(sender) => Ok(sender.send(message)?),
        Err(error) => Err(error.with_unsent(Unsent::Message(message))),
    }
}
