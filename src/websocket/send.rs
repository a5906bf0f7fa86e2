//! Sending: messages become frames in the queue.

use core::error::Error;
use core::fmt;

#[cfg(feature = "deflate")]
use alloc::boxed::Box;

use bytes::Bytes;

#[cfg(feature = "deflate")]
use super::deflating::Deflating;
use super::{Config, Outgoing, Prepared};
use crate::connection::{HeaderBytes, Output, Role, Sender};
use crate::error::SendError;
use crate::frame::{FrameHeader, Kind};
use crate::mask::Mask;
use crate::message::Message;

/// From how many bytes on a payload is queued as it is. Below, copying it behind its header so
/// that many messages leave in one write costs less than another piece for the write.
const LARGE: usize = 4 * 1024;

/// The outgoing queue, and how full it may be.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) outgoing: Outgoing,
    high_water_mark: usize,
    /// When permessage-deflate was negotiated.
    #[cfg(feature = "deflate")]
    pub(super) deflating: Option<Box<Deflating>>,
}

impl Queue {
    #[cfg_attr(
        not(feature = "deflate"),
        allow(clippy::extra_unused_type_parameters, reason = "the role says whose terms apply")
    )]
    pub(super) fn new<R: Role>(config: &Config) -> Self {
        Self {
            outgoing: Outgoing::new(),
            high_water_mark: config.high_water_mark,
            #[cfg(feature = "deflate")]
            deflating: Deflating::negotiated::<R>(config).map(Box::new),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        // Whatever the mark, one message at a time gets through.
        self.outgoing.is_empty() || self.outgoing.len() < self.high_water_mark
    }

    #[inline]
    pub(super) fn send<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        message: Message,
    ) -> Result<(), Rejected> {
        if !self.is_ready() && !matches!(message, Message::Close(_)) {
            return Err(Rejected { message, error: self.full() });
        }
        #[cfg(feature = "deflate")]
        if let Some(sent) = self.send_compressed(sender, &message) {
            return sent.map_err(|error| Rejected { message, error });
        }
        let begun = match &message {
            Message::Text(text) => sender.begin(Kind::Text, text.len()),
            Message::Binary(bytes) => sender.begin(Kind::Binary, bytes.len()),
            _ => return self.send_control(sender, message),
        };
        match (begun, message) {
            (Ok(header), Message::Text(text)) => self.push(header, text.into_bytes()),
            (Ok(header), Message::Binary(bytes)) => self.push(header, bytes),
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
        if !self.is_ready() {
            return Err(self.full());
        }
        #[cfg(feature = "deflate")]
        if let Some(sent) = self.send_prepared_compressed(sender, message) {
            return sent;
        }
        let header = sender.begin(message.kind, message.payload.len())?;
        if header.mask.is_some() {
            self.push(header, message.payload.clone());
        } else if message.payload.len() < LARGE {
            self.outgoing.data().put(&message.header);
            self.outgoing.data().put(&message.payload);
        } else {
            self.outgoing.push(&message.header, message.payload.clone());
        }
        Ok(())
    }

    pub(super) fn send_fragment<R: Role>(
        &mut self,
        sender: &mut Sender<R>,
        kind: Kind,
        fin: bool,
        payload: Bytes,
    ) -> Result<(), Rejected<Bytes>> {
        if !self.is_ready() {
            return Err(Rejected { message: payload, error: self.full() });
        }
        #[cfg(feature = "deflate")]
        if let Some(sent) = self.send_compressed_fragment(sender, kind, fin, &payload) {
            return sent.map_err(|error| Rejected { message: payload, error });
        }
        match sender.begin_fragment(kind, fin, &payload) {
            Ok(header) => self.push(header, payload),
            Err(error) => return Err(Rejected { message: payload, error }),
        }
        Ok(())
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
    pub(super) fn push(&mut self, header: FrameHeader, payload: Bytes) {
        let header_bytes = HeaderBytes::new(&header);
        let small = payload.len() < LARGE;
        match header.mask.map(Mask::new) {
            None if small => {
                self.outgoing.data().put(&header_bytes);
                self.outgoing.data().put(&payload);
            }
            None => self.outgoing.push(&header_bytes, payload),
            Some(mut mask) if small => {
                self.outgoing.data().put(&header_bytes);
                self.outgoing.data().put_masked(&payload, &mut mask);
            }
            Some(mut mask) => match payload.try_into_mut() {
                Ok(mut unique) => {
                    mask.apply(&mut unique);
                    self.outgoing.push(&header_bytes, unique.freeze());
                }
                Err(shared) => {
                    self.outgoing.data().put(&header_bytes);
                    self.outgoing.data().put_masked(&shared, &mut mask);
                }
            },
        }
    }

    #[cold]
    fn full(&self) -> SendError {
        SendError::QueueFull { queued: self.outgoing.len(), high_water_mark: self.high_water_mark }
    }
}

/// A message that was not taken, handed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected<M = Message> {
    /// The message, as it was.
    pub message: M,
    /// Why it was not taken.
    pub error: SendError,
}

impl<M> fmt::Display for Rejected<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<M: fmt::Debug> Error for Rejected<M> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

impl<M> From<Rejected<M>> for SendError {
    fn from(rejected: Rejected<M>) -> Self {
        rejected.error
    }
}
