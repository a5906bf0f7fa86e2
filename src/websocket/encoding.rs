//! Messages and fragments that are compressed or masked before they are queued
//! ([RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 6.1, and
//! [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.3).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::{fmt, mem};

use bytes::{Bytes, BytesMut};

use super::compression::Deflating;
use super::send_data::Data;
use crate::connection::FrameStart;
use crate::frame::Kind;

/// The state of a message that a [`MessageSender`](super::MessageSender) has accepted.
#[derive(Debug)]
#[must_use = "a message that is to be encoded is not queued yet"]
pub enum Begun {
    /// The message is queued.
    Queued,
    /// The message must be [encoded](Encoding::encode) first.
    Encode(Encoding),
}

/// A message or a fragment that was accepted and must be encoded before it is queued. A compressed
/// message of a client is encoded twice: it is compressed, and then masked.
///
/// It holds the compressor of the connection, if there is one. Until it is encoded and
/// [finished](super::MessageSender::finish), the connection refuses other messages, with
/// [`MessageInProgress`](crate::SendError::MessageInProgress). If it is dropped, the connection can
/// send no more messages.
#[derive(Debug)]
#[must_use = "the message is not queued yet"]
pub struct Encoding {
    pub(super) data: Data,
    pub(super) work: Work,
}

/// The work that is left to do.
pub(super) enum Work {
    Compress(Box<Deflating>),
    /// The frames have begun, and their payload must be masked. It is `compressed`, or the payload
    /// of the message if that was not compressed.
    Mask {
        starts: Vec<FrameStart>,
        compressed: Option<Bytes>,
        deflating: Option<Box<Deflating>>,
    },
}

/// A message or a fragment that was encoded, for
/// [`MessageSender::finish`](super::MessageSender::finish).
#[derive(Debug)]
#[must_use = "the message is not queued yet"]
pub struct Encoded {
    pub(super) data: Data,
    pub(super) done: Done,
}

/// The work that was done, and its result.
pub(super) enum Done {
    Compressed(Bytes, Box<Deflating>),
    Masked {
        frames: Vec<(FrameStart, Bytes)>,
        is_compressed: bool,
        deflating: Option<Box<Deflating>>,
    },
}

/// The length from which the masking of a payload is left to the caller. A shorter payload is
/// masked in about the time that it takes to release a lock and to acquire it again.
pub(super) const MASK_APART: usize = 64 * 1024;

impl Encoding {
    /// Returns the kind of the message.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.data.kind
    }

    /// Compresses or masks the payload. This call may take long, and needs no access to the
    /// [`MessageSender`](super::MessageSender).
    pub fn encode(self) -> Encoded {
        let Self { mut data, work } = self;
        let done = match work {
            Work::Compress(mut deflating) => {
                let compressed = data.compress(&mut deflating);
                Done::Compressed(compressed, deflating)
            }
            Work::Mask { starts, compressed, deflating } => {
                let is_compressed = compressed.is_some();
                let payload = compressed.unwrap_or_else(|| mem::take(&mut data.payload));
                Done::Masked { frames: mask(starts, payload).collect(), is_compressed, deflating }
            }
        };
        Encoded { data, done }
    }
}

/// Masks the payload of frames, in the order of sending. The payload is masked in place if nothing
/// else shares it and if its buffer is not much larger. Otherwise a copy is masked.
pub(super) fn mask(
    starts: impl IntoIterator<Item = FrameStart>,
    payload: Bytes,
) -> impl Iterator<Item = (FrameStart, Bytes)> {
    let (mut unique, mut shared) = match payload.try_into_mut() {
        Ok(unique) if unique.capacity() / 2 <= unique.len() => (unique, Bytes::new()),
        Ok(unique) => (BytesMut::new(), unique.freeze()),
        Err(shared) => (BytesMut::new(), shared),
    };
    starts.into_iter().filter_map(move |start| {
        let len = start.payload_len() as usize;
        let mut mask = start.mask()?;
        if unique.is_empty() {
            let mut masked = Vec::new();
            mask.append(&shared.split_to(len), &mut masked);
            Some((start, masked.into()))
        } else {
            let is_last = len == unique.len();
            let mut part = if is_last { mem::take(&mut unique) } else { unique.split_to(len) };
            mask.apply(&mut part);
            Some((start, part.freeze()))
        }
    })
}

/// Returns the payload of masked frames.
pub(super) fn unmask(frames: Vec<(FrameStart, Bytes)>) -> Bytes {
    let mut payload = Vec::new();
    for (start, masked) in frames {
        if let Some(mut mask) = start.mask() {
            mask.append(&masked, &mut payload);
        }
    }
    payload.into()
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compress(_) => "Compress",
            Self::Mask { .. } => "Mask",
        })
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compressed(..) => "Compressed",
            Self::Masked { .. } => "Masked",
        })
    }
}
