//! `munmap` (L40, L41).

use crate::change::Change;
use crate::map::{Clamped, Linux, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    pub(super) fn run_remove(
        &mut self,
        start: Addr,
        end: Addr,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let range = self.clamp(start, end);
        let at = self.tree.seek(range.start);
        let place = self.loses_middle(&at, range).then_some(&at);
        self.tree.ensure_for([place, None])?;
        let vacated = self.vacate(range, &mut tell);
        self.objects.end_unmapping();
        vacated
    }

    /// Does the entry at the start of a range reach past both of its ends?
    pub(super) fn loses_middle(&self, at: &Cursor, range: Clamped) -> bool {
        !range.is_empty() && self.is_inside(at, range.start) && self.is_inside(at, range.end)
    }

    /// Removes what is mapped in a clamped range. An entry that loses an end is shortened in place; one
    /// that loses its middle needs a node, which has been made sure of.
    pub(super) fn vacate(
        &mut self,
        range: Clamped,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        if range.is_empty() {
            return Ok(());
        }
        let mut at = self.tree.seek(range.start);
        if self.loses_middle(&at, range) {
            self.clip_start(&mut at, range.start)?;
        } else if self.is_inside(&at, range.start) {
            self.cut_end(&at, range.start, tell)?;
            self.tree.advance(&mut at);
        }
        self.delete_up_to(&mut at, range.end, tell)
    }
}
