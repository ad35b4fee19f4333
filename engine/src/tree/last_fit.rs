//! Last fit: the highest free range of some length. [First fit](super::fit), seen from above.
//!
//! One thing is not the same from there: the gap after the last entry is recorded nowhere, and from
//! above it may be the first one that counts. It lies past every last child on the way, so the
//! search goes on into a last child whatever gap is recorded for it.

use super::Tree;
use super::fit::wide_of_word;
use super::margin::Margin;
use super::node::{Inner, Leaf};
use super::search::VACANT;

/// A node and its level.
#[derive(Clone, Copy)]
struct Subtree {
    node: u32,
    level: usize,
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// The highest address with `length` free bytes from there on that end at or below `end` and the
    /// upper bound; `None` if there is none.
    ///
    /// A length of 0 fits everywhere but inside an entry, where it fits at the start of that entry;
    /// the end is not inside. O(log n).
    ///
    /// ```
    /// # #[cfg(feature = "unstable")] {
    /// # use growstack::tree::Tree;
    /// let tree: Tree<()> = Tree::bulk(0, 100, [(10, 20, ()), (25, 30, ()), (60, 70, ())])?;
    /// assert_eq!(tree.last_fit(100, 10), Some(90));
    /// assert_eq!(tree.last_fit(79, 10), Some(50));
    /// assert_eq!(tree.last_fit(59, 10), Some(49));
    /// assert_eq!(tree.last_fit(39, 10), Some(0));
    /// assert_eq!(tree.last_fit(59, 30), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn last_fit(&self, end: u64, length: u64) -> Option<u64> {
        let to = end.min(self.max);
        if length == 0 {
            let inside = self.neighbours(to).above.filter(|&(start, _)| start < to);
            return Some(inside.map_or(to, |(start, _)| start)).filter(|&fit| fit >= self.min);
        }
        if to <= self.min {
            return None;
        }
        let mut left = None;
        self.last_fit_on_the_path(to, length, &mut left)
            .or_else(|| left.and_then(|left| self.last_fit_under(left, length)))
    }

    /// The highest fit in the leaf that the last address before `to` leads to. Keeps the nearest
    /// subtree to the left of that leaf, or of the node where it turned out to have none, that has
    /// one.
    #[inline(always)]
    fn last_fit_on_the_path(
        &self,
        to: u64,
        length: u64,
        left: &mut Option<Subtree>,
    ) -> Option<u64> {
        let mut node = self.root;
        let mut below = self.min;
        for level in (1..self.height).rev() {
            let inner = self.inner.get(node)?;
            let own = inner.rank(to - 1);
            if let Some(slot) = inner.last_wide(own, length) {
                *left = Some(Subtree { node: inner.child(slot), level: level - 1 });
            }
            if inner.gap(own) < length && !inner.is_last(own) {
                return None;
            }
            below = inner.end_below(own).unwrap_or(below);
            node = inner.child(own);
        }
        match self.leaves.get(node) {
            Some(leaf) => leaf.last_fit(below, to, length, self.margin),
            None => (to.saturating_sub(below) >= length).then(|| to - length),
        }
    }

    /// The highest fit before an entry of a subtree that has one.
    fn last_fit_under(&self, subtree: Subtree, length: u64) -> Option<u64> {
        let Subtree { mut node, level } = subtree;
        for _ in 0..level {
            let inner = self.inner.get(node)?;
            node = inner.child(inner.last_wide(Inner::<B>::ROOM, length)?);
        }
        let leaf = self.leaves.get(node)?;
        // If it is in no gap within the leaf, it is in the one before all of it, wherever that begins.
        leaf.last_fit_before(leaf.len(), 0, length, self.margin)
    }
}

impl<V, const B: usize> Leaf<V, B> {
    /// The highest fit that ends at or below `to`, in the gap that holds the address before it or in
    /// one further down; the entry before all of the leaf ends at `below`.
    ///
    /// If all of the leaf ends below `to`, nothing comes after it.
    #[inline(always)]
    fn last_fit<M: Margin<V>>(&self, below: u64, to: u64, length: u64, margin: M) -> Option<u64> {
        let slot = self.rank(to - 1);
        let floor = self.end_below(slot).unwrap_or(below);
        let margin_here = self.margin(slot, margin);
        let top =
            self.range(slot).map_or(to, |(start, _)| start.saturating_sub(margin_here).min(to));
        if top.saturating_sub(floor) >= length {
            return Some(top - length);
        }
        self.last_fit_before(slot, below, length, margin)
    }

    /// The highest fit in the gaps before the entries that come before a place.
    #[inline(always)]
    fn last_fit_before<M: Margin<V>>(
        &self,
        slot: usize,
        below: u64,
        length: u64,
        margin: M,
    ) -> Option<u64> {
        if !M::NONE {
            return self.last_fit_with(slot, below, length, margin);
        }
        let (&first, starts) = self.starts.get(..slot)?.split_first()?;
        let mut gaps = starts.iter().zip(self.ends.get(..starts.len())?).rev();
        let wide = |&(&start, &end): &(&u64, &u64)| start.saturating_sub(end) >= length;
        let above = gaps.find(wide).map(|(&start, _)| start);
        let top = above.or_else(|| (first.saturating_sub(below) >= length).then_some(first))?;
        top.checked_sub(length)
    }

    /// The same where entries have margins.
    fn last_fit_with<M: Margin<V>>(
        &self,
        slot: usize,
        below: u64,
        length: u64,
        margin: M,
    ) -> Option<u64> {
        (0..slot).rev().find_map(|above| {
            let top = self.range(above)?.0.saturating_sub(self.margin(above, margin));
            let floor = self.end_below(above).unwrap_or(below);
            (top.saturating_sub(floor) >= length).then(|| top - length)
        })
    }
}

impl<const B: usize> Inner<B> {
    /// Is a child the last one, whose key is not kept?
    #[inline(always)]
    fn is_last(&self, slot: usize) -> bool {
        self.keys().get(slot).is_none_or(|&key| key == VACANT)
    }

    /// The last place before `to` of a child with a gap of at least `length`, looked for as the
    /// first one is.
    #[inline(always)]
    fn last_wide(&self, to: usize, length: u64) -> Option<usize> {
        let words = self.gaps().chunks(u64::BITS as usize).enumerate().rev();
        words.into_iter().find_map(|(word, gaps)| {
            let first = word * u64::BITS as usize;
            let keep = u32::try_from(to.saturating_sub(first)).unwrap_or(u32::MAX);
            let beyond = u64::MAX.checked_shl(keep).unwrap_or(0);
            let before = wide_of_word(gaps, length) & !beyond;
            before.checked_ilog2().map(|bit| first + bit as usize)
        })
    }
}
