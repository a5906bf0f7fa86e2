//! Receiving: messages are put together in the caller's read buffer.

use alloc::boxed::Box;

use bytes::{Buf, Bytes, BytesMut};

use super::Config;
use super::compression::Inflating;
use crate::connection::{Connection, Event, Input, Receiver, Role};
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::message::Message;
use crate::utf8::Utf8Validator;
use crate::utf8_bytes::Utf8Bytes;

/// Where in the read buffer the message under way is.
///
/// ```text
/// | held: payload so far | gap: headers and control frames between | not read yet |
/// ```
///
/// The gap lasts while one input is read. At its end the buffer is cut behind the payload, so
/// that what is read next lands where it belongs.
#[derive(Debug)]
pub(super) struct Joining {
    held: usize,
    gap: usize,
    /// When permessage-deflate was negotiated.
    inflating: Option<Box<Inflating>>,
}

impl Joining {
    pub(super) fn new(config: &Config, is_client: bool) -> Self {
        Self {
            held: 0,
            gap: 0,
            inflating: Inflating::negotiated(
                &config.compression,
                config.max_message_size,
                is_client,
            )
            .map(Box::new),
        }
    }
}

/// Where the events come from: a whole connection, or its receiving half.
pub(super) trait EventSource {
    fn receive<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, ProtocolError>;
    fn frame_remaining(&self) -> u64;
    /// Fails the connection because of an error in a message as a whole.
    fn fail(&mut self, error: ProtocolError);
}

impl Joining {
    /// Takes the next message out of `input`.
    #[inline]
    pub(super) fn receive(
        &mut self,
        source: &mut impl EventSource,
        input: &mut BytesMut,
    ) -> Result<Option<Message>, ProtocolError> {
        loop {
            let start = self.held + self.gap;
            let mut unread = Input::new(input.get_mut(start..).unwrap_or_default());
            let event = source.receive(&mut unread);
            let end = start + unread.consumed();
            match event {
                Ok(Some(Event::Data(data))) if data.transformed => {
                    let Some(inflating) = &mut self.inflating else {
                        // RSV1 is refused where nothing was negotiated.
                        continue;
                    };
                    let inflated = inflating.push(data.kind, data.bytes, data.last);
                    let kind = data.kind;
                    self.skip(input, end);
                    match inflated {
                        Ok(Some(message)) => return Ok(Some(whole(kind, message))),
                        Ok(None) => {}
                        Err(error) => {
                            source.fail(error);
                            self.reset(input);
                            return Err(error);
                        }
                    }
                }
                Ok(Some(Event::Data(data))) => {
                    let (kind, last, len) = (data.kind, data.last, data.bytes.len());
                    if last && self.held == 0 {
                        let mut frame = input.split_to(end).freeze();
                        frame.advance(end - len);
                        return Ok(Some(whole(kind, frame)));
                    }
                    self.join(input, end - len, end);
                    if !last {
                        continue;
                    }
                    let joined = self.finish(input);
                    if let Err(error) = check_joined(kind, &joined) {
                        source.fail(error);
                        self.reset(input);
                        return Err(error);
                    }
                    return Ok(Some(whole(kind, joined)));
                }
                Ok(None) => {
                    self.make_room(input, source.frame_remaining());
                    return Ok(None);
                }
                Ok(Some(Event::Ping(payload))) => {
                    self.skip(input, end);
                    return Ok(Some(Message::Ping(Bytes::copy_from_slice(&payload))));
                }
                Ok(Some(Event::Pong(payload))) => {
                    self.skip(input, end);
                    return Ok(Some(Message::Pong(Bytes::copy_from_slice(&payload))));
                }
                Ok(Some(Event::Close(frame))) => {
                    self.reset(input);
                    return Ok(Some(Message::Close(frame.map(Box::new))));
                }
                Err(error) => {
                    self.reset(input);
                    return Err(error);
                }
            }
        }
    }

    /// Gives back what the next compressed message can do without.
    pub(super) fn release_memory(&mut self) {
        if let Some(inflating) = &mut self.inflating {
            inflating.release_memory();
        }
    }

    /// Leaves of `input` only what belongs to the message under way, with room behind it for what
    /// its frame has announced, but for no more than has come of it: what a peer announces costs
    /// it nothing.
    fn make_room(&mut self, input: &mut BytesMut, announced: u64) {
        input.truncate(self.held);
        self.gap = 0;
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        input.reserve(announced.min(self.held));
    }

    /// Drops what there is: after a Close or a fault nothing more is read.
    fn reset(&mut self, input: &mut BytesMut) {
        input.clear();
        self.held = 0;
        self.gap = 0;
        self.inflating = None;
    }

    /// Adds `input[from..to]` to the message.
    fn join(&mut self, input: &mut BytesMut, from: usize, to: usize) {
        if self.held == 0 {
            input.advance(from);
            self.held = to - from;
            self.gap = 0;
            return;
        }
        if from != self.held {
            input.copy_within(from..to, self.held);
        }
        self.held += to - from;
        self.gap = to - self.held;
    }

    /// Cuts the message out.
    fn finish(&mut self, input: &mut BytesMut) -> Bytes {
        let message = input.split_to(self.held);
        input.advance(self.gap);
        self.held = 0;
        self.gap = 0;
        message.freeze()
    }

    /// Passes over what is no data, up to `to`.
    fn skip(&mut self, input: &mut BytesMut, to: usize) {
        if self.held == 0 {
            input.advance(to);
            self.gap = 0;
        } else {
            self.gap = to - self.held;
        }
    }
}

/// Validates a joined text once more. Each piece was valid when it came, but the caller owns the
/// buffer and can change the bytes of a message between two calls.
fn check_joined(kind: Kind, joined: &[u8]) -> Result<(), ProtocolError> {
    if kind == Kind::Binary {
        return Ok(());
    }
    let mut utf8 = Utf8Validator::new();
    let invalid = |offset: usize| ProtocolError::InvalidUtf8 { offset: offset as u64 };
    utf8.feed(joined).map_err(|error| invalid(error.valid_up_to))?;
    utf8.finish().map_err(|_| invalid(joined.len()))
}

/// A message whose text has been validated.
#[inline(always)]
fn whole(kind: Kind, bytes: Bytes) -> Message {
    match kind {
        Kind::Text => Message::Text(Utf8Bytes::from_validated(bytes)),
        Kind::Binary => Message::Binary(bytes),
    }
}

impl<R: Role> EventSource for Connection<R> {
    #[inline]
    fn receive<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, ProtocolError> {
        self.receive(input)
    }

    fn frame_remaining(&self) -> u64 {
        self.frame_remaining()
    }

    fn fail(&mut self, error: ProtocolError) {
        self.fail(error);
    }
}

impl<R: Role> EventSource for Receiver<R> {
    #[inline]
    fn receive<'b>(&mut self, input: &mut Input<'b>) -> Result<Option<Event<'b>>, ProtocolError> {
        self.receive(input)
    }

    fn frame_remaining(&self) -> u64 {
        self.frame_remaining()
    }

    fn fail(&mut self, error: ProtocolError) {
        self.fail(error);
    }
}
