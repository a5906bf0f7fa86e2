//! What the methods wait for.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::time::{Instant, sleep_until};

use super::{Clock, ReadState, WebSocketStream};
use crate::close::CloseCode;
use crate::connection::{Role, State, TransportAction};
use crate::io::Error;
use crate::message::Message;
use crate::tokio::transport::{poll_fill, poll_write_all};
use crate::tokio::wakers::Side;
use crate::websocket::WebSocket;

impl<S: AsyncRead + AsyncWrite + Unpin, R: Role> WebSocketStream<S, R> {
    pub(in crate::tokio) fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Error>>> {
        while self.end == ReadState::Open {
            match self.websocket.receive(&mut self.input) {
                Ok(Some(message)) => return Poll::Ready(Some(Ok(message))),
                Ok(None) => {}
                Err(error) => {
                    // A peer that has gone needs no telling.
                    self.end = match self.websocket.transport_action() {
                        TransportAction::Drop => ReadState::Over,
                        TransportAction::Keep | TransportAction::ShutdownWrite => ReadState::Failed,
                    };
                    // What it does not take now it is given later: the error need not wait.
                    let _ = self.poll_write(Side::Receiving, context);
                    return Poll::Ready(Some(Err(error.into())));
                }
            }
            // A transport that takes nothing may have something to give all the same, and one
            // that has failed says so when it is read.
            let written = self.poll_write(Side::Receiving, context);
            if self.websocket.transport_action() != TransportAction::Keep {
                let _ = ready!(written);
                // RFC 6455 7.1.1: the server closes first. How that goes has no meaning any more.
                let _ = ready!(Pin::new(&mut self.stream).poll_shutdown(context));
                self.end = ReadState::Over;
                break;
            }
            let read = match self.poll_read(context) {
                Poll::Ready(read) => read,
                Poll::Pending => {
                    self.websocket.output().release_memory();
                    ready!(self.poll_deadline(context));
                    continue;
                }
            };
            self.note(WebSocket::handle_received);
            match read {
                // Behind the peer's Close there may be an answer to it that is still to be written.
                Ok(0) => {
                    if let Err(error) = self.websocket.receive_eof() {
                        self.end = ReadState::Over;
                        return Poll::Ready(Some(Err(error.into())));
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    self.end = ReadState::Over;
                    // Once both have said all there was to say, it has no meaning either.
                    if self.state() != State::Closed {
                        return Poll::Ready(Some(Err(error.into())));
                    }
                }
            }
        }
        if self.end == ReadState::Failed {
            ready!(self.poll_linger(context));
            self.end = ReadState::Over;
        }
        Poll::Ready(None)
    }

    /// Sees to it that the peer gets the Close that tells it of its fault.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let written = ready!(self.poll_write(Side::Receiving, context));
        let shut = ready!(Pin::new(&mut self.stream).poll_shutdown(context));
        if written.is_err() || shut.is_err() {
            return Poll::Ready(());
        }
        loop {
            let read = ready!(self.poll_read(context));
            self.input.clear();
            if !matches!(read, Ok(1..)) {
                return Poll::Ready(());
            }
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let remaining = self.websocket.frame_remaining();
        poll_fill(&mut self.stream, &mut self.input, &mut self.read_size, remaining, context)
    }

    fn poll_write(&mut self, side: Side, context: &Context<'_>) -> Poll<io::Result<()>> {
        loop {
            // A Pong for which the queue had no room goes into it when all else is written.
            let output = self.websocket.output();
            if output.is_empty() && !self.unflushed {
                return Poll::Ready(Ok(()));
            }
            let mut context = self.wakers.context(side, context);
            ready!(poll_write_all(&mut self.stream, output, &mut self.unflushed, &mut context))?;
            self.note(WebSocket::handle_written);
        }
    }

    /// Waits for the deadline of the keepalive, and does what is due then. Without a keepalive
    /// there is no deadline, and no timer of tokio's is touched.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.websocket.deadline() else {
            return Poll::Pending;
        };
        let clock = self.clock.get_or_insert_with(|| {
            let start = Instant::now();
            Clock { start, sleep: Box::pin(sleep_until(start)) }
        });
        let deadline = clock.start + deadline;
        if clock.sleep.deadline() != deadline {
            clock.sleep.as_mut().reset(deadline);
        }
        ready!(clock.sleep.as_mut().poll(context));
        self.websocket.handle_deadline(clock.start.elapsed());
        Poll::Ready(())
    }

    /// Tells the keepalive, if there is one, what has happened just now.
    fn note(&mut self, happened: impl FnOnce(&mut WebSocket<R>, Duration)) {
        if let Some(clock) = &self.clock {
            happened(&mut self.websocket, clock.start.elapsed());
        }
    }

    pub(in crate::tokio) fn poll_flush_sending(
        &mut self,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let written = self.poll_write(Side::Sending, context);
        // The receiving task may be waiting already, and must not hold a buffer meanwhile.
        self.websocket.output().release_memory();
        written.map_err(Error::Io)
    }

    pub(in crate::tokio) fn poll_close_sending(
        &mut self,
        context: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if self.state() == State::Open {
            self.websocket.close(CloseCode::NORMAL, "").map_err(Error::Send)?;
        }
        self.poll_flush_sending(context)
    }

    pub(in crate::tokio) fn poll_room(&mut self, context: &Context<'_>) -> Poll<Result<(), Error>> {
        if self.websocket.is_ready() {
            return Poll::Ready(Ok(()));
        }
        match self.poll_write(Side::Sending, context) {
            Poll::Ready(written) => Poll::Ready(Ok(written?)),
            // Some of it may have been written.
            Poll::Pending if self.websocket.is_ready() => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        }
    }
}
