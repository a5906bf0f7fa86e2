//! The receiving direction: header, payload, control frame.

use core::marker::PhantomData;
use core::mem;

use super::config::ConnectionConfig;
use super::event::{ControlPayload, Data, Event};
use super::header_rules::{HeaderRules, MessageSoFar};
use super::input::Input;
use super::role::Role;
use crate::close::CloseFrame;
use crate::error::ProtocolError;
use crate::frame::{FrameHeader, Kind, OpCode, Rsv};
use crate::mask::{CACHE_BLOCK, Mask, MaskKey};
use crate::utf8::{self, Utf8Validator};

/// The receiving half of a connection.
///
/// It answers nothing: what [`Connection`](super::Connection) does by itself is its owner's to
/// do. A Ping wants [`Sender::answer_ping`](super::Sender::answer_ping), a Close
/// [`Sender::reply_to_close`](super::Sender::reply_to_close), and an error
/// [`Sender::fail`](super::Sender::fail).
#[derive(Debug)]
pub struct Receiver<R> {
    expect: Expect,
    /// The message under way, from its first header to its last byte.
    message: Option<MessageInProgress>,
    /// Where in a character the text of that message is.
    utf8: Utf8Validator,
    /// A header that goes on past the end of what has arrived.
    header: [u8; FrameHeader::MAX_LEN],
    header_len: u8,
    rules: HeaderRules,
    role: PhantomData<R>,
}

/// What the next byte belongs to.
#[derive(Debug)]
enum Expect {
    Header,
    Payload(Payload),
    Control(Control),
    /// RFC 6455 5.5.1: a Close has come, and what follows it has no meaning.
    Nothing,
    /// RFC 6455 7.1.7: a connection that has failed does not read on.
    Failed(ProtocolError),
}

/// What has been found in the input.
enum Next<'b> {
    Data(Data<'b>),
    /// A control frame, which is whole in [`Expect::Control`].
    Control,
    /// Its end.
    Input,
}

/// The rest of a data frame's payload.
#[derive(Clone, Copy, Debug)]
struct Payload {
    fin: bool,
    mask: Mask,
    remaining: u64,
}

/// A control frame, of which `payload` has arrived.
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
    compressed: bool,
    /// Its length, with all of the frame under way.
    len: u64,
    /// Whether a piece of it has been handed out.
    begun: bool,
}

impl<R: Role> Receiver<R> {
    pub(super) fn new(config: &ConnectionConfig) -> Self {
        Self {
            expect: Expect::Header,
            message: None,
            utf8: Utf8Validator::new(),
            header: [0; FrameHeader::MAX_LEN],
            header_len: 0,
            rules: HeaderRules::new(config),
            role: PhantomData,
        }
    }

    /// Takes the next event out of `input`; `None` when the input is used up.
    ///
    /// After a Close, `None` for ever: what comes behind it is dropped.
    ///
    /// # Errors
    /// What the peer did wrong, and the same error at every later call. The events before it have
    /// all been returned.
    #[inline]
    pub fn receive<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        // Inlined into the caller, so that what it looks at need not pass through memory.
        let Some((kind, bytes)) = self.short_message(input) else {
            return self.receive_any(input);
        };
        if kind == Kind::Text && !utf8::is_valid(bytes) {
            return self.invalid_short_text(bytes);
        }
        Ok(Some(Event::Data(Data { kind, bytes, first: true, last: true, compressed: false })))
    }

    #[inline(never)]
    fn receive_any<'b>(
        &mut self,
        input: &mut Input<'b>,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        let next = self.next(input);
        self.event(next)
    }

    // What is no data is large, so it stays where it is until it is wanted.
    #[inline]
    fn event<'b>(
        &mut self,
        next: Result<Next<'b>, ProtocolError>,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        match next {
            Ok(Next::Data(data)) => Ok(Some(Event::Data(data))),
            Ok(Next::Input) => Ok(None),
            Ok(Next::Control) => self.control_event(),
            Err(error) => {
                self.expect = Expect::Failed(error);
                Err(error)
            }
        }
    }

    /// Takes note that the transport has ended.
    ///
    /// # Errors
    /// [`UnexpectedEof`](ProtocolError::UnexpectedEof) when no Close has come (RFC 6455 7.1.5);
    /// or the error that there was before.
    pub fn receive_eof(&mut self) -> Result<(), ProtocolError> {
        match self.expect {
            Expect::Nothing => Ok(()),
            Expect::Failed(error) => Err(error),
            Expect::Header | Expect::Payload(_) | Expect::Control(_) => {
                self.expect = Expect::Failed(ProtocolError::UnexpectedEof);
                Err(ProtocolError::UnexpectedEof)
            }
        }
    }

    /// How many bytes of the data frame under way have not arrived: a hint for the size of the
    /// next read. The peer has declared them and may never send them, so it is no reason to
    /// reserve memory.
    #[must_use]
    pub const fn frame_remaining(&self) -> u64 {
        match &self.expect {
            Expect::Payload(payload) => payload.remaining,
            _ => 0,
        }
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn fail(&mut self, error: ProtocolError) {
        self.expect = Expect::Failed(error);
    }

    /// Whether the peer's Close has come.
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.expect, Expect::Nothing)
    }

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
            Expect::Nothing => {
                input.discard();
                Ok(Next::Input)
            }
            Expect::Failed(error) => Err(*error),
        }
    }

    /// A frame from its first byte.
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
            let compressed = header.rsv.contains(Rsv::RSV1);
            self.message = Some(MessageInProgress { kind, compressed, len: 0, begun: false });
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

    /// A message that is whole in the input and has at most 125 bytes, as most have: what can be
    /// said of it in a few comparisons. Anything else is for [`frame`](Self::frame), also what is
    /// wrong.
    #[inline(always)]
    fn short_message<'b>(&self, input: &mut Input<'b>) -> Option<(Kind, &'b mut [u8])> {
        let (&[first, second], rest) = input.remaining().split_first_chunk()?;
        let kind = match first {
            0x81 => Kind::Text,
            0x82 => Kind::Binary,
            _ => return None,
        };
        let (header_len, len, key) = if R::MASKS {
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
        if !R::MASKS {
            Mask::new(MaskKey(key)).apply(bytes);
        }
        Some((kind, bytes))
    }

    #[inline(always)]
    fn so_far(&self) -> Option<MessageSoFar> {
        self.message
            .map(|MessageInProgress { len, compressed, .. }| MessageSoFar { len, compressed })
    }

    #[inline(always)]
    const fn is_between_messages(&self) -> bool {
        matches!(self.expect, Expect::Header) && self.header_len == 0 && self.message.is_none()
    }

    #[cold]
    fn invalid_short_text<'b>(
        &mut self,
        bytes: &'b mut [u8],
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        // There is no mask left to take off.
        let valid = self.utf8.feed(bytes).map_or_else(|error| error.valid_up_to, |()| bytes.len());
        let received = self.invalid_text(bytes, valid, 0, true);
        self.event(received)
    }

    /// Fails on the byte behind the first `valid` ones of `bytes`, and hands those out first:
    /// however the text was cut, what came before the fault has been handed out.
    #[cold]
    fn invalid_text<'b>(
        &mut self,
        bytes: &'b mut [u8],
        valid: usize,
        offset: u64,
        first: bool,
    ) -> Result<Next<'b>, ProtocolError> {
        let error = ProtocolError::InvalidUtf8 { offset: offset + valid as u64 };
        if valid == 0 {
            return Err(error);
        }
        self.expect = Expect::Failed(error);
        let bytes = bytes.split_at_mut(valid).0;
        let (last, compressed) = (false, false);
        Ok(Next::Data(Data { kind: Kind::Text, bytes, first, last, compressed }))
    }

    /// The header of the next frame, which may have begun in an earlier input.
    #[inline]
    fn header(&mut self, input: &mut Input<'_>) -> Result<Option<FrameHeader>, ProtocolError> {
        if self.header_len > 0 {
            return self.resume_header(input);
        }
        let parsed = self.rules.parse_header::<R>(input.remaining(), self.so_far())?;
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
        if let Some((header, header_len)) = self.rules.parse_header::<R>(arrived, self.so_far())? {
            input.take(header_len - had);
            self.header_len = 0;
            return Ok(Some(header));
        }
        input.take(has - had);
        self.header = bytes;
        self.header_len = has as u8;
        Ok(None)
    }

    /// The next piece of a data frame's payload.
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
        let (kind, compressed, first) = (message.kind, message.compressed, !message.begun);

        if kind == Kind::Text && !compressed {
            let offset = message.len - payload.remaining - bytes.len() as u64;
            if let Err(valid) = self.text(&mut payload.mask, bytes, last) {
                return self.invalid_text(bytes, valid, offset, first);
            }
        } else if !R::MASKS {
            payload.mask.apply(bytes);
        }

        self.message = (!last).then_some(MessageInProgress { begun: true, ..message });
        self.expect =
            if payload.remaining == 0 { Expect::Header } else { Expect::Payload(payload) };
        Ok(Next::Data(Data { kind, bytes, first, last, compressed }))
    }

    /// Unmasks and validates a piece of text, each block while it is hot in the cache. Fails with
    /// the number of bytes before the fault.
    #[inline]
    fn text(&mut self, mask: &mut Mask, bytes: &mut [u8], last: bool) -> Result<(), usize> {
        let len = bytes.len();
        let mut done = 0;
        for block in bytes.chunks_mut(CACHE_BLOCK) {
            if !R::MASKS {
                mask.apply(block);
            }
            self.utf8.feed(block).map_err(|error| done + error.valid_up_to)?;
            done += block.len();
        }
        // RFC 6455 8.1: the message as a whole is UTF-8, so no character is cut by its end.
        if last { self.utf8.finish().map_err(|_| len) } else { Ok(()) }
    }

    /// The next piece of a control frame, whose payload is kept until it is whole.
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

    /// The control frame that has come.
    #[cold]
    fn control_event<'b>(&mut self) -> Result<Option<Event<'b>>, ProtocolError> {
        let Expect::Control(Control { opcode, payload, .. }) =
            mem::replace(&mut self.expect, Expect::Header)
        else {
            return Ok(None);
        };
        Ok(Some(match opcode {
            OpCode::Ping => Event::Ping(payload),
            OpCode::Close => match CloseFrame::parse(&payload) {
                Ok(frame) => {
                    self.expect = Expect::Nothing;
                    Event::Close(frame)
                }
                Err(error) => {
                    self.expect = Expect::Failed(error);
                    return Err(error);
                }
            },
            _ => Event::Pong(payload),
        }))
    }
}
