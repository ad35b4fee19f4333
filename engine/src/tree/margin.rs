//! What of a gap is left free below the entry above it, and counts for no search.

use super::Tree;
use super::node::Leaf;

/// How many bytes below an entry no search may use.
///
/// That is a matter of its value alone, and no edit of a value may change it: the gaps that inner nodes
/// keep (I5) are less by these bytes.
pub trait Margin<V>: Copy {
    /// What a new tree has.
    const START: Self;

    /// Is it 0 for every value? Nothing of it is computed then.
    const NONE: bool = false;

    /// The bytes below an entry with this value.
    fn below(self, value: &V) -> u64;
}

/// All of every gap may be used.
impl<V> Margin<V> for () {
    const START: Self = ();
    const NONE: bool = true;

    #[inline(always)]
    fn below(self, _: &V) -> u64 {
        0
    }
}

impl<V, const B: usize> Leaf<V, B> {
    /// The margin below the entry at a place; 0 where there is none.
    #[inline(always)]
    pub(super) fn margin<M: Margin<V>>(&self, slot: usize, margin: M) -> u64 {
        if M::NONE {
            return 0;
        }
        self.range(slot).and(self.values.get(slot)).map_or(0, |value| margin.below(value))
    }

    /// The widest gap before an entry, if the entry before the first one ends at `floor`.
    pub(super) fn widest<M: Margin<V>>(&self, floor: u64, margin: M) -> u64 {
        let mut below = floor;
        let mut widest = 0;
        for (slot, (start, end)) in self.ranges().enumerate() {
            let free = start.saturating_sub(below);
            let left = if M::NONE { free } else { free.saturating_sub(self.margin(slot, margin)) };
            widest = widest.max(left);
            below = end;
        }
        widest
    }
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// The margin of the tree.
    #[must_use]
    pub fn margin(&self) -> M {
        self.margin
    }

    /// Sets the margin, and looks again for every gap that an inner node keeps. O(n).
    pub fn set_margin(&mut self, margin: M) {
        self.margin = margin;
        if let Some(top) = self.height.checked_sub(1) {
            self.look_again(self.root, top, self.min);
        }
    }

    /// The widest gap under a node, of which the entry before all ends at `floor`; and those that it and
    /// the nodes below it keep.
    fn look_again(&mut self, node: u32, level: usize, floor: u64) -> u64 {
        if level == 0 {
            return self.leaves.get(node).map_or(0, |leaf| leaf.widest(floor, self.margin));
        }
        let children = self.inner.get(node).map_or(0, super::node::Inner::len);
        for slot in 0..children {
            let Some(inner) = self.inner.get(node) else { break };
            let (child, below) = (inner.child(slot), inner.end_below(slot).unwrap_or(floor));
            let widest = self.look_again(child, level - 1, below);
            let inner = self.inner.get_mut(node);
            if let Some(gap) = inner.and_then(|inner| inner.gaps_mut().get_mut(slot)) {
                *gap = widest;
            }
        }
        self.inner.get(node).map_or(0, super::node::Inner::widest)
    }
}
