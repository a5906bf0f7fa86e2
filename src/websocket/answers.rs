//! What a receiving half owes to its peer.

use alloc::boxed::Box;

use crate::close::CloseFrame;
use crate::connection::{Owed, OwedClose, OwedFrames};

/// The answers that a receiving half owes to the peer: at most one Pong, and at most one Close.
///
/// A receiving half cannot receive without a place for its answers, so no answer is forgotten.
#[derive(Debug, Default)]
pub struct Answers {
    pub(super) owed: OwedFrames,
    /// The Close of the peer.
    pub(super) close: Option<Box<CloseFrame>>,
}

impl Answers {
    /// Creates a value without answers.
    #[must_use]
    pub const fn new() -> Self {
        Self { owed: OwedFrames::new(), close: None }
    }

    /// Adds an obligation that has another cause, such as an error that the application found.
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

    /// Returns whether nothing is owed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.owed.is_empty()
    }

    /// Returns the Close that is owed, if there is one.
    #[must_use]
    pub const fn close(&self) -> Option<OwedClose> {
        self.owed.close()
    }
}
