//! Messages that are compressed before they are queued
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 6.1).

use alloc::boxed::Box;

use bytes::Bytes;

use super::compression::{Compressed, Deflating};
use super::send::{Queue, Rejected};
use crate::connection::{Role, Sender};
use crate::error::SendError;
use crate::frame::{Kind, Rsv};
use crate::utf8::Utf8Validator;

/// What happened to a message that a [`MessageSender`](super::MessageSender) accepted.
#[derive(Debug)]
#[must_use = "a message that is to be compressed is not queued yet"]
pub enum Begun {
    /// The message is queued.
    Queued,
    /// The message must be [compressed](Encoding::compress) first.
    Compress(Encoding),
}

/// A message or a fragment that was accepted and must be compressed before it is queued.
///
/// It holds the compressor of the connection. If it is dropped, the message is not sent, and the
/// connection sends its next messages without compression.
#[derive(Debug)]
#[must_use = "the message is not queued yet"]
pub struct Encoding {
    pub(super) kind: Kind,
    pub(super) payload: Bytes,
    /// `None` for a whole message.
    pub(super) fragment: Option<Fragment>,
    /// The compressed form of a prepared message.
    pub(super) prepared: Option<Compressed>,
    pub(super) deflating: Box<Deflating>,
}

/// A fragment of a message.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) fin: bool,
    /// The validator of the text after this fragment.
    pub(super) utf8: Utf8Validator,
}

impl Encoding {
    /// Returns the kind of the message.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Compresses the payload. This may take long, and needs no access to the
    /// [`MessageSender`](super::MessageSender).
    pub fn compress(mut self) -> Encoded {
        let compressed = match &self.fragment {
            Some(fragment) => self.deflating.compress(&self.payload, fragment.fin),
            None => self.deflating.compress_prepared(&self.payload, self.prepared.as_ref()),
        };
        Encoded { encoding: self, compressed }
    }
}

/// A compressed message or fragment, for [`MessageSender::finish`](super::MessageSender::finish).
#[derive(Debug)]
#[must_use = "the message is not queued yet"]
pub struct Encoded {
    encoding: Encoding,
    compressed: Bytes,
}

impl Queue {
    /// Queues what was compressed. The queue has room for it, whatever its length is.
    pub(super) fn finish<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        encoded: Encoded,
    ) -> Result<(), Rejected<Bytes>> {
        let Encoded { encoding, compressed } = encoded;
        let Encoding { kind, payload, fragment, mut deflating, .. } = encoding;
        let len = compressed.len() as u64;
        let begun = match &fragment {
            None => sender.begin(kind, len, Rsv::RSV1),
            Some(fragment) => sender.begin_fragment(kind, fragment.fin, len, Rsv::RSV1),
        };
        if begun.is_err() {
            // The peer does not receive this output, so later output must not refer to it.
            deflating.forget();
        }
        self.deflating = Some(deflating);
        match begun {
            Ok(start) => {
                if let Some(fragment) = fragment {
                    self.utf8 = fragment.utf8;
                }
                self.push(start, compressed);
                Ok(())
            }
            Err(error) => Err(Rejected { message: payload, error }),
        }
    }

    /// Takes the compressor out for a message that can be sent now.
    pub(super) fn begin_compression<R: Role>(
        &mut self,
        sender: &Sender<R>,
        kind: Kind,
        payload: Bytes,
        prepared: Option<Compressed>,
    ) -> Result<Begun, Rejected<Bytes>> {
        if let Err(error) = sender.check_begin(Rsv::RSV1) {
            return Err(Rejected { message: payload, error });
        }
        self.encoding(kind, payload, None, prepared)
    }

    /// Takes the compressor out for a fragment that can be sent now.
    pub(super) fn begin_fragment_compression<R: Role>(
        &mut self,
        sender: &Sender<R>,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<Begun, Rejected<Bytes>> {
        // Everything is checked first, because the window of the peer moves with the compressor.
        let checked = sender.check_begin_fragment(kind, Rsv::RSV1);
        match checked.and_then(|()| self.validate(kind, fin, &payload)) {
            Ok(utf8) => self.encoding(kind, payload, Some(Fragment { fin, utf8 }), None),
            Err(error) => Err(Rejected { message: payload, error }),
        }
    }

    fn encoding(
        &mut self,
        kind: Kind,
        payload: Bytes,
        fragment: Option<Fragment>,
        prepared: Option<Compressed>,
    ) -> Result<Begun, Rejected<Bytes>> {
        let Some(deflating) = self.deflating.take() else {
            // An `Encoding` that holds the compressor was not finished.
            return Err(Rejected { message: payload, error: SendError::MessageInProgress });
        };
        Ok(Begun::Compress(Encoding { kind, payload, fragment, prepared, deflating }))
    }
}
