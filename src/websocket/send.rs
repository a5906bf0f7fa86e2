//! The sending direction, which turns messages into frames in the queue
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).

use core::error::Error;
use core::fmt;

use alloc::boxed::Box;

use bytes::Bytes;

use super::compression::Deflating;
use super::counters::Counters;
use super::encoding::{Begun, MASK_APART, mask};
use super::outgoing::LARGE;
use super::receive::whole;
use super::send_data::{Coder, Data};
use super::{Config, Outgoing, Prepared};
use crate::connection::{FrameStart, Role, Sender};
use crate::deflate::{Compression, Terms};
use crate::error::SendError;
use crate::frame::{Kind, Rsv};
use crate::message::Message;
use crate::utf8::Utf8Validator;

/// The outgoing queue and its high-water mark.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) outgoing: Outgoing,
    high_water_mark: usize,
    /// The largest payload of a frame.
    pub(super) fragment_size: usize,
    /// The validator of the text that is sent in fragments.
    pub(super) utf8: Utf8Validator,
    pub(super) coder: Coder,
    pub(super) counters: Counters,
}

/// The largest high-water mark. The length of a queue below this mark plus one more message fits
/// into a `usize`, even if the queue has many clones of one payload.
const LARGEST_MARK: usize = isize::MAX as usize / 2;

impl Queue {
    pub(super) fn new(config: &Config, terms: Option<&Terms>, is_client: bool) -> Self {
        // No payload and no queue is longer than `usize::MAX`.
        let bytes = |limit| usize::try_from(limit).unwrap_or(usize::MAX);
        let fragment_size = bytes(config.fragment_size).max(1);
        Self {
            outgoing: Outgoing::new(),
            high_water_mark: bytes(config.high_water_mark).min(LARGEST_MARK),
            fragment_size,
            utf8: Utf8Validator::new(),
            coder: Deflating::negotiated(&config.compression, terms, is_client)
                .map(Box::new)
                .into(),
            counters: Counters::default(),
        }
    }

    /// Returns whether the application may queue a message. If the result is `true`, it stays
    /// `true` until the application queues a message.
    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        self.has_room(self.outgoing.counted_len())
    }

    /// Returns whether there is room for an answer to the peer.
    pub(super) fn has_room_for_answer(&self) -> bool {
        self.has_room(self.outgoing.len())
    }

    #[inline]
    const fn has_room(&self, queued: usize) -> bool {
        // An empty queue accepts a message even if the mark is 0.
        queued == 0 || queued < self.high_water_mark
    }

    #[inline]
    pub(super) fn send<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<(), Rejected> {
        if !self.is_ready() {
            return Err(Rejected { message, error: self.full(sender) });
        }
        let (kind, payload) = match &message {
            Message::Text(text) => (Kind::Text, text.as_bytes()),
            Message::Binary(bytes) => (Kind::Binary, &bytes[..]),
            _ => return self.send_control(sender, message),
        };
        if !self.is_plain(payload) {
            return self.encode_and_send(sender, message);
        }
        let len = payload.len();
        match sender.begin(kind, len as u64, Rsv::NONE) {
            Ok(start) if is_copied(&start) => self.outgoing.put_frame(start, payload),
            Ok(start) => self.push_large(start, message),
            Err(error) => return Err(Rejected { message, error }),
        }
        self.counters.message(len);
        Ok(())
    }

    /// Returns whether a whole message is sent in one frame without compression.
    #[inline]
    pub(super) fn is_plain(&self, payload: &[u8]) -> bool {
        payload.len() <= self.fragment_size
            && match &self.coder {
                Coder::None => true,
                Coder::Deflate(deflating) => !deflating.applies(payload.len(), true),
                Coder::Lent => false,
            }
    }

    #[inline(never)]
    fn push_large(&mut self, start: FrameStart, message: Message) {
        match message {
            Message::Text(text) => self.push(start, text.into_bytes()),
            Message::Binary(bytes) => self.push(start, bytes),
            _ => {}
        }
    }

    /// Queues a frame with a large payload, which a client masks first.
    fn push(&mut self, start: FrameStart, payload: Bytes) {
        if start.mask().is_none() {
            return self.outgoing.push(start, payload);
        }
        for (start, masked) in mask([start], payload) {
            self.outgoing.push(start, masked);
        }
    }

    /// Queues a message that is compressed or fragmented. This code is not in `send`, because
    /// `send` would then copy each message once more.
    #[inline(never)]
    fn encode_and_send<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<(), Rejected> {
        match Data::of(message) {
            Ok(data) => {
                let kind = data.kind;
                self.send_data(sender, data).map_err(|rejected| rejected.into_message(kind))
            }
            Err(message) => self.send_control(sender, message),
        }
    }

    /// Queues a message as [`send`](Self::send) does, or leaves its encoding to the caller.
    pub(super) fn begin<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<Begun, Rejected> {
        let is_apart = |payload: &[u8]| payload.len() >= MASK_APART || !self.is_plain(payload);
        if !message.is_data() || !message.payload().is_some_and(is_apart) {
            return self.send(sender, message).map(|()| Begun::Queued);
        }
        match Data::of(message) {
            Ok(data) => {
                let kind = data.kind;
                self.begin_data(sender, data).map_err(|rejected| rejected.into_message(kind))
            }
            Err(message) => self.send(sender, message).map(|()| Begun::Queued),
        }
    }

    pub(super) fn send_prepared<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: &Prepared,
    ) -> Result<(), SendError> {
        if self.is_ready()
            && let Some((payload, rsv)) = self.encoded(message)
        {
            let start = sender.begin(message.kind, payload.len() as u64, rsv)?;
            if let (Coder::Deflate(deflating), Rsv::RSV1) = (&mut self.coder, rsv) {
                // The peer's window contains this message. The compressor's window does not.
                deflating.forget();
            }
            if is_copied(&start) {
                self.outgoing.put_frame(start, payload);
            } else {
                self.push(start, payload.clone());
            }
            self.counters.message(payload.len());
            self.counters.compression(payload.len(), message.payload.len());
            return Ok(());
        }
        Ok(self.send_data(sender, message.into())?)
    }

    /// Returns the payload of a prepared message as this connection sends it, and its reserved bits,
    /// if nothing has to be compressed and one frame is enough.
    fn encoded<'m>(&self, message: &'m Prepared) -> Option<(&'m Bytes, Rsv)> {
        let compressed = message.compressed.as_ref();
        match (&self.coder, compressed) {
            (Coder::Deflate(deflating), Some(compressed)) if deflating.takes(Some(compressed)) => {
                let payload = compressed.payload();
                (payload.len() <= self.fragment_size).then_some((payload, Rsv::RSV1))
            }
            (Coder::Deflate(_), Some(_)) => None,
            _ => self.is_plain(&message.payload).then_some((&message.payload, Rsv::NONE)),
        }
    }

    fn send_control<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<(), Rejected> {
        let is_ping = matches!(message, Message::Ping(_));
        let sent = match &message {
            Message::Ping(payload) => sender.ping(payload, self.outgoing.control()),
            Message::Pong(payload) => sender.pong(payload, self.outgoing.control()),
            Message::Close(frame) => sender.close(frame.as_deref(), self.outgoing.data()),
            Message::Oversized { .. } => Err(SendError::Oversized),
            Message::Text(_) | Message::Binary(_) => Ok(()),
        };
        if let Err(error) = sent {
            return Err(Rejected { message, error });
        }
        self.counters.pings += u64::from(is_ping);
        Ok(())
    }

    /// Queues the Ping of the keepalive, before the messages.
    pub(super) fn ping<R: Role>(&mut self, sender: &mut Sender<R>) {
        // This does not fail: the connection is open, and the queue has no maximum size.
        let pinged = self.outgoing.answer(|out| sender.ping(b"", out));
        self.counters.pings += u64::from(pinged.is_ok());
    }

    /// Validates a fragment (RFC 6455, section 8.1), and returns the validator after it.
    pub(super) fn validate(
        &self,
        kind: Kind,
        fin: bool,
        payload: &[u8],
    ) -> Result<Utf8Validator, SendError> {
        let mut utf8 = self.utf8;
        if kind == Kind::Text {
            let invalid = |offset| SendError::InvalidUtf8 { offset };
            utf8.feed(payload).map_err(|error| invalid(error.valid_up_to))?;
            if fin {
                utf8.finish().map_err(|_| invalid(payload.len()))?;
            }
        }
        Ok(utf8)
    }

    /// Decides whether the next messages are compressed.
    pub(super) fn set_compression(&mut self, choice: Compression) {
        if let Coder::Deflate(deflating) = &mut self.coder {
            deflating.set_compression(choice);
        }
    }

    /// Frees the memory that the next message does not need.
    pub(super) fn release_memory<R: Role>(&mut self, sender: &Sender<R>) {
        if let Coder::Deflate(deflating) = &mut self.coder
            && sender.message_in_progress().is_none()
        {
            deflating.release_memory();
        }
    }

    #[cold]
    pub(super) fn full<R: Role>(&self, sender: &Sender<R>) -> SendError {
        if sender.is_closed() {
            // More room would not help, because nothing more can be sent.
            return SendError::Closing;
        }
        SendError::QueueFull {
            queued: self.outgoing.counted_len(),
            high_water_mark: self.high_water_mark,
        }
    }
}

/// Returns whether the payload of a frame is copied after its header. A client masks while it
/// copies. Up to a longer payload this costs less than masking in place and writing one more piece.
#[inline(always)]
fn is_copied(start: &FrameStart) -> bool {
    let large = if start.mask().is_some() { 2 * LARGE } else { LARGE };
    start.payload_len() < large as u64
}

/// A message that was not queued, and the reason.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejected<M = Message> {
    /// The message, unchanged.
    pub message: M,
    /// The reason why it was not queued.
    pub error: SendError,
}

/// Says that a message or a fragment was not accepted. The reason is the [`source`](Error::source).
impl<M> fmt::Display for Rejected<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message or a fragment was not accepted")
    }
}

impl<M> Error for Rejected<M>
where
    Self: fmt::Debug,
{
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

impl Rejected<Bytes> {
    /// Turns the payload back into the message. The payload of text has been validated.
    pub(super) fn into_message(self, kind: Kind) -> Rejected {
        Rejected { message: whole(kind, self.message), error: self.error }
    }
}

impl<M> From<Rejected<M>> for SendError {
    fn from(rejected: Rejected<M>) -> Self {
        rejected.error
    }
}
