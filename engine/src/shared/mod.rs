//! One process for many threads: [`SharedVmSpace`].
//!
//! [The protocols as a whole](https://github.com/growstack/growstack/blob/main/docs/threads.md), with
//! their evidence, are a page of their own. In short:
//!
//! - The **process lock** guards limits, tunables and `ssize`; the **map lock** guards the map. The
//!   process lock is taken first. No other lock is taken under the map lock.
//! - `stack`, `grow`, `exec` and what reads or sets limits hold the process lock for their
//!   duration, as `vm_map_stack(9)` says. The one exception is a `grow` that finds its address
//!   mapped ([`FaultPath`]).
//! - What belongs to `vm_map(9)` takes the map lock alone, to read or to write.
//! - [`protection`](SharedVmSpace::protection), and with it the fault on a mapped address, takes no
//!   lock and writes nothing that another thread reads.
//! - A wiring marks its range as in transition and calls the kernel with no lock held; a thread that would
//!   change that range waits.

mod apart;
mod fault;
mod locks;
mod map_lock;
mod operations;
mod placing;
mod process_lock;
mod protection;
mod settings;
mod sync;
mod transition;
mod view;
mod wire;

pub use fault::FaultPath;
#[cfg(feature = "parking_lot")]
pub use locks::{EventCount, ParkingLot};
pub use locks::{Locks, Wait};
pub use map_lock::{MapReadGuard, MapUpgradableGuard, MapWriteGuard};
pub use process_lock::ProcessGuard;
pub use protection::Raced;
pub use wire::WireError;

use lock_api::{Mutex, RwLock};

use crate::map::{Freebsd9, SharedKernel, StackState};
use crate::objects::{Objects, Plain};
use crate::refusal::Refusal;
use crate::vm_space::VmSpace;
use apart::Apart;
use map_lock::Guarded;
use view::{Room, View};

/// A [`VmSpace`] that many threads use at once.
///
/// Every method takes `&self`. Each operation has the answer that it would have on a [`VmSpace`]
/// that one thread uses, and takes effect at one moment between its call and its return.
///
/// `L` is the [locks](Locks); with the feature `parking_lot` there is `ParkingLot`. `O`, `K` and `B` are those
/// of [`VmMap`](crate::VmMap): the objects, the kernel whose rules the process follows, and the width of a
/// node.
///
/// An operation on a range is one to all others: a fault on a mapped address may wait for another
/// thread's that changes protections or removes memory, the longer the more entries are in its range. A
/// kernel that changes a hundred thousand entries at a time does it range by range.
///
/// Closures that operations tell their [changes](crate::Change) to are called with the map lock
/// held to write, so that page tables change in the order in which the map does. They must not call
/// anything of the same process.
///
/// ```
/// # #[cfg(feature = "parking_lot")] fn main() -> Result<(), growstack::Refusal> {
/// use growstack::shared::{ParkingLot, SharedVmSpace};
/// use growstack::{Addr, Growth, Size, StackRequest, VmMap, VmSpace};
///
/// let map = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000_0000));
/// let process = VmSpace::new(map, Default::default(), Default::default());
/// let shared: SharedVmSpace<ParkingLot> = SharedVmSpace::new(process)?;
/// shared.stack(StackRequest::down(Addr::new(0x10_0000), Size::new(0x80_0000)), |_| ())?;
/// std::thread::scope(|scope| {
///     for page in 1..=4 {
///         let fault = Addr::new(0x90_0000 - 0x1_0000 * page);
///         scope.spawn({ let shared = &shared; move || shared.grow(fault, |_| ()) });
///     }
/// });
/// assert_eq!(shared.grow(Addr::new(0x8f_fff8), |_| ())?, Growth::AlreadyMapped);
/// # Ok(()) }
/// # #[cfg(not(feature = "parking_lot"))] fn main() {}
/// ```
// In this order: the words that a growth writes, which go from core to core with it, lie in one
// cache line, and nothing else that a fault looks at lies in it.
#[repr(C)]
pub struct SharedVmSpace<
    L: Locks,
    O: Objects = Plain,
    K: SharedKernel = Freebsd9,
    const B: usize = 16,
> {
    /// Begins and ends with a cache line.
    view: View,
    /// Guards all of a process but its map. It is apart, or it would part the words of the locks.
    process: Mutex<L::Process, Apart<StackState<K>>>,
    /// Begins with what a growth writes.
    map: RwLock<L::Map, Guarded<O, K, B>>,
    wait: L::Wait,
    path: FaultPath,
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> SharedVmSpace<L, O, K, B> {
    /// Shares a process, with [`FaultPath::default`].
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] if there is no memory.
    pub fn new(space: VmSpace<O, K, B>) -> Result<Self, Refusal> {
        Self::with_path(space, FaultPath::default())
    }

    /// Shares a process, and says what a fault takes that finds its address mapped.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] if there is no memory.
    pub fn with_path(space: VmSpace<O, K, B>, path: FaultPath) -> Result<Self, Refusal> {
        Self::with_room(space, path, Room::WHOLE)
    }

    /// The same with so little in a node of the published view that few entries make several levels
    /// of it. For tests: it is slower, and answers nothing else.
    #[doc(hidden)]
    pub fn with_narrow_view(space: VmSpace<O, K, B>, path: FaultPath) -> Result<Self, Refusal> {
        Self::with_room(space, path, Room::NARROW)
    }

    fn with_room(space: VmSpace<O, K, B>, path: FaultPath, room: Room) -> Result<Self, Refusal> {
        let VmSpace { map, state } = space;
        let (view, mut map) = (View::new()?, Guarded::new(map, room));
        let state = Apart::new(state)?;
        map.publish(&view)?;
        Ok(Self {
            process: Mutex::new(state),
            map: RwLock::new(map),
            wait: L::Wait::default(),
            view,
            path,
        })
    }

    /// What a fault takes that finds its address mapped.
    #[must_use]
    pub const fn path(&self) -> FaultPath {
        self.path
    }

    /// The process, for one thread again.
    #[must_use]
    pub fn into_inner(self) -> VmSpace<O, K, B> {
        VmSpace { map: self.map.into_inner().into_map(), state: *self.process.into_inner() }
    }
}

impl<L: Locks, O: Objects, K: SharedKernel, const B: usize> core::fmt::Debug
    for SharedVmSpace<L, O, K, B>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SharedVmSpace").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "parking_lot", not(loom)))]
mod tests {
    use core::ptr::from_ref;

    use super::*;
    use crate::map::VmMap;
    use crate::num::Addr;

    #[test]
    fn what_a_growth_writes_lies_in_one_cache_line() {
        let map = VmMap::new(Addr::new(0x1000), Addr::new(0x9000));
        let process = VmSpace::new(map, Default::default(), Default::default());
        let shared = SharedVmSpace::<ParkingLot>::new(process).expect("memory");
        let (process, lock) = (from_ref(&shared.process).addr(), from_ref(&shared.map).addr());
        let guard = shared.map.read();
        let (timestamp, map) = (from_ref(&*guard).addr(), guard.map());
        let (size, charged) = (from_ref(&map.size).addr(), from_ref(&map.objects).addr());
        let entries = from_ref(&map.tree).addr();
        let lines = [process, lock, timestamp, size, charged, entries].map(|word| word / 64);
        assert_eq!(lines, [process / 64; 6]);
        let view = from_ref(&shared.view).addr();
        let looked_at = [view, view + size_of::<View>() - 1, from_ref(&shared.path).addr()];
        assert!(looked_at.iter().all(|byte| byte / 64 != process / 64));
    }
}
