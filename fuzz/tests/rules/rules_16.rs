//! Section 16, rule by rule, but for 16.7, which is the engine's alone.
//!
//! The expected values are computed from `docs/behaviour.md` by hand.

use crate::subject::*;
use growstack::{
    Addr, Direction, EntryFlags, FindSpace, Holes, MapFlags, Prot, ProtectWhat, Refusal, Size,
    Wiring,
};
use growstack_fuzz::answer::{Cause, Row};
use growstack_fuzz::op::{LimitName, ObjectId, Op};

const DOWN: EntryFlags = EntryFlags::GROWS_DOWN;
const UP: EntryFlags = EntryFlags::GROWS_UP;

on_every_map! {
    r16_1_write_to_a_wired_cow_entry
    r16_2_a_shared_page_counts_twice
    r16_2_unaligned_split_of_a_wired_entry
    r16_3_removal_stops_at_zero
    r16_3_unwire_stops_at_zero
    r16_4_system_wirings_add_up
    r16_4_a_failed_system_wire_takes_its_own_back
    r16_4_system_unwire_needs_system_wiring
    r16_5_fit_below_the_highest_address
    r16_5_only_the_lowest_fit_counts
    r16_5_without_a_search_it_is_ignored
    r16_6_exec_into_an_empty_map
    r16_6_exec_replaces_everything
    r16_6_exec_sets_the_main_stack
    r16_6_exec_refused
}

fn r16_1_write_to_a_wired_cow_entry(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    let cow = object(Prot::READ, MapFlags::COW, 7, 0x5000);
    b.done(insert(0x1_0000, 0x1_2000, cow), &[mapped(0x1_0000, 0x1_2000, Prot::READ)]);
    let all = (Wiring::User, Holes::Refused);
    b.done(wire(0x1_0000, 0x1_2000, all.0, all.1), &[wired(0x1_0000, 0x1_2000)]);
    let row = |prot, charge| Row {
        prot,
        flags: EntryFlags::COW | EntryFlags::NEEDS_COPY | EntryFlags::USER_WIRED | charge,
        wired: 1,
        object: ObjectId::new(7),
        offset: 0x5000,
        ..entry(0x1_0000, 0x1_2000)
    };
    b.holds(&[row(Prot::READ, EntryFlags::NONE)], 0, 0, 2);

    b.set(limit(LimitName::Swap, 0x1fff));
    let short = Refusal::ProtectSwap {
        wanted: Size::new(0x2000),
        reserved: Size::ZERO,
        limit: Size::new(0x1fff),
    };
    let write = protect(0x1_0000, 0x1_2000, Prot::RW, ProtectWhat::Current);
    b.refused(write, short);
    b.set(limit(LimitName::Swap, 0x2000));
    b.done(write, &[protected(0x1_0000, 0x1_2000, Prot::RW)]);
    b.holds(&[row(Prot::RW, EntryFlags::CHARGED)], 0, 0x2000, 2);
}

fn r16_2_a_shared_page_counts_twice(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0800, 0x1_1800));
    b.run(insert(0x1_1800, 0x1_2001, anonymous(Prot::READ, MapFlags::NONE)));
    let read_only = Row {
        prot: Prot::READ,
        flags: EntryFlags::NONE,
        // 6.8: the charge differs, so the neighbour's offset is not continued.
        offset: 0,
        ..entry(0x1_1800, 0x1_2001)
    };
    // Pages 0x10 and 0x11; then 0x11 and 0x12.
    b.done(wire(0x1_0800, 0x1_2001, Wiring::User, Holes::Refused), &[wired(0x1_0800, 0x1_2001)]);
    let rows = [user_wired(entry(0x1_0800, 0x1_1800)), user_wired(read_only.clone())];
    b.holds(&rows, 0, 0x1000, 4);
    b.done(
        unwire(0x1_1800, 0x1_2001, Wiring::User, Holes::Refused),
        &[unwired(0x1_1800, 0x1_2001)],
    );
    b.holds(&[rows[0].clone(), read_only], 0, 0x1000, 2);
}

fn r16_2_unaligned_split_of_a_wired_entry(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_3000));
    b.run(wire(0x1_0000, 0x1_3000, Wiring::User, Holes::Refused));
    b.holds(&[user_wired(entry(0x1_0000, 0x1_3000))], 0, 0x3000, 3);
    // [0x11800, 0x13000) is two pages, of which one is still partly mapped and wired.
    b.done(remove(0x1_1800, 0x1_3000), &[unmapped(0x1_1800, 0x1_3000)]);
    b.holds(&[user_wired(entry(0x1_0000, 0x1_1800))], 0, 0x1800, 1);
    // [0x10000, 0x11800) is two pages as well, but one is left in the count (16.3).
    b.done(remove(0x1_0000, 0x1_1800), &[unmapped(0x1_0000, 0x1_1800)]);
    b.holds(&[], 0, 0, 0);
}

/// A wired stack of one page that has grown up by three pages, and a wired page elsewhere: five
/// wired pages, two of them counted.
fn lagging(create: Create) -> Bench {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(stack(0x1_0000, 0x4000, MapFlags::GROWS_UP));
    b.run(insert_rw(0x2_0000, 0x2_1000));
    b.done(
        wire(0x1_0000, 0x2_1000, Wiring::User, Holes::Allowed),
        &[wired(0x1_0000, 0x1_1000), wired(0x2_0000, 0x2_1000)],
    );
    b.grows_rw(0x1_3000, Direction::Up, (0x1_1000, 0x1_4000));
    let grown = user_wired(stack_entry(0x1_0000, 0x1_4000, UP, 0));
    b.holds(&[grown, user_wired(entry(0x2_0000, 0x2_1000))], 0, 0x5000, 2);
    b
}

fn r16_3_removal_stops_at_zero(create: Create) {
    let mut b = lagging(create);
    b.done(remove(0x1_0000, 0x1_4000), &[unmapped(0x1_0000, 0x1_4000)]);
    b.holds(&[user_wired(entry(0x2_0000, 0x2_1000))], 0, 0x1000, 0);
    b.done(remove(0x2_0000, 0x2_1000), &[unmapped(0x2_0000, 0x2_1000)]);
    b.holds(&[], 0, 0, 0);
}

fn r16_3_unwire_stops_at_zero(create: Create) {
    let mut b = lagging(create);
    b.done(
        unwire(0x1_0000, 0x1_4000, Wiring::User, Holes::Refused),
        &[unwired(0x1_0000, 0x1_4000)],
    );
    let other = user_wired(entry(0x2_0000, 0x2_1000));
    b.holds(&[stack_entry(0x1_0000, 0x1_4000, UP, 0), other], 0, 0x5000, 0);
    // Wiring counts on from there.
    b.done(wire(0x1_0000, 0x1_4000, Wiring::User, Holes::Refused), &[wired(0x1_0000, 0x1_4000)]);
    b.done(
        unwire(0x2_0000, 0x2_1000, Wiring::User, Holes::Refused),
        &[unwired(0x2_0000, 0x2_1000)],
    );
    let stack = user_wired(stack_entry(0x1_0000, 0x1_4000, UP, 0));
    b.holds(&[stack, entry(0x2_0000, 0x2_1000)], 0, 0x5000, 3);
}

fn r16_4_system_wirings_add_up(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    let counted = |wired| Row { wired, ..entry(0x1_0000, 0x1_2000) };
    let system = wire(0x1_0000, 0x1_2000, Wiring::System, Holes::Refused);
    let user = wire(0x1_0000, 0x1_2000, Wiring::User, Holes::Refused);
    let not_system = unwire(0x1_0000, 0x1_2000, Wiring::System, Holes::Refused);
    let not_user = unwire(0x1_0000, 0x1_2000, Wiring::User, Holes::Refused);

    b.done(system, &[wired(0x1_0000, 0x1_2000)]);
    b.holds(&[counted(1)], 0, 0x2000, 2);
    b.done(system, &[]);
    b.holds(&[counted(2)], 0, 0x2000, 2);
    b.done(user, &[]);
    b.holds(&[user_wired(counted(2))], 0, 0x2000, 2);
    b.done(user, &[]);
    b.holds(&[user_wired(counted(2))], 0, 0x2000, 2);
    b.done(system, &[]);
    b.holds(&[user_wired(counted(3))], 0, 0x2000, 2);

    b.done(not_system, &[]);
    b.holds(&[user_wired(counted(2))], 0, 0x2000, 2);
    b.done(not_user, &[]);
    b.holds(&[counted(2)], 0, 0x2000, 2);
    // 10.3: nothing of the user's is left.
    b.done(not_user, &[]);
    b.holds(&[counted(2)], 0, 0x2000, 2);
    b.done(not_system, &[]);
    b.done(not_system, &[unwired(0x1_0000, 0x1_2000)]);
    b.holds(&[counted(0)], 0, 0x2000, 0);
}

fn r16_4_a_failed_system_wire_takes_its_own_back(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(insert(0x1_2000, 0x1_3000, anonymous(Prot::RW, MapFlags::NOSYNC)));
    b.run(wire(0x1_0000, 0x1_2000, Wiring::User, Holes::Refused));
    let nosync =
        Row { flags: EntryFlags::CHARGED | EntryFlags::NOSYNC, ..entry(0x1_2000, 0x1_3000) };
    let rows = [user_wired(entry(0x1_0000, 0x1_2000)), nosync];
    b.holds(&rows, 0, 0x3000, 2);
    let hole = Refusal::Hole { at: Addr::new(0x1_3000) };
    b.refused(wire(0x1_0000, 0x1_4000, Wiring::System, Holes::Refused), hole);
    // Its own split goes too: the simplify of pass two merges the parts (9.4).
    b.refused(wire(0x1_1000, 0x1_4000, Wiring::System, Holes::Refused), hole);
    b.holds(&rows, 0, 0x3000, 2);
}

fn r16_4_system_unwire_needs_system_wiring(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_4000));
    b.run(wire(0x1_0000, 0x1_2000, Wiring::System, Holes::Refused));
    b.run(wire(0x1_2000, 0x1_4000, Wiring::User, Holes::Refused));
    let upper = Row { offset: 0x2000, ..entry(0x1_2000, 0x1_4000) };
    let rows = [Row { wired: 1, ..entry(0x1_0000, 0x1_2000) }, user_wired(upper)];
    b.holds(&rows, 0, 0x4000, 4);
    // The first entry passes, the second stops it, clipped to the range; nothing is unwired.
    b.refused(
        unwire(0x1_1000, 0x1_3000, Wiring::System, Holes::Refused),
        Refusal::NotSystemWired { entry: range(0x1_2000, 0x1_3000) },
    );
    b.refused(
        unwire(0x1_3000, 0x1_4000, Wiring::System, Holes::Allowed),
        Refusal::NotSystemWired { entry: range(0x1_3000, 0x1_4000) },
    );
    b.holds(&rows, 0, 0x4000, 4);
}

fn r16_5_fit_below_the_highest_address(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    let rw = anonymous(Prot::RW, MapFlags::NOSYNC);
    let any = |max_addr| find(0x1_1000, 0x1000, max_addr, FindSpace::Any, rw);
    b.refused(
        any(0x1_2fff),
        Refusal::AboveMaxAddr { end: Addr::new(0x1_3000), max_addr: Addr::new(0x1_2fff) },
    );
    b.found(any(0x1_3000), 0x1_2000, &[mapped(0x1_2000, 0x1_3000, Prot::RW)]);
    // 0 is no limit.
    b.found(any(0), 0x1_3000, &[mapped(0x1_3000, 0x1_4000, Prot::RW)]);
    let nosync =
        Row { flags: EntryFlags::CHARGED | EntryFlags::NOSYNC, ..entry(0x1_2000, 0x1_4000) };
    b.holds(&[entry(0x1_0000, 0x1_2000), nosync], 0, 0x4000, 0);
}

fn r16_5_only_the_lowest_fit_counts(create: Create) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.run(insert_rw(0x1000, 0x1_f000));
    let rw = anonymous(Prot::RW, MapFlags::NONE);
    // No fit at all is another refusal (7.4).
    b.refused(
        find(0, 0x2000, 0x1_8000, FindSpace::Any, rw),
        Refusal::NoGap { start: Addr::new(0x1000), length: Size::new(0x2000) },
    );
    b.refused(
        find(0, 0x1000, 0x1_8000, FindSpace::Any, rw),
        Refusal::AboveMaxAddr { end: Addr::new(0x2_0000), max_addr: Addr::new(0x1_8000) },
    );
}

fn r16_5_without_a_search_it_is_ignored(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    let rw = anonymous(Prot::RW, MapFlags::NONE);
    b.found(
        find(0x1_0000, 0x1000, 0x2000, FindSpace::No, rw),
        0x1_0000,
        &[mapped(0x1_0000, 0x1_1000, Prot::RW)],
    );
    b.holds(&[entry(0x1_0000, 0x1_1000)], 0, 0x1000, 0);
}

fn r16_6_exec_into_an_empty_map(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x2_0800));
    b.exec(MAX, 0x40_0000, Prot::RW, Cause::Done, &[mapped(MAX - 0x2_0800, MAX, Prot::RW)]);
    // ssize is sgrowsiz / 4096, truncated.
    let row = stack_entry(MAX - 0x2_0800, MAX, DOWN, 0x40_0000 - 0x2_0800);
    b.holds(&[row], 0x20, 0x2_0800, 0);
}

fn r16_6_exec_replaces_everything(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(stack(0x2_0000, 0x4000, MapFlags::GROWS_UP));
    b.run(wire(0x1_0000, 0x3_0000, Wiring::User, Holes::Allowed));
    b.run(insert(0x4_0000, 0x4_1000, object(Prot::READ, MapFlags::NONE, 3, 0)));
    b.exec(
        0x8_0000,
        0x1_0000,
        Prot::READ,
        Cause::Done,
        &[
            unmapped(0x1_0000, 0x1_2000),
            unmapped(0x2_0000, 0x2_1000),
            unmapped(0x4_0000, 0x4_1000),
            mapped(0x7_f000, 0x8_0000, Prot::READ),
        ],
    );
    let row =
        Row { prot: Prot::READ, flags: DOWN, ..stack_entry(0x7_f000, 0x8_0000, DOWN, 0xf000) };
    b.holds(&[row], 1, 0, 0);
}

fn r16_6_exec_sets_the_main_stack(create: Create) {
    let mut config = config(MIN, MAX, 0x1000);
    config.limits.stack = Size::new(0x3000);
    let mut b = Bench::new(create, &config);
    b.run(stack(0x4_0000, 0x4000, MapFlags::GROWS_DOWN));
    // No stack is the main one yet.
    b.grows_rw(0x4_2fff, Direction::Down, (0x4_2000, 0x4_3000));
    b.exec(
        0x8_0000,
        0x1_0000,
        Prot::RW,
        Cause::Done,
        &[unmapped(0x4_2000, 0x4_4000), mapped(0x7_f000, 0x8_0000, Prot::RW)],
    );
    // ssize is 1 page, so two more are left of the limit.
    let refusal = |need| Refusal::StackLimit {
        ssize: Size::new(0x1000),
        need: Size::new(need),
        limit: Size::new(0x3000),
    };
    b.refused(grow(0x7_c000), refusal(0x3000));
    b.grows_rw(0x7_d000, Direction::Down, (0x7_d000, 0x7_f000));
    let old = Row { avail: Size::new(0xf000), ..entry(0x7_f000, 0x8_0000) };
    b.holds(&[stack_entry(0x7_d000, 0x7_f000, DOWN, 0xd000), old], 3, 0x3000, 0);

    // maxsaddr is 0x70000: an address below it is no main stack's, and is not counted.
    b.run(stack(0x6_0000, 0x4000, MapFlags::GROWS_DOWN));
    b.grows_rw(0x6_2fff, Direction::Down, (0x6_2000, 0x6_3000));
    let other = Row { avail: Size::new(0x3000), ..entry(0x6_3000, 0x6_4000) };
    let main = Row { avail: Size::new(0xf000), ..entry(0x7_f000, 0x8_0000) };
    let rows = [
        stack_entry(0x6_2000, 0x6_3000, DOWN, 0x2000),
        other,
        stack_entry(0x7_d000, 0x7_f000, DOWN, 0xd000),
        main,
    ];
    b.holds(&rows, 3, 0x5000, 0);
}

fn r16_6_exec_refused(create: Create) {
    let mut config = config(MIN, MAX, 0x1000);
    config.tunables.maxsaddr = Addr::new(0x2_0000);
    let mut b = Bench::new(create, &config);
    b.run(stack(0x2_0000, 0x4000, MapFlags::GROWS_DOWN));
    b.run(grow(0x2_2fff));
    // top - maxssiz wraps, so the reserve does too; the map is empty all the same.
    let refusal = Refusal::StackOutsideMap {
        addrbos: Addr::new(0x1_0000u64.wrapping_sub(0x1_1000)),
        max_ssize: Size::new(0x1_1000),
    };
    let gone = unmapped(0x2_2000, 0x2_4000);
    b.exec(0x1_0000, 0x1_1000, Prot::RW, Cause::Refused(refusal), &[gone]);
    // ssize and maxsaddr are as they were: one page of growth.
    b.holds(&[], 1, 0, 0);
    b.main_stack_from(0x2_0000);

    let refusal =
        Refusal::StackVmem { size: Size::ZERO, init: Size::new(0x1000), limit: Size::new(0xfff) };
    b.set(limit(LimitName::Vmem, 0xfff));
    b.exec(0x8_0000, 0x1_0000, Prot::RW, Cause::Refused(refusal), &[]);
    b.set(limit(LimitName::Vmem, 0x1000));
    b.set(Op::WireFuture { on: true });
    b.set(limit(LimitName::Memlock, 0xfff));
    let refusal = Refusal::StackMemlock {
        wired: Size::ZERO,
        init: Size::new(0x1000),
        limit: Size::new(0xfff),
    };
    b.exec(0x8_0000, 0x1_0000, Prot::RW, Cause::Refused(refusal), &[]);
    b.holds(&[], 1, 0, 0);
    b.main_stack_from(0x2_0000);
}
