//! The two halves of a WebSocket, for two threads.

use alloc::sync::Arc;
use core::time::Duration;
use std::io;
use std::net::{Shutdown, TcpStream};

use bytes::Bytes;

use super::deadline::Deadline;
use super::ending::{see_out, write_out};
use super::write_side::WriteSide;
use super::{WebSocketStream, retry};
use crate::close::{CloseCode, CloseFrame};
use crate::connection::{Owed, Role};
use crate::deflate::Compression;
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::io::{Error, Unsent};
use crate::message::Message;
use crate::websocket::{
    Answers, MessageReceiver, MessageRef, MessageSender, Part, Prepared, ReuniteError, WebSocket,
};

impl<R: Role> WebSocketStream<TcpStream, R> {
    /// Splits the WebSocket into two halves, for a thread that reads and a thread that writes.
    ///
    /// Pings and a Close are still answered without the help of the application. The half that
    /// reads sends the answer, unless the other half is writing: then the other half sends it after
    /// its own write.
    ///
    /// # Errors
    /// Returns an error if the system cannot create a second handle of the socket.
    pub fn into_split(self) -> io::Result<(ReadHalf<R>, WriteHalf<R>)> {
        let stream = self.stream.try_clone()?;
        let opened = self.opened().clone();
        let (receiver, sender) = self.websocket.into_split();
        let write_side = Arc::new(WriteSide::new(self.stream, sender));
        let reader = ReadHalf {
            stream,
            receiver,
            close_timeout: self.close_timeout,
            end: None,
            opened: opened.clone(),
            write_side: Arc::clone(&write_side),
        };
        Ok((reader, WriteHalf { write_side, opened }))
    }
}

/// The half of a WebSocket that reads.
#[derive(Debug)]
pub struct ReadHalf<R> {
    stream: TcpStream,
    receiver: MessageReceiver<R>,
    close_timeout: Duration,
    end: Option<ReadOutcome>,
    opened: Opened,
    write_side: Arc<WriteSide<R>>,
}

/// How the receiving direction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadOutcome {
    Closed,
    Failed,
}

impl<R: Role> ReadHalf<R> {
    /// Returns the next message, or `None` after the Close message of the peer. Call
    /// [`finish`](Self::finish) then.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        if !self.wait(MessageReceiver::process)? {
            return Ok(None);
        }
        Ok(self.receiver.receive(&mut Answers::new())?)
    }

    /// Returns the next message, which borrows the read buffer, as [`WebSocketStream::read_ref`]
    /// does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read_ref(&mut self) -> Result<Option<MessageRef<'_>>, Error> {
        if !self.wait(MessageReceiver::process)? {
            return Ok(None);
        }
        Ok(self.receiver.receive_ref(&mut Answers::new())?)
    }

    /// Returns the next part of a message, as [`WebSocketStream::read_part`] does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::read`].
    pub fn read_part(&mut self) -> Result<Option<Part<'_>>, Error> {
        if !self.wait(MessageReceiver::process_part)? {
            return Ok(None);
        }
        Ok(self.receiver.receive_part(&mut Answers::new())?)
    }

    /// Reads from the transport until `process` returns `true`. Returns `false` when the receiving
    /// direction is over.
    fn wait(
        &mut self,
        process: impl Fn(&mut MessageReceiver<R>, &mut Answers) -> Result<bool, ProtocolError>,
    ) -> Result<bool, Error> {
        loop {
            let mut answers = Answers::new();
            let processed = process(&mut self.receiver, &mut answers);
            if answers.close().is_some() {
                self.end = Some(match processed {
                    Ok(_) => ReadOutcome::Closed,
                    Err(_) => ReadOutcome::Failed,
                });
            }
            if !answers.is_empty() {
                self.write_side.owe(&mut answers);
            }
            match processed {
                Ok(false) if self.end.is_some() => return Ok(false),
                Ok(false) => {}
                processed => return Ok(processed?),
            }
            if retry(|| self.receiver.input().read_from(&mut self.stream))? == 0
                && let Err(error) = self.receiver.receive_eof()
            {
                // The sending half must record the error too.
                self.end = Some(ReadOutcome::Failed);
                answers.add(Owed::Fault(error));
                self.write_side.owe(&mut answers);
            }
        }
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

    /// Frees the memory of the decompressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
    }

    /// Ends the transport as [`WebSocketStream::finish`] does, after everything that is queued has
    /// been written. A write that does not end within the close time-out, because the peer does not
    /// read, is aborted. The other half cannot use the transport any more.
    ///
    /// # Errors
    /// Returns the error of the transport, or `TimedOut`.
    pub fn finish(self) -> io::Result<()> {
        let ended = self.end_transport();
        // The other half has a handle of the socket too, so to drop this one ends nothing. And only
        // a shutdown ends a write that began before the time-out was set. An error means that the
        // transport has already ended.
        let _ = self.stream.shutdown(Shutdown::Both);
        ended
    }

    /// Writes what is queued, shuts down the sending side and reads to the end of the transport.
    fn end_transport(&self) -> io::Result<()> {
        self.stream.set_nonblocking(false)?;
        let deadline = Deadline::after(self.close_timeout);
        // This limits the writes that the other half begins in the meantime.
        self.stream.set_write_timeout(deadline.left()?)?;
        let mut writer = self.write_side.writer_by(deadline)?;
        write_out(&self.stream, self.write_side.output(&mut writer), deadline)?;
        drop(writer);
        // RFC 6455, section 7.1.1: after a clean close the client waits for the server to close the
        // transport first.
        let shutdown = !(self.receiver.is_client() && self.end == Some(ReadOutcome::Closed));
        see_out(&self.stream, shutdown, deadline)
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
        let WriteHalf { write_side, opened } = writer;
        let Self { stream, receiver, close_timeout, end, write_side: ours, .. } = self;
        drop(ours);
        let write_side = match Arc::try_unwrap(write_side) {
            Ok(write_side) => write_side,
            // This does not happen: there are only two halves, and the other reference was dropped
            // above.
            Err(write_side) => {
                let ours = Arc::clone(&write_side);
                let reader = Self {
                    stream,
                    receiver,
                    close_timeout,
                    end,
                    opened: opened.clone(),
                    write_side: ours,
                };
                return Err(ReuniteError::new(reader, WriteHalf { write_side, opened }));
            }
        };
        let (write_stream, sender) = write_side.into_parts();
        match WebSocket::reunite(receiver, sender) {
            Ok(websocket) => {
                Ok(WebSocketStream { stream, websocket, unflushed: false, close_timeout })
            }
            // This does not happen: the halves of one stream hold the halves of one connection.
            Err(halves) => {
                let (receiver, sender) = halves.into_halves();
                let write_side = Arc::new(WriteSide::new(write_stream, sender));
                let ours = Arc::clone(&write_side);
                let reader = Self {
                    stream,
                    receiver,
                    close_timeout,
                    end,
                    opened: opened.clone(),
                    write_side: ours,
                };
                Err(ReuniteError::new(reader, WriteHalf { write_side, opened }))
            }
        }
    }
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
        self.write_side.send(queue_message(message.into()))
    }

    /// Queues a message, as [`WebSocketStream::feed`] does. The next [`flush`](Self::flush) or
    /// [`send`](Self::send) writes it, or the next answer of the half that reads.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::feed`].
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.write_side.feed(queue_message(message.into()))
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::send_prepared`].
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.write_side.send(|room| room?.send_prepared(message).map_err(Error::Send))
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
        self.write_side.send(|room| match room {
            Ok(sender) => Ok(sender.send_fragment(kind, fin, payload)?),
            Err(error) => Err(error.with_unsent(Unsent::Fragment(payload))),
        })
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
    /// completes it: call [`ReadHalf::read`] until it returns `None`.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let frame = CloseFrame::new(code, reason).map_err(Error::Send)?;
        self.send(Message::Close(Some(frame.into())))
    }

    /// Writes everything that is queued.
    ///
    /// # Errors
    /// Returns the error of the transport. After `WouldBlock` or `TimedOut`, call again.
    pub fn flush(&mut self) -> io::Result<()> {
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
