//! The events that a connection receives ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use core::fmt;
use core::ops::Deref;

use crate::frame::{Kind, MAX_CONTROL_PAYLOAD, Rsv};

/// An event from the peer. It borrows the buffer of the caller, not the connection.
///
/// An event is small, so that it stays in registers. Therefore the connection keeps the payload of
/// a control frame, and has methods that return it.
///
/// This enum is non-exhaustive, because a later version may report more of what arrives.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'b> {
    /// A piece of a message.
    Data(Data<'b>),
    /// The end of a message that exceeded the limit and was skipped. Pieces of it may have been
    /// returned before, because its size was not known then.
    ///
    /// Only a connection with [`Oversized::Skip`](super::Oversized::Skip) returns this event.
    Oversized {
        /// The length of the message, in bytes over all its fragments.
        len: u64,
    },
    /// A Ping. [`Connection`](super::Connection) has already queued the Pong, unless
    /// [`answer_pings`](super::ConnectionConfig::answer_pings) is off.
    /// [`control_payload`](super::Connection::control_payload) returns the payload of the Ping
    /// until the next call of `receive`.
    Ping,
    /// A Pong, which may be an answer to a Ping or unsolicited (RFC 6455, section 5.5.3).
    /// [`control_payload`](super::Connection::control_payload) returns the payload of the Pong
    /// until the next call of `receive`.
    Pong,
    /// A Close, after which the peer sends nothing more. [`Connection`](super::Connection) has
    /// already queued the answer, unless
    /// [`answer_close`](super::ConnectionConfig::answer_close) is off.
    /// [`peer_close`](super::Connection::peer_close) returns the code and the reason.
    Close,
}

/// A piece of a message.
///
/// The bytes are unmasked. Text that is not transformed has been validated up to the end of the
/// piece.
///
/// A frame that is whole in the input is one piece. Other frames come in several pieces, as their
/// bytes arrive. A piece may be empty, because a frame may be empty.
///
/// This struct is exhaustive on purpose, so that the tests of a message layer can make pieces of
/// their own.
#[derive(Debug, PartialEq, Eq)]
pub struct Data<'b> {
    /// The type of the message.
    pub kind: Kind,
    /// The bytes, in place in the buffer of the caller. A piece of text may begin or end inside a
    /// character.
    pub bytes: &'b mut [u8],
    /// Whether this is the first piece of its message.
    pub first: bool,
    /// Whether this is the last piece of its message.
    pub last: bool,
    /// The reserved bits of the message. Its first frame carries them.
    pub rsv: Rsv,
    /// Whether the message has one of the
    /// [bits that transform payloads](super::ConnectionConfig::reserved_bits). An extension must
    /// decode the bytes, and text has not been validated.
    pub transformed: bool,
}

/// The payload of a Ping or Pong: 0 to 125 bytes (RFC 6455, section 5.5).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ControlPayload {
    bytes: [u8; MAX_CONTROL_PAYLOAD],
    len: u8,
}

impl ControlPayload {
    /// The empty payload.
    pub const EMPTY: Self = Self { bytes: [0; MAX_CONTROL_PAYLOAD], len: 0 };

    /// Creates a payload of `bytes`. Returns `None` if there are more than 125 bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut payload = Self::EMPTY;
        payload.push(bytes).then_some(payload)
    }

    /// Appends `bytes` if they fit, and returns whether they fit.
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
