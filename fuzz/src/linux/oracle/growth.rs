//! Growth of a stack (L10 to L20): a touch of an address that no VMA holds.

use super::state::page_of;
use super::{Branch, LinuxOracle, PAGE};
use crate::linux::vma::VmaFlags;

impl LinuxOracle {
    /// Makes the VMA above `addr` long enough to hold it, and gives that; or else the branch of the
    /// rule that refuses.
    pub(super) fn grow(&mut self, addr: u64) -> Result<usize, Branch> {
        // L10
        let x = self.state.first_above(addr);
        let Some(&stack) = self.state.list.get(x) else { return Err(Branch::NothingAbove) };
        if !stack.has(VmaFlags::GD) {
            return Err(Branch::NotGrowable);
        }
        // L11
        let start = page_of(addr);
        if start < self.config.min.get() {
            return Err(Branch::BelowMin);
        }
        // L12, L13
        match x.checked_sub(1).map(|lower| self.state.list[lower]) {
            None => self.reach(Branch::NoLower),
            Some(lower) if lower.has(VmaFlags::GD) => self.reach(Branch::LowerGrows),
            Some(lower) if !lower.is_accessible() => self.reach(Branch::LowerWithoutAccess),
            Some(lower) if start - lower.end < self.config.gap.get() => {
                return Err(Branch::GapShort);
            }
            Some(_) => self.reach(Branch::GapKept),
        }
        // L14: even though the rest may still refuse.
        self.make_written(x);
        // L15
        let pages = (stack.start - start) / PAGE;
        if stack.pgoff < pages {
            return Err(Branch::OffsetShort);
        }
        // L16
        if !self.may_expand(pages, stack.flags) {
            return Err(Branch::AddressSpaceLimit);
        }
        // L17: the size of this VMA alone.
        if stack.end - start > self.state.soft.stack {
            return Err(Branch::StackLimit);
        }
        // L18
        if !self.may_lock(pages, stack.flags) {
            return Err(Branch::LockLimit);
        }
        // L19: asked of VMAs that are not accounted, too.
        if !self.may_commit(pages) {
            return Err(Branch::CommitLimit);
        }
        // L20
        let stack = &mut self.state.list[x];
        stack.start = start;
        stack.pgoff -= pages;
        self.reach(Branch::Grew);
        Ok(x)
    }
}
