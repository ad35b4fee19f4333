//! Operations that leave something behind in a machine that runs them.

use std::fmt;

use super::draw::View;
use super::{LinuxOp, MremapFlags, VmaFlags};

/// What stays behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Harm {
    /// Growth of a VMA that is not accounted charges memory that is given back to nobody until the
    /// machine is started again (L25).
    Commit,
    /// `MREMAP_DONTUNMAP` of locked memory leaves it counted in the process until that ends (L66).
    LockedCount,
}

impl Harm {
    /// What an operation may leave behind in a process that looks so.
    #[must_use]
    pub fn of(op: &LinuxOp, view: &View<'_>) -> Option<Self> {
        match *op {
            LinuxOp::Load { addr }
            | LinuxOp::Store { addr }
            | LinuxOp::KernelStore { addr }
            | LinuxOp::ProcMem { addr } => {
                let grows = view.first_above(addr).filter(|vma| !vma.range.contains(addr));
                let flags = grows?.flags & (VmaFlags::GD | VmaFlags::AC);
                (flags == VmaFlags::GD).then_some(Self::Commit)
            }
            LinuxOp::Mremap { addr, old, flags, .. } => {
                let end = addr.get().saturating_add(old.get().max(1));
                let moved =
                    |vma: &&super::Vma| vma.range.start().get() < end && addr < vma.range.end();
                let locked =
                    view.vmas.iter().filter(moved).any(|vma| vma.flags.contains(VmaFlags::LO));
                (locked && flags.contains(MremapFlags::DONTUNMAP)).then_some(Self::LockedCount)
            }
            _ => None,
        }
    }

    /// An operation like this one that leaves nothing behind.
    #[must_use]
    pub fn without(op: LinuxOp, view: &View<'_>) -> LinuxOp {
        match (Self::of(&op, view), op) {
            // Which grows nothing.
            (
                Some(Self::Commit),
                LinuxOp::Load { addr }
                | LinuxOp::Store { addr }
                | LinuxOp::KernelStore { addr }
                | LinuxOp::ProcMem { addr },
            ) => LinuxOp::VmRead { addr },
            (Some(Self::LockedCount), LinuxOp::Mremap { addr, old, new, flags, target }) => {
                let flags = flags - MremapFlags::DONTUNMAP;
                LinuxOp::Mremap { addr, old, new, flags, target }
            }
            _ => op,
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "charges memory that is not given back before the machine starts again",
            Self::LockedCount => {
                "leaves memory counted as locked for the rest of the process's life"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use growstack::{Addr, Prot, Size};

    use super::*;
    use crate::linux::sequence::Sequence;
    use crate::linux::{LinuxConfig, MlockFlags, MmapFlags};

    const AT: Addr = Addr::new(0x40_0000);
    const BELOW: Addr = Addr::new(0x3f_f000);

    fn mapped(prot: Prot, flags: MmapFlags) -> Sequence {
        let (addr, length) = (AT, Size::new(0x2000));
        let flags = flags | MmapFlags::FIXED;
        Sequence::of(&LinuxConfig::default(), &[LinuxOp::Mmap { addr, length, prot, flags }])
    }

    #[test]
    fn growth_without_an_account_is_harm() {
        let store = LinuxOp::Store { addr: BELOW };
        let harm = |prot, flags| Harm::of(&store, &mapped(prot, flags).view());
        let grows = MmapFlags::GROWSDOWN;
        assert_eq!(harm(Prot::RW, grows), None);
        assert_eq!(harm(Prot::READ, grows), Some(Harm::Commit));
        assert_eq!(harm(Prot::RW, grows | MmapFlags::NORESERVE), Some(Harm::Commit));
        assert_eq!(harm(Prot::READ, MmapFlags::empty()), None);
        let sequence = mapped(Prot::READ, grows);
        assert_eq!(Harm::of(&LinuxOp::Store { addr: AT }, &sequence.view()), None);
        let instead = Harm::without(store, &sequence.view());
        assert_eq!(instead, LinuxOp::VmRead { addr: BELOW });
        assert_eq!(Harm::of(&instead, &sequence.view()), None);
    }

    #[test]
    fn what_stays_mapped_of_locked_memory_is_harm() {
        let mut sequence = mapped(Prot::RW, MmapFlags::empty());
        let page = Size::new(0x1000);
        let flags = MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP;
        let op = LinuxOp::Mremap { addr: AT, old: page, new: page, flags, target: Addr::ZERO };
        assert_eq!(Harm::of(&op, &sequence.view()), None);
        sequence.push(LinuxOp::Mlock { addr: AT, length: page, flags: MlockFlags::empty() });
        assert_eq!(Harm::of(&op, &sequence.view()), Some(Harm::LockedCount));
        assert_eq!(Harm::of(&Harm::without(op, &sequence.view()), &sequence.view()), None);
    }
}
