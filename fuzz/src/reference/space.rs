//! Sections 7 and 8: remove, fixed, find, lookup, check.

use growstack::{Addr, Change, FindSpace, Prot, Refusal, Size};

use super::Reference;
use super::insert::Inserter;
use super::reached::Reached;
use crate::op::Mapping;

impl Reference {
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
            self.reach(Reached::RemoveEmpty);
            return false;
        }
        let x = self.begin_walk(start);
        let any = self.in_walk(x, end);
        self.reach(if any { Reached::RemoveSome } else { Reached::RemoveNothing });
        while self.in_walk(x, end) {
            self.back_split(x, end);
            let gone = self.entries.remove(x);
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
        self.reach_if(start.checked_add(length).is_none(), Reached::FixedWraps);
        let asked = (start, start.wrapping_add(length));
        let (start, end) = self.clamp(asked.0, asked.1);
        if start < end {
            // 15.1 and 15.8 must refuse before anything is removed.
            self.consistent(mapping).inspect_err(|why| {
                self.reach(match why {
                    Refusal::NofaultObject => Reached::NofaultObjectFixed,
                    _ => Reached::ChargedObjectFixed,
                });
            })?;
        }
        let removed = self.remove_clamped(start, end, changes);
        let result = self.insert(start, end, mapping, Inserter::Plain, changes);
        match (&result, removed) {
            (Ok(()), true) => self.reach(Reached::FixedReplaced),
            (Ok(()), false) => self.reach(Reached::FixedFree),
            (Err(_), true) => self.reach(Reached::FixedLost),
            (Err(_), false) => {}
        }
        self.reach_if(result.is_ok() && (start, end) != asked, Reached::FixedClamped);
        result
    }

    /// 7.4 and 7.5.
    pub(super) fn find_space(&mut self, start: u64, length: u64) -> Result<u64, Refusal> {
        let s = start.max(self.min);
        let (found, why) = self.search(s, length);
        self.reach(why);
        found.ok_or(Refusal::NoGap { start: Addr::new(s), length: Size::new(length) })
    }

    fn search(&self, s: u64, length: u64) -> (Option<u64>, Reached) {
        match s.checked_add(length) {
            None => return (None, Reached::SpaceWraps),
            Some(end) if end > self.max => return (None, Reached::SpaceTooLong),
            Some(_) => {}
        }
        let holder = self.holder(s);
        if length == 0 {
            return match holder.map(|x| &self.entries[x]) {
                None => (Some(s), Reached::ZeroUnmapped),
                Some(e) if e.start == s => (Some(s), Reached::ZeroAtStart),
                Some(e) => (Some(e.end), Reached::ZeroInside),
            };
        }
        let next = self.next_above(s);
        if holder.is_none() && self.gap_end(next) - s >= length {
            return (Some(s), Reached::SpaceFirst);
        }
        for x in holder.unwrap_or(next)..self.entries.len() {
            let e = self.entries[x].end;
            if self.gap_end(x + 1) - e >= length {
                let last = x + 1 == self.entries.len();
                return (Some(e), if last { Reached::SpaceLast } else { Reached::SpaceLater });
            }
        }
        (None, Reached::SpaceNone)
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
                self.reach(if wraps { Reached::FindFixedWraps } else { Reached::FindFixed });
                start
            }
            FindSpace::Any => self.find_below(start, length, max_addr)?,
        };
        let result = self.insert(at, at.wrapping_add(length), mapping, Inserter::Plain, changes);
        self.reach_if(result.is_err(), Reached::FindRefused);
        result.map(|()| at)
    }

    /// The search of find (16.5): the lowest fit, if it ends at or below `max_addr`.
    fn find_below(&mut self, start: u64, length: u64, max_addr: u64) -> Result<u64, Refusal> {
        let found = self.find_space(start, length);
        self.reach(if found.is_ok() { Reached::FindAny } else { Reached::FindNone });
        let found = found?;
        let end = found + length;
        if max_addr != 0 && end > max_addr {
            self.reach(Reached::FitAbove);
            let (end, max_addr) = (Addr::new(end), Addr::new(max_addr));
            return Err(Refusal::AboveMaxAddr { end, max_addr });
        }
        self.reach_if(max_addr != 0, Reached::FitBelow);
        Ok(found)
    }

    /// 8.2.
    pub(super) fn check_protection(&mut self, start: u64, end: u64, prot: Prot) -> bool {
        let why = self.protection(start, end, prot);
        self.reach(why);
        matches!(why, Reached::CheckTrue | Reached::CheckReversed)
    }

    fn protection(&self, start: u64, end: u64, prot: Prot) -> Reached {
        let Some(mut x) = self.holder(start) else { return Reached::CheckUnmapped };
        if start >= end {
            return Reached::CheckReversed;
        }
        let mut s = start;
        while s < end {
            let Some(e) = self.entries.get(x) else { return Reached::CheckEnd };
            if s < e.start {
                return Reached::CheckHole;
            }
            if !e.prot.contains(prot) {
                return Reached::CheckLacks;
            }
            s = e.end;
            x += 1;
        }
        Reached::CheckTrue
    }
}
