//! The sending direction, which turns messages into frames in the queue
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) and
//! [RFC 7692](https://www.rfc-editor.org/rfc/rfc7692)).

use core::error::Error;
use core::fmt;

use alloc::boxed::Box;

use bytes::Bytes;

use super::compression::Deflating;
use super::encoding::Begun;
use super::receive::whole;
use super::{Config, Outgoing, Prepared};
use crate::connection::{FrameStart, Output, Role, Sender};
use crate::deflate::{Compression, Terms};
use crate::error::SendError;
use crate::frame::{Kind, Rsv};
use crate::message::Message;
use crate::utf8::Utf8Validator;

/// The length from which a payload is a separate piece of the queue. A shorter payload is copied
/// after its header, because a copy costs less than another piece in a write.
const LARGE: usize = 4 * 1024;

/// The outgoing queue and its high-water mark.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) outgoing: Outgoing,
    high_water_mark: usize,
    /// The validator of the text that is sent in fragments.
    pub(super) utf8: Utf8Validator,
    /// `None` if permessage-deflate was not negotiated, and while an `Encoding` holds it.
    pub(super) deflating: Option<Box<Deflating>>,
}

impl Queue {
    pub(super) fn new(config: &Config, terms: Option<&Terms>, is_client: bool) -> Self {
        Self {
            outgoing: Outgoing::new(),
            // A queue cannot be longer than `usize::MAX`.
            high_water_mark: usize::try_from(config.high_water_mark).unwrap_or(usize::MAX),
            utf8: Utf8Validator::new(),
            deflating: Deflating::negotiated(&config.compression, terms, is_client).map(Box::new),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        // An empty queue accepts a message even if the mark is 0.
        self.outgoing.is_empty() || self.outgoing.len() < self.high_water_mark
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
        if self.deflating.is_some() {
            return self.encode_and_send(sender, message);
        }
        self.send_plain(sender, message)
    }

    /// Sends a message without compression.
    #[inline(always)]
    fn send_plain<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<(), Rejected> {
        let begun = match &message {
            Message::Text(text) => sender.begin(Kind::Text, text.len() as u64, Rsv::NONE),
            Message::Binary(bytes) => sender.begin(Kind::Binary, bytes.len() as u64, Rsv::NONE),
            _ => return self.send_control(sender, message),
        };
        match (begun, message) {
            (Ok(start), Message::Text(text)) => self.push(start, text.into_bytes()),
            (Ok(start), Message::Binary(bytes)) => self.push(start, bytes),
            (Ok(_), _) => {}
            (Err(error), message) => return Err(Rejected { message, error }),
        }
        Ok(())
    }

    pub(super) fn send_prepared<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: &Prepared,
    ) -> Result<(), SendError> {
        match self.begin_prepared(sender, message)? {
            Begun::Queued => Ok(()),
            Begun::Compress(encoding) => Ok(self.finish(sender, encoding.compress())?),
        }
    }

    /// Queues a prepared message, or takes the compressor out for it.
    pub(super) fn begin_prepared<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: &Prepared,
    ) -> Result<Begun, SendError> {
        if !self.is_ready() {
            return Err(self.full(sender));
        }
        let Prepared { kind, payload, compressed, .. } = message;
        if self.deflating.as_ref().is_some_and(|deflating| {
            deflating.takes(compressed.as_ref()) || deflating.applies(payload.len(), true)
        }) {
            return Ok(self.begin_compression(
                sender,
                *kind,
                payload.clone(),
                compressed.clone(),
            )?);
        }
        let start = sender.begin(message.kind, message.payload.len() as u64, Rsv::NONE)?;
        if start.mask().is_some() {
            self.push(start, message.payload.clone());
        } else if message.payload.len() < LARGE {
            self.outgoing.data().put(&message.header);
            self.outgoing.data().put(&message.payload);
        } else {
            self.outgoing.push(&message.header, message.payload.clone());
        }
        Ok(Begun::Queued)
    }

    pub(super) fn send_fragment<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<(), Rejected<Bytes>> {
        match self.begin_fragment(sender, kind, fin, payload)? {
            Begun::Queued => Ok(()),
            Begun::Compress(encoding) => self.finish(sender, encoding.compress()),
        }
    }

    /// Queues a fragment, or takes the compressor out for it.
    pub(super) fn begin_fragment<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<Begun, Rejected<Bytes>> {
        if !self.is_ready() {
            return Err(Rejected { message: payload, error: self.full(sender) });
        }
        // RFC 7692, section 6: the first fragment decides for the whole message.
        let is_compressed = match sender.message_in_progress() {
            Some((_, rsv)) => rsv == Rsv::RSV1,
            None => {
                let deflating = self.deflating.as_ref();
                deflating.is_some_and(|deflating| deflating.applies(payload.len(), fin))
            }
        };
        if is_compressed {
            return self.begin_fragment_compression(sender, kind, fin, payload);
        }
        match self.start_fragment(sender, kind, fin, &payload) {
            Ok(start) => self.push(start, payload),
            Err(error) => return Err(Rejected { message: payload, error }),
        }
        Ok(Begun::Queued)
    }

    fn start_fragment<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        kind: Kind,
        fin: bool,
        payload: &[u8],
    ) -> Result<FrameStart, SendError> {
        sender.check_begin_fragment(kind, Rsv::NONE)?;
        let utf8 = self.validate(kind, fin, payload)?;
        let start = sender.begin_fragment(kind, fin, payload.len() as u64, Rsv::NONE)?;
        self.utf8 = utf8;
        Ok(start)
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
        if let Some(deflating) = &mut self.deflating {
            deflating.set_compression(choice);
        }
    }

    /// Frees the memory that the next message does not need.
    pub(super) fn release_memory<R: Role>(&mut self, sender: &Sender<R>) {
        if let Some(deflating) = &mut self.deflating
            && sender.message_in_progress().is_none()
        {
            deflating.release_memory();
        }
    }

    /// Queues a message of a connection that may compress. It stays out of `send`, which would
    /// otherwise copy each message once more.
    #[inline(never)]
    fn encode_and_send<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<(), Rejected> {
        match self.begin(sender, message)? {
            Begun::Queued => Ok(()),
            Begun::Compress(encoding) => {
                let kind = encoding.kind();
                let sent = self.finish(sender, encoding.compress());
                sent.map_err(|rejected| rejected.into_message(kind))
            }
        }
    }

    /// Queues a message, or takes the compressor out for it.
    pub(super) fn begin<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<Begun, Rejected> {
        if !self.is_ready() {
            return Err(Rejected { message, error: self.full(sender) });
        }
        let deflating = self.deflating.as_ref();
        let applies = |len| deflating.is_some_and(|deflating| deflating.applies(len, true));
        let (kind, payload) = match message {
            Message::Text(text) if applies(text.len()) => (Kind::Text, text.into_bytes()),
            Message::Binary(bytes) if applies(bytes.len()) => (Kind::Binary, bytes),
            message => {
                self.send_plain(sender, message)?;
                return Ok(Begun::Queued);
            }
        };
        let begun = self.begin_compression(sender, kind, payload, None);
        begun.map_err(|rejected| rejected.into_message(kind))
    }

    fn send_control<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<(), Rejected> {
        let sent = match &message {
            Message::Ping(payload) => sender.ping(payload, self.outgoing.control()),
            Message::Pong(payload) => sender.pong(payload, self.outgoing.control()),
            Message::Close(frame) => sender.close(frame.as_deref(), self.outgoing.data()),
            Message::Text(_) | Message::Binary(_) => Ok(()),
        };
        sent.map_err(|error| Rejected { message, error })
    }

    #[inline]
    pub(super) fn push(&mut self, start: FrameStart, payload: Bytes) {
        let header = start.header();
        let small = payload.len() < LARGE;
        match start.mask() {
            None if small => {
                self.outgoing.data().put(&header);
                self.outgoing.data().put(&payload);
            }
            None => self.outgoing.push(&header, payload),
            Some(mut mask) if small => {
                self.outgoing.data().put(&header);
                self.outgoing.data().put_masked(&payload, &mut mask);
            }
            Some(mut mask) => match payload.try_into_mut() {
                Ok(mut unique) => {
                    mask.apply(&mut unique);
                    self.outgoing.push(&header, unique.freeze());
                }
                Err(shared) => {
                    self.outgoing.data().put(&header);
                    self.outgoing.data().put_masked(&shared, &mut mask);
                }
            },
        }
    }

    #[cold]
    fn full<R: Role>(&self, sender: &Sender<R>) -> SendError {
        if sender.is_closed() {
            // Room would not help.
            return SendError::Closing;
        }
        SendError::QueueFull { queued: self.outgoing.len(), high_water_mark: self.high_water_mark }
    }
}

/// A message that was not queued, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected<M = Message> {
    /// The message, unchanged.
    pub message: M,
    /// The reason why it was not queued.
    pub error: SendError,
}

/// Says that something was not accepted. The reason is the [`source`](Error::source).
impl<M> fmt::Display for Rejected<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message or a fragment was not accepted")
    }
}

impl<M: fmt::Debug> Error for Rejected<M> {
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
