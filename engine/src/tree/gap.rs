//! The widest gaps that inner nodes keep (I5), and searching by them.

use super::node::{Inner, Leaf};
use super::tally::{Step, note};
use super::{Cursor, Tree};

impl<V: Default, const B: usize> Tree<V, B> {
    /// Corrects the gaps above a leaf in which one gap went from `before` to `after`, and the others
    /// stayed; 0 stands for a gap that was or is not there.
    ///
    /// A recorded gap is looked for anew only if the widest one shrank, and the first level where
    /// nothing changes is the last one visited.
    pub(super) fn regap(&mut self, at: &Cursor, before: u64, after: u64) {
        let (mut before, mut after) = (before, after);
        for level in 1..self.height {
            let slot = at.slot(level);
            let Some(&kept) = self.inner_at(at, level).and_then(|inner| inner.gaps().get(slot))
            else {
                return;
            };
            let widest = if after >= kept {
                after
            } else if before < kept {
                return;
            } else {
                self.widest(at, level - 1)
            };
            if widest == kept {
                return;
            }
            if let Some(inner) = self.inner.get_mut(at.node(level))
                && let Some(gap) = inner.gaps_mut().get_mut(slot)
            {
                *gap = widest;
            }
            (before, after) = (kept, widest);
            if level + 1 == self.height {
                note(Step::GapToRoot);
            }
        }
    }

    /// The widest gap before an entry under a path's node, looked for in that node alone.
    #[inline(never)]
    pub(super) fn widest(&self, at: &Cursor, level: usize) -> u64 {
        if level > 0 {
            return self.inner_at(at, level).map_or(0, Inner::widest);
        }
        let floor = self.end_before_leaf(at).unwrap_or(self.min);
        self.leaf(at).map_or(0, |leaf| leaf.widest(floor))
    }

    /// Corrects what depends on the end of the last entry of a leaf, which went from `from` to `to`:
    /// its separator, and the gap before the first entry of the next leaf.
    #[inline(never)]
    pub(super) fn last_end_changed(&mut self, at: &Cursor, from: u64, to: u64) {
        let mut next = at.clone();
        if !self.next_leaf(&mut next) {
            return;
        }
        self.set_separator(at, to);
        if let Some(item) = self.item(&next) {
            let (before, after) = (item.start.saturating_sub(from), item.start.saturating_sub(to));
            note(Step::NextLeafGap);
            self.regap(&next, before, after);
        }
    }

    /// Sets the separator between a leaf and the next one: it is where their paths part.
    fn set_separator(&mut self, at: &Cursor, key: u64) {
        for level in 1..self.height {
            let slot = at.slot(level);
            let Some(inner) = self.inner.get_mut(at.node(level)) else { return };
            if inner.child(slot + 1) != super::arena::NIL {
                if let Some(kept) = inner.keys_mut().get_mut(slot) {
                    *kept = key;
                }
                return;
            }
        }
    }

    /// The lowest end of an entry, the one at the cursor or after it, with at least `length` free
    /// after it, up to the next entry or the upper bound. `None` if there is none, or at the end.
    ///
    /// A length of 0 fits after every entry. O(log n).
    ///
    /// ```
    /// # use growstack::tree::Tree;
    /// let tree: Tree<()> = Tree::bulk(0, 100, [(10, 20, ()), (25, 30, ()), (60, 70, ())])?;
    /// assert_eq!(tree.first_gap(&tree.first(), 5), Some(20));
    /// assert_eq!(tree.first_gap(&tree.first(), 6), Some(30));
    /// assert_eq!(tree.first_gap(&tree.seek(40), 6), Some(70));
    /// # Ok::<(), growstack::tree::BulkError>(())
    /// ```
    #[must_use]
    pub fn first_gap(&self, at: &Cursor, length: u64) -> Option<u64> {
        let leaf = self.leaf(at)?;
        let (_, below) = leaf.range(at.slot(0))?;
        if length == 0 {
            return Some(below);
        }
        if self.height == 1
            && let Some(fit) = leaf.first_gap(at.slot(0) + 1, below, length)
        {
            return Some(fit);
        }
        for level in 1..self.height {
            let (inner, own) = (self.inner_at(at, level)?, at.slot(level));
            let mut found = inner.first_wide(own + usize::from(level > 1), length);
            if level == 1 && found == Some(own) {
                if let Some(fit) = leaf.first_gap(at.slot(0) + 1, below, length) {
                    return Some(fit);
                }
                // The wide one lies below the cursor.
                found = inner.first_wide(own + 1, length);
            }
            if let Some(slot) = found {
                let floor = inner.end_below(slot)?;
                return self.gap_under(inner.child(slot), level, floor, length);
            }
        }
        let last = self.last_end()?;
        (self.max.saturating_sub(last) >= length).then_some(last)
    }

    /// The lowest gap of at least `length` before an entry under a node that has one, found by way
    /// of the first child wide enough at each level; `floor` is the end of the entry before.
    fn gap_under(&self, node: u32, level: usize, floor: u64, length: u64) -> Option<u64> {
        let (mut node, mut below) = (node, floor);
        for _ in 1..level {
            let inner = self.inner.get(node)?;
            let slot = inner.first_wide(0, length)?;
            below = inner.end_below(slot).unwrap_or(below);
            node = inner.child(slot);
        }
        self.leaves.get(node)?.first_gap(0, below, length)
    }
}

impl<V, const B: usize> Leaf<V, B> {
    /// Where the first gap of at least `length` begins that lies before an entry at `from` or a
    /// later place; `below` is the end of the entry before `from`.
    fn first_gap(&self, from: usize, below: u64, length: u64) -> Option<u64> {
        let mut below = below;
        self.ranges().skip(from).find_map(|(start, end)| {
            let floor = core::mem::replace(&mut below, end);
            (start.saturating_sub(floor) >= length).then_some(floor)
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
    fn first_wide(&self, from: usize, length: u64) -> Option<usize> {
        let words = self.gaps().chunks(u64::BITS as usize).zip((0..).step_by(u64::BITS as usize));
        words.into_iter().find_map(|(gaps, first)| {
            let groups = gaps.chunks(GROUP).zip((0..).step_by(GROUP));
            let wide = groups.fold(0, |all, (group, at)| all | wide_of(group, length) << at);
            let skip = u32::try_from(from.saturating_sub(first)).unwrap_or(u32::MAX);
            let ahead = wide & u64::MAX.checked_shl(skip).unwrap_or(0);
            (ahead != 0).then(|| first + ahead.trailing_zeros() as usize)
        })
    }
}

/// A bit for each gap of at least `length`, the first one the lowest.
#[inline(always)]
fn wide_of(gaps: &[u64], length: u64) -> u64 {
    gaps.iter().rev().fold(0, |bits, &gap| bits << 1 | u64::from(gap >= length))
}
