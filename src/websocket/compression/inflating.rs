//! The decompression of received messages
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 6.2).

use alloc::vec::Vec;
use core::{fmt, mem};

use bytes::Bytes;

use crate::connection::Oversized;
use crate::deflate::{Decompressor, Terms};
use crate::error::ProtocolError;
use crate::frame::Kind;
use crate::utf8::Utf8Validator;
use crate::websocket::Config;

/// The most bytes of output that one compressed byte can have.
const MOST_EXPANSION: u64 = 1032;

/// The smallest number of compressed bytes to decompress at once, if messages are skipped.
const LEAST_STEP: usize = 256;

/// The decompressor of a connection, and its output for the message in progress.
pub(in crate::websocket) struct Inflating {
    decompressor: Decompressor,
    limit: u64,
    oversized: Oversized,
    /// Whether the message in progress exceeds the limit and is skipped.
    skipping: bool,
    /// The length of a message that was skipped and has ended.
    skipped: Option<u64>,
    message: Vec<u8>,
    /// The length of the output that was dropped and not yet counted.
    dropped: usize,
    /// The length of the output that [`take_produced`](Self::take_produced) has not returned yet.
    produced: usize,
    /// Whether the output has been lent, so that the next call drops it.
    lent: bool,
    utf8: Utf8Validator,
}

/// Shows the length of the output, and no bytes.
impl fmt::Debug for Inflating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflating").field("len", &self.message.len()).finish_non_exhaustive()
    }
}

impl Inflating {
    /// Returns `None` if permessage-deflate was not negotiated.
    pub(in crate::websocket) fn negotiated(
        config: &Config,
        terms: Option<&Terms>,
        is_client: bool,
    ) -> Option<Self> {
        let terms = terms?;
        let coders = config.compression.config.clone().unwrap_or_default();
        let peers = if is_client { terms.server() } else { terms.client() };
        Some(Self {
            decompressor: Decompressor::new(&coders, peers),
            limit: config.max_message_size,
            oversized: config.oversized,
            skipping: false,
            skipped: None,
            message: Vec::new(),
            dropped: 0,
            produced: 0,
            lent: false,
            utf8: Utf8Validator::new(),
        })
    }

    /// Decompresses the next piece of a message. `last` marks the last piece.
    pub(in crate::websocket) fn push(
        &mut self,
        kind: Kind,
        bytes: &[u8],
        last: bool,
    ) -> Result<(), ProtocolError> {
        self.drop_lent();
        if self.oversized == Oversized::Skip {
            self.push_or_skip(kind, bytes, last)
        } else {
            self.decompress(kind, bytes, last, self.limit)
        }
    }

    /// Decompresses the next piece in steps, so that the output exceeds the limit by little, and
    /// drops the output of a message that exceeds the limit.
    fn push_or_skip(
        &mut self,
        kind: Kind,
        mut bytes: &[u8],
        last: bool,
    ) -> Result<(), ProtocolError> {
        loop {
            let set_aside = self.decompressor.bytes_set_aside();
            let room = self.limit.saturating_sub(set_aside + self.message.len() as u64);
            let step = usize::try_from(room / MOST_EXPANSION).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(bytes.len().min(step.max(LEAST_STEP)));
            let is_end = last && later.is_empty();
            self.decompress(kind, now, is_end, u64::MAX)?;
            let len = set_aside + self.message.len() as u64;
            self.skipping |= len > self.limit;
            if self.skipping {
                self.dropped = self.dropped.saturating_add(self.message.len());
                self.decompressor.set_aside(&mut self.message);
                if is_end {
                    self.skipping = false;
                    self.skipped = Some(len);
                }
            }
            if later.is_empty() {
                return Ok(());
            }
            bytes = later;
        }
    }

    fn decompress(
        &mut self,
        kind: Kind,
        bytes: &[u8],
        last: bool,
        limit: u64,
    ) -> Result<(), ProtocolError> {
        let readable = self.message.len();
        let inflated = self.decompressor.decompress(bytes, last, limit, &mut self.message);
        self.produced = self.produced.saturating_add(self.message.len() - readable);
        if kind == Kind::Text {
            // The text before a fault is checked too, so that the error does not depend on how the
            // message was split.
            self.check_text(readable, last && inflated.is_ok())?;
        }
        inflated
    }

    /// Returns the length of the message that has just ended, if it was skipped.
    pub(in crate::websocket) const fn take_skipped(&mut self) -> Option<u64> {
        self.skipped.take()
    }

    /// Returns the length of the output that was dropped since the last call.
    pub(in crate::websocket) const fn take_dropped(&mut self) -> usize {
        mem::replace(&mut self.dropped, 0)
    }

    /// Returns the length of the output of all calls of [`push`](Self::push) since the last call of
    /// `take_produced`.
    pub(in crate::websocket) const fn take_produced(&mut self) -> usize {
        mem::replace(&mut self.produced, 0)
    }

    /// Returns the length of the output that has not been taken.
    pub(in crate::websocket) const fn len(&self) -> usize {
        self.message.len()
    }

    /// Removes and returns the whole message.
    pub(in crate::websocket) fn take(&mut self) -> Bytes {
        mem::take(&mut self.message).into()
    }

    /// Lends the output so far: the whole message, or the next part of it.
    pub(in crate::websocket) fn lend(&mut self) -> &[u8] {
        self.lent = true;
        &self.message
    }

    /// Drops the output that was lent.
    pub(in crate::websocket) fn drop_lent(&mut self) {
        if mem::take(&mut self.lent) {
            self.decompressor.set_aside(&mut self.message);
        }
    }

    /// Drops the output so far, because the application does not want it.
    pub(in crate::websocket) fn discard(&mut self) {
        self.dropped = self.dropped.saturating_add(self.message.len());
        self.lent = true;
        self.drop_lent();
    }

    /// Frees the memory that the next message does not need.
    pub(in crate::websocket) fn release_memory(&mut self) {
        self.drop_lent();
        if self.message.is_empty() {
            self.message = Vec::new();
        }
        self.decompressor.release_memory();
    }

    /// Validates the decompressed text (RFC 7692, section 6.2, and [RFC
    /// 6455](https://www.rfc-editor.org/rfc/rfc6455), section 8.1).
    fn check_text(&mut self, from: usize, last: bool) -> Result<(), ProtocolError> {
        let new = self.message.get(from..).unwrap_or_default();
        let before = self.decompressor.bytes_set_aside();
        let invalid = |offset: usize| ProtocolError::InvalidUtf8 { offset: before + offset as u64 };
        self.utf8.feed(new).map_err(|error| invalid(from + error.valid_up_to))?;
        if last {
            self.utf8.finish().map_err(|_| invalid(self.message.len()))?;
        }
        Ok(())
    }
}
