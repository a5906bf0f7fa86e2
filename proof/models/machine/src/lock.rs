//! Locks.
//!
//! They differ from the locks of loom in one point. In loom 0.7, a thread that calls `try_lock`
//! first waits for the thread that holds the lock. So loom reports a deadlock that does not exist
//! (<https://github.com/tokio-rs/loom/issues/376>).

use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, TryLockError, TryLockResult};
use std::time::Duration;

/// A lock, as [`std::sync::Mutex`]. All calls that lock it must be `lock`, or all must be `try_lock`.
#[derive(Debug)]
pub struct Mutex<T> {
    data: std::sync::Mutex<T>,
    /// Locked by `lock`.
    waiting: loom::sync::Mutex<()>,
    /// Whether `try_lock` has locked this lock. loom's lock around the flag is held only during a
    /// call.
    is_held: loom::sync::Mutex<bool>,
}

/// The access to the data of a [`Mutex`].
#[derive(Debug)]
pub struct MutexGuard<'m, T> {
    mutex: &'m Mutex<T>,
    data: Option<std::sync::MutexGuard<'m, T>>,
    /// `None` after `try_lock`.
    waiting: Option<loom::sync::MutexGuard<'m, ()>>,
}

impl<T> Mutex<T> {
    /// Creates a lock.
    pub fn new(data: T) -> Self {
        Self {
            data: std::sync::Mutex::new(data),
            waiting: loom::sync::Mutex::new(()),
            is_held: loom::sync::Mutex::new(false),
        }
    }

    /// Waits for the lock.
    ///
    /// # Errors
    /// Never: a model ends with the first panic.
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let waiting = self.waiting.lock().unwrap();
        Ok(self.locked(Some(waiting)))
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// `WouldBlock` if another thread holds it.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        if mem::replace(&mut *self.is_held.lock().unwrap(), true) {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.locked(None))
    }

    /// Takes the lock, which is free.
    fn locked<'m>(&'m self, waiting: Option<loom::sync::MutexGuard<'m, ()>>) -> MutexGuard<'m, T> {
        let data = self.data.try_lock().expect("the lock is free");
        MutexGuard { mutex: self, data: Some(data), waiting }
    }

    /// Returns the data.
    ///
    /// # Errors
    /// Never: a model ends with the first panic.
    pub fn into_inner(self) -> LockResult<T> {
        Ok(self.data.into_inner().unwrap())
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.data.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.data.as_mut().unwrap()
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        let was_held = self.data.take().is_some();
        if was_held && self.waiting.take().is_none() {
            *self.mutex.is_held.lock().unwrap() = false;
        }
    }
}

/// A condition variable, as [`std::sync::Condvar`].
#[derive(Debug, Default)]
pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    /// Creates a condition variable.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until it is notified.
    ///
    /// # Errors
    /// Never: a model ends with the first panic.
    #[track_caller]
    pub fn wait<'m, T>(&self, mut guard: MutexGuard<'m, T>) -> LockResult<MutexGuard<'m, T>> {
        let mutex = guard.mutex;
        guard.data = None;
        let waiting = guard.waiting.take().expect("locked by `lock`");
        let waiting = self.0.wait(waiting).unwrap();
        Ok(mutex.locked(Some(waiting)))
    }

    /// Waits until it is notified. The wait does not time out, so loom reports a lost notification.
    ///
    /// # Errors
    /// Never: a model ends with the first panic.
    #[track_caller]
    pub fn wait_timeout<'m, T>(
        &self,
        guard: MutexGuard<'m, T>,
        _time: Duration,
    ) -> LockResult<(MutexGuard<'m, T>, NotTimedOut)> {
        Ok((self.wait(guard).unwrap(), NotTimedOut))
    }

    /// Wakes every thread that waits.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// The result of a wait that has not timed out.
#[derive(Debug)]
pub struct NotTimedOut;
