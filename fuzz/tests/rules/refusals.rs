//! Every refusal of sections 5 to 13 with its numbers, and what it leaves behind.
//!
//! Traces record return codes alone; causes are tested here. The expected values are computed
//! from `docs/behaviour.md` by hand. Sections 15 and 16 have files of their own.

use crate::subject::*;
use growstack::{
    Addr, Direction, EntryFlags, FindSpace, Holes, Inherit, MapFlags, Prot, ProtectWhat, Refusal,
    Size, Wiring,
};
use growstack_fuzz::answer::Row;
use growstack_fuzz::op::{LimitName, Op};

const DOWN: EntryFlags = EntryFlags::GROWS_DOWN;
const UP: EntryFlags = EntryFlags::GROWS_UP;

on_every_map! {
    r5_4_max_protection
    r5_4_swap_half_way
    r6_1_to_6_3_no_place
    r6_6_swap
    r7_3_fixed_unmaps_and_fails
    r7_4_no_gap
    r9_1_start_unmapped
    r9_2_no_access
    r9_2_and_10_1_hole
    r12_1_and_12_2_no_place
    r12_3_and_12_4_limits
    r12_5_neighbour
    r13_5_avail
    r13_6_guard_page
    r13_6_shared_page
    r13_7_to_13_10_limits
    r13_12_outside_the_map
    r13_12_and_13_15_swap
}

fn r5_4_max_protection(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_4000));
    b.run(protect(0x1_2000, 0x1_4000, Prot::RW, ProtectWhat::Max));
    let upper = Row { max: Prot::RW, offset: 0x2000, ..entry(0x1_2000, 0x1_4000) };
    let rows = [entry(0x1_0000, 0x1_2000), upper];
    b.holds(&rows, 0, 0x4000, 0);
    // The entry as it stands after the front split, not cut at the end.
    let entry_range = range(0x1_2000, 0x1_4000);
    let refusal = Refusal::MaxProtection { entry: entry_range, asked: Prot::RX, max: Prot::RW };
    b.refused(protect(0x1_0000, 0x1_3000, Prot::RX, ProtectWhat::Current), refusal);
    let refusal = Refusal::MaxProtection { entry: entry_range, asked: Prot::ALL, max: Prot::RW };
    b.refused(protect(0x1_2000, 0x1_3000, Prot::ALL, ProtectWhat::Max), refusal);
    // The front split stays.
    let part = range(0x1_3000, 0x1_4000);
    b.refused_after(
        protect(0x1_3000, 0x1_3800, Prot::RX, ProtectWhat::Current),
        Refusal::MaxProtection { entry: part, asked: Prot::RX, max: Prot::RW },
        &[],
    );
    let [lower, upper] = rows;
    let halves = [
        lower,
        Row { range: range(0x1_2000, 0x1_3000), ..upper.clone() },
        Row { range: part, offset: 0x3000, ..upper },
    ];
    b.holds(&halves, 0, 0x4000, 0);
}

fn r5_4_swap_half_way(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert(0x1_0000, 0x1_1000, anonymous(Prot::READ, MapFlags::NONE)));
    b.run(insert(0x1_2000, 0x1_4000, anonymous(Prot::READ, MapFlags::NONE)));
    b.set(limit(LimitName::Swap, 0x1fff));
    b.refused_after(
        protect(0x1_0000, 0x1_3000, Prot::RW, ProtectWhat::Current),
        Refusal::ProtectSwap {
            wanted: Size::new(0x1000),
            reserved: Size::new(0x1000),
            limit: Size::new(0x1fff),
        },
        &[],
    );
    // The first keeps its charge, the second its split; no protection changed.
    let read =
        |start, end, flags, offset| Row { prot: Prot::READ, flags, offset, ..entry(start, end) };
    let rows = [
        read(0x1_0000, 0x1_1000, EntryFlags::CHARGED, 0),
        read(0x1_2000, 0x1_3000, EntryFlags::NONE, 0),
        read(0x1_3000, 0x1_4000, EntryFlags::NONE, 0x1000),
    ];
    b.holds(&rows, 0, 0x1000, 0);
}

fn r6_1_to_6_3_no_place(create: Create) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    let outside = |start, end| Refusal::OutsideMap { start: Addr::new(start), end: Addr::new(end) };
    b.refused(insert_rw(0xfff, 0x2000), outside(0xfff, 0x2000));
    b.refused(insert_rw(0x1_f000, 0x2_0001), outside(0x1_f000, 0x2_0001));
    b.refused(insert_rw(0x1_8000, 0x1_7000), outside(0x1_8000, 0x1_7000));
    // 6.1 comes before 6.2.
    b.refused(insert_rw(0x1_1000, 0x1_1000), outside(0x1_1000, 0x1_1000));
    let start = Addr::new(0x1_1fff);
    let mapped = Refusal::StartMapped { start, entry: range(0x1_0000, 0x1_2000) };
    b.refused(insert_rw(0x1_1fff, 0x1_3000), mapped);
    let (end, next) = (Addr::new(0x1_0001), Addr::new(0x1_0000));
    b.refused(insert_rw(0xf000, 0x1_0001), Refusal::NextBelowEnd { end, next });
}

fn r6_6_swap(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.set(limit(LimitName::Swap, 0x3000));
    let short = |wanted| Refusal::Swap {
        wanted: Size::new(wanted),
        reserved: Size::new(0x2000),
        limit: Size::new(0x3000),
    };
    b.refused(insert_rw(0x1_2000, 0x1_3001), short(0x1001));
    // 12.6: a stack fails in the same way, for its first part.
    b.set(sgrowsiz(0x2000));
    b.refused(stack(0x2_0000, 0x8000, MapFlags::GROWS_DOWN), short(0x2000));
    b.run(insert_rw(0x1_2000, 0x1_3000));
    b.holds(&[entry(0x1_0000, 0x1_3000)], 0, 0x3000, 0);
}

fn r7_3_fixed_unmaps_and_fails(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_4000));
    b.set(limit(LimitName::Swap, 0x4000));
    b.refused_after(
        fixed(0x1_1000, 0x4000, anonymous(Prot::RW, MapFlags::NONE)),
        Refusal::Swap {
            wanted: Size::new(0x4000),
            reserved: Size::new(0x1000),
            limit: Size::new(0x4000),
        },
        &[unmapped(0x1_1000, 0x1_4000)],
    );
    b.holds(&[entry(0x1_0000, 0x1_1000)], 0, 0x1000, 0);
}

fn r7_4_no_gap(create: Create) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_f000));
    let space =
        |start, length| Op::FindSpace { start: Addr::new(start), length: Size::new(length) };
    let none =
        |start, length| Refusal::NoGap { start: Addr::new(start), length: Size::new(length) };
    // The start is raised to the map's lowest address.
    b.refused(space(0, 0xf001), none(0x1000, 0xf001));
    b.found(space(0, 0xf000), 0x1000, &[]);
    b.refused(space(0x1001, 0xf000), none(0x1001, 0xf000));
    b.refused(space(0x2000, u64::MAX), none(0x2000, u64::MAX));
    b.refused(space(0x2_0001, 0), none(0x2_0001, 0));
    b.found(space(0x2_0000, 0), 0x2_0000, &[]);
    let rw = anonymous(Prot::RW, MapFlags::NONE);
    b.refused(find(0x1001, 0xf000, 0, FindSpace::Any, rw), none(0x1001, 0xf000));
    // 7.6: length 0 is found and then refused by the insertion.
    let at = Addr::new(0x1_f000);
    b.refused(find(0x1_8000, 0, 0, FindSpace::Any, rw), Refusal::OutsideMap { start: at, end: at });
}

fn r9_1_start_unmapped(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    // The clamped start.
    let unmapped = |at| Refusal::StartUnmapped { start: Addr::new(at) };
    for wiring in [Wiring::User, Wiring::System] {
        b.refused(wire(0, 0x1_2000, wiring, Holes::Refused), unmapped(MIN));
        b.refused(unwire(0xf000, 0x1_2000, wiring, Holes::Refused), unmapped(0xf000));
    }
}

fn r9_2_no_access(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(insert(0x1_2000, 0x1_6000, anonymous(Prot::WRITE, MapFlags::NONE)));
    // 6.7b: the offset is continued.
    let closed = Row { prot: Prot::WRITE, offset: 0x2000, ..entry(0x1_2000, 0x1_6000) };
    let rows = [entry(0x1_0000, 0x1_2000), closed];
    b.refused(
        wire(0x1_1000, 0x1_4000, Wiring::User, Holes::Refused),
        Refusal::NoAccess { entry: range(0x1_2000, 0x1_4000) },
    );
    b.refused(
        wire(0x1_3000, 0x1_4000, Wiring::System, Holes::Refused),
        Refusal::NoAccess { entry: range(0x1_3000, 0x1_4000) },
    );
    // With holes it is passed over, and unwire does not mind.
    b.done(wire(0x1_1000, 0x1_4000, Wiring::User, Holes::Allowed), &[wired(0x1_1000, 0x1_2000)]);
    b.done(
        unwire(0x1_0000, 0x1_4000, Wiring::User, Holes::Refused),
        &[unwired(0x1_1000, 0x1_2000)],
    );
    b.holds(&rows, 0, 0x6000, 0);
}

fn r9_2_and_10_1_hole(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(insert_rw(0x1_3000, 0x1_4000));
    let hole = |at| Refusal::Hole { at: Addr::new(at) };
    let unwire_hole = Refusal::UnwireHole { at: Addr::new(0x1_2000) };
    for wiring in [Wiring::User, Wiring::System] {
        b.refused(wire(0x1_1000, 0x1_4000, wiring, Holes::Refused), hole(0x1_2000));
        b.refused(unwire(0x1_1000, 0x1_2001, wiring, Holes::Refused), unwire_hole);
        b.refused(wire(0x1_3000, 0x1_4001, wiring, Holes::Refused), hole(0x1_4000));
    }
    // What the user had wired before stays wired.
    b.run(wire(0x1_0000, 0x1_1000, Wiring::User, Holes::Refused));
    b.refused(wire(0x1_0000, 0x1_3000, Wiring::User, Holes::Refused), hole(0x1_2000));
    b.refused(unwire(0x1_0000, 0x1_3000, Wiring::User, Holes::Refused), unwire_hole);
    let rows = [
        user_wired(entry(0x1_0000, 0x1_1000)),
        Row { offset: 0x1000, ..entry(0x1_1000, 0x1_2000) },
        entry(0x1_3000, 0x1_4000),
    ];
    b.holds(&rows, 0, 0x3000, 1);
}

fn r12_1_and_12_2_no_place(create: Create) {
    let mut b = Bench::new(create, &config(MIN, 0x2_0000, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    let outside = |addrbos, max_ssize| Refusal::StackOutsideMap {
        addrbos: Addr::new(addrbos),
        max_ssize: Size::new(max_ssize),
    };
    let flags = MapFlags::GROWS_DOWN;
    b.refused(stack(0xfff, 0x1000, flags), outside(0xfff, 0x1000));
    b.refused(stack(0x2_0001, 0x1000, flags), outside(0x2_0001, 0x1000));
    // 2^64 exactly counts as wrapped.
    let most = 0x2000u64.wrapping_neg();
    b.refused(stack(0x2000, most, flags), outside(0x2000, most));
    let addrbos = Addr::new(0x1_1000);
    b.refused(
        stack(0x1_1000, 0x1000, flags),
        Refusal::StackMapped { addrbos, entry: range(0x1_0000, 0x1_2000) },
    );
    // ADDRBOS may be max; then 12.6 refuses by 6.1.
    let (start, end) = (Addr::new(0x2_0000), Addr::new(0x2_1000));
    b.refused(stack(0x2_0000, 0x1000, flags), Refusal::OutsideMap { start, end });
    let at = Addr::new(0x1_8000);
    b.refused(stack(0x1_8000, 0, flags), Refusal::OutsideMap { start: at, end: at });
}

fn r12_3_and_12_4_limits(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x2000));
    b.run(insert_rw(0x1_0000, 0x1_3000));
    b.run(wire(0x1_0000, 0x1_1000, Wiring::User, Holes::Refused));
    b.set(limit(LimitName::Vmem, 0x4fff));
    b.set(limit(LimitName::Memlock, 0x2fff));
    let big = stack(0x2_0000, 0x8000, MapFlags::GROWS_UP);
    // memlock matters only with wire-future on.
    let vmem = Refusal::StackVmem {
        size: Size::new(0x3000),
        init: Size::new(0x2000),
        limit: Size::new(0x4fff),
    };
    b.refused(big, vmem);
    b.set(Op::WireFuture { on: true });
    let memlock = Refusal::StackMemlock {
        wired: Size::new(0x1000),
        init: Size::new(0x2000),
        limit: Size::new(0x2fff),
    };
    b.refused(big, memlock);
    b.set(limit(LimitName::Memlock, 0x3000));
    b.refused(big, vmem);
    b.set(limit(LimitName::Vmem, 0x5000));
    b.done(big, &[mapped(0x2_0000, 0x2_2000, Prot::RW)]);
    // 12.9: not wired.
    let rows = [
        user_wired(entry(0x1_0000, 0x1_1000)),
        Row { offset: 0x1000, ..entry(0x1_1000, 0x1_3000) },
        stack_entry(0x2_0000, 0x2_2000, UP, 0x6000),
    ];
    b.holds(&rows, 0, 0x5000, 1);
}

fn r12_5_neighbour(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_8000, 0x1_9000));
    let next = Addr::new(0x1_8000);
    b.refused(
        stack(0x1_0000, 0x8001, MapFlags::GROWS_UP),
        Refusal::StackNeighbour { end: Addr::new(0x1_8001), next },
    );
    // 12.8: the reserve ends before the neighbour. The rounded bottom may lie in it all the same:
    // 0x17c00 + 0x80 - 0x80, rounded up, is the neighbour.
    b.refused(
        stack(0x1_7c00, 0x100, MapFlags::GROWTH),
        Refusal::StartMapped { start: next, entry: range(0x1_8000, 0x1_9000) },
    );
    // Or the first part runs into it: 0x16c00 + 0xa00 - 0xa00, rounded up, is 0x17000.
    b.set(sgrowsiz(0x2000));
    b.refused(
        stack(0x1_6c00, 0x1400, MapFlags::GROWTH),
        Refusal::NextBelowEnd { end: Addr::new(0x1_8400), next },
    );
}

fn r13_5_avail(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(stack(0x1_0000, 0x4000, MapFlags::GROWS_DOWN));
    let (need, avail) = (Size::new(0x4000), Size::new(0x3000));
    b.refused(grow(0xffff), Refusal::Avail { need, avail });

    // The tie goes up, and the other stack, which has enough, is not tried (13.2).
    b.run(remove(0, MAX));
    b.run(stack(0xe000, 0x1000, MapFlags::GROWS_UP));
    b.run(stack(0x1_0000, 0x1_0000, MapFlags::GROWS_DOWN));
    let (need, avail) = (Size::new(0x9000), Size::ZERO);
    b.refused(grow(0x1_7000), Refusal::Avail { need, avail });
    b.grows_rw(0x1_7001, Direction::Down, (0x1_7000, 0x1_f000));
}

fn r13_6_guard_page(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(stack(0x1_0000, 0x8000, MapFlags::GROWS_DOWN));
    b.run(insert_rw(0x1_2000, 0x1_4000));
    b.set(Op::SetGuardPage { on: true });
    b.refused_after(
        grow(0x1_4fff),
        Refusal::Neighbour {
            need: Size::new(0x3000),
            room: Size::new(0x3000),
            guard: Size::new(0x1000),
        },
        &[],
    );
    // avail became the room.
    let rows = [entry(0x1_2000, 0x1_4000), stack_entry(0x1_7000, 0x1_8000, DOWN, 0x3000)];
    b.holds(&rows, 0, 0x3000, 0);
}

fn r13_6_shared_page(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(stack(0x1_0000, 0x8000, MapFlags::GROWS_UP));
    b.run(insert_rw(0x1_1800, 0x1_2000));
    b.refused_after(
        grow(0x1_1000),
        Refusal::Neighbour { need: Size::new(0x1000), room: Size::new(0x800), guard: Size::ZERO },
        &[],
    );
    let rows = [stack_entry(0x1_0000, 0x1_1000, UP, 0x800), entry(0x1_1800, 0x1_2000)];
    b.holds(&rows, 0, 0x1800, 0);
}

fn r13_7_to_13_10_limits(create: Create) {
    let mut config = config(MIN, MAX, 0x1000);
    config.tunables.maxsaddr = Addr::new(0x2_0000);
    config.limits.stack = Size::new(0x2fff);
    let mut b = Bench::new(create, &config);
    b.run(stack(0x2_0000, 0x1_0000, MapFlags::GROWS_DOWN));
    b.run(grow(0x2_efff));
    let refusal = Refusal::StackLimit {
        ssize: Size::new(0x1000),
        need: Size::new(0x2000),
        limit: Size::new(0x2fff),
    };
    b.refused(grow(0x2_c000), refusal);

    // 13.9 and 13.10 see the amount before 13.11 cuts it: here 0x4000, of which one page fits.
    b.run(insert_rw(0x2_c000, 0x2_d000));
    b.set(limit(LimitName::Stack, 0x10_0000));
    b.set(sgrowsiz(0x4000));
    b.set(limit(LimitName::Vmem, 0x6fff));
    let vmem = Refusal::GrowVmem {
        size: Size::new(0x3000),
        amount: Size::new(0x4000),
        limit: Size::new(0x6fff),
    };
    b.refused(grow(0x2_dfff), vmem);
    b.run(wire(0x2_f000, 0x3_0000, Wiring::User, Holes::Refused));
    b.set(Op::WireFuture { on: true });
    b.set(limit(LimitName::Memlock, 0x4fff));
    let memlock = Refusal::GrowMemlock {
        wired: Size::new(0x1000),
        amount: Size::new(0x4000),
        limit: Size::new(0x4fff),
    };
    b.refused(grow(0x2_dfff), memlock);
    b.set(limit(LimitName::Memlock, 0x5000));
    b.refused(grow(0x2_dfff), vmem);
    b.set(limit(LimitName::Vmem, 0x7000));
    b.grows(
        0x2_dfff,
        Direction::Down,
        (0x2_d000, 0x2_e000),
        &[mapped(0x2_d000, 0x2_e000, Prot::RW), wired(0x2_d000, 0x2_e000)],
    );
}

fn r13_12_outside_the_map(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    // q27: both directions have the whole of 0x5000.
    b.run(stack(0x2000, 0x6000, MapFlags::GROWTH));
    let (start, end) = (Addr::ZERO, Addr::new(0x5000));
    b.refused(grow(0xfff), Refusal::OutsideMap { start, end });
    b.run(remove(0, MAX));

    // A reserve that wraps below 0: growth is cut at a floor of 2^64 - 0x800.
    b.set(sgrowsiz(0x800));
    b.run(remove(0, MAX));
    b.run(stack(0x1000, 0x4000, MapFlags::GROWTH));
    // bot = 0x1000 + 0x2000 - 0x400 = 0x2c00, up to 0x3000; avail 0x3800 is more than 0x3000.
    let rows = [stack_entry(0x3000, 0x3800, DOWN | UP, 0x3800)];
    b.holds(&rows, 0, 0x800, 0);
    let wrapped = Addr::new(0x800u64.wrapping_neg());
    b.refused(grow(0x2fff), Refusal::OutsideMap { start: wrapped, end: Addr::new(0x3000) });
    b.holds(&rows, 0, 0x800, 0);
}

fn r13_12_and_13_15_swap(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(stack(0x1_0000, 0x8000, MapFlags::GROWS_UP));
    b.run(insert(0x1_4000, 0x1_5000, anonymous(Prot::READ, MapFlags::INHERIT_SHARE)));
    b.run(stack(0x1_8000, 0x8000, MapFlags::GROWS_DOWN));
    let between = Row {
        prot: Prot::READ,
        inherit: Inherit::Share,
        flags: EntryFlags::NONE,
        ..entry(0x1_4000, 0x1_5000)
    };
    b.set(sgrowsiz(0x1_0000));
    b.set(limit(LimitName::Swap, 0x4fff));
    let (reserved, limit_) = (Size::new(0x2000), Size::new(0x4fff));
    // The cuts stay, though nothing was mapped (q11).
    let wanted = Size::new(0x3000);
    b.refused_after(grow(0x1_1000), Refusal::GrowSwap { wanted, reserved, limit: limit_ }, &[]);
    let down = stack_entry(0x1_f000, 0x2_0000, DOWN, 0x7000);
    let rows = [stack_entry(0x1_0000, 0x1_1000, UP, 0x3000), between, down];
    b.holds(&rows, 0, 0x2000, 0);
    let wanted = Size::new(0x7000);
    b.refused_after(grow(0x1_efff), Refusal::Swap { wanted, reserved, limit: limit_ }, &[]);
    b.holds(&rows, 0, 0x2000, 0);
}
