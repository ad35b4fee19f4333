//! What operations tell of their changes (`growstack::Change`), in which order.
//!
//! Traces do not record changes. The expected values are computed by hand from the rules and from
//! the documentation of `Change`.

use crate::subject::*;
use growstack::{
    Addr, Advice, Direction, FindSpace, Holes, Inherit, MapFlags, Prot, ProtectWhat, Wiring,
};
use growstack_fuzz::op::Op;

on_every_map! {
    insertions_tell_what_they_map
    removal_tells_the_mapped_parts
    fixed_tells_removal_first
    protect_tells_what_is_in_force
    wiring_tells_the_first_and_the_last
    attributes_tell_nothing
    growth_tells_what_was_added
    wire_future_tells_both
}

const RW: Prot = Prot::RW;

fn insertions_tell_what_they_map(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.done(insert_rw(0x1_0000, 0x1_1000), &[mapped(0x1_0000, 0x1_1000, RW)]);
    // Extending the lower neighbour (6.7a) adds only what is new.
    b.done(insert_rw(0x1_1000, 0x1_2000), &[mapped(0x1_1000, 0x1_2000, RW)]);
    b.found(
        find(0x1_0000, 0x800, 0, FindSpace::Any, anonymous(Prot::READ, MapFlags::NONE)),
        0x1_2000,
        &[mapped(0x1_2000, 0x1_2800, Prot::READ)],
    );
    // A stack maps its first part, not its reserve.
    let op = stack(0x2_0000, 0x8000, MapFlags::GROWTH);
    b.done(op, &[mapped(0x2_4000, 0x2_5000, RW)]);
}

fn removal_tells_the_mapped_parts(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_4000));
    b.run(insert_rw(0x1_6000, 0x1_8000));
    b.run(wire(0x1_6000, 0x1_8000, Wiring::User, Holes::Refused));
    // Unmapping wired pages is reported as unmapping alone.
    b.done(
        remove(0x1_2000, 0x1_7000),
        &[unmapped(0x1_2000, 0x1_4000), unmapped(0x1_6000, 0x1_7000)],
    );
    b.done(remove(0x1_2000, 0x1_6000), &[]);
    b.done(remove(0x1_7000, 0x1_6000), &[]);
}

fn fixed_tells_removal_first(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(insert_rw(0x1_3000, 0x1_5000));
    let read = anonymous(Prot::READ, MapFlags::NONE);
    b.done(
        fixed(0x1_1000, 0x3000, read),
        &[
            unmapped(0x1_1000, 0x1_2000),
            unmapped(0x1_3000, 0x1_4000),
            mapped(0x1_1000, 0x1_4000, Prot::READ),
        ],
    );
    // Only the part inside the map.
    b.done(fixed(MAX - 0x1000, 0x2000, read), &[mapped(MAX - 0x1000, MAX, Prot::READ)]);
}

fn protect_tells_what_is_in_force(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_4000));
    let current = |start, end, prot| protect(start, end, prot, ProtectWhat::Current);
    b.done(current(0x1_1000, 0x1_2000, Prot::READ), &[protected(0x1_1000, 0x1_2000, Prot::READ)]);
    // What had this protection already is left out.
    b.done(
        current(0x1_0000, 0x1_3000, Prot::READ),
        &[protected(0x1_0000, 0x1_1000, Prot::READ), protected(0x1_2000, 0x1_3000, Prot::READ)],
    );
    // A new maximum is reported only where it takes something away.
    let max = |prot| protect(0x1_0000, 0x1_4000, prot, ProtectWhat::Max);
    b.done(max(RW), &[]);
    b.done(max(Prot::RX.intersection(RW)), &[protected(0x1_3000, 0x1_4000, Prot::READ)]);
    // Reversed: a split, no change (5.3).
    b.done(current(0x1_3000, 0x1_2000, Prot::NONE), &[]);
}

fn wiring_tells_the_first_and_the_last(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_4000));
    let user = |start, end| wire(start, end, Wiring::User, Holes::Refused);
    let not_user = |start, end| unwire(start, end, Wiring::User, Holes::Refused);
    let system = |start, end| wire(start, end, Wiring::System, Holes::Refused);
    let not_system = |start, end| unwire(start, end, Wiring::System, Holes::Refused);
    b.done(user(0x1_1000, 0x1_2000), &[wired(0x1_1000, 0x1_2000)]);
    // What was wired before is left out, by whomever it was.
    b.done(system(0x1_0000, 0x1_3000), &[wired(0x1_0000, 0x1_1000), wired(0x1_2000, 0x1_3000)]);
    b.done(user(0x1_0000, 0x1_4000), &[wired(0x1_3000, 0x1_4000)]);
    b.done(not_user(0x1_0000, 0x1_4000), &[unwired(0x1_3000, 0x1_4000)]);
    b.done(not_system(0x1_0000, 0x1_3000), &[unwired(0x1_0000, 0x1_3000)]);
    b.done(not_user(0x1_0000, 0x1_4000), &[]);
}

fn attributes_tell_nothing(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(insert_rw(0x1_0000, 0x1_4000));
    let (start, end) = (Addr::new(0x1_1000), Addr::new(0x1_2000));
    b.done(Op::Inherit { start, end, inherit: Inherit::None }, &[]);
    for &advice in Advice::ALL {
        b.done(Op::Madvise { start, end, advice }, &[]);
    }
}

fn growth_tells_what_was_added(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x2000));
    b.run(insert_rw(0x1_0000, 0x1_2000));
    b.run(stack(0x1_2000, 0x8000, MapFlags::GROWTH));
    // Cut at the neighbour, which it extends (13.13); only what is new is reported.
    b.grows_rw(0x1_2fff, Direction::Down, (0x1_2000, 0x1_5000));
    b.grows_rw(0x1_7000, Direction::Up, (0x1_7000, 0x1_9000));
}

fn wire_future_tells_both(create: Create) {
    let mut b = Bench::new(create, &config(MIN, MAX, 0x1000));
    b.run(stack(0x1_0000, 0x8000, MapFlags::GROWTH));
    b.set(Op::WireFuture { on: true });
    let added = (0x1_3000, 0x1_4000);
    b.grows(
        0x1_3fff,
        Direction::Down,
        added,
        &[mapped(added.0, added.1, RW), wired(added.0, added.1)],
    );
    let added = (0x1_5000, 0x1_6000);
    b.grows(
        0x1_5000,
        Direction::Up,
        added,
        &[mapped(added.0, added.1, RW), wired(added.0, added.1)],
    );
    // The part that grows is wired now, so the next growth is wired from the start (13.16).
    let added = (0x1_6000, 0x1_7000);
    b.grows_rw(0x1_6000, Direction::Up, added);
}
