//! `lookup` and `check`: questions that change nothing (section 8).

use super::{Kernel, VmMap};
use crate::entry::Entry;
#[cfg(feature = "shared")]
use crate::flags::EntryFlags;
use crate::flags::Prot;
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;

/// Unmapped addresses, and what lies around them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The unmapped addresses.
    pub range: AddrRange,
    /// Does an entry end where the gap begins? Else the map begins there, or the range whose
    /// [gaps](VmMap::gaps_in) were asked for.
    pub below: bool,
    /// Does an entry start where the gap ends? Else the map ends there, or that range.
    pub above: bool,
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// The entry that holds an address: `vm_map_lookup_entry`, rule 8.1.
    #[must_use]
    pub fn lookup(&self, addr: Addr) -> Option<Entry<&O::Object>> {
        let item = self.tree.get(addr.get())?;
        Some(item.value.view(item.start, item.end))
    }

    /// The bounds and the protection of the entry that holds an address: what a page fault asks.
    #[inline]
    #[must_use]
    pub fn mapped(&self, addr: Addr) -> Option<(AddrRange, Prot)> {
        let item = self.tree.get(addr.get())?;
        Some((AddrRange::between(item.start, item.end), item.value.prot()))
    }

    /// The protection at an address where no stack has to grow; `None` if it is unmapped, or in a
    /// guard (D1.1).
    #[cfg(feature = "shared")]
    #[inline]
    pub(crate) fn protection(&self, addr: Addr) -> Option<Prot> {
        let body = self.tree.get(addr.get())?.value;
        let guard = K::GUARDS && body.has(EntryFlags::GUARD);
        (!guard).then(|| body.prot())
    }

    /// Is an address mapped?
    #[inline]
    #[must_use]
    pub fn contains(&self, addr: Addr) -> bool {
        self.tree.get(addr.get()).is_some()
    }

    /// The gap around an address; `None` if it is mapped, or outside the map. One descent, one
    /// leaf.
    #[inline]
    #[must_use]
    pub fn gap(&self, addr: Addr) -> Option<Gap> {
        let (min, max) = self.tree.bounds();
        let near = self.tree.neighbours(addr.get());
        let start = near.below.unwrap_or(min);
        let end = near.above.map_or(max, |(start, _)| start);
        let range = AddrRange::new(Addr::new(start), Addr::new(end))?;
        let gap = Gap { range, below: near.below.is_some(), above: near.above.is_some() };
        range.contains(addr).then_some(gap)
    }

    /// Is every address of a range mapped with at least this protection:
    /// `vm_map_check_protection(9)`, rule 8.2. A reversed or empty range is, if its start is
    /// mapped (q25).
    #[must_use]
    pub fn check_protection(&self, start: Addr, end: Addr, prot: Prot) -> bool {
        let mut at = self.tree.seek(start.get());
        let Some(first) = self.tree.item(&at) else { return false };
        if first.start > start.get() {
            return false;
        }
        let mut reached = start.get();
        while reached < end.get() {
            match self.tree.item(&at) {
                Some(entry) if entry.start <= reached && entry.value.prot().contains(prot) => {
                    reached = entry.end;
                }
                _ => return false,
            }
            self.tree.advance(&mut at);
        }
        true
    }
}
