//! Runtimes for one task.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::lock::{Condvar, Mutex};

/// Runs `future` to its end. It is polled again only after its waker was woken, so loom reports a
/// lost wake-up as a deadlock.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let parked = Arc::new(Parked::default());
    let waker = Waker::from(Arc::clone(&parked));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let mut is_woken = parked.is_woken.lock().unwrap();
        while !*is_woken {
            is_woken = parked.woken.wait(is_woken).unwrap();
        }
        *is_woken = false;
    }
}

/// Polls `future` once, and drops it.
pub fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    let waker = Waker::from(Arc::new(Parked::default()));
    pin!(future).poll(&mut Context::from_waker(&waker))
}

#[derive(Default)]
struct Parked {
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        *self.is_woken.lock().unwrap() = true;
        self.woken.notify_all();
    }
}

/// A task whose waker polls it at once, on the thread that calls the waker. Some executors do this,
/// so the library must not call a waker under a lock that the task takes.
pub struct InlineTask<T>(Arc<Inline<T>>);

struct Inline<T> {
    // loom does not know this lock. Only the thread that has set `Turn::Polling` takes it.
    future: std::sync::Mutex<Pin<Box<dyn Future<Output = T> + Send>>>,
    turn: Mutex<Turn<T>>,
    is_done: Condvar,
}

enum Turn<T> {
    Waiting,
    Polling,
    /// The task was woken while it was polled.
    Again,
    Done(Option<T>),
}

impl<T: Send + 'static> InlineTask<T> {
    /// Polls `future` for the first time.
    pub fn spawn(future: impl Future<Output = T> + Send + 'static) -> Self {
        let future = std::sync::Mutex::new(Box::pin(future) as _);
        let turn = Mutex::new(Turn::Waiting);
        let task = Arc::new(Inline { future, turn, is_done: Condvar::new() });
        task.wake_by_ref();
        Self(task)
    }

    /// Waits until the task has ended.
    ///
    /// # Panics
    /// Never: this call consumes the task, and no other call takes the output.
    #[must_use]
    pub fn join(self) -> T {
        let mut turn = self.0.turn.lock().unwrap();
        loop {
            match &mut *turn {
                Turn::Done(output) => return output.take().unwrap(),
                _ => turn = self.0.is_done.wait(turn).unwrap(),
            }
        }
    }
}

impl<T: Send + 'static> Wake for Inline<T> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut turn = self.turn.lock().unwrap();
        match *turn {
            Turn::Waiting => *turn = Turn::Polling,
            Turn::Polling => return *turn = Turn::Again,
            Turn::Again | Turn::Done(_) => return,
        }
        drop(turn);
        let waker = Waker::from(Arc::clone(self));
        loop {
            let mut future = self.future.try_lock().expect("one thread polls");
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            drop(future);
            let mut turn = self.turn.lock().unwrap();
            match (polled, &*turn) {
                (Poll::Ready(output), _) => {
                    *turn = Turn::Done(Some(output));
                    return self.is_done.notify_all();
                }
                (Poll::Pending, Turn::Again) => *turn = Turn::Polling,
                (Poll::Pending, _) => return *turn = Turn::Waiting,
            }
        }
    }
}
