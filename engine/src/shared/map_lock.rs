//! The map lock: read, upgradable and write modes, and the timestamp that changes with the map.

use core::ops::Deref;

use lock_api::{
    RawRwLock, RawRwLockDowngrade, RawRwLockUpgrade, RwLockReadGuard, RwLockUpgradableReadGuard,
    RwLockWriteGuard,
};

use super::transition::{Stretch, Transitions};
use super::view::{Publication, Publisher, Room, View};
use super::{Locks, SharedVmSpace, Wait};
use crate::flags::EntryFlags;
use crate::map::{SharedKernel, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;

/// What the map lock guards. It begins with what a growth writes, which [`SharedVmSpace`] has in one
/// cache line.
#[repr(C)]
pub(super) struct Guarded<O: Objects, K: SharedKernel, const B: usize> {
    /// Goes up by one whenever the map may have changed. 64 bits: it does not come round.
    timestamp: u64,
    map: VmMap<O, K, B>,
    pub(super) transitions: Transitions,
    publisher: Publisher,
}

impl<O: Objects, K: SharedKernel, const B: usize> Guarded<O, K, B> {
    pub(super) fn new(map: VmMap<O, K, B>, room: Room) -> Self {
        let (transitions, publisher) = (Transitions::default(), Publisher::new(room));
        Self { map, timestamp: 0, transitions, publisher }
    }

    pub(super) fn into_map(self) -> VmMap<O, K, B> {
        self.map
    }

    pub(super) const fn map(&self) -> &VmMap<O, K, B> {
        &self.map
    }

    pub(super) const fn timestamp(&self) -> u64 {
        self.timestamp
    }

    /// The map, to be changed, and the view of it, to follow. There is no other way to the map, so
    /// that none leaves the timestamp out.
    pub(super) const fn edit<'a>(
        &'a mut self,
        view: &'a View,
    ) -> (&'a mut VmMap<O, K, B>, Publication<'a>) {
        self.timestamp = self.timestamp.wrapping_add(1);
        (&mut self.map, Publication::new(view, &mut self.publisher))
    }

    /// Changes what no address's protection depends on.
    pub(super) fn edit_unseen<T>(&mut self, edit: impl FnOnce(&mut VmMap<O, K, B>) -> T) -> T {
        self.timestamp = self.timestamp.wrapping_add(1);
        edit(&mut self.map)
    }

    /// Makes the view from the map.
    pub(super) fn publish(&mut self, view: &View) -> Result<(), Refusal> {
        // A guard is as good as unmapped to a fault: no change reports it either.
        let entries = self.map.entries().filter(|entry| !entry.flags.contains(EntryFlags::GUARD));
        self.publisher.publish(view, entries)
    }

    /// Makes nodes available to the map and to its view.
    pub(super) fn reserve_nodes(&mut self, view: &View, n: usize) -> Result<(), Refusal> {
        self.map.reserve_nodes(n)?;
        if !self.publisher.is_on() {
            self.publish(view)?;
        }
        self.publisher.reserve(view, n)
    }
}

type Read<'a, L, O, K, const B: usize> = RwLockReadGuard<'a, <L as Locks>::Map, Guarded<O, K, B>>;
pub(super) type Write<'a, L, O, K, const B: usize> =
    RwLockWriteGuard<'a, <L as Locks>::Map, Guarded<O, K, B>>;

/// The map, held to read: it does not change, and others may read it too.
///
/// It is a [`VmMap`] to look at. A thread that holds it must not call anything of the same process
/// that takes a lock: a writer that waits in between would block both for good.
#[must_use]
pub struct MapReadGuard<'a, L: Locks, O: Objects, K: SharedKernel, const B: usize> {
    guard: Read<'a, L, O, K, B>,
}

/// The map, held to read by any number and upgradable by this thread alone.
#[must_use]
pub struct MapUpgradableGuard<
    'a,
    L: Locks<Map: RawRwLockUpgrade>,
    O: Objects,
    K: SharedKernel,
    const B: usize,
> {
    shared: &'a SharedVmSpace<L, O, K, B>,
    guard: RwLockUpgradableReadGuard<'a, L::Map, Guarded<O, K, B>>,
}

/// The map, held to write: nobody else has it, and no wiring is under way.
///
/// Several operations through one guard are one to all who take a lock. Who asks for a
/// [protection](SharedVmSpace::protection) without one sees them one by one.
#[must_use]
pub struct MapWriteGuard<'a, L: Locks, O: Objects, K: SharedKernel, const B: usize> {
    pub(super) shared: &'a SharedVmSpace<L, O, K, B>,
    pub(super) guard: Write<'a, L, O, K, B>,
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {
    /// Holds the map to read.
    pub fn read(&self) -> MapReadGuard<'_, L, O, K, B> {
        MapReadGuard { guard: self.map.read() }
    }

    /// Holds the map to read, unless that would mean to wait.
    pub fn try_read(&self) -> Option<MapReadGuard<'_, L, O, K, B>> {
        self.map.try_read().map(|guard| MapReadGuard { guard })
    }

    /// Holds the map to write. Waits until no wiring is under way.
    pub fn write(&self) -> MapWriteGuard<'_, L, O, K, B> {
        self.write_clear_of(|_| Stretch::ALL)
    }

    /// Holds the map to write, unless that would mean to wait, be it for a wiring.
    pub fn try_write(&self) -> Option<MapWriteGuard<'_, L, O, K, B>> {
        let guard = self.map.try_write()?;
        guard.transitions.is_empty().then_some(MapWriteGuard { shared: self, guard })
    }

    /// Holds the map to write while nothing of a range is in transition. `range` is asked again after
    /// each wait, since the map may have changed.
    pub(super) fn write_clear_of(
        &self,
        range: impl Fn(&Guarded<O, K, B>) -> Stretch,
    ) -> MapWriteGuard<'_, L, O, K, B> {
        loop {
            let guard = self.map.write();
            if guard.transitions.clear_of(range(&guard)) {
                return MapWriteGuard { shared: self, guard };
            }
            self.wait_for_transition(guard);
        }
    }

    /// Gives the map lock up and sleeps until some wiring has ended.
    pub(super) fn wait_for_transition(&self, mut guard: Write<'_, L, O, K, B>) {
        guard.transitions.note_waiter();
        // Taken under the lock: no wiring can end before.
        let ticket = self.wait.ticket();
        drop(guard);
        self.wait.wait(ticket);
    }
}

impl<L: Locks<Map: RawRwLockUpgrade>, O: Objects, K: SharedKernel, const B: usize>
    SharedVmSpace<L, O, K, B>
{
    /// Holds the map to read, and keeps all others from changing it, so that what was seen still
    /// holds once the guard is [upgraded](MapUpgradableGuard::upgrade). Waits until no wiring is
    /// under way.
    pub fn upgradable(&self) -> MapUpgradableGuard<'_, L, O, K, B> {
        loop {
            let guard = self.map.upgradable_read();
            if guard.transitions.is_empty() {
                return MapUpgradableGuard { shared: self, guard };
            }
            self.wait_for_transition(RwLockUpgradableReadGuard::upgrade(guard));
        }
    }

    /// The same, unless that would mean to wait.
    pub fn try_upgradable(&self) -> Option<MapUpgradableGuard<'_, L, O, K, B>> {
        let guard = self.map.try_upgradable_read()?;
        guard.transitions.is_empty().then_some(MapUpgradableGuard { shared: self, guard })
    }
}

impl<'a, L: Locks<Map: RawRwLockUpgrade>, O: Objects, K: SharedKernel, const B: usize>
    MapUpgradableGuard<'a, L, O, K, B>
{
    /// Holds the map to write once all who read it are gone. It has not changed in between.
    pub fn upgrade(self) -> MapWriteGuard<'a, L, O, K, B> {
        let guard = RwLockUpgradableReadGuard::upgrade(self.guard);
        MapWriteGuard { shared: self.shared, guard }
    }

    /// The same at once, or not at all.
    ///
    /// # Errors
    ///
    /// The guard as it was, if somebody reads the map.
    pub fn try_upgrade(self) -> Result<MapWriteGuard<'a, L, O, K, B>, Self> {
        let shared = self.shared;
        match RwLockUpgradableReadGuard::try_upgrade(self.guard) {
            Ok(guard) => Ok(MapWriteGuard { shared, guard }),
            Err(guard) => Err(Self { shared, guard }),
        }
    }
}

impl<'a, L: Locks<Map: RawRwLockDowngrade>, O: Objects, K: SharedKernel, const B: usize>
    MapWriteGuard<'a, L, O, K, B>
{
    /// Goes on to hold the map to read; nobody changes it in between.
    pub fn downgrade(self) -> MapReadGuard<'a, L, O, K, B> {
        MapReadGuard { guard: RwLockWriteGuard::downgrade(self.guard) }
    }
}

/// What all three modes have: the map to look at, and the timestamp.
macro_rules! looks_at_map {
    ($($guard:ident: $bound:ident),*) => {$(
        impl<L: Locks<Map: $bound>, O: Objects, K: SharedKernel, const B: usize> $guard<'_, L, O, K, B> {
            /// Goes up whenever the map may have changed. Who gives a lock up and takes it again
            /// knows by it whether what was seen still holds.
            #[must_use]
            pub fn timestamp(&self) -> u64 {
                self.guard.timestamp()
            }
        }

        impl<L: Locks<Map: $bound>, O: Objects, K: SharedKernel, const B: usize> Deref for $guard<'_, L, O, K, B> {
            type Target = VmMap<O, K, B>;

            fn deref(&self) -> &VmMap<O, K, B> {
                self.guard.map()
            }
        }

        impl<L: Locks<Map: $bound>, O: Objects, K: SharedKernel, const B: usize> core::fmt::Debug for $guard<'_, L, O, K, B> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let guard = &*self.guard;
                f.debug_struct(stringify!($guard))
                    .field("timestamp", &guard.timestamp())
                    .field("len", &guard.map().tree.len())
                    .finish_non_exhaustive()
            }
        }
    )*};
}

looks_at_map!(MapReadGuard: RawRwLock, MapUpgradableGuard: RawRwLockUpgrade, MapWriteGuard: RawRwLock);
