//! A node taken apart, to be changed and put together again.

use super::node::{Node, VACANT};
use super::pool::{Exhausted, Nodes, Pool};

/// What a node parts its stretch of the address space into: each item, the value of a piece or the
/// index of a child, from an address on, up to the next one's.
#[derive(Clone, Copy)]
pub(super) struct Row<T, const MOST: usize> {
    from: [u64; MOST],
    items: [T; MOST],
    len: usize,
}

/// A node that is edited as a row of at most `MOST` items.
pub(super) trait Editable<const MOST: usize>: Node {
    /// What it holds.
    type Item: Copy + Default + PartialEq;
    /// What is in the node, which holds the addresses from `low` on.
    fn row(&self, low: u64) -> Row<Self::Item, MOST>;
    /// Writes the items from `first` up to `end` to the node, which has room for them.
    fn write(&self, row: &Row<Self::Item, MOST>, first: usize, end: usize);
}

impl<T: Copy + Default + PartialEq, const MOST: usize> Row<T, MOST> {
    /// A row of these items.
    pub(super) fn of(items: impl Iterator<Item = (u64, T)>) -> Self {
        let mut row = Self { from: [VACANT; MOST], items: [T::default(); MOST], len: 0 };
        items.for_each(|(from, item)| row.push(from, item));
        row
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Where an item begins.
    pub(super) fn from(&self, at: usize) -> u64 {
        self.from.get(at).copied().unwrap_or(VACANT)
    }

    /// An item; `None` past the last.
    pub(super) fn item(&self, at: usize) -> Option<T> {
        self.items.get(..self.len)?.get(at).copied()
    }

    /// The items from `first` on up to `end`, and the addresses that part them.
    pub(super) fn part(&self, first: usize, end: usize) -> (&[u64], &[T]) {
        let keys = self.from.get(first + 1..end).unwrap_or_default();
        (keys, self.items.get(first..end).unwrap_or_default())
    }

    /// Adds an item above all others; one that is equal to the last is part of that.
    fn push(&mut self, from: u64, item: T) {
        if self.len > 0 && self.item(self.len - 1) == Some(item) {
            return;
        }
        if let (Some(start), Some(place)) =
            (self.from.get_mut(self.len), self.items.get_mut(self.len))
        {
            (*start, *place) = (from, item);
            self.len += 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u64, T)> {
        self.from.iter().copied().zip(self.items.iter().copied()).take(self.len)
    }

    /// These items, which end at `high`, with one for the addresses from `start` up to `end`.
    pub(super) fn with(&self, start: u64, end: u64, item: T, high: u64) -> Self {
        let (mut changed, mut at_end) = (Self::of(core::iter::empty()), T::default());
        let mut items = self.iter().peekable();
        while let Some((from, old)) = items.next_if(|&(from, _)| from < start) {
            changed.push(from, old);
            at_end = old;
        }
        changed.push(start, item);
        while let Some((_, old)) = items.next_if(|&(from, _)| from <= end) {
            at_end = old;
        }
        if end < high {
            changed.push(end, at_end);
        }
        items.for_each(|(from, item)| changed.push(from, item));
        changed
    }

    /// These items, with one more at a place.
    pub(super) fn inserted(&self, at: usize, from: u64, item: T) -> Self {
        let above = self.iter().skip(at);
        Self::of(self.iter().take(at).chain(core::iter::once((from, item))).chain(above))
    }

    /// These items, without the one at a place.
    pub(super) fn removed(&self, at: usize) -> Self {
        Self::of(self.iter().take(at).chain(self.iter().skip(at + 1)))
    }

    /// These items and those of the next node; `None` if there would be more than `most`.
    pub(super) fn joined(mut self, next: &Self, most: usize) -> Option<Self> {
        if self.len + next.len > most {
            return None;
        }
        next.iter().for_each(|(from, item)| self.push(from, item));
        Some(self)
    }
}

/// Puts a row that has more items than there is room for into a node and a new one. Returns where
/// the new one begins, and its index.
pub(super) fn split<N: Editable<MOST>, const MOST: usize>(
    pool: &mut Pool,
    nodes: &Nodes<N>,
    (node, row): (&N, &Row<N::Item, MOST>),
    room: usize,
    at_end: bool,
) -> Result<(u64, u32), Exhausted> {
    // What grows at its upper end goes on there: the lower node is left nearly full.
    let parted = if at_end { room - room / 8 } else { row.len / 2 };
    let next = pool.take(nodes)?;
    nodes.get(next).ok_or(Exhausted)?.write(row, parted, row.len);
    node.write(row, 0, parted);
    Ok((row.from(parted), next))
}

/// Moves what is in a node, from `key` on, to the node below it, if both have no more than `most`
/// items.
pub(super) fn join<N: Editable<MOST>, const MOST: usize>(
    pool: &mut Pool,
    nodes: &Nodes<N>,
    (below, key, above): (u32, u64, u32),
    most: usize,
) -> Option<()> {
    let (lower, upper) = (nodes.get(below)?, nodes.get(above)?);
    // Where the lower one begins is of no matter: it stays.
    let joined = lower.row(0).joined(&upper.row(key), most)?;
    lower.write(&joined, 0, joined.len);
    pool.give_back(nodes, above);
    Some(())
}
