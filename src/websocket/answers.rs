//! The answers that a receiving half owes to its peer
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.5.1, 5.5.2 and 7.1.7).

use alloc::boxed::Box;
use core::mem;

use crate::close::CloseFrame;
use crate::connection::{Owed, OwedClose, OwedFrames};

/// The answers that a receiving half owes to the peer: at most one Pong, and at most one Close.
///
/// A receiving half cannot receive without an `Answers`, so no answer is forgotten. Pass the value
/// to [`MessageSender::settle`](super::MessageSender::settle), which queues the answers.
#[derive(Debug, Default)]
pub struct Answers {
    pub(super) owed: OwedFrames,
    /// The Close of the peer, if it has arrived.
    pub(super) close: Option<Option<Box<CloseFrame>>>,
    /// Whether a Pong has arrived that may answer the Ping of a keepalive.
    pub(super) pong: bool,
}

impl Answers {
    /// Creates a value without answers.
    #[must_use]
    pub const fn new() -> Self {
        Self { owed: OwedFrames::new(), close: None, pong: false }
    }

    /// Adds a frame that the peer must be sent for another reason than a received frame, such as
    /// the Close for an error that the application has found.
    pub fn add(&mut self, owed: Owed) {
        self.owed.add(owed);
    }

    /// Moves everything from `other` to this value.
    pub fn append(&mut self, other: &mut Self) {
        self.owed.append(&mut other.owed);
        if let Some(close) = other.close.take() {
            self.close.get_or_insert(close);
        }
        self.pong |= mem::take(&mut other.pong);
    }

    /// Returns whether there is nothing to settle: nothing is owed, and neither a Close of the peer
    /// nor an empty Pong has arrived.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.owed.is_empty() && self.close.is_none() && !self.pong
    }

    /// Returns whether an empty Pong has arrived, which may answer the Ping of a
    /// [`Keepalive`](super::Keepalive).
    ///
    /// The [round trip](super::Stats::round_trip) ends at the next call of
    /// [`MessageSender::deadline`](super::MessageSender::deadline). To measure it exactly, call
    /// `deadline` directly after `settle` if `has_pong` was `true` before `settle`.
    #[must_use]
    pub const fn has_pong(&self) -> bool {
        self.pong
    }

    /// Returns the Close that is owed, if there is one.
    #[must_use]
    pub const fn close(&self) -> Option<OwedClose> {
        self.owed.close()
    }
}
