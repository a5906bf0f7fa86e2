//! What a connection receives.

use core::fmt;
use core::ops::Deref;

use crate::close::CloseFrame;
use crate::frame::{Kind, MAX_CONTROL_PAYLOAD};

/// Something the peer sent. It borrows the caller's buffer and never the connection.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'b> {
    /// A piece of a message.
    Data(Data<'b>),
    /// A Ping. [`Connection`](super::Connection) has queued the Pong already, unless told not to.
    Ping(ControlPayload),
    /// A Pong, whether it answers a Ping or not (RFC 6455 5.5.3).
    Pong(ControlPayload),
    /// A Close, and the end of what the peer has to say. [`Connection`](super::Connection) has
    /// queued the answer already. `None` stands for code 1005: the frame had no code.
    Close(Option<CloseFrame>),
}

/// A piece of a message, unmasked, and for text that is not compressed valid so far.
///
/// A frame that lies whole in the input is one piece; one that does not comes in pieces as its
/// bytes arrive. A piece may be empty, as a frame may be.
#[derive(Debug, PartialEq, Eq)]
pub struct Data<'b> {
    /// The type of the message.
    pub kind: Kind,
    /// The bytes, in place in the caller's buffer. A piece of text may begin or end inside a
    /// character.
    pub bytes: &'b mut [u8],
    /// Whether this is the first piece of its message.
    pub first: bool,
    /// Whether this is the last piece of its message.
    pub last: bool,
    /// Whether the message came with RSV1 set: an extension must make it readable first, and its
    /// text has not been validated.
    pub compressed: bool,
}

/// The payload of a Ping or Pong: up to 125 bytes of anything (RFC 6455 5.5).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ControlPayload {
    bytes: [u8; MAX_CONTROL_PAYLOAD],
    len: u8,
}

impl ControlPayload {
    /// No bytes.
    pub const EMPTY: Self = Self { bytes: [0; MAX_CONTROL_PAYLOAD], len: 0 };

    /// The payload `bytes`; `None` when they are more than 125.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut payload = Self::EMPTY;
        payload.push(bytes).then_some(payload)
    }

    /// Appends `bytes` if they fit.
    pub(super) fn push(&mut self, bytes: &[u8]) -> bool {
        let start = usize::from(self.len);
        let Some(to) = self.bytes.get_mut(start..).and_then(|free| free.get_mut(..bytes.len()))
        else {
            return false;
        };
        to.copy_from_slice(bytes);
        self.len += bytes.len() as u8;
        true
    }
}

impl Deref for ControlPayload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl AsRef<[u8]> for ControlPayload {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for ControlPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}
