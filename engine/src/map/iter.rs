//! Walking a map: its entries and its gaps, in address order.

use core::iter::FusedIterator;

use super::lookup::Gap;
use super::{Body, VmMap};
use crate::entry::Entry;
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::tree;

/// The entries of a map, lowest first; see [`VmMap::entries`].
#[derive(Debug)]
pub struct Entries<'a, O, const B: usize> {
    items: tree::Iter<'a, Body<O>, B>,
}

impl<'a, O: Clone + PartialEq, const B: usize> Iterator for Entries<'a, O, B> {
    type Item = Entry<&'a O>;

    fn next(&mut self) -> Option<Entry<&'a O>> {
        let item = self.items.next()?;
        Some(item.value.view(item.start, item.end))
    }
}

impl<O: Clone + PartialEq, const B: usize> FusedIterator for Entries<'_, O, B> {}

/// The gaps of a map, lowest first; see [`VmMap::gaps`].
#[derive(Debug)]
pub struct Gaps<'a, O, const B: usize> {
    items: tree::Iter<'a, Body<O>, B>,
    reached: u64,
    max: u64,
    below: bool,
}

impl<O: Clone + PartialEq, const B: usize> Iterator for Gaps<'_, O, B> {
    type Item = Gap;

    fn next(&mut self) -> Option<Gap> {
        loop {
            let (start, below) = (self.reached, self.below);
            let next = self.items.next();
            let end = next.map_or(self.max, |item| item.start);
            self.reached = next.map_or(self.max, |item| item.end);
            self.below = true;
            if let Some(range) = AddrRange::new(Addr::new(start), Addr::new(end)) {
                return Some(Gap { range, below, above: next.is_some() });
            }
            next?;
        }
    }
}

impl<O: Clone + PartialEq, const B: usize> FusedIterator for Gaps<'_, O, B> {}

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Every entry, lowest first.
    ///
    /// ```
    /// use growstack::{Addr, Mapping, Prot, VmMap};
    /// # fn main() -> Result<(), growstack::Refusal> {
    /// let mut map: VmMap = VmMap::new(Addr::new(0x1000), Addr::new(0x9000));
    /// map.insert(Addr::new(0x3000), Addr::new(0x4000), Mapping::anonymous(Prot::RW), |_| ())?;
    /// assert_eq!(map.entries().count(), 1);
    /// let free: u64 = map.gaps().map(|gap| gap.range.len().get()).sum();
    /// assert_eq!(free, 0x7000);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn entries(&self) -> Entries<'_, O::Object, B> {
        Entries { items: self.tree.iter() }
    }

    /// The entries from the one that holds `addr`, or the next above it, on.
    #[must_use]
    pub fn entries_from(&self, addr: Addr) -> Entries<'_, O::Object, B> {
        Entries { items: self.tree.iter_from(&self.tree.seek(addr.get())) }
    }

    /// Every gap, lowest first: between two entries, and between an entry and the map's ends.
    #[must_use]
    pub fn gaps(&self) -> Gaps<'_, O::Object, B> {
        let (reached, max) = self.tree.bounds();
        Gaps { items: self.tree.iter(), reached, max, below: false }
    }
}

impl<'a, O: Objects, const B: usize> IntoIterator for &'a VmMap<O, B> {
    type Item = Entry<&'a O::Object>;
    type IntoIter = Entries<'a, O::Object, B>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries()
    }
}
