//! Which anonymous memory an entry has (L50 to L54): what makes merges depend on page faults.
//!
//! It is a number, kept as `avail`; entries with the same one may merge, and so may those without with
//! any. It says nothing of the pages, which are the kernel's.

use core::num::NonZeroU64;

use crate::map::{Body, Linux, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

/// Has an entry no anonymous memory yet?
#[inline(always)]
pub(super) const fn needs_anon<T>(body: &Body<T>) -> bool {
    body.avail == 0
}

/// Are the anonymous memories of two entries one, as far as they have any?
pub(super) const fn may_be_one(a: u64, b: u64) -> bool {
    a == 0 || b == 0 || a == b
}

impl<T: Clone + PartialEq> Body<T> {
    /// L42, for an entry of `length` bytes that `upper` touches from above.
    pub(super) fn joins(&self, length: u64, upper: &Self) -> bool {
        self.merges_with(length, upper)
            && self.offset.wrapping_add(length) == upper.offset
            && may_be_one(self.avail, upper.avail)
    }

    /// L50: would they merge but for what may be done with them?
    fn shares_anon(&self, length: u64, upper: &Self) -> bool {
        self.flags == upper.flags
            && self.max() == upper.max()
            && self.inherit() == upper.inherit()
            && self.access == upper.access
            && self.wired == upper.wired
            && self.object == upper.object
            && self.offset.wrapping_add(length) == upper.offset
    }
}

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// Which anonymous memory the entry has that holds an address (L50); `None` if nothing is mapped there
    /// or it has none yet.
    #[must_use]
    pub fn anon(&self, addr: Addr) -> Option<NonZeroU64> {
        NonZeroU64::new(self.tree.get(addr.get())?.value.avail)
    }

    /// L50: gives the entry at a cursor anonymous memory, if it has none: that of a neighbour, if it may
    /// merge with that one day, or one of its own.
    #[cold]
    pub(super) fn give_anon(&mut self, at: &Cursor) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        if !needs_anon(entry.value) {
            return Ok(());
        }
        let length = |item: Item<'_, Body<O::Object>>| item.end - item.start;
        let upper = self.tree.item_above(at).filter(|upper| {
            upper.start == entry.end && entry.value.shares_anon(length(entry), upper.value)
        });
        let lower = self.tree.item_below(at).filter(|lower| {
            lower.end == entry.start && lower.value.shares_anon(length(*lower), entry.value)
        });
        let near = [upper, lower].into_iter().flatten().map(|near| near.value.avail);
        let shared = near.into_iter().find(|&anon| anon != 0);
        let anon = shared.unwrap_or_else(|| self.new_anon());
        self.body_mut(at)?.avail = anon;
        Ok(())
    }

    /// A number that no entry has. It would take centuries of faults to run out of them.
    pub(super) const fn new_anon(&mut self) -> u64 {
        self.of_map.last_anon += 1;
        self.of_map.last_anon
    }
}
