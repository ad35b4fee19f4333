//! `mremap` (L62 to L66).

use super::place::Alignment;
use super::state::{Area, Object, is_aligned, whole_pages};
use super::{Branch, Call, LinuxOracle, PAGE};
use crate::linux::answer::Errno;
use crate::linux::op::{FileTraits, MremapFlags};
use crate::linux::rules::Rules;
use crate::linux::vma::VmaFlags;

/// What is asked, in whole pages.
#[derive(Clone, Copy)]
struct Remap {
    addr: u64,
    old: u64,
    new: u64,
    flags: MremapFlags,
    target: u64,
}

impl Remap {
    const fn is_placed(&self) -> bool {
        self.flags.is_placed()
    }

    const fn keeps_source(&self) -> bool {
        self.flags.contains(MremapFlags::DONTUNMAP)
    }

    const fn is_fixed(&self) -> bool {
        self.flags.contains(MremapFlags::FIXED)
    }

    /// Do the old range and the new one overlap?
    const fn overlaps(&self) -> bool {
        self.addr < self.target.saturating_add(self.new)
            && self.target < self.addr.saturating_add(self.old)
    }
}

impl Area {
    /// L38, L77: how what is moved from `addr` on is placed for huge pages.
    const fn alignment_at(&self, addr: u64) -> Alignment {
        match self.object {
            None => Alignment::Anonymous,
            Some(Object::File { traits, .. }) if traits.contains(FileTraits::HUGE) => {
                Alignment::File(self.pgoff_at(addr).wrapping_mul(PAGE))
            }
            Some(_) => Alignment::None,
        }
    }
}

impl LinuxOracle {
    pub(super) fn mremap(
        &mut self,
        addr: u64,
        old: u64,
        new: u64,
        flags: MremapFlags,
        target: u64,
    ) -> Call {
        let (Some(old), Some(new)) = (whole_pages(old), whole_pages(new)) else {
            return self.refuse(Branch::RemapArguments, Errno::EINVAL);
        };
        let asked = Remap { addr, old, new, flags, target };
        let several = self.config.rules.contains(Rules::MOVE_SEVERAL);
        let placed = asked.is_placed();
        if !is_aligned(addr)
            || new == 0
            || placed && !flags.contains(MremapFlags::MAYMOVE)
            || asked.keeps_source() && old != new
        {
            return self.refuse(Branch::RemapArguments, Errno::EINVAL);
        }
        if !several && self.state.holder(addr).is_none() {
            return self.refuse(Branch::RemapNothing, Errno::EFAULT);
        }
        if placed && !is_aligned(target) {
            return self.refuse(Branch::RemapArguments, Errno::EINVAL);
        }
        if placed && asked.overlaps() {
            return self.refuse(Branch::RemapOverlap, Errno::EINVAL);
        }
        match placed {
            // L65
            true if several && asked.is_fixed() && old == new => self.remap_several(asked),
            true => self.remap_to(asked),
            false => self.remap_at(asked),
        }
    }

    /// The VMA at the address.
    fn remapped(&mut self, addr: u64) -> Result<usize, Errno> {
        match self.state.holder(addr) {
            Some(x) => Ok(x),
            None => self.refuse(Branch::RemapNothing, Errno::EFAULT),
        }
    }

    /// L63: the checks of what is moved or gets longer.
    fn may_remap(&mut self, x: usize, Remap { addr, old, new, .. }: Remap) -> Result<(), Errno> {
        let area = self.state.list[x];
        if old == 0 && !area.has(VmaFlags::MS) {
            return self.refuse(Branch::RemapEmpty, Errno::EINVAL);
        }
        // What is cut off may reach beyond the VMA.
        if area.end - addr < old.min(new) {
            return self.refuse(Branch::RemapCrosses, Errno::EFAULT);
        }
        let Some(more) = new.checked_sub(old).filter(|more| *more != 0) else { return Ok(()) };
        // L87
        if area.flags.intersects(VmaFlags::DE | VmaFlags::PF) {
            return self.refuse(Branch::RemapSpecial, Errno::EFAULT);
        }
        if !self.may_lock(more / PAGE, area.flags) {
            return self.refuse(Branch::RemapLockLimit, Errno::EAGAIN);
        }
        if !self.may_expand(more / PAGE, area.flags) {
            return self.refuse(Branch::RemapLimit, Errno::ENOMEM);
        }
        Ok(())
    }

    /// In place, if that can be.
    fn remap_at(&mut self, asked: Remap) -> Call {
        let Remap { addr, old, new, flags, .. } = asked;
        let x = self.remapped(addr)?;
        // L62
        if new <= old {
            self.reach(if new == old { Branch::RemapSame } else { Branch::RemapShorter });
            if new < old {
                self.remove(addr + new, addr + old);
            }
            return Ok(addr);
        }
        // L63
        self.may_remap(x, asked)?;
        if self.may_extend(x, addr + old, addr.saturating_add(new)) {
            return self.extend(x, asked);
        }
        if !flags.contains(MremapFlags::MAYMOVE) {
            return self.refuse(Branch::RemapNoRoom, Errno::ENOMEM);
        }
        self.move_to(asked)
    }

    /// Is there room for VMA `x` from its end on?
    fn may_extend(&self, x: usize, old_end: u64, end: u64) -> bool {
        let area = &self.state.list[x];
        area.end == old_end
            && end <= self.config.window.end().get()
            && self.state.is_free(area.end, end)
            && self.is_allowed_at(area.start)
    }

    /// L63: in place, without a gap to a stack above.
    fn extend(&mut self, x: usize, Remap { addr, old, new, .. }: Remap) -> Call {
        let area = self.state.list[x];
        if area.has(VmaFlags::AC) && !self.may_commit((new - old) / PAGE) {
            return self.refuse(Branch::RemapCommit, Errno::ENOMEM);
        }
        self.reach(Branch::RemapExtended);
        let (start, end, pgoff) = (area.end, addr + new, area.pgoff_at(area.end));
        self.insert(Area { start, end, pgoff, ..area });
        if area.has(VmaFlags::LO) {
            self.populate_quietly(start, end - start);
        }
        Ok(addr)
    }

    /// L64, L65: to where the caller says.
    fn remap_to(&mut self, asked: Remap) -> Call {
        let Remap { addr, old, new, target, .. } = asked;
        let several = self.config.rules.contains(Rules::MOVE_SEVERAL);
        if several {
            let x = self.remapped(addr)?;
            self.may_remap(x, asked)?;
        }
        if asked.is_fixed() {
            self.remove(target, target + new);
        }
        let mut asked = asked;
        if new < old {
            self.reach(Branch::RemapTail);
            self.remove(addr + new, addr + old);
            asked.old = new;
        }
        if !several {
            let x = self.remapped(addr)?;
            self.may_remap(x, asked)?;
        }
        self.move_to(asked)
    }

    /// L65: every VMA of the range.
    fn remap_several(&mut self, asked: Remap) -> Call {
        let end = asked.addr + asked.old;
        let (mut at, mut target) = (asked.addr, asked.target);
        let mut last_end = None;
        while at < end {
            let next = self.state.list.get(self.state.first_above(at)).copied();
            let Some(area) = next.filter(|area| area.start < end) else { break };
            if last_end.is_none() && asked.addr < area.start {
                break;
            }
            let start = area.start.max(asked.addr);
            let length = area.end.min(end) - start;
            // The holes between them stay.
            target += last_end.map_or(0, |last| area.start - last);
            self.reach_if(last_end.is_some(), Branch::RemapAnother);
            let part = Remap { addr: start, old: length, new: length, target, ..asked };
            self.remap_to(part)?;
            target += length;
            last_end = Some(area.end);
            at = start + length;
        }
        match last_end {
            Some(_) => Ok(asked.target),
            None => self.refuse(Branch::RemapNothing, Errno::EFAULT),
        }
    }

    /// L64.
    fn move_to(&mut self, asked: Remap) -> Call {
        let Remap { addr, old, new, target, .. } = asked;
        let x = self.remapped(addr)?;
        let area = self.state.list[x];
        if asked.keeps_source() && !self.may_expand(old / PAGE, area.flags) {
            return self.refuse(Branch::RemapLimit, Errno::ENOMEM);
        }
        self.may_cut(addr, addr.saturating_add(old))?;
        let place = if asked.is_fixed() {
            target
        } else {
            let hint = if asked.is_placed() { target } else { 0 };
            self.place(hint, new, area.alignment_at(addr)).ok_or(Errno::ENOMEM)?
        };
        if !self.is_allowed_at(place) {
            return self.refuse(Branch::RemapTooLow, Errno::EPERM);
        }
        let charge = if asked.keeps_source() { new } else { new - old };
        if area.has(VmaFlags::AC) && !self.may_commit(charge / PAGE) {
            return self.refuse(Branch::RemapCommit, Errno::ENOMEM);
        }
        // What has never been written gets new numbers.
        let written = area.anon.is_some();
        self.reach(if written { Branch::RemapMovedWritten } else { Branch::RemapMovedClean });
        let keeps = written || !area.is_anonymous();
        self.reach_if(!area.is_anonymous(), Branch::RemapObject);
        let pgoff = if keeps { area.pgoff_at(addr) } else { place / PAGE };
        self.insert(Area { start: place, end: place + new, pgoff, ..area });
        self.move_guards(addr, addr + old, place);
        if asked.keeps_source() {
            self.keep_source(addr, old);
        } else if old == 0 {
            self.reach(Branch::RemapSecondView); // L78
        } else {
            self.remove(addr, addr + old);
        }
        if area.has(VmaFlags::LO) && old < new {
            self.populate_quietly(place + old, new - old);
        }
        Ok(place)
    }

    /// L70: guard pages go along.
    fn move_guards(&mut self, start: u64, end: u64, place: u64) {
        let moved: Vec<u64> = self.state.guards.range(start..end).copied().collect();
        self.reach_if(!moved.is_empty(), Branch::GuardsMoved);
        for page in moved {
            self.state.guards.remove(&page);
            self.state.guards.insert(place + (page - start));
        }
    }

    /// L66: what becomes of a source that stays.
    fn keep_source(&mut self, addr: u64, length: u64) {
        let Some(x) = self.state.holder(addr) else { return };
        self.reach(Branch::SourceKept);
        let leaks = self.config.rules.contains(Rules::LOCK_LEAK);
        let area = &mut self.state.list[x];
        let locked = area.has(VmaFlags::LO);
        area.flags -= VmaFlags::LO | VmaFlags::LF;
        let whole = area.start == addr && area.end == addr + length;
        if whole {
            area.anon = None;
        }
        if locked && leaks {
            self.state.leaked += area.pages();
        }
        self.reach_if(locked && leaks, Branch::LockLeaked);
        self.reach_if(whole, Branch::SourceClean);
    }
}
