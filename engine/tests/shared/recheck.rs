//! What comes between two holds of the map lock: locks that call the test just before they are
//! taken to write make it happen, on one thread, every time.

use std::cell::{Cell, RefCell};
use std::num::NonZeroU64;
use std::rc::Rc;

use growstack::shared::{EventCount, FaultPath, Locks, SharedVmSpace};
use growstack::{
    Addr, Growth, Limits, Mapping, Prot, Size, StackRequest, StackTunables, VmMap, VmSpace,
};
use lock_api::RawRwLock;

const PAGE: u64 = 0x1000;

thread_local! {
    /// Called once, before the next lock to write is taken.
    static BETWEEN: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    /// How often the lock was taken to read, and to write.
    static TAKEN: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

struct Interrupted(parking_lot::RawRwLock);

// SAFETY: Every call goes to the inner lock, which keeps the contract.
unsafe impl RawRwLock for Interrupted {
    const INIT: Self = Self(parking_lot::RawRwLock::INIT);
    type GuardMarker = <parking_lot::RawRwLock as RawRwLock>::GuardMarker;

    fn lock_shared(&self) {
        TAKEN.set((TAKEN.get().0 + 1, TAKEN.get().1));
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
        if let Some(between) = BETWEEN.take() {
            between();
        }
        TAKEN.set((TAKEN.get().0, TAKEN.get().1 + 1));
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

enum Interrupting {}

impl Locks for Interrupting {
    type Process = parking_lot::RawMutex;
    type Map = Interrupted;
    type Wait = EventCount;
}

type Shared = SharedVmSpace<Interrupting, growstack::Plain, growstack::Freebsd9, 4>;

fn page(n: u64) -> Addr {
    Addr::new(n * PAGE)
}

/// Entries of a page each, and above them a stack from page 100 to 101 that may grow down to 95.
fn shared(pages: &[u64], path: FaultPath) -> Rc<Shared> {
    let mut map = VmMap::with_width(page(1), page(1 << 20), Default::default());
    for &at in pages {
        map.insert(page(at), page(at + 1), Mapping::anonymous(Prot::RW), |_| ()).unwrap();
    }
    let tunables =
        StackTunables { sgrowsiz: NonZeroU64::new(0x1000).unwrap(), ..StackTunables::default() };
    let mut process = VmSpace::new(map, Limits::UNLIMITED, tunables);
    let (bottom, size) = (page(95), Size::pages(6));
    process.stack(StackRequest::down(bottom, size), |_| ()).unwrap();
    Rc::new(SharedVmSpace::with_path(process, path).unwrap())
}

/// Faults in a page, while `between` happens before the map is held to write.
fn fault(shared: &Rc<Shared>, at: u64, between: impl FnOnce(&Shared) + 'static) -> Growth {
    let other = shared.clone();
    BETWEEN.set(Some(Box::new(move || between(&other))));
    let growth = shared.grow(page(at), |_| ()).unwrap();
    assert!(BETWEEN.take().is_none(), "the map was not held to write");
    growth
}

#[test]
fn a_growth_looks_again_if_the_map_changed() {
    for path in [FaultPath::Letter, FaultPath::Locked, FaultPath::Optimistic] {
        // Five entries are two nodes of width 4, so that the stack's own place moves.
        let shared = shared(&[80, 82, 84, 93], path);
        let growth = fault(&shared, 99, |shared| {
            shared.remove(page(80), page(94), |_| ()).unwrap();
        });
        assert!(matches!(growth, Growth::Grown { .. }), "{growth:?}");
        assert!(shared.read().contains(page(99)));
        assert_eq!(shared.read().size(), Size::pages(2));
        shared.read().check_index().unwrap();
    }
}

#[test]
fn a_growth_finds_mapped_what_another_one_mapped() {
    for path in [FaultPath::Locked, FaultPath::Optimistic] {
        let shared = shared(&[80], path);
        let growth = fault(&shared, 99, |shared| {
            let mapping = Mapping::anonymous(Prot::RX);
            shared.insert(page(99), page(100), mapping, |_| ()).unwrap();
        });
        assert_eq!(growth, Growth::AlreadyMapped, "{path:?}");
        assert_eq!(shared.protection(page(99)), Some(Prot::RX));
    }
}

#[test]
fn a_growth_does_without_a_stack_that_went() {
    for path in [FaultPath::Locked, FaultPath::Optimistic] {
        let shared = shared(&[80], path);
        let growth = fault(&shared, 99, |shared| {
            shared.remove(page(100), page(101), |_| ()).unwrap();
        });
        assert_eq!(growth, Growth::NoStack, "{path:?}");
        assert_eq!(shared.read().size(), Size::PAGE);
    }
}

#[test]
fn a_growth_looks_up_before_it_writes_only_where_somebody_may_read() {
    for (path, taken) in [
        (FaultPath::Letter, (1, 1)),
        (FaultPath::Locked, (2, 1)), // to see that the address is not mapped, and to look up
        (FaultPath::Optimistic, (0, 1)),
    ] {
        let shared = shared(&[80], path);
        TAKEN.set((0, 0));
        let _ = shared.grow(page(99), |_| ()).unwrap();
        assert_eq!(TAKEN.get(), taken, "{path:?}");
    }
}
