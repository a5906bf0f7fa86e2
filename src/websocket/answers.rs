//! The answers that a receiving half owes to its peer
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.5.1, 5.5.2 and 7.1.7).

use alloc::boxed::Box;

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
}

impl Answers {
    /// Creates a value without answers.
    #[must_use]
    pub const fn new() -> Self {
        Self { owed: OwedFrames::new(), close: None }
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
    }

    /// Returns whether nothing is owed, and no Close of the peer has arrived.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.owed.is_empty() && self.close.is_none()
    }

    /// Returns the Close that is owed, if there is one.
    #[must_use]
    pub const fn close(&self) -> Option<OwedClose> {
        self.owed.close()
    }
}
