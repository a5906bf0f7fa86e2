//! The clock. It moves only when a call of the system times out, or when a thread sleeps.

use std::cell::Cell;
use std::time::Duration;

thread_local! {
    // loom runs all threads of a model in one thread of the system. The time is not a part of the
    // state that loom explores. So the time may decide only whether a wait has timed out.
    static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A moment on the clock of the model, as [`std::time::Instant`].
#[derive(Clone, Copy, Debug)]
pub struct Instant(Duration);

impl Instant {
    /// Returns the present moment.
    #[must_use]
    pub fn now() -> Self {
        Self(NOW.get())
    }

    /// Returns the time since this moment.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        NOW.get() - self.0
    }
}

/// Lets the other threads run.
pub fn sleep(time: Duration) {
    pass(time);
    loom::thread::yield_now();
}

/// Moves the clock by `time`, which a wait has lasted.
pub(crate) fn pass(time: Duration) {
    NOW.set(NOW.get() + time);
}
