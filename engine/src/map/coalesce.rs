//! Merging an entry with its neighbours ("simplify", section 3).

use super::{Body, VmMap};
use crate::tree::{Cursor, Item};

/// Do two touching entries merge, by address and by rule 3.1?
pub(super) fn merge<O: Clone + PartialEq>(
    lower: &Item<'_, Body<O>>,
    upper: &Item<'_, Body<O>>,
) -> bool {
    lower.end == upper.start && lower.value.merges_with(lower.end - lower.start, upper.value)
}

impl<O: Clone + PartialEq, const B: usize> VmMap<O, B> {
    /// Where the lower neighbour is, if it merges with the entry at `at`.
    pub(super) fn lower_to_merge(&self, at: &Cursor) -> Option<Cursor> {
        let entry = self.tree.item(at)?;
        if self.tree.end_below(at) != Some(entry.start) {
            return None;
        }
        let mut lower = at.clone();
        (self.tree.retreat(&mut lower) && merge(&self.tree.item(&lower)?, &entry)).then_some(lower)
    }

    /// Where the upper neighbour is, if it merges with the entry at `at`.
    pub(super) fn upper_to_merge(&self, at: &Cursor) -> Option<Cursor> {
        let entry = self.tree.item(at)?;
        let mut upper = at.clone();
        (self.tree.advance(&mut upper) && merge(&entry, &self.tree.item(&upper)?)).then_some(upper)
    }

    /// Rule 3.2: merges the entry with its lower neighbour, then with its upper one, if it can.
    /// The cursor stays on the entry. Never needs a node.
    pub(super) fn simplify(&mut self, at: &mut Cursor) {
        self.simplify_down(at);
        self.simplify_up(at);
    }

    /// The entry takes its lower neighbour's start and offset and keeps its own `avail`
    /// (rule 3.3).
    pub(super) fn simplify_down(&mut self, at: &mut Cursor) {
        let Some(mut lower) = self.lower_to_merge(at) else { return };
        let (Some(gone), Some(end)) =
            (self.tree.item(&lower).map(|i| (i.start, i.value.offset)), self.end_of(at))
        else {
            return;
        };
        let (start, offset) = gone;
        self.tree.remove(&mut lower);
        // The entry that followed the removed one is ours.
        *at = lower;
        self.tree.set_bounds(at, start, end);
        if let Some(body) = self.tree.value_mut(at) {
            body.offset = offset;
        }
    }

    /// The entry takes its upper neighbour's end.
    pub(super) fn simplify_up(&mut self, at: &mut Cursor) {
        let Some(mut upper) = self.upper_to_merge(at) else { return };
        let (Some(start), Some(end)) = (self.tree.item(at).map(|i| i.start), self.end_of(&upper))
        else {
            return;
        };
        self.tree.remove(&mut upper);
        self.tree.retreat(&mut upper);
        *at = upper;
        self.tree.set_bounds(at, start, end);
    }

    fn end_of(&self, at: &Cursor) -> Option<u64> {
        self.tree.item(at).map(|item| item.end)
    }
}
