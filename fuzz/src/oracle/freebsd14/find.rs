//! D7 and D8: remove, fixed, findspace, find, check.

use growstack::{Addr, Change, EntryFlags, FindSpace, MapFlags, Prot, Refusal, Size};

use super::{Branch, Oracle14, outside};
use crate::op::Mapping;

impl Oracle14 {
    /// 7.1.
    pub(super) fn remove(&mut self, start: u64, end: u64, changes: &mut Vec<Change>) {
        let (start, end) = self.map.clamp(start, end);
        self.remove_clamped(start, end, changes);
    }

    /// D7.1 and D7.2. Says whether anything was mapped.
    fn remove_clamped(&mut self, start: u64, end: u64, changes: &mut Vec<Change>) -> bool {
        if start == end {
            self.reach(Branch::RemoveEmpty);
            return false;
        }
        let x = self.begin_walk(start);
        let any = self.map.in_walk(x, end);
        self.reach(if any { Branch::RemoveSome } else { Branch::RemoveNothing });
        while self.map.in_walk(x, end) {
            self.back_split(x, end);
            self.delete(x, changes);
        }
        any
    }

    /// D7.1 and D7.2: deletes entry `x`.
    pub(super) fn delete(&mut self, x: usize, changes: &mut Vec<Change>) {
        let gone = self.map.process.entries.remove(x);
        if gone.end == self.own.cluster && self.cluster_follows {
            self.own.cluster = gone.start;
            self.reach(Branch::ClusterFollowed);
        }
        self.map.forget(&gone);
        if gone.has(EntryFlags::STACK_GAP) {
            self.reach(Branch::GapDeleted);
        } else if gone.has(EntryFlags::GUARD) {
            self.reach(Branch::GuardDeleted);
        }
        if !gone.has(EntryFlags::GUARD) {
            changes.push(Change::Unmapped(gone.range()));
        }
    }

    /// 7.3, D7.7 and D7.8.
    pub(super) fn fixed(
        &mut self,
        start: u64,
        length: u64,
        mapping: &Mapping,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let (start, end) = self.map.clamp(start, start.wrapping_add(length));
        if start < end {
            // Assertions come before anything is removed, as in section 15.
            self.consistent(mapping)?;
        }
        if mapping.flags.contains(MapFlags::EXCL) {
            self.reach(Branch::FixedExcl);
        } else {
            let removed = self.remove_clamped(start, end, changes);
            self.reach(if removed { Branch::FixedReplaced } else { Branch::FixedFree });
        }
        if mapping.flags.intersects(MapFlags::GROWTH) {
            // D7.8: not the clamped length.
            self.reach(Branch::FixedStack);
            return self.stack_parts(start, length, mapping, changes);
        }
        self.insert(start, end, mapping, changes).map(|_| ())
    }

    /// D7.3 and D7.4. What the real kernel misses now and then is found, unless it is to be overlooked.
    pub(super) fn find_space(&mut self, start: u64, length: u64) -> Result<u64, Refusal> {
        let s = start.max(self.map.process.min);
        let max = self.map.process.max;
        let found = if s >= max || length > max - s {
            self.reach(Branch::SpaceOutside);
            None
        } else if length == 0 {
            let holder = self.map.holder(s);
            self.reach(if holder.is_some() { Branch::ZeroMapped } else { Branch::ZeroUnmapped });
            Some(holder.map_or(s, |x| self.map.process.entries[x].end))
        } else {
            let (found, why) = self.map.search(s, length);
            self.map.reach(why);
            found.filter(|found| !self.overlooks || !self.is_above_last(s, *found))
        };
        found.ok_or(Refusal::NoGap { start: Addr::new(s), length: Size::new(length) })
    }

    /// D7.3: is the fit that a search from `s` found one that the real kernel may miss? `s` is then in
    /// the gap right below the last entry, and the fit right above that.
    fn is_above_last(&self, s: u64, found: u64) -> bool {
        let entries = &self.map.process.entries;
        let above = entries.partition_point(|e| e.end <= s);
        let last = entries.last().filter(|_| above + 1 == entries.len());
        last.is_some_and(|last| s < last.start && found == last.end)
    }

    /// D7.5 to D7.8. Success is the address.
    pub(super) fn find(
        &mut self,
        start: u64,
        length: u64,
        max_addr: u64,
        how: FindSpace,
        mapping: &Mapping,
        changes: &mut Vec<Change>,
    ) -> Result<u64, Refusal> {
        let clustered = how == FindSpace::Any && start == 0 && max_addr == 0 && clusters(mapping);
        let at = match how {
            FindSpace::Any if clustered => self.find_clustered(length)?,
            FindSpace::Any => self.find_below(start, length, max_addr)?,
            FindSpace::No => {
                if mapping.flags.contains(MapFlags::REMAP) {
                    self.make_room(start, start.wrapping_add(length), mapping, changes)?;
                }
                start
            }
        };
        if mapping.flags.intersects(MapFlags::GROWTH) {
            self.reach(Branch::FindStack);
            self.stack_parts(at, length, mapping, changes)?;
        } else {
            self.insert(at, at.wrapping_add(length), mapping, changes)?;
        }
        if clustered && (self.own.cluster == 0 || at < self.own.cluster) {
            self.own.cluster = at;
            self.reach(Branch::ClusterMoved);
        }
        Ok(at)
    }

    /// D7.5: the one fit, if it ends at or below `max_addr`.
    fn find_below(&mut self, start: u64, length: u64, max_addr: u64) -> Result<u64, Refusal> {
        let found = self.find_space(start, length)?;
        let end = found + length;
        if max_addr != 0 && end > max_addr {
            self.reach(Branch::FitAbove);
            let (end, max_addr) = (Addr::new(end), Addr::new(max_addr));
            return Err(Refusal::AboveMaxAddr { end, max_addr });
        }
        self.reach_if(max_addr != 0, Branch::FitBelow);
        Ok(found)
    }

    /// The search of D7.6: from the cluster address, and then from 0.
    fn find_clustered(&mut self, length: u64) -> Result<u64, Refusal> {
        let cluster = self.own.cluster;
        if cluster != 0 {
            if let Ok(found) = self.find_space(cluster, length) {
                self.reach(Branch::ClusterFound);
                return Ok(found);
            }
            self.reach(Branch::ClusterRetried);
        }
        self.find_space(0, length)
    }

    /// D7.7: the removal before a find that does not search.
    fn make_room(
        &mut self,
        start: u64,
        end: u64,
        mapping: &Mapping,
        changes: &mut Vec<Change>,
    ) -> Result<(), Refusal> {
        let (min, max) = (self.map.process.min, self.map.process.max);
        if start < min || end > max || end < start {
            self.reach(Branch::RemapOutside);
            return Err(outside(start, end));
        }
        if start < end {
            self.consistent(mapping)?;
        }
        let removed = self.remove_clamped(start, end, changes);
        self.reach(if removed { Branch::RemapReplaced } else { Branch::RemapFree });
        Ok(())
    }

    /// 8.2 and D8.1.
    pub(super) fn check_protection(&mut self, start: u64, end: u64, prot: Prot) -> bool {
        // D8.1: past the end of the map the real code goes on at its lowest entry, up to the first
        // hole, or without end if there is none (DP5). The answer is FALSE in either case, as in 9.3.
        let last = self.map.process.entries.last();
        let to_max = last.is_some_and(|e| e.end == self.map.process.max);
        let past = end > self.map.process.max && to_max && prot == Prot::NONE;
        self.reach_if(past, Branch::CheckPastMax);
        self.map.check_protection(start, end, prot)
    }
}

/// D7.6: the part that is about what is mapped.
fn clusters(mapping: &Mapping) -> bool {
    let apart = MapFlags::INHERIT_SHARE | MapFlags::GROWTH;
    mapping.object.is_none() && !mapping.flags.intersects(apart) && mapping.prot != Prot::NONE
}
