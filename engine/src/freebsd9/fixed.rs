//! `fixed`: a mapping that takes the place of whatever is there (rule 7.3).

use super::clip::FrontSplit;
use crate::change::Change;
use crate::map::{Clamped, Freebsd9, Mapping, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Rule 7.3.
    pub(super) fn run_fixed(
        &mut self,
        _: Option<&StackState<Freebsd9>>,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let range = self.clamp(start, start.wrapping_add(length));
        self.check_bounds(range.start, range.end)?;
        mapping.check_object()?;
        let mut at = Cursor::default();
        if self.seek_vacant(range.start, range.end, &mut at).is_ok() {
            self.tree.predict_one(&at);
        } else {
            self.ensure_to_replace(range)?;
            self.vacate(&mut at, range, &mut tell)?;
            self.tree.seek_into(range.start, &mut at);
        }
        let prot = mapping.prot;
        let placement = self.place(&at, range.start, range.end, mapping);
        let placed = self.pay_and_apply(&mut at, placement);
        self.objects.end_unmapping();
        placed?;
        tell(Change::Mapped(AddrRange::between(range.start, range.end), prot));
        Ok(())
    }

    /// Room for a removal and the insertion after it. An entry removed whole makes room for the new
    /// one, if that goes into the same leaf.
    fn ensure_to_replace(&mut self, range: Clamped) -> Result<(), Refusal> {
        let first = self.tree.seek(range.start);
        if self.leaves_two_parts(&first, range) {
            return Ok(self.tree.ensure_for([Some(&first), Some(&first)])?);
        }
        if self.keeps_upper_part(&first, range) {
            return self.ensure_one(&first);
        }
        let mut after = first;
        let mut room = false;
        while let Some(entry) = self.tree.item(&after).filter(|entry| entry.start < range.end) {
            if entry.end > range.end && entry.start >= range.start {
                break; // It loses its start and stays: the new entry goes before it.
            }
            let whole = entry.start >= range.start;
            let before = after.clone();
            self.tree.advance(&mut after);
            room = whole && after.same_leaf(&before);
        }
        if !room {
            return self.ensure_one(&after);
        }
        self.tree.predict_in_place(&after);
        Ok(())
    }

    /// Does the lower neighbour take the lower part of the first entry over, so that its upper
    /// part, which ends above the range, stays in its place?
    fn keeps_upper_part(&self, first: &Cursor, range: Clamped) -> bool {
        let end = match self.plan_front_split(first, range.start) {
            FrontSplit::Lower => self.tree.item(first),
            FrontSplit::Both => self.upper_to_merge(first),
            _ => None,
        };
        end.is_some_and(|entry| entry.end > range.end)
    }
}
