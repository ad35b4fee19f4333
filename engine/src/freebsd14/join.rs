//! Joining an entry with the one below it, and where a walk through a range begins (D3 to D5).

use crate::flags::EntryFlags;
use crate::map::{Body, Clamped, Freebsd14, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What always keeps an entry apart from the one below it (D3.1).
const APART: EntryFlags = EntryFlags::GROWTH.union(EntryFlags::STACK_GAP);

impl<O> Body<O> {
    /// May it join an entry below, as far as its own flags go (D3.1)?
    pub(super) const fn may_join_lower(&self) -> bool {
        !self.has_any(APART)
    }
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// D3.1 and D3.2: joins the entry below the cursor's with that, if they touch and are alike. The
    /// cursor stays on what was there. Never needs a node; does nothing at the end of the map.
    pub(super) fn join(&mut self, at: &mut Cursor) -> Result<(), Refusal> {
        match self.tree.item(at) {
            Some(upper) if upper.value.may_join_lower() => self.simplify_down(at),
            _ => Ok(()),
        }
    }

    /// Is the address inside the entry at the cursor?
    pub(super) fn splits(&self, at: &Cursor, addr: u64) -> bool {
        self.tree.item(at).is_some_and(|entry| entry.start < addr && addr < entry.end)
    }

    /// The first entry of a walk: the one that holds `start`, split there, or the next (5.1, D3.3). The
    /// node has been made sure of.
    pub(super) fn begin_walk(&mut self, start: u64) -> Result<Cursor, Refusal> {
        let mut at = self.tree.seek(start);
        if self.splits(&at, start) {
            self.split(&mut at, start)?;
            self.tree.advance(&mut at);
        }
        Ok(at)
    }

    /// Does an empty range do nothing but split an entry and join its parts again (D5.4)? A piece of a
    /// stack stays split.
    pub(super) fn heals(&self, range: Clamped) -> bool {
        let at = self.tree.seek(range.start);
        range.is_empty()
            && self.splits(&at, range.start)
            && self.tree.item(&at).is_some_and(|entry| entry.value.may_join_lower())
    }

    /// Room for the splits at both ends of a range.
    pub(super) fn ensure_clips(&mut self, range: Clamped) -> Result<(), Refusal> {
        let (front, back) = (self.tree.seek(range.start), self.tree.seek(range.end));
        let split_front = self.splits(&front, range.start);
        let split_back = range.start < range.end && self.splits(&back, range.end);
        let places = [split_front.then_some(&front), split_back.then_some(&back)];
        Ok(self.tree.ensure_for(places)?)
    }

    /// Room for the split at the start of a range.
    pub(super) fn ensure_front(&mut self, range: Clamped) -> Result<(), Refusal> {
        let front = self.tree.seek(range.start);
        let place = self.splits(&front, range.start).then_some(&front);
        Ok(self.tree.ensure_for([place, None])?)
    }

    /// Room for the splits at both ends, or for the front one alone if the operation `stops` before it
    /// gets to the other. Debug builds hold it to that.
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
}
