//! Received control frames ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 5.5).

use core::mem;

use super::{Expect, Next, Receiver};
use crate::close::CloseFrame;
use crate::connection::event::{ControlPayload, Event};
use crate::connection::input::Input;
use crate::connection::owed::{Owed, OwedFrames};
use crate::connection::role::Role;
use crate::error::ProtocolError;
use crate::frame::OpCode;
use crate::mask::Mask;

/// A control frame. `payload` is the part of its payload that has arrived.
#[derive(Debug)]
pub(super) struct Control {
    opcode: OpCode,
    mask: Mask,
    remaining: u8,
    payload: ControlPayload,
}

impl Control {
    /// Creates a control frame whose payload of `len` bytes has not arrived.
    pub(super) const fn new(opcode: OpCode, mask: Mask, len: u8) -> Self {
        Self { opcode, mask, remaining: len, payload: ControlPayload::EMPTY }
    }
}

impl<R: Role> Receiver<R> {
    /// Takes the next piece of a control frame. The payload is kept until it is complete.
    pub(super) fn control<'b>(&mut self, input: &mut Input<'b>) -> Next<'b> {
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
    pub(super) fn control_event<'b>(
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
                self.expect = Expect::HeaderAfter(payload);
                Event::Ping
            }
            OpCode::Close => match CloseFrame::parse(&payload) {
                Ok(frame) => {
                    if self.answer_close {
                        owed.add(Owed::Reply(frame.as_ref().map(CloseFrame::code)));
                    }
                    self.expect = Expect::Nothing(frame);
                    Event::Close
                }
                Err(error) => return Err(self.fail(error, owed)),
            },
            _ => {
                self.expect = Expect::HeaderAfter(payload);
                Event::Pong
            }
        }))
    }
}
