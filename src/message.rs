//! The type of a whole message ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.5
//! and 5.6).

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::{Bytes, BytesMut};

use crate::close::{CloseCode, CloseFrame};
use crate::error::SendError;
use crate::utf8_bytes::Utf8Bytes;

/// A whole message, or a control frame (RFC 6455, sections 5.5 and 5.6).
///
/// This enum is exhaustive on purpose, because RFC 6455 has no other message and no other control
/// frame. [`Oversized`](Self::Oversized) takes the place of a message.
///
/// A received payload shares the buffer that it was read into, so a short message that is kept for
/// long keeps that buffer in memory too. Copy a payload that you keep.
///
/// ```
/// use websocket_proto::{CloseCode, Message};
///
/// let message = Message::from("10 €");
/// assert!(message.is_text());
/// assert_eq!((message.as_text(), message.len()), (Some("10 €"), 6));
///
/// // Binary that is UTF-8 can be taken as text. Other messages come back as they were.
/// assert_eq!(Message::binary("10 €").into_text()?, "10 €");
/// assert_eq!(Message::ping("10 €").into_text(), Err(Message::ping("10 €")));
///
/// let close = Message::close(CloseCode::NORMAL, "done").expect("1000 may be sent");
/// assert_eq!(close.to_string(), "Close 1000: done");
/// # Ok::<(), Message>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(Utf8Bytes),
    /// Any bytes.
    Binary(Bytes),
    /// A Ping, with up to 125 bytes. A received Ping has already been answered, unless the
    /// configuration says otherwise.
    Ping(Bytes),
    /// A Pong, with up to 125 bytes.
    Pong(Bytes),
    /// A Close, the last frame that either side sends. A received Close has already been answered,
    /// unless the configuration says otherwise.
    /// `None` stands for code 1005: the frame had no code.
    ///
    /// The frame is boxed, so that other messages stay small.
    Close(Option<Box<CloseFrame>>),
    /// The end of a received message that exceeded the limit and was skipped. It is a report, so it
    /// cannot be sent.
    ///
    /// Only a connection with [`Oversized::Skip`](crate::connection::Oversized::Skip) receives it.
    /// Other connections fail when a message exceeds the limit.
    Oversized {
        /// The length of the message in bytes, over all its fragments and after decompression.
        len: u64,
    },
}

impl Message {
    /// Creates a text message.
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::Text(text.into())
    }

    /// Creates a binary message.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(bytes.into())
    }

    /// Creates a Ping. The length is checked when it is sent: a payload of more than 125 bytes is
    /// refused with [`ControlPayloadTooLong`](SendError::ControlPayloadTooLong).
    pub fn ping(payload: impl Into<Bytes>) -> Self {
        Self::Ping(payload.into())
    }

    /// Creates an unsolicited Pong (RFC 6455, section 5.5.3). Its length is checked when it is sent,
    /// as for a [`ping`](Self::ping).
    pub fn pong(payload: impl Into<Bytes>) -> Self {
        Self::Pong(payload.into())
    }

    /// Creates a Close with a code and a reason.
    ///
    /// # Errors
    /// - [`UnsendableCloseCode`](SendError::UnsendableCloseCode): the code
    ///   [may not be sent](CloseCode::is_sendable).
    /// - [`CloseReasonTooLong`](SendError::CloseReasonTooLong): the reason exceeds 123 bytes.
    ///   [`CloseFrame::truncated`] cuts it instead.
    pub fn close(code: CloseCode, reason: &str) -> Result<Self, SendError> {
        CloseFrame::new(code, reason).map(Self::from)
    }

    /// Returns the text of a text message.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the payload of a message, a Ping or a Pong, or `None` for a Close or a skipped
    /// message.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => Some(bytes),
            Self::Close(_) | Self::Oversized { .. } => None,
        }
    }

    /// Returns the text of a text message, or of a binary message that is valid UTF-8. The text is
    /// not copied.
    ///
    /// A peer that sends text as binary is common, and RFC 6455 leaves the meaning of binary to the
    /// application. To take only text messages, match [`Text`](Self::Text).
    ///
    /// # Errors
    /// Returns the message itself when it is a binary message that is not UTF-8, a control frame, or
    /// a skipped message.
    pub fn into_text(self) -> Result<Utf8Bytes, Self> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Binary(bytes) => {
                Utf8Bytes::try_from(bytes).map_err(|error| Self::Binary(error.into_bytes()))
            }
            Self::Ping(_) | Self::Pong(_) | Self::Close(_) | Self::Oversized { .. } => Err(self),
        }
    }

    /// Returns the payload of a message, a Ping or a Pong, without a copy.
    ///
    /// # Errors
    /// Returns the message itself when it is a Close or a skipped message.
    pub fn into_payload(self) -> Result<Bytes, Self> {
        match self {
            Self::Text(text) => Ok(text.into_bytes()),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => Ok(bytes),
            Self::Close(_) | Self::Oversized { .. } => Err(self),
        }
    }

    /// Returns the length of the payload in bytes, before compression. The payload of a Close is
    /// its code, which is two bytes, and its reason. A skipped message has no payload.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(frame) => frame.as_ref().map_or(0, |frame| 2 + frame.reason().len()),
            Self::Oversized { .. } => 0,
        }
    }

    /// Returns whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether this is a text message.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Returns whether this is a binary message.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Returns whether this is a Ping.
    #[must_use]
    pub const fn is_ping(&self) -> bool {
        matches!(self, Self::Ping(_))
    }

    /// Returns whether this is a Pong.
    #[must_use]
    pub const fn is_pong(&self) -> bool {
        matches!(self, Self::Pong(_))
    }

    /// Returns whether this is a Close.
    #[must_use]
    pub const fn is_close(&self) -> bool {
        matches!(self, Self::Close(_))
    }

    /// Returns whether this is a text or binary message, and not a control frame or a skipped
    /// message.
    #[must_use]
    pub const fn is_data(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Binary(_))
    }
}

/// Writes the text of a text message. Writes the type and the length of a binary message, a Ping or
/// a Pong, the code and the reason of a Close, and the length of a skipped message.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Binary(bytes) => write!(f, "binary message of {} bytes", bytes.len()),
            Self::Ping(payload) => write!(f, "Ping of {} bytes", payload.len()),
            Self::Pong(payload) => write!(f, "Pong of {} bytes", payload.len()),
            Self::Close(Some(frame)) => write!(f, "Close {frame}"),
            Self::Close(None) => f.write_str("Close without a code"),
            Self::Oversized { len } => write!(f, "skipped message of {len} bytes"),
        }
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

impl From<&String> for Message {
    fn from(text: &String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Cow<'_, str>> for Message {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Text(text.into())
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<BytesMut> for Message {
    fn from(bytes: BytesMut) -> Self {
        Self::Binary(bytes.freeze())
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

impl<const N: usize> From<[u8; N]> for Message {
    fn from(bytes: [u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl<const N: usize> From<&[u8; N]> for Message {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl From<CloseFrame> for Message {
    fn from(frame: CloseFrame) -> Self {
        Some(frame).into()
    }
}

impl From<&CloseFrame> for Message {
    fn from(frame: &CloseFrame) -> Self {
        frame.clone().into()
    }
}

/// `None` becomes a Close without a code.
impl From<Option<CloseFrame>> for Message {
    fn from(frame: Option<CloseFrame>) -> Self {
        Self::Close(frame.map(Box::new))
    }
}
