//! `unwire`: taking wirings off (section 10).

use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::map::{Clamped, FirstPass, Freebsd9, VmMap};
use crate::num::Addr;
use crate::objects::Objects;
use crate::refusal::Refusal;

impl<O: Objects, const B: usize> VmMap<O, Freebsd9, B> {
    /// Section 10.
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
            !map.front_split_reaches_past(range)
                && map.stops(range, range.end, |at, pass| {
                    map.check_entry(at, range, wiring, holes, pass) == Ok(true)
                })
        })?;
        let pass = self.check_wirings(range, wiring, holes)?;
        let done = pass.refusal.is_none();
        self.second_pass(range, &pass, |map, at| {
            if done { map.take_wiring_off(at, wiring, &mut tell) } else { Ok(()) }
        })?;
        pass.refusal.map_or(Ok(()), Err)
    }

    /// The first pass (10.1): clips the range out and looks for what forbids it.
    fn check_wirings(
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
            if !self.check_entry(&mut at, range, wiring, holes, &mut pass)? {
                break;
            }
        }
        Ok(pass)
    }
}
