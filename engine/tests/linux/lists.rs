//! Lists of entries: what merges, what is split, and what is left where an operation stops (L30 to L68).

use growstack::{
    Access, Advice, Change, Holes, Inherit, Limits, MapFlags, Mapping, ProtectWhat, Wiring,
};

use super::*;

const AT: u64 = 0x40_0000;

fn page(n: u64) -> u64 {
    AT + n * PAGE
}

fn span(from: u64, to: u64) -> (Addr, Addr) {
    (Addr::new(page(from)), Addr::new(page(to)))
}

fn protect(space: &mut Space, from: u64, to: u64, prot: Prot) -> Result<(), Refusal> {
    let (start, end) = span(from, to);
    let answer = space.map_mut().protect(start, end, prot, ProtectWhat::Current, |_| ());
    space.map().check_index().unwrap();
    answer
}

fn pages(space: &Space) -> Vec<(u64, u64)> {
    let number = |addr| (addr - AT) / PAGE;
    ranges(space).into_iter().map(|(start, end)| (number(start), number(end))).collect()
}

#[test]
fn l46_what_touches_and_is_alike_merges_stacks_included() {
    let mut space: Space = space();
    map(&mut space, page(0), 1, Prot::RW);
    map(&mut space, page(2), 1, Prot::RW);
    map(&mut space, page(1), 1, Prot::RW);
    stack(&mut space, page(4), 1);
    stack(&mut space, page(3), 1);
    assert_eq!(pages(&space), [(0, 3), (3, 5)]);
}

#[test]
fn l42_entries_written_apart_stay_apart() {
    let mut space: Space = space();
    map(&mut space, page(0), 1, Prot::RW);
    map(&mut space, page(2), 1, Prot::RW);
    store(&mut space, page(0));
    store(&mut space, page(2));
    assert_ne!(anon(&space, page(0)), anon(&space, page(2)));
    // L43: both could, but not with each other: the lower one.
    map(&mut space, page(1), 1, Prot::RW);
    assert_eq!(pages(&space), [(0, 2), (2, 3)]);
}

#[test]
fn l44_the_result_has_what_any_part_had() {
    let mut space: Space = space();
    map(&mut space, page(0), 1, Prot::RW);
    map(&mut space, page(2), 1, Prot::RW);
    store(&mut space, page(2));
    let upper = anon(&space, page(2));
    map(&mut space, page(1), 1, Prot::RW);
    assert_eq!(pages(&space), [(0, 3)]);
    assert_eq!(anon(&space, page(0)), upper);
}

#[test]
fn l50_a_neighbour_that_may_merge_one_day_shares_its_memory() {
    let mut space: Space = space();
    map(&mut space, page(0), 3, Prot::RW);
    protect(&mut space, 1, 2, Prot::RX).unwrap();
    store(&mut space, page(2));
    store(&mut space, page(0));
    // The middle is charged as they are, and alike but for what may be done with it; so are they for it.
    assert_ne!(anon(&space, page(0)), anon(&space, page(2)));
    let middle = Addr::new(page(1));
    assert!(space.map().anon(middle).is_none());
    protect(&mut space, 1, 2, Prot::RW).unwrap();
    assert_eq!(pages(&space), [(0, 2), (2, 3)]);
}

#[test]
fn l50_the_upper_neighbour_comes_first() {
    let mut space: Space = space();
    map(&mut space, page(0), 1, Prot::RW);
    map(&mut space, page(2), 1, Prot::RW);
    store(&mut space, page(0));
    store(&mut space, page(2));
    let mapping = Mapping { flags: MapFlags::NONE, ..Mapping::anonymous(Prot::ALL) };
    put(&mut space, page(1), 1, mapping);
    store(&mut space, page(1));
    assert_eq!(anon(&space, page(1)), anon(&space, page(2)));
}

#[test]
fn l47_neither_a_growth_nor_a_fault_nor_a_removal_merges() {
    let mut space: Space = space();
    stack(&mut space, page(4), 1);
    stack(&mut space, page(2), 1);
    assert!(grow(&mut space, page(3)).is_ok());
    assert_eq!(pages(&space), [(2, 3), (3, 5)]);
    store(&mut space, page(2));
    let (start, end) = span(3, 4);
    space.map_mut().remove(start, end, |_| ()).unwrap();
    assert_eq!(pages(&space), [(2, 3), (4, 5)]);
}

#[test]
fn l40_the_upper_part_of_a_stack_grows_into_the_hole() {
    let mut space: Space = space();
    stack(&mut space, page(0), 5);
    let (start, end) = span(1, 3);
    space.map_mut().remove(start, end, |_| ()).unwrap();
    assert!(grow(&mut space, page(1)).is_ok());
    assert_eq!(pages(&space), [(0, 1), (1, 5)]);
}

#[test]
fn l43_every_way_to_merge_what_changes() {
    // From one entry of nine pages, changed as a whole, at its start, at its end and inside; then back.
    for (from, to, then) in
        [(0, 9, vec![(0, 9)]), (0, 3, vec![(0, 3), (3, 9)]), (6, 9, vec![(0, 6), (6, 9)])]
    {
        let mut space: Space = space();
        map(&mut space, page(0), 9, Prot::RW);
        protect(&mut space, from, to, Prot::READ).unwrap();
        assert_eq!(pages(&space), then);
        protect(&mut space, from, to, Prot::RW).unwrap();
        assert_eq!(pages(&space), [(0, 9)]);
    }
    let mut space: Space = space();
    map(&mut space, page(0), 9, Prot::RW);
    protect(&mut space, 3, 6, Prot::READ).unwrap();
    // The boundary moves up, then down, at either end.
    protect(&mut space, 3, 4, Prot::RW).unwrap();
    assert_eq!(pages(&space), [(0, 4), (4, 6), (6, 9)]);
    protect(&mut space, 2, 4, Prot::READ).unwrap();
    assert_eq!(pages(&space), [(0, 2), (2, 6), (6, 9)]);
    protect(&mut space, 5, 6, Prot::RW).unwrap();
    assert_eq!(pages(&space), [(0, 2), (2, 5), (5, 9)]);
    protect(&mut space, 5, 7, Prot::READ).unwrap();
    assert_eq!(pages(&space), [(0, 2), (2, 7), (7, 9)]);
    protect(&mut space, 2, 7, Prot::RW).unwrap();
    assert_eq!(pages(&space), [(0, 9)]);
    let offset = space.map().lookup(Addr::new(page(0))).unwrap().offset;
    assert_eq!(offset, page(0));
}

#[test]
fn l57_what_was_never_written_is_not_charged_while_it_cannot_be() {
    let mut space: Space = space();
    map(&mut space, page(0), 4, Prot::READ);
    assert_eq!(space.map().reserved(), Size::ZERO);
    protect(&mut space, 0, 4, Prot::RW).unwrap();
    assert_eq!(space.map().reserved(), Size::pages(4));
    protect(&mut space, 0, 2, Prot::READ).unwrap();
    assert_eq!(space.map().reserved(), Size::pages(2));
    store(&mut space, page(2));
    protect(&mut space, 2, 4, Prot::READ).unwrap();
    assert_eq!(space.map().reserved(), Size::pages(2));
    assert_eq!(pages(&space), [(0, 2), (2, 4)]);
}

#[test]
fn l56_a_hole_ends_a_change_of_protection_and_what_was_done_stays() {
    let mut space: Space = space();
    map(&mut space, page(0), 2, Prot::RW);
    map(&mut space, page(3), 1, Prot::RW);
    assert_eq!(
        protect(&mut space, 1, 4, Prot::READ),
        Err(Refusal::Hole { at: Addr::new(page(2)) })
    );
    assert_eq!(pages(&space), [(0, 1), (1, 2), (3, 4)]);
    let start = Addr::new(page(2));
    assert_eq!(protect(&mut space, 2, 4, Prot::READ), Err(Refusal::StartUnmapped { start }));
}

#[test]
fn l55_a_stack_is_protected_down_to_its_start() {
    use growstack::ProtectPart::Current;
    let mut space: Space = space();
    stack(&mut space, page(2), 3);
    map(&mut space, page(8), 1, Prot::RW);
    let whole = ProtectWhat::GrowsDown(Current);
    let (start, end) = span(4, 5);
    space.map_mut().protect(start, end, Prot::READ, whole, |_| ()).unwrap();
    assert_eq!(pages(&space), [(2, 5), (8, 9)]);
    assert_eq!(rows(&space)[0].2, Prot::READ);
    // From a hole below, up to its start.
    let (start, end) = span(0, 3);
    space.map_mut().protect(start, end, Prot::RW, whole, |_| ()).unwrap();
    assert_eq!(pages(&space), [(2, 3), (3, 5), (8, 9)]);
    let (start, end) = span(8, 9);
    let refused = space.map_mut().protect(start, end, Prot::READ, whole, |_| ());
    assert!(matches!(refused, Err(Refusal::NotGrowing { .. })), "{refused:?}");
}

#[test]
fn l60_advice_passes_holes_over_and_reports_them() {
    let mut space: Space = space();
    map(&mut space, page(0), 1, Prot::RW);
    map(&mut space, page(2), 2, Prot::RW);
    let (start, end) = span(0, 3);
    let refused = space.map_mut().advise(start, end, Advice::Random);
    assert_eq!(refused, Err(Refusal::Hole { at: Addr::new(page(1)) }));
    let accesses: Vec<_> = space.map().entries().map(|entry| entry.access).collect();
    assert_eq!(accesses, [Access::Random, Access::Random, Access::Normal]);
    assert_eq!(space.map_mut().advise(start, end, Advice::NoSync), Err(Refusal::NotInLinux));
}

#[test]
fn l67_locking_stops_at_a_hole_before_it_populates() {
    let mut space: Space = space();
    map(&mut space, page(0), 1, Prot::RW);
    let (start, end) = span(0, 2);
    let mut reported = vec![];
    let refused = space
        .map_mut()
        .wire(start, end, Wiring::User, Holes::Refused, |change| reported.push(change));
    assert_eq!(refused, Err(Refusal::Hole { at: Addr::new(page(1)) }));
    assert_eq!((space.map().wired_pages(), reported.len(), anon(&space, page(0))), (1, 0, 0));
    let wired = space
        .map_mut()
        .wire(start, end, Wiring::User, Holes::Allowed, |change| reported.push(change));
    assert_eq!((wired, reported.len()), (Ok(()), 1));
    assert_ne!(anon(&space, page(0)), 0);
    space.map_mut().unwire(start, end, Wiring::User, Holes::Allowed, |_| ()).unwrap();
    assert_eq!(space.map().wired_pages(), 0);
    let system = space.map_mut().wire(start, end, Wiring::System, Holes::Allowed, |_| ());
    assert_eq!(system, Err(Refusal::NotInLinux));
}

#[test]
fn l67_what_cannot_be_populated_stays_locked() {
    let mut space: Space = space();
    map(&mut space, page(0), 1, Prot::NONE);
    map(&mut space, page(1), 1, Prot::RW);
    let (start, end) = span(0, 2);
    let refused = space.map_mut().wire(start, end, Wiring::User, Holes::Refused, |_| ());
    assert!(matches!(refused, Err(Refusal::NoAccess { .. })), "{refused:?}");
    assert_eq!((space.map().wired_pages(), anon(&space, page(1))), (2, 0));
}

#[test]
fn l58_what_is_locked_and_becomes_writable_is_populated() {
    let mut space: Space = space();
    space.map_mut().set_wire_future(true);
    map(&mut space, page(0), 1, Prot::READ);
    assert_eq!(anon(&space, page(0)), 0);
    protect(&mut space, 0, 1, Prot::RW).unwrap();
    assert_ne!(anon(&space, page(0)), 0);
}

fn fixed(space: &mut Space, from: u64, to: u64, flags: MapFlags) -> Result<Vec<Change>, Refusal> {
    let (start, end) = span(from, to);
    let mapping = Mapping { flags, ..Mapping::anonymous(Prot::READ) };
    let mut reported = vec![];
    let length = end.wrapping_sub(start);
    let answer = space.fixed(start, length, mapping, |change| reported.push(change));
    space.map().check_index().unwrap();
    answer.map(|()| reported)
}

#[test]
fn l33_a_refused_replacement_leaves_its_splits() {
    let mut space: Space = space();
    map(&mut space, page(0), 6, Prot::RW);
    let limits = space.limits();
    space.set_limits(Limits { vmem: Size::pages(6), ..limits });
    assert!(fixed(&mut space, 2, 4, MapFlags::NONE).is_ok());
    assert_eq!(pages(&space), [(0, 2), (2, 4), (4, 6)]);
    let (size, amount, limit) = (Size::pages(5), Size::pages(2), Size::pages(6));
    let refusal = Refusal::AddressSpace { size, amount, limit };
    assert_eq!(fixed(&mut space, 5, 7, MapFlags::NONE), Err(refusal));
    assert_eq!(pages(&space), [(0, 2), (2, 4), (4, 5), (5, 6)]);
}

#[test]
fn l32_no_replacement() {
    let mut space: Space = space();
    map(&mut space, page(0), 2, Prot::RW);
    assert!(matches!(fixed(&mut space, 1, 3, MapFlags::EXCL), Err(Refusal::StartMapped { .. })));
    assert!(fixed(&mut space, 2, 3, MapFlags::EXCL).is_ok());
    space.map_mut().set_wire_future(true);
    let limits = space.limits();
    space.set_limits(Limits { memlock: Size::pages(1), ..limits });
    let refused = fixed(&mut space, 0, 2, MapFlags::NONE);
    assert!(matches!(refused, Err(Refusal::LockLimit { .. })), "{refused:?}");
    assert_eq!(pages(&space), [(0, 2), (2, 3)]);
}

#[test]
fn a_replacement_pays_for_what_it_adds() {
    let mut space: Space = space();
    map(&mut space, page(0), 4, Prot::RW);
    let limits = space.limits();
    space.set_limits(Limits { swap: Size::pages(5), ..limits });
    let (start, mapping) = (Addr::new(page(2)), Mapping::anonymous(Prot::RW));
    space.fixed(start, Size::pages(3), mapping, |_| ()).unwrap();
    assert_eq!(space.map().reserved(), Size::pages(5));
    let refused = space.fixed(start, Size::pages(4), mapping, |_| ());
    assert!(matches!(refused, Err(Refusal::Swap { .. })), "{refused:?}");
    assert_eq!(space.map().size(), Size::pages(5));
}

#[test]
fn a_child_has_memory_of_its_own() {
    let mut space: Space = space();
    stack(&mut space, page(0), 1);
    map(&mut space, page(4), 4, Prot::RW);
    store(&mut space, page(4));
    let (start, end) = span(5, 6);
    space.map_mut().inherit(start, end, Inherit::None).unwrap();
    let (start, end) = span(6, 7);
    space.map_mut().inherit(start, end, Inherit::Zero).unwrap();
    let mut reported = vec![];
    let child = space.fork(|change| reported.push(change.range().start().get())).unwrap();
    assert_eq!(pages(&child), [(0, 1), (4, 5), (6, 7), (7, 8)]);
    assert_eq!(reported, [page(4), page(7)]);
    assert_eq!(anon(&child, page(6)), 0);
    assert_ne!(anon(&child, page(4)), anon(&space, page(4)));
    assert_ne!(anon(&child, page(4)), anon(&child, page(7)));
    assert_eq!(child.map().reserved(), Size::pages(4));
    child.map().check_index().unwrap();
}

#[test]
fn a_new_image_has_a_stack_of_128_kib() {
    let mut space = with_stack(AT);
    space.map_mut().set_wire_future(true);
    let top = Addr::new(0x80_0000);
    let first = space.exec(top, Size::new(8 << 20), Prot::RW, |_| ()).unwrap();
    assert_eq!((first.len(), first.end()), (Size::new(128 << 10), top));
    assert_eq!((space.map().len(), space.map().wire_future()), (1, false));
    assert!(grow(&mut space, 0x80_0000 - (256 << 10)).is_ok());
}

#[test]
fn what_linux_has_nothing_like_is_refused() {
    let mut space: Space = space();
    map(&mut space, page(0), 1, Prot::RW);
    let (start, end) = span(0, 1);
    for what in [ProtectWhat::Max, ProtectWhat::Both(Prot::RW)] {
        let refused = space.map_mut().protect(start, end, Prot::READ, what, |_| ());
        assert_eq!(refused, Err(Refusal::NotInLinux));
    }
    let up = StackRequest::new(Addr::new(page(4)), Size::PAGE, MapFlags::GROWS_UP);
    assert_eq!(space.stack(up, |_| ()), Err(Refusal::NotInLinux));
    assert_eq!(fixed(&mut space, 4, 5, MapFlags::GUARD), Err(Refusal::NotInLinux));
    assert_eq!(space.map_mut().inherit(start, end, Inherit::Share), Err(Refusal::NotInLinux));
}

#[test]
fn the_text_of_a_map_shows_its_anonymous_memory() {
    let mut space: Space = space();
    stack(&mut space, page(0), 1);
    store(&mut space, page(0));
    let text = space.map().to_string();
    assert!(text.contains("ANON") && text.contains("0x1 "), "{text}");
}
