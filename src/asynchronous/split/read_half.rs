//! The half of a WebSocket that receives.

use core::future::poll_fn;

use super::SharedWire;
use crate::asynchronous::Transport;
#[cfg(doc)]
use crate::asynchronous::WebSocketStream;
use crate::asynchronous::receive::{Found, Turn, poll_receive, process, process_part};
use crate::connection::{Role, State};
use crate::handshake::Opened;
use crate::io::Error;
use crate::message::Message;
#[cfg(doc)]
use crate::websocket::Stats;
use crate::websocket::{Answers, MessageReceiver, MessageRef, Part, Traffic};

/// The half of a WebSocket that receives.
#[derive(Debug)]
pub struct ReadHalf<T, R> {
    pub(in crate::asynchronous) receiver: MessageReceiver<R>,
    pub(in crate::asynchronous) turn: Turn,
    pub(in crate::asynchronous) shared: SharedWire<T, R>,
}

impl<T: Transport, R: Role> ReadHalf<T, R> {
    /// Returns the result of the opening handshake: for a client, also the response of the server.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.shared.opened
    }

    /// Returns the subprotocol that both sides agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.opened().subprotocol()
    }

    /// Returns the next message, as [`WebSocketStream::next`] does. Call it until it returns
    /// `None`, also after the other half has sent a Close.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::next`].
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        let Self { receiver, turn, shared } = self;
        poll_fn(|context| poll_receive(receiver, shared, turn, context, MessageReceiver::receive))
            .await
    }

    /// Returns the next message, which borrows the read buffer, as [`WebSocketStream::next_ref`]
    /// does.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::next`].
    pub async fn next_ref(&mut self) -> Option<Result<MessageRef<'_>, Error>> {
        let Self { receiver, turn, shared } = self;
        match poll_fn(|context| poll_receive(receiver, shared, turn, context, process)).await? {
            Ok(Found(_)) => {
                let message = receiver.receive_ref(&mut Answers::new());
                Some(message.transpose()?.map_err(Error::from))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Returns the next part of a message, as [`WebSocketStream::next_part`] does.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::next`].
    pub async fn next_part(&mut self) -> Option<Result<Part<'_>, Error>> {
        let Self { receiver, turn, shared } = self;
        match poll_fn(|context| poll_receive(receiver, shared, turn, context, process_part)).await?
        {
            Ok(Found(_)) => {
                let part = receiver.receive_part(&mut Answers::new());
                Some(part.transpose()?.map_err(Error::from))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Returns the state of the connection, as [`WebSocketStream::state`] does.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.with(|sender, _| sender.state())
    }

    /// Returns what this half has received so far, as [`Stats::received`]. The other half counts
    /// what it has sent.
    #[must_use]
    pub const fn received(&self) -> Traffic {
        self.receiver.received()
    }

    /// Completes the closing handshake and ends the transport, as [`WebSocketStream::finish`] does.
    /// Call it after the other half has sent a Close, after a Close of the peer, or after an error.
    ///
    /// If the future is dropped, nothing is lost: call this method again.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocketStream::finish`].
    pub async fn finish(&mut self) -> Result<(), Error> {
        self.shared.with(|sender, wire| wire.begin_to_finish(sender))?;
        while let Some(received) = self.next().await {
            received?;
        }
        Ok(())
    }

    /// Frees the memory of the decompressor, as [`WebSocketStream::release_memory`] does.
    pub fn release_memory(&mut self) {
        self.receiver.release_memory();
    }
}
