//! Receiving compressed messages (RFC 7692 6.2).

use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;

use super::Settings;
use crate::deflate::{Decompressor, Terms};
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::utf8::Utf8Validator;

/// The compressed message under way, and what makes it readable.
#[derive(Debug)]
pub(in crate::websocket) struct Inflating {
    decompressor: Decompressor,
    limit: u64,
    message: Vec<u8>,
    utf8: Utf8Validator,
}

impl Inflating {
    /// `None` when permessage-deflate was not negotiated. `limit` is the largest message.
    pub(in crate::websocket) fn negotiated(
        settings: &Settings,
        terms: Option<&Terms>,
        limit: u64,
        is_client: bool,
    ) -> Option<Self> {
        let terms = terms?;
        let config = settings.config.clone().unwrap_or_default();
        let peers = if is_client { terms.server() } else { terms.client() };
        Some(Self {
            decompressor: Decompressor::new(&config, peers),
            limit,
            message: Vec::new(),
            utf8: Utf8Validator::new(),
        })
    }

    /// Takes the next piece of a message; gives the message when that was the last one.
    pub(in crate::websocket) fn push(
        &mut self,
        kind: Kind,
        bytes: &[u8],
        last: bool,
    ) -> Result<Option<Bytes>, ProtocolError> {
        let readable = self.message.len();
        let inflated = self.decompressor.decompress(bytes, last, self.limit, &mut self.message);
        if kind == Kind::Text {
            // Also of what came before a fault, so that it is the same one however the message
            // was cut.
            self.check_text(readable, last && inflated.is_ok())?;
        }
        inflated?;
        Ok(last.then(|| Bytes::from(mem::take(&mut self.message))))
    }

    /// Gives back what the next message can do without.
    pub(in crate::websocket) fn release_memory(&mut self) {
        self.decompressor.release_memory();
    }

    /// RFC 7692 6.2, RFC 6455 8.1: the text is what was compressed.
    fn check_text(&mut self, from: usize, last: bool) -> Result<(), ProtocolError> {
        let new = self.message.get(from..).unwrap_or_default();
        let invalid = |offset| ProtocolError::InvalidUtf8 { offset: offset as u64 };
        self.utf8.feed(new).map_err(|error| invalid(from + error.valid_up_to))?;
        if last {
            self.utf8.finish().map_err(|_| invalid(self.message.len()))?;
        }
        Ok(())
    }
}
