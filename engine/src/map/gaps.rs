//! Walking the gaps of a map, in address order.

use core::iter::FusedIterator;

use super::lookup::Gap;
use super::{Body, Kernel, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::tree::{self, Margin};

/// Gaps of a map in address order, from either end; see [`VmMap::gaps`].
///
/// [`size_hint`](Iterator::size_hint) has an upper bound, one more than entries are left, and a lower
/// bound of 0, since entries may touch: how many gaps there are is only known when none is left, or
/// when no entry is.
#[derive(Debug)]
pub struct Gaps<'a, O, const B: usize, M = ()> {
    /// The entries that are left, with those that touch the range.
    items: tree::Iter<'a, Body<O>, B, M>,
    /// What is left of the range, whose gaps are wanted.
    low: u64,
    high: u64,
    /// Does an entry end at `low`?
    below: bool,
    /// Does an entry start at `high`?
    above: bool,
}

impl<O: Clone + PartialEq, const B: usize, M: Margin<Body<O>>> Iterator for Gaps<'_, O, B, M> {
    type Item = Gap;

    fn next(&mut self) -> Option<Gap> {
        loop {
            let (start, below) = (self.low, self.below);
            let next = self.items.next();
            let (end, above) = next.map_or((self.high, self.above), |item| (item.start, true));
            self.low = next.map_or(self.high, |item| item.end);
            self.below = true;
            if let Some(range) = AddrRange::new(Addr::new(start), Addr::new(end)) {
                return Some(Gap { range, below, above });
            }
            next?;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.low >= self.high {
            return (0, Some(0));
        }
        let (_, most) = self.items.size_hint();
        (usize::from(most == Some(0)), most.and_then(|most| most.checked_add(1)))
    }
}

impl<O: Clone + PartialEq, const B: usize, M: Margin<Body<O>>> DoubleEndedIterator
    for Gaps<'_, O, B, M>
{
    fn next_back(&mut self) -> Option<Gap> {
        loop {
            let (end, above) = (self.high, self.above);
            let next = self.items.next_back();
            let (start, below) = next.map_or((self.low, self.below), |item| (item.end, true));
            self.high = next.map_or(self.low, |item| item.start);
            self.above = true;
            if let Some(range) = AddrRange::new(Addr::new(start), Addr::new(end)) {
                return Some(Gap { range, below, above });
            }
            next?;
        }
    }
}

impl<O: Clone + PartialEq, const B: usize, M: Margin<Body<O>>> FusedIterator for Gaps<'_, O, B, M> {}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// Every gap, lowest first: between two entries, and between an entry and the map's ends.
    #[must_use]
    pub fn gaps(&self) -> Gaps<'_, O::Object, B, K::Margin<O::Object>> {
        self.gaps_in(AddrRange::ALL)
    }

    /// The parts of gaps that lie in `range` and in the map, lowest first. O(log n) for the first
    /// from either end, and amortised O(1) for each entry passed after it.
    ///
    /// ```
    /// use growstack::{Addr, AddrRange, Mapping, Prot, VmMap};
    /// # fn main() -> Result<(), growstack::Refusal> {
    /// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x9000));
    /// map.insert(Addr::new(0x3000), Addr::new(0x4000), Mapping::anonymous(Prot::RW), |_| ())?;
    /// let range = AddrRange::new(Addr::new(0x2000), Addr::new(0x6000)).expect("not empty");
    /// let gaps: Vec<_> = map.gaps_in(range).map(|gap| gap.range.len().get()).collect();
    /// assert_eq!(gaps, [0x1000, 0x2000]);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn gaps_in(&self, range: AddrRange) -> Gaps<'_, O::Object, B, K::Margin<O::Object>> {
        let (min, max) = self.tree.bounds();
        let (low, high) = (range.start().get().max(min), range.end().get().min(max));
        // One more address on either side takes in the entries that touch the range.
        let items = self.tree.range(low.saturating_sub(1), high.saturating_add(1));
        Gaps { items, low, high, below: false, above: false }
    }
}
