//! Locks written on loom's atomics, and data that only they keep from being raced for.

use std::sync::OnceLock;

use growstack::shared::{Locks, Wait};
use lock_api::{
    GuardSend, RawMutex, RawRwLock, RawRwLockDowngrade, RawRwLockUpgrade, RawRwLockUpgradeDowngrade,
};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Condvar, Mutex};
use loom::thread::yield_now;

/// The locks of the models.
pub(crate) enum LoomLocks {}

impl Locks for LoomLocks {
    type Process = LoomMutex;
    type Map = LoomRwLock;
    type Wait = LoomWait;
}

/// One of loom's atomics that a constant can begin with: it is made when it is first used, in
/// the run of the model that uses it.
struct State(OnceLock<AtomicUsize>);

impl State {
    const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn get(&self) -> &AtomicUsize {
        self.0.get_or_init(|| AtomicUsize::new(0))
    }

    /// Changes the state as `change` says, if it does; a thread that sees `None` may be late.
    fn try_change(&self, change: impl Fn(usize) -> Option<usize>) -> bool {
        let seen = self.get().load(Ordering::Relaxed);
        change(seen).is_some_and(|next| {
            let swapped =
                self.get().compare_exchange(seen, next, Ordering::Acquire, Ordering::Relaxed);
            swapped.is_ok()
        })
    }

    /// Sets the state if nobody holds the lock in any way.
    fn try_take(&self, taken: usize) -> bool {
        self.get().compare_exchange(0, taken, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn take(&self, taken: usize) {
        while !self.try_take(taken) {
            yield_now();
        }
    }

    fn change(&self, change: impl Fn(usize) -> Option<usize>) {
        while !self.try_change(&change) {
            yield_now();
        }
    }
}

/// 1 if locked.
pub(crate) struct LoomMutex(State);

// SAFETY: 1 is set only where 0 was, by one thread then, and only that one sets 0.
unsafe impl RawMutex for LoomMutex {
    const INIT: Self = Self(State::new());
    type GuardMarker = GuardSend;

    fn lock(&self) {
        self.0.take(1);
    }

    fn try_lock(&self) -> bool {
        self.0.try_take(1)
    }

    unsafe fn unlock(&self) {
        self.0.get().store(0, Ordering::Release);
    }
}

const WRITER: usize = 1;
const UPGRADABLE: usize = 2;
const READER: usize = 4;

/// A bit for a writer, one for an upgradable reader, and above them the number of readers.
pub(crate) struct LoomRwLock(State);

// SAFETY: A writer comes in only where the state is 0, and anybody only where there is no writer.
unsafe impl RawRwLock for LoomRwLock {
    const INIT: Self = Self(State::new());
    type GuardMarker = GuardSend;

    fn lock_shared(&self) {
        self.0.change(|state| (state & WRITER == 0).then_some(state + READER));
    }

    fn try_lock_shared(&self) -> bool {
        self.0.try_change(|state| (state & WRITER == 0).then_some(state + READER))
    }

    unsafe fn unlock_shared(&self) {
        self.0.get().fetch_sub(READER, Ordering::Release);
    }

    fn lock_exclusive(&self) {
        self.0.take(WRITER);
    }

    fn try_lock_exclusive(&self) -> bool {
        self.0.try_take(WRITER)
    }

    unsafe fn unlock_exclusive(&self) {
        self.0.get().store(0, Ordering::Release);
    }
}

// SAFETY: A writer turns into a reader in one step.
unsafe impl RawRwLockDowngrade for LoomRwLock {
    unsafe fn downgrade(&self) {
        self.0.get().store(READER, Ordering::Release);
    }
}

// SAFETY: There is one upgradable reader at most, and it turns into a writer in one step, once it
// is alone.
unsafe impl RawRwLockUpgrade for LoomRwLock {
    fn lock_upgradable(&self) {
        self.0.change(|state| (state & (WRITER | UPGRADABLE) == 0).then_some(state | UPGRADABLE));
    }

    fn try_lock_upgradable(&self) -> bool {
        self.0
            .try_change(|state| (state & (WRITER | UPGRADABLE) == 0).then_some(state | UPGRADABLE))
    }

    unsafe fn unlock_upgradable(&self) {
        self.0.get().fetch_sub(UPGRADABLE, Ordering::Release);
    }

    unsafe fn upgrade(&self) {
        self.0.change(|state| (state == UPGRADABLE).then_some(WRITER));
    }

    unsafe fn try_upgrade(&self) -> bool {
        self.0.try_change(|state| (state == UPGRADABLE).then_some(WRITER))
    }
}

// SAFETY: Each turns into the other in one step.
unsafe impl RawRwLockUpgradeDowngrade for LoomRwLock {
    unsafe fn downgrade_upgradable(&self) {
        self.0.get().fetch_add(READER - UPGRADABLE, Ordering::Release);
    }

    unsafe fn downgrade_to_upgradable(&self) {
        self.0.get().store(UPGRADABLE, Ordering::Release);
    }
}

/// A wait on loom's condition variable: loom reports a thread that nobody wakes up.
pub(crate) struct LoomWait {
    wakeups: Mutex<usize>,
    changed: Condvar,
}

impl Default for LoomWait {
    fn default() -> Self {
        Self { wakeups: Mutex::new(0), changed: Condvar::new() }
    }
}

impl Wait for LoomWait {
    fn ticket(&self) -> usize {
        *self.wakeups.lock().unwrap()
    }

    fn wait(&self, ticket: usize) {
        let mut wakeups = self.wakeups.lock().unwrap();
        while *wakeups == ticket {
            wakeups = self.changed.wait(wakeups).unwrap();
        }
    }

    fn wake_all(&self) {
        *self.wakeups.lock().unwrap() += 1;
        self.changed.notify_all();
    }
}

/// What stands for page tables: loom reports any two that touch it at once, unless both read.
pub(crate) struct Guarded(UnsafeCell<()>);

// SAFETY: Nothing is read or written through the pointers that the cell gives; loom follows them.
unsafe impl Sync for Guarded {}
// SAFETY: As above.
unsafe impl Send for Guarded {}

impl Guarded {
    pub(crate) fn new() -> Self {
        Self(UnsafeCell::new(()))
    }

    pub(crate) fn write(&self) {
        self.0.with_mut(|_| ());
    }

    pub(crate) fn read(&self) {
        self.0.with(|_| ());
    }
}
