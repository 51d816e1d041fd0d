//! Wakes a delivery thread that sleeps, at most once per sleep.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::Waker,
};

/// The waker of one thread, and whether that thread sleeps.
pub(crate) struct SleepWaker {
    is_asleep: AtomicBool,
    waker: Waker,
}

impl SleepWaker {
    pub(crate) fn new(waker: Waker) -> Self {
        Self {
            is_asleep: AtomicBool::new(false),
            waker,
        }
    }

    /// Wakes the thread if it sleeps.
    pub(crate) fn wake(&self) {
        // Waking costs a system call, so it happens once per sleep.
        if self.is_asleep.swap(false, Ordering::SeqCst) {
            self.waker.wake_by_ref();
        }
    }

    /// Records whether the thread sleeps.
    pub(crate) fn set_asleep(&self, is_asleep: bool) {
        self.is_asleep.store(is_asleep, Ordering::SeqCst);
    }
}
