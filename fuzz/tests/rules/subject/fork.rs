//! What the tests of section 17 share.

#![allow(unreachable_pub)]

use growstack::{EntryFlags, Holes, Inherit, Prot, ProtectWhat, Wiring};
use growstack_fuzz::answer::Row;
use growstack_fuzz::op::{ObjectId, Op};

use super::*;

/// The flags of an entry that was copied.
pub const COPIED: EntryFlags =
    EntryFlags::from_bits_truncate(EntryFlags::COW.bits() | EntryFlags::NEEDS_COPY.bits());
pub const CHARGED: EntryFlags = EntryFlags::CHARGED;
pub const NONE: EntryFlags = EntryFlags::NONE;

pub fn bench(create: Create) -> Bench {
    Bench::new(create, &config(MIN, MAX, 0x1000))
}

/// An entry that names an object that a fork has made.
pub fn named(start: u64, end: u64, object: u64, flags: EntryFlags) -> Row {
    Row { flags, object: ObjectId::new(object), ..entry(start, end) }
}

pub fn shared(mut row: Row) -> Row {
    row.inherit = Inherit::Share;
    row
}

pub fn protect_rw(start: u64, end: u64) -> Op {
    protect(start, end, Prot::RW, ProtectWhat::Current)
}

pub fn wire_all(b: &mut Bench, start: u64, end: u64) {
    b.run(wire(start, end, Wiring::User, Holes::Refused));
}

/// A process alone with an anonymous object 1001 of eight pages, which holds the charge: a child has
/// shared it and ended.
pub fn alone_with_an_object(create: Create) -> Bench {
    let mut b = bench(create);
    b.run(insert_rw(0x1_0000, 0x1_8000));
    b.run(inherit(0x1_0000, 0x1_8000, Inherit::Share));
    b.forks(1);
    b.set(exit(1));
    b.run(inherit(0x1_0000, 0x1_8000, Inherit::Copy));
    b.holds(&[named(0x1_0000, 0x1_8000, 1001, NONE)], 0, 0x8000, 0);
    b
}
