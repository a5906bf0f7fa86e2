//! What an endpoint owes to its peer ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections
//! 5.5.1, 5.5.2 and 7.1.7).

use super::closing::Endpoint;
use super::event::ControlPayload;
use super::output::{Counted, Output, require_room};
use super::role::Role;
use super::send::Sender;
use crate::close::{CloseCode, CloseFrame};
use crate::error::{OutputFull, ProtocolError};
use crate::frame::{OpCode, Rsv};

/// An answer or a report that this endpoint owes to its peer.
///
/// This enum is exhaustive on purpose, because the peer waits for every one of these frames.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the peer waits for it"]
pub enum Owed {
    /// The Pong for a Ping with this payload (RFC 6455, section 5.5.2).
    Pong(ControlPayload),
    /// The answer to the peer's Close, which had this code (RFC 6455, section 5.5.1).
    Reply(Option<CloseCode>),
    /// The Close that reports the peer's error (RFC 6455, section 7.1.7).
    Fault(ProtocolError),
}

/// The frames that this endpoint owes to its peer: at most one Pong, and then at most one Close.
///
/// [`Receiver::receive`](super::Receiver::receive) adds to it, and
/// [`Sender::settle`](super::Sender::settle) writes the frames. A receiving half cannot receive
/// without an `OwedFrames`, so no answer is forgotten.
#[derive(Debug, Default)]
pub struct OwedFrames {
    pub(super) pong: Option<ControlPayload>,
    pub(super) close: Option<OwedClose>,
}

/// The Close that is owed.
///
/// This enum is exhaustive on purpose, because the peer waits for every one of these frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwedClose {
    /// The answer to the peer's Close, which had this code (RFC 6455, section 5.5.1).
    Reply(Option<CloseCode>),
    /// The Close that reports the peer's error (RFC 6455, section 7.1.7).
    Fault(ProtocolError),
}

impl OwedFrames {
    /// Creates a value that owes nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { pong: None, close: None }
    }

    /// Adds something that is owed.
    ///
    /// A newer Pong replaces one that has not been sent (RFC 6455, section 5.5.3). Only the first
    /// Close counts.
    pub fn add(&mut self, owed: Owed) {
        let close = match owed {
            Owed::Pong(payload) => {
                self.pong = Some(payload);
                return;
            }
            Owed::Reply(code) => OwedClose::Reply(code),
            Owed::Fault(error) => OwedClose::Fault(error),
        };
        self.close.get_or_insert(close);
    }

    /// Moves everything from `other` to this value.
    pub fn append(&mut self, other: &mut Self) {
        if let Some(pong) = other.pong.take() {
            self.pong = Some(pong);
        }
        if let Some(close) = other.close.take() {
            self.close.get_or_insert(close);
        }
    }

    /// Returns whether nothing is owed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pong.is_none() && self.close.is_none()
    }

    /// Returns the Close that is owed, if there is one.
    #[must_use]
    pub const fn close(&self) -> Option<OwedClose> {
        self.close
    }

    /// Takes the Close that is owed, for a caller that writes this Close itself. The caller must
    /// then send a Close.
    #[must_use = "the peer waits for the Close"]
    pub const fn take_close(&mut self) -> Option<OwedClose> {
        self.close.take()
    }

    /// Forgets everything, because a Close has been sent.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
}

impl<R: Role> Sender<R> {
    /// Writes the frames that are owed to the peer, a Pong and then a Close, and returns how many
    /// bytes it wrote. The frames that it wrote are no longer in `owed`.
    ///
    /// After a Close has been sent, nothing is owed any more (RFC 6455, section 5.5.1). As soon as
    /// a Close is owed, messages and Pings can no longer be sent.
    ///
    /// # Errors
    /// [`OutputFull`] when the first frame does not fit. The frame is still owed.
    pub fn settle(
        &mut self,
        owed: &mut OwedFrames,
        out: &mut (impl Output + ?Sized),
    ) -> Result<usize, OutputFull> {
        if owed.is_empty() {
            return Ok(0);
        }
        self.prepare(owed);
        let mut out = Counted::new(out);
        self.settle_pong(owed, &mut out)?;
        match self.settle_close(owed, &mut out) {
            // The Pong has been written, so its length is returned. The next call writes the Close.
            Err(full) if out.written == 0 => Err(full),
            _ => Ok(out.written),
        }
    }

    /// Stops the sending of messages and Pings if a Close is owed. After a Close has been sent,
    /// drops everything that is owed.
    pub(super) fn prepare(&mut self, owed: &mut OwedFrames) {
        if self.is_closed() {
            owed.clear();
        } else if owed.close.is_some() {
            self.stop();
        }
    }

    /// Writes the Pong that is owed (RFC 6455, section 5.5.2).
    pub(super) fn settle_pong(
        &mut self,
        owed: &mut OwedFrames,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), OutputFull> {
        let Some(payload) = &owed.pong else {
            return Ok(());
        };
        require_room(out, self.frame_len(payload.len()))?;
        self.put_frame(OpCode::Pong, Rsv::NONE, true, payload, out);
        owed.pong = None;
        Ok(())
    }

    fn settle_close(
        &mut self,
        owed: &mut OwedFrames,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), OutputFull> {
        let Some(close) = owed.close else {
            return Ok(());
        };
        match close {
            OwedClose::Reply(code) => {
                // A received code is always one that may be sent, so the answer always has it.
                let frame = code.and_then(|code| CloseFrame::new(code, "").ok());
                self.put_close(frame.as_ref(), Endpoint::Peer, out)?;
            }
            OwedClose::Fault(error) => match error.close_frame() {
                Some(frame) => self.put_close(Some(&frame), Endpoint::Local, out)?,
                None => self.close_silent(),
            },
        }
        owed.close = None;
        Ok(())
    }
}
