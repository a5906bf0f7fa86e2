//! The message or part that is ready: it has been processed, and no call has returned it yet.

use super::received::Place;
use super::{Half, Progress, Received, Receiving};
use crate::connection::{Role, WholeMessage};
use crate::error::ProtocolError;

impl Receiving {
    /// Processes the input until a message is ready, and returns whether one is ready.
    pub(in crate::websocket) fn process(
        &mut self,
        source: &mut Half<'_, impl Role>,
    ) -> Result<bool, ProtocolError> {
        if let Some(WholeMessage { kind, from, to }) = self.take_whole(source.receiver) {
            return Ok(self.keep(Received::Frame { kind, from, to }));
        }
        let received = self.take_message(source)?;
        Ok(self.keep(received))
    }

    /// Processes the input until a part of a message is ready, and returns whether one is ready.
    pub(in crate::websocket) fn process_part(
        &mut self,
        source: &mut Half<'_, impl Role>,
    ) -> Result<bool, ProtocolError> {
        let received = self.take_part(source)?;
        Ok(self.keep(received))
    }

    /// Keeps `received` for the next call. Returns `false` if nothing was received.
    fn keep(&mut self, received: Received) -> bool {
        let is_something = !matches!(received, Received::Nothing);
        let start = self.buffer.start();
        self.ready = is_something.then_some(received.moved(|position| position - start));
        is_something
    }

    /// Takes the result that is ready.
    #[inline(always)]
    pub(super) fn take_ready(&mut self) -> Option<Received> {
        let start = self.buffer.start();
        Some(self.ready.take()?.moved(|position| start + position))
    }

    /// Returns the length of the message or part that is ready, in bytes.
    pub(in crate::websocket) fn ready_len(&self) -> usize {
        let place = match self.ready {
            Some(Received::Frame { from, to, .. }) => Place::Frame { from, to },
            Some(Received::Held(_)) => Place::Held,
            Some(Received::Inflated(_)) => Place::Inflated,
            Some(Received::Part { place, .. }) => place,
            Some(Received::Report | Received::Nothing) | None => return 0,
        };
        match place {
            Place::Frame { from, to } => to - from,
            Place::Held => self.buffer.held(),
            Place::Inflated => self.inflating.as_ref().map_or(0, |inflating| inflating.len()),
        }
    }

    /// Takes the result that is ready, if it is a whole message or a control frame. Otherwise returns
    /// `None`: the first part of a message is kept, so that the rest can be joined to it, and a later
    /// part is dropped.
    #[inline(never)]
    pub(super) fn take_ready_message(&mut self) -> Option<Received> {
        match self.take_ready() {
            Some(Received::Part { kind, place, first: true, last }) => {
                // No part of the message has been returned, so it is still whole.
                self.progress = Progress::Whole;
                match place {
                    Place::Frame { from, to } if last => Some(Received::Frame { kind, from, to }),
                    Place::Held if last => Some(Received::Held(kind)),
                    Place::Inflated if last => Some(Received::Inflated(kind)),
                    Place::Frame { from, to } => {
                        self.buffer.hold(from, to);
                        None
                    }
                    Place::Held | Place::Inflated => None,
                }
            }
            Some(part @ Received::Part { last, .. }) => {
                self.drop_part(part);
                self.progress = if last { Progress::Whole } else { Progress::Dropped };
                None
            }
            message => message,
        }
    }

    /// Drops a part that the caller did not take.
    #[cold]
    fn drop_part(&mut self, part: Received) {
        match part {
            Received::Part { place: Place::Frame { to, .. }, .. } => self.buffer.skip(to),
            Received::Part { place: Place::Held, .. } => drop(self.buffer.cut_held()),
            _ => self.discard_inflated(),
        }
    }
}
