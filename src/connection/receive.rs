//! The receiving direction: headers, payloads and control frames
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)).

use core::mem;

use super::config::ConnectionConfig;
use super::event::{ControlPayload, Data, Event};
use super::header_rules::{HeaderRules, MessageSoFar};
use super::input::Input;
use super::output::CACHE_BLOCK;
use super::owed::{Owed, OwedFrames};
use super::role::{Role, RoleSide};
use crate::close::CloseFrame;
use crate::error::ProtocolError;
use crate::frame::{FrameHeader, Kind, OpCode, Rsv};
use crate::mask::{Mask, MaskKey};
use crate::utf8::{self, Utf8Validator};

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
    /// The validator for the text of `message`.
    utf8: Utf8Validator,
    /// The first bytes of a header that has not arrived in full.
    header: [u8; FrameHeader::MAX_LEN],
    header_len: u8,
    rules: HeaderRules,
    answer_pings: bool,
    side: RoleSide<R>,
}

/// The part of the stream that the next byte belongs to.
#[derive(Debug)]
enum Expect {
    Header,
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
    /// A control frame. It has arrived in full and is in [`Expect::Control`].
    Control,
    /// Nothing more: the input is used up.
    Input,
}

/// The rest of a data frame's payload.
#[derive(Clone, Copy, Debug)]
struct Payload {
    fin: bool,
    mask: Mask,
    remaining: u64,
}

/// A control frame. `payload` is the part of its payload that has arrived.
#[derive(Debug)]
struct Control {
    opcode: OpCode,
    mask: Mask,
    remaining: u8,
    payload: ControlPayload,
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

impl<R: Role> Receiver<R> {
    pub(super) fn new(role: &R, config: &ConnectionConfig) -> Self {
        Self {
            expect: Expect::Header,
            message: None,
            utf8: Utf8Validator::new(),
            header: [0; FrameHeader::MAX_LEN],
            header_len: 0,
            rules: HeaderRules::new(config),
            answer_pings: config.answer_pings,
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
    #[inline]
    pub fn receive<'b>(
        &mut self,
        input: &mut Input<'b>,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        // `short_message` is inlined, so that its result need not be written to memory.
        let Some((kind, bytes)) = self.short_message(input) else {
            return self.receive_any(input, owed);
        };
        if kind == Kind::Text && !utf8::is_valid(bytes) {
            return self.invalid_short_text(bytes, owed);
        }
        let (first, last, rsv, transformed) = (true, true, Rsv::NONE, false);
        Ok(Some(Event::Data(Data { kind, bytes, first, last, rsv, transformed })))
    }

    #[inline(never)]
    fn receive_any<'b>(
        &mut self,
        input: &mut Input<'b>,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        if let Expect::Failed(error) = self.expect {
            return Err(error);
        }
        let next = self.next(input);
        self.event(next, owed)
    }

    // Control events are large, so they stay in `Expect::Control` until they are needed.
    #[inline]
    fn event<'b>(
        &mut self,
        next: Result<Next<'b>, ProtocolError>,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        match next {
            Ok(Next::Data(data)) => Ok(Some(Event::Data(data))),
            Ok(Next::Input) => Ok(None),
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
            Expect::Header | Expect::Payload(_) | Expect::Control(_) => {
                self.expect = Expect::Failed(ProtocolError::UnexpectedEof);
                Err(ProtocolError::UnexpectedEof)
            }
        }
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

    /// Fails the connection without a report, because the peer is no longer there to read it. Every
    /// later call returns `error`. After the Close of the peer or an earlier error it has no effect.
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
            Expect::Header => self.frame(input),
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
        let Some(header) = self.header(input)? else {
            return Ok(Next::Input);
        };
        let mask = Mask::new(header.mask.unwrap_or(MaskKey([0; 4])));
        let kind = match header.opcode {
            OpCode::Continuation => None,
            OpCode::Text => Some(Kind::Text),
            OpCode::Binary => Some(Kind::Binary),
            opcode @ (OpCode::Close | OpCode::Ping | OpCode::Pong) => {
                let remaining = header.payload_len as u8;
                let payload = ControlPayload::EMPTY;
                self.expect = Expect::Control(Control { opcode, mask, remaining, payload });
                return Ok(self.control(input));
            }
        };
        if let Some(kind) = kind {
            let rsv = header.rsv;
            let transformed = rsv.intersects(self.rules.transforming_bits);
            let (len, begun) = (0, false);
            self.message = Some(MessageInProgress { kind, rsv, transformed, len, begun });
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

    /// Takes a short message with only a few comparisons. Most messages are short.
    ///
    /// The message must be whole in the input, in one frame of at most 125 bytes. For everything
    /// else, including every error, this returns `None` and [`frame`](Self::frame) reads the input.
    #[inline(always)]
    fn short_message<'b>(&self, input: &mut Input<'b>) -> Option<(Kind, &'b mut [u8])> {
        let (&[first, second], rest) = input.remaining().split_first_chunk()?;
        let kind = match first {
            0x81 => Kind::Text,
            0x82 => Kind::Binary,
            _ => return None,
        };
        let (header_len, len, key) = if self.side.is_client() {
            (2, second, [0; 4])
        } else {
            (6, second.wrapping_sub(0x80), *rest.first_chunk()?)
        };
        let fits = usize::from(len) <= input.remaining().len() - header_len;
        if !fits || len > self.rules.short_limit || !self.is_between_messages() {
            return None;
        }
        input.take(header_len);
        let bytes = input.take(usize::from(len));
        if !self.side.is_client() {
            Mask::new(MaskKey(key)).apply(bytes);
        }
        Some((kind, bytes))
    }

    #[inline(always)]
    fn so_far(&self) -> Option<MessageSoFar> {
        self.message
            .map(|MessageInProgress { len, transformed, .. }| MessageSoFar { len, transformed })
    }

    #[inline(always)]
    const fn is_between_messages(&self) -> bool {
        matches!(self.expect, Expect::Header) && self.header_len == 0 && self.message.is_none()
    }

    #[cold]
    fn invalid_short_text<'b>(
        &mut self,
        bytes: &'b mut [u8],
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        // `short_message` has already unmasked the bytes.
        let valid = self.utf8.feed(bytes).map_or_else(|error| error.valid_up_to, |()| bytes.len());
        let received = self.invalid_text(bytes, valid, 0, true, Rsv::NONE);
        self.event(received, owed)
    }

    /// Fails the connection at the byte after the first `valid` bytes of `bytes`.
    ///
    /// The valid bytes are returned first, and the next call returns the error. So the data before
    /// the error is the same, however the input was split.
    #[cold]
    fn invalid_text<'b>(
        &mut self,
        bytes: &'b mut [u8],
        valid: usize,
        offset: u64,
        first: bool,
        rsv: Rsv,
    ) -> Result<Next<'b>, ProtocolError> {
        let error = ProtocolError::InvalidUtf8 { offset: offset + valid as u64 };
        if valid == 0 {
            return Err(error);
        }
        self.expect = Expect::Failing(error);
        let bytes = bytes.split_at_mut(valid).0;
        let (kind, last, transformed) = (Kind::Text, false, false);
        Ok(Next::Data(Data { kind, bytes, first, last, rsv, transformed }))
    }

    /// Reads the header of the next frame, which may have begun in an earlier input.
    #[inline]
    fn header(&mut self, input: &mut Input<'_>) -> Result<Option<FrameHeader>, ProtocolError> {
        if self.header_len > 0 {
            return self.resume_header(input);
        }
        let parsed =
            self.rules.parse_header(self.side.is_client(), input.remaining(), self.so_far())?;
        if let Some((header, header_len)) = parsed {
            input.take(header_len);
            return Ok(Some(header));
        }
        self.resume_header(input)
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
        if let Some((header, header_len)) =
            self.rules.parse_header(self.side.is_client(), arrived, self.so_far())?
        {
            input.take(header_len - had);
            self.header_len = 0;
            return Ok(Some(header));
        }
        input.take(has - had);
        self.header = bytes;
        self.header_len = has as u8;
        Ok(None)
    }

    /// Takes the next piece of the payload of a data frame.
    #[inline]
    fn payload<'b>(
        &mut self,
        mut payload: Payload,
        input: &mut Input<'b>,
    ) -> Result<Next<'b>, ProtocolError> {
        let Some(message) = self.message else {
            return Ok(Next::Input);
        };
        let bytes = input.take(usize::try_from(payload.remaining).unwrap_or(usize::MAX));
        if bytes.is_empty() && payload.remaining > 0 {
            return Ok(Next::Input);
        }
        payload.remaining -= bytes.len() as u64;
        let last = payload.fin && payload.remaining == 0;
        let MessageInProgress { kind, rsv, transformed, begun, .. } = message;
        let first = !begun;

        if kind == Kind::Text && !transformed {
            let offset = message.len - payload.remaining - bytes.len() as u64;
            if let Err(valid) = self.text(&mut payload.mask, bytes, last) {
                return self.invalid_text(bytes, valid, offset, first, rsv);
            }
        } else if !self.side.is_client() {
            payload.mask.apply(bytes);
        }

        self.message = (!last).then_some(MessageInProgress { begun: true, ..message });
        self.expect =
            if payload.remaining == 0 { Expect::Header } else { Expect::Payload(payload) };
        Ok(Next::Data(Data { kind, bytes, first, last, rsv, transformed }))
    }

    /// Unmasks and validates a piece of text. Each block is validated while it is in the cache.
    ///
    /// The error is the number of bytes before the invalid byte.
    #[inline]
    fn text(&mut self, mask: &mut Mask, bytes: &mut [u8], last: bool) -> Result<(), usize> {
        let len = bytes.len();
        let mut done = 0;
        for block in bytes.chunks_mut(CACHE_BLOCK) {
            if !self.side.is_client() {
                mask.apply(block);
            }
            self.utf8.feed(block).map_err(|error| done + error.valid_up_to)?;
            done += block.len();
        }
        // RFC 6455, section 8.1: the whole message is UTF-8, so it cannot end inside a character.
        if last { self.utf8.finish().map_err(|_| len) } else { Ok(()) }
    }

    /// Takes the next piece of a control frame. The payload is kept until it is complete.
    fn control<'b>(&mut self, input: &mut Input<'b>) -> Next<'b> {
        let Expect::Control(control) = &mut self.expect else {
            return Next::Input;
        };
        let bytes = input.take(usize::from(control.remaining));
        control.mask.apply(bytes);
        control.payload.push(bytes);
        control.remaining -= bytes.len() as u8;
        if control.remaining > 0 { Next::Input } else { Next::Control }
    }

    /// Returns the event for the control frame that has arrived.
    #[cold]
    fn control_event<'b>(
        &mut self,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        let Expect::Control(Control { opcode, payload, .. }) =
            mem::replace(&mut self.expect, Expect::Header)
        else {
            return Ok(None);
        };
        Ok(Some(match opcode {
            OpCode::Ping => {
                if self.answer_pings {
                    owed.add(Owed::Pong(payload.clone()));
                }
                Event::Ping(payload)
            }
            OpCode::Close => match CloseFrame::parse(&payload) {
                Ok(frame) => {
                    owed.add(Owed::Reply(frame.as_ref().map(CloseFrame::code)));
                    self.expect = Expect::Nothing(frame.clone());
                    Event::Close(frame)
                }
                Err(error) => return Err(self.fail(error, owed)),
            },
            _ => Event::Pong(payload),
        }))
    }
}
