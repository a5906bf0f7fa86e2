//! A runtime for one task.

use std::pin::pin;
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
