//! Section 17 from 17.13 on, rule by rule: the objects that forks make, exit, and what they do to
//! other operations.
//!
//! The expected values are computed from `docs/behaviour.md` by hand.

use crate::subject::fork::*;
use crate::subject::*;
use growstack::{
    Access, Addr, Advice, EntryFlags, Inherit, MapFlags, Prot, ProtectWhat, Refusal, Size,
};
use growstack_fuzz::answer::Answer;
use growstack_fuzz::answer::Row;
use growstack_fuzz::op::{LimitName, Op};

on_every_map! {
    r17_13_numbers_are_not_used_again
    r17_14_references_are_dropped_at_the_end
    r17_14_a_merge_drops_its_reference_at_once
    r17_15_an_object_absorbs_what_it_alone_refers_to
    r17_15_an_object_lets_go_of_what_others_use
    r17_16_parts_are_split_off
    r17_17_cutting_the_end_off_releases
    r17_18_what_others_use_stays_charged
    r17_18_exit_of_no_process
    r17_19_growth_up_leaks
    r17_19_growth_up_without_swap
    r17_19_the_charge_of_an_object_counts_with_needs_copy
    r17_19_growth_down_is_as_before
    r17_20_protect_charges_the_whole_object
    r17_21_an_insertion_beside_an_object
}

fn r17_13_numbers_are_not_used_again(create: Create) {
    let mut b = alone_with_an_object(create);
    b.run(remove(0x1_0000, 0x1_8000));
    b.run(insert_rw(0x1_0000, 0x1_1000));
    b.run(inherit(0x1_0000, 0x1_1000, Inherit::Share));
    b.forks(2);
    b.holds(&[shared(named(0x1_0000, 0x1_1000, 1002, NONE))], 0, 0x1000, 0);
    // An object that an operation names by such a number is another one.
    let same_number = object(Prot::RW, MapFlags::NONE, 1002, 0x1000);
    b.run(insert(0x1_1000, 0x1_2000, same_number));
    b.run(inherit(0x1_1000, 0x1_2000, Inherit::Share));
    let file = Row { offset: 0x1000, ..named(0x1_1000, 0x1_2000, 1002, NONE) };
    b.looks(&[shared(named(0x1_0000, 0x1_1000, 1002, NONE)), shared(file)]);
}

fn r17_14_references_are_dropped_at_the_end(create: Create) {
    let mut b = alone_with_an_object(create);
    b.set(limit(LimitName::Swap, 0x8000));
    let refusal = Refusal::Swap {
        wanted: Size::new(0x8000),
        reserved: Size::new(0x8000),
        limit: Size::new(0x8000),
    };
    let again = fixed(0x1_0000, 0x8000, anonymous(Prot::RW, MapFlags::NONE));
    b.refused_after(again, refusal, &[unmapped(0x1_0000, 0x1_8000)]);
    b.holds(&[], 0, 0, 0);
    // Where the entry has the charge, it is back in time.
    b.run(insert_rw(0x1_0000, 0x1_8000));
    b.run(again);
}

fn r17_14_a_merge_drops_its_reference_at_once(create: Create) {
    let mut b = alone_with_an_object(create);
    let advise = |advice| {
        let (start, end) = (Addr::new(0x1_2000), Addr::new(0x1_8000));
        Op::Madvise { start, end, advice }
    };
    b.run(advise(Advice::Random));
    b.run(advise(Advice::Normal));
    b.holds(&[named(0x1_0000, 0x1_8000, 1001, NONE)], 0, 0x8000, 0);
    // With one reference it is as it was: the copy splits nothing off.
    b.forks(2);
    b.holds(&[named(0x1_0000, 0x1_8000, 1001, COPIED | CHARGED)], 0, 0x1_8000, 0);
}

/// Process 0 shares object 1001 with nobody; processes 2 and 3 share object 1002 above it.
fn chain(create: Create) -> Bench {
    let mut b = alone_with_an_object(create);
    b.forks(2);
    b.set(use_process(2));
    b.run(inherit(0x1_0000, 0x1_8000, Inherit::Share));
    b.forks(3);
    b.holds(&[shared(named(0x1_0000, 0x1_8000, 1002, EntryFlags::COW))], 0, 0x1_8000, 0);
    b
}

fn r17_15_an_object_absorbs_what_it_alone_refers_to(create: Create) {
    let mut b = chain(create);
    // Object 1001 loses the charge of the entry of process 0, and its own when 1002 absorbs it.
    b.set(exit(0));
    b.reserves(0x8000);
}

fn r17_15_an_object_lets_go_of_what_others_use(create: Create) {
    let mut b = chain(create);
    b.run(inherit(0x1_0000, 0x1_8000, Inherit::Copy));
    b.forks(4);
    b.reserves(0x2_8000);
    // Object 1001 is that of process 0 alone now, and goes with it.
    b.set(exit(0));
    b.reserves(0x1_8000);
}

fn r17_16_parts_are_split_off(create: Create) {
    let mut b = alone_with_an_object(create);
    b.run(remove(0x1_2000, 0x1_3000));
    b.forks(2);
    let rows = [
        named(0x1_0000, 0x1_2000, 1002, COPIED | CHARGED),
        Row { offset: 0x3000, ..named(0x1_3000, 0x1_8000, 1001, COPIED | CHARGED) },
    ];
    b.holds(&rows, 0, 0x8000 + 2 * 0x7000, 0);
    b.set(exit(2));
    b.run(remove(0x1_0000, 0x1_2000));
    b.reserves(0x6000 + 0x5000);
}

fn r17_17_cutting_the_end_off_releases(create: Create) {
    let mut b = alone_with_an_object(create);
    b.run(remove(0x1_7000, 0x1_8000));
    b.reserves(0x7000);
    // A hole does not.
    b.run(remove(0x1_2000, 0x1_3000));
    b.reserves(0x7000);
    // Nor does the end, while two processes share the object.
    b.run(inherit(0x1_0000, 0x1_7000, Inherit::Share));
    b.forks(2);
    b.run(remove(0x1_3000, 0x1_7000));
    b.holds(&[shared(named(0x1_0000, 0x1_2000, 1001, NONE))], 0, 0x7000, 0);
}

fn r17_18_what_others_use_stays_charged(create: Create) {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(insert_rw(0x2_0000, 0x2_1000));
    b.run(inherit(0x1_0000, 0x1_2000, Inherit::Share));
    b.forks(1);
    b.reserves(0x4000);
    b.set(use_process(1));
    b.set(exit(0));
    b.holds(
        &[shared(named(0x1_0000, 0x1_2000, 1001, NONE)), entry(0x2_0000, 0x2_1000)],
        0,
        0x3000,
        0,
    );
}

fn r17_18_exit_of_no_process(create: Create) {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_2000));
    for op in [exit(0), exit(1), use_process(1), use_process(u64::MAX)] {
        b.answers(op, Answer::NO_SUCH_PROCESS);
    }
    b.set(use_process(0));
    b.forks(1);
    b.set(exit(1));
    b.answers(use_process(1), Answer::NO_SUCH_PROCESS);
    b.forks(2);
}

fn r17_19_growth_up_leaks(create: Create) {
    let mut b = bench(create);
    b.run(stack(0x2_0000, 0x1_0000, MapFlags::GROWS_UP));
    b.run(inherit(0x2_0000, 0x2_1000, Inherit::Share));
    b.forks(1);
    let refusal = Refusal::ObjectGrowth { entry: range(0x2_0000, 0x2_1000) };
    b.refused_after(grow(0x2_1000), refusal, &[]);
    let up = EntryFlags::GROWS_UP;
    let avail = Size::new(0xf000);
    let row = shared(Row { avail, ..named(0x2_0000, 0x2_1000, 1001, up) });
    b.holds(&[row], 0, 0x2000, 0);
    b.run(remove(0x2_0000, 0x2_1000));
    b.set(use_process(1));
    b.set(exit(0));
    b.run(remove(0x2_0000, 0x2_1000));
    b.holds(&[], 1, 0x1000, 0);
}

fn r17_19_growth_up_without_swap(create: Create) {
    let mut b = bench(create);
    b.run(stack(0x2_0000, 0x1_0000, MapFlags::GROWS_UP));
    b.run(inherit(0x2_0000, 0x2_1000, Inherit::Share));
    b.run(insert_rw(0x2_1800, 0x2_2000));
    b.forks(1);
    b.set(sgrowsiz(0x2000));
    b.set(limit(LimitName::Swap, 0));
    // The cut of avail comes first, and stays.
    let refusal =
        Refusal::Neighbour { need: Size::new(0x1000), room: Size::new(0x800), guard: Size::ZERO };
    b.refused_after(grow(0x2_1000), refusal, &[]);
    b.run(remove(0x2_1800, 0x2_2000));
    b.run(stack(0x3_0000, 0x4000, MapFlags::GROWS_UP | MapFlags::ACC_NO_CHARGE));
    b.run(inherit(0x3_0000, 0x3_2000, Inherit::Share));
    b.refused_after(
        Op::Fork,
        Refusal::ForkSwap { wanted: Size::ZERO, reserved: Size::new(0x1800), limit: Size::ZERO },
        &[],
    );
    // An uncharged object needs no swap, and cannot be extended either.
    b.refused(grow(0x3_2000), Refusal::ObjectGrowth { entry: range(0x3_0000, 0x3_2000) });
}

fn r17_19_the_charge_of_an_object_counts_with_needs_copy(create: Create) {
    let mut b = bench(create);
    b.run(stack(0x2_0000, 0x1_0000, MapFlags::GROWS_UP | MapFlags::ACC_NO_CHARGE));
    b.run(inherit(0x2_0000, 0x2_1000, Inherit::Share));
    b.forks(1);
    b.run(inherit(0x2_0000, 0x2_1000, Inherit::Copy));
    b.forks(2);
    b.reserves(0);
    // The other process, which still shares, has the object charged.
    b.set(use_process(1));
    b.run(protect(0x2_0000, 0x2_1000, Prot::READ, ProtectWhat::Current));
    b.run(protect_rw(0x2_0000, 0x2_1000));
    b.reserves(0x1000);
    b.set(use_process(0));
    let refusal = Refusal::ObjectGrowth { entry: range(0x2_0000, 0x2_1000) };
    b.refused_after(grow(0x2_1000), refusal, &[]);
    b.reserves(0x2000);
}

fn r17_19_growth_down_is_as_before(create: Create) {
    let mut b = bench(create);
    b.run(stack(0x2_0000, 0x1_0000, MapFlags::GROWS_DOWN));
    b.run(inherit(0x2_f000, 0x3_0000, Inherit::Share));
    b.forks(1);
    b.run(grow(0x2_e000));
    let rows = [
        stack_entry(0x2_e000, 0x2_f000, EntryFlags::GROWS_DOWN, 0xe000),
        shared(Row { avail: Size::new(0xf000), ..named(0x2_f000, 0x3_0000, 1001, NONE) }),
    ];
    b.looks(&rows);
    b.reserves(0x2000);
}

fn r17_20_protect_charges_the_whole_object(create: Create) {
    let mut b = bench(create);
    b.run(insert(0x1_0000, 0x1_8000, anonymous(Prot::READ, MapFlags::NONE)));
    b.run(inherit(0x1_0000, 0x1_8000, Inherit::Share));
    b.forks(1);
    b.set(limit(LimitName::Swap, 0x7fff));
    let short = Refusal::ProtectSwap {
        wanted: Size::new(0x8000),
        reserved: Size::ZERO,
        limit: Size::new(0x7fff),
    };
    b.refused_after(protect_rw(0x1_0000, 0x1_1000), short, &[]);
    b.set(limit(LimitName::Swap, 0x8000));
    b.run(protect_rw(0x1_0000, 0x1_1000));
    let part =
        |start, end, offset, prot| shared(Row { offset, prot, ..named(start, end, 1001, NONE) });
    let parts =
        [part(0x1_0000, 0x1_1000, 0, Prot::RW), part(0x1_1000, 0x1_8000, 0x1000, Prot::READ)];
    b.holds(&parts, 0, 0x8000, 0);
    // The other process finds it charged.
    b.set(use_process(1));
    b.run(protect_rw(0x1_0000, 0x1_8000));
    b.holds(&[part(0x1_0000, 0x1_8000, 0, Prot::RW)], 0, 0x8000, 0);
}

fn r17_21_an_insertion_beside_an_object(create: Create) {
    let mut b = alone_with_an_object(create);
    // Other protections, so that an anonymous neighbour would hand its offset on (6.7b).
    b.run(insert(0x1_8000, 0x1_9000, anonymous(Prot::ALL, MapFlags::NONE)));
    let above = Row { prot: Prot::ALL, access: Access::Normal, ..entry(0x1_8000, 0x1_9000) };
    b.holds(&[named(0x1_0000, 0x1_8000, 1001, NONE), above], 0, 0x9000, 0);
}
