//! Section 17, rule by rule, up to 17.12: fork.
//!
//! The expected values are computed from `docs/behaviour.md` by hand.

use crate::subject::fork::*;
use crate::subject::*;
use growstack::{
    Addr, Advice, Change, EntryFlags, Inherit, MapFlags, Prot, ProtectWhat, Refusal, Size,
};
use growstack_fuzz::answer::{Cause, Row};
use growstack_fuzz::op::{LimitName, Mapping, Op};

on_every_map! {
    r17_1_neither_map_is_simplified
    r17_2_what_the_child_starts_with
    r17_3_wiring_stays_with_the_parent
    r17_4_none
    r17_5_share_makes_an_object
    r17_5_share_puts_an_object_over_another
    r17_5_the_charge_of_the_absorbed_object_is_lost
    r17_6_the_child_names_the_same_object
    r17_7_a_shared_entry_is_not_extended
    r17_8_copy_without_an_object
    r17_9_copy_of_an_object_charges_three_times
    r17_9_copy_of_a_file
    r17_10_copy_of_a_wired_entry
    r17_11_stacks_count_as_grown
    r17_12_exactly_what_it_needs
    r17_12_a_refused_fork_leaves_its_traces
    r17_12_more_than_there_are_numbers
}

fn r17_1_neither_map_is_simplified(create: Create) {
    let mut b = bench(create);
    b.run(insert(0x1_0000, 0x1_2000, object(Prot::READ, MapFlags::NONE, 7, 0)));
    b.run(insert(0x1_2000, 0x1_4000, object(Prot::READ, MapFlags::COW, 7, 0x2000)));
    b.forks_copying(1, &[(0x1_0000, 0x1_2000)]);
    let part =
        |start, end, offset| Row { prot: Prot::READ, offset, ..named(start, end, 7, COPIED) };
    let parts = [part(0x1_0000, 0x1_2000, 0), part(0x1_2000, 0x1_4000, 0x2000)];
    b.holds(&parts, 0, 0, 0);
    b.set(use_process(1));
    b.holds(&parts, 0, 0, 0);
    let advise = Op::Madvise { start: Addr::new(MIN), end: Addr::new(MAX), advice: Advice::Normal };
    b.done(advise, &[]);
    b.holds(&[part(0x1_0000, 0x1_4000, 0)], 0, 0, 0);
}

fn r17_2_what_the_child_starts_with(create: Create) {
    let mut b = bench(create);
    b.exec(MAX, 0x4000, Prot::RW, Cause::Done, &[mapped(MAX - 0x1000, MAX, Prot::RW)]);
    b.set(Op::WireFuture { on: true });
    b.forks(1);
    b.set(use_process(1));
    b.main_stack_from(MAX - 0x4000);
    // Without the switch, what grows is not wired.
    b.run(grow(MAX - 0x1001));
    let down = EntryFlags::GROWS_DOWN;
    let rows = [
        stack_entry(MAX - 0x2000, MAX - 0x1000, down, 0x2000),
        stack_entry(MAX - 0x1000, MAX, NONE, 0x3000),
    ];
    b.looks(&rows);
}

fn r17_3_wiring_stays_with_the_parent(create: Create) {
    let mut b = bench(create);
    b.run(insert(0x1_0000, 0x1_2000, object(Prot::READ, MapFlags::NOSYNC, 7, 0)));
    b.run(inherit(0x1_0000, 0x1_2000, Inherit::Share));
    wire_all(&mut b, 0x1_0000, 0x1_2000);
    b.forks(1);
    let row = shared(Row { prot: Prot::READ, ..named(0x1_0000, 0x1_2000, 7, EntryFlags::NOSYNC) });
    b.holds(&[user_wired(row.clone())], 0, 0, 2);
    b.set(use_process(1));
    b.holds(&[row], 0, 0, 0);
}

fn r17_4_none(create: Create) {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(inherit(0x1_0000, 0x1_2000, Inherit::None));
    b.forks(1);
    b.holds(&[Row { inherit: Inherit::None, ..entry(0x1_0000, 0x1_2000) }], 0, 0x2000, 0);
    b.set(use_process(1));
    b.holds(&[], 0, 0x2000, 0);
}

fn r17_5_share_makes_an_object(create: Create) {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(inherit(0x1_0000, 0x1_2000, Inherit::Share));
    b.forks(1);
    // The object has the charge.
    b.holds(&[shared(named(0x1_0000, 0x1_2000, 1001, NONE))], 0, 0x2000, 0);
}

fn r17_5_share_puts_an_object_over_another(create: Create) {
    let mut b = bench(create);
    b.run(insert(0x1_0000, 0x1_2000, object(Prot::RW, MapFlags::COW, 7, 0x5000)));
    b.run(inherit(0x1_0000, 0x1_2000, Inherit::Share));
    b.forks(1);
    let rows = [shared(named(0x1_0000, 0x1_2000, 1001, EntryFlags::COW))];
    b.holds(&rows, 0, 0x2000, 0);
    b.set(use_process(1));
    b.holds(&rows, 0, 0x2000, 0);
}

fn r17_5_the_charge_of_the_absorbed_object_is_lost(create: Create) {
    let mut b = bench(create);
    b.run(insert(0x1_0000, 0x1_2000, anonymous(Prot::RW, MapFlags::COW)));
    b.run(inherit(0x1_0000, 0x1_2000, Inherit::Share));
    b.reserves(0x2000);
    b.forks(1);
    b.holds(&[shared(named(0x1_0000, 0x1_2000, 1002, EntryFlags::COW))], 0, 0, 0);
    // Until a protect to write charges the object again.
    b.run(protect(0x1_0000, 0x1_2000, Prot::READ, ProtectWhat::Current));
    b.run(protect_rw(0x1_0000, 0x1_2000));
    b.reserves(0x2000);
}

fn r17_6_the_child_names_the_same_object(create: Create) {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_4000));
    b.run(inherit(0x1_0000, 0x1_4000, Inherit::Share));
    b.forks(1);
    b.run(remove(0x1_0000, 0x1_1000));
    b.forks(2);
    b.set(use_process(2));
    let upper = Row { offset: 0x1000, ..named(0x1_1000, 0x1_4000, 1001, NONE) };
    b.holds(&[shared(upper)], 0, 0x4000, 0);
}

fn r17_7_a_shared_entry_is_not_extended(create: Create) {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(inherit(0x1_0000, 0x1_2000, Inherit::Share));
    b.forks(1);
    b.run(inherit(0x1_0000, 0x1_2000, Inherit::Copy));
    b.run(insert_rw(0x1_2000, 0x1_3000));
    b.holds(&[named(0x1_0000, 0x1_2000, 1001, NONE), entry(0x1_2000, 0x1_3000)], 0, 0x3000, 0);
}

fn r17_8_copy_without_an_object(create: Create) {
    let mut b = bench(create);
    let anonymous = |flags| Mapping { offset: 0x7000, ..anonymous(Prot::RW, flags) };
    b.run(insert(0x1_0000, 0x1_2000, anonymous(MapFlags::COW)));
    b.run(insert(0x2_0000, 0x2_1000, anonymous(MapFlags::ACC_NO_CHARGE)));
    b.forks(1);
    let row = |start, end, offset, flags| Row { offset, flags, ..entry(start, end) };
    let rows = |offset| {
        [row(0x1_0000, 0x1_2000, offset, COPIED | CHARGED), row(0x2_0000, 0x2_1000, offset, NONE)]
    };
    b.holds(&rows(0x7000), 0, 0x4000, 0);
    b.set(use_process(1));
    b.holds(&rows(0), 0, 0x4000, 0);
}

fn r17_9_copy_of_an_object_charges_three_times(create: Create) {
    let mut b = alone_with_an_object(create);
    b.forks_copying(2, &[(0x1_0000, 0x1_8000)]);
    let rows = [named(0x1_0000, 0x1_8000, 1001, COPIED | CHARGED)];
    b.holds(&rows, 0, 0x1_8000, 0);
    b.set(use_process(2));
    b.holds(&rows, 0, 0x1_8000, 0);
    // needs_copy by now: once more.
    b.forks_copying(3, &[]);
    b.holds(&rows, 0, 0x2_0000, 0);
}

fn r17_9_copy_of_a_file(create: Create) {
    let mut b = bench(create);
    b.run(insert(0x1_0000, 0x1_2000, object(Prot::READ, MapFlags::NONE, 7, 0x5000)));
    b.run(insert(0x2_0000, 0x2_1000, object(Prot::RW, MapFlags::COW, 7, 0)));
    b.reserves(0x1000);
    b.forks_copying(1, &[(0x1_0000, 0x1_2000)]);
    let plain = Row { prot: Prot::READ, offset: 0x5000, ..named(0x1_0000, 0x1_2000, 7, COPIED) };
    let rows = [plain, named(0x2_0000, 0x2_1000, 7, COPIED | CHARGED)];
    b.holds(&rows, 0, 0x2000, 0);
    // 5.4b charges what was a plain mapping of a file.
    b.run(protect_rw(0x1_0000, 0x1_2000));
    b.reserves(0x4000);
}

fn r17_10_copy_of_a_wired_entry(create: Create) {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(insert(0x2_0000, 0x2_1000, object(Prot::READ, MapFlags::NONE, 7, 0x5000)));
    wire_all(&mut b, 0x1_0000, 0x1_2000);
    wire_all(&mut b, 0x2_0000, 0x2_1000);
    b.forks(1);
    let file = Row { prot: Prot::READ, offset: 0x5000, ..named(0x2_0000, 0x2_1000, 7, NONE) };
    b.holds(&[user_wired(entry(0x1_0000, 0x1_2000)), user_wired(file)], 0, 0x5000, 3);
    b.set(use_process(1));
    let file = Row { prot: Prot::READ, ..named(0x2_0000, 0x2_1000, 1002, NONE) };
    b.holds(&[named(0x1_0000, 0x1_2000, 1001, NONE), file], 0, 0x5000, 0);
}

fn r17_11_stacks_count_as_grown(create: Create) {
    let mut b = bench(create);
    b.run(stack(0x10_0000, 0x10_0000, MapFlags::GROWS_DOWN));
    b.run(grow(0x1f_d000));
    b.run(stack(0x30_0000, 0x4000, MapFlags::GROWS_UP));
    b.run(grow(0x30_1800));
    b.forks(1);
    b.set(use_process(1));
    // Two pages of the piece that still grows, two of the stack that grows up.
    let pieces = [
        stack_entry(0x1f_d000, 0x1f_f000, EntryFlags::GROWS_DOWN, 0xf_d000),
        stack_entry(0x1f_f000, 0x20_0000, NONE, 0xf_f000),
        stack_entry(0x30_0000, 0x30_2000, EntryFlags::GROWS_UP, 0x2000),
    ];
    b.looks(&pieces);
    b.grown(4);
}

fn r17_12_exactly_what_it_needs(create: Create) {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.set(limit(LimitName::Swap, 0x3fff));
    let short = Refusal::ForkSwap {
        wanted: Size::new(0x2000),
        reserved: Size::new(0x2000),
        limit: Size::new(0x3fff),
    };
    b.refused(Op::Fork, short);
    b.set(limit(LimitName::Swap, 0x4000));
    // The refused fork has used up no number.
    b.forks(1);
    b.reserves(0x4000);
}

fn r17_12_a_refused_fork_leaves_its_traces(create: Create) {
    let mut b = alone_with_an_object(create);
    b.run(insert_rw(0x2_0000, 0x2_1000));
    b.run(inherit(0x2_0000, 0x2_1000, Inherit::Share));
    b.set(limit(LimitName::Swap, 0x1_0000));
    let refusal = Refusal::ForkSwap {
        wanted: Size::new(0x1_0000),
        reserved: Size::new(0x9000),
        limit: Size::new(0x1_0000),
    };
    let copied = Change::CopyOnWrite(range(0x1_0000, 0x1_8000));
    b.refused_after(Op::Fork, refusal, &[copied]);
    let rows = [
        named(0x1_0000, 0x1_8000, 1001, COPIED | CHARGED),
        shared(named(0x2_0000, 0x2_1000, 1002, NONE)),
    ];
    // The second charge stays, and reserved is above its limit.
    b.holds(&rows, 0, 0x1_1000, 0);
    // The next fork needs half of that.
    b.set(limit(LimitName::Swap, 0x1_9000));
    b.forks(2);
}

fn r17_12_more_than_there_are_numbers(create: Create) {
    let mut b = Bench::new(create, &config(0, u64::MAX, 0x1000));
    let end = u64::MAX - 0xfff;
    b.run(insert_rw(0, end));
    b.run(inherit(0, end, Inherit::Share));
    b.forks(1);
    b.set(exit(1));
    b.run(inherit(0, end, Inherit::Copy));
    let refusal = Refusal::ForkSwap {
        wanted: Size::new(u64::MAX),
        reserved: Size::new(end),
        limit: Size::MAX,
    };
    b.refused_after(Op::Fork, refusal, &[Change::CopyOnWrite(range(0, end))]);
    // Reserved went up to 2^64 - 1, and the child gave its part back.
    b.reserves(u64::MAX - end);
    b.run(remove(0, end));
    b.reserves(0);
}
