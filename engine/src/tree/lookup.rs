//! Look-ups that keep no path.

use super::Tree;
use super::margin::Margin;
use super::node::Leaf;

/// An entry of a tree.
#[derive(Debug)]
pub struct Item<'a, V> {
    /// The first address of the entry.
    pub start: u64,
    /// The first address past it.
    pub end: u64,
    /// Its value.
    pub value: &'a V,
}

// By hand, since a derive would ask `V: Copy` for a reference to it.
impl<V> Copy for Item<'_, V> {}

impl<V> Clone for Item<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

/// What is around an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbours {
    /// The end of the last entry with an end at or below the address.
    pub below: Option<u64>,
    /// Start and end of the first entry with an end above the address: the one that holds it, or
    /// else the next one.
    pub above: Option<(u64, u64)>,
}

impl<V, const B: usize> Leaf<V, B> {
    #[inline(always)]
    pub(super) fn item(&self, slot: usize) -> Option<Item<'_, V>> {
        let (start, end) = self.range(slot)?;
        Some(Item { start, end, value: self.values.get(slot)? })
    }
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// The entry that holds an address: `start <= addr < end`.
    // Always inlined, for the answer would go through memory, which takes an eighth of the time.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, addr: u64) -> Option<Item<'_, V>> {
        let mut node = self.root;
        for _ in 1..self.height {
            let inner = self.inner.get(node)?;
            node = inner.child(inner.rank(addr));
        }
        let leaf = self.leaves.get(node)?;
        // No entry holds u64::MAX, and the marks of unused places are not above it: it ends up past
        // every place, here or above.
        let slot = leaf.rank(addr);
        let (&start, &end) = (leaf.starts.get(slot)?, leaf.ends.get(slot)?);
        if start > addr {
            return None;
        }
        Some(Item { start, end, value: leaf.values.get(slot)? })
    }

    /// What is around an address, from one descent that reads one leaf.
    #[inline(always)]
    #[must_use]
    pub fn neighbours(&self, addr: u64) -> Neighbours {
        if addr == u64::MAX {
            return Neighbours { below: self.last_end(), above: None };
        }
        // An end is above a start, so that 0 stands for none.
        let mut below = 0;
        let mut node = self.root;
        for _ in 1..self.height {
            let Some(inner) = self.inner.get(node) else { break };
            let slot = inner.rank(addr);
            below = inner.end_below(slot).unwrap_or(below);
            node = inner.child(slot);
        }
        let mut above = None;
        if let Some(leaf) = self.leaves.get(node) {
            let slot = leaf.rank(addr);
            below = leaf.end_below(slot).unwrap_or(below);
            above = leaf.range(slot);
        }
        Neighbours { below: (below > 0).then_some(below), above }
    }
}
