//! The pauses between attempts to connect.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use crate::arguments::Arguments;

const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// A connection that stayed open for this time counts as a success. A connection that the server
/// drops at once does not.
const SUCCESS: Duration = Duration::from_secs(10);

/// Counts the attempts that failed in a row.
#[derive(Debug)]
pub(crate) struct Backoff {
    max_attempts: u32,
    max_pause: Duration,
    failed: u32,
}

impl Backoff {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let max_attempts = if arguments.reconnect { arguments.max_attempts } else { 0 };
        Self { max_attempts, max_pause: arguments.max_pause, failed: 0 }
    }

    /// Records that a connection has ended after this time.
    pub(crate) fn handle_end(&mut self, open_for: Duration) {
        if open_for >= SUCCESS {
            self.failed = 0;
        }
    }

    /// Returns the pause before the next attempt, or `None` if there should be no more attempts.
    ///
    /// The pause is a random time between half of the limit and the limit, so that the clients of a
    /// server that was restarted do not all come back at the same moment (RFC 6455, section 7.2.3).
    pub(crate) fn next_pause(&mut self) -> Option<Duration> {
        if self.failed >= self.max_attempts {
            return None;
        }
        let limit = FIRST_PAUSE.saturating_mul(1 << self.failed.min(16)).min(self.max_pause);
        self.failed += 1;
        // The keys of the standard library's hasher are random.
        let random = RandomState::new().hash_one(self.failed) % 1024;
        Some(limit.mul_f64(0.5 + random as f64 / 2048.0))
    }
}
