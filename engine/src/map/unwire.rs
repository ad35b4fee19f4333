//! `unwire`: taking wirings off (section 10).

use super::VmMap;
use super::clamp::Clamped;
use super::wire::FirstPass;
use crate::attr::{Holes, Wiring};
use crate::change::Change;
use crate::flags::EntryFlags;
use crate::num::Addr;
use crate::objects::Objects;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, const B: usize> VmMap<O, B> {
    /// Takes the user's, or one of the system's, wirings off a range: `vm_map_unwire(9)`,
    /// section 10; for the system, rule 16.4. For the user, what is not wired is passed over.
    ///
    /// # Errors
    ///
    /// [`Refusal::StartUnmapped`] or [`Refusal::UnwireHole`] where holes are refused, and
    /// [`Refusal::NotSystemWired`]: no wiring changed, though entries may have merged.
    /// [`Refusal::OutOfNodes`]: nothing changed.
    pub fn unwire(
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

    /// 10.1 for one entry: the hole after it comes first. Goes on to the next entry.
    fn check_entry(
        &self,
        at: &mut Cursor,
        range: Clamped,
        wiring: Wiring,
        holes: Holes,
        pass: &mut FirstPass,
    ) -> Result<bool, Refusal> {
        let entry = self.entry(at)?;
        pass.covered = entry.end;
        if !self.step(at, range, holes, pass) {
            pass.refusal = Some(Refusal::UnwireHole { at: Addr::new(pass.covered) });
            return Ok(false);
        }
        if wiring == Wiring::System && entry.value.system_wired() == 0 {
            let entry = AddrRange::between(entry.start, entry.end);
            pass.refusal = Some(Refusal::NotSystemWired { entry });
            return Ok(false);
        }
        Ok(true)
    }

    /// 10.2 for one entry.
    fn take_wiring_off(
        &mut self,
        at: &Cursor,
        wiring: Wiring,
        tell: &mut impl FnMut(Change),
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        if wiring == Wiring::User && !entry.value.has(EntryFlags::USER_WIRED) {
            return Ok(());
        }
        let range = AddrRange::between(entry.start, entry.end);
        let body = self.body_mut(at)?;
        if wiring == Wiring::User {
            body.flags = body.flags.difference(EntryFlags::USER_WIRED);
        }
        body.wired = body.wired.saturating_sub(1);
        if body.wired == 0 {
            self.uncount_wired(range);
            tell(Change::Unwired(range));
        }
        Ok(())
    }
}
