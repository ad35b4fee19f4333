//! `mmap` with `MAP_FIXED`, and with `MAP_FIXED_NOREPLACE` (L32, L33, L35).

use crate::change::Change;
use crate::flags::{EntryFlags, MapFlags};
use crate::map::{Charge, Clamped, Linux, Mapping, StackState, VmMap};
use crate::num::{Addr, Size};
use crate::objects::{Objects, Swap};
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// What a mapping takes the place of, in bytes.
#[derive(Clone, Copy, Default)]
struct Replaced {
    mapped: u64,
    charged: u64,
}

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    pub(super) fn run_fixed(
        &mut self,
        state: Option<&StackState<Linux>>,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let end = start.wrapping_add(length);
        if mapping.flags.contains(MapFlags::EXCL) {
            return self.insert_within(state, start, end, mapping, tell);
        }
        self.check_bounds(start.get(), end.get())?;
        mapping.check_for_linux()?;
        let range = Clamped { start: start.get(), end: end.get() };
        let replaced = self.replaced(range);
        if let Some(state) = state {
            self.may_lock(state, length)?;
        }
        let size = self.size().wrapping_sub(Size::new(replaced.mapped));
        let charge = mapping.charge_for_linux();
        let paid = state
            .map_or(Ok(()), |state| state.may_expand(size, length))
            .and_then(|()| self.pay_ahead(charge, range, replaced));
        let ahead = match paid {
            Ok(ahead) => ahead,
            Err(refusal) => {
                self.split_ends(range)?; // L33: those stay.
                return Err(refusal);
            }
        };
        self.ensure_to_replace(range).inspect_err(|_| {
            self.pay_back(charge, range.end - range.start - ahead);
        })?;
        let vacated = self.vacate(range, &mut tell);
        // As much was given back.
        self.objects.reserve_anyway(Size::new(ahead));
        let mut at = self.tree.seek(range.start);
        let placed =
            vacated.and_then(|()| self.insert_paid(&mut at, range, mapping, charge, &mut tell));
        self.objects.end_unmapping();
        placed
    }

    fn replaced(&self, range: Clamped) -> Replaced {
        let mut sum = Replaced::default();
        let mut at = self.tree.seek(range.start);
        while let Some(entry) = self.tree.item(&at).filter(|entry| entry.start < range.end) {
            let length = entry.end.min(range.end) - entry.start.max(range.start);
            sum.mapped += length;
            if entry.value.has(EntryFlags::CHARGED) {
                sum.charged += length;
            }
            self.tree.advance(&mut at);
        }
        sum
    }

    /// Reserves what the mapping asks for beyond what it replaces, and says how much is to be reserved
    /// once that is gone.
    fn pay_ahead(
        &mut self,
        charge: Charge,
        range: Clamped,
        replaced: Replaced,
    ) -> Result<u64, Refusal> {
        if charge != Charge::Reserve {
            return Ok(0);
        }
        let length = range.end - range.start;
        let more = Size::new(length.saturating_sub(replaced.charged));
        let short = |Swap { reserved, limit }| Refusal::Swap { wanted: more, reserved, limit };
        self.objects.reserve(more).map_err(short)?;
        Ok(length - more.get())
    }

    /// L33: what sticks out of a range is split off.
    fn split_ends(&mut self, range: Clamped) -> Result<(), Refusal> {
        self.ensure_clips(range)?;
        let mut at = self.tree.seek(range.start);
        self.clip_start(&mut at, range.start)?;
        let mut at = self.tree.seek(range.end);
        self.back_split(&mut at, range.end)
    }

    /// Room for a removal and the insertion after it.
    fn ensure_to_replace(&mut self, range: Clamped) -> Result<(), Refusal> {
        let first = self.tree.seek(range.start);
        if self.loses_middle(&first, range) {
            return Ok(self.tree.ensure_for([Some(&first), Some(&first)])?);
        }
        let after = self.place_after_removal(first, range);
        Ok(self.tree.ensure_for([Some(&after), None])?)
    }

    /// The entry that will be above what is removed.
    fn place_after_removal(&self, first: Cursor, range: Clamped) -> Cursor {
        let mut after = first;
        while self.tree.item(&after).is_some_and(|entry| {
            entry.start < range.end && (entry.end <= range.end || entry.start < range.start)
        }) {
            self.tree.advance(&mut after);
        }
        after
    }
}
