//! The compression of messages to send
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 6.1).

use alloc::vec::Vec;

use bytes::Bytes;

use super::Settings;
use crate::deflate::{CoderTerms, Compression, Compressor, DeflateConfig, Terms};
use crate::websocket::outgoing::LARGE;

/// The compressor of a connection, and the choice of what to compress.
#[derive(Debug)]
pub(in crate::websocket) struct Deflating {
    compressor: Compressor,
    config: DeflateConfig,
    choice: Compression,
}

impl Deflating {
    /// Returns `None` if permessage-deflate was not negotiated.
    pub(in crate::websocket) fn negotiated(
        settings: &Settings,
        terms: Option<&Terms>,
        is_client: bool,
    ) -> Option<Self> {
        let terms = terms?;
        let config = settings.config.clone().unwrap_or_default();
        let ours = if is_client { terms.client() } else { terms.server() };
        let compressor = Compressor::new(&config, ours);
        Some(Self { compressor, config, choice: Compression::Auto })
    }

    /// Decides whether messages are compressed, from the next message on.
    pub(in crate::websocket) const fn set_compression(&mut self, choice: Compression) {
        self.choice = choice;
    }

    /// Frees the compressor. Call this between messages.
    pub(in crate::websocket) fn release_memory(&mut self) {
        self.compressor.release_memory();
    }

    /// Makes the next message refer to nothing before it.
    pub(in crate::websocket) fn forget(&mut self) {
        self.compressor.forget();
    }

    /// Returns whether to compress a message. `len` is the number of its bytes that are known so
    /// far, and `is_whole` tells whether these are all of them.
    pub(in crate::websocket) const fn applies(&self, len: usize, is_whole: bool) -> bool {
        self.config.applies(self.choice, len, is_whole)
    }

    /// Compresses the next fragment of a message. `fin` marks the last fragment.
    ///
    /// The result must be sent, because it is now in the window that later output refers to.
    pub(in crate::websocket) fn compress(&mut self, payload: &[u8], fin: bool) -> Bytes {
        let mut compressed = Vec::new();
        self.compressor.compress(payload, fin, &mut compressed);
        // The compressor reserves half of the length of its input. Output below this length is
        // copied into the queue, so its buffer is not kept.
        if compressed.len() >= LARGE {
            compressed.shrink_to_fit();
        }
        compressed.into()
    }

    /// Returns whether this connection can send the compressed form of a prepared message.
    pub(in crate::websocket) fn takes(&self, compressed: Option<&Compressed>) -> bool {
        let window_bits = self.compressor.window_bits();
        self.choice != Compression::No
            && compressed.is_some_and(|compressed| compressed.window_bits <= window_bits)
    }

    /// Returns the compressed form of a prepared message if this connection [takes](Self::takes)
    /// it, and compresses the payload otherwise.
    pub(in crate::websocket) fn compress_prepared(
        &mut self,
        payload: &Bytes,
        compressed: Option<&Compressed>,
    ) -> Bytes {
        match compressed {
            Some(compressed) if self.takes(Some(compressed)) => {
                self.compressor.forget();
                compressed.payload.clone()
            }
            _ => self.compress(payload, true),
        }
    }
}

/// The compressed form of a prepared message.
#[derive(Clone)]
pub(in crate::websocket) struct Compressed {
    payload: Bytes,
    /// The base-2 logarithm of the smallest window that is large enough.
    window_bits: u8,
}

impl Compressed {
    pub(in crate::websocket) const fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// Returns `None` if the configuration leaves a message of this length uncompressed.
    pub(in crate::websocket) fn new(config: &DeflateConfig, payload: &[u8]) -> Option<Self> {
        if !config.applies(Compression::Auto, payload.len(), true) {
            return None;
        }
        // No distance is longer than the message.
        let window_bits = payload.len().next_power_of_two().trailing_zeros() as u8;
        let window_bits = window_bits.clamp(8, 15);
        let terms = CoderTerms { no_context_takeover: true, window_bits };
        let mut compressed = Vec::new();
        Compressor::new(config, terms).compress(payload, true, &mut compressed);
        compressed.shrink_to_fit();
        Some(Self { payload: compressed.into(), window_bits })
    }
}
