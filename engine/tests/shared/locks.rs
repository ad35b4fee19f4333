//! What each call of a shared process takes, seen from outside.

use std::num::NonZeroU64;

use growstack::shared::{FaultPath, ParkingLot, SharedVmSpace};
use growstack::{
    Addr, Change, FindRequest, Growth, Limits, Mapping, Prot, Refusal, Size, StackRequest,
    StackTunables, VmMap, VmSpace,
};

const PAGE: u64 = 0x1000;
const TOP: u64 = 0x90_0000;

fn addr(n: u64) -> Addr {
    Addr::new(n)
}

/// One stack of 8 MiB that ends at `TOP`, with its topmost 128 KiB mapped.
fn with_stack(path: FaultPath) -> SharedVmSpace<ParkingLot> {
    let map = VmMap::new(addr(PAGE), addr(1 << 47));
    let process = VmSpace::new(map, Limits::default(), StackTunables::default());
    let shared = SharedVmSpace::with_path(process, path).unwrap();
    let (bottom, size) = (addr(0x10_0000), Size::new(0x80_0000));
    shared.stack(StackRequest::down(bottom, size), |_| ()).unwrap();
    shared
}

#[test]
fn a_mapped_fault_needs_no_process_lock() {
    let shared = with_stack(FaultPath::Locked);
    let held = shared.lock_process();
    assert_eq!(shared.grow(addr(TOP - 1), |_| ()), Ok(Growth::AlreadyMapped));
    drop(held);
}

#[test]
fn to_the_letter_a_mapped_fault_takes_the_process_lock() {
    let shared = with_stack(FaultPath::Letter);
    let held = shared.lock_process();
    std::thread::scope(|scope| {
        let (answer, answers) = std::sync::mpsc::channel();
        scope.spawn({
            let shared = &shared;
            move || answer.send(shared.grow(addr(TOP - 1), |_| ())).unwrap()
        });
        assert!(answers.try_recv().is_err());
        drop(held);
        assert_eq!(answers.recv(), Ok(Ok(Growth::AlreadyMapped)));
    });
}

#[test]
fn a_growth_holds_both_locks() {
    for path in [FaultPath::Letter, FaultPath::Locked] {
        let shared = with_stack(path);
        let mut reported = 0;
        let growth = shared.grow(addr(TOP - 0x2_0001), |_| {
            reported += 1;
            assert!(shared.try_lock_process().is_none());
            assert!(shared.try_read().is_none());
        });
        assert!(matches!(growth, Ok(Growth::Grown { .. })));
        assert_eq!(reported, 1);
        assert!(shared.try_lock_process().is_some() && shared.try_write().is_some());
    }
}

#[test]
fn a_fault_without_a_stack_takes_no_write_lock() {
    let shared = with_stack(FaultPath::Locked);
    let stamp = shared.read().timestamp();
    shared.insert(addr(TOP), addr(TOP + PAGE), Mapping::anonymous(Prot::RW), |_| ()).unwrap();
    assert_eq!(shared.read().timestamp(), stamp + 1);
    let reader = shared.read();
    assert_eq!(shared.grow(addr(TOP + PAGE), |_| ()), Ok(Growth::NoStack));
    drop(reader);
    assert_eq!(shared.read().timestamp(), stamp + 1);
}

#[test]
fn what_is_of_the_map_takes_no_process_lock() {
    let shared = with_stack(FaultPath::Letter);
    let held = shared.lock_process();
    let page = Mapping::anonymous(Prot::RW);
    shared.insert(addr(TOP), addr(TOP + PAGE), page, |_| ()).unwrap();
    assert!(shared.lookup(addr(TOP)).is_some());
    shared.remove(addr(TOP), addr(TOP + PAGE), |_| ()).unwrap();
    drop(held);
}

#[test]
fn a_guard_has_the_operations_of_the_map() {
    let shared = with_stack(FaultPath::Locked);
    let rw = Mapping::anonymous(Prot::RW);
    let mut writer = shared.write();
    let found = writer.find(FindRequest::any(addr(TOP), Size::PAGE), rw, |_| ()).unwrap();
    assert_eq!(found, addr(TOP));
    drop(writer);
    assert!(shared.check_protection(addr(TOP), addr(TOP + PAGE), Prot::READ));
    assert!(!shared.check_protection(addr(TOP), addr(TOP + PAGE), Prot::EXECUTE));
    assert!(!shared.check_protection(addr(TOP), addr(TOP + 2 * PAGE), Prot::READ));
    assert_eq!(shared.find_space(addr(TOP), Size::PAGE), Ok(addr(TOP + PAGE)));
}

#[test]
fn a_reader_keeps_writers_out_and_readers_in() {
    let shared = with_stack(FaultPath::Locked);
    let reader = shared.read();
    assert!(shared.try_read().is_some());
    assert!(shared.try_write().is_none());
    let upgradable = shared.try_upgradable().unwrap();
    assert!(shared.try_upgradable().is_none());
    let upgradable = upgradable.try_upgrade().unwrap_err();
    drop(reader);
    let writer = upgradable.try_upgrade().unwrap();
    assert!(shared.try_read().is_none());
    let reader = writer.downgrade();
    assert!(shared.try_read().is_some());
    assert_eq!(reader.len(), 1);
}

#[test]
fn an_upgrade_finds_the_map_as_it_was() {
    let shared = with_stack(FaultPath::Locked);
    let upgradable = shared.upgradable();
    let (stamp, place) = (upgradable.timestamp(), upgradable.find_space(addr(0), Size::pages(1)));
    let mut writer = upgradable.upgrade();
    assert_eq!(writer.timestamp(), stamp);
    let start = place.unwrap();
    writer.insert(start, addr(start.get() + PAGE), Mapping::anonymous(Prot::RW), |_| ()).unwrap();
    assert!(writer.timestamp() > stamp);
}

#[test]
fn several_operations_through_one_guard_are_one() {
    let shared = with_stack(FaultPath::Locked);
    let mut writer = shared.write();
    writer.remove(addr(0), addr(1 << 47), |_| ()).unwrap();
    assert!(shared.try_read().is_none());
    writer.insert(addr(PAGE), addr(2 * PAGE), Mapping::anonymous(Prot::READ), |_| ()).unwrap();
    drop(writer);
    assert_eq!(shared.lookup(addr(PAGE)).map(|entry| entry.prot), Some(Prot::READ));
}

#[test]
fn limits_are_read_and_written_as_one() {
    let shared = with_stack(FaultPath::Locked);
    let mut process = shared.lock_process();
    let limits = Limits { swap: Size::new(0x4_0000), ..process.limits() };
    process.set_limits(limits);
    drop(process);
    assert_eq!(shared.limits(), limits);
    assert_eq!(shared.read().swap_limit(), limits.swap);
    // 128 KiB are reserved already, and the step is as much.
    let _ = shared.grow(addr(TOP - 0x2_0001), |_| ()).unwrap();
    let refused = shared.grow(addr(TOP - 0x4_0001), |_| ());
    assert!(matches!(refused, Err(Refusal::Swap { .. })));
}

#[test]
fn a_map_that_shrinks_keeps_its_entries() {
    let shared = with_stack(FaultPath::Optimistic);
    for page in 0..1000 {
        let start = (1 << 30) + page * 2 * PAGE;
        let (start, end) = (addr(start), addr(start + PAGE));
        shared.insert(start, end, Mapping::anonymous(Prot::RW), drop).unwrap();
    }
    shared.remove(addr(1 << 30), addr((1 << 30) + 1900 * PAGE), drop).unwrap();
    let (memory, entries) = (shared.read().memory(), shared.read().to_string());
    let timestamp = shared.read().timestamp();
    shared.shrink().unwrap();
    assert!(shared.read().memory() < memory / 4 && shared.read().timestamp() > timestamp);
    assert_eq!(shared.read().to_string(), entries);
    assert!(shared.grow(addr(TOP - 0x2_0001), drop).unwrap().is_mapped());
}

#[test]
fn tunables_are_those_of_the_process() {
    let shared = with_stack(FaultPath::Locked);
    shared.set_sgrowsiz(NonZeroU64::new(0x2000).unwrap());
    shared.set_guard_page(true);
    shared.set_maxsaddr(addr(0));
    let expected = StackTunables {
        sgrowsiz: NonZeroU64::new(0x2000).unwrap(),
        guard_page: true,
        maxsaddr: addr(0),
    };
    assert_eq!((shared.tunables(), shared.lock_process().tunables()), (expected, expected));
    // Two pages, and they count for the main stack.
    let growth = shared.grow(addr(TOP - 0x2_0001), |_| ()).unwrap();
    assert_eq!((growth.added().unwrap().len(), shared.ssize()), (Size::pages(2), 2));
    shared.set_limits(Limits { stack: Size::pages(2), ..shared.limits() });
    let refused = shared.grow(addr(TOP - 0x2_2001), |_| ());
    assert!(matches!(refused, Err(Refusal::StackLimit { .. })), "{refused:?}");
}

#[test]
fn what_it_is_can_be_printed() {
    let shared = with_stack(FaultPath::Letter);
    assert_eq!(shared.path(), FaultPath::Letter);
    assert!(format!("{shared:?}").starts_with("SharedVmSpace { path: Letter"));
    assert!(format!("{:?}", shared.lock_process()).starts_with("ProcessGuard"));
    let map = shared.read();
    assert!(format!("{map:?}").contains("len: 1"), "{map:?}");
}

#[test]
fn a_new_image_and_back_to_one_thread() {
    let shared = with_stack(FaultPath::Locked);
    let most = Size::new(0x80_0000);
    let first = shared.exec(addr(TOP), most, Prot::RW, |_| ()).unwrap();
    assert_eq!((shared.ssize(), first.len()), (32, Size::new(0x2_0000)));
    let tunables = shared.tunables();
    assert_eq!(tunables.maxsaddr, addr(TOP).wrapping_back(most));
    // Its main stack grows, and that counts.
    let grown = shared.grow(addr(TOP - 0x2_0001), |_| ()).unwrap();
    let pages = grown.added().unwrap().len().get() / 0x1000;
    assert_eq!(shared.ssize(), 32 + pages);
    // One that is refused its stack leaves the tunables as they were.
    shared.set_limits(Limits { vmem: Size::ZERO, ..shared.limits() });
    let refused = shared.exec(addr(TOP - 0x1000), most, Prot::RW, |_| ());
    assert!(matches!(refused, Err(Refusal::StackVmem { .. })), "{refused:?}");
    assert_eq!(shared.tunables(), tunables);
    shared.set_limits(Limits::default());
    shared.exec(addr(TOP), most, Prot::RW, |_| ()).unwrap();
    let process = shared.into_inner();
    assert_eq!((process.ssize(), process.map().len()), (32, 1));
    assert_eq!(process.tunables(), tunables);
    process.map().check_index().unwrap();
}

#[test]
fn a_panic_while_changes_are_reported_leaves_no_lock_held() {
    let shared = with_stack(FaultPath::Locked);
    let fault = addr(TOP - 0x2_0001);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = shared.grow(fault, |_: Change| panic!("the kernel's own"));
    }));
    assert!(panicked.is_err());
    shared.read().check_index().unwrap();
    // The growth stands.
    assert_eq!(shared.grow(fault, |_| ()), Ok(Growth::AlreadyMapped));
    let process = shared.into_inner();
    process.map().check_index().unwrap();
    assert!(process.map().contains(fault));
}

#[test]
fn every_thread_grows_the_stack_it_faults_on() {
    let shared = with_stack(FaultPath::Locked);
    let mapped: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let shared = &shared;
                scope.spawn(move || {
                    let mut mapped = 0;
                    for step in 0..0x7e {
                        let fault = addr(TOP - 0x2_0001 - 0x1_0000 * step - thread);
                        let growth = shared.grow(fault, |_| ()).unwrap();
                        mapped += growth.added().map_or(0, |added| added.len().get());
                        assert!(growth.is_mapped());
                    }
                    mapped
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    // Nothing was mapped twice.
    assert_eq!(shared.read().size().get(), mapped + 0x2_0000);
    shared.read().check_index().unwrap();
}
