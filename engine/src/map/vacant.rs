//! A place for an insertion, and the swap for it: what section 6 checks before anything changes.

use super::{Charge, Kernel, VmMap};
use crate::num::{Addr, Size};
use crate::objects::{Objects, Swap};
use crate::range::AddrRange;
use crate::refusal::Refusal;
use crate::tree::Cursor;

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// Rules 6.1 to 6.3: moves a cursor to the place for an insertion, before the entry above it.
    pub(crate) fn seek_vacant(&self, start: u64, end: u64, at: &mut Cursor) -> Result<(), Refusal> {
        self.check_bounds(start, end)?;
        match self.tree.seek_into(start, at) {
            Some(entry) if entry.start <= start => Err(Refusal::StartMapped {
                start: Addr::new(start),
                entry: AddrRange::between(entry.start, entry.end),
            }),
            Some(entry) if entry.start < end => {
                Err(Refusal::NextBelowEnd { end: Addr::new(end), next: Addr::new(entry.start) })
            }
            _ => Ok(()),
        }
    }

    /// Rule 6.1.
    pub(crate) fn check_bounds(&self, start: u64, end: u64) -> Result<(), Refusal> {
        let (min, max) = self.tree.bounds();
        if start < min || end > max || start >= end {
            return Err(Refusal::OutsideMap { start: Addr::new(start), end: Addr::new(end) });
        }
        Ok(())
    }

    /// Rule 6.6: reserves the swap for an insertion of `wanted` bytes.
    #[inline(always)]
    pub(crate) fn pay(&mut self, charge: Charge, wanted: u64) -> Result<(), Refusal> {
        if charge != Charge::Reserve {
            return Ok(());
        }
        let wanted = Size::new(wanted);
        let short = |Swap { reserved, limit }| Refusal::Swap { wanted, reserved, limit };
        self.objects.reserve(wanted).map_err(short)
    }

    /// Gives it back: the insertion is refused for want of nodes.
    #[cold]
    pub(crate) fn pay_back(&mut self, charge: Charge, bytes: u64) {
        if charge == Charge::Reserve {
            self.objects.release(Size::new(bytes));
        }
    }
}
