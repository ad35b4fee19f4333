//! D6: insert, which is also a step of find, fixed, stack and grow down.

use growstack::{Change, EntryFlags, MapFlags, Prot, Refusal};

use super::super::piece::{Piece, range};
use super::{Branch, Oracle14};
use crate::op::Mapping;

impl Oracle14 {
    /// D6.1 to D6.5. Returns the start of the entry that holds what was inserted.
    pub(super) fn insert(
        &mut self,
        start: u64,
        end: u64,
        mapping: &Mapping,
        changes: &mut Vec<Change>,
    ) -> Result<usize, Refusal> {
        self.map.inside_map(start, end)?;
        self.map.free(start, end)?;
        self.consistent(mapping)?;
        let guard = mapping.flags.contains(MapFlags::GUARD);
        if guard && (mapping.object.is_some() || mapping.max != Prot::NONE) {
            self.reach(Branch::GuardAllows);
            return Err(Refusal::GuardAllows);
        }
        let charged = !guard && self.map.charge(end - start, mapping)?;
        let mut new = self.map.new_piece(start, end, mapping, charged);
        for (asked, set, reached) in [
            (MapFlags::GROWS_DOWN, EntryFlags::GROWS_DOWN, Branch::InsertStack),
            (MapFlags::GROWS_UP, EntryFlags::GROWS_UP, Branch::InsertStack),
            (MapFlags::GUARD, EntryFlags::GUARD, Branch::InsertGuard),
        ] {
            if mapping.flags.contains(asked) {
                new.set(set);
                self.reach(reached);
            }
        }
        if !guard {
            changes.push(Change::Mapped(range(start, end), mapping.prot));
        }
        Ok(self.place(new))
    }

    /// D15: where the real code has an assertion (DP1, P1, P5), or sets up a stack with an object
    /// (D7.8).
    pub(super) fn consistent(&mut self, mapping: &Mapping) -> Result<(), Refusal> {
        self.map.consistent(mapping)?;
        let Mapping { prot, max, flags, object, .. } = *mapping;
        if !max.contains(prot) {
            self.reach(Branch::ProtAboveMax);
            return Err(Refusal::ProtAboveMax { prot, max });
        }
        if object.is_some() && flags.intersects(MapFlags::GROWTH) {
            self.reach(Branch::StackObject);
            return Err(Refusal::StackObject);
        }
        Ok(())
    }

    /// D6.3 to D6.5: puts an entry into the list. Returns where it is, or what it was joined with.
    pub(super) fn place(&mut self, mut new: Piece) -> usize {
        self.map.process.size += new.counted_len();
        let at = self.map.next_above(new.start);
        if self.continues(at, &new) {
            let lower = &mut self.map.process.entries[at - 1];
            let alike = lower.inherit == new.inherit
                && (lower.prot, lower.max) == (new.prot, new.max)
                && lower.wired == 0;
            if alike {
                lower.end = new.end;
                self.reach(if new.has(EntryFlags::STACK_GAP) {
                    Branch::GapExtended
                } else if new.has(EntryFlags::GUARD) {
                    Branch::GuardExtended
                } else {
                    Branch::Extended
                });
                self.join_below(at);
                return at - 1;
            }
            let wired = lower.wired != 0;
            new.offset = lower.offset.wrapping_add(lower.len());
            self.reach(if wired { Branch::ContinuedWired } else { Branch::Continued });
        }
        self.map.process.entries.insert(at, new);
        let at = self.join_below(at);
        self.join_below(at + 1);
        at
    }

    /// D6.4: does `new`, which belongs at `at`, go on where the entry below ends?
    fn continues(&self, at: usize, new: &Piece) -> bool {
        let Some(lower) = at.checked_sub(1).map(|l| &self.map.process.entries[l]) else {
            return false;
        };
        let but_wired = lower.flags.difference(EntryFlags::USER_WIRED);
        new.object.is_none()
            && lower.object.is_none()
            && lower.end == new.start
            && !new.has(EntryFlags::GROWTH)
            && but_wired == new.flags
            && lower.access == new.access
    }
}
