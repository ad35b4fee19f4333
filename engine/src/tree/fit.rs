//! First fit: the lowest free range of some length, found by the widest gaps that inner nodes keep
//! (I5).
//!
//! The search goes down towards the address it starts from, for as long as some gap under the next
//! child is wide enough. On the way it keeps the nearest subtree to the right that has such a gap:
//! the lowest fit is there if the way down finds none. So it visits hardly more nodes than a
//! look-up, and in nearly all cases one leaf.

use super::Tree;
use super::margin::Margin;
use super::node::{Inner, Leaf};
use super::search::VACANT;

/// A node, its level, and the end of the entry before all that are under it.
#[derive(Clone, Copy)]
struct Subtree {
    node: u32,
    level: usize,
    below: u64,
}

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// The lowest address from `addr` on with `length` free bytes from there to the next entry, or
    /// to the upper bound; `None` if there is none.
    ///
    /// A length of 0 fits everywhere but inside an entry, where it fits at the end of that entry; the
    /// start is not inside. O(log n).
    ///
    /// ```
    /// # #[cfg(feature = "unstable")] {
    /// # use growstack::tree::Tree;
    /// let tree: Tree<()> = Tree::bulk(0, 100, [(10, 20, ()), (25, 30, ()), (60, 70, ())])?;
    /// assert_eq!(tree.first_fit(0, 10), Some(0));
    /// assert_eq!(tree.first_fit(1, 10), Some(30));
    /// assert_eq!(tree.first_fit(31, 10), Some(31));
    /// assert_eq!(tree.first_fit(31, 30), Some(70));
    /// assert_eq!(tree.first_fit(31, 31), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn first_fit(&self, addr: u64, length: u64) -> Option<u64> {
        let from = addr.max(self.min);
        if length == 0 {
            let inside = self.neighbours(from).above.filter(|&(start, _)| start < from);
            return Some(inside.map_or(from, |(_, end)| end)).filter(|&fit| fit <= self.max);
        }
        if from >= self.max {
            return None;
        }
        let mut right = None;
        self.fit_on_the_path(from, length, &mut right)
            .or_else(|| right.and_then(|right| self.fit_under(right, length)))
            .or_else(|| self.fit_after_all(from, length))
    }

    /// The lowest fit in the leaf that `from` leads to. Keeps the nearest subtree to the right of that
    /// leaf, or of the node where it turned out to have none, that has one.
    #[inline(always)]
    fn fit_on_the_path(&self, from: u64, length: u64, right: &mut Option<Subtree>) -> Option<u64> {
        let mut node = self.root;
        for level in (1..self.height).rev() {
            let inner = self.inner.get(node)?;
            let own = inner.rank(from);
            if let Some(slot) = inner.first_wide(own + 1, length) {
                let (node, below) = (inner.child(slot), inner.end_below(slot)?);
                *right = Some(Subtree { node, level: level - 1, below });
            }
            if inner.gap(own) < length {
                return None;
            }
            node = inner.child(own);
        }
        let leaf = self.leaves.get(node)?;
        leaf.first_fit(leaf.rank(from), from, length, self.margin)
    }

    /// The lowest fit before an entry of a subtree that has one.
    fn fit_under(&self, subtree: Subtree, length: u64) -> Option<u64> {
        let Subtree { mut node, level, mut below } = subtree;
        for _ in 0..level {
            let inner = self.inner.get(node)?;
            let slot = inner.first_wide(0, length)?;
            below = inner.end_below(slot).unwrap_or(below);
            node = inner.child(slot);
        }
        self.leaves.get(node)?.first_fit(0, below, length, self.margin)
    }

    #[cold]
    fn fit_after_all(&self, from: u64, length: u64) -> Option<u64> {
        let fit = self.last_end().map_or(from, |last| last.max(from));
        (self.max.saturating_sub(fit) >= length).then_some(fit)
    }
}

impl<V, const B: usize> Leaf<V, B> {
    /// Where the first gap of at least `length` begins that lies before the entry at a place or a
    /// later one; the gap before that place begins at `floor`.
    #[inline(always)]
    fn first_fit<M: Margin<V>>(
        &self,
        slot: usize,
        floor: u64,
        length: u64,
        margin: M,
    ) -> Option<u64> {
        let (start, _) = self.range(slot)?;
        if start.saturating_sub(self.margin(slot, margin)).saturating_sub(floor) >= length {
            return Some(floor);
        }
        if !M::NONE {
            return self.first_fit_after(slot, length, margin);
        }
        let mut gaps = self.starts.get(slot + 1..)?.iter().zip(self.ends.get(slot..)?);
        let (&start, &end) = gaps.find(|&(start, end)| start.saturating_sub(*end) >= length)?;
        // What lies before the first unused place is no gap.
        (start != VACANT).then_some(end)
    }

    /// The same after an entry, where entries have margins.
    fn first_fit_after<M: Margin<V>>(&self, slot: usize, length: u64, margin: M) -> Option<u64> {
        let mut gaps = (slot + 1..B).zip(self.ends.get(slot..)?);
        gaps.find_map(|(above, &floor)| {
            let top = self.range(above)?.0.saturating_sub(self.margin(above, margin));
            (top.saturating_sub(floor) >= length).then_some(floor)
        })
    }
}

/// Places that are compared as one group.
const GROUP: usize = 8;

impl<const B: usize> Inner<B> {
    /// The first place from `from` on of a child with a gap of at least `length`.
    ///
    /// Which it is cannot be predicted, so all gaps of a word's worth of places are compared, a bit
    /// for each, without a branch; in groups, so that no compare has to wait for all before it.
    #[inline(always)]
    fn first_wide(&self, from: usize, length: u64) -> Option<usize> {
        let words = self.gaps().chunks(u64::BITS as usize).zip((0..).step_by(u64::BITS as usize));
        words.into_iter().find_map(|(gaps, first)| {
            let skip = u32::try_from(from.saturating_sub(first)).unwrap_or(u32::MAX);
            let ahead = wide_of_word(gaps, length) & u64::MAX.checked_shl(skip).unwrap_or(0);
            (ahead != 0).then(|| first + ahead.trailing_zeros() as usize)
        })
    }
}

/// A bit for each gap of at least `length` among those of a word's worth of places, the first one
/// the lowest.
#[inline(always)]
pub(super) fn wide_of_word(gaps: &[u64], length: u64) -> u64 {
    let groups = gaps.chunks(GROUP).zip((0..).step_by(GROUP));
    groups.fold(0, |all, (group, at)| all | wide_of(group, length) << at)
}

/// The same for the places of one group.
#[inline(always)]
fn wide_of(gaps: &[u64], length: u64) -> u64 {
    gaps.iter().rev().fold(0, |bits, &gap| bits << 1 | u64::from(gap >= length))
}
