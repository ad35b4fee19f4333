//! Sections 7 and 8: remove, fixed, find, lookup, check.

use growstack::{Addr, Change, FindSpace, Prot, Refusal, Size};

use super::Oracle;
use super::branch::Branch;
use super::insert::Inserter;
use crate::op::Mapping;

impl Oracle {
    /// 7.1.
    pub(super) fn remove(&mut self, start: u64, end: u64, changes: &mut Vec<Change>) {
        let (start, end) = self.clamp(start, end);
        self.remove_clamped(start, end, changes);
    }

    /// 7.1 behind the clamp. Says whether anything was mapped.
    pub(super) fn remove_clamped(
        &mut self,
        start: u64,
        end: u64,
        changes: &mut Vec<Change>,
    ) -> bool {
        if start == end {
            self.reach(Branch::RemoveEmpty);
            return false;
        }
        let x = self.begin_walk(start);
        let any = self.in_walk(x, end);
        self.reach(if any { Branch::RemoveSome } else { Branch::RemoveNothing });
        while self.in_walk(x, end) {
            self.back_split(x, end);
            let gone = self.process.entries.remove(x);
            self.forget(&gone);
            changes.push(Change::Unmapped(gone.range()));
        }
        any
    }

    /// 7.3.
    pub(super) fn fixed(
        &mut self,
        start: u64,
        length: u64,
        mapping: &Mapping,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        self.reach_if(start.checked_add(length).is_none(), Branch::FixedWraps);
        let asked = (start, start.wrapping_add(length));
        let (start, end) = self.clamp(asked.0, asked.1);
        if start < end {
            // 15.1 and 15.8 must refuse before anything is removed.
            self.consistent(mapping).inspect_err(|why| {
                self.reach(match why {
                    Refusal::NofaultObject => Branch::NofaultObjectFixed,
                    _ => Branch::ChargedObjectFixed,
                });
            })?;
        }
        let removed = self.remove_clamped(start, end, changes);
        let result = self.insert(start, end, mapping, Inserter::Plain, changes);
        match (&result, removed) {
            (Ok(()), true) => self.reach(Branch::FixedReplaced),
            (Ok(()), false) => self.reach(Branch::FixedFree),
            (Err(_), true) => self.reach(Branch::FixedLost),
            (Err(_), false) => {}
        }
        self.reach_if(result.is_ok() && (start, end) != asked, Branch::FixedClamped);
        result
    }

    /// 7.4 and 7.5.
    pub(super) fn find_space(&mut self, start: u64, length: u64) -> Result<u64, Refusal> {
        let s = start.max(self.process.min);
        let (found, why) = self.search(s, length);
        self.reach(why);
        found.ok_or(Refusal::NoGap { start: Addr::new(s), length: Size::new(length) })
    }

    pub(super) fn search(&self, s: u64, length: u64) -> (Option<u64>, Branch) {
        match s.checked_add(length) {
            None => return (None, Branch::SpaceWraps),
            Some(end) if end > self.process.max => return (None, Branch::SpaceTooLong),
            Some(_) => {}
        }
        let holder = self.holder(s);
        if length == 0 {
            return match holder.map(|x| &self.process.entries[x]) {
                None => (Some(s), Branch::ZeroUnmapped),
                Some(e) if e.start == s => (Some(s), Branch::ZeroAtStart),
                Some(e) => (Some(e.end), Branch::ZeroInside),
            };
        }
        let next = self.next_above(s);
        if holder.is_none() && self.gap_end(next) - s >= length {
            return (Some(s), Branch::SpaceFirst);
        }
        for x in holder.unwrap_or(next)..self.process.entries.len() {
            let e = self.process.entries[x].end;
            if self.gap_end(x + 1) - e >= length {
                let last = x + 1 == self.process.entries.len();
                return (Some(e), if last { Branch::SpaceLast } else { Branch::SpaceLater });
            }
        }
        (None, Branch::SpaceNone)
    }

    /// 7.6 and 16.5. Success is the address.
    pub(super) fn find(
        &mut self,
        start: u64,
        length: u64,
        max_addr: u64,
        how: FindSpace,
        mapping: &Mapping,
        changes: &mut Vec<Change>,
    ) -> Result<u64, Refusal> {
        let at = match how {
            FindSpace::No => {
                let wraps = start.checked_add(length).is_none();
                self.reach(if wraps { Branch::FindFixedWraps } else { Branch::FindFixed });
                start
            }
            FindSpace::Any => self.find_below(start, length, max_addr)?,
        };
        let result = self.insert(at, at.wrapping_add(length), mapping, Inserter::Plain, changes);
        self.reach_if(result.is_err(), Branch::FindRefused);
        result.map(|()| at)
    }

    /// The search of find (16.5): the lowest fit, if it ends at or below `max_addr`.
    fn find_below(&mut self, start: u64, length: u64, max_addr: u64) -> Result<u64, Refusal> {
        let found = self.find_space(start, length);
        self.reach(if found.is_ok() { Branch::FindAny } else { Branch::FindNone });
        let found = found?;
        let end = found + length;
        if max_addr != 0 && end > max_addr {
            self.reach(Branch::FitAbove);
            let (end, max_addr) = (Addr::new(end), Addr::new(max_addr));
            return Err(Refusal::AboveMaxAddr { end, max_addr });
        }
        self.reach_if(max_addr != 0, Branch::FitBelow);
        Ok(found)
    }

    /// 8.2.
    pub(super) fn check_protection(&mut self, start: u64, end: u64, prot: Prot) -> bool {
        let why = self.protection(start, end, prot);
        self.reach(why);
        matches!(why, Branch::CheckTrue | Branch::CheckReversed)
    }

    fn protection(&self, start: u64, end: u64, prot: Prot) -> Branch {
        let Some(mut x) = self.holder(start) else { return Branch::CheckUnmapped };
        if start >= end {
            return Branch::CheckReversed;
        }
        let mut s = start;
        while s < end {
            let Some(e) = self.process.entries.get(x) else { return Branch::CheckEnd };
            if s < e.start {
                return Branch::CheckHole;
            }
            if !e.prot.contains(prot) {
                return Branch::CheckLacks;
            }
            s = e.end;
            x += 1;
        }
        Branch::CheckTrue
    }
}
