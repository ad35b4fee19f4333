//! `remove`: unmapping a range (rules 7.1 and 7.2).

use super::clip::FrontSplit;
use crate::change::Change;
use crate::map::{Clamped, Freebsd9, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Rules 7.1 and 7.2.
    pub(super) fn run_remove(
        &mut self,
        start: Addr,
        end: Addr,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let range = self.clamp(start, end);
        let mut at = Cursor::default();
        self.tree.seek_into(range.start, &mut at);
        // A node at most, where it leaves two parts of an entry.
        let place = self.leaves_two_parts(&at, range).then_some(&at);
        self.tree.ensure_for([place, None])?;
        let vacated = self.vacate(&mut at, range, tell);
        self.objects.end_unmapping();
        vacated
    }

    /// Does the entry at the start of a range lose its middle, and no neighbour take a part over?
    pub(super) fn leaves_two_parts(&self, at: &Cursor, range: Clamped) -> bool {
        !range.is_empty()
            && self.plan_front_split(at, range.start) == FrontSplit::Insert
            && self.tree.item(at).is_some_and(|entry| entry.end > range.end)
    }

    /// Removes what is mapped in a clamped range; the cursor is at the first entry that ends above its
    /// start. Entries that lose an end are shortened in place, which has the effect of splitting them and
    /// deleting a part, and needs no node.
    pub(super) fn vacate(
        &mut self,
        at: &mut Cursor,
        range: Clamped,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        if range.is_empty() {
            return Ok(());
        }
        if self.plan_front_split(at, range.start) == FrontSplit::Insert
            && !self.leaves_two_parts(at, range)
        {
            self.cut_end(at, range.start, &mut tell)?;
            self.tree.advance(at);
        } else {
            self.front_split(at, range.start)?;
        }
        self.delete_up_to(at, range.end, &mut tell)
    }
}
