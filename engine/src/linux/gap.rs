//! The gap that is left free below a stack (`stack_guard_gap`).

use crate::flags::EntryFlags;
use crate::map::Body;
use crate::tree::Margin;

/// Bytes that are left free below an entry that grows down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GuardGap {
    pub(super) bytes: u64,
}

impl<T> Margin<Body<T>> for GuardGap {
    /// 256 pages of 4 KiB, as Linux has it without a boot parameter.
    const START: Self = Self { bytes: 256 << 12 };

    #[inline(always)]
    fn below(self, entry: &Body<T>) -> u64 {
        if entry.has(EntryFlags::GROWS_DOWN) { self.bytes } else { 0 }
    }
}
