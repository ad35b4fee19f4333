//! Keeping the widest gaps that inner nodes hold (I5).

use super::margin::Margin;
use super::node::Inner;
use super::tally::{Step, note};
use super::{Cursor, Tree};

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// Corrects the gaps above a leaf in which one gap went from `before` to `after`, and the others
    /// stayed; 0 stands for a gap that was or is not there.
    ///
    /// A recorded gap is looked for again only if the widest one shrank, and the first level where
    /// nothing changes is the last one visited.
    #[inline(always)]
    pub(super) fn regap(&mut self, at: &Cursor, before: u64, after: u64) {
        // Nearly always there is a wider one in the leaf.
        let kept = self.inner_at(at, 1).map_or(u64::MAX, |inner| inner.gap(at.slot(1)));
        if before.max(after) >= kept {
            self.regap_up(at, before, after);
        }
    }

    #[inline(never)]
    fn regap_up(&mut self, at: &Cursor, before: u64, after: u64) {
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
        self.leaf(at).map_or(0, |leaf| leaf.widest(floor, self.margin))
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
            let top = item.start.saturating_sub(self.margin.below(item.value));
            let (before, after) = (top.saturating_sub(from), top.saturating_sub(to));
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
}
