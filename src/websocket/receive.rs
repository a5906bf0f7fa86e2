//! The receiving direction, which turns frames into messages.

mod ready;
mod received;

use alloc::boxed::Box;
use core::mem;

use bytes::{Bytes, BytesMut};

pub(super) use received::{Received, whole};

use self::received::{Place, Report};
use super::Config;
use super::answers::Answers;
use super::compression::Inflating;
use super::counters::Counters;
use super::read_buffer::ReadBuffer;
use super::read_size::ReadSize;
use crate::connection::{Event, Input, Receiver, Role, WholeMessage};
use crate::deflate::Terms;
use crate::error::ProtocolError;
use crate::frame::Kind;

/// The receiving direction of a `WebSocket`.
#[derive(Debug)]
pub(super) struct Receiving {
    pub(super) buffer: ReadBuffer,
    /// `None` if permessage-deflate was not negotiated.
    inflating: Option<Box<Inflating>>,
    /// The last [`Received::Report`].
    report: Report,
    progress: Progress,
    /// The result that has been processed but not returned. Its positions are relative to the first
    /// byte that is not processed, so they stay valid when the buffer drops the bytes before it.
    ready: Option<Received>,
    pub(super) counters: Counters,
    /// How many bytes of the message in progress were counted. If a message in several fragments is
    /// skipped, its first fragments were already counted.
    counted: u64,
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

/// A piece of a message, which lies between two positions of the buffer.
#[derive(Clone, Copy)]
struct Piece {
    kind: Kind,
    from: usize,
    to: usize,
    last: bool,
    transformed: bool,
}

/// The result of one step through the input.
enum Step {
    Piece(Piece),
    /// A control frame, the end of a skipped message, or nothing.
    Ready(Received),
}

impl Receiving {
    pub(super) fn new(config: &Config, terms: Option<&Terms>, is_client: bool) -> Self {
        Self {
            buffer: ReadBuffer::new(ReadSize::new(terms.is_some())),
            inflating: Inflating::negotiated(config, terms, is_client).map(Box::new),
            report: Report::Close(None),
            progress: Progress::Whole,
            ready: None,
            counters: Counters::default(),
            counted: 0,
        }
    }

    /// Takes the next message, if it is whole in the buffer and needs no other step. Otherwise
    /// nothing changes. Most messages take this path.
    #[inline(always)]
    pub(super) fn take_whole(&mut self, receiver: &Receiver<impl Role>) -> Option<WholeMessage> {
        match self.ready {
            None if self.buffer.is_holding() => None,
            None => {
                let start = self.buffer.start();
                let found = receiver.receive_whole(self.buffer.unprocessed())?;
                self.counters.message(found.to - found.from);
                Some(WholeMessage { from: start + found.from, to: start + found.to, ..found })
            }
            Some(Received::Frame { kind, from, to }) => {
                self.ready = None;
                let start = self.buffer.start();
                Some(WholeMessage { kind, from: start + from, to: start + to })
            }
            Some(_) => None,
        }
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

    /// Takes the part that is ready, or else the next one.
    pub(super) fn take_part(
        &mut self,
        source: &mut Half<'_, impl Role>,
    ) -> Result<Received, ProtocolError> {
        match self.take_ready() {
            Some(received) => Ok(received),
            None => self.next_part(source),
        }
    }

    /// Takes the next whole message or control frame.
    #[inline(always)]
    fn next(&mut self, source: &mut Half<'_, impl Role>) -> Result<Received, ProtocolError> {
        loop {
            let piece = match self.step(source)? {
                Step::Piece(piece) => piece,
                Step::Ready(received) => return Ok(received),
            };
            let Piece { kind, from, to, last, transformed } = piece;
            if !transformed && self.progress == Progress::Whole {
                if last && !self.buffer.is_holding() {
                    return Ok(Received::Frame { kind, from, to });
                }
                self.buffer.hold(from, to);
                if last {
                    return Ok(Received::Held(kind));
                }
            } else if self.progress == Progress::Whole {
                if self.inflate(piece, source)? {
                    return Ok(Received::Report);
                }
                if last {
                    return Ok(Received::Inflated(kind));
                }
            } else if self.drop_piece(piece, source)? {
                return Ok(Received::Report);
            }
        }
    }

    /// Takes the next part of a message, or the next control frame.
    fn next_part(&mut self, source: &mut Half<'_, impl Role>) -> Result<Received, ProtocolError> {
        self.drop_lent();
        loop {
            let piece = match self.step(source)? {
                Step::Piece(piece) => piece,
                Step::Ready(received) => return Ok(received),
            };
            let Piece { kind, from, to, last, transformed } = piece;
            let place = if self.progress == Progress::Dropped {
                if self.drop_piece(piece, source)? {
                    return Ok(Received::Report);
                }
                continue;
            } else if transformed {
                if self.inflate(piece, source)? {
                    return Ok(Received::Report);
                }
                let inflating = self.inflating.as_ref();
                if !last && inflating.is_none_or(|inflating| inflating.len() == 0) {
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
    }

    /// Takes the next piece of a message, or the next control frame.
    #[inline(always)]
    fn step(&mut self, source: &mut Half<'_, impl Role>) -> Result<Step, ProtocolError> {
        let start = self.buffer.start();
        let mut unprocessed = Input::new(self.buffer.unprocessed());
        let event = source.receive(&mut unprocessed);
        let to = start + unprocessed.consumed();
        let received = match event {
            Ok(Some(Event::Data(data))) => {
                let (kind, last, transformed) = (data.kind, data.last, data.transformed);
                let len = data.bytes.len();
                let from = to - len;
                self.count(len, last);
                return Ok(Step::Piece(Piece { kind, from, to, last, transformed }));
            }
            Ok(None) => {
                self.buffer.end_input(source.frame_remaining());
                // An idle connection does not hold the payload of the last Ping.
                self.report = Report::Close(None);
                Received::Nothing
            }
            // One arm for all of them: the path of a short message is shorter then.
            Ok(Some(event)) => {
                match event {
                    Event::Ping => self.ping(source, to),
                    Event::Pong => self.pong(source, to),
                    Event::Close => self.close(source),
                    Event::Oversized { len } => self.skipped(len, to),
                    Event::Data(_) => {}
                }
                Received::Report
            }
            Err(error) => {
                self.clear();
                return Err(error);
            }
        };
        Ok(Step::Ready(received))
    }

    /// Decompresses a piece, and removes it from the buffer. Returns whether the piece ended a
    /// message that was skipped.
    // Inlined as `drop_piece` is, so that the piece of a short message is never written to memory.
    #[inline(always)]
    fn inflate(
        &mut self,
        piece: Piece,
        source: &mut Half<'_, impl Role>,
    ) -> Result<bool, ProtocolError> {
        let Piece { kind, from, to, last, .. } = piece;
        let Some(inflating) = &mut self.inflating else {
            return Ok(false);
        };
        let pushed = inflating.push(kind, self.buffer.bytes(from, to), last);
        self.counters.compression(to - from, inflating.take_produced());
        if let Err(error) = pushed {
            let error = source.fail(error);
            self.clear();
            return Err(error);
        }
        self.buffer.skip(to);
        let Some(len) = inflating.take_skipped() else {
            return Ok(false);
        };
        self.report = Report::Oversized(len);
        self.progress = Progress::Whole;
        Ok(true)
    }

    /// Drops a piece of a message that the application does not want. A compressed piece is
    /// decompressed all the same, because later messages may refer to it. Returns whether the piece
    /// ended a message that was skipped.
    #[inline(always)]
    fn drop_piece(
        &mut self,
        piece: Piece,
        source: &mut Half<'_, impl Role>,
    ) -> Result<bool, ProtocolError> {
        let mut was_skipped = false;
        if piece.transformed {
            was_skipped = self.inflate(piece, source)?;
            self.discard_inflated();
        } else {
            self.buffer.skip(piece.to);
        }
        self.progress = if piece.last { Progress::Whole } else { Progress::Dropped };
        Ok(was_skipped)
    }

    /// Counts a piece of a message. `last` marks the end of the message.
    #[inline(always)]
    const fn count(&mut self, len: usize, last: bool) {
        self.counters.part(len as u64, last);
        self.counted = if last { 0 } else { self.counted + len as u64 };
    }

    #[cold]
    fn ping(&mut self, source: &Half<'_, impl Role>, end: usize) {
        self.counters.pings += 1;
        self.control(Report::Ping, source, end);
    }

    #[cold]
    fn pong(&mut self, source: &mut Half<'_, impl Role>, end: usize) {
        // The Pings of the keepalive are empty.
        source.answers.pong |= source.receiver.control_payload().is_empty();
        self.control(Report::Pong, source, end);
    }

    /// Keeps a Ping or Pong, whose frame ends at `end`.
    fn control(&mut self, report: fn(Bytes) -> Report, source: &Half<'_, impl Role>, end: usize) {
        self.buffer.skip(end);
        self.report = report(Bytes::copy_from_slice(source.receiver.control_payload()));
    }

    /// Keeps the Close of the peer, and drops the bytes after it.
    #[cold]
    fn close(&mut self, source: &mut Half<'_, impl Role>) {
        self.clear();
        let frame = source.receiver.peer_close().cloned().map(Box::new);
        source.answers.close = Some(frame.clone());
        self.report = Report::Close(frame);
    }

    /// Keeps the length of a message that was skipped and ends at `end`, and drops the fragments
    /// before the limit.
    #[cold]
    fn skipped(&mut self, len: u64, end: usize) {
        self.counters.part(len - mem::take(&mut self.counted), true);
        self.buffer.skip(end);
        if self.buffer.is_holding() {
            drop(self.buffer.cut_held());
        }
        self.progress = Progress::Whole;
        self.report = Report::Oversized(len);
    }

    /// Removes and returns all bytes that have not been processed.
    pub(super) fn take_unprocessed(&mut self) -> BytesMut {
        let ready = match self.ready {
            Some(
                Received::Frame { to, .. } | Received::Part { place: Place::Frame { to, .. }, .. },
            ) => Some(self.buffer.start() + to),
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

    /// Returns the length of the decompressed payload that was dropped since the last call.
    pub(super) fn take_dropped(&mut self) -> usize {
        self.inflating.as_mut().map_or(0, |inflating| inflating.take_dropped())
    }

    fn discard_inflated(&mut self) {
        if let Some(inflating) = &mut self.inflating {
            inflating.discard();
        }
    }

    /// Drops the decompressed bytes that the last call lent.
    fn drop_lent(&mut self) {
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
