//! Merging an entry with a neighbour (section 3).

use super::{Body, Kernel, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

/// Do two touching entries merge, by address and by rule 3.1?
pub(crate) fn merge<O: Clone + PartialEq>(
    lower: &Item<'_, Body<O>>,
    upper: &Item<'_, Body<O>>,
) -> bool {
    lower.end == upper.start && lower.value.merges_with(lower.end - lower.start, upper.value)
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// The lower neighbour, if it merges with the entry at `at`.
    pub(crate) fn lower_to_merge(&self, at: &Cursor) -> Option<Item<'_, Body<O::Object>>> {
        let entry = self.tree.item(at)?;
        // What touches nothing below is known without reading another leaf.
        if self.tree.end_below(at) != Some(entry.start) {
            return None;
        }
        self.tree.item_below(at).filter(|lower| merge(lower, &entry))
    }

    /// The upper neighbour, if it merges with the entry at `at`.
    pub(crate) fn upper_to_merge(&self, at: &Cursor) -> Option<Item<'_, Body<O::Object>>> {
        let entry = self.tree.item(at)?;
        self.tree.item_above(at).filter(|upper| merge(&entry, upper))
    }

    /// The entry takes its lower neighbour's start and offset and keeps its own `avail`
    /// (rule 3.3).
    pub(crate) fn simplify_down(&mut self, at: &mut Cursor) -> Result<(), Refusal> {
        let Some(lower) = self.lower_to_merge(at) else { return Ok(()) };
        let (start, offset) = (lower.start, lower.value.offset);
        let end = self.entry(at)?.end;
        self.tree.retreat(at);
        // The entry that follows the removed one is ours.
        self.tree.remove(at);
        self.tree.set_bounds(at, start, end);
        self.body_mut(at)?.offset = offset;
        Ok(())
    }

    /// Moves the cursor to the lower neighbour, and that one's end to `end`.
    pub(crate) fn extend_lower(&mut self, at: &mut Cursor, end: u64) -> Result<(), Refusal> {
        self.tree.retreat(at);
        let start = self.entry(at)?.start;
        self.tree.set_bounds(at, start, end);
        Ok(())
    }
}
