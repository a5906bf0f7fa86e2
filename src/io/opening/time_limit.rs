//! A time limit on the caller's clock.

use core::time::Duration;

/// A time limit. Times are durations since a fixed moment that the caller chooses.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeLimit {
    limit: Duration,
    /// The first time that the caller reported.
    begin: Option<Duration>,
}

impl TimeLimit {
    /// Creates a limit that begins at the first call of [`end`](Self::end). `Duration::MAX` means
    /// that there is no limit.
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit, begin: None }
    }

    pub(super) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns the time at which the limit ends, or `None` if it never does.
    pub(super) fn end(&mut self, now: Duration) -> Option<Duration> {
        let begin = *self.begin.get_or_insert(now);
        if self.limit == Duration::MAX { None } else { begin.checked_add(self.limit) }
    }

    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        self.end(now).is_some_and(|end| now >= end)
    }
}
