//! A map that does by plain means what the tree does, and the two of them in step.

extern crate std;

use crate::tree::{Cursor, Item, Need, Neighbours, Tree};
use std::collections::BTreeMap;
use std::iter;
use std::vec::Vec;

/// A small generator of numbers that look random (xorshift64*).
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number in `low..=high`.
    pub(super) fn within(&mut self, low: u64, high: u64) -> u64 {
        low + ((u128::from(self.next()) * u128::from(high - low + 1)) >> 64) as u64
    }

    pub(super) fn index(&mut self, len: usize) -> usize {
        self.within(0, len as u64 - 1) as usize
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.within(0, 99) < percent
    }
}

/// Tree and model side by side; every edit goes to both, and is compared.
pub(super) struct Pair<const B: usize> {
    pub(super) tree: Tree<u64, B>,
    /// By end: start and value.
    pub(super) model: BTreeMap<u64, (u64, u64)>,
    pub(super) min: u64,
    pub(super) max: u64,
    next_value: u64,
}

pub(super) fn plain<V: Copy>(item: Option<Item<'_, V>>) -> Option<(u64, u64, V)> {
    item.map(|item| (item.start, item.end, *item.value))
}

impl<const B: usize> Pair<B> {
    pub(super) fn new(min: u64, max: u64) -> Self {
        Self { tree: Tree::new(min, max), model: BTreeMap::new(), min, max, next_value: 1 }
    }

    pub(super) fn bulk(min: u64, max: u64, entries: &[(u64, u64)]) -> Self {
        let valued = entries.iter().zip(1..).map(|(&(start, end), value)| (start, end, value));
        let tree = Tree::bulk(min, max, valued.clone()).unwrap();
        let model = valued.map(|(start, end, value)| (end, (start, value))).collect();
        let pair = Self { tree, model, min, max, next_value: entries.len() as u64 + 1 };
        pair.compare();
        pair
    }

    pub(super) fn entries(&self) -> Vec<(u64, u64, u64)> {
        self.model.iter().map(|(&end, &(start, value))| (start, end, value)).collect()
    }

    /// The first entry with an end above `addr`.
    pub(super) fn above(&self, addr: u64) -> Option<(u64, u64, u64)> {
        let mut above =
            self.model.range((std::ops::Bound::Excluded(addr), std::ops::Bound::Unbounded));
        above.next().map(|(&end, &(start, value))| (start, end, value))
    }

    pub(super) fn below(&self, addr: u64) -> Option<u64> {
        self.model.range(..=addr).next_back().map(|(&end, _)| end)
    }

    /// The free range around an address, if it is free.
    pub(super) fn free_around(&self, addr: u64) -> Option<(u64, u64)> {
        let low = self.below(addr).unwrap_or(self.min);
        let high = self.above(addr).map_or(self.max, |(start, ..)| start);
        (low <= addr && addr < high).then_some((low, high))
    }

    fn used(&self) -> Need {
        Need { leaves: self.tree.leaves.used(), inner: self.tree.inner.used() }
    }

    pub(super) fn taken_since(&self, before: Need) -> Need {
        let now = self.used();
        Need { leaves: now.leaves - before.leaves, inner: now.inner - before.inner }
    }

    pub(super) fn in_use(&self) -> Need {
        self.used()
    }

    pub(super) fn insert(&mut self, start: u64, end: u64) -> Cursor {
        let value = self.next_value;
        self.next_value += 1;
        let mut at = self.tree.seek(start);
        let (need, before) = (self.tree.need_one(&at), self.used());
        self.tree.insert(&mut at, start, end, value).unwrap();
        assert_eq!(self.taken_since(before), need, "nodes of one insertion");
        assert!(need.total() <= Tree::<u64, B>::MAX_NODES_PER_INSERT);
        self.model.insert(end, (start, value));
        assert_eq!(plain(self.tree.item(&at)), Some((start, end, value)));
        self.compare_place(&at);
        self.check();
        at
    }

    pub(super) fn remove(&mut self, addr: u64) {
        let (start, end, value) = self.above(addr).unwrap();
        let mut at = self.tree.seek(addr);
        assert_eq!(plain(self.tree.item(&at)), Some((start, end, value)));
        assert_eq!(self.tree.remove(&mut at), Some(value));
        self.model.remove(&end);
        assert_eq!(plain(self.tree.item(&at)), self.above(end));
        self.compare_place(&at);
        self.check();
    }

    pub(super) fn set_bounds(&mut self, addr: u64, start: u64, end: u64) {
        let (old_start, old_end, value) = self.above(addr).unwrap();
        let at = self.tree.seek(addr);
        if start == old_start {
            self.tree.set_end(&at, end);
        } else {
            self.tree.set_bounds(&at, start, end);
        }
        self.model.remove(&old_end);
        self.model.insert(end, (start, value));
        assert_eq!(plain(self.tree.item(&at)), Some((start, end, value)));
        self.compare_place(&at);
        self.check();
    }

    pub(super) fn check(&self) {
        if let Err(violation) = self.tree.check() {
            panic!("{violation}");
        }
        assert_eq!(self.tree.len(), self.model.len());
        assert_eq!(self.tree.is_empty(), self.model.is_empty());
    }

    /// That a cursor's path is a good one: the steps from it lead to the entries on either side.
    pub(super) fn compare_place(&self, at: &Cursor) {
        let here = plain(self.tree.item(at));
        let end_below = match here {
            Some((start, ..)) => self.below(start),
            None => self.model.keys().next_back().copied(),
        };
        assert_eq!(self.tree.end_below(at), end_below);
        let before = end_below.map(|end| (self.model[&end].0, end, self.model[&end].1));
        assert_eq!(plain(self.tree.item_below(at)), before);

        let mut next = at.clone();
        let after = here.and_then(|(_, end, _)| self.above(end));
        assert_eq!(self.tree.advance(&mut next), after.is_some());
        assert_eq!(plain(self.tree.item(&next)), after);
        assert_eq!(plain(self.tree.item_above(at)), after);

        let mut previous = at.clone();
        let moved = self.tree.retreat(&mut previous);
        assert_eq!(moved, end_below.is_some());
        assert_eq!(plain(self.tree.item(&previous)), before.or(here));
    }

    /// Compares every look-up that takes an address.
    pub(super) fn compare_at(&self, addr: u64) {
        let above = self.above(addr);
        assert_eq!(plain(self.tree.get(addr)), above.filter(|&(start, ..)| start <= addr));
        let neighbours = Neighbours {
            below: self.below(addr),
            above: above.map(|(start, end, _)| (start, end)),
        };
        assert_eq!(self.tree.neighbours(addr), neighbours, "around {addr:#x}");
        let at = self.tree.seek(addr);
        assert_eq!(plain(self.tree.item(&at)), above);
        self.compare_place(&at);
    }

    /// The lowest address from `addr` on with `length` free, by trying every one there may be.
    pub(super) fn first_fit(&self, addr: u64, length: u64) -> Option<u64> {
        let from = addr.max(self.min);
        let ends = self.model.range(from..).map(|(&end, _)| end);
        let fits = |&fit: &u64| match self.above(fit) {
            Some((start, ..)) => start >= fit && start - fit >= length,
            None => fit <= self.max && self.max - fit >= length,
        };
        iter::once(from).chain(ends).find(fits)
    }

    /// The highest address with `length` free that end at or below `addr`, by trying every one
    /// there may be.
    fn last_fit(&self, addr: u64, length: u64) -> Option<u64> {
        let to = addr.min(self.max);
        let starts = self.model.values().rev().map(|&(start, _)| start).filter(|&start| start < to);
        let fits = |&fit: &u64| match self.above(fit) {
            Some((start, ..)) => fit >= self.min && start >= fit && start - fit >= length,
            None => fit >= self.min,
        };
        iter::once(to).chain(starts).filter_map(|top| top.checked_sub(length)).find(fits)
    }

    /// Compares the fits from an address on, and those up to it.
    pub(super) fn compare_fit(&self, addr: u64, length: u64) {
        assert_eq!(
            self.tree.first_fit(addr, length),
            self.first_fit(addr, length),
            "fit of {length:#x} from {addr:#x}"
        );
        assert_eq!(
            self.tree.last_fit(addr, length),
            self.last_fit(addr, length),
            "fit of {length:#x} up to {addr:#x}"
        );
    }

    pub(super) fn compare(&self) {
        self.check();
        let items: Vec<_> = self.tree.iter().map(|item| plain(Some(item)).unwrap()).collect();
        assert_eq!(items, self.entries());
        let mut back: Vec<_> =
            self.tree.iter().rev().map(|item| plain(Some(item)).unwrap()).collect();
        back.reverse();
        assert_eq!(back, items);
    }
}
