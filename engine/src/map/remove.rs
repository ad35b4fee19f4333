//! `remove`: unmapping a range (rules 7.1 and 7.2).

use super::clamp::Clamped;
use super::clip::{FrontSplit, upper_part};
use super::{VmMap, corrupt};
use crate::change::Change;
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Unmaps whatever is mapped of a range: `vm_map_remove(9)`, rule 7.1. Wired entries go too.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`], only where the range lies inside one entry, so that two parts of
    /// it are left; nothing changed.
    pub fn remove(
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

    /// Unmaps everything: nothing is mapped or wired afterwards, and no entry is charged. The
    /// wire-future switch and the memory of the index stay. O(n).
    pub fn clear(&mut self, mut tell: impl FnMut(Change)) {
        let mut at = self.tree.first();
        while let Some(entry) = self.tree.item(&at) {
            let gone = AddrRange::between(entry.start, entry.end);
            if let Some(body) = self.tree.remove(&mut at) {
                self.discount(body, gone);
            }
            tell(Change::Unmapped(gone));
        }
        self.objects.end_unmapping();
        // Pages that two entries share are counted twice (16.2).
        self.wired_pages = 0;
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
        while let Some(entry) = self.tree.item(&at).filter(|entry| entry.start < range.end) {
            if entry.end > range.end {
                self.cut_start(&at, range.end, &mut tell)?;
                break;
            }
            let gone = AddrRange::between(entry.start, entry.end);
            let body = self.tree.remove(&mut at).ok_or_else(corrupt)?;
            self.discount(body, gone);
            tell(Change::Unmapped(gone));
        }
        Ok(())
    }

    /// Shortens the entry so that it ends at `end`.
    fn cut_end(
        &mut self,
        at: &Cursor,
        end: u64,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        let (start, gone) = (entry.start, AddrRange::between(end, entry.end));
        let upper = upper_part(entry.value, start, end);
        self.tree.set_bounds(at, start, end);
        self.discount(upper, gone);
        tell(Change::Unmapped(gone));
        Ok(())
    }

    /// Shortens the entry so that it starts at `start`; its offset moves along.
    fn cut_start(
        &mut self,
        at: &Cursor,
        start: u64,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        let (end, gone) = (entry.end, AddrRange::between(entry.start, start));
        let lower = entry.value.clone();
        self.tree.set_bounds(at, start, end);
        let body = self.body_mut(at)?;
        body.offset = body.offset.wrapping_add(gone.len().get());
        self.discount(lower, gone);
        tell(Change::Unmapped(gone));
        Ok(())
    }
}
