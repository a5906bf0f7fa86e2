//! The payload of received data frames, which may arrive in pieces
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), sections 5.3 and 8.1).

use super::{Expect, MessageInProgress, Next, Receiver};
use crate::connection::event::Data;
use crate::connection::input::Input;
use crate::connection::output::CACHE_BLOCK;
use crate::connection::role::Role;
use crate::error::ProtocolError;
use crate::frame::{Kind, Rsv};
use crate::mask::Mask;

/// The rest of a data frame's payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    pub(super) fin: bool,
    pub(super) mask: Mask,
    pub(super) remaining: u64,
}

impl<R: Role> Receiver<R> {
    /// Takes the next piece of the payload of a data frame.
    #[inline]
    pub(super) fn payload<'b>(
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
        let skips = self.rules.skips(message.len, transformed);

        if kind == Kind::Text && !transformed {
            let offset = message.len - payload.remaining - bytes.len() as u64;
            if let Err(valid) = self.text(&mut payload.mask, bytes, last) {
                if skips {
                    return Err(ProtocolError::InvalidUtf8 { offset: offset + valid as u64 });
                }
                return self.invalid_text(input, bytes, valid, offset, first, rsv);
            }
        } else if !self.side.is_client() {
            payload.mask.apply(bytes);
        }

        self.message = (!last).then_some(MessageInProgress { begun: true, ..message });
        self.expect =
            if payload.remaining == 0 { Expect::Header } else { Expect::Payload(payload) };
        if skips {
            return Ok(if last { Next::Oversized(message.len) } else { Next::Skipped });
        }
        Ok(Next::Data(Data { kind, bytes, first, last, rsv, transformed }))
    }

    /// Unmasks and validates a piece of text. Each block is validated while it is in the cache.
    ///
    /// The error is the number of bytes before the invalid byte.
    #[inline]
    pub(super) fn text(
        &mut self,
        mask: &mut Mask,
        bytes: &mut [u8],
        last: bool,
    ) -> Result<(), usize> {
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

    /// Fails the connection at the byte after the first `valid` bytes of `bytes`.
    ///
    /// The valid bytes are returned first, and the next call returns the error. So the data before
    /// the error is the same, however the input was split. Only the valid bytes are consumed.
    #[cold]
    pub(super) fn invalid_text<'b>(
        &mut self,
        input: &mut Input<'b>,
        bytes: &'b mut [u8],
        valid: usize,
        offset: u64,
        first: bool,
        rsv: Rsv,
    ) -> Result<Next<'b>, ProtocolError> {
        let error = ProtocolError::InvalidUtf8 { offset: offset + valid as u64 };
        let Some((bytes, invalid)) = bytes.split_at_mut_checked(valid) else {
            return Err(error);
        };
        input.put_back(invalid);
        if valid == 0 {
            return Err(error);
        }
        self.expect = Expect::Failing(error);
        let (last, transformed) = (false, false);
        Ok(Next::Data(Data { kind: Kind::Text, bytes, first, last, rsv, transformed }))
    }
}
