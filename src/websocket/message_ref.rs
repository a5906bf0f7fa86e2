//! Messages that borrow the read buffer
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.5 and 5.6).

use alloc::boxed::Box;

use bytes::Bytes;

use crate::close::CloseFrame;
use crate::frame::Kind;
use crate::message::Message;
use crate::utf8_bytes::Utf8Bytes;

/// A whole message, or a control frame, that borrows the read buffer (RFC 6455, sections 5.5 and
/// 5.6).
///
/// A message in one frame costs no allocation and no atomic operation. To keep a message, convert
/// it into a [`Message`], which copies it.
///
/// This enum is exhaustive on purpose, because RFC 6455 has no other message and no other control
/// frame. [`Oversized`](Self::Oversized) takes the place of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageRef<'m> {
    /// Text.
    Text(&'m str),
    /// Any bytes.
    Binary(&'m [u8]),
    /// A Ping, with up to 125 bytes. Its Pong has already been queued, unless
    /// [`Config::answer_pings`](super::Config::answer_pings) is off.
    Ping(&'m [u8]),
    /// A Pong, with up to 125 bytes.
    Pong(&'m [u8]),
    /// A Close, the last frame of the peer. Its answer has already been queued. `None` stands for
    /// code 1005: the frame had no code.
    Close(Option<&'m CloseFrame>),
    /// The end of a message that was skipped, as in [`Message::Oversized`].
    Oversized {
        /// The length of the message in bytes, over all its fragments and after decompression.
        len: u64,
    },
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

    /// Returns the payload of a message, a Ping or a Pong, or `None` for a Close or a skipped
    /// message.
    #[must_use]
    pub const fn payload(self) -> Option<&'m [u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => Some(bytes),
            Self::Close(_) | Self::Oversized { .. } => None,
        }
    }

    /// Returns whether this is a text or binary message, and not a control frame or a skipped
    /// message.
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
            MessageRef::Oversized { len } => Self::Oversized { len },
        }
    }
}

/// A part of a message as it arrived, or a control frame. It borrows the read buffer.
///
/// This enum is exhaustive on purpose, because RFC 6455 has no other message and no other control
/// frame. [`Oversized`](Self::Oversized) takes the place of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'m> {
    /// A part of a message. It may be empty.
    Data {
        /// The type of the message.
        kind: Kind,
        /// The bytes, after decompression. Text is valid so far, but a part may begin or end inside
        /// a character.
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
    /// The end of a message that was skipped, as in [`Message::Oversized`]. Parts of it may have
    /// been returned before, because its size was not known then.
    Oversized {
        /// The length of the message in bytes, over all its fragments and after decompression.
        len: u64,
    },
}
