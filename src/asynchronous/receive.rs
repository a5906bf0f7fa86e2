//! Receiving a message, and the pauses between messages
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455), section 6.2).

use core::task::{Context, Poll, ready};

use super::Transport;
use super::wire::{Access, Moved};
use crate::connection::Role;
use crate::error::ProtocolError;
use crate::io::Error;
use crate::message::Message;
use crate::websocket::{Answers, MessageReceiver};

/// Waits until `take` returns a message or a part of one. Returns `None` when the connection is
/// over, and before that, once, the error that ended it.
///
/// Messages are processed without the lock. The transport is written and read under the lock, which
/// never blocks.
pub(super) fn poll_receive<T: Transport, R: Role, M: Taken>(
    receiver: &mut MessageReceiver<R>,
    access: &mut impl Access<T, R>,
    turn: &mut Turn,
    context: &mut Context<'_>,
    take: impl Fn(&mut MessageReceiver<R>, &mut Answers) -> Result<Option<M>, ProtocolError>,
) -> Poll<Option<Result<M, Error>>> {
    loop {
        ready!(turn.poll_step(context));
        let mut answers = Answers::new();
        let taken = take(receiver, &mut answers);
        turn.count(receiver.take_dropped());
        if !answers.is_empty() {
            access.with(|sender, wire| wire.answer(sender, &mut answers, context));
        }
        if let Ok(Some(taken)) = taken {
            turn.count(taken.len());
            return Poll::Ready(Some(Ok(taken)));
        }
        // The driver keeps an error until the Close that reports it has reached the peer.
        let moved = access.with(|sender, wire| wire.poll_io(sender, receiver, context));
        match moved {
            Poll::Ready(Moved::Read) => {}
            Poll::Ready(Moved::Done(error)) => return Poll::Ready(error.map(Err)),
            Poll::Pending => {
                turn.end();
                return Poll::Pending;
            }
        }
    }
}

/// Limits how long one task may go on without a pause, so that the other tasks of its thread can
/// run. A peer that sends many messages, or highly compressed ones, would keep the task busy
/// otherwise.
///
/// The number is the work of the turn so far, in bytes.
#[derive(Debug, Default)]
pub(super) struct Turn(usize);

impl Turn {
    /// The work after which the turn is over: 128 small messages, or 1 MiB of payload.
    const LONGEST: usize = 1024 * 1024;

    /// The work that each message or read counts for, beside its bytes.
    const STEP: usize = Self::LONGEST / 128;

    /// Counts one piece of work. If the turn is over, it wakes the task and returns `Pending`.
    pub(super) fn poll_step(&mut self, context: &Context<'_>) -> Poll<()> {
        if self.0 >= Self::LONGEST {
            self.0 = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.0 += Self::STEP;
        Poll::Ready(())
    }

    /// Counts the payload that was received.
    const fn count(&mut self, bytes: usize) {
        self.0 = self.0.saturating_add(bytes);
    }

    /// Begins a new turn, because the task pauses.
    pub(super) const fn end(&mut self) {
        self.0 = 0;
    }
}

/// The result of a step that receives.
pub(super) trait Taken {
    /// Returns the length of its payload in bytes.
    fn len(&self) -> usize;
}

impl Taken for Message {
    fn len(&self) -> usize {
        self.len()
    }
}

/// A message or a part of one that is ready. It has this many bytes.
pub(super) struct Found(pub(super) usize);

impl Taken for Found {
    fn len(&self) -> usize {
        self.0
    }
}

/// Processes the input until a message is ready.
pub(super) fn process<R: Role>(
    receiver: &mut MessageReceiver<R>,
    answers: &mut Answers,
) -> Result<Option<Found>, ProtocolError> {
    Ok(receiver.process(answers)?.then(|| Found(receiver.ready_len())))
}

/// Processes the input until a part of a message is ready.
pub(super) fn process_part<R: Role>(
    receiver: &mut MessageReceiver<R>,
    answers: &mut Answers,
) -> Result<Option<Found>, ProtocolError> {
    Ok(receiver.process_part(answers)?.then(|| Found(receiver.ready_len())))
}
