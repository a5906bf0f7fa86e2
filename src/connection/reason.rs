//! What a Close that reports an error says.

use core::fmt;

use super::event::ControlPayload;
use crate::close::CloseFrame;

/// The text of an error, cut to what a Close frame takes. All our texts are ASCII.
pub(super) struct Reason(ControlPayload);

impl Default for Reason {
    fn default() -> Self {
        Self(ControlPayload::EMPTY)
    }
}

impl Reason {
    pub(super) fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Write for Reason {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let free = CloseFrame::MAX_REASON - self.0.len();
        self.0.push(text.as_bytes().get(..text.len().min(free)).unwrap_or_default());
        Ok(())
    }
}
