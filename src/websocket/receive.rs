//! The receiving direction, which turns frames into messages.

use alloc::boxed::Box;

use bytes::{Bytes, BytesMut};

use super::answers::Answers;
use super::compression::Inflating;
use super::incoming::ReadBuffer;
use super::{Config, MessageRef, Part};
use crate::close::CloseFrame;
use crate::connection::{ControlPayload, Event, Input, Receiver, Role};
use crate::deflate::Terms;
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::message::Message;
use crate::utf8_bytes::Utf8Bytes;

/// The receiving direction of a `WebSocket`.
#[derive(Debug)]
pub(super) struct Receiving {
    pub(super) buffer: ReadBuffer,
    /// `None` if permessage-deflate was not negotiated.
    inflating: Option<Box<Inflating>>,
    /// The payload of the last Ping or Pong.
    control: ControlPayload,
    /// The Close of the peer.
    close: Option<Box<CloseFrame>>,
    progress: Progress,
    /// The result that has been processed but not returned.
    ready: Option<Received>,
}

/// How the message in progress is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// As a whole. This is also the state without a message in progress.
    Whole,
    /// In parts. The first part has been taken.
    Parts,
    /// Not at all: a whole message was asked for after a part, so the rest is dropped.
    Dropped,
}

/// The next item that was received, and where its bytes are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Received {
    /// A message in one frame. Its payload begins and ends at these positions of the buffer.
    Frame {
        kind: Kind,
        from: usize,
        to: usize,
    },
    /// A message that the buffer holds.
    Held(Kind),
    /// A message that was decompressed.
    Inflated(Kind),
    /// A part of a message.
    Part {
        kind: Kind,
        place: Place,
        first: bool,
        last: bool,
    },
    Ping,
    Pong,
    Close,
    /// Nothing was received. More bytes are needed.
    Nothing,
}

/// The place of a part of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Between these positions of the buffer.
    Frame { from: usize, to: usize },
    /// At the front of the buffer, joined to earlier parts.
    Held,
    /// In the output of the decompressor.
    Inflated,
}

impl Receiving {
    pub(super) fn new(config: &Config, terms: Option<&Terms>, is_client: bool) -> Self {
        let inflating =
            Inflating::negotiated(&config.compression, terms, config.max_message_size, is_client);
        Self {
            buffer: ReadBuffer::new(),
            inflating: inflating.map(Box::new),
            control: ControlPayload::EMPTY,
            close: None,
            progress: Progress::Whole,
            ready: None,
        }
    }

    /// Processes the input until a message is ready, and returns whether one is ready.
    pub(super) fn process(
        &mut self,
        source: &mut Half<'_, impl Role>,
    ) -> Result<bool, ProtocolError> {
        let received = self.take_message(source)?;
        Ok(self.keep(received))
    }

    /// Processes the input until a part of a message is ready, and returns whether one is ready.
    pub(super) fn process_part(
        &mut self,
        source: &mut Half<'_, impl Role>,
    ) -> Result<bool, ProtocolError> {
        let received = self.take_part(source)?;
        Ok(self.keep(received))
    }

    /// Keeps `received` for the next call. Returns `false` if nothing was received.
    fn keep(&mut self, received: Received) -> bool {
        let is_something = !matches!(received, Received::Nothing);
        self.ready = is_something.then_some(received);
        is_something
    }

    /// Takes the message that is ready, or else the next one.
    #[inline(always)]
    pub(super) fn take_message(
        &mut self,
        source: &mut Half<'_, impl Role>,
    ) -> Result<Received, ProtocolError> {
        if self.ready.is_some()
            && let Some(message) = self.take_ready_message()
        {
            return Ok(message);
        }
        self.next(source)
    }

    #[inline(never)]
    fn take_ready_message(&mut self) -> Option<Received> {
        match self.ready.take() {
            Some(Received::Part { kind, place, first: true, last }) => {
                // No part of the message has been returned, so it is still whole.
                self.progress = Progress::Whole;
                match place {
                    Place::Frame { from, to } if last => Some(Received::Frame { kind, from, to }),
                    Place::Held if last => Some(Received::Held(kind)),
                    Place::Inflated if last => Some(Received::Inflated(kind)),
                    Place::Frame { from, to } => {
                        self.buffer.hold(from, to);
                        None
                    }
                    Place::Held | Place::Inflated => None,
                }
            }
            Some(part @ Received::Part { last, .. }) => {
                self.drop_part(part);
                self.progress = if last { Progress::Whole } else { Progress::Dropped };
                None
            }
            message => message,
        }
    }

    /// Takes the part that is ready, or else the next one.
    pub(super) fn take_part(
        &mut self,
        source: &mut Half<'_, impl Role>,
    ) -> Result<Received, ProtocolError> {
        match self.ready.take() {
            Some(received) => Ok(received),
            None => self.next_part(source),
        }
    }

    /// Cuts a message out of the read buffer.
    #[inline(always)]
    pub(super) fn message(&mut self, received: Received) -> Option<Message> {
        Some(match received {
            Received::Frame { kind, from, to } => whole(kind, self.buffer.cut_frame(from, to)),
            Received::Held(kind) => whole(kind, self.buffer.cut_held()),
            Received::Inflated(kind) => whole(kind, self.take_inflated()),
            Received::Ping => Message::Ping(Bytes::copy_from_slice(&self.control)),
            Received::Pong => Message::Pong(Bytes::copy_from_slice(&self.control)),
            Received::Close => Message::Close(self.close.clone()),
            Received::Part { .. } | Received::Nothing => return None,
        })
    }

    /// Returns a message that borrows the read buffer.
    #[inline(always)]
    pub(super) fn message_ref(&mut self, received: Received) -> Option<MessageRef<'_>> {
        Some(match received {
            Received::Frame { kind, from, to } => whole_ref(kind, self.buffer.lend_frame(from, to)),
            Received::Held(kind) => whole_ref(kind, self.buffer.lend_held()),
            Received::Inflated(kind) => whole_ref(kind, self.lend_inflated()),
            Received::Ping => MessageRef::Ping(&self.control),
            Received::Pong => MessageRef::Pong(&self.control),
            Received::Close => MessageRef::Close(self.close.as_deref()),
            Received::Part { .. } | Received::Nothing => return None,
        })
    }

    /// Returns a part of a message that borrows the read buffer.
    pub(super) fn part(&mut self, received: Received) -> Option<Part<'_>> {
        let (kind, place, first, last) = match received {
            Received::Part { kind, place, first, last } => (kind, place, first, last),
            Received::Frame { kind, from, to } => (kind, Place::Frame { from, to }, true, true),
            Received::Held(kind) => (kind, Place::Held, true, true),
            Received::Inflated(kind) => (kind, Place::Inflated, true, true),
            Received::Ping => return Some(Part::Ping(&self.control)),
            Received::Pong => return Some(Part::Pong(&self.control)),
            Received::Close => return Some(Part::Close(self.close.as_deref())),
            Received::Nothing => return None,
        };
        let bytes = match place {
            Place::Frame { from, to } => self.buffer.lend_frame(from, to),
            Place::Held => self.buffer.lend_held(),
            Place::Inflated => self.lend_inflated(),
        };
        Some(Part::Data { kind, bytes, first, last })
    }

    /// Drops a part that the caller did not take.
    #[cold]
    fn drop_part(&mut self, part: Received) {
        match part {
            Received::Part { place: Place::Frame { to, .. }, .. } => self.buffer.skip(to),
            Received::Part { place: Place::Held, .. } => drop(self.buffer.cut_held()),
            _ => self.discard_inflated(),
        }
    }

    /// Takes the next whole message or control frame.
    #[inline(always)]
    fn next(&mut self, source: &mut Half<'_, impl Role>) -> Result<Received, ProtocolError> {
        self.buffer.drop_lent();
        loop {
            let start = self.buffer.start();
            let mut unprocessed = Input::new(self.buffer.unprocessed());
            let event = source.receive(&mut unprocessed);
            let end = start + unprocessed.consumed();
            match event {
                Ok(Some(Event::Data(data)))
                    if !data.transformed && self.progress == Progress::Whole =>
                {
                    let (kind, last, len) = (data.kind, data.last, data.bytes.len());
                    let from = end - len;
                    if last && !self.buffer.is_holding() {
                        return Ok(Received::Frame { kind, from, to: end });
                    }
                    self.buffer.hold(from, end);
                    if last {
                        return Ok(Received::Held(kind));
                    }
                }
                Ok(Some(Event::Data(data))) => {
                    let (kind, last) = (data.kind, data.last);
                    let inflated = match &mut self.inflating {
                        Some(inflating) if data.transformed => {
                            inflating.push(kind, data.bytes, last)
                        }
                        // This is the rest of a message that the application does not want.
                        _ => Ok(()),
                    };
                    self.buffer.skip(end);
                    if let Err(error) = inflated {
                        let error = source.fail(error);
                        self.clear();
                        return Err(error);
                    }
                    if self.progress != Progress::Whole {
                        self.discard_inflated();
                        self.progress = if last { Progress::Whole } else { Progress::Dropped };
                    } else if last {
                        return Ok(Received::Inflated(kind));
                    }
                }
                Ok(None) => {
                    self.buffer.end_input(source.frame_remaining());
                    return Ok(Received::Nothing);
                }
                Ok(Some(Event::Ping(payload))) => return Ok(self.ping(payload, end)),
                Ok(Some(Event::Pong(payload))) => return Ok(self.pong(payload, end)),
                Ok(Some(Event::Close(frame))) => return Ok(self.close(frame, source.answers)),
                Err(error) => {
                    self.clear();
                    return Err(error);
                }
            }
        }
    }

    /// Takes the next part of a message, or the next control frame.
    fn next_part(&mut self, source: &mut Half<'_, impl Role>) -> Result<Received, ProtocolError> {
        self.drop_lent();
        loop {
            let start = self.buffer.start();
            let unprocessed = self.buffer.unprocessed();
            let base = unprocessed.as_ptr().addr();
            let mut unprocessed = Input::new(unprocessed);
            let event = source.receive(&mut unprocessed);
            let end = start + unprocessed.consumed();
            match event {
                Ok(Some(Event::Data(data))) => {
                    let (kind, last, transformed) = (data.kind, data.last, data.transformed);
                    // An invalid byte of text and those after it are consumed too, but not returned.
                    let from = start + (data.bytes.as_ptr().addr() - base);
                    let to = from + data.bytes.len();
                    let inflated = match &mut self.inflating {
                        Some(inflating) if transformed => inflating.push(kind, data.bytes, last),
                        _ => Ok(()),
                    };
                    if let Err(error) = inflated {
                        let error = source.fail(error);
                        self.clear();
                        return Err(error);
                    }
                    if self.progress == Progress::Dropped {
                        self.discard_inflated();
                        self.buffer.skip(end);
                        self.progress = if last { Progress::Whole } else { Progress::Dropped };
                        continue;
                    }
                    let place = if transformed {
                        self.buffer.skip(end);
                        let inflating = self.inflating.as_ref();
                        if !last && inflating.is_none_or(|inflating| inflating.is_empty()) {
                            // The decompressor has no output yet.
                            continue;
                        }
                        Place::Inflated
                    } else if self.buffer.is_holding() {
                        self.buffer.hold(from, to);
                        Place::Held
                    } else {
                        Place::Frame { from, to }
                    };
                    let first = self.progress == Progress::Whole;
                    self.progress = if last { Progress::Whole } else { Progress::Parts };
                    return Ok(Received::Part { kind, place, first, last });
                }
                Ok(None) => {
                    self.buffer.end_input(source.frame_remaining());
                    return Ok(Received::Nothing);
                }
                Ok(Some(Event::Ping(payload))) => return Ok(self.ping(payload, end)),
                Ok(Some(Event::Pong(payload))) => return Ok(self.pong(payload, end)),
                Ok(Some(Event::Close(frame))) => return Ok(self.close(frame, source.answers)),
                Err(error) => {
                    self.clear();
                    return Err(error);
                }
            }
        }
    }

    /// Keeps the payload of a Ping, whose frame ends at `end`.
    #[cold]
    fn ping(&mut self, payload: ControlPayload, end: usize) -> Received {
        self.control = payload;
        self.buffer.skip(end);
        Received::Ping
    }

    /// Keeps the payload of a Pong, whose frame ends at `end`.
    #[cold]
    fn pong(&mut self, payload: ControlPayload, end: usize) -> Received {
        self.control = payload;
        self.buffer.skip(end);
        Received::Pong
    }

    /// Keeps the Close of the peer, and drops the bytes after it.
    #[cold]
    fn close(&mut self, frame: Option<CloseFrame>, answers: &mut Answers) -> Received {
        self.clear();
        self.close = frame.map(Box::new);
        answers.close = self.close.clone();
        Received::Close
    }

    /// Removes and returns all bytes that have not been processed.
    pub(super) fn take_unprocessed(&mut self) -> BytesMut {
        let ready = match self.ready {
            Some(
                Received::Frame { to, .. } | Received::Part { place: Place::Frame { to, .. }, .. },
            ) => Some(to),
            _ => None,
        };
        self.buffer.take_unprocessed(ready)
    }

    /// Frees the memory that the next message does not need.
    pub(super) fn release_memory(&mut self) {
        self.buffer.release_memory();
        if let Some(inflating) = &mut self.inflating {
            inflating.release_memory();
        }
    }

    fn take_inflated(&mut self) -> Bytes {
        self.inflating.as_mut().map(|inflating| inflating.take()).unwrap_or_default()
    }

    fn lend_inflated(&mut self) -> &[u8] {
        self.inflating.as_mut().map_or(&[], |inflating| inflating.lend())
    }

    fn discard_inflated(&mut self) {
        if let Some(inflating) = &mut self.inflating {
            inflating.discard();
        }
    }

    /// Drops the bytes that the last call lent.
    fn drop_lent(&mut self) {
        self.buffer.drop_lent();
        if let Some(inflating) = &mut self.inflating {
            inflating.drop_lent();
        }
    }

    /// Drops all bytes. After a Close or a fault nothing more is processed.
    fn clear(&mut self) {
        self.buffer.clear();
        self.inflating = None;
        self.progress = Progress::Whole;
    }
}

/// Makes a message. Text was validated in a buffer that no other code can change.
#[inline(always)]
pub(super) fn whole(kind: Kind, bytes: Bytes) -> Message {
    match kind {
        Kind::Text => Message::Text(Utf8Bytes::from_validated(bytes)),
        Kind::Binary => Message::Binary(bytes),
    }
}

/// Makes a message. Text was validated in a buffer that no other code can change.
#[inline(always)]
fn whole_ref(kind: Kind, bytes: &[u8]) -> MessageRef<'_> {
    match kind {
        Kind::Text => MessageRef::Text(crate::utf8_bytes::from_validated(bytes)),
        Kind::Binary => MessageRef::Binary(bytes),
    }
}

/// The receiving half of a connection, and the place for its answers.
pub(super) struct Half<'h, R> {
    pub(super) receiver: &'h mut Receiver<R>,
    pub(super) answers: &'h mut Answers,
}

impl<R: Role> Half<'_, R> {
    #[inline]
    fn receive<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, ProtocolError> {
        self.receiver.receive(input, &mut self.answers.owed)
    }

    fn frame_remaining(&self) -> u64 {
        self.receiver.frame_remaining()
    }

    fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        self.receiver.fail(error, &mut self.answers.owed)
    }
}
