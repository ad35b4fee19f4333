//! Removal, and what keeps nodes from running empty.

use super::margin::Margin;
use super::tally::{Step, note};
use super::{Cursor, Tree};

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// Takes the entry at a cursor out, and gives its value; `None` at the end.
    ///
    /// The cursor is then at the entry that came after, or at the end. Nodes set free stay
    /// allocated.
    pub fn remove(&mut self, at: &mut Cursor) -> Option<V> {
        let below = self.end_below(at).unwrap_or(self.min);
        let slot = at.slot(0);
        let leaf = self.leaves.get_mut(at.node(0))?;
        let (start, end, value) = leaf.remove(slot)?;
        let next = leaf.range(slot);
        let margins = (self.margin.below(&value), leaf.margin(slot, self.margin));
        self.len -= 1;
        let ahead = start.saturating_sub(below).saturating_sub(margins.0);
        match next {
            Some((next, _)) => {
                // Wider than both of the gaps it takes the place of, so that these cannot matter; but for
                // the first of them, if only the entry after it has a margin.
                let before = if M::NONE { 0 } else { ahead };
                self.regap(at, before, next.saturating_sub(margins.1).saturating_sub(below));
            }
            None => {
                self.regap(at, ahead, 0);
                self.last_end_changed(at, end, below);
            }
        }
        let refilled = self.refill(at);
        debug_assert!(refilled.is_some(), "a void cursor");
        if self.item(at).is_none() {
            self.next_leaf(at);
        }
        Some(value)
    }

    /// Mends what a removal left underfull, from the leaf up.
    fn refill(&mut self, at: &mut Cursor) -> Option<()> {
        for level in 0..self.height {
            if level + 1 == self.height {
                return self.shrink_root(at);
            }
            if !self.is_underfull(at, level)? {
                return Some(());
            }
            self.mend(at, level)?;
        }
        Some(())
    }

    #[inline(always)]
    fn is_underfull(&self, at: &Cursor, level: usize) -> Option<bool> {
        Some(if level == 0 {
            self.leaf(at)?.is_below(Self::least(level))
        } else {
            self.inner_at(at, level)?.is_below(Self::least(level))
        })
    }

    /// Drops a root that is an inner node with one child, or a leaf with no entry.
    #[cold]
    fn shrink_root(&mut self, at: &mut Cursor) -> Option<()> {
        let root = self.root;
        if self.height == 1 {
            if self.leaves.get(root)?.len() == 0 {
                self.prediction.move_entries();
                self.leaves.give_back(root);
                self.root = super::arena::NIL;
                self.height = 0;
                *at = Cursor::new(0);
            }
            return Some(());
        }
        let inner = self.inner.get_mut(root)?;
        if inner.len() == 1 {
            note(Step::RootCollapse);
            self.root = inner.child(0);
            *inner = super::arena::Node::vacant();
            self.inner.give_back(root);
            self.height -= 1;
            at.pop_root();
        }
        Some(())
    }

    /// Mends an underfull node that has a sibling: the two become one if they fit, and else each
    /// gets half of what both have.
    #[cold]
    fn mend(&mut self, at: &mut Cursor, level: usize) -> Option<()> {
        self.prediction.move_entries();
        let slot = at.slot(level + 1);
        let first = slot.saturating_sub(1);
        let parent = self.inner_at(at, level + 1)?;
        let (left, right) = (parent.child(first), parent.child(first + 1));
        let (l, r) = if level == 0 {
            (self.leaves.get(left)?.len(), self.leaves.get(right)?.len())
        } else {
            (self.inner.get(left)?.len(), self.inner.get(right)?.len())
        };
        if l + r <= Self::room(level) {
            self.merge(at, level, first)?;
            let ahead = if slot == first { 0 } else { l };
            at.set(level, left, at.slot(level) + ahead);
            at.set_slot(level + 1, first);
            return Some(());
        }
        let keep = (l + r) / 2;
        self.level_out(at, level, first, keep)?;
        // The first of the two gains at its end only; the second gains at its front.
        if slot != first {
            at.set_slot(level, at.slot(level) + l - keep);
        }
        Some(())
    }

    /// Makes one node of two adjacent children of the path's node above `level`, the first of which
    /// is at `first`.
    fn merge(&mut self, at: &Cursor, level: usize, first: usize) -> Option<()> {
        let parent = self.inner_at(at, level + 1)?;
        let (left, right) = (parent.child(first), parent.child(first + 1));
        let key = *parent.keys().get(first)?;
        if level == 0 {
            note(Step::LeafMerge);
            let (l, r) = self.leaves.pair_mut(left, right)?;
            l.pass_left(r, l.len(), r.len());
            self.leaves.give_back(right);
        } else {
            note(Step::InnerMerge);
            let (l, r) = self.inner.pair_mut(left, right)?;
            l.pass_left(r, l.len(), r.len(), key)?;
            self.inner.give_back(right);
        }
        self.inner.get_mut(at.node(level + 1))?.merge_after(first)
    }

    /// Moves entries or children between two adjacent children of the path's node above `level`, so
    /// that the first, at `first`, has `keep` of them.
    pub(super) fn level_out(
        &mut self,
        at: &Cursor,
        level: usize,
        first: usize,
        keep: usize,
    ) -> Option<()> {
        let parent = self.inner_at(at, level + 1)?;
        let (left, right) = (parent.child(first), parent.child(first + 1));
        let key = *parent.keys().get(first)?;
        let key = if level == 0 {
            let (l, r) = self.leaves.pair_mut(left, right)?;
            let len = l.len();
            if keep < len {
                note(Step::LeafFromLeft);
                l.pass_right(r, len, len - keep);
            } else {
                note(Step::LeafFromRight);
                l.pass_left(r, len, keep - len);
            }
            l.end_below(keep)?
        } else {
            let (l, r) = self.inner.pair_mut(left, right)?;
            let len = l.len();
            if keep < len {
                note(Step::InnerFromLeft);
                l.pass_right(r, len, len - keep, key)?
            } else {
                note(Step::InnerFromRight);
                l.pass_left(r, len, keep - len, key)?
            }
        };
        *self.inner.get_mut(at.node(level + 1))?.keys_mut().get_mut(first)? = key;
        self.regap_pair(at, level + 1, first)
    }
}
