//! What the growth of a stack is held against, and what it is charged for.

use super::{Kernel, VmMap};
use crate::limits::Limits;
use crate::num::Size;
use crate::objects::{Objects, Swap};
use crate::page::PageSize;
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

/// The totals of a map that limits are compared with, and the pages that they count in.
#[derive(Clone, Copy)]
pub(crate) struct Totals {
    /// The size of a page.
    pub(crate) page: PageSize,
    /// Bytes mapped.
    pub(crate) size: Size,
    /// Pages wired.
    pub(crate) wired_pages: u64,
    /// Is everything wired that is mapped from now on?
    pub(crate) wire_future: bool,
}

impl Totals {
    /// Rules 13.9 and 13.10.
    #[inline(always)]
    pub(crate) fn check_growth(self, amount: Size, limits: &Limits) -> Result<(), Refusal> {
        let Self { page, size, wired_pages, wire_future } = self;
        if wire_future {
            let (wired, limit) = (page.pages(wired_pages), limits.memlock);
            if wired.wrapping_add(amount) > limit {
                return Err(Refusal::GrowMemlock { wired, amount, limit });
            }
        }
        let limit = limits.vmem;
        if size.wrapping_add(amount) > limit {
            return Err(Refusal::GrowVmem { size, amount, limit });
        }
        Ok(())
    }
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    pub(crate) const fn totals(&self) -> Totals {
        let (wired_pages, wire_future) = (self.wired_pages, self.wire_future);
        Totals { page: O::PAGE, size: self.size(), wired_pages, wire_future }
    }

    /// Rule 17.19. What has been reserved is never given back, as in the real kernel.
    #[cold]
    pub(crate) fn extend_object(&mut self, at: &Cursor, length: u64) -> Result<(), Refusal> {
        match self.tree.item(at).map(|stack| (stack.value.object.as_ref(), stack.start, stack.end))
        {
            Some((Some(object), start, end)) if !self.objects.extend(object, Size::new(length)) => {
                Err(Refusal::ObjectGrowth { entry: AddrRange::between(start, end) })
            }
            _ => Ok(()),
        }
    }
}

/// The refusal of growth upwards for want of swap.
#[cold]
pub(crate) fn grow_swap(wanted: u64, Swap { reserved, limit }: Swap) -> Refusal {
    Refusal::GrowSwap { wanted: Size::new(wanted), reserved, limit }
}
