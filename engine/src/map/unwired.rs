//! What a wiring would have to make resident, asked before the wiring.

use super::VmMap;
use super::clamp::Clamped;
use super::wire::{FirstPass, can_wire};
use crate::attr::Holes;
use crate::flags::Prot;
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// The first stretch that a wiring of a range would have to make resident, with its protection;
    /// `None` if there is none, or the wiring would be refused.
    pub(crate) fn first_to_fault_in(
        &self,
        start: Addr,
        end: Addr,
        holes: Holes,
    ) -> Option<(AddrRange, Prot)> {
        let range = self.wiring_range(start, end, holes).ok()??;
        if self.wiring_refused(range, holes) {
            return None;
        }
        self.next_to_fault_in(Addr::new(range.start), Addr::new(range.end))
    }

    /// The first stretch between two addresses that has no wiring and may have one (9.2a, 9.2b).
    pub(crate) fn next_to_fault_in(&self, from: Addr, end: Addr) -> Option<(AddrRange, Prot)> {
        let mut at = self.tree.seek(from.get());
        loop {
            let entry = self.tree.item(&at)?;
            let start = Addr::new(entry.start).max(from);
            let range = AddrRange::new(start, Addr::new(entry.end).min(end))?;
            if entry.value.wired == 0 && can_wire(entry.value) {
                return Some((range, entry.value.prot()));
            }
            self.tree.advance(&mut at);
        }
    }

    /// Will the first pass refuse (9.2)? Clips change nothing about that.
    fn wiring_refused(&self, range: Clamped, holes: Holes) -> bool {
        let mut at = self.tree.seek(range.start);
        let mut pass = FirstPass { covered: range.start, refusal: None };
        while let Some(entry) = self.tree.item(&at).filter(|entry| entry.start < range.end) {
            pass.covered = entry.end;
            let barred = holes == Holes::Refused && !can_wire(entry.value);
            if barred || !self.step(&mut at, range, holes, &mut pass) {
                return true;
            }
        }
        false
    }
}
