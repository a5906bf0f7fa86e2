//! The short path for data frames that are whole in the input, as most frames are
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.2).
//!
//! The functions in this file do the same as `Receiver::frame` and `Receiver::payload`, with fewer
//! steps and with no state between them. They leave every other frame to those two functions, and
//! also every frame that violates a rule. So each error has one place in the code.

use super::{Expect, MessageInProgress, Receiver};
use crate::connection::event::{Data, Event};
use crate::connection::input::Input;
use crate::connection::output::CACHE_BLOCK;
use crate::connection::owed::OwedFrames;
use crate::connection::role::Role;
use crate::error::ProtocolError;
use crate::frame::{FrameHeader, Kind, OpCode, Rsv};
use crate::mask::{Mask, MaskKey};
use crate::utf8;

/// A message in one frame that [`Receiver::receive_whole`] has found: its kind, and the positions
/// between which its payload lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeMessage {
    /// The type of the message.
    pub kind: Kind,
    /// The position of the first byte of the payload: the length of the header.
    pub from: usize,
    /// The position after the payload, where the next frame begins.
    pub to: usize,
}

impl<R: Role> Receiver<R> {
    /// Receives the next message if it is whole at the start of `bytes`, in one frame of less than
    /// 64 KiB (text: at most 8 KiB) and without reserved bits. Its payload is unmasked in place, and
    /// text is validated.
    ///
    /// Otherwise this method returns `None` and changes nothing, and
    /// [`receive`](Self::receive) returns the next event. That method begins with this one. A
    /// message layer calls this one itself, because most messages take this way, and the result
    /// borrows nothing and fits into registers.
    ///
    /// ```
    /// use websocket_proto::connection::{Client, Connection, ConnectionConfig, WholeMessage};
    /// use websocket_proto::frame::Kind;
    ///
    /// let connection = Connection::new(Client::new([7; 32]), ConnectionConfig::new());
    /// let (receiver, _, _) = connection.into_split();
    /// let mut received = *b"\x81\x05Hello\x82";
    /// let whole = receiver.receive_whole(&mut received);
    /// assert_eq!(whole, Some(WholeMessage { kind: Kind::Text, from: 2, to: 7 }));
    /// ```
    #[inline(always)]
    pub fn receive_whole(&self, bytes: &mut [u8]) -> Option<WholeMessage> {
        let is_client = self.side.is_client();
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let kind = match first {
            0x81 => Kind::Text,
            0x82 => Kind::Binary,
            _ => return None,
        };
        let (len_len, len) = match if is_client { second } else { second.wrapping_sub(0x80) } {
            short @ 0..=125 => (0, usize::from(short)),
            126 => match usize::from(u16::from_be_bytes(*rest.first_chunk()?)) {
                // RFC 6455, section 5.2: the length has the shortest form. Long text is validated
                // and unmasked block by block.
                0..=125 => return None,
                len if kind == Kind::Text && len > CACHE_BLOCK => return None,
                len => (2, len),
            },
            _ => return None,
        };
        let from = if is_client { 2 + len_len } else { 6 + len_len };
        let to = from + len;
        if to > bytes.len()
            || len > usize::from(self.rules.whole_limit)
            || !self.is_between_messages()
        {
            return None;
        }
        let (header, rest) = bytes.split_at_mut_checked(from)?;
        let payload = rest.get_mut(..len)?;
        let mask = match is_client {
            true => None,
            false => Some(Mask::new(MaskKey(*header.last_chunk()?))),
        };
        if let Some(mut mask) = mask {
            mask.apply(payload);
        }
        if kind == Kind::Text && !utf8::is_valid(payload) {
            put_back_text(mask, payload);
            return None;
        }
        Some(WholeMessage { kind, from, to })
    }

    /// Returns the event of a message that [`receive_whole`](Self::receive_whole) has found.
    #[inline(always)]
    pub(in crate::connection) fn whole_message_event<'b>(
        whole: WholeMessage,
        input: &mut Input<'b>,
    ) -> Event<'b> {
        let WholeMessage { kind, from, to } = whole;
        let bytes = input.take(to).get_mut(from..).unwrap_or_default();
        let (first, last, rsv, transformed) = (true, true, Rsv::NONE, false);
        Event::Data(Data { kind, bytes, first, last, rsv, transformed })
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
    const fn is_between_messages(&self) -> bool {
        self.is_between_frames() && self.message.is_none()
    }

    #[inline(always)]
    const fn is_between_frames(&self) -> bool {
        matches!(self.expect, Expect::Header) && self.header_len == 0
    }
}

/// Masks invalid text again, so that nothing has changed.
#[cold]
fn put_back_text(mask: Option<Mask>, payload: &mut [u8]) {
    if let Some(mut mask) = mask {
        mask.apply(payload);
    }
}
