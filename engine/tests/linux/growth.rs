//! Growth, one test for each rule from L10 to L24.

use growstack::{
    AddrRange, Change, Direction, EntryFlags, FaultError, Growth, Holes, Limits, MapFlags, Mapping,
    ProtectWhat, Wiring,
};

use super::*;

const START: u64 = 0x80_0000;

fn limit(space: &mut Space, set: impl FnOnce(&mut Limits)) {
    let mut limits = space.limits();
    set(&mut limits);
    space.set_limits(limits);
}

#[test]
fn l10_only_the_next_entry_above_grows() {
    let mut space = with_stack(START);
    let addr = Addr::new(0x90_0000);
    assert_eq!(grow(&mut space, 0x90_0000), Err(Refusal::NothingGrows { addr }));
    map(&mut space, START - PAGE, 1, Prot::READ);
    let addr = Addr::new(START - 2 * PAGE);
    assert_eq!(grow(&mut space, START - 2 * PAGE), Err(Refusal::NothingGrows { addr }));
    let unmapped = fault(&mut space, START - 2 * PAGE, Prot::READ).map(drop);
    assert_eq!(unmapped, Err(FaultError::Unmapped { addr }));
    assert_eq!(grow(&mut space, START), Ok(Growth::AlreadyMapped));
}

#[test]
fn l11_nothing_grows_below_the_lowest_address() {
    let mut space = with_stack(0x2_0000);
    let refusal = Refusal::BelowMinimum { start: Addr::new(0xf000), min: Addr::new(0x1_0000) };
    assert_eq!(grow(&mut space, 0xffff), Err(refusal));
    assert_eq!(refusal.rule().to_string(), "L11");
    assert!(grow(&mut space, 0x1_0000).is_ok());
    space.map_mut().set_lowest(Addr::new(0x8000));
    assert!(grow(&mut space, 0x8000).is_ok());
    // The bounds of the map hold as well.
    space.map_mut().set_lowest(Addr::ZERO);
    let refusal = Refusal::BelowMinimum { start: Addr::ZERO, min: Addr::new(PAGE) };
    assert_eq!(grow(&mut space, 0xfff), Err(refusal));
}

#[test]
fn l12_the_gap_is_kept_to_what_may_be_accessed() {
    let below = START - GAP - 8 * PAGE;
    for (prot, kept) in
        [(Prot::READ, true), (Prot::WRITE, true), (Prot::EXECUTE, true), (Prot::NONE, false)]
    {
        let mut space = with_stack(START);
        map(&mut space, below - PAGE, 1, prot);
        assert!(grow(&mut space, below + GAP).is_ok());
        let answer = grow(&mut space, below + GAP - 1);
        let (room, gap) = (Size::new(GAP - PAGE), Size::new(GAP));
        let refusal = Refusal::GuardGap { below: Addr::new(below), room, gap };
        assert_eq!(answer.err(), kept.then_some(refusal), "{prot}");
    }
}

#[test]
fn l12_a_stack_below_needs_no_gap_and_hides_what_is_below_it() {
    let mut space = with_stack(START);
    map(&mut space, START - 9 * PAGE, 1, Prot::RW);
    assert!(grow(&mut space, START - 1).is_err());
    stack(&mut space, START - 8 * PAGE, 1);
    assert!(grow(&mut space, START - 7 * PAGE).is_ok());
    assert_eq!(
        ranges(&space)[1..],
        [(START - 8 * PAGE, START - 7 * PAGE), (START - 7 * PAGE, START + 2 * PAGE)]
    );
}

#[test]
fn l12_the_gap_is_a_setting() {
    let mut space = with_stack(START);
    map(&mut space, START - 4 * PAGE, 1, Prot::RW);
    assert!(grow(&mut space, START - 1).is_err());
    space.map_mut().set_guard_gap(Size::pages(2));
    assert!(grow(&mut space, START - PAGE).is_ok());
    assert!(grow(&mut space, START - PAGE - 1).is_err());
    space.map_mut().set_guard_gap(Size::ZERO);
    assert!(grow(&mut space, START - 3 * PAGE).is_ok());
}

#[test]
fn what_ends_inside_a_page_is_not_grown_into() {
    let mut space = with_stack(START);
    let (start, end) = (Addr::new(START - 2 * PAGE), Addr::new(START - PAGE + 8));
    space.map_mut().insert(start, end, Mapping::anonymous(Prot::NONE), |_| ()).unwrap();
    assert!(matches!(grow(&mut space, START - 1), Err(Refusal::GuardGap { .. })));
}

#[test]
fn l14_a_refused_growth_leaves_anonymous_memory_behind() {
    let mut space = with_stack(START);
    assert_eq!(anon(&space, START), 0);
    // Before it, nothing is left.
    assert!(grow(&mut space, 0x8000).is_err());
    assert_eq!(anon(&space, START), 0);
    limit(&mut space, |limits| limits.stack = Size::pages(2));
    assert!(grow(&mut space, START - 1).is_err());
    assert_ne!(anon(&space, START), 0);
}

#[test]
fn l16_the_limit_on_what_is_mapped() {
    let mut space = with_stack(START);
    map(&mut space, 0x10_0000, 3, Prot::NONE);
    limit(&mut space, |limits| limits.vmem = Size::pages(7));
    let (size, amount, limit) = (Size::pages(5), Size::pages(3), Size::pages(7));
    let refusal = Refusal::AddressSpace { size, amount, limit };
    assert_eq!(grow(&mut space, START - 3 * PAGE), Err(refusal));
    assert!(grow(&mut space, START - 2 * PAGE).is_ok());
    assert_eq!(space.map().size(), Size::pages(7));
}

#[test]
fn l17_the_limit_is_that_of_one_entry_in_bytes() {
    let mut space = with_stack(START);
    limit(&mut space, |limits| limits.stack = Size::new(5 * PAGE - 1));
    let refusal = Refusal::EntryLimit { length: Size::pages(5), limit: Size::new(5 * PAGE - 1) };
    assert_eq!(grow(&mut space, START - 3 * PAGE), Err(refusal));
    assert!(grow(&mut space, START - 2 * PAGE).is_ok());
    // The upper part has other flags, and the lower one its own allowance.
    let (start, end) = (Addr::new(START - PAGE), Addr::new(START + 2 * PAGE));
    space.map_mut().protect(start, end, Prot::READ, ProtectWhat::Current, |_| ()).unwrap();
    assert!(grow(&mut space, START - 4 * PAGE).is_ok());
    // Exactly at the limit.
    limit(&mut space, |limits| limits.stack = Size::pages(4));
    assert!(grow(&mut space, START - 5 * PAGE).is_ok());
    assert!(grow(&mut space, START - 6 * PAGE).is_err());
}

#[test]
fn l18_a_locked_stack_is_held_to_the_limit_on_locked_memory() {
    let mut space = with_stack(START);
    let (start, end) = (Addr::new(START), Addr::new(START + 2 * PAGE));
    space.map_mut().wire(start, end, Wiring::User, Holes::Refused, |_| ()).unwrap();
    limit(&mut space, |limits| limits.memlock = Size::pages(3));
    let (wired, amount, limit) = (Size::pages(2), Size::pages(2), Size::pages(3));
    let refusal = Refusal::LockLimit { wired, amount, limit };
    assert_eq!(grow(&mut space, START - 2 * PAGE), Err(refusal));
    assert!(grow(&mut space, START - 1).is_ok());
    assert_eq!(space.map().wired_pages(), 3); // L24
}

#[test]
fn l19_every_growth_is_asked_for_and_what_is_charged_is_charged() {
    for (flags, charged) in [(MapFlags::NONE, 2), (MapFlags::ACC_NO_CHARGE, 0)] {
        let mut space: Space = space();
        let flags = flags | MapFlags::GROWS_DOWN;
        let mapping = Mapping { flags, ..Mapping::anonymous(Prot::RW) };
        put(&mut space, START, 2, mapping);
        assert_eq!(space.map().reserved(), Size::pages(charged));
        limit(&mut space, |limits| limits.swap = Size::pages(charged + 1));
        let (wanted, reserved) = (Size::pages(2), Size::pages(charged));
        let refusal = Refusal::GrowCommit { wanted, reserved, limit: Size::pages(charged + 1) };
        assert_eq!(grow(&mut space, START - 2 * PAGE), Err(refusal));
        assert!(grow(&mut space, START - 1).is_ok());
        let after = if charged == 0 { 0 } else { 3 };
        assert_eq!(space.map().reserved(), Size::pages(after));
    }
}

#[test]
fn l20_the_start_moves_in_one_step_and_nothing_merges() {
    let mut space = with_stack(START);
    stack(&mut space, START - 0x20_0000, 1);
    store(&mut space, START);
    let mut reported = vec![];
    let growth = space.grow(Addr::new(START - 0x1f_f000), |change| reported.push(change)).unwrap();
    let (start, end) = (Addr::new(START - 0x1f_f000), Addr::new(START));
    let added = AddrRange::new(start, end).unwrap();
    assert_eq!(growth, Growth::Grown { added, direction: Direction::Down });
    assert_eq!(reported, [Change::Mapped(added, Prot::RW)]);
    // They touch, and are alike.
    assert_eq!(space.map().len(), 2);
    let entry = space.map().lookup(start).unwrap();
    assert_eq!((entry.range.end().get(), entry.offset), (START + 2 * PAGE, start.get()));
    assert_eq!(space.map().size(), Size::new(0x1f_f000 + 3 * PAGE));
}

#[test]
fn l20_takes_no_node() {
    let mut space = with_stack(START);
    space.map_mut().set_node_cap(Some(0));
    assert!(grow(&mut space, START - 0x10_0000).is_ok());
}

#[test]
fn l21_a_growth_stays_that_the_protection_makes_useless() {
    for prot in [Prot::READ, Prot::NONE] {
        let mut space: Space = space();
        let flags = MapFlags::GROWS_DOWN;
        put(&mut space, START, 1, Mapping { flags, ..Mapping::anonymous(prot) });
        let refused = fault(&mut space, START - 5 * PAGE, Prot::WRITE).map(drop);
        assert!(matches!(refused, Err(FaultError::NoPermission { .. })), "{refused:?}");
        assert_eq!(ranges(&space), [(START - 5 * PAGE, START + PAGE)]);
    }
}

#[test]
fn l22_what_allows_anything_can_be_loaded_from() {
    let mut space: Space = space();
    for (page, prot) in [(0, Prot::WRITE), (2, Prot::EXECUTE), (4, Prot::NONE), (6, Prot::READ)] {
        let addr = START + page * PAGE;
        map(&mut space, addr, 1, prot);
        assert_eq!(fault(&mut space, addr, Prot::READ).is_ok(), prot != Prot::NONE, "{prot}");
        assert_eq!(fault(&mut space, addr, Prot::WRITE).is_ok(), prot == Prot::WRITE, "{prot}");
        let executes = fault(&mut space, addr, Prot::EXECUTE).is_ok();
        assert_eq!(executes, prot == Prot::EXECUTE, "{prot}");
    }
}

#[test]
fn l51_a_first_store_is_no_minor_fault() {
    let mut space = with_stack(START);
    let minor = |space: &Space, access| {
        space.map().minor_fault(Addr::new(START), access).unwrap().is_some()
    };
    assert!(minor(&space, Prot::READ));
    assert!(!minor(&space, Prot::WRITE));
    store(&mut space, START);
    assert!(minor(&space, Prot::WRITE));
    assert!(space.map().lookup(Addr::new(START)).unwrap().flags.contains(EntryFlags::GROWS_DOWN));
}
