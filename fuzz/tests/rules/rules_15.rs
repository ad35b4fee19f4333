//! Section 15, row by row: what the map answers where the real code panics or breaks its map.
//!
//! The expected values are computed from `docs/behaviour.md` by hand.

use crate::subject::*;
use growstack::{
    Addr, Direction, EntryFlags, FindSpace, Holes, MapFlags, Prot, Refusal, Size, Wiring,
};
use growstack_fuzz::answer::Answer;
use growstack_fuzz::op::{LimitName, Mapping, Op};

const DOWN: EntryFlags = EntryFlags::GROWS_DOWN;
const UP: EntryFlags = EntryFlags::GROWS_UP;

/// 2^64 - `below`, for tests at the upper end of the address space.
const fn top(below: u64) -> u64 {
    below.wrapping_neg()
}

on_every_map! {
    r15_1_insert_nofault_with_object
    r15_1_find_nofault_with_object
    r15_1_fixed_nofault_with_object
    r15_2_reserved_stops_at_zero
    r15_2_other_charges_stay
    r15_3_stack_without_growth
    r15_4_wire_of_nothing_inside_an_entry
    r15_4_only_strictly_inside
    r15_5_growth_to_the_end_of_the_map_and_no_further
    r15_5_the_cut_top_decides
    r15_5_comes_after_the_limits
    r15_6_room_below_the_end_of_all
    r15_6_a_neighbour_ends_the_wrap
    r15_6_then_the_end_of_the_map_decides
    r15_6_swap_for_the_whole_reserve_comes_first
    r15_6_less_than_a_guard_page_is_left
    r15_6_without_a_charge_swap_plays_no_role
    r15_7_bottom_wraps
    r15_7_bottom_in_the_last_page
    r15_8_insert_charged_object
    r15_8_find_charged_object
    r15_8_fixed_charged_object
    r15_8_switched_off
    r15_9_step_of_zero
    r15_10_need_wraps_down
    r15_10_need_wraps_up
    r15_11_amount_wraps_down
    r15_11_amount_wraps_up
    r15_11_stack_limit_still_clamps
}

/// The three refusals of section 6 that come before 15.1 and 15.8, for a mapping that one of
/// those forbids; then `refusal` itself.
fn forbidden_insert(create: Create, mapping: Mapping, refusal: Refusal) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.done(insert_rw(0x1_0000, 0x1_1000), &[mapped(0x1_0000, 0x1_1000, Prot::RW)]);
    let outside = |start, end| Refusal::OutsideMap { start: Addr::new(start), end: Addr::new(end) };
    b.refused(insert(0, 0x2000, mapping), outside(0, 0x2000));
    b.refused(insert(0x1_f000, 0x2_1000, mapping), outside(0x1_f000, 0x2_1000));
    b.refused(insert(0x3000, 0x3000, mapping), outside(0x3000, 0x3000));
    b.refused(
        insert(0x1_0800, 0x1_2000, mapping),
        Refusal::StartMapped { start: Addr::new(0x1_0800), entry: range(0x1_0000, 0x1_1000) },
    );
    b.refused(
        insert(0xf000, 0x1_0001, mapping),
        Refusal::NextBelowEnd { end: Addr::new(0x1_0001), next: Addr::new(0x1_0000) },
    );
    b.refused(insert(0xf000, 0x1_0000, mapping), refusal);
    b.holds(&[entry(0x1_0000, 0x1_1000)], 0, 0x1000, 0);
}

/// `find` searches first; without a search, 6.2 comes first.
fn forbidden_find(create: Create, mapping: Mapping, refusal: Refusal) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.done(insert_rw(0x1000, 0x1_f000), &[mapped(0x1000, 0x1_f000, Prot::RW)]);
    b.refused(
        find(0, 0x2000, 0, FindSpace::Any, mapping),
        Refusal::NoGap { start: Addr::new(0x1000), length: Size::new(0x2000) },
    );
    b.refused(
        find(0x3000, 0x1000, 0x1_ffff, FindSpace::Any, mapping),
        Refusal::AboveMaxAddr { end: Addr::new(0x2_0000), max_addr: Addr::new(0x1_ffff) },
    );
    b.refused(find(0x3000, 0x1000, 0, FindSpace::Any, mapping), refusal);
    b.refused(
        find(0x3000, 0x1000, 0, FindSpace::No, mapping),
        Refusal::StartMapped { start: Addr::new(0x3000), entry: range(0x1000, 0x1_f000) },
    );
    b.refused(find(0x1_f000, 0x1000, 0, FindSpace::No, mapping), refusal);
    b.holds(&[entry(0x1000, 0x1_f000)], 0, 0x1_e000, 0);
}

/// `fixed` refuses before it removes anything, after the clamp and 6.1.
fn forbidden_fixed(create: Create, mapping: Mapping, refusal: Refusal) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.done(insert_rw(0x1_0000, 0x1_4000), &[mapped(0x1_0000, 0x1_4000, Prot::RW)]);
    b.refused(fixed(0x1_1000, 0x2000, mapping), refusal);
    // Partly outside the map: the clamped range would do.
    b.refused(fixed(0x1_1000, 0x10_0000, mapping), refusal);
    // Nothing is left of the range: 6.1.
    let at = Addr::new(0x1_2000);
    b.refused(fixed(0x1_2000, 0, mapping), Refusal::OutsideMap { start: at, end: at });
    b.holds(&[entry(0x1_0000, 0x1_4000)], 0, 0x4000, 0);
}

fn r15_1_insert_nofault_with_object(create: Create) {
    let forbidden = object(Prot::RW, MapFlags::NOFAULT, 7, 0);
    forbidden_insert(create, forbidden, Refusal::NofaultObject);
    // cow makes no difference, and 15.1 decides before 15.8.
    let cow = object(Prot::RW, MapFlags::NOFAULT | MapFlags::COW, 7, 0);
    forbidden_insert(create, cow, Refusal::NofaultObject);
    let charged = object(Prot::RW, MapFlags::NOFAULT | MapFlags::ACC_CHARGED, 7, 0);
    forbidden_insert(create, charged, Refusal::NofaultObject);

    // Without an object it is allowed, and not charged.
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    let anonymous = anonymous(Prot::RW, MapFlags::NOFAULT);
    b.done(insert(0x1000, 0x2000, anonymous), &[mapped(0x1000, 0x2000, Prot::RW)]);
    let mut row = entry(0x1000, 0x2000);
    row.flags = EntryFlags::NOFAULT;
    b.holds(&[row], 0, 0, 0);
}

fn r15_1_find_nofault_with_object(create: Create) {
    forbidden_find(create, object(Prot::RW, MapFlags::NOFAULT, 7, 0), Refusal::NofaultObject);
}

fn r15_1_fixed_nofault_with_object(create: Create) {
    forbidden_fixed(create, object(Prot::RW, MapFlags::NOFAULT, 7, 0), Refusal::NofaultObject);
}

fn r15_2_reserved_stops_at_zero(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    let charged = anonymous(Prot::RW, MapFlags::ACC_CHARGED | MapFlags::NOSYNC);
    b.done(insert(0x1_0000, 0x1_4000, charged), &[mapped(0x1_0000, 0x1_4000, Prot::RW)]);
    b.done(insert_rw(0x1_4000, 0x1_5000), &[mapped(0x1_4000, 0x1_5000, Prot::RW)]);
    let nosync = |start, end| {
        let mut row = entry(start, end);
        row.flags |= EntryFlags::NOSYNC;
        row
    };
    // Only the second reserved anything.
    b.holds(&[nosync(0x1_0000, 0x1_4000), entry(0x1_4000, 0x1_5000)], 0, 0x1000, 0);

    // 0x3000 go, 0x1000 are there.
    b.done(remove(0x1_0000, 0x1_3000), &[unmapped(0x1_0000, 0x1_3000)]);
    let mut rest = nosync(0x1_3000, 0x1_4000);
    rest.offset = 0x3000;
    b.holds(&[rest, entry(0x1_4000, 0x1_5000)], 0, 0, 0);

    b.done(remove(0x1_4000, 0x1_5000), &[unmapped(0x1_4000, 0x1_5000)]);
    b.done(remove(0, MAX), &[unmapped(0x1_3000, 0x1_4000)]);
    b.holds(&[], 0, 0, 0);
}

fn r15_2_other_charges_stay(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.done(insert_rw(0x1_0000, 0x1_8000), &[mapped(0x1_0000, 0x1_8000, Prot::RW)]);
    let charged = anonymous(Prot::RW, MapFlags::ACC_CHARGED);
    b.done(insert(0x2_0000, 0x2_2000, charged), &[mapped(0x2_0000, 0x2_2000, Prot::RW)]);
    b.holds(&[entry(0x1_0000, 0x1_8000), entry(0x2_0000, 0x2_2000)], 0, 0x8000, 0);
    // Enough is reserved, so the whole length comes off, though it was never reserved.
    b.done(remove(0x2_0000, 0x2_2000), &[unmapped(0x2_0000, 0x2_2000)]);
    b.holds(&[entry(0x1_0000, 0x1_8000)], 0, 0x6000, 0);
}

fn r15_3_stack_without_growth(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.refused(stack(0x1_0000, 0x8000, MapFlags::NONE), Refusal::NoGrowthFlag);
    b.refused(stack(0x1_0000, 0x8000, MapFlags::NOSYNC), Refusal::NoGrowthFlag);
    // It comes before 12.1: below the map, and with a reserve that wraps.
    b.refused(stack(0, u64::MAX, MapFlags::NONE), Refusal::NoGrowthFlag);
    b.holds(&[], 0, 0, 0);
}

fn r15_4_wire_of_nothing_inside_an_entry(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.done(insert_rw(0x1_0000, 0x1_4000), &[mapped(0x1_0000, 0x1_4000, Prot::RW)]);
    for wiring in [Wiring::User, Wiring::System] {
        for holes in [Holes::Allowed, Holes::Refused] {
            // A reversed range becomes the empty range at END (2.2).
            for end in [0x1_0001, 0x1_2000, 0x1_3fff] {
                b.done(wire(0x2_0000, end, wiring, holes), &[]);
                b.done(unwire(0x2_0000, end, wiring, holes), &[]);
                b.holds(&[entry(0x1_0000, 0x1_4000)], 0, 0x4000, 0);
            }
        }
    }
    // Nothing was left busy: the entry can be wired, and removed.
    b.done(wire(0x1_0000, 0x1_4000, Wiring::User, Holes::Refused), &[wired(0x1_0000, 0x1_4000)]);
    b.holds(&[user_wired(entry(0x1_0000, 0x1_4000))], 0, 0x4000, 4);
    b.done(wire(0x2_0000, 0x1_2000, Wiring::System, Holes::Refused), &[]);
    b.done(unwire(0x2_0000, 0x1_2000, Wiring::User, Holes::Refused), &[]);
    b.holds(&[user_wired(entry(0x1_0000, 0x1_4000))], 0, 0x4000, 4);
    b.done(remove(0x1_0000, 0x1_4000), &[unmapped(0x1_0000, 0x1_4000)]);
    b.holds(&[], 0, 0, 0);
}

fn r15_4_only_strictly_inside(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.done(insert_rw(0x1_0000, 0x1_4000), &[mapped(0x1_0000, 0x1_4000, Prot::RW)]);
    // 10.4: at the start of an entry nothing happens; its end is not mapped.
    b.done(wire(0x2_0000, 0x1_0000, Wiring::User, Holes::Refused), &[]);
    b.done(unwire(0x2_0000, 0x1_0000, Wiring::System, Holes::Refused), &[]);
    let unmapped = |at| Refusal::StartUnmapped { start: Addr::new(at) };
    b.refused(wire(0x2_0000, 0x1_4000, Wiring::User, Holes::Refused), unmapped(0x1_4000));
    b.refused(unwire(0x2_0000, 0xf000, Wiring::User, Holes::Refused), unmapped(0xf000));
    b.done(wire(0x2_0000, 0x1_4000, Wiring::User, Holes::Allowed), &[]);
    b.done(unwire(0x2_0000, 0xf000, Wiring::System, Holes::Allowed), &[]);
    b.holds(&[entry(0x1_0000, 0x1_4000)], 0, 0x4000, 0);
}

fn r15_5_growth_to_the_end_of_the_map_and_no_further(create: Create) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    // The reserve reaches to 0x24000, beyond the map, which 12.8 allows.
    b.done(stack(0x1_c000, 0x8000, MapFlags::GROWS_UP), &[mapped(0x1_c000, 0x1_d000, Prot::RW)]);
    b.holds(&[stack_entry(0x1_c000, 0x1_d000, UP, 0x7000)], 0, 0x1000, 0);
    b.grows_rw(0x1_f000, Direction::Up, (0x1_d000, 0x2_0000));
    b.holds(&[stack_entry(0x1_c000, 0x2_0000, UP, 0x4000)], 0, 0x4000, 0);
    let end = |top| Refusal::MapEnd { top: Addr::new(top), max: Addr::new(0x2_0000) };
    b.refused(grow(0x2_0000), end(0x2_1000));
    b.refused(grow(0x2_3fff), end(0x2_4000));
    let (need, avail) = (Size::new(0x5000), Size::new(0x4000));
    b.refused(grow(0x2_4000), Refusal::Avail { need, avail });
}

fn r15_5_the_cut_top_decides(create: Create) {
    // The step, not the need, passes the end of the map.
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.done(stack(0x1_c000, 0x8000, MapFlags::GROWS_UP), &[mapped(0x1_c000, 0x1_d000, Prot::RW)]);
    b.set(sgrowsiz(0x4000));
    let (top, max) = (Addr::new(0x2_1000), Addr::new(0x2_0000));
    b.refused(grow(0x1_d000), Refusal::MapEnd { top, max });

    // A neighbour that cuts the growth keeps it inside the map.
    b.done(insert_rw(0x1_f000, 0x2_0000), &[mapped(0x1_f000, 0x2_0000, Prot::RW)]);
    b.grows_rw(0x1_d000, Direction::Up, (0x1_d000, 0x1_f000));
    let rows = [stack_entry(0x1_c000, 0x1_f000, UP, 0), entry(0x1_f000, 0x2_0000)];
    b.holds(&rows, 0, 0x4000, 0);
}

fn r15_5_comes_after_the_limits(create: Create) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.done(stack(0x1_f000, 0x8000, MapFlags::GROWS_UP), &[mapped(0x1_f000, 0x2_0000, Prot::RW)]);
    b.set(limit(LimitName::Vmem, 0x1fff));
    let vmem = Refusal::GrowVmem {
        size: Size::new(0x1000),
        amount: Size::new(0x1000),
        limit: Size::new(0x1fff),
    };
    b.refused(grow(0x2_0000), vmem);
    b.set(limit(LimitName::Vmem, 0x2000));
    // Swap (13.15) comes later.
    b.set(limit(LimitName::Swap, 0x1000));
    let (top, max) = (Addr::new(0x2_1000), Addr::new(0x2_0000));
    b.refused(grow(0x2_0000), Refusal::MapEnd { top, max });
    // 13.6 comes before, and sets avail to what is left of the reserve, which changes nothing.
    b.set(Op::SetGuardPage { on: true });
    let neighbour = Refusal::Neighbour {
        need: Size::new(0x7000),
        room: Size::new(0x7000),
        guard: Size::new(0x1000),
    };
    b.refused(grow(0x2_6000), neighbour);
}

/// A two-way stack at the end of the address space, `[2^64 - 0x9000, 2^64 - 0x8000)`, with 0xe000
/// left, in a map that ends at `max`.
fn high_stack(create: Create, max: u64) -> Bench {
    let mut b = Bench::new(create, &config(MIN, max, 0x1000));
    // ADDRBOS + 0xf000 / 2 - 0x1000 / 2 = ADDRBOS + 0x7000.
    let flags = MapFlags::GROWTH;
    b.done(stack(top(0x1_0000), 0xf000, flags), &[mapped(top(0x9000), top(0x8000), Prot::RW)]);
    b.holds(&[stack_entry(top(0x9000), top(0x8000), DOWN | UP, 0xe000)], 0, 0x1000, 0);
    b
}

fn r15_6_room_below_the_end_of_all(create: Create) {
    let mut b = high_stack(create, u64::MAX);
    let both = |start, end, avail| stack_entry(start, end, DOWN | UP, avail);
    b.grows_rw(top(0x8000), Direction::Up, (top(0x8000), top(0x7000)));
    b.holds(&[both(top(0x9000), top(0x7000), 0xd000)], 0, 0x2000, 0);

    // The ceiling is 2^64 - 1, so the last page of all does not fit; avail stays.
    let neighbour = |need, guard| Refusal::Neighbour {
        need: Size::new(need),
        room: Size::new(0x6fff),
        guard: Size::new(guard),
    };
    b.refused(grow(u64::MAX), neighbour(0x7000, 0));
    b.set(Op::SetGuardPage { on: true });
    b.refused(grow(top(0x1001)), neighbour(0x6000, 0x1000));
    b.set(Op::SetGuardPage { on: false });

    // A step past 2^64 is cut at the ceiling, which leaves nothing.
    b.set(sgrowsiz(0x8000));
    b.grows_rw(top(0x1001), Direction::Up, (top(0x7000), u64::MAX));
    b.holds(&[both(top(0x9000), u64::MAX, 0)], 0, 0x8fff, 0);
}

fn r15_6_a_neighbour_ends_the_wrap(create: Create) {
    let mut b = high_stack(create, u64::MAX);
    b.done(insert_rw(top(0x4000), top(0x3000)), &[mapped(top(0x4000), top(0x3000), Prot::RW)]);
    b.set(sgrowsiz(0x9000));
    // 2^64 - 0x8000 + 0x9000 wraps; the neighbour cuts it nevertheless.
    b.grows_rw(top(0x8000), Direction::Up, (top(0x8000), top(0x4000)));
    let rows =
        [stack_entry(top(0x9000), top(0x4000), DOWN | UP, 0), entry(top(0x4000), top(0x3000))];
    b.holds(&rows, 0, 0x6000, 0);
}

fn r15_6_then_the_end_of_the_map_decides(create: Create) {
    let max = top(0x4000);
    let mut b = high_stack(create, max);
    let end = |top| Refusal::MapEnd { top: Addr::new(top), max: Addr::new(max) };
    b.refused(grow(top(0x4000)), end(top(0x3000)));
    b.set(sgrowsiz(0x9000));
    // Cut at the ceiling, which is above the map; the cut of avail does not stay.
    b.refused(grow(top(0x8000)), end(u64::MAX));
    b.set(Op::SetGuardPage { on: true });
    b.refused(grow(top(0x8000)), end(u64::MAX - 0x1000));
    b.holds(&[stack_entry(top(0x9000), top(0x8000), DOWN | UP, 0xe000)], 0, 0x1000, 0);
}

/// The swap limit is one byte short of the page mapped and the whole reserve, and then is not.
fn r15_6_swap_for_the_whole_reserve_comes_first(create: Create) {
    let mut b = high_stack(create, u64::MAX);
    let short = |wanted, limit| Refusal::GrowSwap {
        wanted: Size::new(wanted),
        reserved: Size::new(0x1000),
        limit: Size::new(limit),
    };
    let below = [stack_entry(top(0x9000), top(0x8000), DOWN | UP, 0xe000)];
    b.set(limit(LimitName::Swap, 0xefff));
    // One page is asked for, but swap is reserved for 0xe000; 13.5 to 13.10 come later.
    b.refused(grow(top(0x8000)), short(0xe000, 0xefff));
    b.refused(grow(u64::MAX), short(0xe000, 0xefff));
    // The guard page is not paid for.
    b.set(Op::SetGuardPage { on: true });
    b.set(limit(LimitName::Swap, 0xdfff));
    b.refused(grow(top(0x8000)), short(0xd000, 0xdfff));
    b.holds(&below, 0, 0x1000, 0);
    b.set(limit(LimitName::Swap, 0xe000));
    b.grows_rw(top(0x8000), Direction::Up, (top(0x8000), top(0x7000)));
}

/// A guard page larger than what is left of the reserve: there is nothing to pay for.
fn r15_6_less_than_a_guard_page_is_left(create: Create) {
    let mut b = Bench::new(create, &config(MIN, u64::MAX, 0x100));
    // The middle is 2^64 - 0x17c0 + 0x1080 / 2 - 0x100 / 2 = 2^64 - 0x1000.
    b.run(stack(top(0x17c0), 0x1080, MapFlags::GROWTH));
    b.holds(&[stack_entry(top(0x1000), top(0xf00), DOWN | UP, 0xf80)], 0, 0x100, 0);
    b.set(Op::SetGuardPage { on: true });
    b.set(limit(LimitName::Swap, 0xff));
    let (wanted, reserved) = (Size::ZERO, Size::new(0x100));
    b.refused(grow(top(0xf00)), Refusal::GrowSwap { wanted, reserved, limit: Size::new(0xff) });
    b.set(limit(LimitName::Swap, 0x100));
    let (need, avail) = (Size::new(0x1000), Size::new(0xf80));
    b.refused(grow(top(0xf00)), Refusal::Avail { need, avail });
}

fn r15_6_without_a_charge_swap_plays_no_role(create: Create) {
    let mut b = Bench::new(create, &config(MIN, u64::MAX, 0x1000));
    let flags = MapFlags::GROWTH | MapFlags::ACC_NO_CHARGE;
    b.run(stack(top(0x1_0000), 0xf000, flags));
    b.set(limit(LimitName::Swap, 0));
    b.grows_rw(top(0x8000), Direction::Up, (top(0x8000), top(0x7000)));
}

fn r15_7_bottom_wraps(create: Create) {
    let mut b = Bench::new(create, &config(MIN, u64::MAX, 0x1000));
    let wraps = |addrbos, max_ssize| Refusal::StackWraps {
        addrbos: Addr::new(addrbos),
        max_ssize: Size::new(max_ssize),
    };
    b.refused(stack(top(0x800), 0x400, MapFlags::GROWTH), wraps(top(0x800), 0x400));
    b.refused(stack(top(0xfff), 0, MapFlags::GROWTH), wraps(top(0xfff), 0));
    // The middle alone decides: ADDRBOS is in the page before the last here.
    b.set(sgrowsiz(2));
    // 2^64 - 0x1800 + 0x900 - 1 lies in the last page.
    b.refused(stack(top(0x1800), 0x1200, MapFlags::GROWTH), wraps(top(0x1800), 0x1200));
    b.holds(&[], 0, 0, 0);
}

fn r15_7_bottom_in_the_last_page(create: Create) {
    let mut b = Bench::new(create, &config(MIN, u64::MAX, 0x1000));
    // The bottom is the last page exactly: nothing wraps but the end, which 6.1 refuses.
    b.refused(
        stack(top(0x1100), 0x1000, MapFlags::GROWTH),
        Refusal::OutsideMap { start: Addr::new(top(0x1000)), end: Addr::ZERO },
    );
    // 12.1 comes first: 2^64 exactly counts as wrapped.
    let (addrbos, max_ssize) = (Addr::new(top(0x800)), Size::new(0x800));
    b.refused(
        stack(top(0x800), 0x800, MapFlags::GROWTH),
        Refusal::StackOutsideMap { addrbos, max_ssize },
    );
}

fn r15_8_insert_charged_object(create: Create) {
    let forbidden = object(Prot::RW, MapFlags::ACC_CHARGED, 7, 0);
    forbidden_insert(create, forbidden, Refusal::ChargedObject);
    // Read-only memory is no exception.
    let read_only = object(Prot::READ, MapFlags::ACC_CHARGED, 7, 0);
    forbidden_insert(create, read_only, Refusal::ChargedObject);
}

fn r15_8_find_charged_object(create: Create) {
    let forbidden = object(Prot::RW, MapFlags::ACC_CHARGED, 7, 0);
    forbidden_find(create, forbidden, Refusal::ChargedObject);
}

fn r15_8_fixed_charged_object(create: Create) {
    let forbidden = object(Prot::RW, MapFlags::ACC_CHARGED, 7, 0);
    forbidden_fixed(create, forbidden, Refusal::ChargedObject);
}

fn r15_8_switched_off(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    // acc_no_charge wins: no charge at all.
    let never = MapFlags::ACC_CHARGED | MapFlags::ACC_NO_CHARGE;
    b.done(
        insert(0x1_0000, 0x1_1000, object(Prot::RW, never, 7, 0)),
        &[mapped(0x1_0000, 0x1_1000, Prot::RW)],
    );
    // With cow it is allowed: charged, nothing reserved.
    let cow = MapFlags::ACC_CHARGED | MapFlags::COW;
    b.done(
        fixed(0x1_1000, 0x1000, object(Prot::RW, cow, 8, 0)),
        &[mapped(0x1_1000, 0x1_2000, Prot::RW)],
    );
    let id = growstack_fuzz::op::ObjectId::new;
    let mut plain = entry(0x1_0000, 0x1_1000);
    (plain.flags, plain.object) = (EntryFlags::NONE, id(7));
    let mut copied = entry(0x1_1000, 0x1_2000);
    copied.flags = EntryFlags::COW | EntryFlags::NEEDS_COPY | EntryFlags::CHARGED;
    copied.object = id(8);
    b.holds(&[plain, copied], 0, 0, 0);
}

fn r15_9_step_of_zero(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x3000));
    b.answers(sgrowsiz(0), Answer::ZERO_STEP);
    // The step is the old one.
    let flags = MapFlags::GROWS_DOWN;
    b.done(stack(0x1_0000, 0x8000, flags), &[mapped(0x1_5000, 0x1_8000, Prot::RW)]);
    b.holds(&[stack_entry(0x1_5000, 0x1_8000, DOWN, 0x5000)], 0, 0x3000, 0);
}

fn r15_10_need_wraps_down(create: Create) {
    let mut b = Bench::new(create, &config(0, u64::MAX, 0x100));
    let flags = MapFlags::GROWS_DOWN;
    // The whole stack is mapped: avail is 0, which a need of 0 would not exceed.
    b.done(stack(top(0x200), 0x100, flags), &[mapped(top(0x200), top(0x100), Prot::RW)]);
    b.refused(grow(0), Refusal::NeedWraps { addr: Addr::ZERO });
    b.refused(grow(0xdff), Refusal::NeedWraps { addr: Addr::new(0xdff) });
    // A guard page would make 13.6 lower avail, were it asked first.
    b.set(Op::SetGuardPage { on: true });
    b.refused(grow(0), Refusal::NeedWraps { addr: Addr::ZERO });
    // 2^64 - 0x200 - 0xe00 = 2^64 - 0x1000 is whole pages, and does not wrap.
    let need = Size::new(top(0x1000));
    b.refused(grow(0xe00), Refusal::Avail { need, avail: Size::ZERO });
    b.holds(&[stack_entry(top(0x200), top(0x100), DOWN, 0)], 0, 0x100, 0);
}

fn r15_10_need_wraps_up(create: Create) {
    let mut b = Bench::new(create, &config(0, u64::MAX, 0x100));
    b.done(stack(0x100, 0x100, MapFlags::GROWS_UP), &[mapped(0x100, 0x200, Prot::RW)]);
    b.refused(grow(u64::MAX), Refusal::NeedWraps { addr: Addr::MAX });
    b.refused(grow(top(0xe00)), Refusal::NeedWraps { addr: Addr::new(top(0xe00)) });
    // ADDR + 1 - 0x200 = 2^64 - 0x1000.
    let need = Size::new(top(0x1000));
    b.refused(grow(top(0xe01)), Refusal::Avail { need, avail: Size::ZERO });
    b.holds(&[stack_entry(0x100, 0x200, UP, 0)], 0, 0x100, 0);
}

fn r15_11_amount_wraps_down(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.done(stack(0x1_0000, 0x8000, MapFlags::GROWS_DOWN), &[mapped(0x1_7000, 0x1_8000, Prot::RW)]);
    // 0x1000 + (2^64 - 1) - 1 wraps to 0xffe, which is no multiple of the step but 0.
    b.set(sgrowsiz(u64::MAX));
    b.grows_rw(0x1_6fff, Direction::Down, (0x1_0000, 0x1_7000));
    let mut old = entry(0x1_7000, 0x1_8000);
    old.avail = Size::new(0x7000);
    b.holds(&[stack_entry(0x1_0000, 0x1_7000, DOWN, 0), old], 0, 0x8000, 0);
}

fn r15_11_amount_wraps_up(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.done(stack(0x1_0000, 0x8000, MapFlags::GROWS_UP), &[mapped(0x1_0000, 0x1_1000, Prot::RW)]);
    b.done(insert_rw(0x1_4000, 0x1_5000), &[mapped(0x1_4000, 0x1_5000, Prot::RW)]);
    // Any step that large will do: 0x2000 + 2^64 - 0x1000 - 1 wraps to 0xfff.
    b.set(sgrowsiz(top(0x1000)));
    // avail is 0x7000, and the neighbour cuts that.
    b.grows_rw(0x1_2000, Direction::Up, (0x1_1000, 0x1_4000));
    b.holds(&[stack_entry(0x1_0000, 0x1_4000, UP, 0), entry(0x1_4000, 0x1_5000)], 0, 0x5000, 0);
}

fn r15_11_stack_limit_still_clamps(create: Create) {
    let mut config = config(MIN, MAX, 0x1000);
    config.tunables.maxsaddr = Addr::new(0x1_0000);
    config.limits.stack = Size::new(0x3800);
    let mut b = Bench::new(create, &config);
    b.done(stack(0x1_0000, 0x8000, MapFlags::GROWS_DOWN), &[mapped(0x1_7000, 0x1_8000, Prot::RW)]);
    b.set(sgrowsiz(u64::MAX));
    // avail is 0x7000; the limit leaves 0x3800, which is three pages.
    b.grows_rw(0x1_6000, Direction::Down, (0x1_4000, 0x1_7000));
    let mut old = entry(0x1_7000, 0x1_8000);
    old.avail = Size::new(0x7000);
    b.holds(&[stack_entry(0x1_4000, 0x1_7000, DOWN, 0x4000), old], 3, 0x4000, 0);
}
