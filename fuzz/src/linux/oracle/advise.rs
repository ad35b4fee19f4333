//! `madvise` (L60, L61), guard pages among it (L70, L71).

use super::anon::Touched;
use super::state::{Area, is_aligned, whole_pages};
use super::{Branch, Call, LinuxOracle, PAGE};
use crate::linux::answer::Errno;
use crate::linux::op::Advice;
use crate::linux::rules::Rules;
use crate::linux::vma::VmaFlags;

impl LinuxOracle {
    pub(super) fn madvise(&mut self, addr: u64, length: u64, advice: Advice) -> Call {
        let is_guard = matches!(advice, Advice::GuardInstall | Advice::GuardRemove);
        if is_guard && !self.config.rules.contains(Rules::GUARD_PAGES) {
            return self.refuse(Branch::AdviceUnknown, Errno::EINVAL);
        }
        if !is_aligned(addr) {
            return self.refuse(Branch::AdviseUnaligned, Errno::EINVAL);
        }
        let Some(end) = whole_pages(length).and_then(|length| addr.checked_add(length)) else {
            return Err(Errno::EINVAL);
        };
        if end == addr {
            self.reach(Branch::AdviseEmpty);
            return Ok(0);
        }
        match advice {
            Advice::PopulateRead => self.advise_touch(addr, end, false),
            Advice::PopulateWrite => self.advise_touch(addr, end, true),
            _ => self.advise_walk(addr, end, advice),
        }
    }

    /// L61.
    fn advise_touch(&mut self, start: u64, end: u64, write: bool) -> Call {
        match self.touch_all(start, end, write) {
            Ok(()) => {
                self.reach(if write { Branch::AdvisedStores } else { Branch::AdvisedLoads });
                Ok(0)
            }
            Err(Touched::Hole) => self.refuse(Branch::TouchHole, Errno::ENOMEM),
            Err(Touched::Forbidden) => self.refuse(Branch::TouchForbidden, Errno::EINVAL),
            Err(Touched::Guard) => self.refuse(Branch::TouchGuard, Errno::EFAULT),
        }
    }

    /// L60: holes are passed over, and reported at the end.
    fn advise_walk(&mut self, start: u64, end: u64, advice: Advice) -> Call {
        let mut hole = false;
        let mut at = start;
        while at < end {
            let x = self.state.first_above(at);
            let Some(area) = self.state.list.get(x).copied().filter(|area| area.start < end) else {
                hole = true;
                break;
            };
            hole |= at < area.start;
            let x = self.advise_part(x, at.max(area.start), area.end.min(end), advice)?;
            at = self.state.list[x].end;
        }
        if hole { self.refuse(Branch::AdviseHole, Errno::ENOMEM) } else { Ok(0) }
    }

    /// What the advice does to a part of VMA `x`. The VMA that the part belongs to afterwards.
    fn advise_part(
        &mut self,
        x: usize,
        start: u64,
        end: u64,
        advice: Advice,
    ) -> Result<usize, Errno> {
        let area = self.state.list[x];
        let locked = area.has(VmaFlags::LO);
        let old = area.flags;
        // L79
        if self.is_no_advice_for(&area, advice) {
            return self.refuse(Branch::AdviseObject, Errno::EINVAL);
        }
        let new = match advice {
            Advice::Normal => old - VmaFlags::SR - VmaFlags::RR,
            Advice::Sequential => (old - VmaFlags::RR) | VmaFlags::SR,
            Advice::Random => (old - VmaFlags::SR) | VmaFlags::RR,
            Advice::DontFork => old | VmaFlags::DC,
            Advice::DoFork => old - VmaFlags::DC,
            Advice::DontDump => old | VmaFlags::DD,
            Advice::DoDump => old - VmaFlags::DD,
            Advice::WipeOnFork => old | VmaFlags::WF,
            Advice::KeepOnFork => old - VmaFlags::WF,
            // L80
            Advice::HugePage => (old - VmaFlags::NH) | VmaFlags::HG,
            Advice::NoHugePage => (old - VmaFlags::HG) | VmaFlags::NH,
            Advice::DontNeed
            | Advice::Free
            | Advice::Cold
            | Advice::PageOut
            | Advice::GuardInstall
                if locked =>
            {
                return self.refuse(Branch::AdviseLocked, Errno::EINVAL);
            }
            Advice::DontNeed | Advice::Free | Advice::WillNeed | Advice::Cold | Advice::PageOut => {
                self.reach(Branch::AdviseDropped);
                return Ok(x);
            }
            Advice::GuardInstall => {
                self.install_guards(x, start, end);
                return Ok(x);
            }
            Advice::GuardRemove => {
                self.reach(Branch::GuardsRemoved);
                self.state.guards.retain(|&page| page < start || end <= page);
                return Ok(x);
            }
            // Not advice about VMAs.
            Advice::PopulateRead | Advice::PopulateWrite => return Err(Errno::EINVAL),
        };
        if new == old {
            self.reach(Branch::AdviseSame);
            return Ok(x);
        }
        self.may_cut(start, end)?;
        self.reach(Branch::Advised);
        Ok(self.modify(x, start, end, new))
    }

    /// L79, L80, L87: advice that there is not for this VMA.
    fn is_no_advice_for(&self, area: &Area, advice: Advice) -> bool {
        match advice {
            Advice::Free | Advice::WipeOnFork => !area.is_anonymous(),
            Advice::HugePage | Advice::NoHugePage => !self.config.huge_pages,
            Advice::DoFork => area.has(VmaFlags::IO),
            Advice::DoDump | Advice::GuardInstall | Advice::GuardRemove => area.is_special(),
            Advice::DontNeed | Advice::Cold | Advice::PageOut => area.has(VmaFlags::PF),
            _ => false,
        }
    }

    /// L70.
    fn install_guards(&mut self, x: usize, start: u64, end: u64) {
        self.reach(Branch::GuardsInstalled);
        self.make_written(x);
        // L71
        if self.config.rules.contains(Rules::GUARD_FLAG) {
            self.state.list[x].flags |= VmaFlags::GU;
        }
        let pages = (start / PAGE..end / PAGE).map(|page| page * PAGE);
        self.state.guards.extend(pages);
    }
}
