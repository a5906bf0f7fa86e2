//! The text of one extension, ready to be sent.

use core::fmt::{self, Write};
use core::ops::Deref;

/// The text of one extension with its parameters, as in `Sec-WebSocket-Extensions`.
///
/// Read the text through `Deref<Target = str>` or `Display`.
#[derive(Clone, Copy)]
pub struct ExtensionText {
    bytes: [u8; Self::MAX_LEN],
    len: u8,
}

impl ExtensionText {
    /// The capacity in bytes. permessage-deflate with all its parameters takes up to 128 bytes.
    const MAX_LEN: usize = 128;

    pub(crate) fn new(name: &str) -> Self {
        let mut text = Self { bytes: [0; Self::MAX_LEN], len: 0 };
        text.push(format_args!("{name}"));
        text
    }

    pub(crate) fn parameter(&mut self, name: &str) {
        self.push(format_args!("; {name}"));
    }

    pub(crate) fn bits(&mut self, name: &str, bits: u8) {
        self.push(format_args!("; {name}={bits}"));
    }

    fn push(&mut self, text: fmt::Arguments<'_>) {
        // The capacity is large enough for every text that this crate writes.
        let _ = self.write_fmt(text);
    }
}

impl Write for ExtensionText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let start = usize::from(self.len);
        let end = start + text.len();
        let free = self.bytes.get_mut(start..end).ok_or(fmt::Error)?;
        free.copy_from_slice(text.as_bytes());
        self.len = end as u8;
        Ok(())
    }
}

impl Deref for ExtensionText {
    type Target = str;

    fn deref(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Display for ExtensionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for ExtensionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
