//! The detection of a peer that has disappeared.

use core::time::Duration;

/// The times after which a silent peer gets a Ping, and after which the connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// A Ping is sent if no byte arrives for this long.
    pub interval: Duration,
    /// The connection fails with code 1006 if no byte arrives for this long after the Ping was
    /// written.
    pub timeout: Duration,
}

/// The state of a [`Keepalive`]. Times are durations since a fixed moment that the caller chooses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    keepalive: Keepalive,
    phase: WatchState,
}

#[derive(Clone, Copy, Debug)]
enum WatchState {
    /// The last byte arrived at this time.
    Heard(Duration),
    /// A Ping waits to be written. There is no deadline, because a peer that reads slowly has not
    /// disappeared.
    Asking,
    /// The Ping was written at this time, and no byte has arrived since.
    Asked(Duration),
}

/// The action that is due at a deadline.
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

    /// Records that bytes arrived.
    pub(super) const fn received(&mut self, now: Duration) {
        self.phase = WatchState::Heard(now);
    }

    /// Records that everything in the queue was written.
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
