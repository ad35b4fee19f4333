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
        self.ensure_to_vacate(range)?;
        let vacated = self.vacate(range, tell);
        self.objects.end_unmapping();
        vacated
    }

    /// Room for [`vacate`](Self::vacate): a node at most where it leaves two parts of an entry.
    fn ensure_to_vacate(&mut self, range: Clamped) -> Result<(), Refusal> {
        let mut at = Cursor::default();
        self.tree.seek_into(range.start, &mut at);
        let place = self.leaves_two_parts(&at, range).then_some(&at);
        Ok(self.tree.ensure_for([place, None])?)
    }

    /// Does the entry at the start of a range lose its middle, and no neighbour take a part over?
    pub(super) fn leaves_two_parts(&self, at: &Cursor, range: Clamped) -> bool {
        !range.is_empty()
            && self.plan_front_split(at, range.start) == FrontSplit::Insert
            && self.tree.item(at).is_some_and(|entry| entry.end > range.end)
    }

    /// Removes what is mapped in a clamped range. Entries that lose an end are shortened in place,
    /// which has the effect of splitting them and deleting a part, and needs no node.
    pub(super) fn vacate(
        &mut self,
        range: Clamped,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        if range.is_empty() {
            return Ok(());
        }
        let mut at = Cursor::default();
        self.tree.seek_into(range.start, &mut at);
        if self.plan_front_split(&at, range.start) == FrontSplit::Insert
            && !self.leaves_two_parts(&at, range)
        {
            self.cut_end(&at, range.start, &mut tell)?;
            self.tree.advance(&mut at);
        } else {
            self.front_split(&mut at, range.start)?;
        }
        self.delete_up_to(&mut at, range.end, &mut tell)
    }
}
