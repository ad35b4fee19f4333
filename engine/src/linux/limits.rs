//! What may be mapped and locked (L5, L6).
//!
//! The limit on data is not among them: no entry that grows counts against it (L4), so that growth never asks
//! for it, and a kernel that has it can ask before it maps anything else.

use crate::map::{Linux, StackState, Totals};
use crate::num::Size;
use crate::refusal::Refusal;

impl StackState<Linux> {
    /// L5: may `amount` bytes more be mapped, beside `size`?
    #[inline(always)]
    pub(super) fn may_expand(&self, size: Size, amount: Size) -> Result<(), Refusal> {
        let limit = self.limits.vmem;
        match size.get().checked_add(amount.get()) {
            Some(sum) if sum <= limit.get() => Ok(()),
            _ => Err(Refusal::AddressSpace { size, amount, limit }),
        }
    }

    /// L6: may `amount` bytes more be locked?
    #[inline(always)]
    pub(super) fn may_lock(&self, totals: Totals, amount: Size) -> Result<(), Refusal> {
        let (wired, limit) = (totals.page.pages(totals.wired_pages), self.limits.memlock);
        match wired.get().checked_add(amount.get()) {
            Some(sum) if sum <= limit.get() => Ok(()),
            _ => Err(Refusal::LockLimit { wired, amount, limit }),
        }
    }
}
