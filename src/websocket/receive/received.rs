//! What was received, and how it becomes a message that the caller owns or borrows.

use alloc::boxed::Box;

use bytes::Bytes;

use super::Receiving;
use crate::close::CloseFrame;
use crate::connection::WholeMessage;
use crate::frame::Kind;
use crate::message::Message;
use crate::utf8_bytes::{self, Utf8Bytes};
use crate::websocket::{MessageRef, Part};

/// The next item that was received, and where its bytes are.
#[derive(Clone, Copy, Debug)]
pub(in crate::websocket) enum Received {
    /// A message in one frame. Its payload begins and ends at these positions of the buffer.
    Frame { kind: Kind, from: usize, to: usize },
    /// A message that the buffer holds.
    Held(Kind),
    /// A message that was decompressed.
    Inflated(Kind),
    /// A part of a message.
    Part { kind: Kind, place: Place, first: bool, last: bool },
    /// A control frame, or the end of a message that was skipped. It is in [`Receiving`].
    Report,
    /// Nothing was received. More bytes are needed.
    Nothing,
}

/// The place of a part of a message.
#[derive(Clone, Copy, Debug)]
pub(in crate::websocket) enum Place {
    /// Between these positions of the buffer.
    Frame { from: usize, to: usize },
    /// At the front of the buffer, joined to earlier parts.
    Held,
    /// In the output of the decompressor.
    Inflated,
}

impl Received {
    /// Returns the same item with other positions in the buffer.
    #[inline(always)]
    pub(super) fn moved(self, position: impl Fn(usize) -> usize) -> Self {
        match self {
            Self::Frame { kind, from, to } => {
                Self::Frame { kind, from: position(from), to: position(to) }
            }
            Self::Part { kind, place: Place::Frame { from, to }, first, last } => {
                let place = Place::Frame { from: position(from), to: position(to) };
                Self::Part { kind, place, first, last }
            }
            other => other,
        }
    }
}

/// What is received in one piece, beside the messages.
#[derive(Debug)]
pub(in crate::websocket) enum Report {
    Ping(Bytes),
    Pong(Bytes),
    Close(Option<Box<CloseFrame>>),
    /// The end of a message of this length in bytes, which was skipped.
    Oversized(u64),
}

impl Report {
    #[inline(always)]
    fn message(&self) -> Message {
        match self {
            Self::Ping(payload) => Message::Ping(payload.clone()),
            Self::Pong(payload) => Message::Pong(payload.clone()),
            Self::Close(frame) => Message::Close(frame.clone()),
            Self::Oversized(len) => Message::Oversized { len: *len },
        }
    }

    #[inline(always)]
    fn message_ref(&self) -> MessageRef<'_> {
        match self {
            Self::Ping(payload) => MessageRef::Ping(payload),
            Self::Pong(payload) => MessageRef::Pong(payload),
            Self::Close(frame) => MessageRef::Close(frame.as_deref()),
            Self::Oversized(len) => MessageRef::Oversized { len: *len },
        }
    }

    fn part(&self) -> Part<'_> {
        match self {
            Self::Ping(payload) => Part::Ping(payload),
            Self::Pong(payload) => Part::Pong(payload),
            Self::Close(frame) => Part::Close(frame.as_deref()),
            Self::Oversized(len) => Part::Oversized { len: *len },
        }
    }
}

impl Receiving {
    /// Cuts a whole message out of the read buffer.
    #[inline(always)]
    pub(in crate::websocket) fn whole_message(&mut self, found: WholeMessage) -> Message {
        whole(found.kind, self.buffer.cut_frame(found.from, found.to))
    }

    /// Returns a whole message that borrows the read buffer.
    #[inline(always)]
    pub(in crate::websocket) fn whole_message_ref(
        &mut self,
        found: WholeMessage,
    ) -> MessageRef<'_> {
        whole_ref(found.kind, self.buffer.lend_frame(found.from, found.to))
    }

    /// Cuts a message out of the read buffer.
    #[inline(always)]
    pub(in crate::websocket) fn message(&mut self, received: Received) -> Option<Message> {
        Some(match received {
            Received::Frame { kind, from, to } => whole(kind, self.buffer.cut_frame(from, to)),
            Received::Held(kind) => whole(kind, self.buffer.cut_held()),
            Received::Inflated(kind) => whole(kind, self.take_inflated()),
            Received::Report => self.report.message(),
            Received::Part { .. } | Received::Nothing => return None,
        })
    }

    /// Returns a message that borrows the read buffer.
    #[inline(always)]
    pub(in crate::websocket) fn message_ref(
        &mut self,
        received: Received,
    ) -> Option<MessageRef<'_>> {
        Some(match received {
            Received::Frame { kind, from, to } => whole_ref(kind, self.buffer.lend_frame(from, to)),
            Received::Held(kind) => whole_ref(kind, self.buffer.lend_held()),
            Received::Inflated(kind) => whole_ref(kind, self.lend_inflated()),
            Received::Report => self.report.message_ref(),
            Received::Part { .. } | Received::Nothing => return None,
        })
    }

    /// Returns a part of a message that borrows the read buffer.
    pub(in crate::websocket) fn part(&mut self, received: Received) -> Option<Part<'_>> {
        let (kind, place, first, last) = match received {
            Received::Part { kind, place, first, last } => (kind, place, first, last),
            Received::Frame { kind, from, to } => (kind, Place::Frame { from, to }, true, true),
            Received::Held(kind) => (kind, Place::Held, true, true),
            Received::Inflated(kind) => (kind, Place::Inflated, true, true),
            Received::Report => return Some(self.report.part()),
            Received::Nothing => return None,
        };
        let bytes = match place {
            Place::Frame { from, to } => self.buffer.lend_frame(from, to),
            Place::Held => self.buffer.lend_held(),
            Place::Inflated => self.lend_inflated(),
        };
        Some(Part::Data { kind, bytes, first, last })
    }

    fn take_inflated(&mut self) -> Bytes {
        self.inflating.as_mut().map(|inflating| inflating.take()).unwrap_or_default()
    }

    fn lend_inflated(&mut self) -> &[u8] {
        self.inflating.as_mut().map_or(&[], |inflating| inflating.lend())
    }
}

/// Makes a message. Text was validated in a buffer that no other code can change.
#[inline(always)]
pub(in crate::websocket) fn whole(kind: Kind, bytes: Bytes) -> Message {
    match kind {
        Kind::Text => Message::Text(Utf8Bytes::from_validated(bytes)),
        Kind::Binary => Message::Binary(bytes),
    }
}

/// Makes a message. Text was validated in a buffer that no other code can change.
#[inline(always)]
fn whole_ref(kind: Kind, bytes: &[u8]) -> MessageRef<'_> {
    match kind {
        Kind::Text => MessageRef::Text(utf8_bytes::from_validated(bytes)),
        Kind::Binary => MessageRef::Binary(bytes),
    }
}
