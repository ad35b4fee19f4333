//! How a fault grows a stack: D13 as arithmetic on numbers.
//!
//! Nothing here knows the map or its index: [`grow`](super::grow) finds the gap and the stack, asks this
//! file how much, and edits the map.
//!
//! ```text
//!   | lower     |            gap                          |  stack:     |
//!   | neighbour |  guard  |              addr             |  grows_down |
//!               |<------------- length ------------------>|
//!                         |<----------- most ------------>|
//!                                        |<---- need ---->|
//!                                  |<------ amount ------>|
//! ```
//!
//! `need` is what the address asks for, in whole pages; `amount` is `need` rounded up to the step
//! `sgrowsiz`, cut to what the gap has beside its guard pages, and to the stack limit.

use crate::map::{Freebsd14, StackState, Totals};
use crate::num::{Addr, Size};
use crate::page::PageSize;
use crate::refusal::Refusal;

/// What growth reads of a gap.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Bytes of the gap.
    pub(super) length: u64,
    /// The guard bytes that it was made with.
    pub(super) guard: u64,
    /// Bytes from the edge of the stack to the address, that one included.
    pub(super) distance: u64,
}

/// A growth to be made.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// Bytes to add.
    pub(super) amount: u64,
    /// Does it count for the main stack (D13.9)?
    pub(super) main: bool,
}

impl StackState<Freebsd14> {
    /// D12.3, D1.4: the guard bytes of a stack to be made.
    pub(super) const fn guard_bytes(&self, page: PageSize) -> Size {
        if self.tunables.stkgap { page.pages(self.tunables.guard_pages) } else { Size::ZERO }
    }

    /// D13.3 to D13.6.
    #[inline(always)]
    pub(super) fn decide(&self, addr: Addr, room: Room, totals: Totals) -> Result<Step, Refusal> {
        let page = totals.page;
        let need = page.round_up(Size::new(room.distance));
        if need == Size::ZERO {
            return Err(Refusal::NeedWraps { addr }); // As in 15.10.
        }
        let most = self.most(need, room)?;
        let main = self.tunables.maxsaddr <= addr && addr < self.tunables.stacktop; // D13.4
        let (ssize, limit) = (page.pages(self.ssize), self.limits.stack);
        if main && ssize.wrapping_add(need) > limit {
            return Err(Refusal::StackLimit { ssize, need, limit });
        }
        // D13.5
        let stepped = need.round_up(self.tunables.sgrowsiz);
        // Below `need` only if the rounding wrapped, as in 15.11.
        let mut amount = if stepped < need { most } else { stepped.min(most) };
        if main && ssize.wrapping_add(amount) > limit {
            amount = page.round_down(limit).wrapping_sub(ssize);
        }
        totals.check_growth(amount, &self.limits)?; // D13.6
        Ok(Step { amount: amount.get(), main })
    }

    /// D13.3: what the gap has beside its guard bytes, if that is enough.
    #[inline(always)]
    fn most(&self, need: Size, room: Room) -> Result<Size, Refusal> {
        let guard = if self.tunables.stkgap { room.guard } else { 0 }; // D1.4
        match room.length.checked_sub(guard).map(Size::new) {
            Some(most) if need <= most => Ok(most),
            _ => {
                let (gap, guard) = (Size::new(room.length), Size::new(guard));
                Err(Refusal::GapShort { need, gap, guard })
            }
        }
    }
}
