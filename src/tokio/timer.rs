//! A clock and a timer of tokio.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use ::tokio::runtime::Handle;
use ::tokio::time::{Instant, Sleep, sleep_until};

/// The clock of a transport, and a timer that is created at the first wait.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    /// The time at which the clock was first read.
    start: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Returns the time since the clock was first read.
    pub(crate) fn now(&mut self) -> Duration {
        self.start.get_or_insert_with(Instant::now).elapsed()
    }

    /// Waits until the clock reaches `deadline`.
    pub(crate) fn poll_until(
        &mut self,
        deadline: Duration,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        // A deadline beyond the range of the clock is never reached.
        let Some(deadline) = self.start.get_or_insert_with(Instant::now).checked_add(deadline)
        else {
            return Poll::Pending;
        };
        let sleep = match &mut self.sleep {
            Some(sleep) => sleep,
            None => {
                if Handle::try_current().is_err() {
                    let text = "a time limit needs the timer of a tokio runtime, and there is none";
                    return Poll::Ready(Err(io::Error::other(text)));
                }
                self.sleep.insert(Box::pin(sleep_until(deadline)))
            }
        };
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(context).map(Ok)
    }
}
