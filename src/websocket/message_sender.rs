//! The sending half of a `WebSocket`
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::mem;
use core::time::Duration;

use bytes::Bytes;

#[cfg(doc)]
use super::MessageReceiver;
use super::answers::Answers;
use super::compression::usable;
use super::deadlines::Deadlines;
use super::encoding::{Begun, Encoded};
use super::send::Queue;
use super::send_data::Data;
use super::{Outgoing, Prepared, Rejected, Traffic};
use crate::close::{CloseCode, CloseFrame};
use crate::connection::{
    CloseInfo, Owed, OwedClose, OwedFrames, Role, Sender, State, TransportAction, transport_action,
};
use crate::deflate::{Compression, Terms};
use crate::error::{ProtocolError, SendError};
use crate::frame::Kind;
use crate::handshake::Opened;
use crate::message::Message;

/// The sending half of a [`WebSocket`](super::WebSocket). It has the outgoing queue and the
/// deadlines, and it knows how the connection ended.
pub struct MessageSender<R> {
    pub(super) sender: Sender<R>,
    pub(super) queue: Queue,
    /// The Pong that waits for room in the queue. It is boxed because there seldom is one.
    pub(super) waiting: Option<Box<OwedFrames>>,
    pub(super) peer: PeerEnd,
    /// Whether the transport has ended.
    pub(super) eof: bool,
    /// Whether a deadline ended the connection while bytes waited to be written.
    pub(super) cut: bool,
    /// Whether the answer to a Close repeats its reason.
    pub(super) repeat_close_reason: bool,
    pub(super) deadlines: Deadlines,
    pub(super) opened: Opened,
    /// Identifies the receiving half of the same connection.
    pub(super) pair: Option<Arc<()>>,
}

/// How the receiving direction has ended.
#[derive(Debug)]
pub(super) enum PeerEnd {
    Open,
    Closed(Option<Box<CloseFrame>>),
    Failed(ProtocolError),
}

impl<R: Role> MessageSender<R> {
    /// Queues the answers of the receiving half, and records how the connection ended. `answers` is
    /// empty afterwards.
    ///
    /// A Pong is sent before the messages that wait. A Close is sent after all of them, and is
    /// queued even if the queue is full. If the queue is full, a Pong waits here until there is
    /// room, and a newer Pong replaces it (RFC 6455, section 5.5.3).
    pub fn settle(&mut self, answers: &mut Answers) {
        let close = answers.close.take();
        if mem::take(&mut answers.pong) {
            self.deadlines.answer();
        }
        // Only the first end counts. The keepalive may have failed the connection before.
        if let PeerEnd::Open = self.peer {
            self.peer = match (answers.owed.close(), close) {
                (Some(OwedClose::Fault(error)), _) => PeerEnd::Failed(error),
                (Some(OwedClose::Reply(_)), close) => PeerEnd::Closed(close.flatten()),
                (None, Some(close)) => PeerEnd::Closed(close),
                (None, None) => PeerEnd::Open,
            };
        }
        self.settle_owed(mem::take(&mut answers.owed));
    }

    /// Queues a message, as [`WebSocket::send`](super::WebSocket::send) does.
    ///
    /// # Errors
    /// Returns the message, and the reason why it was not queued.
    #[inline]
    pub fn send(&mut self, message: Message) -> Result<(), Rejected> {
        match message {
            Message::Close(frame) => self
                .close_with(frame.as_deref())
                .map_err(|error| Rejected { message: Message::Close(frame), error }),
            message => self.queue.send(&mut self.sender, message),
        }
    }

    /// Queues a message that is sent to other connections too.
    ///
    /// # Errors
    /// Returns the same reasons as [`send`](Self::send), without the message.
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.queue.send_prepared(&mut self.sender, message)
    }

    /// Queues a fragment, as [`WebSocket::send_fragment`](super::WebSocket::send_fragment) does.
    ///
    /// # Errors
    /// Returns the payload, and the reason why it was not queued.
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<(), Rejected<Bytes>> {
        self.queue.send_data(&mut self.sender, Data::fragment(kind, fin, payload))
    }

    /// Accepts a message as [`send`](Self::send) does, but leaves long work to the caller: the
    /// compression, and the masking of a large message of a client.
    ///
    /// This is for a program that shares this half under a lock. It calls `begin` under the lock,
    /// [`Encoding::encode`](super::Encoding::encode) without the lock, and
    /// [`finish`](Self::finish) under the lock again. Between `begin` and `finish` other messages
    /// are refused. Pings, Pongs, answers to the peer and a Close can be sent.
    ///
    /// ```
    /// use websocket_proto::connection::Client;
    /// use websocket_proto::websocket::{Begun, Config};
    /// use websocket_proto::{Message, WebSocket, handshake::Opened};
    ///
    /// let websocket = WebSocket::new(Client::new([7; 32]), Config::new(), Opened::new());
    /// let (_, mut sender) = websocket.into_split();
    /// let mut begun = sender.begin(Message::binary(vec![0; 1_000_000]))?;
    /// while let Begun::Encode(encoding) = begun {
    ///     let encoded = encoding.encode(); // in real code: without the lock
    ///     begun = sender.finish(encoded)?;
    /// }
    /// assert_eq!(sender.output().len(), 1_000_014);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the message, and the reason why it was not accepted.
    pub fn begin(&mut self, message: Message) -> Result<Begun, Rejected> {
        match message {
            message @ (Message::Text(_) | Message::Binary(_)) => {
                self.queue.begin(&mut self.sender, message)
            }
            message => self.send(message).map(|()| Begun::Queued),
        }
    }

    /// Accepts a fragment as [`send_fragment`](Self::send_fragment) does, but leaves
    /// long work to the caller, as [`begin`](Self::begin) does.
    ///
    /// # Errors
    /// Returns the payload, and the reason why it was not accepted.
    pub fn begin_fragment(
        &mut self,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<Begun, Rejected<Bytes>> {
        self.queue.begin_data(&mut self.sender, Data::fragment(kind, fin, payload))
    }

    /// Accepts a prepared message as [`send_prepared`](Self::send_prepared) does, but leaves
    /// long work to the caller, as [`begin`](Self::begin) does.
    ///
    /// # Errors
    /// Returns the same errors as [`send_prepared`](Self::send_prepared).
    pub fn begin_prepared(&mut self, message: &Prepared) -> Result<Begun, SendError> {
        Ok(self.queue.begin_data(&mut self.sender, message.into())?)
    }

    /// Queues a message that was accepted by [`begin`](Self::begin) and encoded since, or returns
    /// the next work: a client masks a large message after it was compressed.
    ///
    /// # Errors
    /// [`Closing`](SendError::Closing): the connection began to close in the meantime. The error
    /// contains the payload as the application passed it.
    pub fn finish(&mut self, encoded: Encoded) -> Result<Begun, Rejected<Bytes>> {
        self.queue.finish(&mut self.sender, encoded)
    }

    /// Begins the closing handshake, as [`WebSocket::close`](super::WebSocket::close) does.
    ///
    /// # Errors
    /// Returns the same errors as [`WebSocket::close`](super::WebSocket::close).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.close_with(Some(&CloseFrame::new(code, reason)?))
    }

    /// Begins the closing handshake with code 1000, or answers the Close of the peer with its code. Use
    /// this method to end a connection in any state.
    ///
    /// # Errors
    /// [`Closing`](SendError::Closing): a Close was sent already, or the connection has failed.
    pub fn close_or_answer(&mut self) -> Result<(), SendError> {
        let frame = match &self.peer {
            // A Close without a code gets one without a code (RFC 6455, section 5.5.1).
            PeerEnd::Closed(frame) => frame.as_ref().map(|frame| frame.code()),
            PeerEnd::Open | PeerEnd::Failed(_) => Some(CloseCode::NORMAL),
        };
        let frame = frame.and_then(|code| CloseFrame::new(code, "").ok());
        self.close_with(frame.as_ref())
    }

    /// Decides whether the next messages are compressed, as
    /// [`WebSocket::set_compression`](super::WebSocket::set_compression) does.
    pub fn set_compression(&mut self, choice: Compression) {
        self.queue.set_compression(choice);
    }

    /// Returns the result of the opening handshake.
    #[must_use]
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Returns the terms on which this connection uses permessage-deflate, or `None` if it does
    /// not use it.
    #[must_use]
    pub const fn deflate_terms(&self) -> Option<&Terms> {
        usable(self.opened.deflate_terms())
    }

    /// Frees memory, as [`WebSocket::release_memory`](super::WebSocket::release_memory) does.
    pub fn release_memory(&mut self) {
        self.queue.release_memory(&self.sender);
    }

    /// Returns the bytes to write.
    pub fn output(&mut self) -> &mut Outgoing {
        if self.waiting.is_some() && self.queue.has_room_for_answer() {
            self.settle_owed(OwedFrames::new());
        }
        &mut self.queue.outgoing
    }

    /// Returns whether [`send`](Self::send) accepts a message now, as
    /// [`WebSocket::is_ready`](super::WebSocket::is_ready) does.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.queue.is_ready()
    }

    /// Returns whether a Close has been queued or the connection has failed. Nothing more can be
    /// sent then.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.sender.is_client()
    }

    /// Returns the state of the connection in the closing handshake, as far as this half knows it.
    /// Frames in the queue count as sent.
    #[must_use]
    pub fn state(&self) -> State {
        match (&self.peer, self.sender.is_closed()) {
            (PeerEnd::Failed(_), _) | (PeerEnd::Closed(_), true) => State::Closed,
            (PeerEnd::Closed(_), false) => State::RemoteClosing,
            (PeerEnd::Open, true) => State::LocalClosing,
            (PeerEnd::Open, false) => State::Open,
        }
    }

    /// Returns what to do with the transport after all output so far has been flushed.
    #[must_use]
    pub fn transport_action(&self) -> TransportAction {
        // A Close that is owed is always queued at once.
        let owes_close = false;
        let failed = matches!(self.peer, PeerEnd::Failed(_));
        transport_action(self.is_client(), self.state(), owes_close, failed, self.eof)
    }

    /// Returns how the connection ended, or `None` while it is open or closing.
    #[must_use]
    pub fn close_info(&self) -> Option<CloseInfo<'_>> {
        let received = match &self.peer {
            PeerEnd::Closed(frame) => Some(frame.as_deref()),
            PeerEnd::Open | PeerEnd::Failed(_) => None,
        };
        let info = CloseInfo::new(received, self.sender.began_to_close());
        (self.state() == State::Closed).then_some(info)
    }

    /// Returns the error that has ended the connection.
    #[must_use]
    pub const fn error(&self) -> Option<ProtocolError> {
        match self.peer {
            PeerEnd::Failed(error) => Some(error),
            PeerEnd::Open | PeerEnd::Closed(_) => None,
        }
    }

    /// Returns what this half has sent so far, as [`Stats::sent`](super::Stats::sent).
    #[must_use]
    pub const fn sent(&self) -> Traffic {
        self.queue.counters.traffic()
    }

    /// Returns the round-trip time of the last answered Ping of the
    /// [`Keepalive`](super::Keepalive), as [`Stats::round_trip`](super::Stats::round_trip).
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.deadlines.round_trip()
    }

    /// Records that the transport has ended, with the result of
    /// [`MessageReceiver::receive_eof`].
    pub fn receive_eof(&mut self, ended: Result<(), ProtocolError>) {
        self.eof = true;
        if let (Err(error), PeerEnd::Open) = (ended, &self.peer) {
            self.peer = PeerEnd::Failed(error);
            if error == ProtocolError::UnexpectedEof {
                self.sender.close_silent();
            } else {
                // The peer caused an error that no call had returned yet. RFC 6455, section 7.1.7.
                self.report(error);
            }
        }
    }

    pub(super) fn close_with(&mut self, frame: Option<&CloseFrame>) -> Result<(), SendError> {
        // A Pong that is owed is sent before the Close.
        self.settle_owed(OwedFrames::new());
        if let Some(mut owed) = self.waiting.take() {
            let _ = self.sender.settle(&mut owed, self.queue.outgoing.data());
        }
        if let PeerEnd::Closed(_) = self.peer {
            self.sender.close_in_reply(frame, self.queue.outgoing.data())
        } else {
            self.sender.close(frame, self.queue.outgoing.data())
        }
    }

    /// Queues the Close that reports an error of the peer (RFC 6455, section 7.1.7).
    pub(super) fn report(&mut self, error: ProtocolError) {
        let mut owed = OwedFrames::new();
        owed.add(Owed::Fault(error));
        self.settle_owed(owed);
    }

    /// Queues the frames in `newest`, and those that wait. A newer Pong replaces one that waits.
    fn settle_owed(&mut self, mut newest: OwedFrames) {
        let mut owed = self.waiting.take().map_or_else(OwedFrames::new, |waiting| *waiting);
        owed.append(&mut newest);
        // The queue has no maximum size, so no call fails.
        if let (PeerEnd::Closed(Some(frame)), Some(OwedClose::Reply(_)), true) =
            (&self.peer, owed.close(), self.repeat_close_reason)
        {
            let _ = owed.take_close();
            let _ = self.sender.settle(&mut owed, self.queue.outgoing.data());
            let _ = self.sender.close_in_reply(Some(frame), self.queue.outgoing.data());
        } else if owed.close().is_some() {
            let _ = self.sender.settle(&mut owed, self.queue.outgoing.data());
        } else if self.queue.has_room_for_answer() {
            let Self { sender, queue, .. } = self;
            let _ = queue.outgoing.answer(|out| sender.settle(&mut owed, out));
        }
        if !owed.is_empty() {
            self.waiting = Some(Box::new(owed));
        }
    }
}
