//! What an endpoint owes to its peer ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections
//! 5.5.1, 5.5.2 and 7.1.7).

use super::event::ControlPayload;
use crate::close::CloseCode;
use crate::error::ProtocolError;

/// An answer or a report that this endpoint owes to its peer.
///
/// This enum is exhaustive on purpose: what a caller does not know is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the peer waits for it"]
pub enum Owed {
    /// The Pong for a Ping with this payload (RFC 6455, section 5.5.2).
    Pong(ControlPayload),
    /// The answer to the peer's Close, which had this code (RFC 6455, section 5.5.1).
    Reply(Option<CloseCode>),
    /// The Close that reports the peer's error (RFC 6455, section 7.1.7).
    Fault(ProtocolError),
}

/// The frames that this endpoint owes to its peer: at most one Pong, and at most one Close after it.
///
/// [`Receiver::receive`](super::Receiver::receive) adds to it, and
/// [`Sender::settle`](super::Sender::settle) writes the frames. A receiving half cannot receive
/// without a place for what is owed, so no answer is forgotten.
#[derive(Debug, Default)]
pub struct OwedFrames {
    pub(super) pong: Option<ControlPayload>,
    pub(super) close: Option<OwedClose>,
}

/// The Close that is owed.
///
/// This enum is exhaustive on purpose: what a caller does not know is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwedClose {
    /// The answer to the peer's Close, which had this code (RFC 6455, section 5.5.1).
    Reply(Option<CloseCode>),
    /// The Close that reports the peer's error (RFC 6455, section 7.1.7).
    Fault(ProtocolError),
}

impl OwedFrames {
    /// Creates a value that owes nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { pong: None, close: None }
    }

    /// Adds something that is owed.
    ///
    /// A newer Pong replaces one that has not been sent (RFC 6455, section 5.5.3). Only the first
    /// Close counts.
    pub fn add(&mut self, owed: Owed) {
        let close = match owed {
            Owed::Pong(payload) => {
                self.pong = Some(payload);
                return;
            }
            Owed::Reply(code) => OwedClose::Reply(code),
            Owed::Fault(error) => OwedClose::Fault(error),
        };
        self.close.get_or_insert(close);
    }

    /// Moves everything from `other` to this value.
    pub fn append(&mut self, other: &mut Self) {
        if let Some(pong) = other.pong.take() {
            self.pong = Some(pong);
        }
        if let Some(close) = other.close.take() {
            self.close.get_or_insert(close);
        }
    }

    /// Returns whether nothing is owed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pong.is_none() && self.close.is_none()
    }

    /// Returns the Close that is owed.
    #[must_use]
    pub const fn close(&self) -> Option<OwedClose> {
        self.close
    }

    /// Forgets everything, because a Close has been sent.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
}
