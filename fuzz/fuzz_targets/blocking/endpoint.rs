//! One endpoint, which is whole or in halves.

use arbitrary::Arbitrary;
use websocket_proto::blocking::{ReadHalf, WebSocketStream, WriteHalf};
use websocket_proto::connection::Role;
use websocket_proto::deflate::Compression;
use websocket_proto::io::Error;
use websocket_proto::websocket::{MessageRef, Part, Prepared};
use websocket_proto::{CloseCode, Message};

use crate::conditions::Conditions;
use crate::sockets::Splits;
use crate::talk::{Ear, Said, Size, message};

/// What an endpoint does.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Op {
    Read,
    ReadRef,
    ReadPart,
    Send(Size),
    Feed(Size),
    TrySend(Size),
    SendPrepared {
        size: Size,
        compressed: bool,
    },
    FeedPrepared(Size),
    TrySendPrepared(Size),
    /// A message in two fragments.
    Fragments(Size),
    Ping,
    Pong,
    Ready,
    Flush,
    /// This ends most connections, so it is less likely than the others.
    Close {
        odds: u8,
        code: u16,
    },
    Finish {
        odds: u8,
    },
    SetCompression(u8),
    ReleaseMemory,
    Split,
    Reunite,
    /// Looks at the transport.
    Stream,
}

#[allow(clippy::large_enum_variant)]
pub enum Shape<S, R> {
    Whole(WebSocketStream<S, R>),
    Halves(ReadHalf<R>, WriteHalf<R>),
}

pub struct Endpoint<'p, S, R> {
    /// `None` after the end of the connection.
    pub shape: Option<Shape<S, R>>,
    pub ear: Ear,
    /// How many reads have returned something.
    pub reads: u64,
    pub conditions: &'p Conditions,
}

/// Calls a method that the whole and the half that reads have in common.
macro_rules! reader {
    ($shape:expr, $socket:ident => $call:expr) => {
        match $shape {
            Shape::Whole($socket) => $call,
            Shape::Halves($socket, _) => $call,
        }
    };
}

/// Calls a method that the whole and the half that writes have in common.
macro_rules! writer {
    ($shape:expr, $socket:ident => $call:expr) => {
        match $shape {
            Shape::Whole($socket) => $call,
            Shape::Halves(_, $socket) => $call,
        }
    };
}

impl<S: Splits, R: Role> Endpoint<'_, S, R> {
    pub fn operate(&mut self, op: Op) {
        let Some(shape) = &mut self.shape else { return };
        let (ear, longest) = (&mut self.ear, self.conditions.longest());
        match op {
            Op::Read => {
                let read = reader!(shape, socket => socket.read());
                self.heard(read);
            }
            Op::ReadRef => {
                let read = reader!(shape, socket => {
                    socket.read_ref().map(|read| read.map(|read: MessageRef<'_>| read.into()))
                });
                self.heard(read);
            }
            Op::ReadPart => reader!(shape, socket => match socket.read_part() {
                Ok(Some(part)) => {
                    assert!(!ear.own.is_over.get(), "a part after the end");
                    let part: Part<'_> = part;
                    ear.part(part);
                }
                Ok(None) => ear.own.is_over.set(true),
                Err(error) if error.is_would_block() => {}
                Err(error) => ear.error_of_next(&error),
            }),
            Op::Send(size) | Op::Feed(size) | Op::TrySend(size) => {
                let (number, kind, payload) = ear.own.message(size, longest);
                let message = message(kind, payload);
                let sent = writer!(shape, socket => match op {
                    Op::Send(_) => socket.send(message),
                    Op::Feed(_) => socket.feed(message),
                    _ => socket.try_send(message),
                });
                ear.sent_or_queued(number, sent);
            }
            Op::SendPrepared { size, .. } | Op::FeedPrepared(size) | Op::TrySendPrepared(size) => {
                let (number, kind, payload) = ear.own.message(size, longest);
                let mut prepared = match message(kind, payload) {
                    Message::Text(text) => Prepared::text(text),
                    message => Prepared::binary(message.into_payload().expect("bytes")),
                };
                let sent = writer!(shape, socket => match op {
                    Op::SendPrepared { compressed, .. } => {
                        if compressed {
                            prepared = prepared.compressed(&self.conditions.deflate());
                        }
                        socket.send_prepared(&prepared)
                    }
                    Op::FeedPrepared(_) => socket.feed_prepared(&prepared),
                    _ => socket.try_send_prepared(&prepared),
                });
                ear.sent_or_queued(number, sent);
            }
            Op::Fragments(size) if !ear.own.is_vague.get() => {
                let (number, kind, mut payload) = ear.own.message(size, longest);
                let first = payload.split_to(payload.len() / 2);
                let begun = writer!(shape, socket => socket.send_fragment(kind, false, first));
                if ear.is_queued(&begun) {
                    let ended = writer!(shape, socket => socket.send_fragment(kind, true, payload));
                    // Then nothing can follow except the rest of the message.
                    ear.own.is_vague.set(!ear.is_queued(&ended));
                    let is_refused = matches!(ended, Err(Error::RejectedFragment(_)));
                    if is_refused {
                        ear.own.is_said(number, Said::Refused);
                    } else {
                        ear.sent_or_queued(number, ended);
                    }
                } else {
                    ear.sent_or_queued(number, begun);
                }
            }
            Op::Ping | Op::Pong => {
                let control =
                    if matches!(op, Op::Ping) { Message::ping("i") } else { Message::pong("o") };
                let sent = writer!(shape, socket => socket.send(control));
                ear.called(sent);
            }
            Op::Ready => ear.called(writer!(shape, socket => socket.ready())),
            Op::Flush => ear.called(writer!(shape, socket => socket.flush())),
            Op::Close { odds: 200.., code } => {
                ear.called(writer!(shape, socket => socket.close(CloseCode(code), "")));
            }
            Op::Finish { odds: 240.. } => {
                ear.own.finished_early.set(true);
                ear.peer.finished_early.set(true);
                ear.called(reader!(shape, socket => socket.finish()));
            }
            Op::SetCompression(choice) => {
                let choice =
                    [Compression::Auto, Compression::Yes, Compression::No][usize::from(choice) % 3];
                writer!(shape, socket => socket.set_compression(choice));
            }
            Op::ReleaseMemory => {
                reader!(shape, socket => socket.release_memory());
                writer!(shape, socket => socket.release_memory());
            }
            Op::Split => {
                self.shape = self.shape.take().map(|shape| match shape {
                    Shape::Whole(socket) => S::split(socket),
                    halves => halves,
                });
            }
            Op::Reunite => {
                self.shape = self.shape.take().map(|shape| match shape {
                    Shape::Halves(reader, writer) => S::reunite(reader, writer),
                    whole => whole,
                });
            }
            Op::Stream => {
                if let Shape::Whole(socket) = shape {
                    socket.stream().assert_own_timeouts();
                }
            }
            Op::Fragments(_) | Op::Close { .. } | Op::Finish { .. } => {}
        }
    }

    /// Ends the script of the transport.
    pub fn release(&mut self) {
        self.operate(Op::Stream);
        if let Some(Shape::Whole(socket)) = &self.shape {
            socket.stream().release();
        }
    }

    /// Goes on to the end of the connection as far as possible without a wait, and then drops it.
    pub fn end(&mut self) {
        let Some(shape) = &mut self.shape else { return };
        let own = self.ear.own.clone();
        if !own.is_over.get() {
            // Everything that was accepted leaves before the Close.
            let closed = writer!(shape, socket => socket.close(CloseCode::NORMAL, "bye"));
            self.ear.called(closed);
        }
        for _ in 0..100 {
            if own.is_over.get() {
                break;
            }
            let before = self.reads;
            self.operate(Op::Read);
            if self.reads == before && !own.is_over.get() {
                // It would block.
                return;
            }
        }
        if !own.is_over.get() {
            return;
        }
        self.operate(Op::Read);
        let shape = self.shape.as_mut().expect("it has not ended yet");
        match reader!(shape, socket => socket.finish()) {
            Err(error) if error.is_would_block() => {}
            finished => {
                self.ear.called(finished);
                self.shape = None;
            }
        }
    }

    fn heard(&mut self, read: Result<Option<Message>, Error>) {
        match read {
            Err(error) if error.is_would_block() => {}
            read => {
                self.reads += 1;
                self.ear.received(read.transpose());
            }
        }
    }
}

impl Ear {
    /// Notes the result of a method that sends a message and may write.
    fn sent_or_queued(&mut self, number: usize, sent: Result<(), Error>) {
        match sent {
            Err(Error::Io(_)) if self.is_queued(&sent) => self.own.is_said(number, Said::Queued),
            sent => self.sent(number, Some(sent)),
        }
    }

    /// Whether a message is queued, although not all of it may be written.
    fn is_queued(&self, sent: &Result<(), Error>) -> bool {
        match sent {
            Ok(()) => true,
            Err(error @ Error::Io(_)) => error.is_would_block(),
            Err(_) => false,
        }
    }

    /// Notes the result of a method that sends no message of which the peer tells.
    fn called(&mut self, result: Result<(), Error>) {
        match result {
            Err(Error::Rejected(_)) => {}
            Err(error) if error.is_would_block() => {}
            result => self.flushed(Some(result)),
        }
    }
}
