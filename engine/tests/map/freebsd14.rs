//! The map by the rules of FreeBSD 14.2, where the harness does not look: faults, settings, text, and
//! what takes the state of stacks.

use std::num::NonZeroU64;

use growstack::{
    Addr, Change, EntryFlags, Fault, FaultError, FindRequest, Freebsd14, Growth, Holes, Limits,
    MapFlags, Mapping, Plain, Prot, Refusal, Size, StackRequest, StackTunables14, VmMap, VmSpace,
    Wiring,
};

type Space = VmSpace<Plain, Freebsd14>;

const STEP: u64 = 0x2000;

fn space() -> Space {
    let (min, max) = (Addr::new(0x1000), Addr::new(0x100_0000));
    let map = VmMap::<Plain, Freebsd14>::with_kernel(min, max, Plain::default());
    let sgrowsiz = NonZeroU64::new(STEP).unwrap();
    let tunables = StackTunables14 { sgrowsiz, ..StackTunables14::default() };
    VmSpace::new(map, Limits::UNLIMITED, tunables)
}

/// A stack of 16 pages that ends at 0x20000, of which two are mapped.
fn with_stack() -> Space {
    let mut space = space();
    let request = StackRequest::down(Addr::new(0x1_0000), Size::pages(16));
    let first = space.stack(request, drop).unwrap();
    assert_eq!(first.start(), Addr::new(0x1_e000));
    space
}

fn fault(space: &mut Space, addr: u64) -> Result<Fault<NonZeroU64>, FaultError> {
    space.fault(Addr::new(addr), Prot::RW, drop)
}

#[test]
fn a_fault_in_a_gap_grows_the_stack() {
    let mut space = with_stack();
    let served = fault(&mut space, 0x1_d123).unwrap();
    assert_eq!(served.grown.unwrap().start(), Addr::new(0x1_c000));
    assert_eq!(served.entry.range, served.grown.unwrap());
    assert!(fault(&mut space, 0x1_d123).unwrap().grown.is_none());
    assert_eq!(space.map().size(), Size::pages(4));
    assert_eq!(space.map().len(), 3);
}

#[test]
fn a_fault_in_the_guard_of_a_stack_is_refused_the_growth() {
    let mut space = with_stack();
    let refused = fault(&mut space, 0x1_0fff).unwrap_err();
    assert!(matches!(refused, FaultError::Growth(Refusal::GapShort { .. })), "{refused}");
    assert_eq!(
        fault(&mut space, 0x5000).unwrap_err(),
        FaultError::Unmapped { addr: Addr::new(0x5000) }
    );
}

#[test]
fn a_guard_allows_no_access_and_no_page_table_hears_of_it() {
    let mut space = space();
    let guard =
        Mapping { max: Prot::NONE, flags: MapFlags::GUARD, ..Mapping::anonymous(Prot::NONE) };
    let silent = |change: Change| panic!("{change:?}");
    let (start, end) = (Addr::new(0x4000), Addr::new(0x6000));
    space.map_mut().insert(start, end, guard, silent).unwrap();
    let refused = fault(&mut space, 0x4000).unwrap_err();
    assert!(matches!(refused, FaultError::NoPermission { .. }), "{refused}");
    assert!(matches!(
        space.map().minor_fault(start, Prot::READ),
        Err(FaultError::NoPermission { .. })
    ));
    assert_eq!(space.map().size(), Size::ZERO);
    space.map_mut().remove(start, end, silent).unwrap();
    assert!(space.map().is_empty());
}

#[test]
fn a_fault_that_would_grow_a_stack_is_no_minor_one() {
    let space = with_stack();
    assert_eq!(space.map().minor_fault(Addr::new(0x1_d000), Prot::RW), Ok(None));
    assert!(space.map().minor_fault(Addr::new(0x1_e000), Prot::RW).unwrap().is_some());
}

#[test]
fn a_stack_of_find_or_fixed_takes_the_state_of_stacks() {
    let mut space = space();
    let mapping = Mapping { flags: MapFlags::GROWS_DOWN, ..Mapping::anonymous(Prot::RW) };
    let request = FindRequest::any(Addr::new(0x8000), Size::pages(8));
    let (start, length) = (Addr::new(0x4_0000), Size::pages(8));
    let map = space.map_mut();
    assert_eq!(map.find(request, mapping, drop), Err(Refusal::NoStackState));
    assert_eq!(map.fixed(start, length, mapping, drop), Err(Refusal::NoStackState));
    assert!(map.is_empty());
    assert_eq!(space.find(request, mapping, drop), Ok(Addr::new(0x8000)));
    space.fixed(start, length, mapping, drop).unwrap();
    let gaps = space.map().entries().filter(|e| e.flags.contains(EntryFlags::STACK_GAP_DN));
    assert_eq!(gaps.count(), 2);
}

#[test]
fn mappings_without_a_place_are_kept_together() {
    let mut space = space();
    let map = space.map_mut();
    assert_eq!(map.cluster(), None);
    let anywhere = FindRequest::any(Addr::ZERO, Size::pages(2));
    let first = map.find(anywhere, Mapping::anonymous(Prot::RW), drop).unwrap();
    assert_eq!((first, map.cluster()), (Addr::new(0x1000), Some(first)));
    map.set_cluster_follows(false);
    map.remove(first, Addr::new(0x3000), drop).unwrap();
    assert_eq!(map.cluster(), Some(first));
}

#[test]
fn settings_count_where_the_rules_look_at_them() {
    let mut space = space();
    space.set_guard_pages(3);
    space.stack(StackRequest::down(Addr::new(0x1_0000), Size::pages(16)), drop).unwrap();
    space.set_guard_pages(0);
    let gap = space.map().lookup(Addr::new(0x1_0000)).unwrap();
    assert_eq!(gap.shown_avail(), Size::pages(3));
    assert!(space.grow(Addr::new(0x1_2000), drop).is_err());
    space.set_stkgap(false);
    let grown = space.grow(Addr::new(0x1_0000), drop).unwrap();
    assert_eq!(grown.added().unwrap().start(), Addr::new(0x1_0000));
    assert_eq!(space.ssize(), 0);
    space.set_main_stack(Addr::new(0x10_0000), Addr::new(0x20_0000));
    space.stack(StackRequest::down(Addr::new(0x10_0000), Size::pages(16)), drop).unwrap();
    assert!(space.grow(Addr::new(0x10_d000), drop).unwrap().is_mapped());
    assert_eq!(space.ssize(), 2);
}

#[test]
fn a_growth_whose_wiring_is_refused_stays() {
    let mut space = space();
    let request = StackRequest {
        prot: Prot::NONE,
        ..StackRequest::down(Addr::new(0x1_0000), Size::pages(16))
    };
    space.stack(request, drop).unwrap();
    space.map_mut().set_wire_future(true);
    let refused = space.grow(Addr::new(0x1_d000), drop);
    assert!(matches!(refused, Err(Refusal::NoAccess { .. })), "{refused:?}");
    assert_eq!(space.grow(Addr::new(0x1_d000), drop), Ok(Growth::AlreadyMapped));
    assert_eq!(space.map().wired_pages(), 0);
}

#[test]
fn exec_makes_a_main_stack_with_its_gap() {
    let mut space = with_stack();
    space.map_mut().set_wire_future(true);
    space.exec(Addr::new(0x10_0000), Size::pages(64), Prot::RW, drop).unwrap();
    assert_eq!((space.map().len(), space.ssize()), (2, STEP / 0x1000));
    let tunables = space.tunables();
    assert_eq!((tunables.maxsaddr, tunables.stacktop), (Addr::new(0xc_0000), Addr::new(0x10_0000)));
    let (start, end) = (Addr::new(0xf_e000), Addr::new(0x10_0000));
    space.map_mut().wire(start, end, Wiring::User, Holes::Refused, drop).unwrap();
    assert_eq!(space.map().wired_pages(), 2);
}

#[test]
fn text_shows_guards() {
    let space = with_stack();
    let text = space.map().to_string();
    let gap = text.lines().nth(1).unwrap();
    assert!(gap.contains("---------Gd-") && gap.contains("0x70003"), "{text}");
}

#[test]
fn no_numbers_make_it_panic() {
    let numbers = [0, 1, 0xfff, 0x1000, 1 << 63, u64::MAX - 0xfff, u64::MAX - 1, u64::MAX];
    let map = VmMap::<Plain, Freebsd14>::with_kernel(Addr::ZERO, Addr::MAX, Plain::default());
    let mut space = VmSpace::new(map, Limits::UNLIMITED, StackTunables14::default());
    for a in numbers {
        for b in numbers {
            for flags in [MapFlags::GROWS_DOWN, MapFlags::GROWS_UP] {
                space.set_sgrowsiz(NonZeroU64::new(b | 1).unwrap());
                space.set_guard_pages(a);
                let request = StackRequest::new(Addr::new(a), Size::new(b), flags);
                let made = space.stack(request, drop);
                space.set_stkgap(made.is_err());
                for addr in numbers {
                    let _ = space.grow(Addr::new(addr), drop);
                    let _ = fault(&mut space, addr);
                }
                space.map().check_index().unwrap();
                space.map_mut().clear(drop);
            }
        }
    }
}
