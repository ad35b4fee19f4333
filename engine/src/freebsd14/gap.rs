//! Gaps of stacks: guards that a stack grows into (D1.2, D1.3).

use crate::attr::Inherit;
use crate::flags::{EntryFlags, MapFlags, Prot};
use crate::growth::Direction;
use crate::map::Body;

/// Bits of the offset below the maximum that a gap keeps (D1.3).
const MAX_SHIFT: u32 = 16;

/// Protection and maximum that a gap keeps for what a stack grows by, as its offset has them (D1.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) prot: Prot,
    pub(super) max: Prot,
}

impl Kept {
    /// What the offset of a gap says.
    pub(super) const fn of(offset: u64) -> Self {
        let [prot, _, max, ..] = offset.to_le_bytes();
        Self { prot: Prot::from_bits_truncate(prot), max: Prot::from_bits_truncate(max) }
    }

    /// The offset that says this.
    pub(super) const fn offset(self) -> u64 {
        self.prot.bits() as u64 | (self.max.bits() as u64) << MAX_SHIFT
    }
}

/// Which way the stack of a gap grows, and the flag of its gap.
pub(super) fn gap_flag(direction: Direction) -> EntryFlags {
    match direction {
        Direction::Down => EntryFlags::STACK_GAP_DN,
        Direction::Up => EntryFlags::STACK_GAP_UP,
    }
}

/// The one way in which a stack grows, if it is one.
pub(super) fn direction(flags: MapFlags) -> Option<Direction> {
    match (flags.contains(MapFlags::GROWS_DOWN), flags.contains(MapFlags::GROWS_UP)) {
        (true, false) => Some(Direction::Down),
        (false, true) => Some(Direction::Up),
        _ => None,
    }
}

/// A gap that keeps nothing yet: a guard like any other (D12.7).
pub(super) fn new_gap<O>(direction: Direction) -> Body<O> {
    let flags = EntryFlags::GUARD | gap_flag(direction);
    Body::new(Prot::NONE, Prot::NONE, Inherit::Copy, flags, None, 0)
}

impl<O> Body<O> {
    /// Has the gap keep what growth needs (D1.3).
    pub(super) fn keep(&mut self, guard: u64, kept: Kept) {
        (self.avail, self.offset) = (guard, kept.offset());
    }

    /// Is it a guard that is no gap?
    pub(super) const fn is_plain_guard(&self) -> bool {
        self.has(EntryFlags::GUARD) && !self.has_any(EntryFlags::STACK_GAP)
    }
}
