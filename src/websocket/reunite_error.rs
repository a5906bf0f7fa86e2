//! The error of halves that do not belong together.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

/// The error when two halves cannot be joined, because they belong to different connections.
pub struct ReuniteError<R, W>(Box<(R, W)>);

impl<R, W> ReuniteError<R, W> {
    pub(crate) fn new(reader: R, writer: W) -> Self {
        Self(Box::new((reader, writer)))
    }

    /// Returns both halves, unchanged.
    #[must_use]
    pub fn into_halves(self) -> (R, W) {
        *self.0
    }
}

impl<R, W> fmt::Debug for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<R, W> fmt::Display for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot reunite the halves: they belong to different connections")
    }
}

impl<R, W> Error for ReuniteError<R, W> {}
