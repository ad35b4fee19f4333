//! The locks that a shared process is made of: brought by the embedding kernel, or those of `parking_lot`.

use lock_api::{RawMutex, RawRwLock};

/// The three primitives of a [`SharedVmSpace`](super::SharedVmSpace).
///
/// A kernel implements it on a type without values, for its own locks:
///
/// ```
/// # #[cfg(feature = "parking_lot")] {
/// use growstack::shared::{EventCount, Locks};
///
/// /// Locks of parking_lot, as an example.
/// enum Mine {}
///
/// impl Locks for Mine {
///     type Process = parking_lot::RawMutex;
///     type Map = parking_lot::RawRwLock;
///     type Wait = EventCount;
/// }
/// # }
/// ```
pub trait Locks {
    /// The process lock: limits, tunables, and the growth of the main stack. Sleepable, for it is
    /// held while the map lock is waited for.
    type Process: RawMutex;
    /// The map lock. [Upgradable](super::SharedVmSpace::upgradable) and
    /// [downgrade](super::MapWriteGuard::downgrade) are there if it implements
    /// [`RawRwLockUpgrade`](lock_api::RawRwLockUpgrade) and
    /// [`RawRwLockDowngrade`](lock_api::RawRwLockDowngrade); no operation needs them.
    type Map: RawRwLock;
    /// Where operations wait for a wiring that is under way.
    type Wait: Wait;
}

/// Where threads sleep until something that they saw has changed.
///
/// A count of wake-ups, so that none is missed: a thread takes the ticket while it still holds the
/// lock under which it saw that it must wait, gives the lock up, and sleeps until the count is no
/// longer that of the ticket. A wake-up between the two lets it pass at once.
pub trait Wait: Default {
    /// The number of wake-ups so far, modulo the range of the type.
    fn ticket(&self) -> usize;
    /// Sleeps while [`ticket`](Self::ticket) gives this number. The caller holds no lock of
    /// the process.
    fn wait(&self, ticket: usize);
    /// Counts a wake-up and wakes every thread that waits.
    fn wake_all(&self);
}

/// The locks of [`parking_lot`].
///
/// They are fair in the long run: a thread that waits is given the lock in at most half a
/// millisecond of others' passing it by, and a waiting writer keeps new readers out. No thread
/// that panics poisons them.
#[cfg(feature = "parking_lot")]
#[derive(Clone, Copy, Debug)]
pub enum ParkingLot {}

#[cfg(feature = "parking_lot")]
impl Locks for ParkingLot {
    type Process = parking_lot::RawMutex;
    type Map = parking_lot::RawRwLock;
    type Wait = EventCount;
}

/// A [`Wait`] on a condition variable of [`parking_lot`].
#[cfg(feature = "parking_lot")]
#[derive(Debug, Default)]
pub struct EventCount {
    wakeups: parking_lot::Mutex<usize>,
    changed: parking_lot::Condvar,
}

#[cfg(feature = "parking_lot")]
impl Wait for EventCount {
    fn ticket(&self) -> usize {
        *self.wakeups.lock()
    }

    fn wait(&self, ticket: usize) {
        let mut wakeups = self.wakeups.lock();
        while *wakeups == ticket {
            self.changed.wait(&mut wakeups);
        }
    }

    fn wake_all(&self) {
        let mut wakeups = self.wakeups.lock();
        *wakeups = wakeups.wrapping_add(1);
        drop(wakeups);
        self.changed.notify_all();
    }
}
