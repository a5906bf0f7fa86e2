//! The wakers of two tasks that use one transport.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::task::{Context, Waker};
use std::sync::PoisonError;

use crate::sync::Mutex;

/// Wakes the task that receives and the task that sends when the transport can accept more bytes.
///
/// Both tasks write, because the task that receives sends answers. A transport keeps only the last
/// waker for writing, so with their own wakers one task would replace the waker of the other.
#[derive(Debug)]
pub(super) struct Wakers {
    tasks: Arc<Tasks>,
    both: Waker,
}

/// One of the two tasks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Receiving = 0,
    Sending = 1,
}

#[derive(Debug, Default)]
struct Tasks(Mutex<[Option<Waker>; 2]>);

impl Wakers {
    pub(super) fn new() -> Self {
        let tasks = Arc::new(Tasks::default());
        Self { both: Waker::from(Arc::clone(&tasks)), tasks }
    }

    /// Records the task of `context`, and returns the context to write with. If there are two tasks,
    /// it wakes both.
    pub(super) fn context<'w>(
        wakers: Option<&'w Self>,
        side: Side,
        context: &'w Context<'_>,
    ) -> Context<'w> {
        let Some(wakers) = wakers else {
            return Context::from_waker(context.waker());
        };
        wakers.register(side, context);
        Context::from_waker(&wakers.both)
    }

    /// Records the task of `context`.
    pub(super) fn register(&self, side: Side, context: &Context<'_>) {
        let mut tasks = self.tasks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = tasks.get_mut(side as usize) {
            match task {
                Some(task) => task.clone_from(context.waker()),
                None => *task = Some(context.waker().clone()),
            }
        }
    }

    /// Takes the waker of one side out, for a caller that wakes this task.
    pub(super) fn take(&self, side: Side) -> Option<Waker> {
        let mut tasks = self.tasks.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.get_mut(side as usize).and_then(Option::take)
    }
}

impl Wake for Tasks {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [receiving, sending] = &mut *tasks;
        let woken = [receiving.take(), sending.take()];
        // A waker may run any code, so it is not called under the lock.
        drop(tasks);
        for task in woken.into_iter().flatten() {
            task.wake();
        }
    }
}
