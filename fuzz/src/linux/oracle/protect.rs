//! `mprotect` (L55 to L59).

use growstack::Prot;

use super::state::{is_aligned, whole_pages};
use super::{Branch, Call, LinuxOracle, PAGE};
use crate::linux::answer::Errno;
use crate::linux::op::Stretch;
use crate::linux::rules::Rules;
use crate::linux::vma::VmaFlags;

impl LinuxOracle {
    pub(super) fn mprotect(
        &mut self,
        addr: u64,
        length: u64,
        prot: Prot,
        stretch: Stretch,
    ) -> Call {
        // L55
        if stretch == Stretch::all() {
            return self.refuse(Branch::ProtectBothWays, Errno::EINVAL);
        }
        if !is_aligned(addr) {
            return self.refuse(Branch::ProtectUnaligned, Errno::EINVAL);
        }
        if length == 0 {
            self.reach(Branch::ProtectEmpty);
            return Ok(0);
        }
        let Some(end) = whole_pages(length).and_then(|length| addr.checked_add(length)) else {
            return Err(Errno::ENOMEM);
        };
        let start = self.protect_from(addr, end, stretch)?;
        self.protect_walk(start, end, prot)
    }

    /// L55: where the walk begins.
    fn protect_from(&mut self, start: u64, end: u64, stretch: Stretch) -> Call {
        let first = self.state.list.get(self.state.first_above(start)).copied();
        let Some(first) = first.filter(|first| first.start < end) else {
            return self.refuse(Branch::ProtectNothing, Errno::ENOMEM);
        };
        if stretch.contains(Stretch::GROWSDOWN) {
            if !first.has(VmaFlags::GD) {
                return self.refuse(Branch::StretchNot, Errno::EINVAL);
            }
            self.reach(Branch::Stretched);
            return Ok(first.start);
        }
        if start < first.start {
            return self.refuse(Branch::ProtectHoleFirst, Errno::ENOMEM);
        }
        if stretch.contains(Stretch::GROWSUP) {
            return self.refuse(Branch::StretchUp, Errno::EINVAL);
        }
        Ok(start)
    }

    /// L56.
    fn protect_walk(&mut self, start: u64, end: u64, prot: Prot) -> Call {
        let mut at = start;
        while at < end {
            let Some(x) = self.state.holder(at) else {
                return self.refuse(Branch::ProtectHole, Errno::ENOMEM);
            };
            let stop = self.state.list[x].end.min(end);
            let x = self.protect_part(x, at, stop, prot)?;
            // L59: a merge may have gone further than the part.
            at = self.state.list[x].end;
        }
        Ok(0)
    }

    /// L57 and L58, of a part of VMA `x`.
    fn protect_part(&mut self, x: usize, start: u64, end: u64, prot: Prot) -> Result<usize, Errno> {
        let area = self.state.list[x];
        let old = area.flags;
        let mut new = (old - VmaFlags::ACCESS) | VmaFlags::of(prot);
        if new == old {
            self.reach(Branch::ProtectSame);
            return Ok(x);
        }
        // L73, L87
        if new.contains(VmaFlags::WR) && !area.may_be_written() {
            return self.refuse(Branch::ProtectReadOnly, Errno::EACCES);
        }
        let pages = (end - start) / PAGE;
        if new.contains(VmaFlags::WR) {
            if !self.may_expand(pages, new) && self.may_expand(pages, old) {
                return self.refuse(Branch::ProtectLimit, Errno::ENOMEM);
            }
            if !old.intersects(VmaFlags::AC | VmaFlags::WR | VmaFlags::NR | VmaFlags::SH) {
                if !self.may_commit(pages) {
                    return self.refuse(Branch::ProtectCommit, Errno::ENOMEM);
                }
                self.reach(Branch::ProtectAccounted);
                new |= VmaFlags::AC;
            }
        } else if old.contains(VmaFlags::AC) && !area.is_anonymous() {
            self.reach(Branch::ProtectFile); // L75
        } else if old.contains(VmaFlags::AC)
            && area.anon.is_none()
            && self.config.rules.contains(Rules::DROP_ACCOUNT)
        {
            self.reach(Branch::ProtectUnaccounted);
            new -= VmaFlags::AC;
        }
        self.may_cut(start, end)?;
        self.reach(Branch::Protected);
        let x = self.modify(x, start, end, new);
        // L58
        let locked = old & (VmaFlags::WR | VmaFlags::LO) == VmaFlags::LO;
        if locked && new.contains(VmaFlags::WR) {
            self.reach(Branch::ProtectPopulated);
            self.populate_quietly(start, end - start);
        }
        Ok(x)
    }
}
