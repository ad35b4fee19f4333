//! A leaf taken apart, to be changed and put together again.

use super::node::{LEAF, Leaf, VALUE_BITS};

/// Most pieces of a leaf that was changed in one place.
const MOST: usize = LEAF + 2;

/// A stretch of the address space as pieces: each from an address on, up to the next one's.
#[derive(Clone, Copy)]
pub(super) struct Pieces {
    from: [u64; MOST],
    value: [u8; MOST],
    len: usize,
}

impl Pieces {
    const fn none() -> Self {
        Self { from: [0; MOST], value: [0; MOST], len: 0 }
    }

    /// The pieces of a leaf that holds the addresses from `low` on.
    pub(super) fn of(leaf: &Leaf, low: u64) -> Self {
        let mut pieces = Self::none();
        let mut values = leaf.values();
        for from in core::iter::once(low).chain(leaf.keys()) {
            pieces.push(from, (values & 0xf) as u8);
            values >>= VALUE_BITS;
        }
        pieces
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Where a piece begins.
    pub(super) fn from(&self, piece: usize) -> u64 {
        self.from.get(piece).copied().unwrap_or(u64::MAX)
    }

    fn last_value(&self) -> Option<u8> {
        self.value.get(self.len.checked_sub(1)?).copied()
    }

    /// Adds a piece above all others; one of the same value as the last is part of that.
    fn push(&mut self, from: u64, value: u8) {
        if self.last_value() == Some(value) {
            return;
        }
        if let (Some(place), Some(val)) =
            (self.from.get_mut(self.len), self.value.get_mut(self.len))
        {
            *place = from;
            *val = value;
            self.len += 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u64, u8)> {
        self.from.iter().copied().zip(self.value.iter().copied()).take(self.len)
    }

    /// These pieces, which end at `high`, with a value for the addresses from `start` up to `end`.
    pub(super) fn with(&self, start: u64, end: u64, value: u8, high: u64) -> Self {
        let mut changed = Self::none();
        let mut at_end = 0;
        let mut pieces = self.iter().peekable();
        while let Some((from, old)) = pieces.next_if(|&(from, _)| from < start) {
            changed.push(from, old);
            at_end = old;
        }
        changed.push(start, value);
        while let Some((_, old)) = pieces.next_if(|&(from, _)| from <= end) {
            at_end = old;
        }
        if end < high {
            changed.push(end, at_end);
        }
        for (from, old) in pieces {
            changed.push(from, old);
        }
        changed
    }

    /// These pieces and those of the next leaf; `None` if there would be more than `most`.
    pub(super) fn joined(&self, next: &Self, most: usize) -> Option<Self> {
        if self.len + next.len > most {
            return None;
        }
        let mut both = *self;
        next.iter().for_each(|(from, value)| both.push(from, value));
        Some(both)
    }

    /// Puts the pieces from `first` on up to `end`, at most `LEAF` of them, into a leaf.
    pub(super) fn write(&self, leaf: &Leaf, first: usize, end: usize) {
        let mut values = 0;
        let chosen = self.value.get(first..end).unwrap_or_default();
        for &value in chosen.iter().rev() {
            values = values << VALUE_BITS | u64::from(value);
        }
        let keys = self.from.get(first + 1..end).unwrap_or_default();
        leaf.fill(keys.iter().copied(), values);
    }
}
