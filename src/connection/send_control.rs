//! The sending direction: control frames, and the end of sending ([RFC
//! 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.5).

use super::closing::Endpoint;
use super::output::{Output, require_room};
use super::role::Role;
use super::send::{SendPhase, Sender};
use crate::close::CloseFrame;
use crate::error::{OutputFull, SendError};
use crate::frame::{MAX_CONTROL_PAYLOAD, OpCode, Rsv};

impl<R: Role> Sender<R> {
    /// Sends a Ping with up to 125 bytes (RFC 6455, section 5.5.2).
    ///
    /// # Errors
    /// - [`ControlPayloadTooLong`](SendError::ControlPayloadTooLong): `payload` exceeds 125 bytes.
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frame.
    pub fn ping(
        &mut self,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.send_control(OpCode::Ping, payload, out)
    }

    /// Sends an unsolicited Pong with up to 125 bytes (RFC 6455, section 5.5.3).
    ///
    /// # Errors
    /// Returns the same errors as [`ping`](Self::ping).
    pub fn pong(
        &mut self,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.send_control(OpCode::Pong, payload, out)
    }

    /// Sends a Close, after which nothing more can be sent (RFC 6455, section 5.5.1).
    ///
    /// It may be sent in the middle of a fragmented message. `None` sends a Close without a code.
    ///
    /// # Errors
    /// - [`Closing`](SendError::Closing): the connection is closing or has failed.
    /// - [`OutputFull`](SendError::OutputFull): `out` has no room for the frame.
    pub fn close(
        &mut self,
        frame: Option<&CloseFrame>,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.admit_close(frame, 0, out)?;
        Ok(self.put_close(frame, Endpoint::Local, out)?)
    }

    /// Sends a Close as [`close`](Self::close) does, as the answer to the Close of the peer. It is
    /// needed only if [`answer_close`](super::ConnectionConfig::answer_close) is off, or if
    /// [`OwedFrames::take_close`](super::OwedFrames::take_close) has taken the answer.
    ///
    /// # Errors
    /// Returns the same errors as [`close`](Self::close).
    pub fn close_in_reply(
        &mut self,
        frame: Option<&CloseFrame>,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        self.admit_close(frame, 0, out)?;
        Ok(self.put_close(frame, Endpoint::Peer, out)?)
    }

    /// Stops the sending of messages and Pings. The frames that are owed may still be sent.
    pub(super) fn stop(&mut self) {
        if self.phase == SendPhase::Open {
            self.phase = SendPhase::Closing;
        }
    }

    /// Stops all sending without a Close, because the peer is no longer there to read one.
    pub fn close_silent(&mut self) {
        if !self.is_closed() {
            self.phase = SendPhase::Closed(None);
        }
    }

    /// Returns the endpoint whose Close began the closing handshake, if a Close has been sent.
    #[must_use]
    pub const fn began_to_close(&self) -> Option<Endpoint> {
        match self.phase {
            SendPhase::Closed(began) => began,
            SendPhase::Open | SendPhase::Closing => None,
        }
    }

    /// Returns whether all sending has ended: a Close has been sent, or
    /// [`close_silent`](Self::close_silent) has been called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, SendPhase::Closed(_))
    }

    fn send_control(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlPayloadTooLong { len: payload.len() });
        }
        require_room(out, self.frame_len(payload.len()))?;
        self.put_frame(opcode, Rsv::NONE, true, payload, out);
        Ok(())
    }

    pub(super) fn put_close(
        &mut self,
        frame: Option<&CloseFrame>,
        began: Endpoint,
        out: &mut (impl Output + ?Sized),
    ) -> Result<(), OutputFull> {
        let mut payload = [0; MAX_CONTROL_PAYLOAD];
        let payload_len = frame.map_or(0, |frame| frame.emit(&mut payload));
        require_room(out, self.frame_len(payload_len))?;
        self.phase = SendPhase::Closed(Some(began));
        let payload = payload.get(..payload_len).unwrap_or_default();
        self.put_frame(OpCode::Close, Rsv::NONE, true, payload, out);
        Ok(())
    }

    /// Checks that a Close can be sent after `before` bytes of other frames.
    pub(super) fn admit_close(
        &self,
        frame: Option<&CloseFrame>,
        before: usize,
        out: &(impl Output + ?Sized),
    ) -> Result<(), SendError> {
        if self.phase != SendPhase::Open {
            return Err(SendError::Closing);
        }
        let payload_len = frame.map_or(0, |frame| 2 + frame.reason().len());
        Ok(require_room(out, before + self.frame_len(payload_len))?)
    }
}
