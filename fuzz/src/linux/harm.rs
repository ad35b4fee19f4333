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
