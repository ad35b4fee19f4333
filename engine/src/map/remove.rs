//! Deleting entries and parts of them (rule 7.2).

use super::{Kernel, VmMap, corrupt};
use crate::change::Change;
use crate::flags::EntryFlags;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// Unmaps everything: nothing is mapped or wired afterwards, and no entry is charged. The
    /// wire-future switch and the memory of the index stay. O(n).
    pub fn clear(&mut self, mut tell: impl FnMut(Change)) {
        let mut at = self.tree.first();
        while let Some(entry) = self.tree.item(&at) {
            let gone = AddrRange::between(entry.start, entry.end);
            if let Some(body) = self.tree.remove(&mut at) {
                self.forget(body, gone, &mut tell);
            }
        }
        self.objects.end_unmapping();
        // Pages that two entries share are counted twice (16.2).
        self.wired_pages = 0;
    }

    /// Deletes what starts below `end`, from the cursor on. An entry that ends above it is shortened in
    /// place, which has the effect of splitting it and deleting a part, and needs no node.
    pub(crate) fn delete_up_to(
        &mut self,
        at: &mut Cursor,
        end: u64,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        while let Some(entry) = self.tree.item(at).filter(|entry| entry.start < end) {
            if entry.end > end {
                self.cut_start(at, end, tell)?;
                break;
            }
            let gone = AddrRange::between(entry.start, entry.end);
            let body = self.tree.remove(at).ok_or_else(corrupt)?;
            self.forget(body, gone, tell);
        }
        Ok(())
    }

    /// Shortens the entry so that it ends at `end`.
    pub(crate) fn cut_end(
        &mut self,
        at: &Cursor,
        end: u64,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        let (start, gone) = (entry.start, AddrRange::between(end, entry.end));
        let upper = Self::upper_part(entry.value, start, end);
        self.tree.set_bounds(at, start, end);
        self.forget(upper, gone, tell);
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
        if !K::GUARDS || !body.has_any(EntryFlags::STACK_GAP) {
            // D4.1: what a gap keeps is no offset.
            body.offset = body.offset.wrapping_add(gone.len().get());
        }
        self.forget(lower, gone, tell);
        Ok(())
    }
}
