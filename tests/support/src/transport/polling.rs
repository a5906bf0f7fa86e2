//! Polls futures by hand: a test sees whether a task was woken, and drops a future at any await.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::runtime::{EnterGuard, Handle, Runtime};

/// A task that counts how often it is woken.
#[derive(Debug, Default)]
pub struct Task(AtomicUsize);

impl Task {
    /// A task that nobody has woken, and its waker.
    pub fn new() -> (Arc<Self>, Waker) {
        let task = Arc::new(Self::default());
        (Arc::clone(&task), Waker::from(task))
    }

    /// Whether it has been woken since this was last asked.
    pub fn take_woken(&self) -> bool {
        self.0.swap(0, Ordering::Relaxed) > 0
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Enters a runtime whose clock stands still, unless the thread is in one. Time limits need a timer.
pub fn enter() -> Option<EnterGuard<'static>> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let make = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().expect("a runtime")
    };
    Handle::try_current().is_err().then(|| RUNTIME.get_or_init(make).enter())
}

/// Polls futures of `make` until one is done, and drops each that is still pending after
/// `patience` polls. `None`: one waits for something that has not come, and its task was not woken.
pub fn drive<S, T>(
    subject: &mut S,
    patience: usize,
    mut make: impl AsyncFnMut(&mut S) -> T,
) -> Option<T> {
    let _runtime = enter();
    let (task, waker) = Task::new();
    let mut context = Context::from_waker(&waker);
    for _ in 0..100_000 {
        let mut future = pin!(make(subject));
        for _ in 0..patience {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(done) => return Some(done),
                Poll::Pending if !task.take_woken() => return None,
                Poll::Pending => {}
            }
        }
    }
    panic!("it is never done");
}

/// Polls the future until it waits for something that has not come, or is done, or has been polled
/// `polls` times; then drops it.
pub fn poll_and_drop<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let _runtime = enter();
    let mut future = pin!(future);
    let (task, waker) = Task::new();
    let mut context = Context::from_waker(&waker);
    for _ in 0..polls {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return Some(done),
            Poll::Pending if !task.take_woken() => return None,
            Poll::Pending => {}
        }
    }
    None
}

/// Polls the future for as long as it can go on.
pub fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    poll_and_drop(100_000, future)
}

/// The outcome of a future that must not hang, longer than any time limit of these tests.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it does not hang")
}
