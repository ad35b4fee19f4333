//! Locks at which threads take turns.

use std::sync::atomic::{AtomicUsize, Ordering};

use growstack::shared::{Locks, Wait};
use lock_api::{GuardSend, RawMutex, RawRwLock};

use super::turns::{block, point, release};

/// The locks of the target.
#[derive(Debug)]
pub(super) enum InTurn {}

impl Locks for InTurn {
    type Process = TurnMutex;
    type Map = TurnRwLock;
    type Wait = TurnWait;
}

/// What holds a lock: nothing, a number of readers, or a writer.
#[derive(Debug)]
struct Holders(AtomicUsize);

const WRITER: usize = usize::MAX;

impl Holders {
    const fn none() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn try_write(&self) -> bool {
        self.0.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn try_read(&self) -> bool {
        let add = |held: usize| (held != WRITER).then(|| held + 1);
        self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, add).is_ok()
    }

    fn take(what: &'static str, take: impl Fn() -> bool) {
        point();
        while !take() {
            block(what);
        }
    }

    fn end_write(&self) {
        self.0.store(0, Ordering::Release);
        release();
    }

    fn end_read(&self) {
        self.0.fetch_sub(1, Ordering::Release);
        release();
    }
}

#[derive(Debug)]
pub(super) struct TurnMutex(Holders);

// SAFETY: `WRITER` is set only where 0 was, by one thread then, and only that one sets 0.
unsafe impl RawMutex for TurnMutex {
    const INIT: Self = Self(Holders::none());
    type GuardMarker = GuardSend;

    fn lock(&self) {
        Holders::take("the process lock", || self.0.try_write());
    }

    fn try_lock(&self) -> bool {
        self.0.try_write()
    }

    unsafe fn unlock(&self) {
        self.0.end_write();
    }
}

#[derive(Debug)]
pub(super) struct TurnRwLock(Holders);

// SAFETY: A writer comes in only where nobody is, and a reader only where there is no writer.
unsafe impl RawRwLock for TurnRwLock {
    const INIT: Self = Self(Holders::none());
    type GuardMarker = GuardSend;

    fn lock_shared(&self) {
        Holders::take("the map lock, to read", || self.0.try_read());
    }

    fn try_lock_shared(&self) -> bool {
        self.0.try_read()
    }

    unsafe fn unlock_shared(&self) {
        self.0.end_read();
    }

    fn lock_exclusive(&self) {
        Holders::take("the map lock, to write", || self.0.try_write());
    }

    fn try_lock_exclusive(&self) -> bool {
        self.0.try_write()
    }

    unsafe fn unlock_exclusive(&self) {
        self.0.end_write();
    }
}

/// A count of wake-ups.
#[derive(Debug, Default)]
pub(super) struct TurnWait(AtomicUsize);

impl Wait for TurnWait {
    fn ticket(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }

    fn wait(&self, ticket: usize) {
        point();
        while self.ticket() == ticket {
            block("the end of a wiring");
        }
    }

    fn wake_all(&self) {
        self.0.fetch_add(1, Ordering::Release);
        release();
    }
}
