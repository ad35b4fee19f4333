//! `wire`: pages that must stay resident (section 9).

use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::map::{Clamped, FirstPass, Freebsd9, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Section 9.
    pub(super) fn run_wire(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let Some(range) = self.wiring_range(start, end, holes)? else { return Ok(()) };
        self.ensure_clips_unless(range, |map| {
            !map.front_split_reaches_past(range)
                && map.stops(range, range.end, |at, pass| map.check_wirable(at, range, holes, pass))
        })?;
        let pass = self.count_wirings(range, wiring, holes)?;
        self.settle_wirings(range, &pass, wiring, tell)?;
        pass.refusal.map_or(Ok(()), Err)
    }

    /// The first pass (9.2): clips the range out and counts the wirings.
    fn count_wirings(
        &mut self,
        range: Clamped,
        wiring: Wiring,
        holes: Holes,
    ) -> Result<FirstPass, Refusal> {
        let mut pass = FirstPass { covered: range.start, refusal: None };
        let mut at = self.tree.seek(range.start);
        self.front_split(&mut at, range.start)?;
        while self.tree.item(&at).is_some_and(|entry| entry.start < range.end) {
            self.back_split(&mut at, range.end)?;
            if !self.count_wiring(&at, wiring, holes, &mut pass)?
                || !self.step(&mut at, range, holes, &mut pass)
            {
                break;
            }
        }
        Ok(pass)
    }

    /// The second pass (9.3): makes the wirings the user's, or takes them back, and merges.
    fn settle_wirings(
        &mut self,
        range: Clamped,
        pass: &FirstPass,
        wiring: Wiring,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let failed = pass.refusal.is_some();
        self.second_pass(range, pass, |map, at| map.settle_wiring(at, failed, wiring, &mut tell))
    }

    /// Deals with the entries of the first pass once more and merges each as it is left. An entry
    /// that is still to come takes no part in a merge (9.3): it is in transition.
    pub(super) fn second_pass(
        &mut self,
        range: Clamped,
        pass: &FirstPass,
        mut settle: impl FnMut(&mut Self, &Cursor) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let (covered, mut at) = (pass.covered, self.tree.seek(range.start));
        while let Some(end) = self.tree.item(&at).filter(|e| e.start < covered).map(|e| e.end) {
            settle(self, &at)?;
            self.simplify_down(&mut at)?;
            if end == covered {
                self.simplify_up(&mut at)?;
            }
            self.tree.advance(&mut at);
        }
        Ok(())
    }
}
