//! The settings of a map that Linux has.

use super::gap::GuardGap;
use crate::map::{Linux, VmMap};
use crate::num::{Addr, Size};
use crate::objects::Objects;

/// What a map has for Linux alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OfLinux {
    /// The lowest address of growth and of what a search places (L11, L36, L37).
    pub(super) lowest: Addr,
    /// The number of the last anonymous memory (L50).
    pub(super) last_anon: u64,
}

impl OfLinux {
    /// As Linux starts: nothing below 64 KiB.
    pub(super) const START: Self = Self { lowest: Addr::new(0x1_0000), last_anon: 0 };
}

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// `vm.mmap_min_addr`, or what a security module makes of it: the lowest address to which a stack
    /// grows and at which a search places a mapping (L11, L36, L37). 64 KiB at first. A mapping at a
    /// fixed address is held to [`min`](Self::min) alone (L31).
    #[must_use]
    pub const fn lowest(&self) -> Addr {
        self.of_map.lowest
    }

    /// Sets that. What is mapped stays.
    pub const fn set_lowest(&mut self, lowest: Addr) {
        self.of_map.lowest = lowest;
    }

    /// `stack_guard_gap`, in bytes: how far growth stays away from an entry below that may be accessed
    /// (L12), and a search from a stack above (L36, L37). 1 MiB at first, which is 256 pages of 4 KiB: Linux has
    /// 256 pages of any size.
    #[must_use]
    pub fn guard_gap(&self) -> Size {
        Size::new(self.tree.margin().bytes)
    }

    /// Sets that, as the boot parameter of Linux does. What is mapped stays. O(n).
    pub fn set_guard_gap(&mut self, gap: Size) {
        self.tree.set_margin(GuardGap { bytes: gap.get() });
    }
}
