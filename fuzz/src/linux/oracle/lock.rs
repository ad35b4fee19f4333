//! `mlock` and its relatives (L67, L68).

use super::state::page_of;
use super::{Branch, Call, LinuxOracle, PAGE};
use crate::linux::answer::Errno;
use crate::linux::op::{MlockFlags, MlockallFlags};
use crate::linux::vma::VmaFlags;

/// Locked in one way or the other.
const LOCK: VmaFlags = VmaFlags::LO.union(VmaFlags::LF);

impl LinuxOracle {
    pub(super) fn mlock(&mut self, addr: u64, length: u64, flags: MlockFlags) -> Call {
        // L67
        if !self.may_lock_at_all() {
            return self.refuse(Branch::LockForbidden, Errno::EPERM);
        }
        let (start, end) = pages_around(addr, length).ok_or(Errno::EINVAL)?;
        let pages = (end - start) / PAGE;
        let again = self.state.pages_in(start, end, |area| area.has(VmaFlags::LO));
        let locked = self.locked().saturating_add(pages).saturating_sub(again);
        if !self.locks_without_limit() && self.state.soft.memlock / PAGE < locked {
            return self.refuse(Branch::LockTooMuch, Errno::ENOMEM);
        }
        let on_fault = flags.contains(MlockFlags::ONFAULT);
        self.lock_walk(start, end, if on_fault { LOCK } else { VmaFlags::LO })?;
        if self.populate(start, end).is_err() {
            return self.refuse(Branch::LockUnpopulated, Errno::ENOMEM);
        }
        self.reach(Branch::Locked);
        Ok(0)
    }

    pub(super) fn munlock(&mut self, addr: u64, length: u64) -> Call {
        let (start, end) = pages_around(addr, length).ok_or(Errno::EINVAL)?;
        self.lock_walk(start, end, VmaFlags::empty())?;
        self.reach(Branch::Unlocked);
        Ok(0)
    }

    /// Gives a range other lock flags, VMA by VMA up to the first hole.
    fn lock_walk(&mut self, start: u64, end: u64, lock: VmaFlags) -> Result<(), Errno> {
        let mut at = start;
        while at < end {
            let Some(x) = self.state.holder(at) else {
                return self.refuse(Branch::LockHole, Errno::ENOMEM);
            };
            let stop = self.state.list[x].end.min(end);
            let x = self.lock_part(x, at, stop, lock);
            at = self.state.list[x].end;
        }
        Ok(())
    }

    fn lock_part(&mut self, x: usize, start: u64, end: u64, lock: VmaFlags) -> usize {
        // L87
        if self.state.list[x].is_special() {
            return x;
        }
        let old = self.state.list[x].flags;
        let new = (old - LOCK) | lock;
        if new == old { x } else { self.modify(x, start, end, new) }
    }

    /// L68.
    pub(super) fn mlockall(&mut self, flags: MlockallFlags) -> Call {
        let unknown = flags.contains(MlockallFlags::UNKNOWN);
        if flags.is_empty() || unknown || flags == MlockallFlags::ONFAULT {
            return self.refuse(Branch::LockAllFlags, Errno::EINVAL);
        }
        if !self.may_lock_at_all() {
            return self.refuse(Branch::LockAllForbidden, Errno::EPERM);
        }
        let now = flags.contains(MlockallFlags::CURRENT);
        if now && !self.may_lock_everything() {
            return self.refuse(Branch::LockAllTooMuch, Errno::ENOMEM);
        }
        let on_fault = flags.contains(MlockallFlags::ONFAULT);
        let lock = if on_fault { LOCK } else { VmaFlags::LO };
        let future = flags.contains(MlockallFlags::FUTURE);
        self.state.def_flags = if future { lock } else { VmaFlags::empty() };
        self.reach_if(future, Branch::LockFuture);
        if now {
            self.reach(Branch::LockedAll);
            self.lock_everything(lock);
            self.populate_quietly(0, u64::MAX);
        }
        Ok(0)
    }

    /// L86: may all that is mapped be locked?
    fn may_lock_everything(&self) -> bool {
        let pages = self.config.base_pages.saturating_add(self.state.pages(|_| true));
        self.locks_without_limit() || pages <= self.state.soft.memlock / PAGE
    }

    /// L68: of everything, VMA by VMA.
    pub(super) fn munlockall(&mut self) -> Call {
        self.state.def_flags = VmaFlags::empty();
        self.lock_everything(VmaFlags::empty());
        self.reach(Branch::UnlockedAll);
        Ok(0)
    }

    fn lock_everything(&mut self, lock: VmaFlags) {
        let mut at = 0;
        while let Some(area) = self.state.list.get(self.state.first_above(at)).copied() {
            let x = self.state.first_above(at);
            let x = self.lock_part(x, area.start, area.end, lock);
            at = self.state.list[x].end;
        }
    }
}

/// The pages that a range touches; none for an empty range at the start of a page.
fn pages_around(addr: u64, length: u64) -> Option<(u64, u64)> {
    let end = addr.checked_add(length)?.checked_next_multiple_of(PAGE)?;
    Some((page_of(addr), end))
}
