//! Wiring while other threads are at work: the window in which no lock is held.

use std::cell::RefCell;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use growstack::shared::{EventCount, Locks, ParkingLot, SharedVmSpace, Wait, WireError};
use growstack::{
    Addr, AddrRange, Change, FindRequest, Holes, Limits, MapFlags, Mapping, Prot, ProtectWhat,
    Refusal, Size, StackRequest, StackTunables, VmMap, VmSpace, Wiring,
};

type Shared = SharedVmSpace<ParkingLot>;

fn page(n: u64) -> Addr {
    Addr::new(n * 0x1000)
}

fn pages(from: u64, to: u64) -> AddrRange {
    AddrRange::new(page(from), page(to)).unwrap()
}

/// Pages 1 to 8 mapped, readable and writable, but for page 5.
fn mapped<L: Locks>() -> SharedVmSpace<L> {
    let map = VmMap::new(page(1), page(100));
    let process = VmSpace::new(map, Limits::default(), StackTunables::default());
    let shared = SharedVmSpace::new(process).unwrap();
    for (start, end) in [(1, 5), (6, 8)] {
        let anonymous = Mapping::anonymous(Prot::RW);
        shared.insert(page(start), page(end), anonymous, |_| ()).unwrap();
    }
    shared
}

fn wire(
    shared: &Shared,
    range: AddrRange,
    holes: Holes,
    fault_in: impl FnMut(AddrRange, Prot) -> Result<(), ()>,
) -> Result<(), WireError<()>> {
    shared.wire(range.start(), range.end(), Wiring::User, holes, fault_in, |_| ())
}

#[test]
fn each_stretch_without_a_wiring_is_faulted_in() {
    let shared = mapped();
    wire(&shared, pages(2, 3), Holes::Refused, |_, _| Ok(())).unwrap();
    let mut faulted = Vec::new();
    wire(&shared, pages(1, 7), Holes::Allowed, |range, prot| {
        faulted.push((range, prot));
        Ok(())
    })
    .unwrap();
    let expected = [pages(1, 2), pages(3, 5), pages(6, 7)].map(|range| (range, Prot::RW));
    assert_eq!(faulted, expected);
    assert_eq!(shared.read().wired_pages(), 5);
}

#[test]
fn a_refused_wiring_faults_nothing_in() {
    let shared = mapped();
    let refused = wire(&shared, pages(1, 7), Holes::Refused, |_, _| panic!("page 5 is a hole"));
    assert_eq!(refused, Err(WireError::Refused(Refusal::Hole { at: page(5) })));
}

#[test]
fn what_may_not_be_touched_is_passed_over_if_holes_may_be() {
    let shared: Shared = mapped();
    shared.protect(page(2), page(3), Prot::NONE, ProtectWhat::Current, |_| ()).unwrap();
    let refused = wire(&shared, pages(1, 4), Holes::Refused, |_, _| panic!("page 2 is barred"));
    assert!(matches!(refused, Err(WireError::Refused(_))), "{refused:?}");
    let mut faulted = Vec::new();
    wire(&shared, pages(1, 4), Holes::Allowed, |range, _| {
        faulted.push(range);
        Ok(())
    })
    .unwrap();
    assert_eq!(faulted, [pages(1, 2), pages(3, 4)]);
    assert_eq!(shared.read().wired_pages(), 2);
}

#[test]
fn what_begins_where_the_range_ends_is_no_part_of_it() {
    let shared: Shared = mapped();
    shared.protect(page(3), page(5), Prot::NONE, ProtectWhat::Current, |_| ()).unwrap();
    let mut faulted = Vec::new();
    wire(&shared, pages(1, 3), Holes::Refused, |range, _| {
        faulted.push(range);
        Ok(())
    })
    .unwrap();
    assert_eq!(faulted, [pages(1, 3)]);
}

#[test]
fn no_lock_is_held_while_pages_are_faulted_in() {
    let shared = mapped();
    shared.set_sgrowsiz(NonZeroU64::new(0x1000).unwrap());
    let down = MapFlags::GROWS_DOWN;
    shared.stack(StackRequest::new(page(50), Size::pages(8), down), |_| ()).unwrap();
    wire(&shared, pages(1, 3), Holes::Refused, |_, _| {
        assert!(shared.try_read().is_some() && shared.try_lock_process().is_some());
        assert_eq!(shared.lookup(page(1)).map(|entry| entry.wired), Some(0));
        // What is not of the range goes on.
        shared.remove(page(6), page(7), |_| ()).unwrap();
        let _ = shared.grow(page(56), |_| ()).unwrap();
        // Of whom it is not known what he is about to do, he is kept out.
        assert!(shared.try_write().is_none() && shared.try_upgradable().is_none());
        Ok(())
    })
    .unwrap();
    assert_eq!(shared.lookup(page(1)).map(|entry| entry.wired), Some(1));
    assert!(shared.try_write().is_some());
}

/// Carries out what must wait for a wiring of pages 1 to 7, holes included, from another thread
/// in the midst of it.
fn waits(operation: impl Fn(&Shared) + Sync) {
    let shared: Shared = mapped();
    let order = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let mut other = None;
        let fault_in = |range: AddrRange, _| -> Result<(), ()> {
            if range == pages(1, 5) {
                let (started, starts) = channel();
                let (shared, order, operation) = (&shared, &order, &operation);
                other = Some(scope.spawn(move || {
                    started.send(()).unwrap();
                    operation(shared);
                    order.lock().unwrap().push("operation");
                }));
                starts.recv().unwrap();
                // It could run ahead now, were it not kept from it.
                std::thread::yield_now();
            }
            assert!(shared.read().contains(page(1)) && !shared.read().contains(page(5)));
            Ok(())
        };
        let tell = |change: Change| {
            assert!(matches!(change, Change::Wired(_)));
            order.lock().unwrap().push("wired");
        };
        let (start, end) = (page(1), page(7));
        shared.wire(start, end, Wiring::User, Holes::Allowed, fault_in, tell).unwrap();
        other.unwrap().join().unwrap();
    });
    assert_eq!(*order.lock().unwrap(), ["wired", "wired", "operation"]);
}

#[test]
fn what_would_change_the_range_waits() {
    waits(|shared| shared.remove(page(2), page(3), |_| ()).unwrap());
    waits(|shared| {
        shared.protect(page(4), page(9), Prot::READ, ProtectWhat::Current, |_| ()).unwrap();
    });
    waits(|shared| shared.unwire(page(1), page(2), Wiring::User, Holes::Refused, |_| ()).unwrap());
    waits(|shared| wire(shared, pages(2, 3), Holes::Refused, |_, _| panic!("resident")).unwrap());
    // A hole is part of the range too.
    let anonymous = Mapping::anonymous(Prot::RW);
    waits(|shared| shared.insert(page(5), page(6), anonymous, |_| ()).unwrap());
    waits(|shared| drop(shared.write()));
    waits(|shared| drop(shared.upgradable()));
}

#[test]
fn a_search_for_space_waits_for_the_hole_that_it_ends_in() {
    let shared: Shared = mapped();
    std::thread::scope(|scope| {
        let mut other = None;
        let fault_in = |_, _| -> Result<(), ()> {
            other.get_or_insert_with(|| {
                let (started, starts) = channel();
                let shared = &shared;
                let searching = scope.spawn(move || {
                    started.send(()).unwrap();
                    let one = Size::PAGE;
                    let mapping = Mapping::anonymous(Prot::RW);
                    shared.find(FindRequest::any(page(1), one), mapping, |_| ())
                });
                starts.recv().unwrap();
                searching
            });
            (0..100).for_each(|_| std::thread::yield_now());
            assert!(!shared.read().contains(page(5)));
            Ok(())
        };
        wire(&shared, pages(3, 7), Holes::Allowed, fault_in).unwrap();
        assert_eq!(other.unwrap().join().unwrap(), Ok(page(5)));
    });
}

#[test]
fn a_fault_that_cannot_be_served_leaves_all_as_it_was() {
    let shared = mapped();
    let faults = RefCell::new(0);
    let failed = wire(&shared, pages(1, 7), Holes::Allowed, |_, _| {
        *faults.borrow_mut() += 1;
        if *faults.borrow() == 2 { Err(()) } else { Ok(()) }
    });
    assert_eq!((failed, shared.read().wired_pages()), (Err(WireError::Fault(())), 0));
    assert!(shared.try_write().is_some());
}

#[test]
fn a_panic_while_pages_are_faulted_in_ends_the_transition() {
    let shared = mapped();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = wire(&shared, pages(1, 3), Holes::Refused, |_, _| panic!("the kernel's own"));
    }));
    assert!(panicked.is_err());
    assert_eq!(shared.remove(page(1), page(3), |_| ()), Ok(()));
}

/// The sleep of parking_lot, counted.
#[derive(Default)]
struct Counted(EventCount);

static SLEEPS: AtomicUsize = AtomicUsize::new(0);

impl Wait for Counted {
    fn ticket(&self) -> usize {
        self.0.ticket()
    }

    fn wait(&self, ticket: usize) {
        SLEEPS.fetch_add(1, Ordering::SeqCst);
        self.0.wait(ticket);
    }

    fn wake_all(&self) {
        self.0.wake_all();
    }
}

enum Counting {}

impl Locks for Counting {
    type Process = parking_lot::RawMutex;
    type Map = parking_lot::RawRwLock;
    type Wait = Counted;
}

#[test]
fn who_waits_sleeps_until_the_wiring_ends() {
    let shared: SharedVmSpace<Counting> = mapped();
    for round in 1..=2 {
        std::thread::scope(|scope| {
            let fault_in = |_, _| -> Result<(), ()> {
                scope.spawn(|| {
                    shared.protect(page(1), page(3), Prot::RW, ProtectWhat::Current, |_| ())
                });
                while SLEEPS.load(Ordering::SeqCst) < round {
                    std::thread::yield_now();
                }
                // Were it not asleep it would be back here by now.
                (0..100).for_each(|_| std::thread::yield_now());
                Ok(())
            };
            let (start, end) = (page(1), page(3));
            shared.wire(start, end, Wiring::User, Holes::Refused, fault_in, |_| ()).unwrap();
        });
        assert_eq!(SLEEPS.load(Ordering::SeqCst), round);
        shared.unwire(page(1), page(3), Wiring::User, Holes::Refused, |_| ()).unwrap();
    }
}

#[test]
fn an_error_tells_what_it_is_about() {
    let refused: WireError<u8> = Refusal::OutOfNodes.into();
    assert_eq!(refused.to_string(), Refusal::OutOfNodes.to_string());
    assert_eq!(WireError::Fault(7).to_string(), "a page could not be made resident: 7");
}
