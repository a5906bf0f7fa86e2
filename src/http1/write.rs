//! Writes a head into the caller's slice.

use core::fmt;

use super::error::HeadWriteError;
use super::grammar::{is_field_byte, token};
use super::headers::Header;

/// Writes the bytes that fit and counts all bytes, so that the caller learns the needed length.
#[derive(Debug)]
pub(crate) struct HeadWriter<'o> {
    out: &'o mut [u8],
    len: usize,
}

impl<'o> HeadWriter<'o> {
    pub(crate) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let room = self.out.get_mut(self.len..).unwrap_or_default();
        if let Some(room) = room.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
        }
        self.len = self.len.saturating_add(bytes.len());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes one header line.
    pub(crate) fn header(&mut self, name: &str, value: &[u8]) {
        self.text(name);
        self.text(": ");
        self.bytes(value);
        self.text("\r\n");
    }

    /// Writes the caller's own headers, after checking them.
    ///
    /// A header that could end its line early would let the author of its value add headers or a
    /// body. A header that the crate writes itself would be in the message twice.
    pub(crate) fn headers(
        &mut self,
        headers: &[Header<'_>],
        is_reserved: impl Fn(&str) -> bool,
    ) -> Result<(), HeadWriteError> {
        for (index, header) in headers.iter().enumerate() {
            check_header(index, header, &is_reserved)?;
            self.header(header.name, header.value);
        }
        Ok(())
    }

    /// Writes a header line whose value is a list.
    pub(crate) fn list(&mut self, name: &str, elements: &[&str]) {
        self.text(name);
        for (index, element) in elements.iter().enumerate() {
            self.text(if index == 0 { ": " } else { ", " });
            self.text(element);
        }
        self.text("\r\n");
    }

    /// Returns the length of the head in bytes, whether or not it fits.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Returns the number of bytes written, or an error if they did not all fit.
    pub(crate) const fn finish(self) -> Result<usize, HeadWriteError> {
        if self.len > self.out.len() {
            return Err(HeadWriteError::BufferTooSmall { needed: self.len });
        }
        Ok(self.len)
    }
}

impl fmt::Write for HeadWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// Checks one of the caller's own headers.
pub(crate) fn check_header(
    index: usize,
    header: &Header<'_>,
    is_reserved: impl Fn(&str) -> bool,
) -> Result<(), HeadWriteError> {
    if token(header.name.as_bytes()).is_none() {
        return Err(HeadWriteError::HeaderName { index });
    }
    if !header.value.iter().all(|&byte| is_field_byte(byte)) {
        return Err(HeadWriteError::HeaderValue { index });
    }
    if is_reserved(header.name) {
        return Err(HeadWriteError::ReservedHeader { index });
    }
    Ok(())
}

/// Returns whether the header determines where a message ends.
pub(crate) fn is_framing_header(name: &str) -> bool {
    ["Connection", "Content-Length", "Transfer-Encoding"]
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
}
