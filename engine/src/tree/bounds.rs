//! Moving the bounds of an entry in place.

use super::margin::Margin;
use super::{Cursor, Tree};

impl<V: Default, const B: usize, M: Margin<V>> Tree<V, B, M> {
    /// Gives the entry at a cursor another start and end; does nothing at the end.
    ///
    /// The range must not be empty, and must stay within the tree's bounds and clear of the entries
    /// on either side; debug builds assert that. The cursor stays valid.
    ///
    /// Touches one leaf, and above it only what a gap or an end that changed was recorded in.
    #[inline]
    pub fn set_bounds(&mut self, at: &Cursor, start: u64, end: u64) {
        let slot = at.slot(0);
        let Some((old_start, old_end)) = self.leaf(at).and_then(|leaf| leaf.range(slot)) else {
            return;
        };
        debug_assert!(self.has_room(at, 1, start, end), "[{start:#x}, {end:#x}) is taken");
        if start != old_start {
            self.move_start(at, old_start, start);
        }
        if end != old_end {
            self.move_end(at, end, |_| ());
        }
    }

    /// Gives the entry at a cursor another end; does nothing at the end of the tree.
    ///
    /// As [`set_bounds`](Self::set_bounds), and sooner.
    #[inline]
    pub fn set_end(&mut self, at: &Cursor, end: u64) {
        self.move_end(at, end, |_| ());
    }

    fn move_start(&mut self, at: &Cursor, from: u64, to: u64) {
        let below = self.end_below(at).unwrap_or(self.min);
        let leaf = self.leaves.get_mut(at.node(0));
        if let Some(start) = leaf.and_then(|leaf| leaf.starts.get_mut(at.slot(0))) {
            *start = to;
        }
        let floor = below.saturating_add(self.margin_at(at));
        self.regap(at, from.saturating_sub(floor), to.saturating_sub(floor));
    }

    /// Moves the start of the entry at a cursor down, and edits its value while its leaf is at hand; does
    /// nothing at the end of the tree. The place must be free.
    #[inline(always)]
    pub(crate) fn move_start_down(&mut self, at: &Cursor, to: u64, edit: impl FnOnce(&mut V)) {
        let below = self.end_below(at).unwrap_or(self.min);
        let (slot, margin) = (at.slot(0), self.margin);
        let Some(leaf) = self.leaves.get_mut(at.node(0)) else { return };
        let Some((from, end)) = leaf.range(slot) else { return };
        debug_assert!(below <= to && to < end, "from {to:#x} is taken");
        let floor = below.saturating_add(leaf.margin(slot, margin));
        if let Some(start) = leaf.starts.get_mut(slot) {
            *start = to;
        }
        leaf.values.get_mut(slot).map(edit);
        self.regap(at, from.saturating_sub(floor), to.saturating_sub(floor));
    }

    /// [`set_end`](Self::set_end), and the value of the entry is edited while its leaf is at hand.
    #[inline(always)]
    pub(crate) fn move_end(&mut self, at: &Cursor, to: u64, edit: impl FnOnce(&mut V)) {
        debug_assert!(self.has_room_up_to(at, to), "up to {to:#x} is taken");
        let slot = at.slot(0);
        let Some(leaf) = self.leaves.get_mut(at.node(0)) else { return };
        let Some((_, from)) = leaf.range(slot) else { return };
        if let Some(end) = leaf.ends.get_mut(slot) {
            *end = to;
        }
        leaf.values.get_mut(slot).map(edit);
        match leaf.range(slot + 1) {
            Some((next, _)) => {
                let top = next.saturating_sub(leaf.margin(slot + 1, self.margin));
                self.regap(at, top.saturating_sub(from), top.saturating_sub(to));
            }
            None => self.last_end_changed(at, from, to),
        }
    }

    /// May the entry at a cursor end here?
    fn has_room_up_to(&self, at: &Cursor, end: u64) -> bool {
        self.item(at).is_none_or(|entry| self.has_room(at, 1, entry.start, end))
    }

    /// Whether a range is free, where the `own` entries from the cursor on do not count.
    pub(super) fn has_room(&self, at: &Cursor, own: usize, start: u64, end: u64) -> bool {
        let mut next = at.clone();
        (0..own).for_each(|_| {
            self.advance(&mut next);
        });
        let below = self.end_below(at).unwrap_or(self.min);
        let above = self.item(&next).map_or(self.max, |next| next.start);
        start < end && below <= start && end <= above
    }
}
