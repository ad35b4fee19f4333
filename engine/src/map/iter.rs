//! Walking the entries of a map, in address order.

use core::iter::FusedIterator;

use super::{Body, Kernel, VmMap};
use crate::entry::Entry;
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::tree::{self, Item, Margin};

/// Entries of a map in address order, from either end; see [`VmMap::entries`].
///
/// [`size_hint`](Iterator::size_hint) is exact if the range asked for holds the whole map, and in any
/// case once the two ends are in the same leaf of the index. Else it counts what is at hand as
/// the least and every entry not seen as the most: the index keeps no counts of entries. For that
/// reason this is no [`ExactSizeIterator`]; [`VmMap::len`] is the number of all.
#[derive(Debug)]
pub struct Entries<'a, O, const B: usize, M = ()> {
    items: tree::Iter<'a, Body<O>, B, M>,
}

impl<'a, O: Clone + PartialEq, const B: usize, M: Margin<Body<O>>> Iterator
    for Entries<'a, O, B, M>
{
    type Item = Entry<&'a O>;

    #[inline]
    fn next(&mut self) -> Option<Entry<&'a O>> {
        self.items.next().map(view)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<'a, O: Clone + PartialEq, const B: usize, M: Margin<Body<O>>> DoubleEndedIterator
    for Entries<'a, O, B, M>
{
    #[inline]
    fn next_back(&mut self) -> Option<Entry<&'a O>> {
        self.items.next_back().map(view)
    }
}

impl<O: Clone + PartialEq, const B: usize, M: Margin<Body<O>>> FusedIterator
    for Entries<'_, O, B, M>
{
}

fn view<O: Clone + PartialEq>(item: Item<'_, Body<O>>) -> Entry<&O> {
    item.value.view(item.start, item.end)
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// Every entry, lowest first.
    ///
    /// ```
    /// use growstack::{Addr, Mapping, Prot, VmMap};
    /// # fn main() -> Result<(), growstack::Refusal> {
    /// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x9000));
    /// map.insert(Addr::new(0x3000), Addr::new(0x4000), Mapping::anonymous(Prot::RW), |_| ())?;
    /// assert_eq!(map.entries().count(), 1);
    /// let free: u64 = map.gaps().map(|gap| gap.range.len().get()).sum();
    /// assert_eq!(free, 0x7000);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn entries(&self) -> Entries<'_, O::Object, B, K::Margin<O::Object>> {
        self.entries_in(AddrRange::ALL)
    }

    /// The entries that hold an address of `range`, lowest first, each in its whole length. O(log n)
    /// for the first from either end, and amortised O(1) for the others.
    ///
    /// ```
    /// use growstack::{Addr, AddrRange, Mapping, Prot, VmMap};
    /// # fn main() -> Result<(), growstack::Refusal> {
    /// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x9000));
    /// map.insert(Addr::new(0x2000), Addr::new(0x4000), Mapping::anonymous(Prot::RW), |_| ())?;
    /// map.insert(Addr::new(0x6000), Addr::new(0x7000), Mapping::anonymous(Prot::RX), |_| ())?;
    /// let range = AddrRange::new(Addr::new(0x3000), Addr::new(0x7000)).expect("not empty");
    /// let prots: Vec<_> = map.entries_in(range).rev().map(|entry| entry.prot).collect();
    /// assert_eq!(prots, [Prot::RX, Prot::RW]);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn entries_in(&self, range: AddrRange) -> Entries<'_, O::Object, B, K::Margin<O::Object>> {
        Entries { items: self.tree.range(range.start().get(), range.end().get()) }
    }

    /// The entries from the one that holds `addr`, or the next above it, on.
    #[must_use]
    pub fn entries_from(&self, addr: Addr) -> Entries<'_, O::Object, B, K::Margin<O::Object>> {
        Entries { items: self.tree.range(addr.get(), u64::MAX) }
    }
}

impl<'a, O: Objects, K: Kernel, const B: usize> IntoIterator for &'a VmMap<O, K, B> {
    type Item = Entry<&'a O::Object>;
    type IntoIter = Entries<'a, O::Object, B, K::Margin<O::Object>>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries()
    }
}
