//! Messages and fragments on their way into the queue
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.4, and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692), section 6.1).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::{fmt, mem};

use bytes::Bytes;

use super::Prepared;
use super::compression::{Compressed, Deflating};
use super::encoding::{Begun, Done, Encoded, Encoding, MASK_APART, Work, mask, unmask};
use super::outgoing::LARGE;
use super::send::{Queue, Rejected};
use crate::connection::{Role, Sender};
use crate::error::SendError;
use crate::frame::{Kind, Rsv};
use crate::message::Message;

/// A message or a fragment to send.
pub(super) struct Data {
    pub(super) kind: Kind,
    pub(super) payload: Bytes,
    /// `None` for a whole message, and otherwise whether this is the last fragment.
    pub(super) fragment: Option<bool>,
    /// The compressed form of a prepared message.
    pub(super) prepared: Option<Compressed>,
}

/// The compressor of a connection, if there is one.
#[derive(Debug)]
pub(super) enum Coder {
    /// permessage-deflate was not negotiated.
    None,
    Deflate(Box<Deflating>),
    /// An [`Encoding`] holds the compressor, or masks a message without one.
    Lent,
}

impl Data {
    /// Takes the payload of a text or binary message. Returns any other message as the error.
    pub(super) fn of(message: Message) -> Result<Self, Message> {
        let (kind, payload) = match message {
            Message::Text(text) => (Kind::Text, text.into_bytes()),
            Message::Binary(bytes) => (Kind::Binary, bytes),
            control => return Err(control),
        };
        Ok(Self { kind, payload, fragment: None, prepared: None })
    }

    /// Returns whether the last frame of this data is the last frame of the message.
    fn is_last(&self) -> bool {
        self.fragment.unwrap_or(true)
    }

    pub(super) fn compress(&self, deflating: &mut Deflating) -> Bytes {
        match self.fragment {
            Some(fin) => deflating.compress(&self.payload, fin),
            None => deflating.compress_prepared(&self.payload, self.prepared.as_ref()),
        }
    }

    pub(super) const fn fragment(kind: Kind, fin: bool, payload: Bytes) -> Self {
        Self { kind, payload, fragment: Some(fin), prepared: None }
    }
}

impl From<&Prepared> for Data {
    fn from(message: &Prepared) -> Self {
        let Prepared { kind, payload, compressed } = message.clone();
        Self { kind, payload, fragment: None, prepared: compressed }
    }
}

impl From<Option<Box<Deflating>>> for Coder {
    fn from(deflating: Option<Box<Deflating>>) -> Self {
        deflating.map_or(Self::None, Self::Deflate)
    }
}

impl Coder {
    fn lend(&mut self) -> Option<Box<Deflating>> {
        match mem::replace(self, Self::Lent) {
            Self::Deflate(deflating) => Some(deflating),
            Self::None | Self::Lent => None,
        }
    }
}

impl Queue {
    /// Queues a message or a fragment.
    pub(super) fn send_data<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        data: Data,
    ) -> Result<(), Rejected<Bytes>> {
        let is_compressed = self.is_compressed(sender, &data);
        if let Err(error) = self.admit(sender, &data, is_compressed) {
            return Err(Rejected { message: data.payload, error });
        }
        let compressed = match &mut self.coder {
            Coder::Deflate(deflating) if is_compressed => Some(data.compress(deflating)),
            _ => None,
        };
        let mut begun = self.begin_frames(sender, data, compressed);
        while let Begun::Encode(encoding) = begun {
            begun = self.finish(sender, encoding.encode())?;
        }
        Ok(())
    }

    /// Queues a message or a fragment, or leaves its encoding to the caller.
    pub(super) fn begin_data<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        data: Data,
    ) -> Result<Begun, Rejected<Bytes>> {
        let is_compressed = self.is_compressed(sender, &data);
        if let Err(error) = self.admit(sender, &data, is_compressed) {
            return Err(Rejected { message: data.payload, error });
        }
        if is_compressed && let Some(deflating) = self.coder.lend() {
            return Ok(Begun::Encode(Encoding { data, work: Work::Compress(deflating) }));
        }
        Ok(self.begin_frames(sender, data, None))
    }

    /// Queues encoded data, or leaves the next step to the caller. The queue accepts encoded data
    /// of any length.
    pub(super) fn finish<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        encoded: Encoded,
    ) -> Result<Begun, Rejected<Bytes>> {
        let Encoded { data, done } = encoded;
        let is_compressed = !matches!(done, Done::Masked { is_compressed: false, .. });
        // This fails only if the connection began to close in the meantime.
        let checked = check(sender, &data, is_compressed);
        match done {
            Done::Compressed(compressed, mut deflating) => {
                if checked.is_err() {
                    // The peer does not receive this output, so later output must not refer to it.
                    deflating.forget();
                }
                self.coder = Coder::Deflate(deflating);
                match checked {
                    Ok(()) => Ok(self.begin_frames(sender, data, Some(compressed))),
                    Err(error) => Err(Rejected { message: data.payload, error }),
                }
            }
            Done::Masked { frames, is_compressed, deflating } => {
                self.coder = deflating.into();
                if let Err(error) = checked {
                    let message = if is_compressed { data.payload } else { unmask(frames) };
                    return Err(Rejected { message, error });
                }
                let in_frames = frames.iter().map(|(_, payload)| payload.len()).sum();
                // An uncompressed payload has moved into the frames.
                let len = if is_compressed { data.payload.len() } else { in_frames };
                self.count(in_frames, len, data.is_last());
                for (start, payload) in frames {
                    self.outgoing.push(start, payload);
                }
                Ok(Begun::Queued)
            }
        }
    }

    fn is_compressed<R: Role>(&self, sender: &Sender<R>, data: &Data) -> bool {
        let Data { payload, fragment, prepared, .. } = data;
        // RFC 7692, section 6: the first fragment decides for the whole message.
        if let (Some(_), Some((_, rsv))) = (fragment, sender.message_in_progress()) {
            return rsv == Rsv::RSV1;
        }
        let Coder::Deflate(deflating) = &self.coder else {
            return false;
        };
        deflating.takes(prepared.as_ref()) || deflating.applies(payload.len(), data.is_last())
    }

    /// Checks everything before the compressor is used, because its output changes the window of
    /// the peer.
    fn admit<R: Role>(
        &mut self,
        sender: &Sender<R>,
        data: &Data,
        is_compressed: bool,
    ) -> Result<(), SendError> {
        if !self.is_ready() {
            return Err(self.full(sender));
        }
        check(sender, data, is_compressed)?;
        if matches!(self.coder, Coder::Lent) {
            return Err(SendError::MessageInProgress);
        }
        if let Some(fin) = data.fragment {
            self.utf8 = self.validate(data.kind, fin, &data.payload)?;
        }
        Ok(())
    }

    /// Begins the frames of a message or a fragment that can be sent, and queues them. A client
    /// leaves the masking of a large payload to the caller.
    fn begin_frames<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        data: Data,
        compressed: Option<Bytes>,
    ) -> Begun {
        let rsv = rsv(compressed.is_some());
        let (kind, fin, fragment_size) = (data.kind, data.is_last(), self.fragment_size);
        let is_client = sender.is_client();
        let mut begin = |left: usize| {
            let len = left.min(fragment_size);
            // Everything that this call checks has already been checked.
            sender.begin_fragment(kind, fin && len == left, len as u64, rsv).ok()
        };
        let plain_len = data.payload.len();
        let len = compressed.as_ref().unwrap_or(&data.payload).len();
        if !is_client || len < LARGE {
            let mut payload = compressed.unwrap_or(data.payload);
            while let Some(start) = begin(payload.len()) {
                let part = payload.split_to(start.payload_len() as usize);
                if is_client {
                    self.outgoing.put_frame(start, &part);
                } else {
                    self.outgoing.push(start, part);
                }
                if payload.is_empty() {
                    break;
                }
            }
            self.count(len, plain_len, fin);
            return Begun::Queued;
        }
        let mut starts = Vec::new();
        let mut rest = len;
        while rest > 0
            && let Some(start) = begin(rest)
        {
            rest -= start.payload_len() as usize;
            starts.push(start);
        }
        if len >= MASK_APART {
            let deflating = self.coder.lend();
            return Begun::Encode(Encoding {
                data,
                work: Work::Mask { starts, compressed, deflating },
            });
        }
        for (start, part) in mask(starts, compressed.unwrap_or(data.payload)) {
            self.outgoing.push(start, part);
        }
        self.count(len, plain_len, fin);
        Begun::Queued
    }

    /// Counts a message or a fragment that has `len` bytes without compression and `in_frames`
    /// bytes in its frames.
    const fn count(&mut self, in_frames: usize, len: usize, last: bool) {
        self.counters.part(in_frames as u64, last);
        self.counters.compression(in_frames, len);
    }
}

/// Checks that the frames of a message or a fragment can begin.
fn check<R: Role>(sender: &Sender<R>, data: &Data, is_compressed: bool) -> Result<(), SendError> {
    let rsv = rsv(is_compressed);
    match data.fragment {
        None => sender.check_begin(rsv),
        Some(_) => sender.check_begin_fragment(data.kind, rsv),
    }
}

const fn rsv(is_compressed: bool) -> Rsv {
    if is_compressed { Rsv::RSV1 } else { Rsv::NONE }
}

/// Shows the length of the payload, and no bytes of it.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data")
            .field("kind", &self.kind)
            .field("len", &self.payload.len())
            .field("fragment", &self.fragment)
            .finish_non_exhaustive()
    }
}
