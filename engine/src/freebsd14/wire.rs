//! `wire` and `unwire` (D9, D10).

use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::map::{Clamped, FirstPass, Freebsd14, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, Freebsd14, B> {
    /// Section 9 with D9.1 and D9.2.
    pub(super) fn run_wire(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        // D9.3: an empty range inside an entry is nothing to do, as in 15.4.
        let Some(range) = self.wiring_range(start, end, holes)? else { return Ok(()) };
        self.ensure_clips_unless(range, |map| {
            map.stops(range, range.end, |at, pass| map.check_wirable(at, range, holes, pass))
        })?;
        let mut pass = FirstPass { covered: range.start, refusal: None };
        let mut at = self.begin_walk(range.start)?;
        while self.tree.item(&at).is_some_and(|entry| entry.start < range.end) {
            self.back_split(&mut at, range.end)?;
            if !self.count_wiring(&at, wiring, holes, &mut pass)?
                || !self.step(&mut at, range, holes, &mut pass)
            {
                break;
            }
        }
        let failed = pass.refusal.is_some();
        self.second_pass(range, &pass, |map, at| map.settle_wiring(at, failed, wiring, &mut tell))?;
        pass.refusal.map_or(Ok(()), Err)
    }

    /// Section 10 with D9.2 and D9.4.
    pub(super) fn run_unwire(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        mut tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let Some(range) = self.wiring_range(start, end, holes)? else { return Ok(()) };
        self.ensure_clips_unless(range, |map| {
            map.stops(range, range.end, |at, pass| {
                map.check_entry(at, range, wiring, holes, pass) == Ok(true)
            })
        })?;
        let mut pass = FirstPass { covered: range.start, refusal: None };
        let mut at = self.begin_walk(range.start)?;
        while self.tree.item(&at).is_some_and(|entry| entry.start < range.end) {
            self.back_split(&mut at, range.end)?;
            if !self.check_entry(&mut at, range, wiring, holes, &mut pass)? {
                break;
            }
        }
        let done = pass.refusal.is_none();
        self.second_pass(range, &pass, |map, at| {
            if done { map.take_wiring_off(at, wiring, &mut tell) } else { Ok(()) }
        })?;
        pass.refusal.map_or(Ok(()), Err)
    }

    /// D9.2: deals with the entries of the first pass once more. Each joins the one below as it is left,
    /// so that a failed wiring takes its splits back.
    fn second_pass(
        &mut self,
        range: Clamped,
        pass: &FirstPass,
        mut settle: impl FnMut(&mut Self, &Cursor) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut at = self.tree.seek(range.start);
        while self.tree.item(&at).is_some_and(|entry| entry.start < pass.covered) {
            settle(self, &at)?;
            self.join(&mut at)?;
            self.tree.advance(&mut at);
        }
        self.join(&mut at)
    }
}
