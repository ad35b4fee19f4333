//! Room in the index for the splits of an operation, made before anything changes (rule 16.7).

use super::clip::FrontSplit;
use crate::map::{Clamped, Freebsd9, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Room for the front split at the start of a range.
    pub(super) fn ensure_front(&mut self, range: Clamped) -> Result<(), Refusal> {
        let front = self.tree.seek(range.start);
        let splits = self.plan_front_split(&front, range.start) == FrontSplit::Insert;
        Ok(self.tree.ensure_for([splits.then_some(&front), None])?)
    }

    /// Room for the splits at both ends of a range.
    pub(super) fn ensure_clips(&mut self, range: Clamped) -> Result<(), Refusal> {
        let front = self.tree.seek(range.start);
        let plan = self.plan_front_split(&front, range.start);
        let back = self.back_split_place(range, &front, plan);
        let splits = plan == FrontSplit::Insert;
        Ok(self.tree.ensure_for([splits.then_some(&front), back.as_ref()])?)
    }

    /// Room for the splits at both ends, or for the front one alone if the operation `stops` before
    /// the other; that is asked only if there is no room for both. Debug builds always ask, and hold
    /// the operation to the lower number.
    pub(super) fn ensure_clips_unless(
        &mut self,
        range: Clamped,
        stops: impl FnOnce(&Self) -> bool,
    ) -> Result<(), Refusal> {
        let both = self.ensure_clips(range);
        if (both.is_err() || cfg!(debug_assertions)) && stops(self) {
            return self.ensure_front(range);
        }
        both
    }

    /// Room for a wiring of `start` up to `end`, which are in the map and in order.
    pub(crate) fn ensure_wiring(&mut self, start: u64, end: u64) -> Result<(), Refusal> {
        self.ensure_clips(Clamped { start, end })
    }

    /// Does the front split make the first entry of the range reach past its end, by merging it
    /// with the upper neighbour? The clip at the end then comes before anything is looked at.
    pub(super) fn front_split_reaches_past(&self, range: Clamped) -> bool {
        let front = self.tree.seek(range.start);
        let plan = self.plan_front_split(&front, range.start);
        matches!(plan, FrontSplit::Upper | FrontSplit::Both)
            && self.upper_to_merge(&front).is_some_and(|upper| range.end < upper.end)
    }

    /// Where the split at the end of a range will add an entry, if it will.
    ///
    /// A front split that merges the entry with the upper neighbour leaves an upper part that
    /// reaches to that one's end: the range may then end inside it although it does not end
    /// inside any entry now.
    fn back_split_place(&self, range: Clamped, front: &Cursor, plan: FrontSplit) -> Option<Cursor> {
        if range.is_empty() {
            return None;
        }
        if matches!(plan, FrontSplit::Upper | FrontSplit::Both)
            && range.end < self.upper_to_merge(front)?.end
        {
            let mut part = front.clone();
            if plan == FrontSplit::Upper {
                self.tree.advance(&mut part);
            }
            return Some(part);
        }
        let at = self.tree.seek(range.end);
        (self.tree.item(&at)?.start < range.end).then_some(at)
    }
}
