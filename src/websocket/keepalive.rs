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
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Something came at this time.
    Heard(Duration),
    /// A Ping waits to be written. A peer that reads slowly is not one that has gone.
    Asking,
    /// The Ping was written at this time, and nothing has come since.
    Asked(Duration),
}

/// What a deadline that has passed asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    Failure,
}

impl Watch {
    pub(super) const fn new(keepalive: Keepalive) -> Self {
        Self { keepalive, phase: Phase::Heard(Duration::ZERO) }
    }

    pub(super) const fn timeout(&self) -> Duration {
        self.keepalive.timeout
    }

    /// Bytes have come.
    pub(super) const fn received(&mut self, now: Duration) {
        self.phase = Phase::Heard(now);
    }

    /// All that was queued has been written.
    pub(super) const fn written(&mut self, now: Duration) {
        if let Phase::Asking = self.phase {
            self.phase = Phase::Asked(now);
        }
    }

    pub(super) const fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Heard(since) => Some(since.saturating_add(self.keepalive.interval)),
            Phase::Asking => None,
            Phase::Asked(since) => Some(since.saturating_add(self.keepalive.timeout)),
        }
    }

    pub(super) fn due(&mut self, now: Duration) -> Due {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Due::Nothing;
        }
        match self.phase {
            Phase::Heard(_) => {
                self.phase = Phase::Asking;
                Due::Ping
            }
            Phase::Asking => Due::Nothing,
            Phase::Asked(_) => Due::Failure,
        }
    }
}
