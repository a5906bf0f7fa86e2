//! Writing a head into the caller's slice.

use core::fmt;

use super::error::WriteError;
use super::grammar::{is_field_byte, token};
use super::headers::Header;

/// Writes what fits, and counts what does not, so that the caller learns how much room it takes.
#[derive(Debug)]
pub(super) struct Writer<'o> {
    out: &'o mut [u8],
    len: usize,
}

impl<'o> Writer<'o> {
    pub(super) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let room = self.out.get_mut(self.len..).unwrap_or_default();
        if let Some(room) = room.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
        }
        self.len = self.len.saturating_add(bytes.len());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// One header line.
    pub(super) fn header(&mut self, name: &str, value: &[u8]) {
        self.text(name);
        self.text(": ");
        self.bytes(value);
        self.text("\r\n");
    }

    /// The caller's own headers. One that could end the line early would let its author write
    /// headers, or a body, of their own; one that is ours to write would come twice.
    pub(super) fn headers(
        &mut self,
        headers: &[Header<'_>],
        is_reserved: impl Fn(&str) -> bool,
    ) -> Result<(), WriteError> {
        for (index, header) in headers.iter().enumerate() {
            if token(header.name.as_bytes()).is_none() {
                return Err(WriteError::HeaderName { index });
            }
            if !header.value.iter().all(|&byte| is_field_byte(byte)) {
                return Err(WriteError::HeaderValue { index });
            }
            if is_reserved(header.name) {
                return Err(WriteError::ReservedHeader { index });
            }
            self.header(header.name, header.value);
        }
        Ok(())
    }

    /// A header line whose value is a list.
    pub(super) fn list(&mut self, name: &str, elements: &[&str]) {
        self.text(name);
        for (index, element) in elements.iter().enumerate() {
            self.text(if index == 0 { ": " } else { ", " });
            self.text(element);
        }
        self.text("\r\n");
    }

    /// How many bytes there are, whether or not they fit.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// How many bytes were written.
    pub(super) const fn finish(self) -> Result<usize, WriteError> {
        if self.len > self.out.len() {
            return Err(WriteError::BufferTooSmall { needed: self.len });
        }
        Ok(self.len)
    }
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// The headers that frame a message or make up the opening handshake: the crate writes them.
pub(super) fn is_handshake_header(name: &str) -> bool {
    is_framing_header(name)
        || ["Host", "Upgrade"].iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
        || is_websocket_header(name)
}

/// The headers that say where a message ends.
pub(super) fn is_framing_header(name: &str) -> bool {
    ["Connection", "Content-Length", "Transfer-Encoding"]
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
}

fn is_websocket_header(name: &str) -> bool {
    let prefix = "Sec-WebSocket-";
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
