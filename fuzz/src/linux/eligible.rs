//! Which operations there are rules for.

use growstack::{Addr, PAGE_SIZE, Size};

use super::config::LinuxConfig;
use super::op::{LinuxOp, MlockallFlags};

impl LinuxConfig {
    /// Does the operation keep to the window, and to what there are rules for?
    ///
    /// A kernel must not be asked for others: they may unmap the program that asks. `mlockall` of what
    /// is mapped now would lock that, too, and the heap is that program's; so there are rules for these only
    /// where the window is all that a program has. A live child has no files, either.
    #[must_use]
    pub fn supports(&self, op: &LinuxOp) -> bool {
        match *op {
            // A length of more than the window finds no hole there.
            LinuxOp::Mmap { addr, length, flags, .. } => {
                !flags.is_fixed() || self.has(addr, length)
            }
            LinuxOp::MmapFile { addr, length, flags, .. } => {
                self.program.is_some() && (!flags.is_fixed() || self.has(addr, length))
            }
            LinuxOp::Munmap { addr, length }
            | LinuxOp::Mprotect { addr, length, .. }
            | LinuxOp::Madvise { addr, length, .. }
            | LinuxOp::Mlock { addr, length, .. }
            | LinuxOp::Munlock { addr, length } => self.has(addr, length),
            LinuxOp::Mremap { addr, old, new, flags, target } => {
                self.has(addr, old) && (!flags.is_placed() || self.has(target, new))
            }
            LinuxOp::Mlockall { flags } => {
                self.program.is_some() || !flags.contains(MlockallFlags::CURRENT)
            }
            LinuxOp::Brk { .. } => self.program.is_some(),
            LinuxOp::Given { range, .. } => {
                self.program.is_some() && self.has(range.start(), range.len())
            }
            LinuxOp::Load { addr }
            | LinuxOp::Store { addr }
            | LinuxOp::KernelStore { addr }
            | LinuxOp::ProcMem { addr }
            | LinuxOp::VmRead { addr } => self.window.contains(addr),
            LinuxOp::Reset | LinuxOp::Munlockall | LinuxOp::Setrlimit { .. } => true,
        }
    }

    /// Are all pages that a range touches in the window?
    fn has(&self, addr: Addr, length: Size) -> bool {
        let end = addr.get().checked_add(length.get());
        let end = end.and_then(|end| end.checked_next_multiple_of(PAGE_SIZE));
        end.is_some_and(|end| self.window.start() <= addr && end <= self.window.end().get())
    }
}
