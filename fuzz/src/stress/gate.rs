//! Where threads meet before each round, on as few instructions as can be.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::yield_now;

/// Looks at the gate before a thread lets others have its core.
const SPINS: usize = 200;

/// A barrier that is used again and again.
pub(super) struct Gate {
    threads: usize,
    arrived: AtomicUsize,
    opened: AtomicUsize,
}

impl Gate {
    pub(super) const fn new(threads: usize) -> Self {
        Self { threads, arrived: AtomicUsize::new(0), opened: AtomicUsize::new(0) }
    }

    /// Waits until all threads are here.
    pub(super) fn pass(&self) {
        let opened = self.opened.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.opened.store(opened.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.opened.load(Ordering::Acquire) == opened {
            spins += 1;
            if spins % SPINS == 0 { yield_now() } else { spin_loop() }
        }
    }
}
