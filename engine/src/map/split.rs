//! Splitting an entry at an address (section 4).

use super::{Body, Kernel, VmMap};
use crate::flags::EntryFlags;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// The body of the upper part when an entry that starts at `start` is split at `at` (rule 4.1).
    pub(crate) fn upper_part(body: &Body<O::Object>, start: u64, at: u64) -> Body<O::Object> {
        let body = body.clone();
        if K::GUARDS && body.has_any(EntryFlags::STACK_GAP) {
            return body; // D4.1: what a gap keeps is no offset.
        }
        let offset = body.offset.wrapping_add(at.wrapping_sub(start));
        body.with_offset(offset)
    }

    /// Rule 4.3. The cursor stays on the lower part.
    pub(crate) fn back_split(&mut self, cursor: &mut Cursor, at: u64) -> Result<(), Refusal> {
        match self.tree.item(cursor) {
            Some(entry) if entry.start < at && at < entry.end => self.split(cursor, at),
            _ => Ok(()),
        }
    }

    /// Splits the entry at `cursor`, which holds `at` inside, and leaves the cursor on the lower
    /// part.
    pub(crate) fn split(&mut self, cursor: &mut Cursor, at: u64) -> Result<(), Refusal> {
        let entry = self.entry(cursor)?;
        let (start, end) = (entry.start, entry.end);
        let lower = entry.value.clone();
        let need = self.tree.need_one(cursor);
        self.tree.ensure(need)?;
        self.tree.set_bounds(cursor, at, end);
        let body = self.body_mut(cursor)?;
        *body = Self::upper_part(body, start, at);
        let below = self.tree.end_below(cursor);
        self.tree.insert_predicted(cursor, (start, at), lower, below)?;
        Ok(())
    }

    pub(crate) fn replace(
        &mut self,
        cursor: &Cursor,
        body: Body<O::Object>,
    ) -> Result<(), Refusal> {
        *self.body_mut(cursor)? = body;
        Ok(())
    }
}
