//! The published view: what is asked of it with every lock held by somebody, and without memory.

use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::allocator::{allocations, rationed};
use growstack::shared::{ParkingLot, Raced, SharedVmSpace};
use growstack::{
    Addr, Growth, Limits, Mapping, Prot, ProtectWhat, Size, StackRequest, StackTunables, VmMap,
    VmSpace,
};

const PAGE: u64 = 0x1000;
const TOP: u64 = 0x4000_0000;

fn addr(n: u64) -> Addr {
    Addr::new(n)
}

/// A stack of 512 MiB that ends at `TOP`, grows by a page, and has one page mapped.
fn with_stack() -> SharedVmSpace<ParkingLot> {
    let map = VmMap::new(addr(PAGE), addr(1 << 47));
    let tunables =
        StackTunables { sgrowsiz: NonZeroU64::new(0x1000).unwrap(), ..StackTunables::default() };
    let process = VmSpace::new(map, Limits::default(), tunables);
    let shared = SharedVmSpace::new(process).unwrap();
    let (bottom, size) = (addr(TOP - 0x2000_0000), Size::new(0x2000_0000));
    shared.stack(StackRequest::down(bottom, size), |_| ()).unwrap();
    shared
}

/// Does the view say of every boundary what the map says?
fn agree(shared: &SharedVmSpace<ParkingLot>) {
    let map = shared.read();
    for entry in map.entries() {
        let (start, end) = (entry.range.start().get(), entry.range.end().get());
        for at in [start - 1, start, end - 1, end].map(addr) {
            assert_eq!(shared.try_protection(at), Ok(map.mapped(at).map(|(_, prot)| prot)));
        }
    }
}

#[test]
fn a_mapped_fault_takes_no_lock() {
    let shared = with_stack();
    let (process, map) = (shared.lock_process(), shared.write());
    assert_eq!(shared.grow(addr(TOP - 1), |_| ()), Ok(Growth::AlreadyMapped));
    assert_eq!(shared.protection(addr(TOP - 1)), Some(Prot::RW));
    assert_eq!(shared.protection(addr(TOP)), None);
    drop((map, process));
}

#[test]
fn a_growth_is_seen_once_it_is_done() {
    let shared = with_stack();
    let fault = addr(TOP - PAGE - 1);
    // The kernel hears of it first, and is not waited for.
    let _ = shared.grow(fault, |_| assert_eq!(shared.try_protection(fault), Ok(None))).unwrap();
    assert_eq!(shared.try_protection(fault), Ok(Some(Prot::RW)));
}

#[test]
fn what_takes_three_changes_is_seen_as_one() {
    let shared = with_stack();
    shared.insert(addr(TOP), addr(TOP + PAGE), Mapping::anonymous(Prot::RX), |_| ()).unwrap();
    let mut changes = 0;
    let pages = Mapping::anonymous(Prot::READ);
    shared
        .fixed(addr(TOP - PAGE), Size::pages(2), pages, |_| {
            changes += 1;
            // The kernel hears of each one first; of the third one readers must wait for the end.
            let seen = shared.try_protection(addr(TOP - 1));
            assert_eq!(seen, if changes < 3 { Ok(Some(Prot::RW)) } else { Err(Raced) });
        })
        .unwrap();
    assert_eq!((changes, shared.protection(addr(TOP - 1))), (3, Some(Prot::READ)));
}

#[test]
fn what_moves_one_boundary_is_not_seen_before_it_is_known_to_be_all() {
    let shared = with_stack();
    let mut changes = 0;
    // Each of both would move the lower end of the stack.
    shared
        .fixed(addr(TOP - PAGE), Size::PAGE, Mapping::anonymous(Prot::RW), |_| {
            changes += 1;
            assert_eq!(shared.try_protection(addr(TOP - PAGE)), Ok(Some(Prot::RW)));
        })
        .unwrap();
    assert_eq!((changes, shared.try_protection(addr(TOP - PAGE))), (2, Ok(Some(Prot::RW))));
}

#[test]
fn several_operations_through_one_guard_are_reported_one_by_one() {
    let shared = with_stack();
    let mut map = shared.write();
    map.remove(addr(TOP - PAGE), addr(TOP), |_| ()).unwrap();
    assert_eq!(shared.try_protection(addr(TOP - 1)), Ok(None));
}

#[test]
fn the_view_follows_every_change() {
    let shared = with_stack();
    let page = |n: u64| addr(PAGE * n);
    for n in 1..400 {
        let prot = if n % 3 == 0 { Prot::RX } else { Prot::RW };
        shared.insert(page(3 * n), page(3 * n + 2), Mapping::anonymous(prot), |_| ()).unwrap();
    }
    agree(&shared);
    shared.protect(page(100), page(800), Prot::READ, ProtectWhat::Current, |_| ()).unwrap();
    agree(&shared);
    shared.remove(page(50), page(1000), |_| ()).unwrap();
    agree(&shared);
    shared.exec(addr(TOP), Size::new(PAGE * 64), Prot::RW, |_| ()).unwrap();
    agree(&shared);
}

#[test]
fn a_growth_with_nodes_reserved_never_allocates() {
    let shared = with_stack();
    let mut fault = TOP - PAGE;
    for _ in 0..200 {
        shared.reserve_nodes(VmMap::<growstack::Plain>::MAX_NODES_PER_OPERATION).unwrap();
        let before = allocations();
        fault -= PAGE;
        assert!(matches!(shared.grow(addr(fault), |_| ()), Ok(Growth::Grown { .. })));
        assert_eq!(allocations(), before);
    }
}

#[test]
fn a_change_with_nodes_reserved_never_allocates() {
    let shared = with_stack();
    // Pages that lie apart: every one is a new piece of the view.
    for page in 0..2000 {
        shared.reserve_nodes(VmMap::<growstack::Plain>::MAX_NODES_PER_OPERATION).unwrap();
        let before = allocations();
        let (start, end) = (addr((1 + 2 * page) * PAGE), addr((2 + 2 * page) * PAGE));
        shared.insert(start, end, Mapping::anonymous(Prot::READ), |_| ()).unwrap();
        assert_eq!(allocations(), before, "of page {page}");
    }
    agree(&shared);
}

#[test]
fn without_memory_for_the_view_readers_take_the_lock() {
    let shared = with_stack();
    let mut pages = 0;
    // Sooner or later the view runs out of nodes before the map does, or the map refuses.
    while shared.try_protection(addr(TOP - 1)).is_ok() {
        pages += 2;
        assert!(pages < 100_000);
        let page = Mapping::anonymous(Prot::READ);
        let (start, end) = (addr(pages * PAGE), addr((pages + 1) * PAGE));
        let inserted = rationed(0, || shared.insert(start, end, page, |_| ()));
        if inserted == Err(growstack::Refusal::OutOfNodes) {
            // With memory for the map alone, which goes to it in chunks larger than the view needs.
            shared.insert(start, end, page, |_| ()).unwrap();
        }
    }
    agree_by_lock(&shared, pages);
    shared.reserve_nodes(1).unwrap();
    agree(&shared);
}

fn agree_by_lock(shared: &SharedVmSpace<ParkingLot>, pages: u64) {
    assert_eq!(shared.protection(addr(pages * PAGE)), Some(Prot::READ));
    assert_eq!(shared.protection(addr((pages + 1) * PAGE)), None);
}

#[test]
fn a_panic_of_the_kernel_turns_the_view_off_until_it_is_published_again() {
    let shared = with_stack();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = shared.remove(addr(0), addr(TOP), |_| panic!("the kernel's own"));
    }));
    assert!(panicked.is_err());
    assert_eq!(shared.try_protection(addr(TOP - 1)), Err(Raced));
    assert_eq!(shared.protection(addr(TOP - 1)), None);
    shared.reserve_nodes(1).unwrap();
    assert_eq!(shared.try_protection(addr(TOP - 1)), Ok(None));
}
