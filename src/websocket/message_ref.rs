//! Messages that are lent out of the read buffer.

use alloc::boxed::Box;

use bytes::Bytes;

use crate::close::CloseFrame;
use crate::frame::Kind;
use crate::message::Message;
use crate::utf8_bytes::Utf8Bytes;

/// A whole message, or a control frame, lent out of the read buffer until the next call (RFC 6455,
/// sections 5.5 and 5.6).
///
/// A message in one frame costs no allocation and no atomic operation. To keep a message, convert it
/// into a [`Message`], which copies it.
///
/// Exhaustive on purpose: the protocol has no other messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageRef<'m> {
    /// Text.
    Text(&'m str),
    /// Any bytes.
    Binary(&'m [u8]),
    /// A Ping, with up to 125 bytes. Its Pong is queued already, unless the configuration says
    /// otherwise.
    Ping(&'m [u8]),
    /// A Pong, with up to 125 bytes.
    Pong(&'m [u8]),
    /// A Close, the last thing that the peer sends. Its answer is queued already. `None` stands for
    /// code 1005: the frame had no code.
    Close(Option<&'m CloseFrame>),
}

impl<'m> MessageRef<'m> {
    /// Returns the text of a text message.
    #[must_use]
    pub const fn as_text(self) -> Option<&'m str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the payload of a message that has one: every message except a Close.
    #[must_use]
    pub const fn payload(self) -> Option<&'m [u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => Some(bytes),
            Self::Close(_) => None,
        }
    }

    /// Returns whether this is text or binary, and no control frame.
    #[must_use]
    pub const fn is_data(self) -> bool {
        matches!(self, Self::Text(_) | Self::Binary(_))
    }
}

/// Copies the message.
impl From<MessageRef<'_>> for Message {
    fn from(message: MessageRef<'_>) -> Self {
        match message {
            MessageRef::Text(text) => Self::Text(Utf8Bytes::from(text)),
            MessageRef::Binary(bytes) => Self::Binary(Bytes::copy_from_slice(bytes)),
            MessageRef::Ping(bytes) => Self::Ping(Bytes::copy_from_slice(bytes)),
            MessageRef::Pong(bytes) => Self::Pong(Bytes::copy_from_slice(bytes)),
            MessageRef::Close(frame) => Self::Close(frame.cloned().map(Box::new)),
        }
    }
}

/// A part of a message as it has arrived, or a control frame, lent out of the read buffer until the
/// next call.
///
/// Exhaustive on purpose: the protocol has nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'m> {
    /// A part of a message. It may be empty.
    Data {
        /// The type of the message.
        kind: Kind,
        /// The bytes, decompressed. Text is valid so far, but a part may begin or end inside a
        /// character.
        bytes: &'m [u8],
        /// Whether this is the first part of its message.
        first: bool,
        /// Whether this is the last part of its message.
        last: bool,
    },
    /// A Ping, as in [`MessageRef::Ping`].
    Ping(&'m [u8]),
    /// A Pong, as in [`MessageRef::Pong`].
    Pong(&'m [u8]),
    /// A Close, as in [`MessageRef::Close`].
    Close(Option<&'m CloseFrame>),
}
