//! Receiving: messages are put together in the caller's read buffer.

use alloc::boxed::Box;

use bytes::{Buf, Bytes, BytesMut};

use super::WebSocket;
use crate::connection::{ControlPayload, Event, Input, Role};
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::message::Message;
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
}

impl Joining {
    pub(super) const fn new() -> Self {
        Self { held: 0, gap: 0 }
    }
}

impl<R: Role> WebSocket<R> {
    #[inline]
    pub(super) fn receive_message(
        &mut self,
        input: &mut BytesMut,
    ) -> Result<Option<Message>, ProtocolError> {
        loop {
            let start = self.joining.held + self.joining.gap;
            let mut unread = Input::new(input.get_mut(start..).unwrap_or_default());
            let event = self.connection.receive(&mut unread);
            let end = start + unread.consumed();
            match event {
                Ok(Some(Event::Data(data))) => {
                    let (kind, last, len) = (data.kind, data.last, data.bytes.len());
                    let joined = if last && self.joining.held == 0 {
                        let mut frame = input.split_to(end);
                        frame.advance(end - len);
                        frame.freeze()
                    } else {
                        self.joining.join(input, end - len, end);
                        if !last {
                            continue;
                        }
                        self.joining.finish(input)
                    };
                    return Ok(Some(match kind {
                        Kind::Text => Message::Text(Utf8Bytes::from_validated(joined)),
                        Kind::Binary => Message::Binary(joined),
                    }));
                }
                Ok(None) => {
                    self.make_room(input);
                    return Ok(None);
                }
                Ok(Some(Event::Ping(payload))) => {
                    self.queue_pong();
                    self.joining.skip(input, end);
                    return Ok(Some(Message::Ping(copy(&payload))));
                }
                Ok(Some(Event::Pong(payload))) => {
                    self.joining.skip(input, end);
                    return Ok(Some(Message::Pong(copy(&payload))));
                }
                Ok(Some(Event::Close(frame))) => {
                    self.queue_close();
                    self.joining = Joining::new();
                    input.clear();
                    return Ok(Some(Message::Close(frame.map(Box::new))));
                }
                Err(error) => {
                    self.queue_close();
                    self.joining = Joining::new();
                    input.clear();
                    return Err(error);
                }
            }
        }
    }

    /// Leaves of `input` only what belongs to the message under way, with room behind it for what
    /// its frame has announced, but for no more than has come of it: what a peer announces costs
    /// it nothing.
    fn make_room(&mut self, input: &mut BytesMut) {
        input.truncate(self.joining.held);
        self.joining.gap = 0;
        let announced = usize::try_from(self.connection.frame_remaining()).unwrap_or(usize::MAX);
        input.reserve(announced.min(self.joining.held));
    }
}

impl Joining {
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
        *self = Self::new();
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

fn copy(payload: &ControlPayload) -> Bytes {
    Bytes::copy_from_slice(payload)
}
