//! The locks that are put under stress: `parking_lot`'s, but that a thread now and then lets others
//! have its core just before it takes one. What goes wrong between two locks goes wrong sooner so.

use std::cell::Cell;
use std::thread::yield_now;

use growstack::shared::EventCount;
use lock_api::{RawMutex, RawRwLock};

/// The locks of a run.
#[derive(Debug)]
pub(super) enum Locks {}

impl growstack::shared::Locks for Locks {
    type Process = Hesitant<parking_lot::RawMutex>;
    type Map = MapLock;
    type Wait = EventCount;
}

type MapLock = Hesitant<parking_lot::RawRwLock>;

/// A lock that is not always taken at once.
#[derive(Debug)]
pub(super) struct Hesitant<R>(R);

/// One in this many times, a thread hesitates.
const RARITY: u32 = 4;

fn hesitate() {
    thread_local!(static STATE: Cell<u32> = const { Cell::new(0x9e37_79b9) });
    let mut state = STATE.get();
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    STATE.set(state);
    if state.is_multiple_of(RARITY) {
        yield_now();
    }
}

// SAFETY: Every call goes to the inner lock, which keeps the contract.
unsafe impl<R: RawMutex> RawMutex for Hesitant<R> {
    const INIT: Self = Self(R::INIT);
    type GuardMarker = R::GuardMarker;

    fn lock(&self) {
        hesitate();
        self.0.lock();
    }

    fn try_lock(&self) -> bool {
        self.0.try_lock()
    }

    unsafe fn unlock(&self) {
        // SAFETY: The caller holds the lock.
        unsafe { self.0.unlock() }
    }
}

// SAFETY: Every call goes to the inner lock, which keeps the contract.
unsafe impl<R: RawRwLock> RawRwLock for Hesitant<R> {
    const INIT: Self = Self(R::INIT);
    type GuardMarker = R::GuardMarker;

    fn lock_shared(&self) {
        hesitate();
        self.0.lock_shared();
    }

    fn try_lock_shared(&self) -> bool {
        self.0.try_lock_shared()
    }

    unsafe fn unlock_shared(&self) {
        // SAFETY: The caller holds the lock to read.
        unsafe { self.0.unlock_shared() }
    }

    fn lock_exclusive(&self) {
        hesitate();
        self.0.lock_exclusive();
    }

    fn try_lock_exclusive(&self) -> bool {
        self.0.try_lock_exclusive()
    }

    unsafe fn unlock_exclusive(&self) {
        // SAFETY: The caller holds the lock to write.
        unsafe { self.0.unlock_exclusive() }
    }
}
