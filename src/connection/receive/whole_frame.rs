//! The short path for data frames that are whole in the input, as most frames are
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.2).
//!
//! The functions in this file do the same as `Receiver::frame` and `Receiver::payload`, with fewer
//! steps and with no state between them. They leave every other frame to those two functions, and
//! also every frame that violates a rule. So each error has one place in the code.

use super::{Expect, MessageInProgress, Receiver};
use crate::connection::event::{Data, Event};
use crate::connection::input::Input;
use crate::connection::owed::OwedFrames;
use crate::connection::role::Role;
use crate::error::ProtocolError;
use crate::frame::{FrameHeader, Kind, OpCode, Rsv};
use crate::mask::{Mask, MaskKey};
use crate::utf8;

impl<R: Role> Receiver<R> {
    /// Takes a message in one frame of at most 125 bytes, with only a few comparisons.
    #[inline(always)]
    pub(super) fn short_message<'b>(&self, input: &mut Input<'b>) -> Option<(Kind, &'b mut [u8])> {
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
        if !fits
            || len > self.rules.short_limit
            || !self.is_between_frames()
            || self.message.is_some()
        {
            return None;
        }
        input.take(header_len);
        let bytes = input.take(usize::from(len));
        if !self.side.is_client() {
            Mask::new(MaskKey(key)).apply(bytes);
        }
        Some((kind, bytes))
    }

    /// Validates a message from [`short_message`](Self::short_message), and returns its event.
    #[inline(always)]
    pub(super) fn short_message_event<'b>(
        &mut self,
        kind: Kind,
        bytes: &'b mut [u8],
        input: &mut Input<'b>,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        if kind == Kind::Text && !utf8::is_valid(bytes) {
            return self.invalid_short_text(input, bytes, owed);
        }
        let (first, last, rsv, transformed) = (true, true, Rsv::NONE, false);
        Ok(Some(Event::Data(Data { kind, bytes, first, last, rsv, transformed })))
    }

    #[cold]
    fn invalid_short_text<'b>(
        &mut self,
        input: &mut Input<'b>,
        bytes: &'b mut [u8],
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        // `short_message` has already unmasked the bytes.
        let valid = self.utf8.feed(bytes).map_or_else(|error| error.valid_up_to, |()| bytes.len());
        let received = self.invalid_text(input, bytes, valid, 0, true, Rsv::NONE);
        self.event(received, owed)
    }

    /// Takes the header of a data frame whose length has at most 16 bits. The frame is whole in the
    /// input, and its message is not transformed.
    #[inline(always)]
    pub(super) fn whole_frame_header(&self, input: &mut Input<'_>) -> Option<FrameHeader> {
        let (&[first, second], rest) = input.remaining().split_first_chunk()?;
        let (opcode, message_len) = match (first & 0x7f, &self.message) {
            (0x00, Some(message)) if !message.transformed => (OpCode::Continuation, message.len),
            (0x01, None) => (OpCode::Text, 0),
            (0x02, None) => (OpCode::Binary, 0),
            _ => return None,
        };
        let short_len = if self.side.is_client() { second } else { second.wrapping_sub(0x80) };
        let (len_len, len) = match short_len {
            0..=125 => (0, usize::from(short_len)),
            126 => (2, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
            _ => return None,
        };
        let (header_len, mask) = if self.side.is_client() {
            (2 + len_len, None)
        } else {
            (6 + len_len, Some(MaskKey(*rest.get(len_len..)?.first_chunk()?)))
        };
        let is_minimal = short_len < 126 || len > 125;
        let fits = len <= input.remaining().len() - header_len;
        let payload_len = len as u64;
        if !is_minimal
            || !fits
            || !self.rules.admits_length(payload_len, message_len)
            || !self.is_between_frames()
        {
            return None;
        }
        input.take(header_len);
        let (fin, rsv) = (first & 0x80 != 0, Rsv::NONE);
        Some(FrameHeader { fin, rsv, opcode, mask, payload_len })
    }

    /// Takes the payload of a frame whose header comes from
    /// [`whole_frame_header`](Self::whole_frame_header), and returns its event.
    #[inline(always)]
    pub(super) fn whole_frame_event<'b>(
        &mut self,
        header: FrameHeader,
        input: &mut Input<'b>,
        owed: &mut OwedFrames,
    ) -> Result<Option<Event<'b>>, ProtocolError> {
        let message = match (header.opcode, self.message) {
            (OpCode::Continuation, Some(message)) => message,
            (OpCode::Text, _) => MessageInProgress::new(Kind::Text, Rsv::NONE, false),
            _ => MessageInProgress::new(Kind::Binary, Rsv::NONE, false),
        };
        let MessageInProgress { kind, rsv, transformed, len: offset, begun } = message;
        let (first, last) = (!begun, header.fin);
        self.message_number = self.message_number.wrapping_add(u16::from(first && !last));
        let bytes = input.take(header.payload_len as usize);
        let mut mask = Mask::new(header.mask.unwrap_or(MaskKey([0; 4])));
        if kind == Kind::Text {
            if let Err(valid) = self.text(&mut mask, bytes, last) {
                let next = self.invalid_text(input, bytes, valid, offset, first, rsv);
                return self.event(next, owed);
            }
        } else if !self.side.is_client() {
            mask.apply(bytes);
        }
        let len = offset + header.payload_len;
        self.message = (!last).then_some(MessageInProgress { len, begun: true, ..message });
        Ok(Some(Event::Data(Data { kind, bytes, first, last, rsv, transformed })))
    }

    #[inline(always)]
    const fn is_between_frames(&self) -> bool {
        matches!(self.expect, Expect::Header) && self.header_len == 0
    }
}
