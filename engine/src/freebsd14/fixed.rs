//! `fixed`, and `find` with remap: a mapping that takes the place of whatever is there (D7.7, D7.8).

use crate::change::Change;
use crate::flags::MapFlags;
use crate::map::{Clamped, Freebsd14, Mapping, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What goes where something was removed.
#[derive(Clone, Copy)]
enum Replacement<'s> {
    /// A mapping of the range.
    Mapping,
    /// A stack of a length from an address on, which may reach past the range (D7.8).
    Stack(&'s StackState<Freebsd14>, Addr, Size),
}

impl Replacement<'_> {
    fn new(stack: Option<&StackState<Freebsd14>>, at: Addr, length: Size) -> Replacement<'_> {
        stack.map_or(Replacement::Mapping, |state| Replacement::Stack(state, at, length))
    }
}

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// 7.3 with D7.7 and D7.8.
    pub(super) fn run_fixed(
        &mut self,
        state: Option<&StackState<Freebsd14>>,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let stack = mapping.stack_state(state)?;
        let range = self.clamp(start, start.wrapping_add(length));
        if !range.is_empty() {
            // Assertions come before anything is removed, as in section 15.
            mapping.check()?;
        }
        let to = Replacement::new(stack, Addr::new(range.start), length);
        if mapping.flags.contains(MapFlags::EXCL) {
            return self.put(range, to, mapping, tell);
        }
        self.put_over(range, to, mapping, tell)
    }

    /// D7.7: `find` at an address, after a removal.
    pub(super) fn remap(
        &mut self,
        stack: Option<&StackState<Freebsd14>>,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let (first, end) = (start.get(), start.wrapping_add(length).get());
        let (min, max) = self.tree.bounds();
        if first < min || end > max || end < first {
            return Err(Refusal::OutsideMap { start, end: Addr::new(end) });
        }
        if first < end {
            mapping.check()?;
        }
        let range = Clamped { start: first, end };
        self.put_over(range, Replacement::new(stack, start, length), mapping, tell)
    }

    /// Removes what is in the range, then maps it. The removal stays if the mapping is refused.
    fn put_over(
        &mut self,
        range: Clamped,
        to: Replacement<'_>,
        mapping: Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        self.ensure_to_replace(range, matches!(to, Replacement::Stack(..)))?;
        let vacated = self.vacate(range, &mut tell);
        let placed = vacated.and_then(|()| self.put(range, to, mapping, tell));
        // 17.14: what an object holds is given back after the insertion.
        self.objects.end_unmapping();
        placed
    }

    fn put(
        &mut self,
        range: Clamped,
        to: Replacement<'_>,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        match to {
            Replacement::Mapping => {
                self.run_insert(Addr::new(range.start), Addr::new(range.end), mapping, tell)
            }
            Replacement::Stack(state, at, length) => {
                self.stack_parts(state, at, length, &mapping, tell).map(|_| ())
            }
        }
    }

    /// Room for a removal and for what comes after it, one entry or the two of a stack. An entry that is
    /// removed whole makes room for one new entry, if that goes into the same leaf.
    fn ensure_to_replace(&mut self, range: Clamped, stack: bool) -> Result<(), Refusal> {
        let first = self.tree.seek(range.start);
        if self.leaves_two_parts(&first, range) {
            return Ok(match stack {
                true => self.tree.ensure_three(&first),
                false => self.tree.ensure_for([Some(&first), Some(&first)]),
            }?);
        }
        let (after, room) = self.place_after_removal(first, range);
        Ok(match (stack, room) {
            // The leaf may get entries of its neighbour when it has too few, so that less than that room
            // is left.
            (true, true) => self.tree.ensure_three(&after),
            (true, false) => self.tree.ensure_for([Some(&after), Some(&after)]),
            (false, true) => self.tree.ensure_for([None, None]),
            (false, false) => self.tree.ensure_for([Some(&after), None]),
        }?)
    }

    /// The entry that will be above what is removed, and whether an entry before it in its leaf goes.
    fn place_after_removal(&self, first: Cursor, range: Clamped) -> (Cursor, bool) {
        let (mut after, mut room) = (first, false);
        while let Some(entry) = self.tree.item(&after).filter(|entry| entry.start < range.end) {
            if entry.end > range.end && entry.start >= range.start {
                break; // It loses its start and stays.
            }
            let whole = entry.start >= range.start;
            let before = after.clone();
            self.tree.advance(&mut after);
            room = whole && after.same_leaf(&before);
        }
        (after, room)
    }
}
