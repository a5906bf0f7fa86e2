//! How fast a member may send.
//!
//! A member that floods its room would fill the queues of all others, who would be dropped as too
//! slow. So the server reads more slowly from a member that sends too fast, until TCP stops the
//! member.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A member may send as many messages at once as it may send in this time.
const BURST: Duration = Duration::from_secs(2);

pub(crate) struct Pace {
    /// The time that one message takes at the allowed rate.
    period: Duration,
    /// The time at which the messages so far would have been sent at the allowed rate.
    sent: Instant,
}

impl Pace {
    /// `rate` is a number of messages in a second.
    pub(crate) fn new(rate: u32) -> Self {
        Self { period: Duration::from_secs(1) / rate.max(1), sent: Instant::now() }
    }

    /// Waits until the next message is allowed.
    ///
    /// If the future is dropped, the message counts as sent.
    pub(crate) async fn wait(&mut self) {
        let now = Instant::now();
        self.sent = self.sent.max(now) + self.period;
        if let Some(allowed) = self.sent.checked_sub(BURST)
            && allowed > now
        {
            sleep_until(allowed).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_after_it_the_rate_holds() {
        let mut pace = Pace::new(100);
        let begin = Instant::now();
        for _ in 0..200 {
            pace.wait().await;
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
        for _ in 0..100 {
            pace.wait().await;
        }
        let elapsed = begin.elapsed();
        assert!(
            elapsed.abs_diff(Duration::from_secs(1)) < Duration::from_millis(10),
            "{elapsed:?}"
        );
    }
}
