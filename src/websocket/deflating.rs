//! Sending compressed messages (RFC 7692 6.1).

use alloc::vec::Vec;

use bytes::Bytes;

use super::send::Queue;
use super::{Config, Prepared};
use crate::connection::{Role, Sender};
use crate::deflate::{self, Compress, Compressor};
use crate::error::SendError;
use crate::frame::Kind;
use crate::handshake::deflate::Agreement;
use crate::message::Message;

/// What compresses, and whether it is to.
#[derive(Debug)]
pub(super) struct Deflating {
    compressor: Compressor,
    config: deflate::Config,
    choice: Compress,
    agreement: Agreement,
}

impl Deflating {
    /// `None` when permessage-deflate was not negotiated.
    pub(super) fn negotiated<R: Role>(config: &Config) -> Option<Self> {
        let agreement = config.agreement?;
        let config = config.deflate.clone().unwrap_or_default();
        let compressor = Compressor::new::<R>(&config, &agreement);
        Some(Self { compressor, config, choice: Compress::Auto, agreement })
    }

    fn applies(&self, len: usize, is_whole: bool) -> bool {
        self.config.applies(self.choice, len, is_whole)
    }

    fn compress(&mut self, payload: &[u8], fin: bool) -> Bytes {
        let mut compressed = Vec::new();
        self.compressor.compress(payload, fin, &mut compressed);
        compressed.into()
    }
}

/// What is compressed is sent, whatever has become of its length: the peer's window moves on with
/// the compressor's. So whether it can be sent is asked before.
impl Queue {
    pub(super) fn agreement(&self) -> Option<&Agreement> {
        self.deflating.as_ref().map(|deflating| &deflating.agreement)
    }

    /// Decides for the messages to come.
    pub(super) fn compress(&mut self, choice: Compress) {
        if let Some(deflating) = &mut self.deflating {
            deflating.choice = choice;
        }
    }

    /// Gives back what the next message can do without.
    pub(super) fn release<R: Role>(&mut self, sender: &Sender<R>) {
        if let Some(deflating) = &mut self.deflating
            && sender.is_compressing().is_none()
        {
            deflating.compressor.release();
        }
    }

    /// Queues a message compressed; `None` when it is not to be.
    pub(super) fn send_compressed<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: &Message,
    ) -> Option<Result<(), SendError>> {
        let deflating = self.deflating.as_mut()?;
        let (kind, payload) = match message {
            Message::Text(text) => (Kind::Text, text.as_bytes()),
            Message::Binary(bytes) => (Kind::Binary, &bytes[..]),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
        };
        if !deflating.applies(payload.len(), true) {
            return None;
        }
        let begun = sender.begin_compressed(kind, || deflating.compress(payload, true));
        Some(begun.map(|(header, compressed)| self.push(header, compressed)))
    }

    /// Queues a fragment compressed; `None` when its message is not to be.
    pub(super) fn send_compressed_fragment<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        kind: Kind,
        fin: bool,
        payload: &Bytes,
    ) -> Option<Result<(), SendError>> {
        let deflating = self.deflating.as_mut()?;
        // RFC 7692 6: the first fragment decides for all.
        let applies = sender.is_compressing();
        if !applies.unwrap_or_else(|| deflating.applies(payload.len(), fin)) {
            return None;
        }
        let begun = sender
            .begin_compressed_fragment(kind, fin, payload, || deflating.compress(payload, fin));
        Some(begun.map(|(header, compressed)| self.push(header, compressed)))
    }

    /// Queues a prepared message compressed, as it was prepared if this connection's window takes
    /// it; `None` when it is not to be.
    pub(super) fn send_prepared_compressed<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: &Prepared,
    ) -> Option<Result<(), SendError>> {
        let deflating = self.deflating.as_mut()?;
        if deflating.choice == Compress::No {
            return None;
        }
        let begun = match &message.compressed {
            Some(compressed) if compressed.window_bits <= deflating.compressor.window_bits() => {
                sender.begin_compressed(message.kind, || {
                    deflating.compressor.forget();
                    compressed.payload.clone()
                })
            }
            _ if deflating.applies(message.payload.len(), true) => {
                sender.begin_compressed(message.kind, || deflating.compress(&message.payload, true))
            }
            _ => return None,
        };
        Some(begun.map(|(header, compressed)| self.push(header, compressed)))
    }
}
