//! Finding out that a peer has gone without a word.

use core::time::Duration;

/// When to ask a silent peer whether it is still there, and how long to wait for a sign of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// A Ping is sent when nothing has come for this long.
    pub interval: Duration,
    /// The connection has failed, with code 1006, when nothing has come for this long after that
    /// Ping was written.
    pub timeout: Duration,
}

/// A [`Keepalive`] at work. Times are those of the caller's clock, since when it likes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    keepalive: Keepalive,
    phase: WatchState,
}

#[derive(Clone, Copy, Debug)]
enum WatchState {
    /// Something came at this time.
    Heard(Duration),
    /// A Ping waits to be written. A peer that reads slowly is not one that has gone.
    Asking,
    /// The Ping was written at this time, and nothing has come since.
    Asked(Duration),
}

/// What a deadline that has passed asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeadlineAction {
    Nothing,
    Ping,
    Failure,
}

impl Watch {
    pub(super) const fn new(keepalive: Keepalive) -> Self {
        Self { keepalive, phase: WatchState::Heard(Duration::ZERO) }
    }

    pub(super) const fn timeout(&self) -> Duration {
        self.keepalive.timeout
    }

    /// Bytes have come.
    pub(super) const fn received(&mut self, now: Duration) {
        self.phase = WatchState::Heard(now);
    }

    /// All that was queued has been written.
    pub(super) const fn written(&mut self, now: Duration) {
        if let WatchState::Asking = self.phase {
            self.phase = WatchState::Asked(now);
        }
    }

    pub(super) const fn deadline(&self) -> Option<Duration> {
        match self.phase {
            WatchState::Heard(since) => Some(since.saturating_add(self.keepalive.interval)),
            WatchState::Asking => None,
            WatchState::Asked(since) => Some(since.saturating_add(self.keepalive.timeout)),
        }
    }

    pub(super) fn due(&mut self, now: Duration) -> DeadlineAction {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return DeadlineAction::Nothing;
        }
        match self.phase {
            WatchState::Heard(_) => {
                self.phase = WatchState::Asking;
                DeadlineAction::Ping
            }
            WatchState::Asking => DeadlineAction::Nothing,
            WatchState::Asked(_) => DeadlineAction::Failure,
        }
    }
}
