//! What operations are drawn for: the VMAs and the limits as the oracle has them.

use growstack::Addr;

use crate::linux::{LinuxConfig, LinuxLimits, Vma, VmaFlags};

/// Bytes of a page.
pub(super) const PAGE: u64 = 1 << 12;

/// A process, as far as it can be seen.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What it started from.
    pub config: &'a LinuxConfig,
    /// Its soft limits by now.
    pub soft: &'a LinuxLimits,
    /// The VMAs of its window, in the order of their addresses.
    pub vmas: &'a [Vma],
    /// What the last operation was about.
    pub focus: Addr,
}

impl View<'_> {
    /// The VMA that holds an address.
    #[must_use]
    pub fn holder(&self, addr: Addr) -> Option<&Vma> {
        self.first_above(addr).filter(|vma| vma.range.contains(addr))
    }

    /// The first VMA that ends above an address: the one that a touch there would grow.
    #[must_use]
    pub fn first_above(&self, addr: Addr) -> Option<&Vma> {
        self.vmas.iter().find(|vma| addr < vma.range.end())
    }

    /// Where the window ends.
    pub(super) const fn end(&self) -> u64 {
        self.config.window.end().get()
    }

    /// Where the free space below a VMA begins.
    pub(super) fn below(&self, at: usize) -> u64 {
        at.checked_sub(1).and_then(|lower| self.vmas.get(lower)).map_or(0, end)
    }

    /// Where the free space above a VMA ends.
    pub(super) fn above(&self, at: usize) -> u64 {
        self.vmas.get(at + 1).map_or(self.end(), start)
    }

    /// Pages of the VMAs that have a flag; of all, without one.
    pub(super) fn pages(&self, flag: VmaFlags) -> u64 {
        self.vmas.iter().filter(|vma| vma.flags.contains(flag)).map(pages).sum()
    }

    /// Pages of data (L4).
    pub(super) fn data(&self) -> u64 {
        let is_data = |flags: VmaFlags| flags & (VmaFlags::WR | VmaFlags::GD) == VmaFlags::WR;
        self.vmas.iter().filter(|vma| is_data(vma.flags)).map(pages).sum()
    }
}

pub(super) const fn start(vma: &Vma) -> u64 {
    vma.range.start().get()
}

pub(super) const fn end(vma: &Vma) -> u64 {
    vma.range.end().get()
}

pub(super) const fn pages(vma: &Vma) -> u64 {
    vma.range.len().get() / PAGE
}
