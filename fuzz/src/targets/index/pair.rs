//! A tree and a `BTreeMap` that undergo the same edits. Whatever differs panics, with its place.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Bound::{Excluded, Unbounded};

use growstack::tree::{Cursor, Item, Neighbours, Tree};

type Entry = (u64, u64, u64);

/// The two of them.
pub(super) struct Pair<const B: usize> {
    tree: Tree<u64, B>,
    /// By end: start and value.
    model: BTreeMap<u64, (u64, u64)>,
    min: u64,
    max: u64,
    next_value: u64,
}

fn plain(item: Option<Item<'_, u64>>) -> Option<Entry> {
    item.map(|item| (item.start, item.end, *item.value))
}

impl<const B: usize> Pair<B> {
    /// Both with the same entries to start with: about `entries`, as far as there is room.
    pub(super) fn filled(min: u64, max: u64, entries: u64, seed: u64) -> Self {
        let room = (max - min) / entries.max(1);
        let mut list = Vec::new();
        let mut mixed = seed;
        for number in 0..entries {
            mixed = mixed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(number | 1);
            if room < 4 {
                break;
            }
            let start = min + number * room + (mixed >> 33) % 2 * ((mixed >> 20) % (room / 2));
            let end = start + 1 + (mixed >> 40) % (min + (number + 1) * room - start);
            list.push((start, end, number));
        }
        let model = list.iter().map(|&(start, end, value)| (end, (start, value))).collect();
        let tree = Tree::bulk(min, max, list).expect("entries in order, and memory");
        Self { tree, model, min, max, next_value: entries }
    }

    /// The first entry with an end above `addr`.
    fn above(&self, addr: u64) -> Option<Entry> {
        let mut above = self.model.range((Excluded(addr), Unbounded));
        above.next().map(|(&end, &(start, value))| (start, end, value))
    }

    fn below(&self, addr: u64) -> Option<u64> {
        self.model.range(..=addr).next_back().map(|(&end, _)| end)
    }

    /// The free range around an address, or else the one above the entry that holds it.
    fn free(&self, addr: u64) -> Option<(u64, u64)> {
        let low = match self.above(addr) {
            Some((start, end, _)) if start <= addr => end,
            _ => self.below(addr).unwrap_or(self.min),
        };
        let high = self.above(low).map_or(self.max, |(start, ..)| start);
        (low < high).then_some((low, high))
    }

    /// A part of `[low, high)`: flush with either side, both or neither, by two small numbers.
    fn part(low: u64, high: u64, a: u8, b: u8) -> (u64, u64) {
        let room = high - low;
        let start = if a & 1 == 0 { low } else { low + u64::from(a >> 2) % room };
        let end = match b & 3 {
            0 => high,
            1 => start + 1,
            _ => start + 1 + u64::from(b >> 2) % (high - start),
        };
        if a & 2 != 0 && end - start < room { (high - (end - start), high) } else { (start, end) }
    }

    pub(super) fn insert_at(&mut self, addr: u64, a: u8, b: u8) {
        if let Some((low, high)) = self.free(addr) {
            let (start, end) = Self::part(low, high, a, b);
            self.insert(start, end);
        }
    }

    fn insert(&mut self, start: u64, end: u64) {
        let value = self.next_value;
        self.next_value += 1;
        let mut at = self.tree.seek(start);
        let (need, before) = (self.tree.need_one(&at), self.tree.nodes_in_use());
        self.tree.insert(&mut at, start, end, value).expect("no cap is set");
        let taken = self.tree.nodes_in_use() - before;
        assert_eq!(taken, need.total(), "nodes of one insertion");
        self.model.insert(end, (start, value));
        assert_eq!(plain(self.tree.item(&at)), Some((start, end, value)), "inserted");
        self.compare_place(&at);
    }

    /// Two insertions of one byte whose nodes are reckoned together beforehand.
    pub(super) fn insert_two(&mut self, addr: u64, a: u8, b: u8) {
        let Some((first, high)) = self.free(addr) else { return };
        let far = first.saturating_add(u64::from(a) * u64::from(b).max(1));
        let Some((low, _)) = self.free(far) else { return };
        let second = if low == first { first + 1 } else { low };
        if second <= first || (low == first && second >= high) {
            return;
        }
        let (one, other) = (self.tree.seek(first), self.tree.seek(second));
        let (need, before) = (self.tree.need_two(&one, &other), self.tree.nodes_in_use());
        let order = if b & 1 == 0 { [first, second] } else { [second, first] };
        order.into_iter().for_each(|at| self.insert(at, at + 1));
        let taken = self.tree.nodes_in_use() - before;
        assert_eq!(taken, need.total(), "nodes of two insertions");
    }

    /// An insertion that is short of nodes, and must change nothing; then one that is not.
    pub(super) fn insert_capped(&mut self, addr: u64, a: u8, b: u8) {
        let Some((low, high)) = self.free(addr) else { return };
        let (start, end) = Self::part(low, high, a, b);
        let mut at = self.tree.seek(start);
        let need = self.tree.need_one(&at).total();
        if let Some(short) = need.checked_sub(1) {
            self.tree.set_node_cap(Some(self.tree.nodes_in_use() + short));
            assert!(self.tree.insert(&mut at, start, end, 0).is_err(), "a cap was passed");
            self.tree.set_node_cap(None);
            self.compare();
        }
        self.insert(start, end);
    }

    pub(super) fn remove_above(&mut self, addr: u64) {
        let mut at = self.tree.seek(addr);
        self.remove(addr, &mut at);
    }

    /// Removes the first entry with an end above `addr`, which `at` is to be at.
    fn remove(&mut self, addr: u64, at: &mut Cursor) -> Option<u64> {
        let gone = self.above(addr);
        assert_eq!(plain(self.tree.item(at)), gone, "the entry above {addr:#x}");
        assert_eq!(self.tree.remove(at), gone.map(|(.., value)| value), "removed");
        let (_, end, _) = gone?;
        self.model.remove(&end);
        assert_eq!(plain(self.tree.item(at)), self.above(end), "behind the one removed");
        self.compare_place(at);
        Some(end)
    }

    /// Removes entries by the cursor that goes from each to the next.
    pub(super) fn remove_run(&mut self, addr: u64, count: u8) {
        let (mut addr, mut at) = (addr, self.tree.seek(addr));
        for _ in 0..count {
            match self.remove(addr, &mut at) {
                Some(end) => addr = end,
                None => return,
            }
        }
    }

    pub(super) fn set_bounds(&mut self, addr: u64, a: u8, b: u8) {
        let Some((start, end, value)) = self.above(addr) else { return };
        let low = self.below(start).unwrap_or(self.min);
        let high = self.above(end).map_or(self.max, |(start, ..)| start);
        let (new_start, new_end) = match b >> 6 {
            0 => (Self::part(low, end, a, b).0, end),
            1 => (start, Self::part(start, high, 0, b).1),
            _ => Self::part(low, high, a, b),
        };
        let at = self.tree.seek(addr);
        if b >> 6 == 1 {
            self.tree.set_end(&at, new_end);
        } else {
            self.tree.set_bounds(&at, new_start, new_end);
        }
        self.model.remove(&end);
        self.model.insert(new_end, (new_start, value));
        assert_eq!(plain(self.tree.item(&at)), Some((new_start, new_end, value)), "moved");
        self.compare_place(&at);
    }

    pub(super) fn clear(&mut self) {
        self.tree.clear();
        self.model.clear();
    }

    /// Every invariant of the tree, and its size.
    pub(super) fn check(&self) {
        if let Err(violation) = self.tree.check() {
            panic!("{violation}");
        }
        assert_eq!(self.tree.len(), self.model.len(), "number of entries");
    }

    /// That a cursor's path is a good one: the steps from it lead to the entries on either side.
    fn compare_place(&self, at: &Cursor) {
        let here = plain(self.tree.item(at));
        let below = match here {
            Some((start, ..)) => self.below(start),
            None => self.model.keys().next_back().copied(),
        };
        assert_eq!(self.tree.end_below(at), below, "the end below");

        let mut next = at.clone();
        let after = here.and_then(|(_, end, _)| self.above(end));
        assert_eq!(self.tree.advance(&mut next), after.is_some(), "a step ahead");
        assert_eq!(plain(self.tree.item(&next)), after, "the next entry");

        let mut previous = at.clone();
        assert_eq!(self.tree.retreat(&mut previous), below.is_some(), "a step back");
        let before = below.map(|end| (self.model[&end].0, end, self.model[&end].1));
        assert_eq!(plain(self.tree.item(&previous)), before.or(here), "the entry before");
    }

    /// Compares the look-ups around an address, and searches for gaps.
    pub(super) fn compare_around(&self, addr: u64, a: u8, b: u8) {
        let above = self.above(addr);
        let holder = above.filter(|&(start, ..)| start <= addr);
        assert_eq!(plain(self.tree.get(addr)), holder, "the entry at {addr:#x}");
        let bounds = above.map(|(start, end, _)| (start, end));
        let neighbours = Neighbours { below: self.below(addr), above: bounds };
        assert_eq!(self.tree.neighbours(addr), neighbours, "around {addr:#x}");
        let at = self.tree.seek(addr);
        assert_eq!(plain(self.tree.item(&at)), above, "sought {addr:#x}");
        self.compare_place(&at);

        // The length of the gap that some way off, or one more.
        let far = addr.wrapping_mul(u64::from(a) | 1).wrapping_add(u64::from(b) << 8);
        let far = self.min + far % (self.max - self.min);
        let gap = self.free(far).map_or(0, |(low, high)| high - low);
        let length = gap.saturating_add(u64::from(b & 1));
        let found = self.tree.first_fit(addr, length);
        assert_eq!(found, self.first_fit(addr, length), "a fit of {length:#x} from {addr:#x}");
    }

    /// The lowest address from `addr` on with `length` free, by trying every one there may be.
    fn first_fit(&self, addr: u64, length: u64) -> Option<u64> {
        let from = addr.max(self.min);
        let ends = self.model.range(from..).map(|(&end, _)| end);
        iter::once(from).chain(ends).find(|&fit| match self.above(fit) {
            Some((start, ..)) => start >= fit && start - fit >= length,
            None => fit <= self.max && self.max - fit >= length,
        })
    }

    /// Compares all entries.
    pub(super) fn compare(&self) {
        self.check();
        let entries = self.model.iter().map(|(&end, &(start, value))| (start, end, value));
        let items = self.tree.iter().map(|item| (item.start, item.end, *item.value));
        assert!(items.eq(entries), "entries differ");
    }
}
