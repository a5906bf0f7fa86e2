//! Two halves for two threads.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error as StdError;
use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};

use bytes::{Bytes, BytesMut};

use super::deadline::Deadline;
use super::ending::{see_out, write_out};
use super::write_side::WriteSide;
use super::{WebSocketStream, fill};
use crate::close::{CloseCode, CloseFrame};
use crate::connection::{ControlPayload, OwedClose, Role};
use crate::deflate::Compression;
use crate::frame::Kind;
use crate::io::{Error, ReadSize};
use crate::message::Message;
use crate::websocket::MessageSender;
use crate::websocket::{MessageReceiver, Prepared, WebSocket};

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
        let (receiver, sender) = self.websocket.into_split();
        let write_side = Arc::new(WriteSide::new(self.stream, sender));
        let reader = ReadHalf {
            stream,
            receiver,
            input: self.input,
            read_size: self.read_size,
            subprotocol: self.subprotocol,
            close_timeout: self.close_timeout,
            end: None,
            write_side: Arc::clone(&write_side),
        };
        Ok((reader, WriteHalf { write_side }))
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
    end: Option<ReadOutcome>,
    write_side: Arc<WriteSide<R>>,
}

/// How the receiving direction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadOutcome {
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
                    self.end = Some(ReadOutcome::Failed);
                    self.write_side.owe(|due| due.close = Some(OwedClose::Fault(error)));
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

    /// Gives the memory of the decompressor back, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
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
        let Some(mut writer) = self.write_side.writer_within(self.close_timeout) else {
            // Its write began before there was a time-out.
            self.stream.shutdown(Shutdown::Both)?;
            return Err(ErrorKind::TimedOut.into());
        };
        write_out(&self.stream, self.write_side.output(&mut writer), deadline)?;
        drop(writer);
        // RFC 6455 7.1.1: after a clean close the client waits for the server to go first.
        let shutdown = !(self.receiver.is_client() && self.end == Some(ReadOutcome::Closed));
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
        if !Arc::ptr_eq(&self.write_side, &writer.write_side) {
            return Err(Box::new(ReuniteError(self, writer)));
        }
        drop(writer);
        let Self {
            stream,
            receiver,
            input,
            read_size,
            subprotocol,
            close_timeout,
            end,
            write_side,
        } = self;
        match Arc::try_unwrap(write_side) {
            Ok(write_side) => {
                let (sender, pong) = write_side.into_parts();
                let mut websocket = WebSocket::reunite(receiver, sender);
                websocket.owe_pong(pong);
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
            Err(write_side) => {
                let writer = WriteHalf { write_side: Arc::clone(&write_side) };
                let reader = Self {
                    stream,
                    receiver,
                    input,
                    read_size,
                    subprotocol,
                    close_timeout,
                    end,
                    write_side,
                };
                Err(Box::new(ReuniteError(reader, writer)))
            }
        }
    }

    fn answer(&mut self, message: &Message) {
        match message {
            Message::Ping(payload) if self.receiver.answers_pings() => {
                let payload = ControlPayload::new(payload);
                self.write_side.owe(|due| due.pong = payload);
            }
            Message::Close(frame) => {
                self.end = Some(ReadOutcome::Closed);
                let code = frame.as_deref().map(CloseFrame::code);
                self.write_side.owe(|due| due.close = Some(OwedClose::Reply(code)));
            }
            _ => {}
        }
    }
}

/// The half that writes.
#[derive(Debug)]
pub struct WriteHalf<R> {
    write_side: Arc<WriteSide<R>>,
}

impl<R: Role> WriteHalf<R> {
    /// Sends a message.
    ///
    /// # Errors
    /// As of [`WebSocketStream::send`].
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.write_side.send(|sender| Ok(sender.send(message.into())?))
    }

    /// Queues a message, as [`WebSocketStream::feed`] does. It leaves with the next
    /// [`flush`](Self::flush) or `send`, or with the next answer of the half that reads.
    ///
    /// # Errors
    /// As of [`WebSocketStream::feed`].
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        self.write_side.feed(message.into())
    }

    /// Sends a message that is sent to other connections too.
    ///
    /// # Errors
    /// As of [`WebSocketStream::send_prepared`].
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.write_side.send(|sender| sender.send_prepared(message).map_err(Error::Send))
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
        self.write_side.send(|sender| {
            let sent = sender.send_fragment(kind, fin, payload.into());
            sent.map_err(|rejected| Error::Send(rejected.error))
        })
    }

    /// Says whether the messages from the next one on are sent compressed, as
    /// [`WebSocketStream::set_compression`] does.
    pub fn set_compression(&mut self, choice: Compression) {
        self.write_side.with_sender(|sender| sender.set_compression(choice));
    }

    /// Gives the memory of the compressor back, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.write_side.with_sender(MessageSender::release_memory);
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
        self.write_side.flush()
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
