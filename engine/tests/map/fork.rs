//! fork at the size of a real process, and where memory is short. What it answers rule by rule is
//! compared with the oracle and with the real kernel's code by the harness.

use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::allocator::rationed;
use crate::common::Kernel;
use growstack::{
    Addr, Change, EntryFlags, Inherit, Limits, MapFlags, Mapping, Objects, Plain, Prot, Refusal,
    Size, StackRequest, StackTunables, VmMap, VmSpace,
};

const PAGE: u64 = 0x1000;

/// An address space of `len` entries, of which every fourth is private memory of an object.
fn filled<const B: usize>(len: u64) -> VmSpace<Plain, growstack::Freebsd9, B> {
    let map = VmMap::with_width(Addr::new(PAGE), Addr::new(1 << 47), Default::default());
    let mut space = VmSpace::new(map, Limits::default(), StackTunables::default());
    for number in 1..=len {
        let (start, end) = (Addr::new(2 * number * PAGE), Addr::new((2 * number + 1) * PAGE));
        let mut mapping = Mapping::anonymous(Prot::RW);
        if number % 4 == 0 {
            mapping.object = std::num::NonZeroU64::new(number);
        }
        space.map_mut().insert(start, end, mapping, |_| ()).unwrap();
    }
    space
}

fn rows<O: Objects, const B: usize>(map: &VmMap<O, growstack::Freebsd9, B>) -> String {
    map.to_string()
}

#[test]
fn a_child_of_many_entries_is_the_same_map() {
    for len in [0, 1, 3, 14, 15, 16, 17, 224, 225, 100_000] {
        let mut parent = filled::<16>(len);
        let mut marked = 0;
        let child = parent.fork(|change| {
            assert!(matches!(change, Change::CopyOnWrite(_)));
            marked += 1;
        });
        let child = child.unwrap();
        child.map().check_index().unwrap();
        parent.map().check_index().unwrap();
        assert_eq!((marked, child.map().len() as u64), (len / 4, len));
        assert_eq!(rows(child.map()), rows(parent.map()));
    }
}

/// The first entry that the child does not get leaves a gap; the tree stays well filled.
#[test]
fn what_is_not_inherited_is_not_in_the_child() {
    let mut parent = filled::<4>(1000);
    for number in (1..=1000_u64).filter(|number| number % 3 != 0) {
        let (start, end) = (Addr::new(2 * number * PAGE), Addr::new((2 * number + 1) * PAGE));
        parent.map_mut().inherit(start, end, Inherit::None).unwrap();
    }
    let child = parent.fork(|_| ()).unwrap();
    child.map().check_index().unwrap();
    assert_eq!(child.map().len(), 333);
    assert_eq!(child.map().size(), Size::pages(333));
    assert!(
        child.map().entries().all(|entry| (entry.range.start().get() / PAGE).is_multiple_of(6))
    );
}

/// For every number of allocations: refused with nothing changed, or done.
#[test]
fn without_memory_nothing_changes() {
    let mut parent = filled::<4>(3000);
    let before = rows(parent.map());
    let refused = (0..).find(|&granted| {
        let mut changes = 0;
        let child = rationed(granted, || parent.fork(|_| changes += 1));
        if let Err(refusal) = &child {
            assert_eq!((*refusal, changes), (Refusal::OutOfNodes, 0));
            assert_eq!(rows(parent.map()), before);
        }
        child.is_ok()
    });
    assert!(refused > Some(5), "{refused:?}");
    // The cap is the child's, too: it runs out of nodes.
    let most = parent.map().nodes_in_use();
    parent.map_mut().set_node_cap(Some(most));
    let mut child = parent.fork(|_| ()).unwrap();
    assert_eq!(child.map().len(), 3000);
    let mapping = Mapping { flags: MapFlags::NOSYNC, ..Mapping::anonymous(Prot::RW) };
    let short = (4000..8000_u64).find_map(|number| {
        let (start, end) = (Addr::new(2 * number * PAGE), Addr::new((2 * number + 1) * PAGE));
        child.map_mut().insert(start, end, mapping, |_| ()).err()
    });
    assert_eq!(short, Some(Refusal::OutOfNodes));
}

/// Of a stack only the part that can still grow counts for the child, and what the stack has left is
/// the child's, too.
#[test]
fn the_child_grows_its_stack_apart() {
    let map = VmMap::<Kernel>::with_objects(Addr::new(PAGE), Addr::new(1 << 47), Kernel::default());
    let tunables =
        StackTunables { sgrowsiz: NonZeroU64::new(0x2000).unwrap(), ..StackTunables::default() };
    let mut parent = VmSpace::new(map, Limits::default(), tunables);
    let (bottom, down) = (Addr::new(1 << 32), MapFlags::GROWS_DOWN);
    parent.stack(StackRequest::new(bottom, Size::pages(16), down), |_| ()).unwrap();
    let fault = Addr::new((1 << 32) + 13 * PAGE);
    let _ = parent.grow(fault, |_| ()).unwrap();
    let mut child = parent.fork(|_| ()).unwrap();
    assert_eq!((parent.ssize(), child.ssize()), (0, 2));
    let fault = Addr::new((1 << 32) + 5 * PAGE);
    let _ = child.grow(fault, |_| ()).unwrap();
    assert!(child.map().contains(fault) && !parent.map().contains(fault));
    // Parent, child, and what the child has grown.
    let reserved = parent.map().reserved();
    assert_eq!(reserved, Size::pages(4 + 4 + 8));
    child.exit(|_| ());
    assert_eq!(parent.map().reserved(), Size::pages(4));
}

#[test]
fn a_refused_fork_leaves_swap_as_it_was_if_nothing_is_charged_twice() {
    let map = VmMap::<Kernel>::with_objects(Addr::new(PAGE), Addr::new(1 << 47), Kernel::default());
    let mut parent = VmSpace::new(map, Limits::default(), StackTunables::default());
    let mapping = Mapping::anonymous(Prot::RW);
    parent.map_mut().insert(Addr::new(PAGE), Addr::new(9 * PAGE), mapping, |_| ()).unwrap();
    parent.set_limits(Limits { swap: Size::pages(15), ..Limits::default() });
    let short = Refusal::ForkSwap {
        wanted: Size::pages(8),
        reserved: Size::pages(8),
        limit: Size::pages(15),
    };
    assert_eq!(parent.fork(|_| ()).map(|_| ()), Err(short));
    assert_eq!(parent.map().reserved(), Size::pages(8));
}

/// The child goes, and the parent keeps what the fork has done to it until then, as after a fork that
/// is refused (17.12).
#[test]
fn a_panic_of_the_closure_leaves_every_charge_reserved() {
    for calls in 0..4 {
        let map =
            VmMap::<Kernel>::with_objects(Addr::new(PAGE), Addr::new(1 << 47), Kernel::default());
        let mut parent = VmSpace::new(map, Limits::default(), StackTunables::default());
        for number in 0..4 {
            let (start, end) =
                (Addr::new((3 * number + 1) * PAGE), Addr::new((3 * number + 3) * PAGE));
            parent.map_mut().insert(start, end, Mapping::anonymous(Prot::RW), drop).unwrap();
            // From now on its object is charged, and no longer the entry.
            let _ = parent.fault(start, Prot::WRITE, drop).unwrap();
        }
        assert_eq!(parent.map().reserved(), Size::pages(8));
        let mut left = calls;
        let forked = catch_unwind(AssertUnwindSafe(|| {
            let forked = parent.fork(|_| match left {
                0 => resume_unwind(Box::new(())),
                _ => left -= 1,
            });
            drop(forked);
        }));
        assert!(forked.is_err(), "{calls}");
        parent.map().check_index().unwrap();
        let charged = parent.map().entries().map(|entry| {
            let by_object = entry.object.is_some_and(|object| object.0.charged);
            let by_entry = entry.flags.contains(EntryFlags::CHARGED);
            entry.range.pages() * (u64::from(by_object) + u64::from(by_entry))
        });
        assert_eq!(parent.map().reserved(), Size::pages(charged.sum()), "{calls}");
        assert_eq!(parent.map().reserved(), Size::pages(8 + 2 * (calls + 1)), "{calls}");
    }
}
