//! Whole messages.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::close::{CloseCode, CloseFrame};
use crate::error::SendError;
use crate::utf8_bytes::Utf8Bytes;

/// A whole message, or a control frame (RFC 6455 5.5, 5.6).
///
/// Exhaustive on purpose: the protocol has no other.
///
/// A received payload shares the buffer that it was read into, so a short message that is kept
/// for long keeps that buffer in memory too; copy what is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(Utf8Bytes),
    /// Any bytes.
    Binary(Bytes),
    /// A Ping, with up to 125 bytes. It has been answered when it is received.
    Ping(Bytes),
    /// A Pong, with up to 125 bytes.
    Pong(Bytes),
    /// A Close, the last thing that either side sends. It has been answered when it is received.
    /// `None` stands for code 1005: the frame had no code.
    ///
    /// Boxed, so that the messages that are not a Close stay small.
    Close(Option<Box<CloseFrame>>),
}

impl Message {
    /// A text message.
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::Text(text.into())
    }

    /// A binary message.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(bytes.into())
    }

    /// A Close with a code and a reason.
    ///
    /// # Errors
    /// A code that [may not be sent](CloseCode::is_sendable); a reason over 123 bytes.
    pub fn close(code: CloseCode, reason: &str) -> Result<Self, SendError> {
        Ok(Self::Close(Some(Box::new(CloseFrame::new(code, reason)?))))
    }

    /// The text of a text message.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The payload of a message that has one: all but a Close.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => Some(bytes),
            Self::Close(_) => None,
        }
    }

    /// Whether this is text or binary, and no control frame.
    #[must_use]
    pub const fn is_data(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Binary(_))
    }
}

impl From<Utf8Bytes> for Message {
    fn from(text: Utf8Bytes) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}
