//! The receiving direction ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)): headers and
//! payloads that arrive in pieces, control frames, and frames that are whole in the input.

mod control;
mod payload;
mod whole_frame;

use control::Control;
use payload::Payload;
pub use whole_frame::WholeMessage;

use super::config::ConnectionConfig;
use super::event::{ControlPayload, Data, Event};
use super::header_rules::{HeaderRules, MessageSoFar};
use super::input::Input;
use super::owed::{Owed, OwedFrames};
use super::role::{Role, RoleSide};
use crate::close::CloseFrame;
use crate::error::ProtocolError;
use crate::frame::{FrameHeader, Kind, OpCode, Rsv};
use crate::mask::{Mask, MaskKey};
use crate::utf8::Utf8Validator;

/// The receiving half of a connection.
///
/// A `Receiver` sends nothing. [`receive`](Self::receive) adds the answers for the peer to an
/// [`OwedFrames`]. The caller passes this value to [`Sender::settle`](super::Sender::settle), which
/// sends them.
#[derive(Debug)]
pub struct Receiver<R> {
    expect: Expect,
    /// The message in progress, from its first header to its last byte.
    message: Option<MessageInProgress>,
    /// How many messages have begun that did not arrive in one frame in one input.
    message_number: u16,
    /// The validator for the text of `message`.
    utf8: Utf8Validator,
    /// The first bytes of a header that has not arrived in full.
    header: [u8; FrameHeader::MAX_LEN],
    header_len: u8,
    rules: HeaderRules,
    answer_pings: bool,
    answer_close: bool,
    side: RoleSide<R>,
}

/// The part of the stream that the next byte belongs to.
#[derive(Debug)]
enum Expect {
    Header,
    /// The next bytes are a header, as in `Header`. The last call has returned a Ping or Pong with
    /// this payload.
    HeaderAfter(ControlPayload),
    Payload(Payload),
    Control(Control),
    /// RFC 6455, section 5.5.1: a Close has arrived, and later bytes have no meaning.
    Nothing(Option<CloseFrame>),
    /// The next call returns this error. The valid text before it was returned first.
    Failing(ProtocolError),
    /// RFC 6455, section 7.1.7: a failed connection does not process more data.
    Failed(ProtocolError),
}

/// The next item in the input.
enum Next<'b> {
    Data(Data<'b>),
    /// A piece of a message that is skipped. It has been dropped.
    Skipped,
    /// The end of a message of this length in bytes, which was skipped.
    Oversized(u64),
    /// A control frame. It has arrived in full and is in [`Expect::Control`].
    Control,
    /// Nothing more: the input is used up.
    Input,
}

#[derive(Clone, Copy, Debug)]
struct MessageInProgress {
    kind: Kind,
    rsv: Rsv,
    transformed: bool,
    /// The length of its frames so far, in bytes. The current frame counts in full.
    len: u64,
    /// Whether a piece of the message has been returned.
    begun: bool,
}

impl MessageInProgress {
    const fn new(kind: Kind, rsv: Rsv, transformed: bool) -> Self {
        Self { kind, rsv, transformed, len: 0, begun: false }
    }
}

impl<R: Role> Receiver<R> {
    pub(super) fn new(role: &R, config: &ConnectionConfig) -> Self {
        Self {
            expect: Expect::Header,
            message: None,
            message_number: 0,
            utf8: Utf8Validator::new(),
            header: [0; FrameHeader::MAX_LEN],
            header_len: 0,
            rules: HeaderRules::new(config),
            answer_pings: config.answer_pings,
            answer_close: config.answer_close,
            side: RoleSide::of(role),
        }
    }

    /// Returns the next event from `input`, or `None` when the input is used up.
    ///
    /// After a Close this method always returns `None`, and drops the bytes after the Close.
    ///
    /// # Errors
    /// Returns the fault of the peer. Every later call returns the same error. All events before
    /// the fault have been returned by then.
    // The event stays in registers if this code is inlined into the caller.
    #[inline(always)]
    pub fn receive<'b>(
        &mut self,
        input: &mut Input<'b>,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        match self.receive_whole(input.remaining_mut()) {
            Some(whole) => Ok(Some(Self::whole_message_event(whole, input))),
            None => self.receive_other(input, owed),
        }
    }

    /// Returns the next event if [`receive_whole`](Self::receive_whole) has found no message.
    #[inline(never)]
    pub(super) fn receive_other<'b>(
        &mut self,
        input: &mut Input<'b>,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        if matches!(self.expect, Expect::HeaderAfter(_)) {
            self.expect = Expect::Header;
        }
        if let Some(header) = self.whole_frame_header(input) {
            return self.whole_frame_event(header, input, owed);
        }
        loop {
            let next = self.next(input);
            if !matches!(next, Ok(Next::Skipped)) {
                return self.event(next, owed);
            }
        }
    }

    #[inline]
    fn event<'b>(
        &mut self,
        next: Result<Next<'b>, ProtocolError>,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        match next {
            Ok(Next::Data(data)) => Ok(Some(Event::Data(data))),
            Ok(Next::Oversized(len)) => Ok(Some(Event::Oversized { len })),
            Ok(Next::Input | Next::Skipped) => Ok(None),
            Ok(Next::Control) => self.control_event(owed),
            Err(error) => Err(self.fail(error, owed)),
        }
    }

    /// Records that the transport has ended.
    ///
    /// # Errors
    /// - [`UnexpectedEof`](ProtocolError::UnexpectedEof): no Close has arrived (RFC 6455, section
    ///   7.1.5).
    /// - The earlier error, if the connection had already failed.
    pub fn receive_eof(&mut self) -> Result<(), ProtocolError> {
        match self.expect {
            Expect::Nothing(_) => Ok(()),
            Expect::Failing(error) | Expect::Failed(error) => Err(error),
            Expect::Header | Expect::HeaderAfter(_) | Expect::Payload(_) | Expect::Control(_) => {
                self.expect = Expect::Failed(ProtocolError::UnexpectedEof);
                Err(ProtocolError::UnexpectedEof)
            }
        }
    }

    /// Returns the payload of the Ping or Pong that the last call of [`receive`](Self::receive) has
    /// returned: 0 to 125 bytes. After every other result of `receive` the returned slice is empty.
    #[must_use]
    pub fn control_payload(&self) -> &[u8] {
        match &self.expect {
            Expect::HeaderAfter(payload) => payload,
            _ => &[],
        }
    }

    /// Returns the code and the reason of the Close of the peer. `None` means that the Close has
    /// not arrived, or that it had no code (code 1005).
    #[must_use]
    pub fn peer_close(&self) -> Option<&CloseFrame> {
        self.close().flatten()
    }

    /// Returns whether the endpoint is the client.
    #[must_use]
    pub fn is_client(&self) -> bool {
        self.side.is_client()
    }

    /// Returns how many bytes of the current data frame have not arrived: a hint for the size of
    /// the next read.
    ///
    /// The peer has declared this length but may never send the bytes, so do not reserve memory for
    /// them.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        match &self.expect {
            Expect::Payload(payload) => payload.remaining,
            _ => 0,
        }
    }

    /// Returns a number of the message that has arrived in part, or `None` between messages. Two
    /// messages one after the other have different numbers. A caller that limits the time of a message
    /// needs this.
    #[must_use]
    pub const fn message_in_progress(&self) -> Option<u16> {
        let is_in_message = self.message.is_some() || self.header_len > 0;
        if is_in_message { Some(self.message_number) } else { None }
    }

    /// Fails the connection because of an error that a layer above found in the stream, and returns
    /// the error.
    ///
    /// If the connection has already failed, this method returns its first error. If the Close of
    /// the peer has arrived, this method only returns `error`, and the connection does not fail.
    pub fn fail(&mut self, error: ProtocolError, owed: &mut OwedFrames) -> ProtocolError {
        match self.expect {
            Expect::Failed(first) => return first,
            // RFC 6455, section 5.5.1: nothing after the Close has a meaning.
            Expect::Nothing(_) => return error,
            _ => {}
        }
        self.expect = Expect::Failed(error);
        owed.add(Owed::Fault(error));
        error
    }

    /// Fails the connection without a report, because the peer is no longer there to read one.
    /// Every later call returns `error`. After the Close of the peer or an earlier error this call
    /// has no effect.
    pub fn fail_silent(&mut self, error: ProtocolError) {
        if !matches!(self.expect, Expect::Failed(_) | Expect::Nothing(_)) {
            self.expect = Expect::Failed(error);
        }
    }

    /// Returns whether the Close of the peer has arrived.
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.expect, Expect::Nothing(_))
    }

    /// Returns the Close of the peer, if it has arrived.
    pub(super) const fn close(&self) -> Option<Option<&CloseFrame>> {
        match &self.expect {
            Expect::Nothing(frame) => Some(frame.as_ref()),
            _ => None,
        }
    }

    /// Returns the error that has ended the connection.
    pub(super) const fn error(&self) -> Option<ProtocolError> {
        match self.expect {
            Expect::Failed(error) => Some(error),
            _ => None,
        }
    }

    #[inline]
    fn next<'b>(&mut self, input: &mut Input<'b>) -> Result<Next<'b>, ProtocolError> {
        match &self.expect {
            Expect::Header | Expect::HeaderAfter(_) => self.frame(input),
            Expect::Payload(payload) => self.payload(*payload, input),
            Expect::Control(_) => Ok(self.control(input)),
            Expect::Nothing(_) => {
                input.discard();
                Ok(Next::Input)
            }
            Expect::Failing(error) | Expect::Failed(error) => Err(*error),
        }
    }

    /// Reads a frame from its first byte.
    #[inline]
    fn frame<'b>(&mut self, input: &mut Input<'b>) -> Result<Next<'b>, ProtocolError> {
        let is_resumed = self.header_len > 0;
        let Some(header) = self.header(input)? else {
            return Ok(Next::Input);
        };
        let mask = Mask::new(header.mask.unwrap_or(MaskKey([0; 4])));
        let kind = match header.opcode {
            OpCode::Continuation => None,
            OpCode::Text => Some(Kind::Text),
            OpCode::Binary => Some(Kind::Binary),
            opcode @ (OpCode::Close | OpCode::Ping | OpCode::Pong) => {
                let len = header.payload_len as u8;
                self.expect = Expect::Control(Control::new(opcode, mask, len));
                return Ok(self.control(input));
            }
        };
        if let Some(kind) = kind {
            let transformed = header.rsv.intersects(self.rules.transforming_bits);
            self.message = Some(MessageInProgress::new(kind, header.rsv, transformed));
            self.message_number = self.message_number.wrapping_add(u16::from(!is_resumed));
        }
        if let Some(message) = &mut self.message {
            message.len += header.payload_len;
        }
        let payload = Payload { fin: header.fin, mask, remaining: header.payload_len };
        if input.remaining().is_empty() && payload.remaining > 0 {
            self.expect = Expect::Payload(payload);
            return Ok(Next::Input);
        }
        self.payload(payload, input)
    }

    /// Reads the header of the next frame, which may have begun in an earlier input.
    #[inline]
    fn header(&mut self, input: &mut Input<'_>) -> Result<Option<FrameHeader>, ProtocolError> {
        if self.header_len > 0 {
            return self.resume_header(input);
        }
        if let Some((header, header_len)) = self.parse_header(input.remaining())? {
            input.take(header_len);
            return Ok(Some(header));
        }
        self.resume_header(input)
    }

    #[inline(always)]
    fn parse_header(&self, bytes: &[u8]) -> Result<Option<(FrameHeader, usize)>, ProtocolError> {
        let so_far = self
            .message
            .map(|MessageInProgress { len, transformed, .. }| MessageSoFar { len, transformed });
        self.rules.parse_header(self.side.is_client(), bytes, so_far)
    }

    #[cold]
    fn resume_header(
        &mut self,
        input: &mut Input<'_>,
    ) -> Result<Option<FrameHeader>, ProtocolError> {
        let mut bytes = self.header;
        let had = usize::from(self.header_len);
        let mut has = had;
        for (to, from) in bytes.iter_mut().skip(had).zip(input.remaining()) {
            *to = *from;
            has += 1;
        }
        let arrived = bytes.get(..has).unwrap_or(&bytes);
        if let Some((header, header_len)) = self.parse_header(arrived)? {
            input.take(header_len - had);
            self.header_len = 0;
            return Ok(Some(header));
        }
        input.discard();
        if had == 0 && has > 0 && self.message.is_none() {
            self.message_number = self.message_number.wrapping_add(1);
        }
        self.header = bytes;
        self.header_len = has as u8;
        Ok(None)
    }
}
