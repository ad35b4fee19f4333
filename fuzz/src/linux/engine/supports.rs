//! What the engine has of Linux.

use growstack::{Addr, Size};

use crate::linux::op::{Advice, LinuxOp, MlockFlags, MlockallFlags, MmapFlags, Resource};
use crate::linux::{LinuxConfig, Rules, Vma, VmaFlags};

/// What sequences for the engine start from: as `like`, without protection keys and huge pages, which are
/// no matter of a list of entries, and with the engine's search for space ([`Rules::SEARCH_EACH_HOLE`]).
#[must_use]
pub fn config(like: &LinuxConfig) -> LinuxConfig {
    let rules = like.rules | Rules::SEARCH_EACH_HOLE;
    LinuxConfig { keys: false, huge_pages: false, rules, ..*like }
}

/// Does the engine have an operation, with these VMAs? All but files and what is shared, the heap, `mremap`,
/// locks on fault, guard pages, advice about pages and not about VMAs, and the limit on data. An entry says in one word what a child gets of it, so that
/// one cannot be kept from the child and wiped as well.
#[must_use]
pub fn supports(op: &LinuxOp, vmas: &[Vma]) -> bool {
    match *op {
        LinuxOp::Mremap { .. } => false,
        LinuxOp::MmapFile { .. } | LinuxOp::Brk { .. } | LinuxOp::Given { .. } => false,
        LinuxOp::Mmap { flags, .. } => !flags.contains(MmapFlags::SHARED),
        LinuxOp::Mlock { flags, .. } => flags == MlockFlags::empty(),
        LinuxOp::Mlockall { flags } => flags != MlockallFlags::FUTURE | MlockallFlags::ONFAULT,
        LinuxOp::Setrlimit { resource, .. } => resource != Resource::Data,
        LinuxOp::Madvise { addr, length, advice } => match advice {
            Advice::DontNeed
            | Advice::Free
            | Advice::WillNeed
            | Advice::Cold
            | Advice::PageOut
            | Advice::HugePage
            | Advice::NoHugePage
            | Advice::GuardInstall
            | Advice::GuardRemove => false,
            Advice::DontFork | Advice::DoFork => !any(vmas, addr, length, VmaFlags::WF),
            Advice::WipeOnFork | Advice::KeepOnFork => !any(vmas, addr, length, VmaFlags::DC),
            _ => true,
        },
        _ => true,
    }
}

/// Has a VMA that a range touches this flag?
fn any(vmas: &[Vma], addr: Addr, length: Size, flag: VmaFlags) -> bool {
    let end = addr.get().saturating_add(length.get());
    let touched = |vma: &&Vma| addr < vma.range.end() && vma.range.start().get() < end;
    vmas.iter().filter(touched).any(|vma| vma.flags.contains(flag))
}
